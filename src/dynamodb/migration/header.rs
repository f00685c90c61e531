//! Whether a header is one as the keyring makes them now.

use crate::error::Part;
use crate::materials::{EncryptedDataKey, Suite, wrapping};
use crate::structured::Header;
use crate::wire::Reader;

/// Whether a stored header is one as sealing makes them now, like `fresh`: of the same version and suite, and the data key
/// wrapped by the same keys, told by their names and, of branch keys, by their versions. Whether the item opens is another
/// question: nothing is verified. No header is alike that cannot be read.
///
/// ```
/// # use std::rc::Rc;
/// # use fieldseal::dynamodb::{AttributeValue, Item, ItemEncryptor, ItemEncryptorConfig, PlaintextOverride};
/// # use fieldseal::materials::{DefaultCmm, RawAesKeyring};
/// # use fieldseal::structured::CryptoAction;
/// use fieldseal::dynamodb::migration::{is_same_for_all, sealed_alike};
///
/// # let encryptor = |key_name: &str| {
/// #     let keyring = RawAesKeyring::new("shop".into(), key_name.into(), vec![7; 32][..].into())?;
/// #     ItemEncryptor::new(ItemEncryptorConfig {
/// #         logical_table_name: "customers".into(),
/// #         partition_key_name: "id".into(),
/// #         sort_key_name: None,
/// #         attribute_actions: vec![("id".into(), CryptoAction::SignOnly)],
/// #         allowed_unsigned_attributes: vec![],
/// #         allowed_unsigned_attribute_prefix: None,
/// #         suite: None,
/// #         plaintext_override: PlaintextOverride::default(),
/// #         max_encrypted_data_keys: None,
/// #         drop_reserved_attributes: false,
/// #         cmm: Rc::new(DefaultCmm::new(Rc::new(keyring))),
/// #     })
/// # };
/// # fieldseal_doctest::run(async {
/// let (before, now) = (encryptor("key-1")?, encryptor("key-2")?);
/// let item: Item = vec![("id".into(), AttributeValue::S("c-1".into()))];
/// let stored = before.encrypt(&item).await?.expect("it is sealed");
/// let fresh = now.encrypt(&item).await?.expect("it is sealed");
/// assert!(!sealed_alike(stored.header_bytes(), fresh.header_bytes()));
///
/// let again = before.encrypt(&item).await?.expect("it is sealed");
/// assert!(sealed_alike(stored.header_bytes(), again.header_bytes()));
/// // Raw keys may be chosen item by item, for all that a header says.
/// assert!(!is_same_for_all(fresh.header_bytes()));
/// # Ok(())
/// # });
/// ```
pub fn sealed_alike(stored: &[u8], fresh: &[u8]) -> bool {
    let (Ok(stored), Ok(fresh)) = (Header::parse(stored), Header::parse(fresh)) else {
        return false;
    };
    let (keys, fresh_keys) = (&stored.encrypted_data_keys, &fresh.encrypted_data_keys);
    let alike = |(key, fresh): (&EncryptedDataKey, &EncryptedDataKey)| {
        key.provider_id == fresh.provider_id
            && wrapped_by(key, stored.suite) == wrapped_by(fresh, stored.suite)
    };
    stored.version == fresh.version
        && stored.suite.id == fresh.suite.id
        && keys.len() == fresh_keys.len()
        && keys.iter().zip(fresh_keys).all(alike)
}

/// What names the key that wrapped a data key, and is the same whenever it wraps: its name, and of a branch key its version.
fn wrapped_by<'k>(key: &'k EncryptedDataKey, suite: &Suite) -> (&'k [u8], Option<&'k [u8]>) {
    let info = &key.provider_info[..];
    match key.provider_id.as_str() {
        // The version is behind a salt and an IV.
        "aws-kms-hierarchy" => {
            let wrapped = wrapping::keyring_part(suite, key).unwrap_or_default();
            (info, wrapped.get(16 + 12..16 + 12 + 16))
        }
        // The recipient's public key, and then the sender's, of which there may be one for each data key.
        "raw-ecdh" | "aws-kms-ecdh" => {
            let mut r = Reader::new(info, Part::EncryptedDataKey);
            let recipient = r.u8().and_then(|_| r.bytes32());
            (recipient.unwrap_or(info), None)
        }
        // Of a raw AES key, an IV is behind the name.
        _ => (key.key_name().map_or(info, str::as_bytes), None),
    }
}

/// Whether every item's header is like `fresh`, where the same keyring makes it: only KMS keys wrapped its data key, which are
/// the same whatever the item is. [`sealed_alike`] has an example.
pub fn is_same_for_all(fresh: &[u8]) -> bool {
    let same = |provider: &str| matches!(provider, "aws-kms" | "aws-kms-rsa" | "aws-kms-ecdh");
    Header::parse(fresh)
        .is_ok_and(|header| header.encrypted_data_keys.iter().all(|key| same(&key.provider_id)))
}
