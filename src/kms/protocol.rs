//! The JSON bodies of the protocol (AWS JSON 1.1), built and read so that no copy of a plaintext
//! stays behind.

use zeroize::Zeroizing;

use crate::aws::{Json, Member, Writer};
use crate::crypto::Secret;
use crate::error::{Error, Part, Result, Rule};
use crate::util::base64;

use super::arn::KmsKeyId;
use super::record::{Record, Value};
use super::schema::{Field, KEY_METADATA, Kind, Operation};

/// What a checked request says, for the call.
#[derive(Default)]
pub(super) struct Request {
    /// The body.
    pub(super) body: Secret,
    /// The first key id.
    pub(super) key_id: Option<String>,
    /// The keys of all encryption contexts.
    pub(super) context_keys: Vec<String>,
}

/// The request of `operation` with these fields.
///
/// # Errors
/// A field that is missing, outside its limits, of another kind than the table's, or not in the
/// table.
pub(super) fn request(operation: &'static Operation, fields: &Record) -> Result<Request> {
    let mut request = Request::default();
    request.body = write(operation.name, operation.request, fields, &mut request)?;
    Ok(request)
}

/// One object of a request.
fn write(
    operation: &'static str,
    table: &'static [Field],
    record: &Record,
    request: &mut Request,
) -> Result<Secret> {
    if let Some((name, _)) = record.iter().find(|(name, _)| table.iter().all(|f| f.name != *name)) {
        return Err(argument(operation, &format!("'{}' is not known", camel_case(name))));
    }
    let mut json = Writer::new();
    for field in table {
        let name = field.name;
        let empty = match record.get(name) {
            None => true,
            Some(Value::Text(text)) => text.is_empty() && field.needed,
            Some(Value::Bytes(bytes)) => bytes.is_empty(),
            Some(Value::Secret(bytes)) => bytes.is_empty(),
            Some(Value::Texts(texts)) => texts.is_empty(),
            Some(Value::Context(pairs)) => pairs.is_empty(),
            Some(Value::List(records)) => records.is_empty(),
            Some(_) => false,
        };
        let Some(value) = record.get(name).filter(|_| !empty) else {
            if field.needed {
                return Err(argument(operation, &format!("the {} is empty", words(field))));
            }
            continue;
        };
        match (field.kind, value) {
            (Kind::KeyId, Value::Text(id)) => {
                if id.is_empty() {
                    return Err(argument(operation, &format!("the {} is empty", words(field))));
                }
                KmsKeyId::parse(id)?;
                request.key_id.get_or_insert_with(|| id.clone());
                json.text(name, id);
            }
            (Kind::Text, Value::Text(text)) => json.text(name, text),
            (Kind::Number, Value::Number(number)) => {
                if !(u32::from(field.min)..=u32::from(field.max)).contains(number) {
                    let (min, max, name) = (field.min, field.max, camel_case(name));
                    let problem = format!("{name} must be {min} to {max}, not {number}");
                    return Err(argument(operation, &problem));
                }
                json.raw(name, number.to_string().as_bytes());
            }
            (Kind::Flag, Value::Flag(flag)) => {
                json.raw(name, if *flag { b"true" } else { b"false" });
            }
            (Kind::Time, Value::TimeMs(ms)) => {
                json.raw(name, format!("{}.{:03}", ms / 1000, ms % 1000).as_bytes());
            }
            (Kind::Bytes, Value::Bytes(bytes)) => write_bytes(&mut json, field, bytes)?,
            (Kind::Secret, Value::Secret(bytes)) => write_bytes(&mut json, field, bytes)?,
            (Kind::Texts, Value::Texts(texts)) => json.texts(name, texts),
            (Kind::Context, Value::Context(pairs)) => {
                request.context_keys.extend(pairs.iter().map(|(key, _)| key.clone()));
                json.pairs(name, pairs);
            }
            (Kind::Object(table), Value::Object(record)) => {
                json.raw(name, &write(operation, table, record, request)?);
            }
            (Kind::List(table), Value::List(records)) => {
                let mut list = vec![b'['];
                for record in records {
                    if list.len() > 1 {
                        list.push(b',');
                    }
                    list.extend_from_slice(&write(operation, table, record, request)?);
                }
                list.push(b']');
                json.raw(name, &list);
            }
            _ => {
                let problem = format!("{} is of the wrong type", camel_case(name));
                return Err(argument(operation, &problem));
            }
        }
    }
    Ok(json.finish())
}

