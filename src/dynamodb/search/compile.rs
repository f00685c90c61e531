//! The configuration, checked and put in the form that is worked with (`search-config.md`, `beacons.md`). What AWS's libraries
//! refuse is refused, and what they accept and cannot use.

use crate::dynamodb::ItemEncryptorConfig;
use crate::error::{Error, Result, Rule};
use crate::structured::{CryptoAction, RESERVED_FIELD_PREFIX};
use crate::util::index::Index;
use crate::util::sort::sorted;
use crate::util::steps::tick;
use crate::util::text::join;

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
    config: SearchConfig,
    table: &ItemEncryptorConfig,
) -> Result<Search> {
    if config.standard_beacons.is_empty() {
        return Err(error("search needs at least one standard beacon", ""));
    }
    let partitions = Partitions::check(&config)?;
    let virtual_fields = virtual_fields(config.virtual_fields, table)?;
    let standard = standard_beacons(config.standard_beacons, table, &virtual_fields, &partitions)?;
    let global = GlobalParts::new(Parts {
        signed: signed_parts(&config.signed_parts, table)?,
        encrypted: encrypted_parts(&config.encrypted_parts, &standard)?,
    })?;
    let mut compound: Vec<Compound> = Vec::new();
    let mut names = Index::default();
    for known in &standard {
        names.add(&known.name, 0);
    }
    for beacon in config.compound_beacons {
        let beacon = compound_beacon(beacon, table, &standard, &global)?;
        if names.add(&beacon.name, 0).is_some() {
            return Err(error("a beacon is named twice", &beacon.name));
        }
        compound.push(beacon);
    }
    check_styles(&standard, &compound)?;
    if let BeaconKeys::Multi { key_field_name } = &config.keys {
        check_key_field(key_field_name, table, &standard, &compound, &virtual_fields)?;
    }
    Ok(Search {
        key_source: config.key_source,
        keys: config.keys,
        standard,
        compound: sorted(compound, |a, b| a.name.cmp(&b.name)),
        virtual_fields,
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

fn virtual_fields(given: Vec<VirtualField>, table: &ItemEncryptorConfig) -> Result<Vec<Virtual>> {
    let mut fields: Vec<Virtual> = Vec::with_capacity(given.len());
    let (mut names, mut places) = (Index::default(), Index::default());
    for VirtualField { name, parts } in given {
        check_name(&name, table)?;
        if table.action(&name).is_some() {
            return Err(error("a virtual field has the name of an attribute", &name));
        }
        if parts.is_empty() {
            return Err(error("a virtual field has no parts", &name));
        }
        let mut locations = Vec::with_capacity(parts.len());
        for part in parts {
            let location = Location::parse(&part.location, &format!("the virtual field '{name}'"))?;
            if !table.action(&location.attribute).is_some_and(CryptoAction::is_signed) {
                let problem = format!(
                    "a virtual field must be made of attributes that are signed, and '{}' is not",
                    location.attribute
                );
                return Err(error(&problem, &name));
            }
            if !part.transforms.iter().all(can_split) {
                let problem = "what a transform splits at must be one UTF-16 code unit";
                return Err(error(problem, &name));
            }
            locations.push((location, part.transforms));
        }
        let field = Virtual { name, parts: locations };
        if names.add(&field.name, 0).is_some() {
            return Err(error("a virtual field is named twice", &field.name));
        }
        if let Some(known) = places.add(&field.locations(), fields.len()) {
            let known = fields.get(known).map(|field: &Virtual| field.name.as_str());
            let problem = format!(
                "a virtual field is of the same locations as '{}'",
                known.unwrap_or_default()
            );
            return Err(error(&problem, &field.name));
        }
        fields.push(field);
    }
    Ok(sorted(fields, |a, b| a.name.cmp(&b.name)))
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
    given: Vec<StandardBeacon>,
    table: &ItemEncryptorConfig,
    virtual_fields: &[Virtual],
    partitions: &Partitions,
) -> Result<Vec<Standard>> {
    let mut beacons: Vec<Standard> = Vec::with_capacity(given.len());
    // Places that are taken, and by which virtual field, or by which beacon behind those.
    let (mut names, mut places) = (Index::default(), Index::default());
    for (at, field) in virtual_fields.iter().enumerate() {
        places.add(&field.locations(), at);
    }
    for beacon in given {
        let beacon = standard_beacon(beacon, table, virtual_fields, partitions)?;
        if names.add(&beacon.name, 0).is_some() {
            return Err(error("a beacon is named twice", &beacon.name));
        }
        let place = beacon.location.text();
        if let Some(known) = places.add(&place, virtual_fields.len() + beacons.len()) {
            let (what, known) = match virtual_fields.get(known) {
                Some(field) => ("the virtual field ", field.name.as_str()),
                None => {
                    let known = beacons.get(known - virtual_fields.len());
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
    beacon: StandardBeacon,
    table: &ItemEncryptorConfig,
    virtual_fields: &[Virtual],
    partitions: &Partitions,
) -> Result<Standard> {
    check_beacon_name(&beacon.name, table)?;
    let name = beacon.name.as_str();
    if beacon.style.other() == Some(name) {
        return Err(error("a beacon is shared with itself", name));
    }
    if !(1..=MAX_LENGTH).contains(&beacon.length) {
        return Err(error("the length of a beacon must be 1 to 63 bits", name));
    }
    let at = beacon.location.as_deref().unwrap_or(name);
    let location = Location::parse(at, &format!("the beacon '{name}'"))?;
    let encrypted = |attribute: &str| table.action(attribute) == Some(CryptoAction::EncryptAndSign);
    let field = virtual_fields
        .binary_search_by(|field| {
            tick();
            field.name.as_str().cmp(&location.attribute)
        })
        .ok();
    let (source, is_secret) = match field {
        None => (Source::Location, encrypted(&location.attribute)),
        Some(_) if !location.is_whole() || beacon.style.is_set() => {
            return Err(error(
                "a virtual field is one string: neither a set, nor anything with places within it",
                name,
            ));
        }
        Some(at) => {
            let parts = virtual_fields.get(at).map(|field| &field.parts[..]).unwrap_or_default();
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
        partitions: partitions.of(&beacon)?,
        name: beacon.name,
    })
}

/// Parts of compound beacons.
struct Parts {
    signed: Vec<Part>,
    encrypted: Vec<Part>,
}

/// Those that all of them may have.
struct GlobalParts {
    parts: Vec<Part>,
    by_name: Index,
    prefixes: Index,
}

impl GlobalParts {
    fn new(parts: Parts) -> Result<Self> {
        must_differ(&parts.all(), "search")?;
        let Parts { signed: mut parts, mut encrypted } = parts;
        parts.append(&mut encrypted);
        let (mut by_name, mut prefixes) = (Index::default(), Index::default());
        for (at, part) in parts.iter().enumerate() {
            prefixes.add(&part.prefix, at);
            by_name.add(&part.name, at);
        }
        Ok(Self { parts, by_name, prefixes })
    }
}

impl Parts {
    fn all(&self) -> Vec<&Part> {
        self.signed.iter().chain(&self.encrypted).collect()
    }
}

fn signed_parts(given: &[SignedPart], table: &ItemEncryptorConfig) -> Result<Vec<Part>> {
    let mut parts = Vec::with_capacity(given.len());
    for SignedPart { name, prefix, location } in given {
        let location = match location {
            None => Location::attribute(name),
            Some(location) => Location::parse(location, &format!("the part '{name}'"))?,
        };
        use CryptoAction::{SignAndIncludeInEncryptionContext, SignOnly};
        let action = table.action(&location.attribute);
        if !matches!(action, Some(SignOnly | SignAndIncludeInEncryptionContext)) {
            let problem = format!(
                "a signed part must be of an attribute that is signed and not encrypted, which '{}' is not",
                location.attribute
            );
            return Err(error(&problem, name));
        }
        let source = PartSource::Signed(location);
        parts.push(Part { name: name.clone(), prefix: prefix.clone(), source });
    }
    Ok(parts)
}

fn encrypted_parts(given: &[EncryptedPart], standard: &[Standard]) -> Result<Vec<Part>> {
    let mut parts = Vec::with_capacity(given.len());
    for EncryptedPart { name, prefix } in given {
        let found = standard.binary_search_by(|beacon| {
            tick();
            beacon.name.as_str().cmp(name)
        });
        let at = found
            .map_err(|_| error("an encrypted part has the name of no standard beacon", name))?;
        if standard.get(at).is_some_and(|beacon| beacon.as_set) {
            return Err(error("a beacon of a set cannot be a part of a compound beacon", name));
        }
        let source = PartSource::Encrypted(at);
        parts.push(Part { name: name.clone(), prefix: prefix.clone(), source });
    }
    Ok(parts)
}

/// No two have one name, and no prefix begins with another.
fn must_differ(parts: &[&Part], of: &str) -> Result<()> {
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
    let ordered = sorted(parts.to_vec(), |a, b| a.prefix.cmp(&b.prefix));
    for pair in ordered.windows(2) {
        let [one, two] = pair else { continue };
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
    beacon: CompoundBeacon,
    table: &ItemEncryptorConfig,
    standard: &[Standard],
    global: &GlobalParts,
) -> Result<Compound> {
    let name = beacon.name.as_str();
    check_beacon_name(name, table)?;
    if beacon.split.len_utf16() != 1 {
        return Err(error("the character between parts must be one UTF-16 code unit", name));
    }
    let mut own = Parts {
        signed: signed_parts(&beacon.signed_parts, table)?,
        encrypted: encrypted_parts(&beacon.encrypted_parts, standard)?,
    };
    for part in own.all() {
        if global.by_name.has(&part.name) || global.prefixes.has(&part.prefix) {
            let problem = format!(
                "the compound beacon '{name}' has a part of its own that search has for all, by name or prefix"
            );
            return Err(error(&problem, &part.name));
        }
    }
    if beacon.constructors.is_empty() && own.all().is_empty() {
        return Err(error("a compound beacon has neither parts of its own nor constructors", name));
    }
    let mut taken = Index::default();
    for ConstructorPart { name: wanted, .. } in beacon.constructors.iter().flatten() {
        let found = global.by_name.get(wanted).and_then(|at| global.parts.get(at));
        let Some(part) = found else { continue };
        if taken.add(wanted, 0).is_some() {
            let problem = format!(
                "the constructors of '{name}' use a part that search has for all more than once, which AWS's libraries refuse: give the beacon the part as its own"
            );
            return Err(error(&problem, wanted));
        }
        let to = if part.is_encrypted() { &mut own.encrypted } else { &mut own.signed };
        to.push(part.clone());
    }
    let is_encrypted = !own.encrypted.is_empty();
    if !is_encrypted && table.action(name).is_some() {
        return Err(error("a signed beacon has the name of an attribute", name));
    }
    let parts: Vec<Part> = own.signed.into_iter().chain(own.encrypted).collect();
    must_differ(&parts.iter().collect::<Vec<_>>(), &format!("the compound beacon '{name}'"))?;
    if let Some(part) = parts.iter().find(|part| part.prefix.contains(beacon.split)) {
        let problem = format!(
            "the prefix of a part of the compound beacon '{name}' has the character in it that stands between parts"
        );
        return Err(error(&problem, &part.name));
    }
    let constructors = constructors(&beacon, &parts)?;
    let prefix = if is_encrypted { BEACON_PREFIX } else { "" };
    Ok(Compound {
        stored: format!("{prefix}{name}"),
        split: beacon.split,
        parts,
        constructors,
        name: beacon.name,
    })
}

fn constructors(beacon: &CompoundBeacon, parts: &[Part]) -> Result<Vec<Vec<(usize, bool)>>> {
    let name = beacon.name.as_str();
    if beacon.constructors.is_empty() {
        return Ok(vec![(0..parts.len()).map(|position| (position, true)).collect()]);
    }
    let mut constructors: Vec<Vec<(usize, bool)>> = Vec::with_capacity(beacon.constructors.len());
    let (mut positions, mut seen) = (Index::default(), Index::default());
    for (position, part) in parts.iter().enumerate() {
        positions.add(&part.name, position);
    }
    for given in &beacon.constructors {
        let mut constructor = Vec::with_capacity(given.len());
        for ConstructorPart { name: wanted, required } in given {
            let found = positions.get(wanted);
            let missing = || {
                error(&format!("a constructor of '{name}' names a part that there is not"), wanted)
            };
            constructor.push((found.ok_or_else(missing)?, *required));
        }
        let required = constructor.iter().filter(|(_, required)| *required);
        let mut required =
            sorted(required.map(|(position, _)| position.to_string()).collect(), String::cmp);
        required.dedup();
        if required.is_empty() {
            return Err(error("a constructor has no required part", name));
        }
        if seen.add(&join(&mut required.iter().map(String::as_str), " "), 0).is_some() {
            return Err(error("two constructors have the same required parts", name));
        }
        constructors.push(constructor);
    }
    Ok(constructors)
}

/// What can be said of styles once all beacons are known.
fn check_styles(standard: &[Standard], compound: &[Compound]) -> Result<()> {
    let parts = compound.iter().flat_map(|compound| &compound.parts);
    let mut used = vec![false; standard.len()];
    for at in parts.filter_map(Part::standard) {
        if let Some(used) = used.get_mut(at) {
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
        let other = standard.binary_search_by(|other| {
            tick();
            other.name.cmp(&beacon.key_name)
        });
        let problem = match other.ok().and_then(|at| standard.get(at)) {
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
    standard: &[Standard],
    compound: &[Compound],
    virtual_fields: &[Virtual],
) -> Result<()> {
    let problem = if name.is_empty() {
        "keyFieldName is empty"
    } else if table.action(name) == Some(CryptoAction::EncryptAndSign) {
        "keyFieldName names an attribute that is encrypted: queries could not name a branch key"
    } else if standard.iter().any(|beacon| beacon.name == name)
        || compound.iter().any(|beacon| beacon.name == name)
    {
        "keyFieldName names a beacon"
    } else if virtual_fields.iter().any(|field| field.name == name) {
        "keyFieldName names a virtual field"
    } else {
        return Ok(());
    };
    Err(error(problem, name))
}
