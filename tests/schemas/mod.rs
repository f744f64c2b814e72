//! The shipped JSON Schemas, and whether something is as they say.

use jsonschema::{Registry, Validator};
use serde_json::Value;

/// Where the schemas would be if they were not files, so that they can refer to each other.
const PLACE: &str = "json-schema:///";

/// A schema of `assets/schema/`.
pub(crate) struct Schema(Validator);

impl Schema {
    /// Reads `assets/schema/NAME.json` and whatever it refers to.
    pub(crate) fn named(name: &str) -> Schema {
        let place = |name: &str| format!("{PLACE}{name}.json");
        let registry = Registry::new()
            .add(place("snapshot"), document("snapshot"))
            .and_then(jsonschema::RegistryBuilder::prepare);
        let Ok(registry) = registry else { panic!("snapshot.json is no schema") };
        let options = jsonschema::options()
            .with_registry(&registry)
            .with_base_uri(place(name))
            .should_validate_formats(true);
        match options.build(&document(name)) {
            Ok(validator) => Schema(validator),
            Err(error) => panic!("{name}.json: {error}"),
        }
    }

    /// What is wrong with a value; nothing where it is as the schema says.
    pub(crate) fn wrong(&self, value: &Value) -> Option<String> {
        let error = self.0.validate(value).err()?;
        Some(format!("{error} at {}", error.instance_path()))
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

fn document(name: &str) -> Value {
    let path = format!("{}/assets/schema/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}
