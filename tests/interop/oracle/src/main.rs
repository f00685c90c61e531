//! oracle: a local JSON front end to AWS's official aws-db-esdk / aws-esdk crates (for differential testing).
//!   oracle OP < request.json > response.json      oracle batch < requests.jsonl > responses.jsonl (each with "op")
//!   OP: ddb-encrypt ddb-decrypt ddb-transform ddb-transforms table-call esdk-encrypt esdk-decrypt      oracle bench ddb|esdk
mod av;
mod bench;
mod calls;
mod ddb;
mod esdk;
mod keyring;
mod mock;
use serde_json::{json, Value};
use std::io::{BufRead, Read, Write};
async fn run(op: &str, r: &Value) -> Value {
    let op = op.to_string();
    let r = r.clone();
    // spawn so that a panic inside the Dafny-generated code is reported instead of killing a batch
    let h = tokio::spawn(async move {
        match op.as_str() {
            "ddb-encrypt" => ddb::encrypt(&r).await,
            "ddb-decrypt" => ddb::decrypt(&r).await,
            "ddb-transform" => ddb::transform(&r).await,
            "ddb-transforms" => ddb::many_transforms(&r).await,
            "table-call" => calls::call(&r).await,
            "esdk-encrypt" => esdk::encrypt(&r).await,
            "esdk-decrypt" => esdk::decrypt(&r).await,
            x => Err(format!("unknown op {x}")),
        }
    });
    match h.await {
        Ok(Ok(v)) => v,
        Ok(Err(x)) => json!({"error": x}),
        Err(p) => json!({"error": format!("PANIC {p:?}"), "panic": true}),
    }
}
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let a: Vec<String> = std::env::args().skip(1).collect();
    let op = a.first().map(String::as_str).unwrap_or("");
    match op {
        "bench" => bench::main(&a[1..]).await,
        "batch" => {
            let (i, mut o) = (std::io::stdin().lock(), std::io::BufWriter::new(std::io::stdout()));
            let lines: Vec<String> =
                i.lines().map(|l| l.unwrap()).filter(|l| !l.trim().is_empty()).collect();
            for l in lines {
                let mut out = match serde_json::from_str::<Value>(&l) {
                    Ok(r) => {
                        let mut x = run(r["op"].as_str().unwrap_or(""), &r).await;
                        if !r["id"].is_null() {
                            x["id"] = r["id"].clone();
                        }
                        x
                    }
                    Err(e) => json!({"error": format!("json: {e}")}),
                };
                if out.is_null() {
                    out = json!({});
                }
                writeln!(o, "{out}").unwrap();
                o.flush().unwrap();
            }
        }
        "" | "-h" | "--help" => {
            eprintln!("usage: oracle ddb-encrypt|ddb-decrypt|ddb-transform|ddb-transforms|table-call|esdk-encrypt|esdk-decrypt|batch|bench");
            std::process::exit(2)
        }
        _ => {
            let mut s = String::new();
            std::io::stdin().read_to_string(&mut s).unwrap();
            let out = match serde_json::from_str(&s) {
                Ok(r) => run(op, &r).await,
                Err(e) => json!({"error": format!("json: {e}")}),
            };
            println!("{}", serde_json::to_string_pretty(&out).unwrap());
            if out["error"].is_string() {
                std::process::exit(1)
            }
        }
    }
}
