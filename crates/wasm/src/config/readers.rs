//! A type and its reader for each description.

#[cfg(feature = "branch-keys")]
use core::time::Duration;

use wasm_bindgen::JsValue;

#[cfg(feature = "ecdh")]
use fieldseal::crypto::EcdhCurve;
use fieldseal::crypto::{RsaPadding, Secret};
use fieldseal::dynamodb::PlaintextOverride;
#[cfg(feature = "search")]
use fieldseal::dynamodb::search::{
    CompoundBeacon, ConstructorPart, EncryptedPart, SignedPart, StandardBeacon, VirtualField,
    VirtualPart,
};
use fieldseal::error::{Error, Result, Rule};
use fieldseal::structured::CryptoAction;

use crate::read::{Fields, configuration};

/// What a field of a configuration may be. What is wrong is kept by [`Fields`].
pub(crate) trait Read: Default {
    /// `None` when it is absent, where absence says nothing, or wrong.
    fn read(fields: &Fields, name: &'static str) -> Option<Self>;
}

/// A field as a description has it: needed, or an [`Option`].
pub(crate) trait Field: Sized {
    fn field(fields: &Fields, name: &'static str) -> Self;
}

impl<T: Read> Field for T {
    fn field(fields: &Fields, name: &'static str) -> Self {
        T::read(fields, name).unwrap_or_else(|| {
            fields.miss(name);
            T::default()
        })
    }
}

impl<T: Read> Field for Option<T> {
    fn field(fields: &Fields, name: &'static str) -> Self {
        T::read(fields, name)
    }
}

impl Field for ServiceConfig {
    fn field(fields: &Fields, _: &'static str) -> Self {
        Self::fields(fields)
    }
}

/// The number of an object of the core.
#[derive(Default)]
pub(crate) struct Handle(pub(crate) u32);
/// Numbers of objects of the core; none when absent.
#[derive(Default)]
pub(crate) struct Handles(pub(crate) Vec<u32>);
/// Strings; none when absent.
#[derive(Default)]
pub(crate) struct Strings(pub(crate) Vec<String>);
/// Pairs of strings; none when absent.
#[derive(Default)]
pub(crate) struct Pairs(pub(crate) Vec<(String, String)>);
/// Attributes' names and their actions.
#[derive(Default)]
pub(crate) struct Actions(pub(crate) Vec<(String, CryptoAction)>);

macro_rules! read_by {
    ($($type:ty, $fields:ident, $name:ident => $read:expr;)+) => {
        $(impl Read for $type {
            fn read($fields: &Fields, $name: &'static str) -> Option<Self> {
                let read = || -> Result<Option<Self>> { $read };
                $fields.keep(read())
            }
        })+
    };
}

read_by! {
    String, fields, name => fields.text(name);
    Vec<u8>, fields, name => fields.bytes(name);
    Secret, fields, name => Ok(fields.bytes(name)?.map(Secret::new));
    bool, fields, name => Ok(Some(fields.flag(name)));
    u32, fields, name => fields.whole_number(name);
    Handle, fields, name => Ok(fields.whole_number(name)?.map(Handle));
    Handles, fields, name => {
        let numbers = fields.list(name)?;
        let handles: Option<_> = numbers.iter().map(|n| Some(n.as_f64()? as u32)).collect();
        handles.map(|h| Some(Handles(h))).ok_or_else(|| fields.must_be(name, "an array of numbers"))
    };
    Strings, fields, name => Ok(Some(Strings(fields.texts(name)?)));
    Pairs, fields, name => Ok(Some(Pairs(fields.pairs(name)?)));
    Actions, fields, name => {
        let read = |(name, action): (String, String)| match ActionName::of(&action) {
            Some(ActionName(action)) => Ok((name, action)),
            None => Err(Error::misuse(Rule::Config, "an unknown crypto action").of_attribute(&name)),
        };
        fields.pairs(name)?.into_iter().map(read).collect::<Result<_>>().map(|a| Some(Actions(a)))
    };
}

/// Milliseconds, negative ones too; what JavaScript gives is a whole number.
#[cfg(feature = "kms-admin")]
#[derive(Default)]
pub(crate) struct Milliseconds(pub(crate) i64);

#[cfg(feature = "kms-admin")]
read_by! {
    Milliseconds, fields, name => Ok(fields.number(name)?.map(|ms| Milliseconds(ms as i64)));
}

/// A number of seconds, from 0.001 to 10^12: milliseconds.
#[cfg(feature = "branch-keys")]
#[derive(Default)]
pub(crate) struct Seconds(pub(crate) u64);
/// A whole number that JavaScript can hold.
#[cfg(feature = "branch-keys")]
#[derive(Default)]
pub(crate) struct Count(pub(crate) u64);
/// Objects; none when absent.
#[cfg(feature = "branch-keys")]
pub(crate) struct List<T>(pub(crate) Vec<T>);

#[cfg(feature = "branch-keys")]
read_by! {
    Seconds, fields, name => {
        let Some(seconds) = fields.number(name)? else { return Ok(None) };
        let time = Duration::try_from_secs_f64(seconds).ok();
        match time.and_then(|time| u64::try_from(time.as_millis()).ok()) {
            Some(ms) if (1..=1_000_000_000_000_000).contains(&ms) => Ok(Some(Self(ms))),
            _ => Err(fields.must_be(name, "a number of seconds, 0.001 to 10^12")),
        }
    };
    Count, fields, name => {
        const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;
        let Some(number) = fields.number(name)? else { return Ok(None) };
        match (0.0..=MAX_SAFE_INTEGER).contains(&number) && number.fract() == 0.0 {
            true => Ok(Some(Self(number as u64))),
            false => Err(fields.must_be(name, "a whole number")),
        }
    };
}

/// A whole number, negative ones too.
#[cfg(feature = "search")]
#[derive(Default)]
pub(crate) struct Whole(pub(crate) i32);

#[cfg(feature = "search")]
read_by! {
    // A number of bits or partitions; what no byte holds is out of range in any case, as 0 is.
    u8, fields, name => {
        Ok(fields.whole_number(name)?.map(|number| u8::try_from(number).unwrap_or(0)))
    };
    // What separates.
    char, fields, name => {
        let Some(text) = fields.text(name)? else { return Ok(None) };
        let wrong = || fields.must_be(name, "one character: one UTF-16 code unit");
        one_character(&text).map(Some).ok_or_else(wrong)
    };
    Whole, fields, name => {
        let Some(number) = fields.number(name)? else { return Ok(None) };
        match number.fract() == 0.0 && number.abs() <= f64::from(i32::MAX) {
            true => Ok(Some(Self(number as i32))),
            false => Err(fields.must_be(name, "a whole number")),
        }
    };
}

#[cfg(feature = "branch-keys")]
impl<T: Configuration> Field for List<T> {
    fn field(fields: &Fields, name: &'static str) -> Self {
        Self(Field::field(fields, name))
    }
}

#[cfg(feature = "branch-keys")]
impl<T: Configuration> Field for Vec<T> {
    fn field(fields: &Fields, name: &'static str) -> Self {
        let mut all = Vec::new();
        for member in &members(fields, name) {
            all.push(T::fields(member));
            end_member(fields, member);
        }
        all
    }
}

/// The objects of a list. Compiled once, and not once for each kind of list.
#[cfg(feature = "branch-keys")]
fn members(fields: &Fields, name: &str) -> Vec<Fields> {
    let mut members = Vec::new();
    for member in fields.keep(fields.list(name).map(Some)).unwrap_or_default() {
        members.push(configuration(member));
    }
    members
}

/// What is wrong with an object of a list is wrong with what has the list; the error has the object's name.
#[cfg(feature = "branch-keys")]
fn end_member(fields: &Fields, member: &Fields) {
    let named = |error: Error| match member.text("name") {
        Ok(Some(name)) => error.of_attribute(&name),
        _ => error,
    };
    fields.keep(member.end().map(|()| None::<()>).map_err(named));
}

/// The one character of a string, if it is one UTF-16 code unit.
#[cfg(feature = "search")]
pub(crate) fn one_character(text: &str) -> Option<char> {
    let mut characters = text.chars();
    let one = characters.next().filter(|one| one.len_utf16() == 1);
    one.filter(|_| characters.next().is_none())
}

/// An object that a description describes.
pub(crate) trait Configuration: Sized {
    /// Its fields; whether they are right is known by their [`end`](Fields::end).
    fn fields(fields: &Fields) -> Self;

