//! Which database a bench runs on.

use clap::ValueEnum;
use gridpass_provider::testkit;
use gridpass_testing_postgres::{Cluster, Durability};

use crate::Failure;

/// A kind of database, with commits that wait for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Database {
    /// A file.
    Sqlite,
    /// A cluster that ends with the bench.
    #[value(alias = "postgres")]
    Postgresql,
}

impl Database {
    /// As tables of figures write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgresql => "PostgreSQL",
        }
    }

    /// Its cluster; none for a file.
    ///
    /// # Errors
    /// PostgreSQL is not installed or does not start.
    pub fn start(self) -> Result<Option<Cluster>, Failure> {
        Ok(match self {
            Self::Sqlite => None,
            Self::Postgresql => Some(Cluster::start(Durability::Durable)?),
        })
    }
}

/// Has PostgreSQL look at what its tables hold now. By itself it does so within a minute, until which
/// it knows of no difference between two indexes that a search could go by.
///
/// # Errors
/// It cannot be reached.
pub fn analyze(cluster: &Cluster) -> Result<(), Failure> {
    Ok(testkit::database(&cluster.url().parse()?)?.execute_batch("ANALYZE")?)
}
