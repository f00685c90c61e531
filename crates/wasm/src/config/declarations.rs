//! The descriptions, error codes and KMS operations in TypeScript: what `js/src/generated/` has, by `make bindings`.
//! Compiled natively only.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::marker::PhantomData;

use fieldseal::aws::ClientConfig;
use fieldseal::dynamodb::{ItemEncryptorConfig, MAX_DEPTH};
use fieldseal::error::{Check, DynamoDbKind, Error, KeyStoreKind, KmsKind, MAX_NAME, Part, Rule};
use fieldseal::kms::camel_case;
use fieldseal::kms::schema::{self, Field, Kind};
use fieldseal::materials::Suite;
#[cfg(feature = "messages")]
use fieldseal::message::DEFAULT_FRAME_LENGTH;

const HEADER: &str =
    "// Made by `make bindings` from the descriptions in Rust; not to be edited.\n";

/// A type in TypeScript, and whether a field of it may be absent.
trait Declared {
    const OPTIONAL: bool = false;
    fn typescript() -> String;
}

impl<T: Declared> Declared for Option<T> {
    const OPTIONAL: bool = true;
    fn typescript() -> String {
        T::typescript()
    }
}

/// [`Declared`] for types that cross as they are: type, whether it may be absent, TypeScript.
macro_rules! declared {
    ($($type:ty, $optional:literal, $typescript:expr;)+) => {
        $(impl Declared for $type {
            const OPTIONAL: bool = $optional;
            fn typescript() -> String {
                $typescript.into()
            }
        })+
    };
}

struct Secret;
struct Handle;
struct Handles;
struct Strings;
struct Pairs;
struct Actions;
struct Milliseconds;
struct Seconds;
struct Count;
struct Whole;
struct List<T>(PhantomData<T>);

declared! {
    String, false, "string";
    Vec<u8>, false, "Uint8Array";
    Secret, false, "Uint8Array";
    // Absent means false, none.
    bool, true, "boolean";
    u8, false, "number";
    u32, false, "number";
    char, false, "string";
    Handle, false, "number";
    Handles, false, "readonly number[]";
    Strings, true, "readonly string[]";
    Pairs, true, "readonly (readonly [string, string])[]";
    Actions, false, "readonly (readonly [string, ActionName])[]";
    Milliseconds, false, "number";
    Seconds, false, "number";
    Count, false, "number";
    Whole, false, "number";
}

impl<T: Declared> Declared for List<T> {
    fn typescript() -> String {
        format!("readonly {}[]", T::typescript())
    }
}

macro_rules! declare_names {
    ($($(#[doc = $about:literal])+ $name:ident: $type:ident { $($js:literal = $variant:ident,)+ })+) => {
        $(
            #[allow(dead_code, reason = "not every name is a field by itself")]
            pub(super) struct $name;
            declared! { $name, false, stringify!($name); }
        )+

        pub(super) fn names(out: &mut String) {
            $(names_of(out, concat!($($about),+), stringify!($name), &[$($js),+]);)+
        }
    };
}

fn names_of(out: &mut String, about: &str, name: &str, names: &[&str]) {
    let list = format!("{}S", upper_case(name));
    let members: String = names.iter().map(|name| format!("  '{name}',\n")).collect();
    write!(
        out,
        "\n/**{about} */\nexport const {list} = [\n{members}] as const;\n\
         export type {name} = (typeof {list})[number];\n"
    )
    .unwrap();
}

macro_rules! declare_configurations {
    ($($(#[doc = $about:literal])+ $($tag:literal)? $name:ident $(= $read:ident)? {
        $($field:ident: $type:ty = $js:literal,)+
    })+) => {
        $(
            #[allow(dead_code, reason = "most are no part of others")]
            pub(super) struct $name;
            declared! { $name, false, stringify!($name); }
        )+

        #[allow(unused_variables, clippy::ptr_arg, reason = "not each group has keyrings")]
        pub(super) fn configurations(out: &mut String, keyrings: &mut Vec<&'static str>) {
            $({
                let mut one = Interface::new(concat!($($about),+), stringify!($name));
                $(
                    keyrings.push(stringify!($name));
                    one.field("type", &format!("'{}'", $tag), false);
                )?
                $(one.field($js, &<$type>::typescript(), <$type>::OPTIONAL);)+
                one.end(out);
            })+
        }
    };
}

/// An interface under construction.
struct Interface {
    head: String,
    fields: String,
}

impl Interface {
    fn new(about: &str, name: &str) -> Self {
        Self { head: format!("\n/**{about} */\nexport interface {name}"), fields: String::new() }
    }

    /// A field; one without a name has its own in the same object.
    fn field(&mut self, name: &str, typescript: &str, optional: bool) {
        if name.is_empty() {
            write!(self.head, " extends {typescript}").unwrap();
            return;
        }
        // An absent field and one that is undefined are the same to the core.
        let (mark, or) = if optional { ("?", " | undefined") } else { ("", "") };
        writeln!(self.fields, "  readonly {name}{mark}: {typescript}{or};").unwrap();
    }

    fn end(self, out: &mut String) {
        write!(out, "{} {{\n{}}}\n", self.head, self.fields).unwrap();
    }
}

mod everywhere {
    use super::*;
    names!(declare_names);
    configurations!(declare_configurations);
}

mod of_clients {
    use super::*;
    client_configurations!(declare_configurations);
}

mod of_branch_keys {
    use super::*;
    branch_key_configurations!(declare_configurations);
}

mod of_search {
    use super::*;
    search_configurations!(declare_configurations);
}

mod of_ecdh {
    use super::*;
    ecdh_names!(declare_names);
    ecdh_configurations!(declare_configurations);
}

/// `PaddingScheme` as `PADDING_SCHEME`.
fn upper_case(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_uppercase());
    }
    out
}

