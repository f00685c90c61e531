//! Plain JavaScript objects, made field by field.

use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::JsValue;

/// An object for JavaScript, under construction.
pub(super) struct NewObject(Object);

impl NewObject {
    pub(super) fn new() -> Self {
        Self(Object::new())
    }

    /// Sets a field.
    pub(super) fn set(&self, name: &str, value: &JsValue) -> &Self {
        // Setting a property of a plain object of our own cannot fail.
        let _ = Reflect::set(&self.0, &name.into(), value);
        self
    }

    pub(super) fn text(&self, name: &str, text: &str) -> &Self {
        self.set(name, &text.into())
    }

    /// A field that is absent without a value.
    pub(super) fn some_text(&self, name: &str, text: Option<&str>) -> &Self {
        if let Some(text) = text {
            self.text(name, text);
        }
        self
    }

    pub(super) fn number(&self, name: &str, number: f64) -> &Self {
        self.set(name, &number.into())
    }

    pub(super) fn some_number(&self, name: &str, number: Option<f64>) -> &Self {
        if let Some(number) = number {
            self.number(name, number);
        }
        self
    }

    pub(super) fn bytes(&self, name: &str, bytes: &[u8]) -> &Self {
        self.set(name, &Uint8Array::from(bytes))
    }

    pub(super) fn texts(&self, name: &str, texts: &[String]) -> &Self {
        self.list(name, texts.iter().map(|text| text.into()))
    }

    /// Pairs of strings, as an array.
    pub(super) fn pairs<'a>(
        &self,
        name: &str,
        pairs: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> &Self {
        self.list(name, pairs.map(|(key, value)| Array::of2(&key.into(), &value.into()).into()))
    }

    pub(super) fn list(&self, name: &str, members: impl Iterator<Item = JsValue>) -> &Self {
        let list = Array::new();
        for member in members {
            list.push(&member);
        }
        self.set(name, &list)
    }

    pub(super) fn into_js(self) -> JsValue {
        self.0.into()
    }
}
