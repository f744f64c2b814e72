//! The HTTP listener for those who collect metrics, and what the program itself costs.
//!
//! It knows nothing of what is known: each request becomes an [`Ask`], which whoever follows the server
//! answers between two answers of it. So nothing is locked, and a program that hangs is not healthy.
//! Nothing is asked of the OpenIM server because somebody looks.

mod process;
mod server;

pub use process::process;
pub use server::{Ask, Exporter};
