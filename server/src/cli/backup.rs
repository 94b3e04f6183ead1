//! `gridpass backup`, `gridpass restore`, `gridpass store verify`.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use gridpass_provider::backup::{
    BackupKey, BackupPassphrase, Manifest, Proof, SHORTEST_BACKUP_PASSPHRASE, restore,
};
use gridpass_provider::{Database, Gridpass};
use zeroize::Zeroizing;

use crate::config::Config;

/// A passphrase that is longer is a mistake.
const LONGEST_PASSPHRASE: u64 = 1024;

/// Back the whole database up into one file, beside running servers.
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to make; none is ever overwritten.
    #[arg(long)]
    to: PathBuf,
    /// Put the key file into it too, under a passphrase: whoever has both has the installation.
    #[arg(long)]
    with_key_file: bool,
    #[command(flatten)]
    passphrase: Passphrase,
}

/// Restore a backup where there is no database; it proves itself before it gets its name.
#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The backup.
    #[arg(long)]
    from: PathBuf,
    /// Restore into this folder instead of `data_dir`: to try a backup, or to look into it.
    #[arg(long)]
    into: Option<PathBuf>,
    #[command(flatten)]
    passphrase: Passphrase,
}

#[derive(Debug, Subcommand)]
pub(super) enum StoreVerb {
    /// Prove the database by reading all of it: sound, of this key file, everything opens, every entry
    /// of the audit follows from the one before.
    Verify {
        /// Print JSON: how many rows each table has and where the audits end, to be compared.
        #[arg(long)]
        json: bool,
    },
}

/// Where the passphrase of a key file in a backup comes from. Never an argument: those are seen by
/// everybody on the machine.
#[derive(Debug, Args)]
struct Passphrase {
    /// A file whose first line is the passphrase of the key file in the backup.
    #[arg(long)]
    passphrase_file: Option<PathBuf>,
}

impl Passphrase {
    fn read(&self) -> Result<Option<BackupPassphrase>, Box<dyn Error>> {
        self.passphrase_file
            .as_deref()
            .map(read_passphrase)
            .transpose()
    }

    /// One that nobody else has read from a file is asked for twice.
    fn read_or_ask(&self) -> Result<BackupPassphrase, Box<dyn Error>> {
        if let Some(passphrase) = self.read()? {
            return Ok(passphrase);
        }
        println!(
            "the passphrase of the key file in the backup, at least {SHORTEST_BACKUP_PASSPHRASE} characters"
        );
        let first = Zeroizing::new(rpassword::prompt_password("Passphrase: ")?);
        let again = Zeroizing::new(rpassword::prompt_password("Once more: ")?);
        if first != again {
            return Err("the two passphrases differ".into());
        }
        Ok(BackupPassphrase::new(first)?)
    }
}

fn read_passphrase(file: &Path) -> Result<BackupPassphrase, Box<dyn Error>> {
    let failed = |error: io::Error| format!("cannot read {}: {error}", file.display());
    let mut text = Zeroizing::new(String::new());
    File::open(file)
        .map_err(failed)?
        .take(LONGEST_PASSPHRASE)
        .read_to_string(&mut text)
        .map_err(failed)?;
    let line = text.lines().next().unwrap_or_default().to_owned();
    Ok(BackupPassphrase::new(Zeroizing::new(line))?)
}

pub(super) fn back_up(
    gridpass: &Gridpass,
    config: &Config,
    wanted: &Backup,
) -> Result<(), Box<dyn Error>> {
    let installation = config.installation()?;
    let passphrase = if wanted.with_key_file {
        Some(wanted.passphrase.read_or_ask()?)
    } else {
        None
    };
    let key = passphrase.as_ref().map(|passphrase| BackupKey {
        file: &installation.key_file,
        passphrase,
    });
    let manifest = gridpass.back_up(&wanted.to, key)?;
    println!("{} holds:", wanted.to.display());
    print_manifest(&manifest);
    if !wanted.with_key_file {
        println!(
            "it opens with the key file {} alone: keep a copy of that elsewhere",
            installation.key_file.display()
        );
    }
    Ok(())
}

/// Needs no installation that opens: there is none yet.
pub(super) fn bring_back(config: &Config, wanted: &Restore) -> Result<(), Box<dyn Error>> {
    let installation = config.installation()?;
    let database = match (&wanted.into, installation.database) {
        (Some(folder), _) => {
            super::make_private_folder(folder)?;
            folder.join("gridpass.sqlite")
        }
        (None, Database::File(file)) => file,
        (None, Database::Postgres(_)) => {
            return Err(
                "the database of the configuration is in PostgreSQL: restore with --into, then \
                        `gridpass store copy`"
                    .into(),
            );
        }
    };
    let restored = restore(
        &wanted.from,
        &database,
        &installation.key_file,
        wanted.passphrase.read()?.as_ref(),
    )?;
    println!("{} is restored:", database.display());
    print_manifest(&restored.manifest);
    print_proof(&restored.proof);
    if restored.key_file_restored {
        println!(
            "the key file {} came from the backup",
            installation.key_file.display()
        );
    }
    println!(
        "what happened after the backup is not in it: see \"After a restore\" in docs/operations.md"
    );
    Ok(())
}

pub(super) fn verify(gridpass: &Gridpass, verb: &StoreVerb) -> Result<(), Box<dyn Error>> {
    let StoreVerb::Verify { json } = verb;
    let proof = gridpass.verify_store()?;
    if *json {
        let findings: Vec<_> = proof.findings.iter().map(ToString::to_string).collect();
        println!(
            "{}",
            serde_json::json!({
                "schema": proof.schema,
                "tables": proof.tables,
                "opened": proof.opened,
                "audits": proof.audits,
                "findings": findings,
            })
        );
    } else {
        print_proof(&proof);
    }
    if proof.findings.is_empty() {
        return Ok(());
    }
    for finding in &proof.findings {
        eprintln!("{finding}");
    }
    Err("the database has not proven itself".into())
}

fn print_manifest(manifest: &Manifest) {
    let rows: u64 = manifest.tables.values().sum();
    println!("  made at      {} (Unix seconds)", manifest.made_at.0);
    println!("  by           Gridpass {}", manifest.version);
    println!("  schema       {}", manifest.schema);
    println!("  database     {} bytes", manifest.bytes);
    println!("  rows         {rows} in {} tables", manifest.tables.len());
}

fn print_proof(proof: &Proof) {
    println!("read and found:");
    for table in ["enrollments", "certificates", "accounts"] {
        let rows = proof.tables.get(table).copied().unwrap_or_default();
        println!("  {table:<12} {rows}");
    }
    println!("  {} sealed values opened", proof.opened);
    for end in &proof.audits {
        println!("  audit of {}: {} entries verified", end.provider, end.seq);
    }
}
