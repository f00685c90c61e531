use super::*;
use crate::dynamodb::AttributeValue;
use crate::materials::{EncryptedDataKey, EncryptionContext, Suite};
use crate::structured::{Header, RecordVersion};
use crate::util::base64;
use crate::wire::Sink;

fn item(names: &[&'static str]) -> Item<'static> {
    let value = || AttributeValue::B(vec![1].into());
    names.iter().map(|name| ((*name).into(), value())).collect()
}

#[test]
fn what_an_item_needs() {
    use Step::{AddBeacons, Leave, Open, Reseal, Seal};
    let modes = [Mode::Seal, Mode::Verify, Mode::Reseal, Mode::AddBeacons];
    for (names, steps) in [
        (&["id", "ssn"][..], [Seal, Open, Open, Open]),
        (&["id", HEADER_FIELD, FOOTER_FIELD], [Leave, Open, Reseal, AddBeacons]),
        // Half of one, and one of the legacy client: opening it says so.
        (&["id", HEADER_FIELD], [Open; 4]),
        (&["id", FOOTER_FIELD], [Open; 4]),
        (&["id", LEGACY_FIELD], [Open; 4]),
        (&["id", "aws_dbe_b_ssn"], [Seal, Open, Open, Open]),
        (&[], [Seal, Open, Open, Open]),
    ] {
        let item = item(names);
        assert_eq!(modes.map(|mode| Step::of(mode, &item)), steps, "{names:?}");
    }
    for mode in modes {
        assert_eq!(Mode::by_name(mode.name()), Some(mode));
    }
    for name in ["", "Seal", "seal ", "addbeacons"] {
        assert_eq!(Mode::by_name(name), None);
    }
    let names = [Leave, Seal, Open, Reseal, AddBeacons].map(Step::name);
    assert_eq!(names, ["leave", "seal", "open", "reseal", "addBeacons"]);
}

fn key(provider_id: &str, info: &[u8], ciphertext: &[u8]) -> EncryptedDataKey {
    let (provider_info, ciphertext) = (info.to_vec(), ciphertext.to_vec());
    EncryptedDataKey { provider_id: provider_id.into(), provider_info, ciphertext }
}

/// The bytes of a header that commits to nothing.
fn header(version: u8, suite: u8, keys: &[EncryptedDataKey]) -> Vec<u8> {
    let mut out = vec![version, suite];
    out.put(&[9; 32]);
    out.put(&[0, 1, b's', 0, 0]);
    out.put(&[keys.len() as u8]);
    keys.iter().for_each(|key| key.write(&mut out).unwrap());
    out.put(&[0; 32]);
    let read = Header::parse(&out).unwrap();
    assert_eq!(read.stored_context, EncryptionContext::new());
    assert_eq!(read.version, if version == 1 { RecordVersion::V1 } else { RecordVersion::V2 });
    out
}

/// What a branch key wrapped: salt, IV and version behind what the suite puts before it.
fn branch(id: &str, random: u8, version: u8) -> EncryptedDataKey {
    let random = [random; 400];
    let probe = key("aws-kms-hierarchy", b"", &random);
    let suite = Suite::by_id(0x6700).unwrap();
    let before = 400 - crate::materials::wrapping::keyring_part(suite, &probe).unwrap().len();
    let wrapped = [&random[..before + 28], &[version; 16], &random[..48]].concat();
    key("aws-kms-hierarchy", id.as_bytes(), &wrapped)
}

fn ecdh(recipient: u8, sender: u8) -> EncryptedDataKey {
    let end = |byte| [&[0, 0, 0, 33], &[byte; 33][..]].concat();
    let info = [&[1][..], &end(recipient), &end(sender)].concat();
    key("raw-ecdh", &info, &[sender; 60])
}

fn raw_aes(name: &str, iv: u8) -> EncryptedDataKey {
    let info = [name.as_bytes(), &[0, 0, 0, 0x80, 0, 0, 0, 12], &[iv; 12]].concat();
    key("shop", &info, &[iv; 48])
}

#[test]
fn headers_of_the_same_keys_are_alike() {
    let kms = |name: &str, n| key("aws-kms", name.as_bytes(), &[n; 90]);
    for keys in [
        [vec![kms("arn:1", 1)], vec![kms("arn:1", 2)]],
        [vec![kms("arn:1", 1), kms("arn:2", 1)], vec![kms("arn:1", 2), kms("arn:2", 2)]],
        [vec![raw_aes("k", 1)], vec![raw_aes("k", 2)]],
        [vec![branch("b", 1, 7)], vec![branch("b", 2, 7)]],
        [vec![ecdh(1, 2)], vec![ecdh(1, 3)]],
    ] {
        let [stored, fresh] = keys.map(|keys| header(1, 0, &keys));
        assert!(sealed_alike(&stored, &fresh));
    }
}

#[test]
fn headers_of_other_keys_are_not() {
    let kms = |name: &str| key("aws-kms", name.as_bytes(), &[1; 90]);
    for keys in [
        [vec![kms("arn:1")], vec![kms("arn:2")]],
        [vec![kms("arn:1")], vec![key("aws-kms-rsa", b"arn:1", &[1; 90])]],
        [vec![kms("arn:1")], vec![kms("arn:1"), kms("arn:2")]],
        [vec![kms("arn:1"), kms("arn:2")], vec![kms("arn:2"), kms("arn:1")]],
        [vec![raw_aes("k", 1)], vec![raw_aes("k2", 1)]],
        [vec![branch("b", 1, 7)], vec![branch("b", 1, 8)]],
        [vec![branch("b", 1, 7)], vec![branch("c", 1, 7)]],
        [vec![ecdh(1, 2)], vec![ecdh(2, 2)]],
    ] {
        let [stored, fresh] = keys.map(|keys| header(1, 0, &keys));
        assert!(!sealed_alike(&stored, &fresh));
    }
    let of = |version, suite| header(version, suite, &[kms("arn:1")]);
    assert!(sealed_alike(&of(1, 0), &of(1, 0)));
    for other in [of(2, 0), of(1, 1), vec![], vec![1; 90]] {
        assert!(!sealed_alike(&other, &of(1, 0)));
        assert!(!sealed_alike(&of(1, 0), &other));
    }
    // What cannot be read is not even like itself, and so is opened, which says why.
    assert!(!sealed_alike(&[1; 90], &[1; 90]));
    let short = header(1, 0, &[key("aws-kms-hierarchy", b"b", &[1; 8])]);
    assert!(sealed_alike(&short, &short));
    assert!(!sealed_alike(&short, &header(1, 0, &[branch("b", 1, 7)])));
}

#[test]
fn only_kms_keys_are_the_same_for_all_items() {
    let of = |providers: &[&str]| {
        let keys: Vec<_> = providers.iter().map(|provider| key(provider, b"k", &[1; 90])).collect();
        is_same_for_all(&header(1, 0, &keys))
    };
    assert!(of(&["aws-kms"]) && of(&["aws-kms-rsa", "aws-kms-ecdh", "aws-kms"]));
    for providers in [&["aws-kms-hierarchy"][..], &["aws-kms", "shop"], &["raw-ecdh"]] {
        assert!(!of(providers), "{providers:?}");
    }
    assert!(!is_same_for_all(b"hello"));
}

fn checkpoint() -> Checkpoint {
    let key = |value| vec![("id".into(), value), ("line".into(), AttributeValue::N("1".into()))];
    Checkpoint {
        table: "arn:aws:dynamodb:eu-central-1:111122223333:table/customers".into(),
        mode: Mode::Reseal,
        dry_run: true,
        total_segments: 9,
        segments: vec![1, 3, 4, 8],
        begun: 3,
        open: vec![
            OpenSegment { segment: 1, last_key: key(AttributeValue::S("ü".into())) },
            OpenSegment { segment: 3, last_key: vec![] },
            OpenSegment { segment: 4, last_key: key(AttributeValue::B(vec![0, 255].into())) },
        ],
    }
}

#[test]
fn checkpoints_come_back() {
    let all = Checkpoint { segments: vec![], begun: 9, open: vec![], ..checkpoint() };
    let last = Checkpoint { total_segments: MAX_SEGMENTS, begun: 0, open: vec![], ..checkpoint() };
    for checkpoint in [checkpoint(), all, last] {
        let text = checkpoint.to_text().unwrap();
        assert_eq!(Checkpoint::from_text(&text), Ok(checkpoint));
    }
}

#[test]
fn checkpoints_of_other_runs_are_refused() {
    let run = Checkpoint { begun: 0, open: vec![], ..checkpoint() };
    assert_eq!(checkpoint().must_be_of(&run), Ok(()));
    for (what, run) in [
        ("table", Checkpoint { table: "customers".into(), ..checkpoint() }),
        ("mode", Checkpoint { mode: Mode::Seal, ..checkpoint() }),
        ("dryRun", Checkpoint { dry_run: false, ..checkpoint() }),
        ("totalSegments", Checkpoint { total_segments: 10, ..checkpoint() }),
        ("segments", Checkpoint { segments: vec![], ..checkpoint() }),
        ("segments", Checkpoint { segments: vec![1, 3, 4, 7], ..checkpoint() }),
    ] {
        let error = checkpoint().must_be_of(&run).unwrap_err();
        assert_eq!(error.code(), "INVALID_ARGUMENT");
        assert!(error.to_string().contains(&format!("another {what}:")), "{error}");
    }
}

#[test]
fn what_cannot_be_is_neither_written_nor_read() {
    let open = |segment| OpenSegment { segment, last_key: vec![] };
    let with_key =
        |last_key| Checkpoint { open: vec![OpenSegment { segment: 1, last_key }], ..checkpoint() };
    let attribute = |value| ("id".into(), value);
    let string = || attribute(AttributeValue::S("a".into()));
    for wrong in [
        Checkpoint { total_segments: 0, segments: vec![], begun: 0, open: vec![], ..checkpoint() },
        Checkpoint { total_segments: MAX_SEGMENTS + 1, ..checkpoint() },
        Checkpoint { total_segments: 8, ..checkpoint() },
        Checkpoint { segments: vec![3, 1, 4, 8], ..checkpoint() },
        Checkpoint { segments: vec![1, 1, 3, 4], ..checkpoint() },
        Checkpoint { begun: 5, ..checkpoint() },
        Checkpoint { begun: 2, ..checkpoint() },
        Checkpoint { segments: vec![], begun: 4, ..checkpoint() },
        Checkpoint { open: vec![open(2)], ..checkpoint() },
        Checkpoint { open: vec![open(3), open(1)], ..checkpoint() },
        Checkpoint { open: vec![open(3), open(3)], ..checkpoint() },
        with_key(vec![attribute(AttributeValue::Null(true))]),
        with_key(vec![attribute(AttributeValue::M(vec![]))]),
        with_key(vec![string(), string(), string()]),
    ] {
        assert_eq!(wrong.to_text().unwrap_err().code(), "INVALID_ARGUMENT", "{wrong:?}");
    }
    let malformed = with_key(vec![attribute(AttributeValue::N("one".into()))]);
    assert_eq!(malformed.to_text().unwrap_err().code(), "MALFORMED_NUMBER");
}

#[test]
fn no_other_text_is_a_checkpoint() {
    let text = checkpoint().to_text().unwrap();
    let bytes = base64::decode(&text).unwrap();
    let refused = |text: &str| {
        let error = Checkpoint::from_text(text).unwrap_err();
        assert_eq!(error.code(), "INVALID_ARGUMENT");
        assert!(!error.to_string().contains("ü"));
    };
    for other in ["", "hello", "{}", " ", &text[1..], &format!("{text}=")] {
        refused(other);
    }
    for n in 0..bytes.len() {
        refused(&base64::encode(&bytes[..n]));
    }
    refused(&base64::encode(&[&bytes[..], b"\0"].concat()));
    // Whatever is changed, what is read can be written.
    for at in 0..bytes.len() {
        for change in [1, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            match Checkpoint::from_text(&base64::encode(&changed)) {
                Ok(read) => drop(read.to_text().unwrap()),
                Err(error) => assert_eq!(error.code(), "INVALID_ARGUMENT"),
            }
        }
    }
}
