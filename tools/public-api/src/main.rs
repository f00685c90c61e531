//! Reads the JSON that rustdoc wrote of a crate. Prints its public interface, an item a line; with `--documentation`, what
//! its exported names lack in comments and examples, and fails if that is anything.

mod documentation;

use std::{env, error::Error, fs, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [json] => print_interface(json),
        ["--documentation", json] => check_documentation(json),
        _ => Err("usage: fieldseal-public-api [--documentation] RUSTDOC.json".into()),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn print_interface(json: &str) -> Result<ExitCode, Box<dyn Error>> {
    println!("{}", interface(json)?);
    Ok(ExitCode::SUCCESS)
}

fn check_documentation(json: &str) -> Result<ExitCode, Box<dyn Error>> {
    let krate = serde_json::from_str(&fs::read_to_string(json)?)?;
    let names = documentation::names(&krate, &interface(json)?);
    let faults = documentation::faults(&names);
    faults.iter().for_each(|fault| println!("{fault}"));
    eprintln!("{} exported names, {} faults of their documentation", names.len(), faults.len());
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn interface(json: &str) -> Result<public_api::PublicApi, public_api::Error> {
    public_api::Builder::from_rustdoc_json(json)
        .omit_auto_derived_impls(true)
        .omit_auto_trait_impls(true)
        .omit_blanket_impls(true)
        .build()
}
