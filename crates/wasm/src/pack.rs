//! Items as they cross, many in one crossing: a stream of words, the binary values, and one text that all
//! strings are cut from. `js/src/pack.ts` is the other half and describes the layout.

use fieldseal::dynamodb::{AttributeValue, Item, MAX_DEPTH, OpenedItem, SealedItem};
use fieldseal::error::{Error, Part, Result};
use fieldseal::structured::{CryptoAction, HEADER_FIELD, RESERVED_FIELD_PREFIX};

/// What became of an item.
pub(super) enum Done {
    /// It is in plaintext, and stays so.
    Unchanged,
    Sealed(SealedItem),
    Opened(OpenedItem),
    /// The request did not ask for it.
    #[cfg(feature = "search")]
    LeftOut,
}

/// Reads the items of an input buffer; strings and bytes are borrowed from it.
pub(super) fn read_items(input: &[u8]) -> Result<Vec<Item<'_>>> {
    let mut r = Unpacker::new(input)?;
    let mut items = Vec::with_capacity(r.room(r.items));
    for _ in 0..r.items {
        items.push(r.item()?);
    }
    r.end()?;
    Ok(items)
}

struct Unpacker<'a> {
    items: u32,
    words: &'a [u8],
    binary: &'a [u8],
    text: &'a str,
    /// Whether a UTF-16 unit is a byte, as it is in nearly every item.
    ascii: bool,
}

impl<'a> Unpacker<'a> {
    fn new(input: &'a [u8]) -> Result<Self> {
        let mut r = Self { items: 0, words: input, binary: &[], text: "", ascii: true };
        r.items = r.word()?;
        let [words, binary, text, units] = [r.word()?, r.word()?, r.word()?, r.word()?];
        let rest = r.words;
        let (words, rest) = split(rest, (words as usize).saturating_mul(4))?;
        let (binary, rest) = split(rest, binary as usize)?;
        let (rest, _) = split(rest, text as usize)?;
        let text_str = core::str::from_utf8(rest).map_err(|_| bad("text that is not UTF-8"))?;
        Ok(Self { items: r.items, words, binary, text: text_str, ascii: units == text })
    }

    fn word(&mut self) -> Result<u32> {
        let (word, rest) = self.words.split_first_chunk().ok_or_else(|| bad("too few words"))?;
        self.words = rest;
        Ok(u32::from_le_bytes(*word))
    }

    fn string(&mut self, units: u32) -> Result<&'a str> {
        let units = units as usize;
        let at = match self.ascii {
            true => units,
            false => utf16_prefix(self.text, units)?,
        };
        let (head, rest) = self.text.split_at_checked(at).ok_or_else(|| bad("too little text"))?;
        self.text = rest;
        Ok(head)
    }

    fn bytes(&mut self, n: u32) -> Result<&'a [u8]> {
        let (head, rest) = split(self.binary, n as usize)?;
        self.binary = rest;
        Ok(head)
    }

    fn item(&mut self) -> Result<Item<'a>> {
        let n = self.word()?;
        self.entries(n, 0)
    }

    fn entries(&mut self, n: u32, depth: usize) -> Result<Item<'a>> {
        let mut entries = Vec::with_capacity(self.room(n));
        for _ in 0..n {
            let units = self.word()?;
            let name = self.string(units)?;
            let value = self.value(depth).map_err(|e| match depth {
                0 => e.of_attribute(name),
                _ => e,
            })?;
            entries.push((name.into(), value));
        }
        Ok(entries)
    }

    fn value(&mut self, depth: usize) -> Result<AttributeValue<'a>> {
        if depth > MAX_DEPTH {
            return Err(Error::limit(
                "levels of nesting in an attribute",
                MAX_DEPTH as u64,
                depth as u64,
            ));
        }
        let word = self.word()?;
        let n = word >> 4;
        Ok(match word & 15 {
            0 => AttributeValue::Null(n == 1),
            1 => AttributeValue::Bool(n == 1),
            2 => AttributeValue::S(self.string(n)?.into()),
            3 => AttributeValue::N(self.string(n)?.into()),
            4 => AttributeValue::B(self.bytes(n)?.into()),
            5 => AttributeValue::Ss(self.members(n, |r, n| r.string(n).map(Into::into))?),
            6 => AttributeValue::Ns(self.members(n, |r, n| r.string(n).map(Into::into))?),
            7 => AttributeValue::Bs(self.members(n, |r, n| r.bytes(n).map(Into::into))?),
            8 => AttributeValue::M(self.entries(n, depth + 1)?),
            9 => {
                let mut values = Vec::with_capacity(self.room(n));
                for _ in 0..n {
                    values.push(self.value(depth + 1)?);
                }
                AttributeValue::L(values)
            }
            _ => return Err(bad("an unknown type")),
        })
    }

    fn members<T>(&mut self, n: u32, read: impl Fn(&mut Self, u32) -> Result<T>) -> Result<Vec<T>> {
        let mut members = Vec::with_capacity(self.room(n));
        for _ in 0..n {
            let length = self.word()?;
            members.push(read(self, length)?);
        }
        Ok(members)
    }

    /// Every entry takes at least one word, so a count beyond the words left is a lie.
    fn room(&self, n: u32) -> usize {
        (n as usize).min(self.words.len() / 4)
    }

    fn end(&self) -> Result<()> {
        match (self.words, self.binary, self.text) {
            ([], [], "") => Ok(()),
            _ => Err(bad("something is left over")),
        }
    }
}

