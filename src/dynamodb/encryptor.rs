//! The item encryptor (`ddb-item-encryptor.md`, `encrypt-item.md`, `decrypt-item.md`).

use std::borrow::Cow;

use crate::error::{Error, Part, Result, Rule};
use crate::interop::CONVERTS_DO_NOTHING;
use crate::structured::{
    self, CryptoAction, DecryptRequest, EncryptRequest, FOOTER_FIELD, Field, HEADER_FIELD, Opened,
    ParsedHeader, RESERVED_FIELD_PREFIX, RecordVersion, Sealed, SealedField,
};

use super::config::{MAX_NAME, check_name_length};
use super::context::base_context;
#[cfg(feature = "search")]
use super::search::{BEACON_PREFIX, Search, SearchConfig, VERSION_PREFIX, compile};
use super::{AttributeValue, Item, ItemEncryptorConfig, PlaintextOverride};

/// Seals and opens the items of one table (`ddb-item-encryptor.md`).
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::crypto::Secret;
/// use fieldseal::dynamodb::{
///     AttributeValue, Item, ItemEncryptor, ItemEncryptorConfig, OpenedItem, PlaintextOverride,
///     SealedItem,
/// };
/// use fieldseal::materials::{DefaultCmm, RawAesKeyring};
/// use fieldseal::structured::CryptoAction;
///
/// # fieldseal_doctest::run(async {
/// let keyring = RawAesKeyring::new("shop".into(), "key-1".into(), Secret::new(vec![7; 32]))?;
/// let customers = ItemEncryptor::new(ItemEncryptorConfig {
///     logical_table_name: "customers".into(),
///     partition_key_name: "customer_id".into(),
///     sort_key_name: None,
///     attribute_actions: vec![
///         ("customer_id".into(), CryptoAction::SignOnly),
///         ("ssn".into(), CryptoAction::EncryptAndSign),
///     ],
///     allowed_unsigned_attributes: vec![],
///     allowed_unsigned_attribute_prefix: None,
///     suite: None,
///     plaintext_override: PlaintextOverride::default(),
///     max_encrypted_data_keys: ItemEncryptorConfig::DEFAULT_MAX_ENCRYPTED_DATA_KEYS,
///     drop_reserved_attributes: false,
///     cmm: Rc::new(DefaultCmm::new(Rc::new(keyring))),
/// })?;
///
/// let item: Item = vec![
///     ("customer_id".into(), AttributeValue::S("c-1".into())),
///     ("ssn".into(), AttributeValue::S("078-05-1120".into())),
/// ];
/// let sealed: Option<SealedItem> = customers.encrypt(&item).await?;
/// let sealed = sealed.expect("the configuration forces no plaintext");
/// let [(1, ciphertext)] = sealed.ciphertexts().collect::<Vec<_>>()[..] else {
///     panic!("only `ssn` is encrypted");
/// };
/// assert!(ciphertext.len() > "078-05-1120".len());
/// assert_eq!(sealed.header().encrypted_data_keys.len(), 1);
/// let (header, footer) = (sealed.header_bytes().to_vec(), sealed.footer_bytes().to_vec());
/// let stored = sealed.into_item(item.clone());
/// assert_eq!(stored[2], ("aws_dbe_head".into(), AttributeValue::B(header.into())));
/// assert_eq!(stored[3], ("aws_dbe_foot".into(), AttributeValue::B(footer.into())));
/// assert!(matches!(&stored[1], (name, AttributeValue::B(_)) if name == "ssn"));
///
/// let opened: Option<OpenedItem> = customers.decrypt(&stored).await?;
/// let opened = opened.expect("it is sealed");
/// assert_eq!(opened.header().encrypted_data_keys.len(), 1);
/// assert_eq!(opened.indices(), [0, 1]); // both are signed
/// assert_eq!(opened.values()?, [(1, AttributeValue::S("078-05-1120".into()))]);
/// assert_eq!(opened.into_item(stored.clone())?, item);
///
/// // Under another key, or under the current one of a key that was rotated:
/// let again = customers.reseal(&customers, &stored).await?.expect("it is sealed");
/// assert_ne!(again.into_item(stored.clone()), stored);
///
/// let mut changed = stored;
/// changed[1].1 = AttributeValue::B(vec![0; 27].into());
/// assert_eq!(customers.decrypt(&changed).await.err().unwrap().code(), "SIGNATURE_MISMATCH");
/// # Ok(())
/// # });
/// ```
#[cfg_attr(
    feature = "search",
    doc = "",
    doc = "[`Search`](super::search::Search) has an example of a table that is searched."
)]
pub struct ItemEncryptor {
    config: ItemEncryptorConfig,
    version: RecordVersion,
    #[cfg(feature = "search")]
    search: Option<Search>,
}

