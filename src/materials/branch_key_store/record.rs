//! A record of the table, and the encryption context that binds every attribute of it
//! (`framework/branch-key-store.md#record-format`, `#branch-key-context`).

use crate::dynamodb_client::{Item, ItemValue};
use crate::error::{Error, Result};
use crate::kms::EncryptionContext as KmsContext;
use crate::materials::EncryptionContext;

use super::super::uuid::Uuid;

/// Partition key of the table.
pub(super) const ID: &str = "branch-key-id";
/// Sort key of the table.
pub(super) const TYPE: &str = "type";
/// The wrapped key: the one attribute that is not in the context.
pub(super) const ENC: &str = "enc";
/// `type` of the record of the version that encrypts now.
pub(super) const ACTIVE: &str = "branch:ACTIVE";
/// `type` of the beacon key's record.
pub(super) const BEACON: &str = "beacon:ACTIVE";

const KMS_ARN: &str = "kms-arn";
const CREATE_TIME: &str = "create-time";
const HIERARCHY_VERSION: &str = "hierarchy-version";
const VERSION: &str = "version";
/// Begins the `type` of a version, and the `version` of the active record.
const VERSION_PREFIX: &str = "branch:version:";
const CUSTOM_PREFIX: &str = "aws-crypto-ec:";
/// In the context only. Lower case, whatever the prose of the specification says.
const TABLE_NAME: &str = "tablename";
/// The only layout there is; another one binds the key in another way.
const LAYOUT: &str = "1";

/// `type` of the record of a version.
pub(super) fn type_of_version(version: &str) -> String {
    [VERSION_PREFIX, version].concat()
}

/// What a key is bound to: all attributes of its record but [`ENC`] as strings, and the logical key
/// store name.
#[derive(Clone)]
pub(super) struct BranchKeyContext(KmsContext);

impl BranchKeyContext {
    /// The context of the first or a further version of a branch key (DECRYPT_ONLY).
    pub(super) fn of_version(
        branch_key_id: &str,
        version: &str,
        create_time: String,
        logical_name: &str,
        kms_arn: &str,
        custom: &EncryptionContext,
    ) -> Self {
        let mut context = Self(vec![
            (ID.into(), branch_key_id.into()),
            (TYPE.into(), type_of_version(version)),
            (CREATE_TIME.into(), create_time),
            (TABLE_NAME.into(), logical_name.into()),
            (KMS_ARN.into(), kms_arn.into()),
            (HIERARCHY_VERSION.into(), LAYOUT.into()),
        ]);
        for (key, value) in custom.iter() {
            // Keys of a context are unique, and these have a prefix of their own.
            context.0.push(([CUSTOM_PREFIX, key].concat(), value.to_owned()));
        }
        context
    }

    /// Of the next version, from the active record's: what is not about the version stays.
    pub(super) fn next_version(&self, version: &str, create_time: String) -> Self {
        let mut context = self.clone();
        context.set(TYPE, type_of_version(version));
        context.set(CREATE_TIME, create_time);
        context.0.retain(|(name, _)| name != VERSION);
        context
    }

    /// Of the active record that points to this version. (The list of attributes in the
    /// specification's CreateKey forgets `version`.)
    pub(super) fn active(&self) -> Self {
        let mut context = self.clone();
        context.set(VERSION, self.value(TYPE).unwrap_or_default().to_owned());
        context.set(TYPE, ACTIVE.into());
        context
    }

    /// Of the beacon key's record.
    pub(super) fn beacon(&self) -> Self {
        let mut context = self.clone();
        context.set(TYPE, BEACON.into());
        context
    }

    /// The pairs, for KMS.
    pub(super) fn to_kms(&self) -> KmsContext {
        self.0.clone()
    }

