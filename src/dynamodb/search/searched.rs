//! A table that is searched: its beacons, of items.

use std::rc::Rc;

use crate::crypto::random_array;
use crate::dynamodb::expressions::{Path, member};
use crate::dynamodb::{AttributeValue, Item, ItemEncryptorConfig};
use crate::error::{Error, Result, Rule};
use crate::host::LocalFuture;
use crate::materials::{BeaconKey, BeaconKeySource, EncryptedDataKey, HIERARCHICAL_PROVIDER_ID};
use crate::structured::ParsedHeader;
use crate::util::index::Index;

use super::beacon::Beacon;
use super::compound::{Compound, Keyed};
use super::config::BeaconKeys;
use super::sources::Sources;
use super::standard::Standard;
use super::virtual_field::Virtual;

/// How a table is searched: the configuration, checked.
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::dynamodb::expressions::RequestParts;
/// use fieldseal::dynamodb::search::{
///     BeaconKeys, BeaconStyle, CompoundBeacon, ConstructorPart, EncryptedPart, MAX_PARTITIONS,
///     PARTITION_VALUE, ResolvedAttributes, ResultFilter, Search, SearchConfig, SearchOperation,
///     SearchRequest, SignedPart, StandardBeacon, Transform, VirtualField, VirtualPart,
/// };
/// use fieldseal::dynamodb::{AttributeValue, Item, ItemEncryptor, SealedItem};
/// use fieldseal::materials::cache::Partition;
/// use fieldseal::materials::{BeaconKeySource, StaticBranchKeyStore};
/// # use fieldseal::dynamodb::ItemEncryptorConfig;
/// # use fieldseal::materials::{DefaultCmm, EncryptionContext, RawAesKeyring, StaticBranchKey};
/// # use fieldseal::structured::CryptoAction::{EncryptAndSign, SignOnly};
///
/// # fieldseal_doctest::run(async {
/// # let key = fieldseal::crypto::Secret::new(vec![7; 32]);
/// # let keyring = RawAesKeyring::new("shop".into(), "key-1".into(), key)?;
/// # let customers = ItemEncryptorConfig {
/// #     logical_table_name: "customers".into(),
/// #     partition_key_name: "id".into(),
/// #     sort_key_name: None,
/// #     attribute_actions: vec![
/// #         ("id".into(), SignOnly),
/// #         ("year".into(), SignOnly),
/// #         ("ssn".into(), EncryptAndSign),
/// #         ("email".into(), EncryptAndSign),
/// #     ],
/// #     allowed_unsigned_attributes: vec![],
/// #     allowed_unsigned_attribute_prefix: None,
/// #     suite: None,
/// #     plaintext_override: Default::default(),
/// #     max_encrypted_data_keys: None,
/// #     drop_reserved_attributes: false,
/// #     cmm: Rc::new(DefaultCmm::new(Rc::new(keyring))),
/// # };
/// # let key = StaticBranchKey {
/// #     branch_key_id: "customers".into(),
/// #     version: "1234abcd-12ab-44cd-86ef-1234567890ab".into(),
/// #     branch_key: vec![7; 32][..].into(),
/// #     beacon_key: Some(vec![9; 32][..].into()),
/// #     encryption_context: EncryptionContext::new(),
/// # };
/// # let store = Rc::new(StaticBranchKeyStore::new(None, vec![key])?);
/// let beacon = |name: &str, location: Option<&str>, style| StandardBeacon {
///     name: name.into(),
///     length: 16,
///     location: location.map(str::to_owned),
///     style,
///     number_of_partitions: None,
/// };
/// // The lower-case part of `email` after the `@`.
/// let domain = VirtualField {
///     name: "domain".into(),
///     parts: vec![VirtualPart {
///         location: "email".into(),
///         transforms: vec![Transform::Lower, Transform::Segment { split: '@', index: 1 }],
///     }],
/// };
/// // `Y-1984/D-example.org`: hashed from behind the second prefix on.
/// let by_year = CompoundBeacon {
///     name: "by_year".into(),
///     split: '/',
///     encrypted_parts: vec![EncryptedPart { name: "domain".into(), prefix: "D-".into() }],
///     signed_parts: vec![SignedPart { name: "year".into(), prefix: "Y-".into(), location: None }],
///     constructors: vec![vec![
///         ConstructorPart { name: "year".into(), required: true },
///         ConstructorPart { name: "domain".into(), required: false },
///     ]],
/// };
/// let partitions = 2;
/// assert!(partitions < MAX_PARTITIONS);
/// let customers = ItemEncryptor::with_search(
///     customers,
///     SearchConfig {
///         key_source: BeaconKeySource::new(store, 60_000, None, Partition::named("customers"))?,
///         keys: BeaconKeys::Single { branch_key_id: "customers".into() },
///         standard_beacons: vec![
///             beacon("ssn", None, BeaconStyle::Plain),
///             beacon("domain", None, BeaconStyle::PartOnly),
///         ],
///         compound_beacons: vec![by_year],
///         virtual_fields: vec![domain],
///         encrypted_parts: vec![],
///         signed_parts: vec![],
///         maximum_number_of_partitions: partitions,
///         default_number_of_partitions: None,
///     },
/// )?;
///
/// let text = |text: &'static str| AttributeValue::S(text.into());
/// let item: Item = vec![
///     ("id".into(), text("c-1")),
///     ("year".into(), text("1984")),
///     ("ssn".into(), text("078-05-1120")),
///     ("email".into(), text("ann@Example.org")),
/// ];
/// let search: &Search = customers.search().expect("it is searched");
/// assert_eq!((search.partitions(), search.signed_beacons().count()), (2, 0));
/// assert!(search.names_in_queries().any(|name| name == "by_year"));
/// let resolved: ResolvedAttributes = search.resolve_attributes(&item)?;
/// assert_eq!(resolved.virtual_fields, [("domain".into(), "example.org".into())]);
/// assert_eq!(resolved.compound_beacons, [("by_year".into(), "Y-1984/D-example.org".into())]);
///
/// // Sealing adds the beacons, here those of the partition 1, and opening leaves them out.
/// let sealed: SealedItem = customers.encrypt_in_partition(&item, 1).await?.expect("it is sealed");
/// let names: Vec<_> = sealed.beacons().iter().map(|(name, _)| &**name).collect();
/// assert_eq!(names, ["aws_dbe_b_ssn", "aws_dbe_b_by_year"]);
/// assert_eq!(sealed.dropped(), None);
/// let stored = sealed.into_item(item.clone());
///
/// // A query for the same partition.
/// let (ssn, id, partition) = (text("078-05-1120"), text("c-1"), AttributeValue::N("1".into()));
/// let parts = RequestParts {
///     key_condition: Some("ssn = :ssn"),
///     filter: Some("id = :id"),
///     values: vec![
///         (":ssn", Some(&ssn)),
///         (":id", Some(&id)),
///         (PARTITION_VALUE, Some(&partition)),
///     ],
///     ..RequestParts::default()
/// };
/// assert_eq!(customers.number_of_queries(&parts)?, 2);
/// let request = customers.search_request(SearchOperation::Query, &parts).await?;
/// let SearchRequest { key_condition, filter, values, .. } = request.expect("it is searched");
/// assert_eq!(key_condition.as_deref(), Some("aws_dbe_b_ssn = :ssn"));
/// assert_eq!(filter.as_deref(), Some("id = :id"));
/// // What is compared is the beacon, in the request as in the item.
/// let beacon = stored.iter().find(|(name, _)| name == "aws_dbe_b_ssn");
/// let sent = values.iter().find(|(name, _)| name == ":ssn");
/// assert_eq!(sent.map(|(_, value)| value), beacon.map(|(_, value)| value));
///
/// // Other values may have the same beacon: what was found is looked through.
/// let asked: ResultFilter = customers.result_filter(&parts)?.expect("it is searched");
/// assert!(asked.looks() && asked.looks_at_items());
/// assert!(asked.is_of_branch_key(&stored)); // the request names no other one
/// let opened = customers.decrypt(&stored).await?.expect("it is sealed");
/// assert!(customers.has_beacons(&stored, &opened).await?);
/// assert!(asked.keeps(&opened.into_item(stored)?)?);
/// let other: Item = vec![("id".into(), text("c-1")), ("ssn".into(), text("000-00-0000"))];
/// assert!(!asked.keeps(&other)?);
///
/// // What beacons cannot answer is refused before anything is sent.
/// let refused = RequestParts { key_condition: Some("ssn > :ssn"), filter: None, ..parts };
/// let refused = customers.search_request(SearchOperation::Query, &refused).await;
/// assert_eq!(refused.unwrap_err().code(), "TABLE_REQUEST_REFUSED");
/// # Ok(())
/// # });
/// ```
pub struct Search {
    pub(super) key_source: BeaconKeySource,
    pub(super) keys: BeaconKeys,
    /// By name, as all of these.
    pub(super) standard: Vec<Standard>,
    pub(super) compound: Vec<Compound>,
    /// Positions of standard beacons, and of compound ones behind those.
    pub(super) names: Index,
    pub(super) virtual_fields: Vec<Virtual>,
    /// Their positions.
    pub(super) field_names: Index,
    pub(super) partitions: u8,
}