/// How many bytes of `text` its first `units` UTF-16 units are.
fn utf16_prefix(text: &str, units: usize) -> Result<usize> {
    let mut left = units;
    for (at, c) in text.char_indices() {
        if left == 0 {
            return Ok(at);
        }
        left = left
            .checked_sub(c.len_utf16())
            .ok_or_else(|| bad("a string ends within a surrogate pair"))?;
    }
    if left == 0 { Ok(text.len()) } else { Err(bad("too little text")) }
}

fn split(bytes: &[u8], n: usize) -> Result<(&[u8], &[u8])> {
    bytes.split_at_checked(n).ok_or_else(|| bad("a region ends too early"))
}

fn bad(problem: &'static str) -> Error {
    Error::malformed(Part::HostInput, problem)
}

/// Packs the results of sealing.
pub(super) fn write_sealed(results: &[Result<Done>]) -> Result<Vec<u8>> {
    let (mut words, mut bytes) = (Words::new(), Vec::with_capacity(1024));
    words.push(results.len());
    for result in results {
        let Ok(Done::Sealed(sealed)) = result else {
            words.push(unchanged_or_failed(result));
            continue;
        };
        #[cfg(feature = "search")]
        words.push(if has_beacons(sealed) { 3 } else { 1 });
        #[cfg(not(feature = "search"))]
        words.push(1);
        words.push(sealed.header_bytes().len());
        words.push(sealed.footer_bytes().len());
        bytes.extend_from_slice(sealed.header_bytes());
        bytes.extend_from_slice(sealed.footer_bytes());
        let before = bytes.len();
        sealed.header().context.write_counted(&mut bytes)?;
        words.push(bytes.len() - before);
        words.push(sealed.ciphertexts().count());
        for (i, ciphertext) in sealed.ciphertexts() {
            words.push(i);
            words.push(ciphertext.len());
            bytes.extend_from_slice(ciphertext);
        }
        #[cfg(feature = "search")]
        if has_beacons(sealed) {
            write_beacons(sealed, &mut words, &mut bytes);
        }
    }
    Ok(words.finish(&[&bytes]))
}

/// Whether sealing adds attributes to the item, or takes one away.
#[cfg(feature = "search")]
fn has_beacons(sealed: &SealedItem) -> bool {
    sealed.dropped().is_some() || !sealed.beacons().is_empty()
}

