//! The parsers, fed with seeded bytes: good inputs, damaged ones and noise. A short form of what `fuzz/` does.

#![cfg(not(target_arch = "wasm32"))]

#[allow(dead_code)]
mod support;
mod targets;

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use targets::TARGETS;

/// xorshift64*: good enough to damage bytes with.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n.max(1)
    }

    fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.next() as u8).collect()
    }
}

/// Changes bytes: flips, runs of one value, lengths that lie, pieces taken out, doubled or added.
fn damage(r: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..=r.below(3) {
        let (n, at) = (bytes.len(), r.below(bytes.len()));
        match r.below(8) {
            0 if n > 0 => bytes[at] ^= 1 << r.below(8),
            1 if n > 0 => bytes[at] = r.next() as u8,
            2 => bytes.truncate(at),
            3 => {
                let more = r.below(20);
                bytes.extend(r.bytes(more));
            }
            4 if n > 0 => drop(bytes.drain(at..n.min(at + 1 + r.below(8)))),
            5 => {
                let piece = bytes[at..n.min(at + r.below(40))].to_vec();
                bytes.splice(at..at, piece);
            }
            6 => {
                let lie = [0u32, 1, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff][r.below(6)];
                let lie = lie.to_be_bytes();
                let width = [1, 2, 4][r.below(3)];
                for (i, byte) in bytes.iter_mut().skip(at).take(width).enumerate() {
                    *byte = lie[4 - width + i];
                }
            }
            _ => {
                let value = [0u8, 0xff, b'0', b'"', b'{'][r.below(5)];
                bytes.iter_mut().skip(at).take(r.below(16)).for_each(|byte| *byte = value);
            }
        }
    }
}

