//! The shipped JSON Schemas, and whether something is as they say.

#![allow(dead_code, reason = "each test crate uses a part of it")]

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

/// A schema of `assets/schema/`.
pub(crate) struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    /// Reads `assets/schema/NAME.json` and whatever it refers to.
    pub(crate) fn named(name: &str) -> Schema {
        let path = format!("{}/assets/schema/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.enable_format_assertions();
        match compiler.compile(&path, &mut schemas) {
            Ok(index) => Schema { schemas, index },
            Err(error) => panic!("{path}: {error:#}"),
        }
    }

    /// What is wrong with a value; nothing where it is as the schema says.
    pub(crate) fn wrong(&self, value: &Value) -> Option<String> {
        self.schemas.validate(value, self.index).err().map(|error| format!("{error:#}"))
    }

    /// One JSON text that is as the schema says.
    #[track_caller]
    pub(crate) fn read(&self, text: &str) -> Value {
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => panic!("{error} in {text}"),
        };
        if let Some(wrong) = self.wrong(&value) {
            panic!("{wrong}\nin {text}");
        }
        value
    }
}
