//! Figures: what the tools left, as one file, as a table, and beside those of another run.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::machine::Machine;
use crate::process::{Failure, Result};

/// One figure, as a tool leaves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Figure {
    pub bench: String,
    pub name: String,
    pub value: f64,
    pub unit: String,
}

impl Figure {
    /// A line each.
    pub(super) fn read_lines(lines: &str) -> Result<Vec<Self>> {
        lines
            .lines()
            .map(|line| {
                serde_json::from_str(line)
                    .map_err(|error| Failure(format!("a tool left {line:?}: {error}")))
            })
            .collect()
    }

    fn is(&self, other: &Self) -> bool {
        self.bench == other.bench && self.name == other.name && self.unit == other.unit
    }
}

/// The figures of one run.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Run {
    pub machine: Machine,
    /// Whether it was only to show that it works.
    pub quick: bool,
    pub figures: Vec<Figure>,
}

impl Run {
    pub(super) const fn new(machine: Machine, quick: bool, figures: Vec<Figure>) -> Self {
        Self {
            machine,
            quick,
            figures,
        }
    }

    /// One that was kept.
    pub(super) fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file)
            .map_err(|error| Failure(format!("{}: {error}", file.display())))?;
        serde_json::from_str(&text)
            .map_err(|error| Failure(format!("{} holds no figures: {error}", file.display())))
    }

    /// Writes `<date>.json` and `<date>.md`.
    pub(super) fn keep(&self, folder: &Path) -> Result<(PathBuf, PathBuf)> {
        let json = folder.join(format!("{}.json", self.machine.date));
        let markdown = json.with_extension("md");
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Failure(format!("the figures cannot be written: {error}")))?;
        fs::write(&json, text + "\n")?;
        fs::write(&markdown, self.table())?;
        Ok((json, markdown))
    }

    fn table(&self) -> String {
        let mut table = format!("{}\n", self.machine);
        if self.quick {
            table.push_str(
                "\nA quick run: it shows that the tools work, its figures say nothing.\n",
            );
        }
        table.push_str("\n| bench | figure | value | unit |\n|---|---|---:|---|\n");
        for Figure {
            bench,
            name,
            value,
            unit,
        } in &self.figures
        {
            // Nothing can go wrong in writing to memory.
            let _ = writeln!(table, "| {bench} | {name} | {} | {unit} |", shown(*value));
        }
        table
    }

    /// These figures beside older ones: what is in both, and what is in one alone.
    pub(super) fn against(&self, before: &Self) -> String {
        let mut table = format!("now: {}\nbefore: {}\n", self.machine, before.machine);
        if self.machine.cpu != before.machine.cpu || self.machine.cores != before.machine.cores {
            table.push_str(
                "\nThese are different machines: the ratios tell of both, machine and code.\n",
            );
        }
        table.push_str(
            "\n| bench | figure | before | now | unit | ratio | |\n|---|---|---:|---:|---|---:|---|\n",
        );
        for now in &self.figures {
            let Some(was) = before.figures.iter().find(|was| was.is(now)) else {
                let _ = writeln!(
                    table,
                    "| {} | {} | | {} | {} | | new |",
                    now.bench,
                    now.name,
                    shown(now.value),
                    now.unit
                );
                continue;
            };
            let ratio = now.value / was.value;
            let _ = writeln!(
                table,
                "| {} | {} | {} | {} | {} | {ratio:.2} | {} |",
                now.bench,
                now.name,
                shown(was.value),
                shown(now.value),
                now.unit,
                verdict(ratio, &now.unit)
            );
        }
        for gone in &before.figures {
            if !self.figures.iter().any(|now| now.is(gone)) {
                let _ = writeln!(
                    table,
                    "| {} | {} | {} | | {} | | not measured |",
                    gone.bench,
                    gone.name,
                    shown(gone.value),
                    gone.unit
                );
            }
        }
        table
    }
}

/// Beyond what two runs of the same code differ by.
const NOISE: f64 = 0.1;

fn verdict(ratio: f64, unit: &str) -> &'static str {
    let more_is_better = match unit {
        "1/s" => true,
        "" => return "",
        _ => false,
    };
    if (1.0 - NOISE..=1.0 + NOISE).contains(&ratio) {
        "same"
    } else if (ratio > 1.0) == more_is_better {
        "better"
    } else {
        "worse"
    }
}

/// With as many digits as tell something.
fn shown(value: f64) -> String {
    if value.abs() >= 100.0 {
        format!("{value:.0}")
    } else if value.abs() >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(figures: &str) -> Run {
        let machine = Machine {
            date: "2026-11-21T000000Z".to_owned(),
            cpu: "a CPU".to_owned(),
            cores: 2,
            memory_mib: 1024,
            kernel: "6.1".to_owned(),
            disk: "/dev/vda ext4".to_owned(),
            fsync_us: 500,
            commit: "abc".to_owned(),
        };
        Run::new(machine, false, Figure::read_lines(figures).unwrap())
    }

    fn line(name: &str, value: f64, unit: &str) -> String {
        format!("{{\"bench\":\"a\",\"name\":\"{name}\",\"value\":{value},\"unit\":\"{unit}\"}}\n")
    }

    #[test]
    fn more_a_second_is_better_and_more_milliseconds_are_worse() {
        let before = run(&(line("polls", 1000.0, "1/s") + &line("polls, p99", 10.0, "ms")));
        let now = run(&(line("polls", 1500.0, "1/s") + &line("polls, p99", 15.0, "ms")));
        let table = now.against(&before);
        assert!(
            table.contains("| a | polls | 1000 | 1500 | 1/s | 1.50 | better |"),
            "{table}"
        );
        assert!(
            table.contains("| a | polls, p99 | 10.0 | 15.0 | ms | 1.50 | worse |"),
            "{table}"
        );
        assert!(now.against(&now).contains("| 1.00 | same |"));
    }

    #[test]
    fn what_is_in_one_run_alone_is_shown() {
        let table = run(&line("new", 1.0, "s")).against(&run(&line("gone", 2.0, "s")));
        assert!(
            table.contains("| a | new | | 1.000 | s | | new |"),
            "{table}"
        );
        assert!(
            table.contains("| a | gone | 2.000 | | s | | not measured |"),
            "{table}"
        );
    }

    #[test]
    fn a_run_is_read_as_it_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let run = run(&line("polls", 1000.5, "1/s"));
        let (json, markdown) = run.keep(folder.path()).unwrap();
        assert_eq!(Run::read(&json).unwrap(), run);
        let table = fs::read_to_string(markdown).unwrap();
        assert!(table.contains("a CPU, 2 cores"), "{table}");
        assert!(
            table.contains("| a | polls | 1000 | 1/s |") || table.contains("| 1001 |"),
            "{table}"
        );
    }
}
