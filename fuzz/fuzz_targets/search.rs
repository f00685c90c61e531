#![no_main]

#[allow(dead_code)]
#[path = "../../tests/native/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::search::search(data));
