//! JSON (RFC 8259), as much of it as the protocols need.
//!
//! Responses hold plaintext data keys. Every text is therefore decoded once, straight into memory of
//! its final size that is wiped; a general parser would leave copies in buffers of its own.

use zeroize::Zeroizing;

use crate::crypto::Secret;

/// No response of KMS comes near this many bytes, nor one of DynamoDB: items have at most 400 KiB,
/// before Base64.
pub(crate) const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

/// Deeper nesting is refused. Responses of KMS have three levels.
const MAX_DEPTH: u32 = 32;

/// A value. Numbers keep their spelling: the protocol has none that needs arithmetic.
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    Text(Zeroizing<String>),
    List(Vec<Self>),
    /// In the order of the text; a name may occur twice.
    Object(Vec<Member<'a>>),
}

impl Json<'_> {
    /// Reads a string that is one value; fails with the place of the first byte that cannot be.
    pub(crate) fn parse(text: &[u8]) -> Result<Json<'_>, usize> {
        let text = core::str::from_utf8(text).map_err(|e| e.valid_up_to())?;
        let mut parser = Parser { text, at: 0 };
        match parser.value(0) {
            Some(value) if parser.token().is_none() => Ok(value),
            _ => Err(parser.at),
        }
    }

    /// Reads the body of a response, which is an object; fails with what it is instead, in words that quote nothing.
    pub(crate) fn parse_response(body: &[u8]) -> Result<Vec<Member<'_>>, String> {
        if body.len() > MAX_RESPONSE_BYTES {
            return Err("more than 1 MiB".into());
        }
        match Json::parse(body) {
            Ok(Json::Object(members)) => Ok(members),
            Ok(_) => Err("something other than a JSON object".into()),
            Err(at) => Err(format!("invalid JSON (at byte {at})")),
        }
    }

    /// The text, if it is one.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// A member of an object: its name and its value.
pub(crate) type Member<'a> = (Zeroizing<String>, Json<'a>);

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    /// The next byte that is not white space.
    fn token(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        self.at += rest.iter().take_while(|b| b" \t\r\n".contains(b)).count();
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over `token` if it is next.
    fn skip(&mut self, token: u8) -> bool {
        let next = self.token() == Some(token);
        self.at += usize::from(next);
        next
    }

    fn value(&mut self, depth: u32) -> Option<Json<'a>> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.token()? {
            b'{' => {
                let members = self.sequence(b'}', |parser| {
                    let name = parser.string()?;
                    if !parser.skip(b':') {
                        return None;
                    }
                    Some((name, parser.value(depth + 1)?))
                })?;
                Some(Json::Object(members))
            }
            b'[' => self.sequence(b']', |parser| parser.value(depth + 1)).map(Json::List),
            b'"' => self.string().map(Json::Text),
            _ => self.word(),
        }
    }

    /// What stands between brackets, divided by commas.
    fn sequence<T>(
        &mut self,
        close: u8,
        mut member: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.at += 1;
        let mut members = Vec::new();
        if self.skip(close) {
            return Some(members);
        }
        loop {
            members.push(member(self)?);
            if !self.skip(b',') {
                return self.skip(close).then_some(members);
            }
        }
    }

    fn string(&mut self) -> Option<Zeroizing<String>> {
        if !self.skip(b'"') {
            return None;
        }
        let start = self.at;
        loop {
            match self.text.as_bytes().get(self.at)? {
                b'"' => break,
                b'\\' => self.at += 2,
                0..=0x1f => return None,
                _ => self.at += 1,
            }
        }
        let raw = self.text.get(start..self.at)?;
        self.at += 1;
        unescape(raw)
    }

    /// A number or one of the three names.
    fn word(&mut self) -> Option<Json<'a>> {
        let rest = self.text.get(self.at..)?;
        let end = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b));
        let word = rest.get(..end.count())?;
        let value = match word {
            "null" => Json::Null,
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            _ if is_number(word) => Json::Number(word),
            _ => return None,
        };
        self.at += word.len();
        Some(value)
    }
}

fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (mantissa, exponent) = word.split_once(['e', 'E']).unwrap_or((word, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && digits(fraction)
        && digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
}

fn unescape(raw: &str) -> Option<Zeroizing<String>> {
    // Escapes are longer than what they stand for: this never grows.
    let mut out = Zeroizing::new(String::with_capacity(raw.len()));
    let mut chars = raw.chars();
    while let Some(char) = chars.next() {
        out.push(match char {
            '\\' => match chars.next()? {
                char @ ('"' | '\\' | '/') => char,
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => unicode_escape(&mut chars)?,
                _ => return None,
            },
            char => char,
        });
    }
    Some(out)
}

/// What follows `\u`: four digits, and for characters beyond U+FFFF a second such escape.
fn unicode_escape(chars: &mut core::str::Chars<'_>) -> Option<char> {
    let first = hex4(chars)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    let ('\\', 'u') = (chars.next()?, chars.next()?) else { return None };
    let second = hex4(chars)?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + second)
}

fn hex4(chars: &mut core::str::Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |n, _| Some(n * 16 + chars.next()?.to_digit(16)?))
}

/// Writes one object. Its text may hold plaintexts, so it is a [`Secret`] in the end.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn new() -> Self {
        Self(Vec::with_capacity(512))
    }

    /// A string member.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        self.string(text);
    }

    /// A member that is JSON already.
    pub(crate) fn raw(&mut self, name: &str, json: &[u8]) {
        self.name(name);
        self.0.extend_from_slice(json);
    }

    /// A list of strings.
    pub(crate) fn texts(&mut self, name: &str, texts: &[String]) {
        self.name(name);
        self.0.push(b'[');
        for (i, text) in texts.iter().enumerate() {
            if i > 0 {
                self.0.push(b',');
            }
            self.string(text);
        }
        self.0.push(b']');
    }

    /// An object of strings; `pairs` is not empty.
    pub(crate) fn pairs(&mut self, name: &str, pairs: &[(String, String)]) {
        self.name(name);
        for (i, (key, value)) in pairs.iter().enumerate() {
            self.0.push(if i == 0 { b'{' } else { b',' });
            self.string(key);
            self.0.push(b':');
            self.string(value);
        }
        self.0.push(b'}');
    }

    /// A member that is true or false.
    #[cfg(feature = "branch-keys")]
    pub(crate) fn flag(&mut self, name: &str, flag: bool) {
        self.name(name);
        self.0.extend_from_slice(if flag { b"true" } else { b"false" });
    }

    /// A member that is an object.
    #[cfg(feature = "branch-keys")]
    pub(crate) fn object(&mut self, name: &str, object: Self) {
        self.name(name);
        self.0.extend_from_slice(&object.finish());
    }

    /// A list of objects.
    #[cfg(feature = "branch-keys")]
    pub(crate) fn objects(&mut self, name: &str, objects: Vec<Self>) {
        self.name(name);
        let mut mark = b'[';
        for object in objects {
            self.0.push(mark);
            self.0.extend_from_slice(&object.finish());
            mark = b',';
        }
        // An empty list was not opened yet.
        if mark == b'[' {
            self.0.push(mark);
        }
        self.0.push(b']');
    }

    /// A string member of `len` ASCII characters that need no escape, written by `write`. Room for it
    /// is made before: the last member written so is never copied.
    pub(crate) fn ascii(&mut self, name: &str, len: usize, write: impl FnOnce(&mut [u8])) {
        self.0.reserve_exact(name.len() + len + 8);
        self.name(name);
        self.0.push(b'"');
        let start = self.0.len();
        self.0.resize(start + len, 0);
        write(self.0.get_mut(start..).unwrap_or_default());
        self.0.push(b'"');
    }

    /// The object's text.
    pub(crate) fn finish(mut self) -> Secret {
        if self.0.is_empty() {
            self.0.push(b'{');
        }
        self.0.push(b'}');
        Secret::new(self.0)
    }

    fn name(&mut self, name: &str) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        self.string(name);
        self.0.push(b':');
    }

    fn string(&mut self, text: &str) {
        self.0.push(b'"');
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' => self.0.extend_from_slice(&[b'\\', byte]),
                0..=0x1f => self.0.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                _ => self.0.push(byte),
            }
        }
        self.0.push(b'"');
    }
}

#[cfg(test)]
#[path = "tests/json.rs"]
mod tests;
