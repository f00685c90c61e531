//! Attribute values and their canonical bytes (`ddb-attribute-serialization.md`).

use core::cmp::Ordering;
use std::borrow::Cow;

use crate::error::{Error, Part, Result};
use crate::structured::TypeId;
use crate::util::sort::ascending;
use crate::wire::{Reader, put_bytes32};

use super::normalize_number;

/// Levels of lists and maps that an attribute may have, itself counted.
///
/// ```
/// use fieldseal::dynamodb::{AttributeValue, MAX_DEPTH};
///
/// let list = |inner| AttributeValue::L(vec![inner]);
/// let deepest = (1..MAX_DEPTH).fold(AttributeValue::Null(true), |value, _| list(value));
/// assert!(deepest.canonical().is_ok());
/// assert_eq!(list(deepest).canonical().unwrap_err().code(), "LIMIT_EXCEEDED");
/// ```
pub const MAX_DEPTH: usize = 32;

const STRING_SET: TypeId = TypeId([0x01, 0x01]);
const NUMBER_SET: TypeId = TypeId([0x01, 0x02]);
const BINARY_SET: TypeId = TypeId([0x01, 0xff]);
const MAP: TypeId = TypeId([0x02, 0x00]);
const LIST: TypeId = TypeId([0x03, 0x00]);

