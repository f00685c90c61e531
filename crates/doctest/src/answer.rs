//! What a service says.

use serde_json::Value;

/// The response to an operation, or the name of an error.
pub(crate) type Answer = Result<Value, &'static str>;
