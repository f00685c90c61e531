//! Recipients: their notation read, and the names of raw keys. What they are made of is the package's to put together.

use wasm_bindgen::prelude::wasm_bindgen;

use fieldseal::materials::{Recipient, aes_key_name, public_key_name};

use super::build::NewObject;
use super::error;
use super::memory;
use super::task::{self, Outcome};

/// Reads a recipient: an object with its `kind` and what it names; a status of [`task::start`].
#[wasm_bindgen]
pub fn read_recipient(notation: &str) -> u32 {
    let outcome = match Recipient::parse(notation) {
        Ok(recipient) => {
            let object = NewObject::new();
            object.text("kind", recipient.kind());
            match &recipient {
                Recipient::Kms(arn) | Recipient::KmsRsa(arn) => {
                    object.text("arn", &arn.to_string());
                }
                Recipient::Branch { table, branch_key_id } => {
                    object.text("table", table).text("branchKeyId", branch_key_id);
                }
                Recipient::Rsa | Recipient::Ecdh | Recipient::Aes => {}
            }
            Outcome::Value(object.into_js())
        }
        Err(e) => Outcome::Failed(error::to_js(&e, None)),
    };
    task::start(Box::pin(core::future::ready(outcome)))
}

/// The name of a raw key by convention: of a public key by its SubjectPublicKeyInfo in DER, or of an AES key.
#[wasm_bindgen]
pub fn raw_key_name(key: &[u8], is_public: bool) -> String {
    let name = if is_public { public_key_name(key) } else { aes_key_name(key) };
    // The key's, and what the MAC made of it.
    memory::wipe_stack();
    name
}
