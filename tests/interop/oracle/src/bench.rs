use crate::{av, ddb, esdk, keyring};
use cpu_time::ThreadTime;
use serde_json::{json, Value};
use std::time::{Duration, Instant};
fn med(v: &mut Vec<f64>) -> (f64, f64, f64) {
    v.sort_by(|a, b| a.partial_cmp(b).unwrap());
    (v[v.len() / 2], v[v.len() / 10], v[v.len() * 9 / 10])
}
pub fn ddb_cases() -> Vec<(&'static str, Value, Value)> {
    let a30 = |i: usize| format!("attribute value number {i:07}");
    let mut it5 = json!({"pk": {"S": "partition-key-0001"}, "sk": {"N": "42"}});
    let mut ac5 = json!({"pk": "SIGN_ONLY", "sk": "SIGN_ONLY"});
    for i in 0..3 {
        let n = format!("attr{i}");
        it5[&n] = json!({"S": a30(i)});
        ac5[&n] = json!("ENCRYPT_AND_SIGN");
    }
    let mut it20 = json!({"pk": {"S": "partition-key-0001-xxxxxxxxxxx"}});
    let mut ac20 = json!({"pk": "SIGN_ONLY"});
    for i in 0..19 {
        let n = format!("attr{i:02}");
        it20[&n] = json!({"S": a30(i)});
        ac20[&n] = json!(if i < 10 { "ENCRYPT_AND_SIGN" } else { "SIGN_ONLY" });
    }
    let big: Vec<u8> = (0..100 * 1024).map(|i| (i * 31 + i / 256) as u8).collect();
    let itb = json!({"pk": {"S": "partition-key-0001"}, "blob": {"B": av::b64e(&big)}});
    let acb = json!({"pk": "SIGN_ONLY", "blob": "ENCRYPT_AND_SIGN"});
    vec![
        ("5 attributes (3 enc)", it5, ac5),
        ("20 attributes (10 enc)", it20, ac20),
        ("100KB binary (1 enc)", itb, acb),
    ]
}
pub async fn main(a: &[String]) {
    let secs: f64 = a.get(1).and_then(|x| x.parse().ok()).unwrap_or(4.0);
    match a.first().map(String::as_str).unwrap_or("") {
        "ddb" => {
            let only = a.get(2).map(String::as_str).unwrap_or("");
            for (name, item, actions) in ddb_cases() {
                for suite in ["0x6700", "0x6701"] {
                    if !name.contains(only) {
                        continue;
                    }
                    let mut cfg = json!({"table": "T", "partition_key": "pk", "actions": actions, "suite": suite,
                    "keyring": {"type": "raw-aes", "namespace": "ns", "name": "name", "key": "00".repeat(32)}});
                    if !item["sk"].is_null() {
                        cfg["sort_key"] = json!("sk");
                    }
                    let enc = ddb::encryptor(&cfg).await.unwrap();
                    let it = av::item_from_json(&item).unwrap();
                    let ct = enc
                        .encrypt_item()
                        .plaintext_item(it.clone())
                        .send()
                        .await
                        .unwrap()
                        .encrypted_item
                        .unwrap();
                    for (w, src) in [("encrypt", &it), ("decrypt", &ct)] {
                        let mut v = vec![];
                        let mut cv = vec![];
                        let t0 = Instant::now();
                        let mut n = 0;
                        while t0.elapsed() < Duration::from_secs_f64(secs) || n < 5 {
                            let x = src.clone();
                            let t = Instant::now();
                            let c = ThreadTime::now();
                            if w == "encrypt" {
                                enc.encrypt_item().plaintext_item(x).send().await.unwrap();
                            } else {
                                enc.decrypt_item().encrypted_item(x).send().await.unwrap();
                            }
                            n += 1;
                            if n > 3 {
                                v.push(t.elapsed().as_secs_f64() * 1e6);
                                cv.push(c.elapsed().as_secs_f64() * 1e6);
                            }
                        }
                        let (m, lo, hi) = med(&mut v);
                        let (cm, _, _) = med(&mut cv);
                        println!(
                            "{}",
                            json!({"lib": "aws-db-esdk 1.3.0", "case": name, "suite": suite, "op": w, "median_us": m.round(), "cpu_median_us": cm.round(), "p10_us": lo.round(), "p90_us": hi.round(), "n": v.len()})
                        );
                    }
                }
            }
        }
        "esdk" => {
            let only: Option<usize> = a.get(2).and_then(|x| x.parse().ok());
            for size in [16usize, 4096, 1 << 20, 16 << 20] {
                for suite in ["0x0478", "0x0578"] {
                    if only.map_or(false, |o| o != size) {
                        continue;
                    }
                    let c = esdk::client(&json!({})).unwrap();
                    let k = keyring::esdk::make(&json!({"type": "raw-aes", "namespace": "ns", "name": "name", "key": "00".repeat(32)})).await.unwrap();
                    let pt: Vec<u8> = (0..size).map(|i| (i * 31 + i / 256) as u8).collect();
                    let s = esdk::suite(suite).unwrap();
                    let ec = std::collections::HashMap::from([(
                        "purpose".to_string(),
                        "bench".to_string(),
                    )]);
                    let ct = c
                        .encrypt()
                        .plaintext(pt.clone())
                        .keyring(k.clone())
                        .algorithm_suite_id(s)
                        .encryption_context(ec.clone())
                        .send()
                        .await
                        .unwrap()
                        .ciphertext
                        .unwrap();
                    for w in ["encrypt", "decrypt"] {
                        let mut v = vec![];
                        let mut cv = vec![];
                        let t0 = Instant::now();
                        let mut n = 0;
                        while t0.elapsed() < Duration::from_secs_f64(secs) || n < 3 {
                            let t;
                            let cc;
                            if w == "encrypt" {
                                let b = c
                                    .encrypt()
                                    .plaintext(pt.clone())
                                    .keyring(k.clone())
                                    .algorithm_suite_id(s)
                                    .encryption_context(ec.clone());
                                t = Instant::now();
                                cc = ThreadTime::now();
                                b.send().await.unwrap();
                            } else {
                                let b = c.decrypt().ciphertext(ct.clone()).keyring(k.clone());
                                t = Instant::now();
                                cc = ThreadTime::now();
                                let o = b.send().await.unwrap();
                                assert!(o.plaintext.unwrap().as_ref().len() == size);
                            }
                            n += 1;
                            if n > 1 {
                                v.push(t.elapsed().as_secs_f64() * 1e6);
                                cv.push(cc.elapsed().as_secs_f64() * 1e6);
                            }
                        }
                        let (m, lo, hi) = med(&mut v);
                        let (cm, _, _) = med(&mut cv);
                        println!(
                            "{}",
                            json!({"lib": "aws-esdk 1.2.4", "size": size, "suite": suite, "op": w, "median_us": m.round(), "cpu_median_us": cm.round(), "p10_us": lo.round(), "p90_us": hi.round(), "n": v.len(), "ct_len": ct.as_ref().len()})
                        );
                    }
                }
            }
        }
        _ => eprintln!("oracle bench ddb|esdk [seconds-per-case] [filter]"),
    }
}
