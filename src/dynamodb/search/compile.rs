//! The configuration, checked and put in the form that is worked with (`search-config.md`, `beacons.md`). What AWS's libraries
//! refuse is refused, and what they accept and cannot use.

use core::mem::take;

use crate::dynamodb::ItemEncryptorConfig;
use crate::error::{Error, Result, Rule};
use crate::structured::{CryptoAction, RESERVED_FIELD_PREFIX};
use crate::util::index::Index;
use crate::util::sort::{ascending, sorted};
use crate::util::text::has;

use super::compound::{Compound, Part, PartSource};
use super::config::{
    BeaconKeys, BeaconStyle, CompoundBeacon, ConstructorPart, EncryptedPart, MAX_PARTITIONS,
    SearchConfig, SignedPart, StandardBeacon, Transform, VirtualField,
};
use super::location::Location;
use super::names::BEACON_PREFIX;
use super::searched::Search;
use super::standard::{Source, Standard};
use super::virtual_field::Virtual;

const MAX_LENGTH: u8 = 63;

pub(in crate::dynamodb) fn compile(
    mut config: SearchConfig,
    table: &ItemEncryptorConfig,
) -> Result<Search> {
    if config.standard_beacons.is_empty() {
        return Err(error("search needs at least one standard beacon", ""));
    }
    let partitions = Partitions::check(&config)?;
    let fields = VirtualFields::new(&mut config.virtual_fields, table)?;
    let standard = standard_beacons(&config.standard_beacons, table, &fields, &partitions)?;
    let mut names = Index::default();
    for (at, beacon) in standard.iter().enumerate() {
        names.add(&beacon.name, at);
    }
    let known = Known { table, standard: &standard, names: &names };
    let global = GlobalParts::new(known.parts(&config.signed_parts, &config.encrypted_parts)?)?;
    let mut compound = Vec::with_capacity(config.compound_beacons.len());
    for beacon in &config.compound_beacons {
        compound.push(compound_beacon(beacon, &known, &global)?);
    }
    let compound = sorted(compound, |a: &Compound, b| a.name.cmp(&b.name));
    for (at, beacon) in compound.iter().enumerate() {
        if names.add(&beacon.name, standard.len() + at).is_some() {
            return Err(error("a beacon is named twice", &beacon.name));
        }
    }
    check_styles(&standard, &compound, &names)?;
    if let BeaconKeys::Multi { key_field_name } = &config.keys {
        check_key_field(key_field_name, table, &names, &fields.names)?;
    }
    Ok(Search {
        key_source: config.key_source,
        keys: config.keys,
        standard,
        compound,
        names,
        virtual_fields: fields.all,
        field_names: fields.names,
        partitions: partitions.maximum,
    })
}

fn error(problem: &str, name: &str) -> Error {
    let error = Error::misuse(Rule::Config, problem.to_owned());
    if name.is_empty() { error } else { error.of_attribute(name) }
}

/// How many partitions there are, and in how many a beacon is that says nothing.
struct Partitions {
    maximum: u8,
    default: u8,
}

impl Partitions {
    fn check(config: &SearchConfig) -> Result<Self> {
        let maximum = config.maximum_number_of_partitions;
        if !(1..=MAX_PARTITIONS).contains(&maximum) {
            return Err(error("maximumNumberOfPartitions must be 1 to 254", ""));
        }
        let default = match config.default_number_of_partitions {
            None => maximum,
            Some(default) if (1..maximum).contains(&default) => default,
            Some(_) => {
                let problem = "defaultNumberOfPartitions must be at least 1 and less than maximumNumberOfPartitions";
                return Err(error(problem, ""));
            }
        };
        Ok(Self { maximum, default })
    }

    fn of(&self, beacon: &StandardBeacon) -> Result<u8> {
        match beacon.number_of_partitions {
            None => Ok(self.default),
            Some(number) if (1..self.maximum).contains(&number) => Ok(number),
            Some(_) => {
                let problem = "numberOfPartitions of a beacon must be at least 1 and less than maximumNumberOfPartitions";
                Err(error(problem, &beacon.name))
            }
        }
    }
}

