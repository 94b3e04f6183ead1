//! `gridpass ca`: the ceremony of a provider's CA.
//!
//! `init` and `sign-intermediate` belong to the machine that keeps the root. They read no
//! configuration and touch no database.

use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use gridpass_provider::ca::{CaKeyAlgorithm, OfflineRoot, SHORTEST_PASSPHRASE};
use gridpass_provider::{
    Actor, CaCeremony, CaConfig, Clock, IssuingKeyState, ProviderId, RandomSource,
};

use crate::config::Config;

/// A passphrase that is longer is a mistake.
const LONGEST_PASSPHRASE: u64 = 1024;
/// No file of the ceremony is longer, in bytes.
const LONGEST_FILE: u64 = 64 * 1024;

/// What the machine with the root does.
#[derive(Debug, Subcommand)]
pub(super) enum RootVerb {
    /// Make a root: its key under a passphrase in one file, its certificate in another.
    Init {
        /// The root's name in its certificate.
        #[arg(long)]
        name: String,
        /// `p-256` or `rsa-3072`.
        #[arg(long, default_value_t)]
        algorithm: CaKeyAlgorithm,
        /// How long it is good.
        #[arg(long, default_value_t = 20)]
        years: u32,
        /// The file to make for the key, mode 0600.
        #[arg(long)]
        key: PathBuf,
        /// The file to make for the certificate.
        #[arg(long)]
        certificate: PathBuf,
        #[command(flatten)]
        passphrase: Passphrase,
    },
    /// Sign the request of an issuing key by the root.
    SignIntermediate {
        /// The root's key.
        #[arg(long)]
        key: PathBuf,
        /// The root's certificate.
        #[arg(long)]
        certificate: PathBuf,
        /// The request, as `gridpass ca request` wrote it.
        #[arg(long)]
        request: PathBuf,
        /// How long the issuing key is good.
        #[arg(long, default_value_t = 3650)]
        days: u32,
        /// The file to make for its certificate.
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        passphrase: Passphrase,
    },
}

/// What the installation does.
#[derive(Debug, Subcommand)]
pub(super) enum IssuingVerb {
    /// Make an issuing key and write the request for its certificate.
    Request {
        #[arg(long)]
        provider: ProviderId,
        /// `p-256` or `rsa-3072`.
        #[arg(long, default_value_t)]
        algorithm: CaKeyAlgorithm,
        /// The file to make for the request.
        #[arg(long)]
        out: PathBuf,
    },
    /// Bring an issuing key into force by its certificate.
    Install {
        #[arg(long)]
        provider: ProviderId,
        /// PEM files in this order: the issuing certificate, those above it, the root.
        #[arg(required = true)]
        certificates: Vec<PathBuf>,
    },
    /// Follow the issuing key by a new one. Where the root is kept elsewhere this is a request.
    Rotate {
        #[arg(long)]
        provider: ProviderId,
        /// Of the new key, where the root is kept elsewhere: `p-256` or `rsa-3072`.
        #[arg(long, default_value_t)]
        algorithm: CaKeyAlgorithm,
        /// The file to make for the request, where the root is kept elsewhere.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Print the issuing keys of a provider.
    List {
        #[arg(long)]
        provider: ProviderId,
    },
}

/// Where the root's passphrase comes from; without either it is asked for. Never an argument:
/// those are seen by everybody on the machine.
#[derive(Debug, Args)]
pub(super) struct Passphrase {
    /// A file whose first line is the passphrase.
    #[arg(long, conflicts_with = "passphrase_stdin")]
    passphrase_file: Option<PathBuf>,
    /// Read the passphrase from standard input, up to the end of the line.
    #[arg(long)]
    passphrase_stdin: bool,
}

/// Whether a passphrase is typed to be remembered or to be recognised.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asking {
    ForANewOne,
    ForAnOldOne,
}

impl Passphrase {
    fn read(&self, asking: Asking) -> Result<String, Box<dyn Error>> {
        let text = match &self.passphrase_file {
            Some(file) => read_bounded(fs::File::open(file)?, LONGEST_PASSPHRASE)?,
            None if self.passphrase_stdin => read_bounded(io::stdin().lock(), LONGEST_PASSPHRASE)?,
            None => {
                let first = rpassword::prompt_password("Passphrase of the root: ")?;
                if asking == Asking::ForANewOne
                    && rpassword::prompt_password("Once more: ")? != first
                {
                    return Err("the two passphrases differ".into());
                }
                first
            }
        };
        let line = text.lines().next().unwrap_or_default();
        if asking == Asking::ForANewOne && line.chars().count() < SHORTEST_PASSPHRASE {
            return Err(
                format!("a passphrase has {SHORTEST_PASSPHRASE} characters at least").into(),
            );
        }
        Ok(line.to_owned())
    }
}

