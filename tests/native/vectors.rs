//! The vectors of the official libraries, natively. The same files go through the npm package in Node and in
//! a browser (`tests/node/vectors.test.mjs`, `tests/browser/`).

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{decrypt, encrypt, encryptor, item, keyring, same};

/// Committed vectors, and the larger published set where it lies beside the checkout.
fn corpora() -> Vec<(String, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = fs::read_dir(root.join("tests/vectors"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        // Those of items: messages.rs, recipients.rs and beacons.rs read others.
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let others = ["official-messages.json", "official-beacons.json"];
            name.starts_with("official-") && !others.contains(&name)
        })
        .collect();
    let shared = root.join("../shared/vectors/dbesdk.json");
    match shared.exists() {
        true => files.push(shared),
        false => {
            println!("left out: the published set dbesdk.json does not lie beside the checkout")
        }
    }
    files.sort();
    let load = |path: &Path| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    files.iter().map(|p| (p.file_name().unwrap().to_string_lossy().into(), load(p))).collect()
}

fn entries<'a>(corpus: &'a Value, kind: &str) -> impl Iterator<Item = &'a Value> {
    corpus[kind].as_array().into_iter().flatten()
}

/// Opens each positive entry with every keyring that can, then seals it anew and opens that.
#[test]
fn positive_entries_open_and_seal_again() {
    for (file, corpus) in corpora() {
        let (mut opened, mut left_out) = (0, Vec::new());
        for entry in entries(&corpus, "positive") {
            let id = entry["id"].as_str().unwrap();
            for name in entry["decrypt_keyrings"].as_array().unwrap() {
                let name = name.as_str().unwrap();
                let Some(keyring) = keyring(&corpus["keys"][name]) else {
                    left_out.push(format!("{id} with {name}"));
                    continue;
                };
                let encryptor = encryptor(&entry["config"], keyring).unwrap();
                let plain = decrypt(&encryptor, item(&entry["encrypted"]))
                    .unwrap_or_else(|e| panic!("{file} {id} with {name}: {e}"));
                assert!(same(&plain, &item(&entry["decrypted"])), "{file} {id} with {name}");
                opened += 1;
            }
            let name = entry["encrypt_keyring"].as_str().unwrap();
            let Some(keyring) = keyring(&corpus["keys"][name]) else { continue };
            let encryptor = encryptor(&entry["config"], keyring).unwrap();
            let sealed = encrypt(&encryptor, item(&entry["plaintext"]))
                .unwrap_or_else(|e| panic!("{file} {id}: {e}"));
            // An ephemeral ECDH keyring opens nothing: one that does is named first.
            let opener = entry["decrypt_keyrings"][0].as_str().unwrap();
            let opener = support::keyring(&corpus["keys"][opener]).unwrap();
            let opener = support::encryptor(&entry["config"], opener).unwrap();
            let again = decrypt(&opener, sealed).unwrap();
            assert!(same(&again, &item(&entry["decrypted"])), "{file} {id} sealed anew");
        }
        println!("{file}: {opened} openings; left out, keyrings of a later release: {left_out:?}");
        assert!(opened > 0, "{file} opened nothing");
    }
}

#[test]
fn tampered_entries_fail_or_open_as_they_must() {
    for (file, corpus) in corpora() {
        let (mut refused, mut opened) = (0, 0);
        for entry in entries(&corpus, "tampered") {
            let about = format!("{file} {} {}", entry["id"], entry["description"]);
            let keyring = keyring(&corpus["keys"][entry["keyring"].as_str().unwrap()])
                .unwrap_or_else(|| panic!("{about}: a keyring that does not exist yet"));
            let encryptor = encryptor(&entry["config"], keyring).unwrap();
            let result = decrypt(&encryptor, item(&entry["encrypted"]));
            match entry.get("decrypted") {
                Some(want) => {
                    let plain = result.unwrap_or_else(|e| panic!("{about}: {e}"));
                    assert!(same(&plain, &item(want)), "{about}");
                    opened += 1;
                }
                None => {
                    let error = result.map(|_| ()).expect_err(&about);
                    assert_ne!(error.code(), "INTERNAL", "{about}: {error}");
                    refused += 1;
                }
            }
        }
        println!("{file}: {refused} tampered entries refused, {opened} harmless ones opened");
    }
}

#[test]
fn encrypt_edge_cases_end_as_in_the_official_library() {
    for (file, corpus) in corpora() {
        for entry in entries(&corpus, "encrypt_edge_cases") {
            let about = format!("{file} {}", entry["description"]);
            if entry["config"].is_string() {
                println!("left out, too large to be in the file: {about}");
                continue;
            }
            let keyring = keyring(&corpus["keys"][entry["keyring"].as_str().unwrap()]).unwrap();
            let result = encryptor(&entry["config"], keyring)
                .and_then(|e| encrypt(&e, item(&entry["plaintext"])).map(|sealed| (e, sealed)));
            match entry["result"].as_str().unwrap() {
                "ok" => {
                    let (encryptor, sealed) = result.unwrap_or_else(|e| panic!("{about}: {e}"));
                    let want = item(&entry["decrypted"]);
                    assert!(same(&decrypt(&encryptor, sealed).unwrap(), &want), "{about}");
                    let theirs = decrypt(&encryptor, item(&entry["encrypted"])).unwrap();
                    assert!(same(&theirs, &want), "{about}");
                }
                _ => assert!(result.is_err(), "{about} was sealed"),
            }
        }
    }
}