/// What virtual fields and compound beacons are made of in an item, as [`Search::resolve_attributes`] returns it.
/// [`Search`] has an example.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ResolvedAttributes {
    /// Names and values.
    pub virtual_fields: Vec<(String, String)>,
    /// Names and values, with no part of them hashed.
    pub compound_beacons: Vec<(String, String)>,
}

impl Search {
    /// Over how many partitions items are spread.
    pub fn partitions(&self) -> u8 {
        self.partitions
    }

    /// The names of signed beacons: attributes that sealing adds, in plaintext and signed.
    pub fn signed_beacons(&self) -> impl Iterator<Item = &str> {
        let signed = self.compound.iter().filter(|beacon| !beacon.is_encrypted());
        signed.map(|beacon| beacon.name.as_str())
    }

    /// Names that only queries and scans know: of beacons, which are stored under other names, and of virtual fields, which are
    /// not stored. A standard beacon may have the name of the attribute that it is of.
    pub fn names_in_queries(&self) -> impl Iterator<Item = &str> {
        let mut names = Vec::new();
        for beacon in &self.standard {
            names.push(beacon.name.as_str());
        }
        for beacon in self.compound.iter().filter(|beacon| beacon.is_encrypted()) {
            names.push(&beacon.name);
        }
        for field in &self.virtual_fields {
            names.push(&field.name);
        }
        names.into_iter()
    }