/// Good inputs of each target.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = fs::read_to_string(root.join("tests/vectors/official-random.json")).unwrap();
    let corpus: Value = serde_json::from_str(&corpus).unwrap();
    let binary = |v: &Value| BASE64.decode(v["B"].as_str().unwrap()).unwrap();
    let entries = || corpus["positive"].as_array().unwrap().iter();
    let own = |list: &[&[u8]]| list.iter().map(|bytes| bytes.to_vec()).collect();
    match target {
        "header" => entries().map(|e| binary(&e["encrypted"]["aws_dbe_head"])).collect(),
        "attribute" | "insider" => entries()
            .flat_map(|e| support::item(&e["plaintext"]))
            .filter_map(|(_, value)| {
                Some([&value.type_id().0, value.canonical().ok()?.as_ref()].concat())
            })
            .collect(),
        "number" => own(&[
            b"0",
            b"-0",
            b"12.50",
            b"0001.500",
            b".5",
            b"5.",
            b"1e125",
            b"-9.9E-130",
            b"0e999",
            b"+42",
            b"99999999999999999999999999999999999999",
            b"0.000000000000000000000000000001",
        ]),
        "expression" => own(&[
            b"\0#a = :s AND (b < :n OR NOT contains(c, :s)) AND d.k[1] BETWEEN b AND :n",
            b"\0attribute_exists(a) and attribute_type(#d, :t) or size(e) IN (:n, b, d.k[0])",
            b"\x01begins_with(:s, a) OR NOT (c = :c) OR attribute_not_exists(d.k[7].x)",
            b"\x02id = :s AND b BETWEEN :n AND :n",
            b"\x03SET b = b + :n, d.k[9] = :s, d.x = if_not_exists(a, :s) REMOVE c, d.k[0]",
            b"\x03SET #d.#a = list_append(d.k, :l), x = (b - :n) ADD c :c DELETE e :c",
            b"\x03set d.k = list_append(if_not_exists(z, :l), :l), c = :c",
            b"\x03ADD b :n, z :n DELETE c :c REMOVE d.k[1]",
            b"\x04a, b, c, #d.k[0], d.x",
            b"SELECT 'it''s' FROM \"t\".\"i\" WHERE exists(select * from u.v)",
            b"UPDATE \"a\"\"b\" SET x = {'y': [1, 2]} -- z",
        ]),
        "search" => own(&[
            b"\x01a = :x AND NOT (b = :x OR contains(t, :y))",
            b"\x01#a = b OR a <> b AND attribute_exists(#a)",
            b"\x01c < :c OR c BETWEEN :y AND :w OR begins_with(#c, :c)",
            b"\x01contains(c, :w) OR c IN (:y, :w) OR NOT (c <> :w) OR c <= :c",
            b"\x01size(d) > :n OR signed = :y OR attribute_not_exists(#aws_dbe_none)",
            b"\x02a = :x OR d = :e\0b = :y AND begins_with(c, :c)",
            b"\x02contains(a, :x)\0id = :n AND signed >= :y",
            b"\x03\0#c = :w AND a = :x",
            b"\x10a\0b\0b\0.\0\x01\0\0\x7f\0\0\x01\0\x02\0v\0a\0y\0c\0a\0A-\0y\0Y-\0y\0a",
            b"\x28other\0a.x[0]\0b\0|\0\xc2\x80\0\x01\0\x05\0\0\x01\0\x02\0v\0a\0y\0c\0b\0B-\0y\0Y-\0y\0b\0y",
            b"\x0cb\0t\0\0a\0.\0\0\0\0\0\0\0v\0a\0b\0c\0a\0A\0y\0Y\0y\0y",
        ]),
        "item" => {
            let whole = |e: &Value| {
                let mut out = vec![0];
                for name in ["aws_dbe_head", "aws_dbe_foot"] {
                    let bytes = binary(&e["encrypted"][name]);
                    out.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
                    out.extend_from_slice(&bytes);
                }
                out
            };
            let mut all: Vec<_> = entries().map(whole).collect();
            all.extend((0..40).map(|i| vec![2 + i % 2, i, 0, i * 3, 1, i / 2, 1, i, 0x80]));
            all
        }
        "key_store" => {
            let version = "branch:version:1234abcd-12ab-44cd-86ef-1234567890ab";
            let arn = "arn:aws:kms:us-west-2:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
            let item = |record_type: &str, more: &str| {
                format!(
                    r#"{{"Item":{{"branch-key-id":{{"S":"b"}},"type":{{"S":"{record_type}"}},"enc":{{"B":"AAEC"}},"kms-arn":{{"S":"{arn}"}},"create-time":{{"S":"2024-02-29T23:59:59.123000Z"}},"hierarchy-version":{{"N":"1"}},"aws-crypto-ec:a":{{"S":"b"}}{more}}}}}"#
                )
            };
            let active = item("branch:ACTIVE", &format!(r#","version":{{"S":"{version}"}}"#));
            let schema = r#""KeySchema":[{"AttributeName":"branch-key-id","KeyType":"HASH"},{"AttributeName":"type","KeyType":"RANGE"}],"AttributeDefinitions":[{"AttributeName":"branch-key-id","AttributeType":"S"},{"AttributeName":"type","AttributeType":"S"}]"#;
            let table =
                format!(r#"{{"Table":{{"TableArn":"arn:t","TableStatus":"ACTIVE",{schema}}}}}"#);
            let cancelled = r#"{"__type":"TransactionCanceledException","message":"[None, ConditionalCheckFailed]","CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed"}]}"#;
            let mut all = Vec::new();
            for configuration in [0, 6, 12, 18] {
                for (operation, status, body) in [
                    (0, 0, active.as_str()),
                    (1, 0, &item(version, "")),
                    (2, 0, &item("beacon:ACTIVE", "")),
                    (3, 0, &active),
                    (4, 3, cancelled),
                    (5, 0, &table),
                    (0, 3, r#"{"__type":"ResourceNotFoundException"}"#),
                ] {
                    all.push([&[configuration + operation, status], body.as_bytes()].concat());
                }
            }
            all
        }
        "message_header" | "message" => {
            let file = fs::read_to_string(root.join("tests/vectors/official-messages.json"));
            let corpus: Value = serde_json::from_str(&file.unwrap()).unwrap();
            let official = corpus["positive"].as_array().unwrap().iter();
            let official =
                official.map(|e| BASE64.decode(e["ciphertext"].as_str().unwrap()).unwrap());
            match target {
                "message_header" => official.collect(),
                _ => official
                    .map(|message| [&[0x20][..], &message].concat())
                    .chain(
                        (0..60u8).map(|i| vec![0x80 + i, i % 4, i % 2, i.wrapping_mul(9), 1 + i]),
                    )
                    .collect(),
            }
        }
        "kms_response" => {
            let arn = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
            let key = BASE64.encode([5; 32]);
            let spki = fs::read(root.join("src/crypto/testdata/rsa2048.public.pem")).unwrap();
            let spki = fieldseal::crypto::PublicKeyInfo::parse(&spki).unwrap().der;
            let spki = BASE64.encode(spki);
            let body = |operation: u8, status: u8, text: String| {
                [&[operation, status], text.as_bytes()].concat()
            };
            vec![
                body(
                    0,
                    0,
                    format!(
                        r#"{{"KeyId":"{arn}","Plaintext":"{key}","EncryptionAlgorithm":"SYMMETRIC_DEFAULT"}}"#
                    ),
                ),
                body(
                    1,
                    0,
                    format!(r#"{{"KeyId":"{arn}","Plaintext":"{key}","CiphertextBlob":"AAEC"}}"#),
                ),
                body(
                    2,
                    0,
                    format!(
                        r#"{{"KeyId":"{arn}","PublicKey":"{spki}","KeySpec":"RSA_2048","KeyUsage":"ENCRYPT_DECRYPT","EncryptionAlgorithms":["RSAES_OAEP_SHA_256"]}}"#
                    ),
                ),
                body(3, 0, format!(r#"{{"KeyId":"{arn}","CiphertextBlob":"AAEC"}}"#)),
                body(
                    4,
                    0,
                    format!(
                        r#"{{"KeyMetadata":{{"KeyId":"k","Arn":"{arn}","Enabled":true,"KeyState":"Enabled","KeyUsage":"ENCRYPT_DECRYPT","KeySpec":"SYMMETRIC_DEFAULT","CreationDate":1.5e9,"MultiRegion":false}}}}"#
                    ),
                ),
                body(
                    5,
                    0,
                    format!(r#"{{"KeyId":"{arn}","SourceKeyId":"{arn}","CiphertextBlob":"AAEC"}}"#),
                ),
                body(6, 0, format!(r#"{{"KeyId":"{arn}","CiphertextBlob":"AAEC"}}"#)),
                body(
                    0,
                    3,
                    r#"{"__type":"com.amazonaws.kms#DisabledException","message":"m"}"#.into(),
                ),
                body(0, 4, r#"{"__type":"AccessDeniedException","Message":"m"}"#.into()),
                body(1, 5, r#"{"__type":"KMSInternalException"}"#.into()),
            ]
        }
        "public_key" => fs::read_dir(root.join("src/crypto/testdata"))
            .unwrap()
            .map(|entry| fs::read(entry.unwrap().path()).unwrap())
            .flat_map(|pem| {
                let der = fieldseal::crypto::PublicKeyInfo::parse(&pem).map(|info| info.der);
                [Some(pem), der.ok()]
            })
            .flatten()
            .collect(),
        "ecdh_data_key" => targets::sealed_ecdh_data_keys(),
        "key_id" => own(&[
            b"arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            b"arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab",
            b"arn:aws:kms:us-west-2:111122223333:alias/name",
            b"1234abcd-12ab-34cd-56ef-1234567890ab",
            b"mrk-1234abcd12ab34cd56ef1234567890ab",
            b"alias/name",
        ]),
        "interleavings" => own(&[
            // Asked, sent, answered, polled.
            &[0, 2, 3, 6],
            // Asked and dropped; sent and dropped, settled, told, answered.
            &[0, 5, 0, 2, 5, 15, 7, 3],
            // Several at once, answered out of order.
            &[0, 1, 0, 1, 2, 11, 3, 19, 6, 14, 5, 3, 6],
            // Answered and dropped.
            &[0, 0, 2, 3, 5, 2, 3, 15],
        ]),
        other => panic!("no seeds for {other}"),
    }
}

/// Enough of each to take a few seconds without optimization.
fn rounds(target: &str) -> usize {
    match target {
        "item" | "insider" => 3_000,
        "search" => 6_000,
        "public_key" | "ecdh_data_key" => 4_000,
        "message" => 2_000,
        "message_header" => 10_000,
        "kms_response" | "key_store" => 15_000,
        _ => 50_000,
    }
}

#[test]
fn parsers_keep_their_promises() {
    // The same inputs in every run, or others: `FIELDSEAL_SEED=… cargo test --test parsers`.
    let seed = std::env::var("FIELDSEAL_SEED").map_or(0x5eed, |text| text.parse().unwrap());
    println!("FIELDSEAL_SEED={seed}");
    for (name, target) in TARGETS {
        let mut r = Random((seed ^ name.len() as u64).max(1));
        let seeds = seeds(name);
        assert!(seeds.len() > 3, "{name} has seeds");
        seeds.iter().for_each(|seed| target(seed));
        for i in 0..rounds(name) {
            let mut bytes = match i % 10 {
                0 => {
                    let n = r.below(200);
                    r.bytes(n)
                }
                _ => seeds[r.below(seeds.len())].clone(),
            };
            damage(&mut r, &mut bytes);
            // A panic shows the input that caused it.
            let shown = Shown { name, bytes: &bytes };
            target(&bytes);
            shown.done();
        }
        println!("{name}: {} seeds, {} damaged inputs", seeds.len(), rounds(name));
    }
}

/// Prints the input if the target panics.
struct Shown<'a> {
    name: &'a str,
    bytes: &'a [u8],
}

impl Shown<'_> {
    fn done(self) {
        core::mem::forget(self);
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        let hex: String = self.bytes.iter().map(|b| format!("{b:02x}")).collect();
        println!("{} failed on {hex}", self.name);
    }
}

/// Writes the seeds for the fuzz targets: `FUZZ_CORPUS=fuzz/corpus cargo test --test parsers -- --ignored`.
#[test]
#[ignore = "writes files; the Makefile's fuzz target runs it"]
fn write_fuzz_corpus() {
    let Ok(folder) = std::env::var("FUZZ_CORPUS") else { panic!("FUZZ_CORPUS names no folder") };
    for (name, _) in TARGETS {
        let folder = Path::new(&folder).join(name);
        fs::create_dir_all(&folder).unwrap();
        for (i, seed) in seeds(name).iter().enumerate() {
            fs::write(folder.join(format!("seed-{i:03}")), seed).unwrap();
        }
    }
}