    /// Reads it from `fields`.
    fn read(fields: &Fields) -> Result<Self> {
        let read = Self::fields(fields);
        fields.end().map(|()| read)
    }

    /// Reads it.
    fn of(config: JsValue) -> Result<Self> {
        Self::read(&configuration(config))
    }
}

macro_rules! read_names {
    ($($(#[doc = $about:literal])+ $name:ident: $type:ident { $($js:literal = $variant:ident,)+ })+) => {
        $(
            $(#[doc = $about])+
            pub(crate) struct $name(pub(crate) $type);

            impl $name {
                fn of(name: &str) -> Option<Self> {
                    match name {
                        $($js => Some(Self($type::$variant)),)+
                        _ => None,
                    }
                }
            }

            impl Read for $name {
                fn read(fields: &Fields, name: &'static str) -> Option<Self> {
                    let found = fields.keep(fields.text(name))?;
                    let known = || fields.must_be(name, "a name that is known");
                    fields.keep(Self::of(&found).map(Some).ok_or_else(known))
                }
            }

            // The first, where there is an error.
            impl Default for $name {
                fn default() -> Self {
                    let [first, ..] = [$($type::$variant),+];
                    Self(first)
                }
            }
        )+
    };
}

names!(read_names);
#[cfg(feature = "ecdh")]
ecdh_names!(read_names);

macro_rules! read_configurations {
    ($($(#[doc = $about:literal])+ $($tag:literal)? $name:ident $(= $own:ident)? {
        $($field:ident: $type:ty = $js:literal,)+
    })+) => {
        $(
            configuration_type! { $(#[doc = $about])+ $name $(= $own)? { $($field: $type,)+ } }

            impl Configuration for $name {
                fn fields(fields: &Fields) -> Self {
                    Self { $($field: Field::field(fields, $js),)+ }
                }
            }
        )+
    };
}

/// The type that a configuration is read into.
macro_rules! configuration_type {
    ($(#[doc = $about:literal])+ $name:ident { $($field:ident: $type:ty,)+ }) => {
        $(#[doc = $about])+
        // A smaller build reads fewer.
        #[allow(dead_code)]
        pub(crate) struct $name {
            $(pub(crate) $field: $type,)+
        }
    };
    ($(#[doc = $about:literal])+ $name:ident = $own:ident { $($field:ident: $type:ty,)+ }) => {
        $(#[doc = $about])+
        pub(crate) type $name = $own;
    };
}

configurations!(read_configurations);
#[cfg(feature = "kms-admin")]
client_configurations!(read_configurations);
#[cfg(feature = "branch-keys")]
branch_key_configurations!(read_configurations);
#[cfg(feature = "search")]
search_configurations!(read_configurations);
#[cfg(feature = "ecdh")]
ecdh_configurations!(read_configurations);
