//! Configuration of the item encryptor, checked when it is made (`ddb-table-encryption-config.md`).

use core::mem::take;
use std::rc::Rc;

use crate::error::{Error, Result, Rule};
use crate::interop::path_key_len;
use crate::materials::{Cmm, RESERVED_PREFIX, Suite};
use crate::structured::{CryptoAction, RESERVED_FIELD_PREFIX};
use crate::util::sort::sorted;
use crate::util::steps::tick;

/// Longest attribute name, in UTF-16 code units: the official libraries' interfaces take no longer one, so
/// nobody else could open the item.
pub(super) const MAX_NAME: u64 = 65_535;
/// The same for key attributes, which is DynamoDB's own limit.
const MAX_KEY_NAME: u64 = 255;

/// Fails when the name has more than `limit` UTF-16 code units.
pub(super) fn check_name_length(name: &str, limit: u64) -> Result<()> {
    // Never more units than bytes, so most names need no count.
    if name.len() as u64 <= limit || path_key_len(name) <= limit {
        return Ok(());
    }
    let what = "UTF-16 code units of an attribute name";
    Err(Error::limit(what, limit, path_key_len(name)))
}

/// What to do with items in plaintext, and whether to write them.
///
/// ```
/// use fieldseal::dynamodb::PlaintextOverride;
///
/// let default = PlaintextOverride::ForbidPlaintextWriteForbidPlaintextRead;
/// assert_eq!(PlaintextOverride::default(), default);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PlaintextOverride {
    /// Write plaintext, read both: for the first step of a migration, and for undoing one.
    ForcePlaintextWriteAllowPlaintextRead,
    /// Write ciphertext, read both: for the second step of a migration.
    ForbidPlaintextWriteAllowPlaintextRead,
    /// Write and read ciphertext only.
    #[default]
    ForbidPlaintextWriteForbidPlaintextRead,
}

/// How a table's items are sealed (`ddb-table-encryption-config.md`); [`ItemEncryptor`](super::ItemEncryptor) has an example.
pub struct ItemEncryptorConfig {
    /// Name of the table that is bound to every item; the same wherever the items are copied to.
    pub logical_table_name: String,
    /// Name of the partition key attribute.
    pub partition_key_name: String,
    /// Name of the sort key attribute, where the table has one.
    pub sort_key_name: Option<String>,
    /// The action of each attribute, which is named once.
    pub attribute_actions: Vec<(String, CryptoAction)>,
    /// Names that are never signed; exactly those with the action DO_NOTHING.
    pub allowed_unsigned_attributes: Vec<String>,
    /// A prefix of names that are never signed.
    pub allowed_unsigned_attribute_prefix: Option<String>,
    /// 67 00 or 67 01; by default 67 01, or 67 00 where the keyring cannot serve signing suites.
    pub suite: Option<&'static Suite>,
    /// Plaintext items, for migrations.
    pub plaintext_override: PlaintextOverride,
    /// The most encrypted data keys that an item may have, sealed or opened, each of which may take a call to a service:
    /// [`DEFAULT_MAX_ENCRYPTED_DATA_KEYS`](Self::DEFAULT_MAX_ENCRYPTED_DATA_KEYS), or `None` for the format's own limit, 255.
    pub max_encrypted_data_keys: Option<u8>,
    /// Drop attributes whose names begin with `aws_dbe_` when sealing, as the item encryptor's specification allows,
    /// instead of refusing them, as AWS's interceptors do.
    pub drop_reserved_attributes: bool,
    /// Where the keys come from.
    pub cmm: Rc<dyn Cmm>,
}

impl ItemEncryptorConfig {
    /// What [`max_encrypted_data_keys`](Self::max_encrypted_data_keys) should be where nobody says otherwise.
    ///
    /// ```
    /// use fieldseal::dynamodb::ItemEncryptorConfig;
    ///
    /// assert_eq!(ItemEncryptorConfig::DEFAULT_MAX_ENCRYPTED_DATA_KEYS, Some(32));
    /// ```
    pub const DEFAULT_MAX_ENCRYPTED_DATA_KEYS: Option<u8> = Some(32);

    /// Brings names in the order in which they are searched; must come before all else.
    pub(super) fn sort(&mut self) {
        self.attribute_actions =
            sorted(take(&mut self.attribute_actions), |(a, _), (b, _)| a.cmp(b));
        self.allowed_unsigned_attributes =
            sorted(take(&mut self.allowed_unsigned_attributes), String::cmp);
    }

