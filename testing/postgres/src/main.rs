//! Runs a PostgreSQL of its own and writes its address, until standard input ends.

use std::io::{self, Write};
use std::process::ExitCode;

use gridpass_testing_postgres::{Cluster, Durability};

fn main() -> ExitCode {
    let durability = match std::env::args().nth(1).as_deref() {
        None => Durability::Fast,
        Some("--durable") => Durability::Durable,
        Some(_) => {
            eprintln!("usage: gridpass-testing-postgres [--durable]");
            return ExitCode::FAILURE;
        }
    };
    let cluster = match Cluster::start(durability) {
        Ok(cluster) => cluster,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{}", cluster.url());
    let outcome = io::stdout()
        .flush()
        .and_then(|()| io::copy(&mut io::stdin(), &mut io::sink()));
    if outcome.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
