//! Every target on its seeds and on whatever once broke it, and on many small changes of both: by an ordinary
//! test, with the compiler that everything else is built with.

use std::fs;
use std::path::Path;

use gridpass_fuzz::{run, targets};

/// Changed copies of each input.
const CHANGES: usize = 60;

/// The inputs that are kept for a target.
fn inputs(kept: &str, target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(kept)
        .join(target);
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn every_target_takes_its_seeds_and_small_changes_of_them() {
    for (target, _) in targets() {
        let seeds = inputs("corpus", target);
        assert!(!seeds.is_empty(), "{target} has no seeds");
        for seed in seeds {
            run(target, &seed);
            for number in 0..CHANGES.min(seed.len()) {
                let place = number * seed.len() / CHANGES.min(seed.len());
                run(target, &seed[..place]);
                let mut changed = seed.clone();
                changed[place] ^= 1 << (number % 8);
                run(target, &changed);
                changed.insert(place, b"0./-\0\xff=,"[number % 8]);
                run(target, &changed);
            }
        }
    }
}

#[test]
fn what_once_broke_a_target_does_not_break_it_again() {
    for (target, _) in targets() {
        for input in inputs("regressions", target) {
            run(target, &input);
        }
    }
}