/// What sealing changes in an item; [`ItemEncryptor`] has an example.
#[cfg_attr(
    feature = "search",
    doc = "",
    doc = "[`Search`](super::search::Search) has one with beacons."
)]
pub struct SealedItem {
    sealed: Sealed,
    /// Index in the item of each field.
    indices: Vec<usize>,
    /// Signed beacons and stored ones.
    #[cfg(feature = "search")]
    beacons: Item<'static>,
    /// The attribute that is not stored.
    #[cfg(feature = "search")]
    dropped: Option<usize>,
}

/// An attribute of every item that the legacy client encrypted.
pub(super) const LEGACY_FIELD: &str = "*amzn-ddb-map-desc*";

/// What opening changes in an item; [`ItemEncryptor`] has an example.
pub struct OpenedItem {
    opened: Opened,
    indices: Vec<usize>,
}

impl ItemEncryptor {
    /// An encryptor with this configuration, which is checked. Nothing is sent.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse), naming the attribute, with [`Rule::Config`] for an action that contradicts
    /// the others, a key attribute whose action is not the one of keys or an attribute with two actions;
    /// [`Rule::ReservedName`] for a name that begins with `aws_dbe_` or `aws-crypto-`; [`Rule::Suite`] for a suite of messages.
    /// [`Fault::Limit`](crate::error::Fault::Limit) for a name that is too long.
    pub fn new(mut config: ItemEncryptorConfig) -> Result<Self> {
        config.sort();
        config.check()?;
        let in_context = |(_, a): &(_, _)| *a == CryptoAction::SignAndIncludeInEncryptionContext;
        let version = match config.attribute_actions.iter().any(in_context) {
            true => RecordVersion::V2,
            false => RecordVersion::V1,
        };
        Ok(Self {
            config,
            version,
            #[cfg(feature = "search")]
            search: None,
        })
    }

    /// The same for a table that is searched: sealing adds beacons, and opening leaves them out. [`Search`] has an example.
    ///
    /// # Errors
    /// Those of [`new`](Self::new); [`Rule::Config`] naming what of the search cannot be, or together with plaintext items, whose
    /// beacons would be missing.
    #[cfg(feature = "search")]
    pub fn with_search(mut config: ItemEncryptorConfig, search: SearchConfig) -> Result<Self> {
        if config.plaintext_override != PlaintextOverride::default() {
            let problem = "search and plaintextOverride cannot be combined: items in plaintext have no beacons";
            return Err(Error::misuse(Rule::Config, problem));
        }
        config.sort();
        let search = compile(search, &config)?;
        for name in search.signed_beacons() {
            config.attribute_actions.push((name.to_owned(), CryptoAction::SignOnly));
        }
        Ok(Self { search: Some(search), ..Self::new(config)? })
    }

    /// How the table is searched; [`Search`] has an example.
    #[cfg(feature = "search")]
    pub fn search(&self) -> Option<&Search> {
        self.search.as_ref()
    }

    #[cfg(feature = "search")]
    pub(super) fn config(&self) -> &ItemEncryptorConfig {
        &self.config
    }