/// Virtual fields, by name.
struct VirtualFields {
    all: Vec<Virtual>,
    /// Their positions.
    names: Index,
}

impl VirtualFields {
    fn new(given: &mut [VirtualField], table: &ItemEncryptorConfig) -> Result<Self> {
        let mut all: Vec<Virtual> = Vec::with_capacity(given.len());
        let (mut names, mut places) = (Index::default(), Index::default());
        for field in given {
            let field = virtual_field(field, table)?;
            if names.add(&field.name, 0).is_some() {
                return Err(error("a virtual field is named twice", &field.name));
            }
            if let Some(known) = places.add(&field.locations(), all.len()) {
                let known = all.get(known).map(|field| field.name.as_str()).unwrap_or_default();
                let problem = format!("a virtual field is of the same locations as '{known}'");
                return Err(error(&problem, &field.name));
            }
            all.push(field);
        }
        let all = sorted(all, |a, b| a.name.cmp(&b.name));
        let mut names = Index::default();
        for (at, field) in all.iter().enumerate() {
            names.add(&field.name, at);
        }
        Ok(Self { all, names })
    }
}

fn virtual_field(given: &mut VirtualField, table: &ItemEncryptorConfig) -> Result<Virtual> {
    let name = given.name.as_str();
    check_name(name, table)?;
    if table.action(name).is_some() {
        return Err(error("a virtual field has the name of an attribute", name));
    }
    if given.parts.is_empty() {
        return Err(error("a virtual field has no parts", name));
    }
    let mut parts = Vec::with_capacity(given.parts.len());
    for part in &mut given.parts {
        let location = Location::parse(&part.location, "virtual field", name)?;
        if !table.action(&location.attribute).is_some_and(CryptoAction::is_signed) {
            let problem = format!(
                "a virtual field must be made of attributes that are signed, and '{}' is not",
                location.attribute
            );
            return Err(error(&problem, name));
        }
        if !part.transforms.iter().all(can_split) {
            let problem = "what a transform splits at must be one UTF-16 code unit";
            return Err(error(problem, name));
        }
        parts.push((location, take(&mut part.transforms)));
    }
    Ok(Virtual { name: name.to_owned(), parts })
}

/// Whether what a transform splits at is one unit, if it splits.
fn can_split(transform: &Transform) -> bool {
    match transform {
        Transform::Segment { split, .. } | Transform::Segments { split, .. } => {
            split.len_utf16() == 1
        }
        _ => true,
    }
}

/// Names that none of these may have.
fn check_name(name: &str, table: &ItemEncryptorConfig) -> Result<()> {
    if name.is_empty() {
        return Err(error("a name in search is empty", ""));
    }
    if table.is_unsigned(name) {
        return Err(error("the name is that of an attribute that is allowed to be unsigned", name));
    }
    if name.starts_with(RESERVED_FIELD_PREFIX) {
        return Err(error("the name begins with 'aws_dbe_', which is reserved", name));
    }
    Ok(())
}

fn check_beacon_name(name: &str, table: &ItemEncryptorConfig) -> Result<()> {
    check_name(name, table)?;
    match table.action(name) {
        None | Some(CryptoAction::EncryptAndSign) => Ok(()),
        Some(_) => Err(error("a beacon has the name of an attribute that is not encrypted", name)),
    }
}

