//! Shared by the unit tests: a fixed source of "randomness", a fixed property-test run.

use proptest::test_runner::{Config, RngSeed};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

pub(crate) fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(0x6772_6964)
}

pub(crate) fn proptest_config() -> Config {
    Config {
        cases: 256,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0x7061_7373),
        ..Config::default()
    }
}
