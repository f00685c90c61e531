//! Writes the declarations that the package's TypeScript is checked against into the folder given: `make bindings`.

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::io::Result<()> {
    let folder = std::env::args_os().nth(1).expect("a folder");
    for (name, text) in fieldseal_wasm::config::declarations::files() {
        std::fs::write(std::path::Path::new(&folder).join(name), text)?;
    }
    Ok(())
}

#[cfg(target_arch = "wasm32")]
fn main() {}