/// `config.ts`: names and configurations.
fn config() -> String {
    let (mut out, mut keyrings) = (HEADER.to_owned(), Vec::new());
    everywhere::names(&mut out);
    of_ecdh::names(&mut out);
    for (name, about, dbe) in [
        ("ItemSuite", " Suites of items, by their ids.", true),
        ("MessageSuiteId", " Suites of messages, by their ids.", false),
    ] {
        let suites = Suite::all().iter().filter(|suite| suite.is_dbe() == dbe);
        let ids: Vec<String> = suites.map(|suite| format!("{:04x}", suite.id)).collect();
        names_of(&mut out, about, name, &ids.iter().map(String::as_str).collect::<Vec<_>>());
    }
    everywhere::configurations(&mut out, &mut keyrings);
    of_clients::configurations(&mut out, &mut keyrings);
    of_branch_keys::configurations(&mut out, &mut keyrings);
    of_search::configurations(&mut out, &mut keyrings);
    of_ecdh::configurations(&mut out, &mut keyrings);
    let union: String = keyrings.iter().map(|name| format!("\n  | {name}")).collect();
    writeln!(out, "\n/** A keyring of any kind. */\nexport type KeyringConfig ={union};").unwrap();
    out
}

/// A union of codes: its name, what it is, and each code with what it says.
type Union = (&'static str, &'static str, Vec<(&'static str, &'static str)>);

fn unions() -> Vec<Union> {
    let of_fault = |error: Error, about| (error.code(), about);
    let mut checks = Check::CODES.to_vec();
    checks
        .push(("PINNED_KEY_MISMATCH", " A public key that is not the one pinned for its key id."));
    checks.push((
        "RECORD_MISMATCH",
        " A response of a table with another record than was asked for.",
    ));
    let mut rules = Rule::CODES.to_vec();
    // What the core cannot know.
    rules.push(("NOT_INITIALIZED", " The core was used before `init()` of `fieldseal/slim`."));
    rules
        .push(("ITEMS_FAILED", " Items of a request or a response; `errors` says which, and why."));
    vec![
        (
            "MalformedCode",
            "The input's bytes or text do not have the form that their format demands.",
            Part::CODES.to_vec(),
        ),
        (
            "AuthenticationCode",
            "Well-formed input that does not verify: changed since it was sealed, or under another key.",
            checks,
        ),
        (
            "NoKeyCode",
            "No key for the data.",
            vec![
                ("NO_KEYRING_OPENED", " No keyring opened any encrypted data key; see `reasons`."),
                ("KEYRING_NOT_MINE", " An encrypted data key that belongs to another keyring."),
            ],
        ),
        (
            "KmsCode",
            "The KMS endpoint refused, failed or could not be reached.",
            KmsKind::CODES.to_vec(),
        ),
        (
            "DynamoDbCode",
            "The DynamoDB endpoint refused, failed or could not be reached.",
            DynamoDbKind::CODES.to_vec(),
        ),
        (
            "KeyStoreCode",
            "The branch key store has no such key, or one that must not be used.",
            KeyStoreKind::CODES.to_vec(),
        ),
        (
            "LimitCode",
            "A limit of the format or of the service.",
            vec![of_fault(Error::limit("", 0, 0), " It is named, with what was found.")],
        ),
        ("UsageCode", "The caller asked for something that the API does not allow.", rules),
        (
            "OtherCode",
            "What is nobody's fault, the host's, or this library's.",
            vec![
                of_fault(
                    Error::unsupported(""),
                    " A valid request that this build or this host cannot serve.",
                ),
                of_fault(Error::host(""), " The host's randomness or cryptography failed."),
                of_fault(Error::bug(""), " A broken invariant of this library. Please report it."),
            ],
        ),
    ]
}