    /// The action that is configured for attributes of this name.
    pub(super) fn action(&self, name: &str) -> Option<CryptoAction> {
        self.attribute_actions.get(self.position(name)?).map(|(_, action)| *action)
    }

    /// Where it stands among the actions.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        let order = |(known, _): &(String, CryptoAction)| {
            tick();
            known.as_str().cmp(name)
        };
        self.attribute_actions.binary_search_by(order).ok()
    }

    /// Whether the signature leaves out attributes of this name.
    pub(super) fn is_unsigned(&self, name: &str) -> bool {
        let prefix = self.allowed_unsigned_attribute_prefix.as_deref();
        self.allowed_unsigned_attributes.binary_search_by(|n| n.as_str().cmp(name)).is_ok()
            || prefix.is_some_and(|prefix| name.starts_with(prefix))
    }

    /// The key attributes' names.
    pub(super) fn key_names(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let partition = ("partition", self.partition_key_name.as_str());
        core::iter::once(partition).chain(self.sort_key_name.as_deref().map(|name| ("sort", name)))
    }

    /// Fails on settings that contradict each other or the format.
    pub(super) fn check(&self) -> Result<()> {
        let uses_context = self
            .attribute_actions
            .iter()
            .any(|(_, a)| *a == CryptoAction::SignAndIncludeInEncryptionContext);
        let (key_action, key_action_name) = if uses_context {
            (
                CryptoAction::SignAndIncludeInEncryptionContext,
                "SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT, because other attributes are",
            )
        } else {
            (CryptoAction::SignOnly, "SIGN_ONLY")
        };
        for (kind, name) in self.key_names() {
            if name.is_empty() {
                let problem = format!("the {kind} key's name is empty");
                return Err(Error::misuse(Rule::Config, problem));
            }
            check_name_length(name, MAX_KEY_NAME)?;
            if self.action(name) != Some(key_action) {
                let problem = format!("the {kind} key's action must be {key_action_name}");
                return Err(Error::misuse(Rule::Config, problem).of_attribute(name));
            }
        }
        if Some(self.partition_key_name.as_str()) == self.sort_key_name.as_deref() {
            let problem = "partitionKeyName and sortKeyName name the same attribute";
            return Err(Error::misuse(Rule::Config, problem));
        }
        if let Some(pair) = self.attribute_actions.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let problem = "an attribute has two actions";
            return Err(Error::misuse(Rule::Config, problem).of_attribute(&pair[0].0));
        }
        if self.allowed_unsigned_attribute_prefix.as_deref() == Some("") {
            let problem =
                "allowedUnsignedAttributePrefix must not be empty: it would match every name";
            return Err(Error::misuse(Rule::Config, problem));
        }
        if let Some(suite) = self.suite.filter(|suite| !suite.is_dbe()) {
            let problem = format!("algorithmSuite must be 6700 or 6701, not {suite}");
            return Err(Error::misuse(Rule::Suite, problem));
        }
        let mut names = self
            .attribute_actions
            .iter()
            .map(|(name, _)| name)
            .chain(&self.allowed_unsigned_attributes);
        names.try_for_each(|name| check_name_length(name, MAX_NAME))?;
        self.attribute_actions
            .iter()
            .try_for_each(|(name, action)| self.check_action(name, *action))
    }

    fn check_action(&self, name: &str, action: CryptoAction) -> Result<()> {
        if name.starts_with(RESERVED_FIELD_PREFIX) || name.starts_with(RESERVED_PREFIX) {
            let problem = format!(
                "names that begin with '{RESERVED_FIELD_PREFIX}' or '{RESERVED_PREFIX}' are reserved"
            );
            return Err(Error::misuse(Rule::ReservedName, problem).of_attribute(name));
        }
        if name.is_empty() && action == CryptoAction::SignAndIncludeInEncryptionContext {
            let problem = "an attribute without a name cannot be part of the encryption context: the \
                           official libraries fail on it";
            return Err(Error::misuse(Rule::Config, problem).of_attribute(name));
        }
        // Both directions, so that a reader with the same settings agrees on what is signed.
        let problem = match (action.is_signed(), self.is_unsigned(name)) {
            (true, false) | (false, true) => return Ok(()),
            (false, false) => {
                "its action is DO_NOTHING, so it must be in allowedUnsignedAttributes or begin with \
                 allowedUnsignedAttributePrefix"
            }
            (true, true) => "it is allowed to be unsigned, so its action must be DO_NOTHING",
        };
        Err(Error::misuse(Rule::Config, problem).of_attribute(name))
    }
}