    /// Seals an item (`encrypt-item.md`); `None` when the configuration forces plaintext.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse), naming the attribute: it has no action, is missing, or has a reserved name.
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) for a value that DynamoDB does not have;
    /// [`Fault::Limit`](crate::error::Fault::Limit); those of the CMM.
    pub async fn encrypt(&self, item: &Item<'_>) -> Result<Option<SealedItem>> {
        #[cfg(feature = "search")]
        return self.seal_for(item, None).await;
        #[cfg(not(feature = "search"))]
        self.seal(item).await
    }

    /// The same, for a partition of those that the items of a searched table are spread over, not for one at random.
    /// [`Search`] has an example.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt); [`Rule::Argument`] for a partition that there is not.
    #[cfg(feature = "search")]
    pub async fn encrypt_in_partition(
        &self,
        item: &Item<'_>,
        partition: u8,
    ) -> Result<Option<SealedItem>> {
        self.seal_for(item, Some(partition)).await
    }

    /// `ddb-sdk-integration.md#encrypt-before-putitem`: signed beacons are sealed with the item, the others stored beside it.
    #[cfg(feature = "search")]
    async fn seal_for(&self, item: &Item<'_>, partition: Option<u8>) -> Result<Option<SealedItem>> {
        let (mut number, mut beacons, mut dropped) = (0, Item::new(), None);
        // What is sealed, where that is not the item as it is.
        let mut changed = None;
        if let Some(search) = &self.search {
            number = search.partition(partition)?;
            check_names(item)?;
            beacons = search.signed_beacons_of(item)?;
            let key_field = search.dropped_key_field(&self.config);
            dropped = item.iter().position(|(name, _)| Some(&**name) == key_field);
            if dropped.is_some() || !beacons.is_empty() {
                let mut item = item.clone();
                if let Some(at) = dropped {
                    item.remove(at);
                }
                item.extend_from_slice(&beacons);
                changed = Some(item);
            }
        }
        let sealed = self.seal(changed.as_ref().unwrap_or(item)).await?;
        let Some(mut sealed) = sealed else {
            return match &self.search {
                // `with_search` lets no table be in plaintext.
                Some(_) => Err(Error::bug("a searched table in plaintext")),
                None => Ok(None),
            };
        };
        if let Some(dropped) = dropped {
            for index in &mut sealed.indices {
                *index += usize::from(*index >= dropped);
            }
        }
        if let Some(search) = &self.search {
            let key = search.key(search.key_id_of_item(sealed.header())?).await?;
            search.add_encrypted_beacons(&mut beacons, item, &key, number)?;
        }
        Ok(Some(SealedItem { beacons, dropped, ..sealed }))
    }

    async fn seal(&self, item: &Item<'_>) -> Result<Option<SealedItem>> {
        use PlaintextOverride::ForcePlaintextWriteAllowPlaintextRead;
        check_names(item)?;
        let keys = self.key_values(item)?;
        self.check_context_attributes(item)?;
        let forced = self.config.plaintext_override == ForcePlaintextWriteAllowPlaintextRead;
        let drops = self.config.drop_reserved_attributes;
        for (name, _) in item.iter().filter(|(name, _)| name.starts_with(RESERVED_FIELD_PREFIX)) {
            if is_head_or_foot(name) && !(forced && drops) {
                let problem = "the item is encrypted already";
                return Err(Error::misuse(Rule::Sealed, problem).of_attribute(name));
            }
            if !drops {
                return Err(reserved(name));
            }
        }
        if forced {
            return Ok(None);
        }
        let (mut fields, mut indices) = (Vec::with_capacity(item.len()), Vec::new());
        for (i, (name, value)) in item.iter().enumerate() {
            let (type_id, value) = (value.type_id(), self.convert(name, value)?);
            if name.starts_with(RESERVED_FIELD_PREFIX) {
                continue;
            }
            let action = self.action(name)?;
            fields.push(Field { name, action, type_id, value });
            indices.push(i);
        }
        let sealed = structured::encrypt(EncryptRequest {
            table: &self.config.logical_table_name,
            fields: &fields,
            context: base_context(&self.config, self.version, &keys)?,
            suite: self.config.suite,
            max_encrypted_data_keys: self.config.max_encrypted_data_keys,
            cmm: &*self.config.cmm,
        })
        .await?;
        Ok(Some(SealedItem {
            sealed,
            indices,
            #[cfg(feature = "search")]
            beacons: Vec::new(),
            #[cfg(feature = "search")]
            dropped: None,
        }))
    }

    /// Opens an item (`decrypt-item.md`); `None` when it is in plaintext and the configuration allows that.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse) with [`Rule::PlaintextItem`] when it does not; those of
    /// [`structured::decrypt`].
    pub async fn decrypt(&self, item: &Item<'_>) -> Result<Option<OpenedItem>> {
        check_names(item)?;
        let keys = self.key_values(item)?;
        let field = |wanted| item.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
        let (header, footer) = (field(HEADER_FIELD), field(FOOTER_FIELD));
        if header.is_none() && footer.is_none() {
            let forbidden = PlaintextOverride::ForbidPlaintextWriteForbidPlaintextRead;
            return match self.config.plaintext_override == forbidden {
                false => Ok(None),
                true if field(LEGACY_FIELD).is_some() => {
                    let problem = "the legacy DynamoDB Encryption Client encrypted the item";
                    Err(Error::misuse(Rule::LegacyItem, problem))
                }
                true => {
                    let problem = "the item has neither aws_dbe_head nor aws_dbe_foot: a part of one, or not encrypted";
                    Err(Error::misuse(Rule::PlaintextItem, problem))
                }
            };
        }
        let header = binary(header, Part::HeaderLost)?;
        let footer = binary(footer, Part::FooterLost)?;
        let version = RecordVersion::of_header(header)?;
        let (mut fields, mut indices) = (Vec::with_capacity(item.len()), Vec::new());
        for (i, (name, value)) in item.iter().enumerate() {
            let signed = !name.starts_with(RESERVED_FIELD_PREFIX) && !self.config.is_unsigned(name);
            let (type_id, value) = (value.type_id(), self.convert(name, value)?);
            if signed {
                fields.push(SealedField { name, type_id, value });
                indices.push(i);
            }
        }
        let opened = structured::decrypt(DecryptRequest {
            table: &self.config.logical_table_name,
            header,
            footer,
            fields: &fields,
            context: base_context(&self.config, version, &keys)?,
            max_encrypted_data_keys: self.config.max_encrypted_data_keys,
            cmm: &*self.config.cmm,
        })
        .await?;
        Ok(Some(OpenedItem { opened, indices }))
    }

    /// Opens an item of `from` and seals it anew; `None` when it stays in plaintext. The indices of the result are those
    /// of `item`.
    ///
    /// # Errors
    /// Those of [`decrypt`](Self::decrypt) and [`encrypt`](Self::encrypt); [`Fault::Misuse`](crate::error::Fault::Misuse) ([`Rule::Config`]) naming
    /// an attribute that was encrypted and would not be any more.
    pub async fn reseal(&self, from: &Self, item: &Item<'_>) -> Result<Option<SealedItem>> {
        let Some(opened) = from.decrypt(item).await? else { return self.encrypt(item).await };
        let mut values: Vec<Option<AttributeValue<'_>>> = vec![None; item.len()];
        for (i, value) in opened.values()? {
            values[i] = Some(value);
        }
        // Without the format's own attributes; `kept` says where the others are in `item`.
        let (mut kept, mut plain) = (Vec::new(), Vec::new());
        for (i, (name, value)) in item.iter().enumerate() {
            if name.starts_with(RESERVED_FIELD_PREFIX) {
                let made_anew = is_head_or_foot(name) || self.makes_anew(name);
                if !made_anew && !self.config.drop_reserved_attributes {
                    return Err(reserved(name));
                }
            } else {
                plain.push((name.clone(), values[i].as_ref().unwrap_or(value).clone()));
                kept.push(i);
            }
        }
        let sealed = self.encrypt(&plain).await?.map(|mut sealed| {
            sealed.indices = sealed.indices.iter().filter_map(|&i| kept.get(i).copied()).collect();
            #[cfg(feature = "search")]
            {
                sealed.dropped = sealed.dropped.and_then(|i| kept.get(i).copied());
            }
            sealed
        });
        for (i, _) in sealed.iter().flat_map(SealedItem::ciphertexts) {
            values[i] = None;
        }
        let lost = values.iter().position(Option::is_some);
        match lost.and_then(|i| item.get(i)) {
            None => Ok(sealed),
            Some((name, _)) => {
                let problem = "it is encrypted, and would be in plaintext: resealing does not change \
                               actions; open and seal the item for that";
                Err(Error::misuse(Rule::Config, problem).of_attribute(name))
            }
        }
    }

    /// Whether sealing makes such an attribute, so that an earlier one may go.
    fn makes_anew(&self, name: &str) -> bool {
        #[cfg(feature = "search")]
        if self.search.is_some() {
            return name.starts_with(BEACON_PREFIX) || name.starts_with(VERSION_PREFIX);
        }
        let _ = name;
        false
    }

    /// The key attributes' values, in the order of [`ItemEncryptorConfig::key_names`].
    fn key_values<'i>(&self, item: &'i Item<'_>) -> Result<Vec<&'i AttributeValue<'i>>> {
        self.config
            .key_names()
            .map(|(kind, key)| {
                item.iter().find(|(name, _)| name == key).map(|(_, value)| value).ok_or_else(|| {
                    let problem = format!("the item lacks its {kind} key");
                    Error::misuse(Rule::AttributeMissing, problem).of_attribute(key)
                })
            })
            .collect()
    }

    /// Every attribute marked for the encryption context must be there: a reader could not tell otherwise.
    fn check_context_attributes(&self, item: &Item<'_>) -> Result<()> {
        if self.version == RecordVersion::V1 {
            return Ok(());
        }
        let actions = &self.config.attribute_actions;
        let mut present = vec![false; actions.len()];
        for at in item.iter().filter_map(|(name, _)| self.config.position(name)) {
            present[at] = true;
        }
        for ((name, action), present) in actions.iter().zip(present) {
            if *action == CryptoAction::SignAndIncludeInEncryptionContext && !present {
                let problem = "the item lacks an attribute of its encryption context";
                return Err(Error::misuse(Rule::AttributeMissing, problem).of_attribute(name));
            }
        }
        Ok(())
    }

    /// The value's canonical bytes. All values are converted, those that will be dropped or are not signed
    /// too, and so must be well-formed: no official library would open the item otherwise.
    fn convert<'v>(&self, name: &str, value: &'v AttributeValue<'_>) -> Result<Cow<'v, [u8]>> {
        let action = self.config.action(name);
        match action == Some(CryptoAction::DoNothing) && !CONVERTS_DO_NOTHING {
            true => Ok(Cow::default()),
            false => value.canonical().map_err(|e| e.of_attribute(name)),
        }
    }

    fn action(&self, name: &str) -> Result<CryptoAction> {
        match self.config.action(name) {
            Some(action) => Ok(action),
            None if self.config.is_unsigned(name) => Ok(CryptoAction::DoNothing),
            None => {
                let problem = "no crypto action is configured for an attribute of the item";
                Err(Error::misuse(Rule::AttributeWithoutAction, problem).of_attribute(name))
            }
        }
    }
}