    /// What virtual fields and compound beacons are made of in an item in plaintext, to see whether that is what was meant.
    ///
    /// # Errors
    /// [`Rule::Beacon`], naming an attribute that beacons cannot be made of.
    pub fn resolve_attributes(&self, item: &Item<'_>) -> Result<ResolvedAttributes> {
        let mut resolved = ResolvedAttributes::default();
        for field in &self.virtual_fields {
            if let Some(text) = field.text(item)? {
                resolved.virtual_fields.push((field.name.clone(), text));
            }
        }
        for beacon in &self.compound {
            if let Some(text) = beacon.of_item(self.sources(), item, None)? {
                resolved.compound_beacons.push((beacon.name.clone(), text));
            }
        }
        Ok(resolved)
    }

    /// What beacons are made from.
    pub(super) fn sources(&self) -> Sources<'_> {
        Sources { standard: &self.standard, virtual_fields: &self.virtual_fields }
    }

    /// The beacon of this name, unless the path leads into an attribute.
    pub(super) fn beacon_at(&self, path: &Path<'_>) -> Option<Beacon<'_>> {
        if path.steps.is_empty() { self.beacon(path.attribute) } else { None }
    }

    fn beacon(&self, name: &str) -> Option<Beacon<'_>> {
        let at = self.names.get(name)?;
        match self.standard.get(at) {
            Some(beacon) => Some(Beacon::Standard(beacon)),
            None => self.compound.get(at - self.standard.len()).map(Beacon::Compound),
        }
    }

    pub(super) fn is_virtual_field(&self, name: &str) -> bool {
        self.field_names.has(name)
    }

    /// The partition that is wanted, or one at random.
    pub(in crate::dynamodb) fn partition(&self, wanted: Option<u8>) -> Result<u8> {
        match wanted {
            Some(wanted) if wanted < self.partitions => Ok(wanted),
            Some(_) => {
                let problem = format!("the partition must be less than {}", self.partitions);
                Err(Error::misuse(Rule::Argument, problem))
            }
            None => self.random_partition(),
        }
    }

    fn random_partition(&self) -> Result<u8> {
        if self.partitions == 1 {
            return Ok(0);
        }
        // The last incomplete run of remainders would make the first partitions likelier.
        let unbiased = u8::MAX - u8::MAX % self.partitions;
        loop {
            let [byte] = random_array()?;
            if byte < unbiased {
                return Ok(byte % self.partitions);
            }
        }
    }

    /// The signed beacons of an item. One that the item has already must be what is computed, and is left out.
    pub(in crate::dynamodb) fn signed_beacons_of(&self, item: &Item<'_>) -> Result<Item<'static>> {
        let mut beacons: Item<'static> = Vec::new();
        for beacon in self.compound.iter().filter(|beacon| !beacon.is_encrypted()) {
            let computed = beacon.of_item(self.sources(), item, None)?;
            let supplied = member(item, &beacon.name);
            match (computed, supplied) {
                (Some(text), None) => {
                    beacons.push((beacon.name.clone().into(), AttributeValue::S(text.into())));
                }
                (Some(text), Some(AttributeValue::S(known))) if text == *known => {}
                (None, None) => {}
                (_, Some(_)) => {
                    let problem = "it is a signed beacon, and not what its parts make: leave it out, and it is added";
                    return Err(Error::misuse(Rule::Beacon, problem).of_attribute(&beacon.name));
                }
            }
        }
        Ok(beacons)
    }

    /// The attribute that names the branch key for queries and is not stored, if there is one.
    pub(in crate::dynamodb) fn dropped_key_field<'s>(
        &'s self,
        table: &ItemEncryptorConfig,
    ) -> Option<&'s str> {
        let BeaconKeys::Multi { key_field_name } = &self.keys else { return None };
        let is_signed = table.action(key_field_name).is_some_and(|action| action.is_signed());
        (!is_signed).then_some(key_field_name.as_str())
    }

    /// The id of the branch key whose beacon key a sealed item has.
    pub(in crate::dynamodb) fn key_id_of_item<'k>(
        &'k self,
        header: &'k ParsedHeader,
    ) -> Result<&'k str> {
        if let BeaconKeys::Single { branch_key_id } = &self.keys {
            return Ok(branch_key_id);
        }
        let id = branch_key_id(&header.encrypted_data_keys);
        id.and_then(|id| core::str::from_utf8(id).ok()).ok_or_else(|| {
            let problem = "beacons of many branch keys need items whose one data key a hierarchical keyring wrapped";
            Error::misuse(Rule::Config, problem)
        })
    }

    /// The beacon key of a branch key.
    pub(in crate::dynamodb) fn key(&self, id: &str) -> LocalFuture<'_, Result<Rc<BeaconKey>>> {
        self.key_source.key(id)
    }

    /// Adds the stored beacons of an item in plaintext.
    pub(in crate::dynamodb) fn add_encrypted_beacons(
        &self,
        beacons: &mut Item<'static>,
        item: &Item<'_>,
        key: &BeaconKey,
        partition: u8,
    ) -> Result<()> {
        for beacon in self.standard.iter().filter(|beacon| !beacon.part_only) {
            if let Some(value) = beacon.of_item(&self.virtual_fields, item, key, partition)? {
                beacons.push((beacon.stored.clone().into(), value));
            }
        }
        for beacon in self.compound.iter().filter(|beacon| beacon.is_encrypted()) {
            if let Some(text) =
                beacon.of_item(self.sources(), item, Some(Keyed { key, partition }))?
            {
                beacons.push((beacon.stored.clone().into(), AttributeValue::S(text.into())));
            }
        }
        Ok(())
    }
}

/// The id of the branch key that wrapped an item's one data key, as the item has it.
pub(super) fn branch_key_id(encrypted_data_keys: &[EncryptedDataKey]) -> Option<&[u8]> {
    match encrypted_data_keys {
        [key] if key.provider_id == HIERARCHICAL_PROVIDER_ID => Some(&key.provider_info),
        _ => None,
    }
}