fn write_bytes(json: &mut Writer, field: &Field, bytes: &[u8]) -> Result<()> {
    if field.max != u16::MAX && bytes.len() > usize::from(field.max) {
        let what = if field.name == "Plaintext" {
            "KMS Encrypt plaintext, bytes; encrypt with a data key instead (envelope encryption)"
        } else {
            "KMS message, bytes; sign its digest instead (messageType DIGEST)"
        };
        let (limit, found) = (field.max.into(), bytes.len() as u64);
        return Err(Error::limit(what, limit, found));
    }
    json.ascii(field.name, base64::encoded_len(bytes), |out| base64::encode_into(bytes, out));
    Ok(())
}

fn argument(operation: &str, problem: &str) -> Error {
    Error::misuse(Rule::Argument, format!("{operation}: {problem}"))
}

/// How the field is called in a sentence.
fn words(field: &Field) -> String {
    match (field.name, field.kind) {
        ("AliasName", _) => "alias name".into(),
        ("CiphertextBlob", _) => "ciphertext".into(),
        (_, Kind::KeyId) => "key id".into(),
        (name, _) => camel_case(name),
    }
}

/// The field's name in JavaScript.
pub fn camel_case(name: &str) -> String {
    let mut name = name.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    name
}

/// The object that an endpoint answered, or one within it. Its errors name the operation and quote
/// nothing.
#[derive(Clone, Copy)]
pub(super) struct Answer<'a> {
    operation: &'static str,
    /// Where it stands: what its members' names begin with in errors.
    path: &'static str,
    members: &'a [Member<'a>],
}