impl SealedItem {
    /// What the header says.
    pub fn header(&self) -> &ParsedHeader {
        &self.sealed.parsed
    }

    /// Value of `aws_dbe_head`.
    pub fn header_bytes(&self) -> &[u8] {
        &self.sealed.header
    }

    /// Value of `aws_dbe_foot`.
    pub fn footer_bytes(&self) -> &[u8] {
        &self.sealed.footer
    }

    /// Item index and new binary value of each attribute that was encrypted.
    pub fn ciphertexts(&self) -> impl Iterator<Item = (usize, &[u8])> {
        self.sealed
            .ciphertexts
            .iter()
            .filter_map(|(i, bytes)| Some((*self.indices.get(*i)?, bytes.as_slice())))
    }

    /// Beacons to add: signed ones, and those that DynamoDB compares. [`Search`](super::search::Search) has an example.
    #[cfg(feature = "search")]
    pub fn beacons(&self) -> &Item<'static> {
        &self.beacons
    }

    /// Item index of the attribute that is not stored: the one that names the branch key, if it is not signed.
    /// [`Search`](super::search::Search) has an example.
    #[cfg(feature = "search")]
    pub fn dropped(&self) -> Option<usize> {
        self.dropped
    }

    /// The sealed form of `item`, which must be the one that was sealed.
    pub fn into_item(self, mut item: Item<'_>) -> Item<'_> {
        for (field, bytes) in self.sealed.ciphertexts {
            let slot = self.indices.get(field).and_then(|&i| item.get_mut(i));
            if let Some((_, value)) = slot {
                *value = AttributeValue::B(bytes.into());
            }
        }
        #[cfg(feature = "search")]
        if let Some(at) = self.dropped.filter(|at| *at < item.len()) {
            item.remove(at);
        }
        item.retain(|(name, _)| !name.starts_with(RESERVED_FIELD_PREFIX));
        #[cfg(feature = "search")]
        item.extend(self.beacons);
        item.push((HEADER_FIELD.into(), AttributeValue::B(self.sealed.header.into())));
        item.push((FOOTER_FIELD.into(), AttributeValue::B(self.sealed.footer.into())));
        item
    }
}