/// Carries out a step on the machine with the root.
pub(super) fn run_root(
    verb: RootVerb,
    clock: &dyn Clock,
    random: &dyn RandomSource,
) -> Result<(), Box<dyn Error>> {
    match verb {
        RootVerb::Init {
            name,
            algorithm,
            years,
            key,
            certificate,
            passphrase,
        } => {
            let passphrase = passphrase.read(Asking::ForANewOne)?;
            let root = OfflineRoot::make(&name, algorithm, years, clock.now(), random)?;
            let sealed = root.sealed_key_pem(&passphrase, random)?;
            write_new(&key, &sealed, 0o600)?;
            write_new(&certificate, &root.certificate_pem()?, 0o644)?;
            println!(
                "the root's key is in {}, its certificate in {}; keep the key and its passphrase apart, and both offline",
                key.display(),
                certificate.display()
            );
            Ok(())
        }
        RootVerb::SignIntermediate {
            key,
            certificate,
            request,
            days,
            out,
            passphrase,
        } => {
            let passphrase = passphrase.read(Asking::ForAnOldOne)?;
            let root = OfflineRoot::open(&read(&key)?, &read(&certificate)?, &passphrase)?;
            let issued = root.sign_intermediate(&read(&request)?, days, clock.now(), random)?;
            write_new(&out, &issued, 0o644)?;
            println!("the issuing certificate is in {}", out.display());
            Ok(())
        }
    }
}

/// Carries out a step on the installation.
pub(super) fn run_issuing(
    verb: IssuingVerb,
    config: &Config,
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
    actor: Actor,
) -> Result<(), Box<dyn Error>> {
    let ceremony = CaCeremony::open(config.installation()?, clock, random)?;
    match verb {
        IssuingVerb::Request {
            provider,
            algorithm,
            out,
        } => request(&ceremony, &provider, algorithm, &out, actor),
        IssuingVerb::Install {
            provider,
            certificates,
        } => {
            let mut chain = Vec::new();
            for file in certificates {
                chain.extend(split_pem(&read(&file)?));
            }
            let installed = ceremony.install(&provider, &chain, actor)?;
            println!(
                "issuing key {} of {provider} is installed; it issues in a quarter of a minute",
                installed.generation
            );
            Ok(())
        }
        IssuingVerb::Rotate {
            provider,
            algorithm,
            out,
        } => {
            let by_ceremony = config
                .providers
                .iter()
                .any(|known| known.id == provider && matches!(known.ca, CaConfig::Ceremony { .. }));
            if by_ceremony {
                let out = out.ok_or("the root is kept elsewhere: --out names the file for the request that it signs")?;
                return request(&ceremony, &provider, algorithm, &out, actor);
            }
            ceremony.rotate(&provider, actor)?;
            println!("{provider} has a new issuing key; it issues in a quarter of a minute");
            Ok(())
        }
        IssuingVerb::List { provider } => {
            for key in ceremony.issuing_keys(&provider)? {
                let state = match key.state {
                    IssuingKeyState::Requested => "requested",
                    IssuingKeyState::Issuing => "issuing",
                    IssuingKeyState::Retired => "retired",
                    IssuingKeyState::Ended => "ended",
                };
                println!("{}  {state:<9}  {}", key.generation, key.id);
            }
            Ok(())
        }
    }
}

fn request(
    ceremony: &CaCeremony,
    provider: &ProviderId,
    algorithm: CaKeyAlgorithm,
    out: &Path,
    actor: Actor,
) -> Result<(), Box<dyn Error>> {
    let request = ceremony.request(provider, algorithm, actor)?;
    write_new(out, &request, 0o644)?;
    println!(
        "the request is in {}; have the root sign it, then `gridpass ca install` the certificate",
        out.display()
    );
    Ok(())
}

fn read(file: &Path) -> Result<String, Box<dyn Error>> {
    let opened =
        fs::File::open(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    read_bounded(opened, LONGEST_FILE)
}

fn read_bounded(from: impl Read, most: u64) -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    from.take(most + 1).read_to_string(&mut text)?;
    if text.len() as u64 > most {
        return Err(format!("longer than {most} bytes").into());
    }
    Ok(text)
}

/// Makes a file; one that is there is never overwritten.
fn write_new(file: &Path, text: &str, mode: u32) -> Result<(), Box<dyn Error>> {
    let write = || {
        let mut made = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(file)?;
        made.write_all(text.as_bytes())?;
        made.sync_all()
    };
    write().map_err(|error: io::Error| format!("cannot make {}: {error}", file.display()).into())
}

/// The PEM blocks of a file, one text each.
fn split_pem(text: &str) -> Vec<String> {
    const BEGIN: &str = "-----BEGIN";
    text.split(BEGIN)
        .skip(1)
        .map(|rest| format!("{BEGIN}{}\n", rest.trim_end()))
        .collect()
}