/// `codes.ts`: the codes of errors; of those that JavaScript makes, too, what to do.
fn codes() -> String {
    let mut out = HEADER.to_owned();
    for (name, about, codes) in unions() {
        write!(out, "\n/** {about} */\nexport type {name} =").unwrap();
        let mut seen = BTreeSet::new();
        for (code, about) in codes {
            if seen.insert(code) {
                write!(out, "\n  /**{about} */\n  | '{code}'").unwrap();
            }
        }
        out.push_str(";\n");
    }
    let advice = [
        Error::malformed(Part::Attribute, ""),
        Error::malformed(Part::EncryptionContext, ""),
        Error::malformed(Part::Key, ""),
        Error::malformed(Part::KmsResponse, ""),
        Error::limit("", 0, 0),
        Error::unsupported(""),
        Error::bug(""),
    ];
    for error in advice {
        let (code, next) = (error.code(), error.next());
        writeln!(out, "\nexport const {code}_ADVICE = {next:?};").unwrap();
    }
    out
}

/// `limits.ts`: limits and defaults that both sides know.
fn limits() -> String {
    let mut out = HEADER.to_owned();
    let keys = ItemEncryptorConfig::DEFAULT_MAX_ENCRYPTED_DATA_KEYS.unwrap_or(u8::MAX);
    for (about, name, value) in [
        ("The longest name or id in an error, in characters.", "MAX_NAME", MAX_NAME as u64),
        ("Levels of nesting that an attribute may have.", "MAX_DEPTH", MAX_DEPTH as u64),
        ("Wrapped data keys in an item, by default at most.", "DEFAULT_MAX_ITEM_KEYS", keys.into()),
        #[cfg(feature = "messages")]
        (
            "Bytes of plaintext in a frame of a message, by default.",
            "DEFAULT_FRAME_LENGTH",
            DEFAULT_FRAME_LENGTH.into(),
        ),
        (
            "Milliseconds for one attempt of a request, by default.",
            "DEFAULT_TIMEOUT_MS",
            ClientConfig::default().timeout_ms.into(),
        ),
    ] {
        write!(out, "\n/** {about} */\nexport const {name} = {value};\n").unwrap();
    }
    out
}