impl OpenedItem {
    /// What the header says.
    pub fn header(&self) -> &ParsedHeader {
        &self.opened.parsed
    }

    /// Item index of each signed attribute, in the order of [`ParsedHeader::actions`].
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }

    /// Item index and plaintext value of each attribute that was encrypted.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) for a value that verified and cannot be read: another library made it.
    pub fn values(&self) -> Result<Vec<(usize, AttributeValue<'_>)>> {
        self.opened
            .fields()
            .filter_map(|(field, type_id, bytes)| {
                let i = *self.indices.get(field)?;
                Some(AttributeValue::from_canonical(type_id, bytes).map(|value| (i, value)))
            })
            .collect()
    }

    /// The opened form of `item`, which must be the one that was opened.
    ///
    /// # Errors
    /// As [`values`](Self::values).
    pub fn into_item<'a>(self, mut item: Item<'a>) -> Result<Item<'a>> {
        for (i, value) in self.values()? {
            if let Some((_, slot)) = item.get_mut(i) {
                *slot = value.into_owned();
            }
        }
        item.retain(|(name, _)| !name.starts_with(RESERVED_FIELD_PREFIX));
        Ok(item)
    }
}

fn is_head_or_foot(name: &str) -> bool {
    name == HEADER_FIELD || name == FOOTER_FIELD
}