/// Hands the object in `body` to `read`.
pub(super) fn read_answer<T>(
    operation: &'static str,
    body: &[u8],
    read: impl FnOnce(Answer<'_>) -> Result<T>,
) -> Result<T> {
    let members = Json::parse_response(body).map_err(|found| unfit(operation, &found))?;
    read(Answer { operation, path: "", members: &members })
}

/// The error that the endpoint answered with `found`.
pub(super) fn unfit(operation: &str, found: &str) -> Error {
    let problem = format!("the endpoint answered {operation} with {found}");
    Error::malformed(Part::KmsResponse, problem)
}

impl<'a> Answer<'a> {
    /// The fields that the table tells of.
    pub(super) fn record(self, table: &'static [Field]) -> Result<Record> {
        let mut record = Record::default();
        for field in table {
            if let Some(value) = self.value(field)? {
                record.push(field.name, value);
            }
        }
        Ok(record)
    }

    fn value(self, field: &Field) -> Result<Option<Value>> {
        let name = field.name;
        let value = match field.kind {
            Kind::KeyId | Kind::Text if name == "KeySpec" => Some(Value::Text(self.key_spec()?)),
            Kind::KeyId | Kind::Text => {
                let text = self.text(name)?;
                text.filter(|text| !field.needed || !text.is_empty()).map(Value::Text)
            }
            Kind::Number => self.number(name)?.map(Value::Number),
            Kind::Flag => match self.flag(name)? {
                None if field.needed => None,
                flag => Some(Value::Flag(flag.unwrap_or(false))),
            },
            Kind::Bytes if field.needed => Some(Value::Bytes(self.blob(name)?)),
            Kind::Bytes => None,
            Kind::Secret => {
                let secret = self.secret(name)?;
                // An empty plaintext can be decrypted; there is no empty key.
                (name == "Plaintext" || !secret.is_empty()).then_some(Value::Secret(secret))
            }
            Kind::Time => self.time(name)?.map(Value::TimeMs),
            Kind::Texts => Some(Value::Texts(self.texts(name)?)),
            Kind::List(table) => {
                let mut records = Vec::new();
                for member in self.list(name)? {
                    records.push(self.within(name, member)?.record(table)?);
                }
                Some(Value::List(records))
            }
            Kind::KeyMetadata => Some(Value::KeyMetadata(self.key_metadata(name)?)),
            Kind::Object(table) => match self.object(name)? {
                Some(object) => Some(Value::Object(object.record(table)?)),
                None => None,
            },
            Kind::Context => match self.object(name)? {
                Some(pairs) => Some(Value::Context(pairs.pairs(name)?)),
                None => None,
            },
        };
        match value {
            None if field.needed => Err(self.missing(name)),
            value => Ok(value),
        }
    }

    fn key_metadata(self, name: &'static str) -> Result<Record> {
        let m = self.object(name)?.ok_or_else(|| self.missing(name))?;
        let m = Answer { path: "KeyMetadata.", ..m };
        let mut record = m.record(KEY_METADATA)?;
        let enabled = m.flag("Enabled")?.unwrap_or(record.text("KeyState") == Some("Enabled"));
        record.push("Enabled", Value::Flag(enabled));
        let mut replicas = Vec::new();
        let mut texts =
            vec![("AccountId", m.text("AWSAccountId")?), ("Description", m.text("Description")?)];
        if let Some(regions) = m.object("MultiRegionConfiguration")? {
            let primary = regions.object("PrimaryKey")?.map(|key| key.text("Arn"));
            texts.push(("MultiRegionKeyType", regions.text("MultiRegionKeyType")?));
            texts.push(("PrimaryKeyArn", primary.transpose()?.flatten()));
            for replica in regions.list("ReplicaKeys")? {
                replicas.extend(regions.within("ReplicaKeys", replica)?.text("Arn")?);
            }
        }
        record.push("ReplicaKeyArns", Value::Texts(replicas));
        for (name, text) in texts {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                record.push(name, Value::Text(text));
            }
        }
        Ok(record)
    }

    /// The member `name`; `None` when it is absent or null.
    fn member(self, name: &str) -> Result<Option<&'a Json<'a>>> {
        let mut found = self.members.iter().filter(|(n, _)| n.as_str() == name);
        match (found.next(), found.next()) {
            (None, _) | (Some((_, Json::Null)), None) => Ok(None),
            (Some((_, value)), None) => Ok(Some(value)),
            _ => Err(self.error(&format!("two members {}{name}", self.path))),
        }
    }

    fn text(self, name: &str) -> Result<Option<String>> {
        self.member(name)?.map(|value| self.text_of(name, value)).transpose()
    }

    /// The string that `value`, found under `name`, must be.
    fn text_of(self, name: &str, value: &Json<'_>) -> Result<String> {
        value.as_text().map(str::to_owned).ok_or_else(|| self.wrong_type(name))
    }

    /// A string that must be there and not be empty.
    fn needed(self, name: &str) -> Result<String> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| self.missing(name))
    }

    /// By its present name, or by the one it had before 2021.
    fn key_spec(self) -> Result<String> {
        match self.text("CustomerMasterKeySpec")? {
            Some(old) if self.text("KeySpec")?.is_none() => Ok(old),
            _ => self.needed("KeySpec"),
        }
    }

    fn flag(self, name: &str) -> Result<Option<bool>> {
        match self.member(name)? {
            None => Ok(None),
            Some(Json::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.wrong_type(name)),
        }
    }

    fn number(self, name: &str) -> Result<Option<u32>> {
        match self.member(name)? {
            None => Ok(None),
            Some(Json::Number(text)) => text.parse().map(Some).map_err(|_| self.wrong_type(name)),
            Some(_) => Err(self.wrong_type(name)),
        }
    }

    fn time(self, name: &str) -> Result<Option<u64>> {
        match self.member(name)? {
            None => Ok(None),
            Some(Json::Number(seconds)) => Ok(unix_ms(seconds)),
            Some(_) => Err(self.wrong_type(name)),
        }
    }

    fn list(self, name: &str) -> Result<&'a [Json<'a>]> {
        match self.member(name)? {
            None => Ok(&[]),
            Some(Json::List(members)) => Ok(members),
            Some(_) => Err(self.wrong_type(name)),
        }
    }

    fn texts(self, name: &str) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        for member in self.list(name)? {
            texts.push(self.text_of(name, member)?);
        }
        Ok(texts)
    }

    /// All of its members, which must be strings.
    fn pairs(self, name: &str) -> Result<Vec<(String, String)>> {
        let mut pairs = Vec::with_capacity(self.members.len());
        for (key, value) in self.members {
            pairs.push((key.to_string(), self.text_of(name, value)?));
        }
        Ok(pairs)
    }

    fn object(self, name: &str) -> Result<Option<Self>> {
        self.member(name)?.map(|value| self.within(name, value)).transpose()
    }

    /// The object that `value`, found under `name`, must be.
    fn within(self, name: &str, value: &'a Json<'a>) -> Result<Self> {
        match value {
            Json::Object(members) => Ok(Self { members, ..self }),
            _ => Err(self.wrong_type(name)),
        }
    }

    fn blob(self, name: &str) -> Result<Vec<u8>> {
        let text = self.needed(name)?;
        base64::decode(&text).ok_or_else(|| self.no_base64(name))
    }

    fn secret(self, name: &str) -> Result<Secret> {
        let member = self.member(name)?.ok_or_else(|| self.missing(name))?;
        let text = member.as_text().ok_or_else(|| self.wrong_type(name))?;
        // Room for all of it, so that no reallocation leaves a copy; wiped on failure too.
        let mut out = Zeroizing::new(Vec::with_capacity(text.len().div_ceil(4) * 3));
        base64::decode_into(text, &mut out).ok_or_else(|| self.no_base64(name))?;
        Ok(Secret::new(core::mem::take(&mut *out)))
    }

    fn missing(self, name: &str) -> Error {
        self.error(&format!("no {}{name}", self.path))
    }

    fn wrong_type(self, name: &str) -> Error {
        self.error(&format!("a {}{name} of the wrong type", self.path))
    }

    fn no_base64(self, name: &str) -> Error {
        self.error(&format!("a {}{name} that is not Base64", self.path))
    }

    fn error(self, found: &str) -> Error {
        unfit(self.operation, found)
    }
}

