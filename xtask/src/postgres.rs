//! The PostgreSQL of one run of the tests.

use gridpass_testing_postgres::{Cluster, Durability};

use crate::process::{Failure, Result};
use crate::step::ready;

/// Starts one that nobody else sees and that ends with this program, however that ends.
pub(crate) fn start() -> Result<Cluster> {
    let cluster = Cluster::start(Durability::Fast).map_err(|error| Failure(error.to_string()))?;
    ready(&format!("PostgreSQL in {}", cluster.folder().display()));
    Ok(cluster)
}