/// The error for an attribute that sealing would drop.
fn reserved(name: &str) -> Error {
    let problem = "names that begin with 'aws_dbe_' are reserved: it would be dropped";
    Error::misuse(Rule::ReservedName, problem).of_attribute(name)
}

fn check_names(item: &Item<'_>) -> Result<()> {
    item.iter().try_for_each(|(name, _)| check_name_length(name, MAX_NAME))
}

fn binary<'i>(value: Option<&'i AttributeValue<'_>>, part: Part) -> Result<&'i [u8]> {
    match value {
        Some(AttributeValue::B(bytes)) => Ok(bytes),
        Some(_) => Err(Error::malformed(part, "it is not of type B")),
        None => Err(Error::malformed(part, "the item lacks it")),
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::crypto::Secret;
    use crate::crypto::test_host::now;
    use crate::materials::{DefaultCmm, RawAesKeyring};
    use crate::util::steps::counted;

    fn encryptor(names: &[String], action: CryptoAction) -> ItemEncryptor {
        let key = Secret::new(vec![1; 32]);
        let keyring = RawAesKeyring::new("ns".into(), "k".into(), key).unwrap();
        let actions = names.iter().map(|name| (name.clone(), action));
        ItemEncryptor::new(ItemEncryptorConfig {
            logical_table_name: "t".into(),
            partition_key_name: "pk".into(),
            sort_key_name: None,
            attribute_actions: actions
                .chain([("pk".into(), CryptoAction::SignAndIncludeInEncryptionContext)])
                .collect(),
            allowed_unsigned_attributes: Vec::new(),
            allowed_unsigned_attribute_prefix: None,
            suite: crate::materials::Suite::by_id(0x6700),
            plaintext_override: PlaintextOverride::default(),
            drop_reserved_attributes: false,
            max_encrypted_data_keys: None,
            cmm: Rc::new(DefaultCmm::new(Rc::new(keyring))),
        })
        .unwrap()
    }

    #[test]
    fn many_attributes_cost_what_sorting_costs() {
        use CryptoAction::{EncryptAndSign, SignAndIncludeInEncryptionContext};
        for action in [EncryptAndSign, SignAndIncludeInEncryptionContext] {
            let operations = |n: usize| {
                let names: Vec<String> = (0..n).rev().map(|i| format!("a{i}")).collect();
                let encryptor = encryptor(&names, action);
                let names = names.iter().map(String::as_str).chain(["pk"]);
                let item: Item<'_> =
                    names.map(|name| (name.into(), AttributeValue::S("v".into()))).collect();
                counted(|| {
                    let sealed = now(encryptor.encrypt(&item)).unwrap().unwrap();
                    let sealed = sealed.into_item(item.clone());
                    let again = now(encryptor.reseal(&encryptor, &sealed)).unwrap().unwrap();
                    let again = again.into_item(sealed);
                    let opened = now(encryptor.decrypt(&again)).unwrap().unwrap();
                    assert_eq!(opened.into_item(again).unwrap(), item);
                })
            };
            let (few, many) = (operations(500), operations(4000));
            assert!(few > 500 && many < 8 * few * 15 / 10, "{action:?} {few} {many}");
        }
    }

    #[test]
    fn context_attributes_that_are_missing_are_named() {
        let names = ["a".to_owned(), "c".to_owned()];
        let encryptor = encryptor(&names, CryptoAction::SignAndIncludeInEncryptionContext);
        let value = || AttributeValue::S("v".into());
        let item: Item<'_> = vec![("pk".into(), value()), ("a".into(), value())];
        let error = now(encryptor.encrypt(&item)).err().unwrap();
        assert_eq!((error.code(), error.attribute()), ("ATTRIBUTE_MISSING", Some("c")));
    }
}
