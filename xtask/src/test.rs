//! `cargo xtask test`: every test there is, from a bare machine.

use std::time::{Duration, Instant};

use gridpass_testing_postgres::VARIABLE;

use crate::process::{Failure, Result, cargo, command, count, run};
use crate::step::seconds;
use crate::tally::{Suite, Tally};
use crate::{bundles, fuzz, node, packages, paths, postgres, python, site, soak, tools};

/// One part of the run, as the closing table shows it.
struct Part {
    name: &'static str,
    took: Duration,
    outcome: std::result::Result<Tally, String>,
}

/// The parts so far. A part that fails does not keep the others from running, unless they need what it makes.
#[derive(Default)]
struct Report {
    parts: Vec<Part>,
}

impl Report {
    /// Runs one part; `None` when it failed.
    fn part<T>(
        &mut self,
        name: &'static str,
        how_long: &str,
        work: impl FnOnce() -> Result<(T, Tally)>,
    ) -> Option<T> {
        println!("\n── {name} — {how_long}");
        let start = Instant::now();
        let outcome = work();
        let took = start.elapsed();
        let (made, outcome) = match outcome {
            Ok((made, tally)) => (Some(made), Ok(tally)),
            Err(Failure(why)) => {
                eprintln!("{name}: {why}");
                (None, Err(why))
            }
        };
        self.parts.push(Part {
            name,
            took,
            outcome,
        });
        made
    }

    /// Notes a part that could not be run.
    fn skipped(&mut self, name: &'static str, why: &str) {
        self.parts.push(Part {
            name,
            took: Duration::ZERO,
            outcome: Err(why.to_owned()),
        });
    }

    /// Prints the table and the last line; tells whether all is well.
    fn close(&self) -> bool {
        let mut total = Tally::default();
        let mut time = Duration::ZERO;
        println!(
            "\n{:<34} {:>12} {:>8} {:>8}",
            "part", "time", "passed", "failed"
        );
        for part in &self.parts {
            let tally = part.outcome.as_ref().copied().unwrap_or(Tally::FAILED);
            println!(
                "{:<34} {:>12} {:>8} {:>8}",
                part.name,
                seconds(part.took),
                tally.passed,
                tally.failed
            );
            total += tally;
            time += part.took;
        }
        println!("{:<34} {:>12}", "in all", seconds(time));
        for part in &self.parts {
            if let Err(why) = &part.outcome {
                println!("{}: {why}", part.name);
            }
        }
        println!("{} passed, {} failed", total.passed, total.failed);
        total.failed == 0
    }
}

/// A part that either works or does not.
fn whole<T>(work: Result<T>) -> Result<(T, Tally)> {
    work.map(|made| (made, Tally::PASSED))
}

fn suite(suite: Suite, mut command: std::process::Command) -> Result<((), Tally)> {
    count(suite, &mut command).map(|tally| ((), tally))
}