fn standard_beacons(
    given: &[StandardBeacon],
    table: &ItemEncryptorConfig,
    fields: &VirtualFields,
    partitions: &Partitions,
) -> Result<Vec<Standard>> {
    let mut beacons: Vec<Standard> = Vec::with_capacity(given.len());
    // Places that are taken, and by which virtual field, or by which beacon behind those.
    let (mut names, mut places) = (Index::default(), Index::default());
    for (at, field) in fields.all.iter().enumerate() {
        places.add(&field.locations(), at);
    }
    for beacon in given {
        let beacon = standard_beacon(beacon, table, fields, partitions)?;
        if names.add(&beacon.name, 0).is_some() {
            return Err(error("a beacon is named twice", &beacon.name));
        }
        let place = beacon.location.text();
        if let Some(known) = places.add(&place, fields.all.len() + beacons.len()) {
            let (what, known) = match fields.all.get(known) {
                Some(field) => ("the virtual field ", field.name.as_str()),
                None => {
                    let known = beacons.get(known - fields.all.len());
                    ("", known.map(|beacon| beacon.name.as_str()).unwrap_or_default())
                }
            };
            let problem = format!("a beacon is of the one location that {what}'{known}' is of");
            return Err(error(&problem, &beacon.name));
        }
        beacons.push(beacon);
    }
    Ok(sorted(beacons, |a, b| a.name.cmp(&b.name)))
}

fn standard_beacon(
    beacon: &StandardBeacon,
    table: &ItemEncryptorConfig,
    fields: &VirtualFields,
    partitions: &Partitions,
) -> Result<Standard> {
    let name = beacon.name.as_str();
    check_beacon_name(name, table)?;
    if beacon.style.other() == Some(name) {
        return Err(error("a beacon is shared with itself", name));
    }
    if !(1..=MAX_LENGTH).contains(&beacon.length) {
        return Err(error("the length of a beacon must be 1 to 63 bits", name));
    }
    let at = beacon.location.as_deref().unwrap_or(name);
    let location = Location::parse(at, "beacon", name)?;
    let encrypted = |attribute: &str| table.action(attribute) == Some(CryptoAction::EncryptAndSign);
    let (source, is_secret) = match fields.names.get(&location.attribute) {
        None => (Source::Location, encrypted(&location.attribute)),
        Some(_) if !location.is_whole() || beacon.style.is_set() => {
            return Err(error(
                "a virtual field is one string: neither a set, nor anything with places within it",
                name,
            ));
        }
        Some(at) => {
            let parts = fields.all.get(at).map(|field| &field.parts[..]).unwrap_or_default();
            (Source::Virtual(at), parts.iter().any(|(location, _)| encrypted(&location.attribute)))
        }
    };
    if !is_secret {
        let problem = format!(
            "a standard beacon must be of an attribute that is encrypted, or of a virtual field with one, which '{}' is not",
            location.attribute
        );
        return Err(error(&problem, name));
    }
    Ok(Standard {
        stored: format!("{BEACON_PREFIX}{name}"),
        length: beacon.length,
        location,
        source,
        part_only: beacon.style == BeaconStyle::PartOnly,
        as_set: beacon.style.is_set(),
        key_name: beacon.style.other().unwrap_or(name).to_owned(),
        partitions: partitions.of(beacon)?,
        name: name.to_owned(),
    })
}

/// Parts of compound beacons.
#[derive(Default)]
struct Parts {
    /// Signed ones first.
    all: Vec<Part>,
    signed: usize,
}

impl Parts {
    fn add(&mut self, name: &str, prefix: &str, source: PartSource) {
        let part = Part { name: name.to_owned(), prefix: prefix.to_owned(), source };
        if part.is_encrypted() {
            self.all.push(part);
        } else {
            self.all.insert(self.signed, part);
            self.signed += 1;
        }
    }
}

/// Those that all of them may have.
struct GlobalParts {
    all: Vec<Part>,
    by_name: Index,
    prefixes: Index,
}

impl GlobalParts {
    fn new(Parts { all, .. }: Parts) -> Result<Self> {
        must_differ(&all, "search")?;
        let (mut by_name, mut prefixes) = (Index::default(), Index::default());
        for (at, part) in all.iter().enumerate() {
            prefixes.add(&part.prefix, at);
            by_name.add(&part.name, at);
        }
        Ok(Self { all, by_name, prefixes })
    }
}

/// What parts may be of.
struct Known<'k> {
    table: &'k ItemEncryptorConfig,
    standard: &'k [Standard],
    /// Positions of standard beacons.
    names: &'k Index,
}

