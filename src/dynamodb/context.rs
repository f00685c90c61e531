//! The encryption context of an item (`encrypt-item.md#dynamodb-item-base-context`).

use crate::error::Result;
use crate::interop::TABLE_NAME_KEY;
use crate::materials::EncryptionContext;
use crate::structured::RecordVersion;
use crate::util::base64;

use super::{AttributeValue, ItemEncryptorConfig};

/// Table and key names, and in version 1 the key values. In version 2 structured encryption adds the values.
pub(super) fn base_context(
    config: &ItemEncryptorConfig,
    version: RecordVersion,
    keys: &[&AttributeValue<'_>],
) -> Result<EncryptionContext> {
    let mut context = EncryptionContext::new();
    context.insert(TABLE_NAME_KEY, &config.logical_table_name)?;
    for ((kind, name), value) in config.key_names().zip(keys) {
        context.insert(format!("aws-crypto-{kind}-name"), name)?;
        if version == RecordVersion::V1 {
            let canonical = value.canonical().map_err(|e| e.of_attribute(name))?;
            let text = base64::encode(&[&value.type_id().0, &*canonical].concat());
            let key = format!("aws-crypto-attr.{name}");
            context.insert(key, text).map_err(|e| e.of_attribute(name))?;
        }
    }
    Ok(context)
}