/// Runs everything; true when nothing failed.
pub(crate) fn test() -> Result<bool> {
    let mut report = Report::default();
    let tools = report.part("tools", "6 minutes on a new machine, else nothing", || {
        whole(tools::ensure())
    });
    let packages = report.part(
        "browser and judges",
        "1 minute on a new machine, else nothing",
        || whole(packages::ensure()),
    );
    let python = report.part(
        "Python packages",
        "half a minute on a new machine, else nothing",
        || whole(python::ensure()),
    );
    let node = report.part("Node packages", "seconds", || whole(node::ensure()));
    // Every part that follows may use it; it ends with this run.
    let postgres = packages.and_then(|()| {
        report.part("PostgreSQL for the tests", "seconds", || {
            whole(postgres::start())
        })
    });

    match &postgres {
        Some(postgres) => {
            report.part("native tests", "3 to 5 minutes the first time", || {
                let mut tests = cargo();
                tests
                    .args(["test", "--quiet", "--no-fail-fast"])
                    .args(bundles::NATIVE)
                    .env(VARIABLE, postgres.url());
                suite(Suite::Cargo, tests)
            });
            report.part("use cases on PostgreSQL", "3 to 5 minutes", || {
                let mut tests = cargo();
                // The same selection of packages as above: nothing is compiled twice.
                tests
                    .args(["test", "--quiet", "--no-fail-fast"])
                    .args(bundles::NATIVE)
                    .args(["--test", "use_cases"])
                    .env(VARIABLE, postgres.url())
                    .env("GRIDPASS_TEST_STORE", "postgres");
                suite(Suite::Cargo, tests)
            });
        }
        None => {
            for part in ["native tests", "use cases on PostgreSQL"] {
                report.skipped(part, "not run: there is no PostgreSQL");
            }
        }
    }
    // In the run above the server's choice of backend holds for all; here is the one of the browser.
    report.part("protocol as browsers run it", "half a minute", || {
        let mut tests = cargo();
        tests.args([
            "test",
            "--quiet",
            "--no-fail-fast",
            "--package",
            "gridpass-protocol",
        ]);
        suite(Suite::Cargo, tests)
    });
    report.part(
        "OpenADR as another client speaks it",
        "3 to 5 minutes the first time",
        || {
            let judge = paths::root().join("end2end/openadr");
            run(cargo().args(["build", "--quiet"]).current_dir(&judge))?;
            let mut tests = cargo();
            tests
                .args(["test", "--quiet"])
                .args(bundles::NATIVE)
                .args(["--bin", "gridpass", "openadr::judge", "--", "--ignored"])
                .env(
                    "GRIDPASS_OPENADR_JUDGE",
                    judge.join("target/debug/gridpass-openadr-judge"),
                );
            suite(Suite::Cargo, tests)
        },
    );
    report.part(
        "fuzz targets on their seeds",
        "2 minutes the first time",
        || suite(Suite::Cargo, fuzz::replay()),
    );
    report.part("what is in the bundles", "seconds", || {
        whole(bundles::check())
    });

    let site = match &tools {
        Some(tools) => report.part("site", "2 to 3 minutes the first time", || {
            whole(site::ensure(tools))
        }),
        None => {
            report.skipped("site", "not built: its tools are missing");
            None
        }
    };
    let server = report.part(
        "server and gateway",
        "seconds, after the native tests",
        || whole(soak::build_for_tests()),
    );
    if server.is_some() {
        report.part("soak: load, kills and faults", "2 minutes", || {
            whole(soak::short())
        });
    } else {
        report.skipped(
            "soak: load, kills and faults",
            "not run: a part it needs failed",
        );
    }
    let portal = site.is_some() && server.is_some() && packages.is_some();

    match python.filter(|_| portal) {
        Some(interpreter) => {
            report.part("independent client and judges", "1 to 2 minutes", || {
                let mut tests = command(interpreter);
                tests.args([
                    "-m",
                    "pytest",
                    "--quiet",
                    "-p",
                    "no:cacheprovider",
                    "end2end/independent",
                ]);
                tests
                    .env("PYTHONDONTWRITEBYTECODE", "1")
                    .env("GRIDPASS_BINARY", paths::server());
                suite(Suite::Pytest, tests)
            });
        }
        None => report.skipped(
            "independent client and judges",
            "not run: a part they need failed",
        ),
    }
    match node.filter(|()| portal) {
        Some(()) => {
            report.part("browser tests", "3 to 6 minutes", || {
                let mut tests = command(paths::root().join("end2end/node_modules/.bin/playwright"));
                tests.arg("test").current_dir(paths::root().join("end2end"));
                tests
                    .env("CHROMIUM_PATH", packages::browser()?)
                    .env("GRIDPASS_BINARY", paths::server());
                suite(Suite::Playwright, tests)
            });
        }
        None => report.skipped("browser tests", "not run: a part they need failed"),
    }
    Ok(report.close())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_part_fails_the_run_and_the_next_ones_still_run() {
        let mut report = Report::default();
        assert_eq!(
            report.part("first", "no time", || whole(Err::<(), _>(Failure(
                "broken".to_owned()
            )))),
            None
        );
        assert_eq!(report.part("second", "no time", || whole(Ok(7))), Some(7));
        assert_eq!(report.parts.len(), 2);
        assert!(!report.close());
    }

    #[test]
    fn a_failed_test_fails_the_run() {
        let mut report = Report::default();
        report.part("suite", "no time", || {
            Ok((
                (),
                Tally {
                    passed: 9,
                    failed: 1,
                },
            ))
        });
        assert!(!report.close());
    }

    #[test]
    fn what_could_not_run_has_failed() {
        let mut report = Report::default();
        report.skipped("suite", "no browser");
        assert!(!report.close());
    }
}