impl Known<'_> {
    fn parts(&self, signed: &[SignedPart], encrypted: &[EncryptedPart]) -> Result<Parts> {
        let mut parts = Parts::default();
        for SignedPart { name, prefix, location } in signed {
            let location = self.signed_location(name, location.as_deref())?;
            parts.add(name, prefix, PartSource::Signed(location));
        }
        for EncryptedPart { name, prefix } in encrypted {
            parts.add(name, prefix, PartSource::Encrypted(self.beacon_of_part(name)?));
        }
        Ok(parts)
    }

    fn signed_location(&self, name: &str, location: Option<&str>) -> Result<Location> {
        let location = match location {
            None => Location::attribute(name),
            Some(location) => Location::parse(location, "part", name)?,
        };
        use CryptoAction::{SignAndIncludeInEncryptionContext, SignOnly};
        let action = self.table.action(&location.attribute);
        if !matches!(action, Some(SignOnly | SignAndIncludeInEncryptionContext)) {
            let problem = format!(
                "a signed part must be of an attribute that is signed and not encrypted, which '{}' is not",
                location.attribute
            );
            return Err(error(&problem, name));
        }
        Ok(location)
    }

    /// The position of the standard beacon that an encrypted part is.
    fn beacon_of_part(&self, name: &str) -> Result<usize> {
        let Some(at) = self.names.get(name) else {
            return Err(error("an encrypted part has the name of no standard beacon", name));
        };
        match self.standard.get(at).is_some_and(|beacon| beacon.as_set) {
            false => Ok(at),
            true => Err(error("a beacon of a set cannot be a part of a compound beacon", name)),
        }
    }
}

/// No two have one name, and no prefix begins with another.
fn must_differ(parts: &[Part], of: &str) -> Result<()> {
    let mut names = Index::default();
    for part in parts {
        if part.prefix.is_empty() {
            return Err(error("the prefix of a part is empty", &part.name));
        }
        if names.add(&part.name, 0).is_some() {
            return Err(error(&format!("{of} has two parts of one name"), &part.name));
        }
    }
    // In this order, what begins with a prefix comes right behind it, or behind another one that does.
    let order = ascending(parts.len(), &|a, b| parts[a].prefix.cmp(&parts[b].prefix));
    for pair in order.windows(2) {
        let (one, two) = (&parts[pair[0]], &parts[pair[1]]);
        if two.prefix.starts_with(one.prefix.as_str()) {
            let problem = format!(
                "{of} has parts of which one's prefix begins with the other's, that of '{}'",
                one.name
            );
            return Err(error(&problem, &two.name));
        }
    }
    Ok(())
}

fn compound_beacon(
    beacon: &CompoundBeacon,
    known: &Known<'_>,
    global: &GlobalParts,
) -> Result<Compound> {
    let name = beacon.name.as_str();
    check_beacon_name(name, known.table)?;
    if beacon.split.len_utf16() != 1 {
        return Err(error("the character between parts must be one UTF-16 code unit", name));
    }
    let mut parts = known.parts(&beacon.signed_parts, &beacon.encrypted_parts)?;
    for part in &parts.all {
        if global.by_name.has(&part.name) || global.prefixes.has(&part.prefix) {
            let problem = format!(
                "the compound beacon '{name}' has a part of its own that search has for all, by name or prefix"
            );
            return Err(error(&problem, &part.name));
        }
    }
    if beacon.constructors.is_empty() && parts.all.is_empty() {
        return Err(error("a compound beacon has neither parts of its own nor constructors", name));
    }
    let mut taken = Index::default();
    for ConstructorPart { name: wanted, .. } in beacon.constructors.iter().flatten() {
        let found = global.by_name.get(wanted).and_then(|at| global.all.get(at));
        let Some(part) = found else { continue };
        if taken.add(wanted, 0).is_some() {
            let problem = format!(
                "the constructors of '{name}' use a part that search has for all more than once, which AWS's libraries refuse: give the beacon the part as its own"
            );
            return Err(error(&problem, wanted));
        }
        parts.add(&part.name, &part.prefix, part.source.clone());
    }
    let Parts { all: parts, signed } = parts;
    let is_encrypted = signed < parts.len();
    if !is_encrypted && known.table.action(name).is_some() {
        return Err(error("a signed beacon has the name of an attribute", name));
    }
    must_differ(&parts, &format!("the compound beacon '{name}'"))?;
    if let Some(part) = parts.iter().find(|part| has(&part.prefix, beacon.split)) {
        let problem = format!(
            "the prefix of a part of the compound beacon '{name}' has the character in it that stands between parts"
        );
        return Err(error(&problem, &part.name));
    }
    let constructors = constructors(beacon, &parts)?;
    let prefix = if is_encrypted { BEACON_PREFIX } else { "" };
    Ok(Compound {
        name: name.to_owned(),
        stored: format!("{prefix}{name}"),
        split: beacon.split,
        parts,
        constructors,
    })
}

