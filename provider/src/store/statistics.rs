//! What the planner of PostgreSQL knows of the tables.
//!
//! Autovacuum looks once a minute. Until then a table that has just filled, in a new installation or
//! with the first event, counts as empty: any index seems as good as the one that finds a row, and so
//! does reading everything. SQLite needs nothing of this.

use super::{Connection, StoreError, params, sql};

/// A table is looked at anew when so many of its rows are new, and more than half of them: so a table
/// that grows is looked at a few times, and autovacuum does the rest.
const LEAST: i64 = 500;

/// Has PostgreSQL look at the tables that are no longer what it takes them for; how many these were.
pub(super) fn refresh(connection: &Connection) -> Result<usize, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT relname FROM pg_stat_user_tables
         WHERE schemaname = current_schema() AND n_mod_since_analyze > $1
             AND n_mod_since_analyze > n_live_tup / 2"
    ))?;
    let mut rows = statement.query(params![LEAST])?;
    let mut tables: Vec<String> = Vec::new();
    while let Some(row) = rows.next()? {
        tables.push(row.get(0)?);
    }
    for table in &tables {
        connection.execute_batch(&format!("ANALYZE \"{table}\""))?;
    }
    Ok(tables.len())
}
