//! What the person at the keyboard sees of a step.

use std::time::{Duration, Instant};

use crate::process::Result;

/// Says `what` and `how_long` it may take, does `work`, says how long it took.
pub(crate) fn step<T>(what: &str, how_long: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("• {what} — {how_long}");
    let start = Instant::now();
    let outcome = work();
    let took = seconds(start.elapsed());
    match &outcome {
        Ok(_) => println!("  done in {took}: {what}"),
        Err(_) => println!("  failed after {took}: {what}"),
    }
    outcome
}

/// Says that `what` needed nothing.
pub(crate) fn ready(what: &str) {
    println!("✓ {what}");
}

/// `4.2 s` below a minute, `3 min 12 s` above.
pub(crate) fn seconds(time: Duration) -> String {
    let whole = time.as_secs();
    if whole < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_for_people() {
        assert_eq!(seconds(Duration::from_millis(4230)), "4.2 s");
        assert_eq!(seconds(Duration::from_secs(192)), "3 min 12 s");
    }
}
