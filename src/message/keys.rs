//! From the data key to the key that encrypts the body (`algorithm-suites.md#key-derivation-algorithm`).

use zeroize::Zeroizing;

use crate::crypto::{Hkdf, Secret};
use crate::error::Result;
use crate::materials::{Kdf, Suite};

/// The keys of one message.
pub(super) struct MessageKeys {
    pub(super) content: Secret,
    /// In suites that commit to their key.
    pub(super) commitment: Option<Zeroizing<[u8; 32]>>,
}

impl MessageKeys {
    pub(super) fn derive(suite: &Suite, data_key: &[u8], message_id: &[u8]) -> Result<Self> {
        let id = suite.id.to_be_bytes();
        match suite.kdf {
            Kdf::Identity => Ok(Self { content: data_key.into(), commitment: None }),
            // The salt is the message id here, and a part of the info where nothing is committed to.
            Kdf::Hkdf(hash) if suite.commits => {
                let prk = Hkdf::extract(hash, message_id, data_key);
                Ok(Self {
                    content: prk.expand_secret(&[&id, b"DERIVEKEY"], suite.key_len)?,
                    commitment: Some(prk.expand(&[b"COMMITKEY"])?),
                })
            }
            Kdf::Hkdf(hash) => {
                let prk = Hkdf::extract(hash, &[], data_key);
                let content = prk.expand_secret(&[&id, message_id], suite.key_len)?;
                Ok(Self { content, commitment: None })
            }
        }
    }
}
