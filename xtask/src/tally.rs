//! How many tests passed and failed, read from what the test programs say at their end.

use std::ops::AddAssign;

/// Passed and failed tests.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub passed: usize,
    pub failed: usize,
}

impl Tally {
    pub(crate) const PASSED: Self = Self {
        passed: 1,
        failed: 0,
    };
    pub(crate) const FAILED: Self = Self {
        passed: 0,
        failed: 1,
    };
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// The programs whose summaries are understood.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Suite {
    /// `test result: ok. 3 passed; 0 failed; …`, once a test binary.
    Cargo,
    /// `  3 passed (1.2m)`, `  1 failed`, `  2 did not run`, each on a line.
    Playwright,
    /// `1 failed, 3 passed in 0.12s`.
    Pytest,
}

impl Suite {
    /// What this line adds.
    pub(crate) fn read(self, line: &str) -> Tally {
        let line = without_colours(line);
        let summary = match self {
            Self::Cargo => line
                .strip_prefix("test result: ")
                .and_then(|rest| rest.split_once(". "))
                .map(|(_, rest)| rest),
            Self::Playwright => line
                .strip_prefix("  ")
                .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())),
            Self::Pytest => line
                .rsplit_once(" in ")
                .map(|(rest, _)| rest.trim_start_matches(['=', ' '])),
        };
        let mut tally = Tally::default();
        for part in summary.unwrap_or_default().split([',', ';']) {
            let Some((number, word)) = part.trim().split_once(' ') else {
                continue;
            };
            let Ok(number) = number.parse::<usize>() else {
                continue;
            };
            match word.split_once(" (").map_or(word, |(word, _)| word) {
                "passed" => tally.passed += number,
                "failed" | "did not run" | "interrupted" | "flaky" | "error" | "errors" => {
                    tally.failed += number
                }
                _ => {}
            }
        }
        tally
    }
}

fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(suite: Suite, text: &str) -> (usize, usize) {
        let mut tally = Tally::default();
        for line in text.lines() {
            tally += suite.read(line);
        }
        (tally.passed, tally.failed)
    }

    #[test]
    fn cargo_summaries_add_up() {
        let text = "running 2 tests\ntest a ... ok\ntest result: ok. 12 passed; 0 failed; 1 ignored; 0 measured\n\
                    test result: FAILED. 3 passed; 2 failed; 0 ignored; finished in 0.01s";
        assert_eq!(read(Suite::Cargo, text), (15, 2));
    }

    #[test]
    fn playwright_tests_that_did_not_run_have_failed() {
        let text = "  ok 1 journey.spec.ts:3:1 › 4 passed (1s)\n\u{1b}[31m  2 failed\u{1b}[39m\n    [chromium] › a.spec.ts\n  1 flaky\n  3 did not run\n  20 passed (1.2m)";
        assert_eq!(read(Suite::Playwright, text), (20, 6));
    }

    #[test]
    fn pytest_errors_have_failed() {
        assert_eq!(
            read(
                Suite::Pytest,
                "===== 1 failed, 30 passed, 2 errors in 3.21s ====="
            ),
            (30, 3)
        );
        assert_eq!(read(Suite::Pytest, "45 passed in 12.01s"), (45, 0));
    }
}
