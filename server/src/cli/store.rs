//! `gridpass store`: the database as a whole.

use std::error::Error;
use std::path::PathBuf;

use clap::Subcommand;
use gridpass_provider::{CopyStep, Database, PostgresAddress, copy_store};

use crate::config::{Config, DatabaseAddress};

#[derive(Debug, Subcommand)]
pub(super) enum StoreVerb {
    /// Copy the file of SQLite into an empty database of PostgreSQL. Stop the portal before: nothing
    /// can be written meanwhile. After an interruption the same command goes on.
    Copy {
        /// Where to: `postgres://user@host/database`.
        #[arg(long)]
        to: PostgresAddress,
        /// Holds the password, in one line.
        #[arg(long)]
        password_file: Option<PathBuf>,
        /// The CAs that the server's certificate may be of, PEM.
        #[arg(long)]
        ca_file: Option<PathBuf>,
    },
}

pub(super) fn run(config: &Config, verb: StoreVerb) -> Result<(), Box<dyn Error>> {
    let StoreVerb::Copy {
        to,
        password_file,
        ca_file,
    } = verb;
    let Database::File(from) = config.installation()?.database else {
        return Err(
            "the database of the configuration is in PostgreSQL: there is nothing to copy".into(),
        );
    };
    let target = DatabaseAddress {
        url: Some(to),
        password_file,
        ca_file,
    };
    let Database::Postgres(to) = target.open(&config.data_dir)? else {
        return Err("`--to` is an address of PostgreSQL".into());
    };
    let copied = copy_store(&from, &to, &mut tell)?;
    let rows: u64 = copied.iter().map(|table| table.rows).sum();
    for table in copied.iter().filter(|table| table.rows > 0) {
        let hash: String = table.hash[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        println!("{:<26} {:>10} rows  {hash}…", table.name, table.rows);
    }
    println!(
        "{rows} rows in {} tables are at {to} and the same as in {}. Set `database.url`, keep the key \
         file, start the portal, and use the old file no more.",
        copied.len(),
        from.display()
    );
    Ok(())
}

fn tell(step: &CopyStep) {
    match step {
        CopyStep::Again => eprintln!("the source has changed since the copy began: from the start"),
        CopyStep::Copied { table, rows, of } => eprintln!("{table}: {rows} of {of} rows"),
        CopyStep::Verified { table } => eprintln!("{table}: the same at both ends"),
    }
}