/// Milliseconds of a time that KMS writes as seconds with a fraction; `None` outside the years 1970
/// to 9999.
fn unix_ms(seconds: &str) -> Option<u64> {
    let (mantissa, exponent) = seconds.split_once(['e', 'E']).unwrap_or((seconds, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    // The first digits are whole milliseconds, the next one rounds.
    let ms_digits = i32::try_from(whole.len() + 3).ok()?.checked_add(exponent.parse().ok()?)?;
    let ms_digits = usize::try_from(ms_digits.min(40)).unwrap_or(0);
    // A sign is no digit.
    let digit = |i| digits.as_bytes().get(i).map_or(Some(0), |d| char::from(*d).to_digit(10));
    let ms =
        (0..ms_digits).try_fold(0u64, |ms, i| ms.checked_mul(10)?.checked_add(digit(i)?.into()));
    let ms = ms?.checked_add(u64::from(digit(ms_digits)? >= 5))?;
    (ms <= 253_402_300_799_999).then_some(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, want) in [
            ("0", Some(0)),
            ("1709251199.123", Some(1_709_251_199_123)),
            ("1709251199.1235", Some(1_709_251_199_124)),
            ("1709251199.1234999", Some(1_709_251_199_123)),
            ("1.7e9", Some(1_700_000_000_000)),
            ("1.7E+9", Some(1_700_000_000_000)),
            ("17000000000e-1", Some(1_700_000_000_000)),
            ("4e-9", Some(0)),
            ("253402300799.999", Some(253_402_300_799_999)),
            ("253402300800", None),
            ("-1", None),
            ("1e300", None),
            ("1e99999999999", None),
            ("1e2147483647", None),
            ("1e2147483646", None),
            ("1e2147483643", None),
            ("1e-2147483648", Some(0)),
            ("18446744073709551.6154", None),
            ("18446744073709551.6155", None),
        ] {
            assert_eq!(unix_ms(text), want, "{text}");
        }
    }
}
