// Made by `make bindings` from Cargo.toml; not to be edited.

/** The package's version. */
export const VERSION = '0.1.0';
