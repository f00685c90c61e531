//! Prints the public interface of a crate, an item a line, from the JSON that rustdoc wrote of it.

use std::{env, path::PathBuf, process::ExitCode};

fn main() -> ExitCode {
    let Some(json) = env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: fieldseal-public-api RUSTDOC.json");
        return ExitCode::FAILURE;
    };
    let interface = public_api::Builder::from_rustdoc_json(&json)
        .omit_auto_derived_impls(true)
        .omit_auto_trait_impls(true)
        .omit_blanket_impls(true)
        .build();
    match interface {
        Ok(interface) => println!("{interface}"),
        Err(error) => {
            eprintln!("{}: {error}", json.display());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