/// A DynamoDB attribute value.
///
/// ```
/// use fieldseal::dynamodb::AttributeValue;
///
/// let tags = AttributeValue::Ss(vec!["b".into(), "a".into()]);
/// let canonical = tags.canonical()?;
/// assert_eq!(canonical[..], b"\0\0\0\x02\0\0\0\x01a\0\0\0\x01b"[..]); // sorted
///
/// let again = AttributeValue::from_canonical(tags.type_id(), &canonical)?;
/// assert_eq!(again.into_owned(), AttributeValue::Ss(vec!["a".into(), "b".into()]));
///
/// let twice = AttributeValue::Ss(vec!["a".into(), "a".into()]);
/// assert_eq!(twice.canonical().unwrap_err().code(), "MALFORMED_ATTRIBUTE");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum AttributeValue<'a> {
    /// `NULL`. The flag is DynamoDB's; sealed values come back `true`.
    Null(bool),
    /// `BOOL`.
    Bool(bool),
    /// `S`.
    S(Cow<'a, str>),
    /// `N`: a decimal number as text.
    N(Cow<'a, str>),
    /// `B`.
    B(Cow<'a, [u8]>),
    /// `SS`.
    Ss(Vec<Cow<'a, str>>),
    /// `NS`.
    Ns(Vec<Cow<'a, str>>),
    /// `BS`.
    Bs(Vec<Cow<'a, [u8]>>),
    /// `M`.
    M(Item<'a>),
    /// `L`.
    L(Vec<AttributeValue<'a>>),
}

/// Names and values, in the caller's order.
///
/// ```
/// use fieldseal::dynamodb::{AttributeValue, Item};
///
/// let item: Item = vec![
///     ("id".into(), AttributeValue::S("c-1".into())),
///     ("age".into(), AttributeValue::N("42".into())),
/// ];
/// assert_eq!(item[1].0, "age");
/// ```
pub type Item<'a> = Vec<(Cow<'a, str>, AttributeValue<'a>)>;

impl<'a> AttributeValue<'a> {
    /// The two bytes that stand for the value's type.
    pub fn type_id(&self) -> TypeId {
        match self {
            Self::Null(_) => TypeId::NULL,
            Self::Bool(_) => TypeId::BOOLEAN,
            Self::S(_) => TypeId::STRING,
            Self::N(_) => TypeId::NUMBER,
            Self::B(_) => TypeId::BINARY,
            Self::Ss(_) => STRING_SET,
            Self::Ns(_) => NUMBER_SET,
            Self::Bs(_) => BINARY_SET,
            Self::M(_) => MAP,
            Self::L(_) => LIST,
        }
    }

    /// The canonical bytes (`ddb-attribute-serialization.md`): numbers normalized, sets and map keys sorted. Scalars are borrowed.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) for a value that DynamoDB does not have: a number that is not one, a
    /// member or key that occurs twice. [`Fault::Limit`](crate::error::Fault::Limit) for more than [`MAX_DEPTH`] levels.
    pub fn canonical(&self) -> Result<Cow<'_, [u8]>> {
        Ok(match self {
            Self::Null(_) => Cow::Borrowed(&[]),
            Self::Bool(b) => Cow::Borrowed(if *b { &[1] } else { &[0] }),
            Self::S(text) => Cow::Borrowed(text.as_bytes()),
            Self::N(text) => match normalize_number(text)? {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            },
            Self::B(bytes) => Cow::Borrowed(bytes),
            _ => {
                let mut out = Vec::new();
                self.write(&mut out, 1)?;
                Cow::Owned(out)
            }
        })
    }

    fn write(&self, out: &mut Vec<u8>, depth: usize) -> Result<()> {
        check_depth(depth)?;
        match self {
            Self::Ss(members) => {
                let texts: Vec<&str> = members.iter().map(|m| &**m).collect();
                write_texts(out, &texts)
            }
            Self::Ns(members) => {
                let numbers = members.iter().map(|m| normalize_number(m));
                let numbers = numbers.collect::<Result<Vec<_>>>()?;
                let texts: Vec<&str> = numbers.iter().map(|m| &**m).collect();
                write_texts(out, &texts)
            }
            Self::Bs(members) => {
                let order = ascending(members.len(), &|a, b| members[a].cmp(&members[b]));
                let members: Vec<&[u8]> = order.into_iter().map(|i| &*members[i]).collect();
                write_set(out, &members)
            }
            Self::M(entries) => {
                let order =
                    ascending(entries.len(), &|a, b| utf16_order(&entries[a].0, &entries[b].0));
                if order.windows(2).any(|pair| entries[pair[0]].0 == entries[pair[1]].0) {
                    return Err(error("a map key occurs twice"));
                }
                write_count(out, entries.len())?;
                for i in order {
                    let (key, value) = &entries[i];
                    check_map_key(key)?;
                    out.extend_from_slice(&TypeId::STRING.0);
                    put_bytes32(out, key.as_bytes(), Part::Attribute)?;
                    value.write_nested(out, depth)?;
                }
                Ok(())
            }
            Self::L(values) => {
                write_count(out, values.len())?;
                values.iter().try_for_each(|value| value.write_nested(out, depth))
            }
            scalar => {
                out.extend_from_slice(&scalar.canonical()?);
                Ok(())
            }
        }
    }

    /// Type, length and value; the length is filled in once the value is written.
    fn write_nested(&self, out: &mut Vec<u8>, depth: usize) -> Result<()> {
        out.extend_from_slice(&self.type_id().0);
        let at = out.len();
        out.extend_from_slice(&[0; 4]);
        self.write(out, depth + 1)?;
        let length = u32::try_from(out.len() - at - 4)
            .map_err(|_| error("a nested value is longer than 4 GiB"))?;
        if let Some(slot) = out.get_mut(at..at + 4) {
            slot.copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }

    /// Reads canonical bytes; every length is checked, and nothing may be left over.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::Attribute`] for anything but what
    /// [`canonical`](Self::canonical) makes of a value of this type.
    pub fn from_canonical(type_id: TypeId, bytes: &'a [u8]) -> Result<Self> {
        Self::read(type_id, bytes, 1)
    }

    fn read(type_id: TypeId, bytes: &'a [u8], depth: usize) -> Result<Self> {
        check_depth(depth)?;
        let mut r = Reader::new(bytes, Part::Attribute);
        Ok(match type_id {
            TypeId::NULL if bytes.is_empty() => Self::Null(true),
            TypeId::BOOLEAN => match bytes {
                [0] => Self::Bool(false),
                [1] => Self::Bool(true),
                _ => return Err(r.error("a boolean that is neither 0 nor 1")),
            },
            TypeId::STRING => Self::S(r.utf8(bytes)?.into()),
            TypeId::NUMBER => Self::N(r.utf8(bytes)?.into()),
            TypeId::BINARY => Self::B(bytes.into()),
            STRING_SET => Self::Ss(read_texts(&mut r)?),
            NUMBER_SET => Self::Ns(read_texts(&mut r)?),
            BINARY_SET => Self::Bs(read_set(&mut r)?.into_iter().map(Cow::Borrowed).collect()),
            MAP => {
                let mut entries: Item<'a> = Vec::new();
                for _ in 0..r.u32()? {
                    if r.array()? != TypeId::STRING.0 {
                        return Err(r.error("a map key that is not text"));
                    }
                    let key = r.bytes32()?;
                    let key = r.utf8(key)?;
                    check_map_key(key)?;
                    let type_id = TypeId(r.array()?);
                    entries.push((key.into(), Self::read(type_id, r.bytes32()?, depth + 1)?));
                }
                r.end()?;
                if has_twins(entries.len(), &|a, b| entries[a].0.cmp(&entries[b].0)) {
                    return Err(r.error("a map key occurs twice"));
                }
                Self::M(entries)
            }
            LIST => {
                let mut values = Vec::new();
                for _ in 0..r.u32()? {
                    let type_id = TypeId(r.array()?);
                    values.push(Self::read(type_id, r.bytes32()?, depth + 1)?);
                }
                r.end()?;
                Self::L(values)
            }
            TypeId([a, b]) => {
                return Err(r.error(format!("unknown type {a:02x}{b:02x} or a wrong length")));
            }
        })
    }

    /// The same value, owning its bytes.
    pub fn into_owned(self) -> AttributeValue<'static> {
        let texts = |v: Vec<Cow<'_, str>>| v.into_iter().map(|t| t.into_owned().into()).collect();
        match self {
            Self::Null(b) => AttributeValue::Null(b),
            Self::Bool(b) => AttributeValue::Bool(b),
            Self::S(t) => AttributeValue::S(t.into_owned().into()),
            Self::N(t) => AttributeValue::N(t.into_owned().into()),
            Self::B(b) => AttributeValue::B(b.into_owned().into()),
            Self::Ss(v) => AttributeValue::Ss(texts(v)),
            Self::Ns(v) => AttributeValue::Ns(texts(v)),
            Self::Bs(v) => {
                AttributeValue::Bs(v.into_iter().map(|b| b.into_owned().into()).collect())
            }
            Self::M(m) => AttributeValue::M(
                m.into_iter().map(|(k, v)| (k.into_owned().into(), v.into_owned())).collect(),
            ),
            Self::L(v) => {
                AttributeValue::L(v.into_iter().map(AttributeValue::into_owned).collect())
            }
        }
    }
}

/// Ascending UTF-16 code units (`string-ordering.md`): not the order of Rust's strings.
fn utf16_order(a: &str, b: &str) -> Ordering {
    match a.is_ascii() && b.is_ascii() {
        true => a.cmp(b),
        false => a.encode_utf16().cmp(b.encode_utf16()),
    }
}

/// Whether two of `n` things are equal.
fn has_twins(n: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> bool {
    ascending(n, compare).windows(2).any(|pair| compare(pair[0], pair[1]).is_eq())
}

fn write_texts(out: &mut Vec<u8>, members: &[&str]) -> Result<()> {
    let order = ascending(members.len(), &|a, b| utf16_order(members[a], members[b]));
    let members: Vec<&[u8]> = order.into_iter().map(|i| members[i].as_bytes()).collect();
    write_set(out, &members)
}

/// Writes sorted members; equal neighbours are an error.
fn write_set(out: &mut Vec<u8>, members: &[&[u8]]) -> Result<()> {
    if members.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(error("a set has the same member twice"));
    }
    write_count(out, members.len())?;
    members.iter().try_for_each(|member| put_bytes32(out, member, Part::Attribute))
}

fn write_count(out: &mut Vec<u8>, n: usize) -> Result<()> {
    let n = u32::try_from(n).map_err(|_| error("more than 4,294,967,295 members"))?;
    out.extend_from_slice(&n.to_be_bytes());
    Ok(())
}

fn read_set<'a>(r: &mut Reader<'a>) -> Result<Vec<&'a [u8]>> {
    let mut members = Vec::new();
    for _ in 0..r.u32()? {
        members.push(r.bytes32()?);
    }
    r.end()?;
    if has_twins(members.len(), &|a, b| members[a].cmp(members[b])) {
        return Err(r.error("a set has the same member twice"));
    }
    Ok(members)
}

fn read_texts<'a>(r: &mut Reader<'a>) -> Result<Vec<Cow<'a, str>>> {
    let members = read_set(r)?;
    members.into_iter().map(|m| r.utf8(m).map(Cow::Borrowed)).collect()
}

fn check_map_key(key: &str) -> Result<()> {
    match key.len() {
        1..=0xffff => Ok(()),
        0 => Err(error("an empty map key")),
        _ => Err(error("a map key longer than 65,535 bytes")),
    }
}

fn check_depth(depth: usize) -> Result<()> {
    match depth <= MAX_DEPTH {
        true => Ok(()),
        false => {
            Err(Error::limit("levels of nesting in an attribute", MAX_DEPTH as u64, depth as u64))
        }
    }
}

fn error(problem: &'static str) -> Error {
    Error::malformed(Part::Attribute, problem)
}