/// The place after the attribute that goes, or 0; the number of attributes that come, and each: the length of its name, the
/// number of its strings and one more for a set, their lengths.
#[cfg(feature = "search")]
fn write_beacons(sealed: &SealedItem, words: &mut Words, bytes: &mut Vec<u8>) {
    let put = |text: &str, words: &mut Words, bytes: &mut Vec<u8>| {
        words.push(text.len());
        bytes.extend_from_slice(text.as_bytes());
    };
    words.push(sealed.dropped().map_or(0, |at| at + 1));
    words.push(sealed.beacons().len());
    for (name, value) in sealed.beacons() {
        put(name, words, bytes);
        match value {
            AttributeValue::Ss(members) => {
                words.push(members.len() + 1);
                members.iter().for_each(|member| put(member, words, bytes));
            }
            AttributeValue::S(text) => {
                words.push(0);
                put(text, words, bytes);
            }
            // Beacons are strings and sets of them.
            _ => words.push(1),
        }
    }
}

/// The flag of an item that is not changed, or that failed.
fn unchanged_or_failed(result: &Result<Done>) -> usize {
    match result {
        #[cfg(feature = "search")]
        Ok(Done::LeftOut) => 3,
        Ok(_) => 0,
        Err(_) => 2,
    }
}

/// Packs the results of opening `items`.
pub(super) fn write_opened(items: &[Item<'_>], results: &[Result<Done>]) -> Result<Vec<u8>> {
    let mut out = Packer { words: Words::new(), infos: Vec::new(), ..Default::default() };
    for (item, result) in items.iter().zip(results) {
        let Ok(Done::Opened(opened)) = result else {
            out.words.push(unchanged_or_failed(result));
            continue;
        };
        out.words.push(1);
        let before = out.infos.len();
        opened.header().context.write_counted(&mut out.infos)?;
        out.words.push(out.infos.len() - before);
        let before = out.infos.len();
        out.header(item);
        out.words.push(out.infos.len() - before);
        out.words.push(item.len());
        let plain = out.actions(item, opened);
        let values = opened.values()?;
        out.words.push(values.len() + plain.len());
        for (i, value) in values.iter().map(|(i, value)| (*i, value)).chain(plain) {
            out.words.push(i);
            out.value(value);
        }
    }
    out.finish(results.len())
}

/// Packs items, or that there is none: for each a flag, and then names and values.
#[cfg(feature = "tables")]
pub(super) fn write_items(items: &[Option<Item<'_>>]) -> Result<Vec<u8>> {
    let mut out = Packer { words: Words::new(), ..Default::default() };
    for item in items {
        out.words.push(usize::from(item.is_some()));
        let Some(item) = item else { continue };
        out.words.push(item.len());
        for (name, value) in item {
            let units = out.string(name);
            out.words.push(units);
            out.value(value);
        }
    }
    out.finish(items.len())
}

#[derive(Default)]
struct Packer {
    words: Words,
    infos: Vec<u8>,
    binary: Vec<u8>,
    text: String,
    units: usize,
}

impl Packer {
    /// The header that was verified, of which the host keeps no copy.
    fn header(&mut self, item: &Item<'_>) {
        if let Some((_, AttributeValue::B(bytes))) = item.iter().find(|(n, _)| n == HEADER_FIELD) {
            self.infos.extend_from_slice(bytes);
        }
    }

    /// Writes the action of each attribute; returns the binary values that were not encrypted, since the host keeps no
    /// copies of those either: it cannot tell them from ciphertexts.
    fn actions<'i>(
        &mut self,
        item: &'i Item<'_>,
        opened: &OpenedItem,
    ) -> Vec<(usize, &'i AttributeValue<'i>)> {
        let mut plain = Vec::new();
        let mut signed = opened.indices().iter().zip(&opened.header().actions).peekable();
        for (i, (name, value)) in item.iter().enumerate() {
            let action = signed.next_if(|(index, _)| **index == i).map(|(_, action)| *action);
            let code = match action {
                _ if name.starts_with(RESERVED_FIELD_PREFIX) => 4,
                Some(CryptoAction::EncryptAndSign) => 0,
                Some(CryptoAction::SignAndIncludeInEncryptionContext) => 1,
                Some(CryptoAction::SignOnly) => 2,
                Some(CryptoAction::DoNothing) | None => 3,
            };
            self.words.push(code);
            if (1..=3).contains(&code) && matches!(value, AttributeValue::B(_)) {
                plain.push((i, value));
            }
        }
        plain
    }

    /// Adds `text` to the one text; returns its length in UTF-16 units.
    fn string(&mut self, text: &str) -> usize {
        let units = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
        self.text.push_str(text);
        self.units += units;
        units
    }

    fn value(&mut self, value: &AttributeValue<'_>) {
        match value {
            AttributeValue::Null(flag) => self.words.node(0, usize::from(*flag)),
            AttributeValue::Bool(flag) => self.words.node(1, usize::from(*flag)),
            AttributeValue::S(text) => {
                let units = self.string(text);
                self.words.node(2, units);
            }
            AttributeValue::N(text) => {
                let units = self.string(text);
                self.words.node(3, units);
            }
            AttributeValue::B(bytes) => {
                self.binary.extend_from_slice(bytes);
                self.words.node(4, bytes.len());
            }
            AttributeValue::Ss(members) => self.strings(5, members),
            AttributeValue::Ns(members) => self.strings(6, members),
            AttributeValue::Bs(members) => {
                self.words.node(7, members.len());
                for member in members {
                    self.binary.extend_from_slice(member);
                    self.words.push(member.len());
                }
            }
            AttributeValue::M(entries) => {
                self.words.node(8, entries.len());
                for (key, value) in entries {
                    let units = self.string(key);
                    self.words.push(units);
                    self.value(value);
                }
            }
            AttributeValue::L(values) => {
                self.words.node(9, values.len());
                values.iter().for_each(|value| self.value(value));
            }
        }
    }

    fn strings(&mut self, kind: usize, members: &[std::borrow::Cow<'_, str>]) {
        self.words.node(kind, members.len());
        for member in members {
            let units = self.string(member);
            self.words.push(units);
        }
    }

    fn finish(self, items: usize) -> Result<Vec<u8>> {
        if self.words.too_long {
            return Err(Error::limit("length of one value", MAX_NODE, MAX_NODE + 1));
        }
        let mut words = Words::new();
        for n in [items, self.text.len(), self.units, self.binary.len()] {
            words.push(n);
        }
        words.append(self.words);
        Ok(words.finish(&[&self.infos, &self.binary, self.text.as_bytes()]))
    }
}

/// The longest value that a node can have: 28 bits.
const MAX_NODE: u64 = (1 << 28) - 1;

/// Little-endian words; lengths always fit, as linear memory has less than 4 GiB, but for those of nodes.
#[derive(Default)]
struct Words {
    bytes: Vec<u8>,
    too_long: bool,
}

impl Words {
    fn new() -> Self {
        Self { bytes: Vec::with_capacity(512), too_long: false }
    }

    fn push(&mut self, n: usize) {
        self.bytes.extend_from_slice(&(n as u32).to_le_bytes());
    }

    fn node(&mut self, kind: usize, n: usize) {
        self.too_long |= n as u64 > MAX_NODE;
        self.push(kind | n << 4);
    }

    fn append(&mut self, other: Self) {
        self.bytes.extend_from_slice(&other.bytes);
    }

    /// The number of words, the words, then `regions`.
    fn finish(self, regions: &[&[u8]]) -> Vec<u8> {
        let size = 4 + self.bytes.len() + regions.iter().map(|r| r.len()).sum::<usize>();
        let mut out = Vec::with_capacity(size);
        out.extend_from_slice(&(self.bytes.len() as u32 / 4).to_le_bytes());
        out.extend_from_slice(&self.bytes);
        regions.iter().for_each(|region| out.extend_from_slice(region));
        out
    }
}
