//! Keyrings made from configuration objects, as far as that takes more than a line.

use std::rc::Rc;

use fieldseal::error::Result;
use fieldseal::kms::KmsClient;
use fieldseal::materials::{AwsKmsDiscoveryKeyring, AwsKmsKeyring, DiscoveryFilter, Keyring};

use super::read::Fields;

/// `kms`: one symmetric KMS key, `mrkAware` or not.
pub(super) fn kms(spec: &Fields, client: KmsClient) -> Result<Rc<dyn Keyring>> {
    let (key_id, tokens) = (spec.needed_text("keyId")?, spec.texts("grantTokens")?);
    Ok(Rc::new(match spec.flag("mrkAware") {
        true => AwsKmsKeyring::mrk_aware(client, key_id, tokens)?,
        false => AwsKmsKeyring::new(client, key_id, tokens)?,
    }))
}

/// `kmsDiscovery`: whatever KMS key wrapped, `mrkAware` or not.
pub(super) fn kms_discovery(spec: &Fields, client: KmsClient) -> Result<Rc<dyn Keyring>> {
    let filter = match spec.text("partition")? {
        None => None,
        Some(partition) => Some(DiscoveryFilter::new(partition, spec.texts("accountIds")?)?),
    };
    let tokens = spec.texts("grantTokens")?;
    Ok(Rc::new(match spec.flag("mrkAware") {
        true => AwsKmsDiscoveryKeyring::mrk_aware(client, filter, spec.text("region")?, tokens)?,
        false => AwsKmsDiscoveryKeyring::new(client, filter, tokens),
    }))
}
