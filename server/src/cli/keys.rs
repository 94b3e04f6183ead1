//! `gridpass keys`: the keys that are not the CA's. Those of the CA have `gridpass ca`.

use std::error::Error;

use clap::Subcommand;
use gridpass_provider::{Gridpass, KeyState, ProviderId};

use crate::config::Config;

const DAY: u64 = 24 * 60 * 60;

#[derive(Debug, Subcommand)]
pub(super) enum KeysVerb {
    /// Print the key file's and every provider's keys, with their ages.
    List,
    /// Make a new key for confirmations of a provider. New labels name it; those that were printed before
    /// are confirmed with the one before until its end.
    Rotate {
        #[arg(long)]
        provider: ProviderId,
    },
    /// Exchange the key file for a new one, beside running servers. The old one is left as
    /// `<key file>.old`, because backups of before need it.
    ExchangeKeyFile,
}

pub(super) fn run(
    gridpass: &Gridpass,
    config: &Config,
    verb: &KeysVerb,
) -> Result<(), Box<dyn Error>> {
    match verb {
        KeysVerb::List => list(gridpass),
        KeysVerb::Rotate { provider } => {
            gridpass.rotate_provider_key(provider, super::operator())?;
            println!(
                "new labels of {provider} name a new key in 15 seconds, when every server knows it"
            );
            Ok(())
        }
        KeysVerb::ExchangeKeyFile => {
            let key_file = config.installation()?.key_file;
            let old = gridpass.exchange_key_file(&key_file, &super::operator())?;
            println!("{} is a new key file", key_file.display());
            println!(
                "  copy it to every server of this installation before it starts again, and to where key files are kept"
            );
            println!(
                "  {} opens backups of before and nothing else: move it to where those are kept, or destroy it",
                old.display()
            );
            Ok(())
        }
    }
}

fn list(gridpass: &Gridpass) -> Result<(), Box<dyn Error>> {
    let now = gridpass.clock_now();
    let file = gridpass.key_file()?;
    let how = if file.exchanged { "exchanged" } else { "made" };
    println!("key file  {how} {} days ago", now.since(file.since) / DAY);
    for provider in gridpass.provider_list() {
        println!("{}", provider.id);
        for key in gridpass.provider_keys(&provider.id)? {
            let state = match key.state {
                KeyState::Next => "next",
                KeyState::Current => "current",
                KeyState::Overlapping => "overlapping",
                KeyState::Ended => "ended",
            };
            println!(
                "  {}  {state:<11}  {} days old, good for {} more",
                key.fingerprint,
                now.since(key.not_before) / DAY,
                key.not_after.since(now) / DAY
            );
        }
    }
    Ok(())
}
