//! Plain JavaScript objects, read field by field.

use core::cell::Cell;

use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use fieldseal::crypto::Secret;
use fieldseal::error::{Error, Part, Result, Rule};

/// A configuration.
pub(crate) fn configuration(config: JsValue) -> Fields {
    Fields::new(config, "the configuration is not usable", Rule::Config)
}

/// An object that the TypeScript layer passes; `undefined`, `null` and what it inherits count as absent.
pub(crate) struct Fields {
    object: JsValue,
    /// What it is, for errors.
    what: &'static str,
    rule: Rule,
    /// The first thing that was wrong, of what is read by description.
    failed: Cell<Option<Error>>,
}

impl Fields {
    /// `what` it is and the `rule` that a wrong field breaks.
    pub(crate) fn new(object: JsValue, what: &'static str, rule: Rule) -> Self {
        Self { object, what, rule, failed: Cell::new(None) }
    }

    /// Fails on fields of other names than these.
    pub(crate) fn only(self, known: &dyn Fn(&str) -> bool) -> Result<Self> {
        let keys = self.object.dyn_ref::<Object>().map(Object::keys).unwrap_or_default();
        match keys.iter().filter_map(|key| key.as_string()).find(|key| !known(key)) {
            None => Ok(self),
            Some(key) => Err(self.error(&format!("'{key}' is not known"))),
        }
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>> {
        self.optional(name, "a string", |value| value.as_string())
    }

    pub(crate) fn needed_text(&self, name: &str) -> Result<String> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }

    pub(crate) fn missing(&self, name: &str) -> Error {
        self.error(&format!("{name} is missing"))
    }

    pub(crate) fn bytes(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let bytes = |value: &JsValue| value.dyn_ref().map(Uint8Array::to_vec);
        self.optional(name, "a Uint8Array", bytes)
    }

    /// Bytes that are wiped here and there.
    pub(crate) fn secret(&self, name: &str) -> Result<Secret> {
        let bytes = self.optional(name, "a Uint8Array", |value| {
            let bytes: &Uint8Array = value.dyn_ref()?;
            let secret = Secret::new(bytes.to_vec());
            bytes.fill(0, 0, bytes.length());
            Some(secret)
        });
        Ok(bytes?.unwrap_or_default())
    }

    pub(crate) fn whole_number(&self, name: &str) -> Result<Option<u32>> {
        self.optional(name, "a whole number below 2^32", |value| {
            let number = value.as_f64()?;
            // The cast saturates, so that only what it can hold comes back the same.
            let whole = number as u32;
            (f64::from(whole) == number).then_some(whole)
        })
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<f64>> {
        self.optional(name, "a number", JsValue::as_f64)
    }

    pub(crate) fn object(&self, name: &str) -> Result<Option<JsValue>> {
        self.optional(name, "an object", |value| value.is_object().then(|| value.clone()))
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.value(name).is_truthy()
    }

    /// The members of an array; none when it is absent.
    pub(crate) fn list(&self, name: &str) -> Result<Vec<JsValue>> {
        let list = |value: &JsValue| value.dyn_ref().map(Array::to_vec);
        Ok(self.optional(name, "an array", list)?.unwrap_or_default())
    }

    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>> {
        strings(&self.list(name)?).ok_or_else(|| self.must_be(name, "an array of strings"))
    }

    /// Pairs of strings in an array.
    pub(crate) fn pairs(&self, name: &str) -> Result<Vec<(String, String)>> {
        pairs(&self.list(name)?).ok_or_else(|| self.must_be(name, "an array of pairs of strings"))
    }

    /// The entries of an object of strings; none when it is absent.
    pub(crate) fn entries(&self, name: &str) -> Result<Vec<(String, String)>> {
        let entries =
            |value: &JsValue| pairs(&Object::entries(value.dyn_ref::<Object>()?).to_vec());
        Ok(self.optional(name, "an object of strings", entries)?.unwrap_or_default())
    }

    fn value(&self, name: &str) -> JsValue {
        let name = name.into();
        // What every object inherits is no part of this one.
        if !self.object.is_object()
            || !Object::has_own(self.object.unchecked_ref::<Object>(), &name)
        {
            return JsValue::UNDEFINED;
        }
        Reflect::get(&self.object, &name).unwrap_or(JsValue::UNDEFINED)
    }

    fn optional<T>(
        &self,
        name: &str,
        kind: &str,
        read: impl FnOnce(&JsValue) -> Option<T>,
    ) -> Result<Option<T>> {
        let value = self.value(name);
        if value.is_undefined() || value.is_null() {
            return Ok(None);
        }
        read(&value).map(Some).ok_or_else(|| self.must_be(name, kind))
    }

    pub(crate) fn must_be(&self, name: &str, kind: &str) -> Error {
        self.error(&format!("{name} must be {kind}"))
    }

    /// What was read, unless it was wrong; then [`end`](Self::end) fails. A way out after each field instead would double
    /// the code of the readers.
    pub(crate) fn keep<T>(&self, read: Result<Option<T>>) -> Option<T> {
        read.unwrap_or_else(|error| {
            self.fail(error);
            None
        })
    }

    /// The field `name` is needed and absent.
    pub(crate) fn miss(&self, name: &str) {
        self.fail(self.missing(name));
    }

    fn fail(&self, error: Error) {
        let first = self.failed.take().unwrap_or(error);
        self.failed.set(Some(first));
    }

    /// Fails if anything was wrong.
    pub(crate) fn end(&self) -> Result<()> {
        self.failed.take().map_or(Ok(()), Err)
    }

    /// The error that something is wrong with the object.
    pub(crate) fn error(&self, problem: &str) -> Error {
        Error::misuse(self.rule, format!("{}: {problem}", self.what))
    }
}

/// The strings of an argument that is an array of them.
pub(crate) fn given_strings(list: &Array) -> Result<Vec<String>> {
    let other = || Error::malformed(Part::HostInput, "a list of strings that has something else");
    strings(&list.to_vec()).ok_or_else(other)
}

fn strings(list: &[JsValue]) -> Option<Vec<String>> {
    let mut strings = Vec::with_capacity(list.len());
    for member in list {
        strings.push(member.as_string()?);
    }
    Some(strings)
}

fn pairs(list: &[JsValue]) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::with_capacity(list.len());
    for pair in list {
        let pair: &Array = pair.dyn_ref()?;
        pairs.push((pair.get(0).as_string()?, pair.get(1).as_string()?));
    }
    Some(pairs)
}