    fn set(&mut self, name: &str, value: String) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A record: a wrapped key and what it is bound to.
pub(super) struct Record {
    pub(super) context: BranchKeyContext,
    pub(super) enc: Vec<u8>,
}

impl Record {
    /// Reads the item found under this key. Fails with what is wrong with it, in words that quote
    /// no value.
    ///
    /// Attributes that no key store writes become part of the context as well: KMS will not open a
    /// record that got one later.
    pub(super) fn from_item(
        item: Item,
        branch_key_id: &str,
        record_type: &str,
        logical_name: &str,
    ) -> core::result::Result<Self, String> {
        let mut enc = Vec::new();
        let mut context = Vec::with_capacity(item.len());
        for (name, value) in item {
            let text = match (name.as_str(), value) {
                (ENC, ItemValue::B(bytes)) => {
                    enc = bytes;
                    continue;
                }
                // It would stand in the place of the key store's name.
                (TABLE_NAME, _) => return Err("it has an attribute 'tablename'".into()),
                (HIERARCHY_VERSION, ItemValue::N(number)) => number,
                (ENC | HIERARCHY_VERSION, _) | (_, ItemValue::B(_) | ItemValue::Other) => {
                    return Err(format!("'{name}' has the wrong type"));
                }
                (_, ItemValue::S(text) | ItemValue::N(text)) => text,
            };
            context.push((name, text));
        }
        if enc.is_empty() {
            return Err("'enc' is missing".into());
        }
        context.push((TABLE_NAME.into(), logical_name.to_owned()));
        let record = Self { context: BranchKeyContext(context), enc };
        for (name, wanted) in [(ID, branch_key_id), (TYPE, record_type)] {
            if record.context.value(name) != Some(wanted) {
                return Err(format!("'{name}' is not the one asked for"));
            }
        }
        for name in [KMS_ARN, CREATE_TIME, HIERARCHY_VERSION] {
            if record.context.value(name).is_none_or(str::is_empty) {
                return Err(format!("'{name}' is missing"));
            }
        }
        if record_type != BEACON && record.version().is_none() {
            return Err("its version is not a UUID".into());
        }
        Ok(record)
    }

    /// The item that holds this record.
    pub(super) fn to_item(&self) -> Item {
        let mut item = Vec::with_capacity(self.context.0.len());
        for (name, value) in &self.context.0 {
            let value = match name.as_str() {
                TABLE_NAME => continue,
                HIERARCHY_VERSION => ItemValue::N(value.clone()),
                _ => ItemValue::S(value.clone()),
            };
            item.push((name.clone(), value));
        }
        item.push((ENC.into(), ItemValue::B(self.enc.clone())));
        item
    }

    /// The KMS key that it names.
    pub(super) fn kms_arn(&self) -> &str {
        self.context.value(KMS_ARN).unwrap_or_default()
    }

    /// Fails on layouts that are not known here.
    pub(super) fn check_layout(&self) -> Result<()> {
        match self.context.value(HIERARCHY_VERSION) {
            Some(LAYOUT) => Ok(()),
            _ => Err(Error::unsupported("a branch key whose hierarchy-version is not 1")),
        }
    }

    /// The version: of the active record what it points to, of a version itself. Never `None` for
    /// these two in a record that was read.
    pub(super) fn version(&self) -> Option<&str> {
        let name = match self.context.value(TYPE) {
            Some(ACTIVE) => VERSION,
            _ => TYPE,
        };
        let version = self.context.value(name)?.strip_prefix(VERSION_PREFIX)?;
        Uuid::parse(version).map(|_| version)
    }

    /// The custom encryption context, without its prefix.
    pub(super) fn custom_context(&self) -> Result<EncryptionContext> {
        let mut pairs = Vec::new();
        for (name, value) in &self.context.0 {
            if let Some(name) = name.strip_prefix(CUSTOM_PREFIX) {
                pairs.push((name.to_owned(), value.clone()));
            }
        }
        let mut custom = EncryptionContext::new();
        custom.extend(pairs)?;
        Ok(custom)
    }
}
