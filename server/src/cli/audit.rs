//! `gridpass audit`: verifying the record of who did what, and taking it elsewhere.

use std::error::Error;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::Subcommand;
use gridpass_provider::{Gridpass, ProviderId};
use serde_json::json;

/// Entries that are read at once.
const PIECE: u32 = 1000;

#[derive(Debug, Subcommand)]
pub(super) enum AuditVerb {
    /// Verify that no entry was removed, changed, moved or cut off.
    Verify {
        #[arg(long)]
        provider: ProviderId,
        /// A file with checkpoints that were kept elsewhere, one a line: finds an older state of
        /// the whole database as well.
        #[arg(long)]
        checkpoints: Option<PathBuf>,
    },
    /// Print every entry as a line of JSON, and a checkpoint of the end last.
    Export {
        #[arg(long)]
        provider: ProviderId,
        /// Only entries after this one.
        #[arg(long, default_value_t = 0)]
        after: u64,
    },
}

pub(super) fn run(gridpass: &Gridpass, verb: AuditVerb) -> Result<(), Box<dyn Error>> {
    match verb {
        AuditVerb::Verify {
            provider,
            checkpoints,
        } => {
            let kept = match checkpoints {
                Some(file) => read_checkpoints(&std::fs::read_to_string(&file)?),
                None => Vec::new(),
            };
            verify(gridpass, &provider, &kept)
        }
        AuditVerb::Export { provider, after } => export(gridpass, &provider, after),
    }
}

/// A checkpoint a line, alone or as the last line of an export.
fn read_checkpoints(text: &str) -> Vec<String> {
    let checkpoint = |line: &str| match serde_json::from_str::<serde_json::Value>(line) {
        Ok(line) => line["checkpoint"].as_str().map(str::to_owned),
        Err(_) => Some(line.to_owned()),
    };
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .filter_map(checkpoint)
        .collect()
}

fn verify(
    gridpass: &Gridpass,
    provider: &ProviderId,
    kept: &[String],
) -> Result<(), Box<dyn Error>> {
    let report = gridpass.verify_audit(provider, kept)?;
    for finding in &report.findings {
        println!("{finding}");
    }
    if report.is_whole() {
        println!(
            "{provider}: {} entries and {} checkpoints, all as they were written",
            report.entries, report.checkpoints
        );
        Ok(())
    } else {
        Err(format!("the audit of {provider} is not as it was written").into())
    }
}

fn export(gridpass: &Gridpass, provider: &ProviderId, after: u64) -> Result<(), Box<dyn Error>> {
    if !gridpass
        .provider_list()
        .iter()
        .any(|known| known.id == *provider)
    {
        return Err(format!("there is no provider {provider}").into());
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let checkpoint = gridpass.audit_checkpoint(provider)?;
    let mut last = after;
    loop {
        let piece = gridpass.audit_after(provider, last, PIECE)?;
        let Some(youngest) = piece.last() else { break };
        last = youngest.seq;
        for entry in &piece {
            writeln!(out, "{}", entry.json())?;
        }
    }
    writeln!(out, "{}", json!({ "checkpoint": checkpoint }))?;
    out.flush()?;
    Ok(())
}
