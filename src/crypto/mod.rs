//! The ground floor: the only folder that names a cryptography crate or the host's cryptography.

mod hash;
mod random;
mod secret;

pub use hash::{Hash, Hkdf, Sha384Sink, hmac, hmac_parts, sha256, sha384};
pub use random::{fill_random, random_array, random_secret};
pub use secret::{Secret, constant_time_eq};
