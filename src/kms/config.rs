//! The configuration of a KMS client.

use core::fmt;
use std::rc::Rc;

use crate::aws::{ClientConfig, refuse};
use crate::error::Result;

use super::arn::KmsKeyId;
use super::public_keys::{Fingerprint, PublicKeyStore, parse_fingerprint};

/// How to reach and call a KMS endpoint, and which public keys are taken.
///
/// ```
/// use fieldseal::aws::ClientConfig;
/// use fieldseal::kms::{GetPublicKeyRequest, KmsClient, KmsConfig};
/// # use fieldseal_doctest::RSA_KEY;
///
/// # fieldseal_doctest::run(async {
/// # let network = fieldseal_doctest::network();
/// let client = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
/// let mut config = KmsConfig::from(client);
/// config.pinned_public_keys = vec![(RSA_KEY.into(), "0".repeat(64))];
///
/// let kms = KmsClient::new(config, network)?;
/// let request = GetPublicKeyRequest { key_id: RSA_KEY.into(), ..Default::default() };
/// let other = kms.get_public_key(request).await;
/// assert_eq!(other.unwrap_err().code(), "PINNED_KEY_MISMATCH");
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Default)]
pub struct KmsConfig {
    /// How to reach and call the endpoint. Plaintext data keys travel in its responses.
    pub client: ClientConfig,
    /// Key ids and the fingerprints that their public keys must have: SHA-256 of the
    /// SubjectPublicKeyInfo, 64 hexadecimal digits. A pin holds for the key id that is asked for
    /// and for the key ARN that is answered, as key id, key ARN or (for multi-Region keys) the ARN
    /// of a related key.
    pub pinned_public_keys: Vec<(String, String)>,
    /// Where public keys outlive the client.
    pub public_key_store: Option<Rc<dyn PublicKeyStore>>,
}

impl From<ClientConfig> for KmsConfig {
    /// Without pins and store.
    fn from(client: ClientConfig) -> Self {
        Self { client, ..Self::default() }
    }
}

impl fmt::Debug for KmsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsConfig")
            .field("client", &self.client)
            .field("pinned_public_keys", &self.pinned_public_keys)
            .finish_non_exhaustive()
    }
}

impl KmsConfig {
    /// The pins, their fingerprints read.
    pub(super) fn pins(&self) -> Result<Vec<(String, Fingerprint)>> {
        let mut pins = Vec::with_capacity(self.pinned_public_keys.len());
        for (key_id, fingerprint) in &self.pinned_public_keys {
            KmsKeyId::parse(key_id)?;
            let Some(fingerprint) = parse_fingerprint(fingerprint) else {
                return refuse(&format!(
                    "the fingerprint pinned for '{key_id}' is not SHA-256 in 64 hexadecimal digits"
                ));
            };
            pins.push((key_id.clone(), fingerprint));
        }
        Ok(pins)
    }
}
