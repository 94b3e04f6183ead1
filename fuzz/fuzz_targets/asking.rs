#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gridpass_fuzz::run("asking", data));