/// `kms-operations.ts`: requests and responses of the KMS operations.
fn kms_operations() -> String {
    let mut out = format!(
        "{HEADER}\nimport type {{ GetPublicKeyResponse, KeyMetadata }} from '../kms/types.js';\n"
    );
    out.push_str("\n/** By operation, as requests go to the core and responses come from it. */\n");
    out.push_str("export interface KmsOperations {\n");
    // Through the cache of public keys, which adds to what KMS says.
    let get_public_key = members(schema::GET_PUBLIC_KEY.request, "    ", true);
    writeln!(
        out,
        "  GetPublicKey: {{\n    request: {get_public_key};\n    response: GetPublicKeyResponse;\n  }};"
    )
    .unwrap();
    for operation in schema::ALL {
        let request = members(operation.request, "    ", true);
        // DescribeKey and CreateKey return nothing but the metadata.
        let response = match operation.answer {
            [Field { kind: Kind::KeyMetadata, .. }] => "KeyMetadata".to_owned(),
            [] => "unknown".to_owned(),
            fields => members(fields, "    ", false),
        };
        let name = operation.name;
        writeln!(out, "  {name}: {{\n    request: {request};\n    response: {response};\n  }};")
            .unwrap();
    }
    out.push_str("}\n");
    let public = [schema::GET_PUBLIC_KEY.request];
    for (name, about, operations) in [
        ("KMS_DATA_KINDS", "of operations on data and data keys", schema::ON_DATA),
        ("KMS_KINDS", "of all operations", schema::ALL),
    ] {
        let mut kinds = BTreeMap::new();
        let requests = operations.iter().map(|operation| operation.request).chain(public);
        requests.for_each(|fields| collect(fields, &mut kinds));
        kinds.retain(|_, kind| *kind != "string");
        let kinds: String =
            kinds.iter().map(|(name, kind)| format!("  {name}: '{kind}',\n")).collect();
        write!(
            out,
            "\n/** What those members of requests are that are not strings, {about}. */\n\
             export const {name} = {{\n{kinds}}} as const;\n"
        )
        .unwrap();
    }
    out
}

/// The kinds of a request's members by their names, which mean the same everywhere.
fn collect(fields: &[Field], kinds: &mut BTreeMap<String, &'static str>) {
    for field in fields {
        let kind = match field.kind {
            Kind::KeyId | Kind::Text => "string",
            Kind::Number => "number",
            Kind::Flag => "flag",
            Kind::Bytes | Kind::Secret => "bytes",
            Kind::Texts => "strings",
            Kind::Context => "context",
            Kind::Object(_) => "object",
            Kind::List(_) => "objects",
            Kind::Time => "number",
            Kind::KeyMetadata => unreachable!("in responses only"),
        };
        let unit = if matches!(field.kind, Kind::Time) { "Ms" } else { "" };
        let known = kinds.insert(camel_case(field.name) + unit, kind);
        assert!(known.is_none_or(|known| known == kind), "{} is of two kinds", field.name);
        if let Kind::Object(table) | Kind::List(table) = field.kind {
            collect(table, kinds);
        }
    }
}

fn members(fields: &[Field], indent: &str, request: bool) -> String {
    let mut out = String::from("{\n");
    for field in fields {
        let name = camel_case(field.name);
        let inner = |table| members(table, &format!("{indent}  "), request);
        let (name, typescript) = match field.kind {
            Kind::KeyId | Kind::Text => (name, "string".to_owned()),
            Kind::Number => (name, "number".to_owned()),
            // What must be true, like a signature's being valid, is an error where it is not.
            Kind::Flag if field.needed && !request => (name, "true".to_owned()),
            Kind::Flag => (name, "boolean".to_owned()),
            Kind::Bytes | Kind::Secret => (name, "Uint8Array".to_owned()),
            Kind::Time => (format!("{name}Ms"), "number".to_owned()),
            Kind::Texts => (name, "readonly string[]".to_owned()),
            Kind::Context => (name, "Readonly<Record<string, string>>".to_owned()),
            Kind::Object(table) => (name, inner(table)),
            Kind::List(table) => (name, format!("readonly ({})[]", inner(table))),
            Kind::KeyMetadata => (name, "KeyMetadata".to_owned()),
        };
        // In responses, an absent flag is false and an absent list is empty.
        let filled = matches!(field.kind, Kind::Flag | Kind::Texts | Kind::List(_));
        let (mark, or) = match (field.needed || (filled && !request), request) {
            (true, _) => ("", ""),
            (false, true) => ("?", " | undefined"),
            (false, false) => ("?", ""),
        };
        writeln!(out, "{indent}  readonly {name}{mark}: {typescript}{or};").unwrap();
    }
    write!(out, "{indent}}}").unwrap();
    out
}

/// The files of `js/src/generated/` and what belongs in them, before Prettier.
pub fn files() -> [(&'static str, String); 4] {
    [
        ("config.ts", config()),
        ("codes.ts", codes()),
        ("limits.ts", limits()),
        ("kms-operations.ts", kms_operations()),
    ]
}