fn constructors(beacon: &CompoundBeacon, parts: &[Part]) -> Result<Vec<Vec<(usize, bool)>>> {
    let name = beacon.name.as_str();
    let mut positions = Index::default();
    let mut all = Vec::with_capacity(parts.len());
    for (position, part) in parts.iter().enumerate() {
        positions.add(&part.name, position);
        all.push((position, true));
    }
    if beacon.constructors.is_empty() {
        return Ok(vec![all]);
    }
    let mut constructors = Vec::with_capacity(beacon.constructors.len());
    let mut seen = Index::default();
    for given in &beacon.constructors {
        let (mut constructor, mut required_parts) = (Vec::new(), Index::default());
        for ConstructorPart { name: wanted, required } in given {
            let Some(position) = positions.get(wanted) else {
                let problem = format!("a constructor of '{name}' names a part that there is not");
                return Err(error(&problem, wanted));
            };
            constructor.push((position, *required));
            if *required {
                required_parts.add(&position.to_string(), 0);
            }
        }
        let required_parts = required_parts.join(" ");
        if required_parts.is_empty() {
            return Err(error("a constructor has no required part", name));
        }
        if seen.add(&required_parts, 0).is_some() {
            return Err(error("two constructors have the same required parts", name));
        }
        constructors.push(constructor);
    }
    Ok(constructors)
}

/// What can be said of styles once all beacons are known.
fn check_styles(standard: &[Standard], compound: &[Compound], names: &Index) -> Result<()> {
    let mut used = vec![false; standard.len()];
    for part in compound.iter().flat_map(|compound| &compound.parts) {
        if let Some(used) = part.standard().and_then(|at| used.get_mut(at)) {
            *used = true;
        }
    }
    for (beacon, used) in standard.iter().zip(used) {
        if beacon.part_only && !used {
            return Err(error(
                "a beacon that is only a part is a part of no compound beacon",
                &beacon.name,
            ));
        }
        let is_shared = |beacon: &Standard| beacon.key_name != beacon.name;
        let problem = match names.get(&beacon.key_name).and_then(|at| standard.get(at)) {
            None => "a beacon is shared with a standard beacon that there is not",
            Some(other) if is_shared(other) => "a beacon is shared with one that is shared itself",
            Some(other) if other.length != beacon.length => {
                "a beacon is shared with one of another length"
            }
            Some(_) => continue,
        };
        return Err(error(problem, &beacon.name));
    }
    Ok(())
}

fn check_key_field(
    name: &str,
    table: &ItemEncryptorConfig,
    beacons: &Index,
    fields: &Index,
) -> Result<()> {
    let problem = if name.is_empty() {
        "keyFieldName is empty"
    } else if table.action(name) == Some(CryptoAction::EncryptAndSign) {
        "keyFieldName names an attribute that is encrypted: queries could not name a branch key"
    } else if beacons.has(name) {
        "keyFieldName names a beacon"
    } else if fields.has(name) {
        "keyFieldName names a virtual field"
    } else {
        return Ok(());
    };
    Err(error(problem, name))
}
