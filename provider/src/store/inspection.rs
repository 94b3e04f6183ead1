//! Looking over a whole database: what is in it, and whether it is sound.

use std::{collections::BTreeMap, path::Path};

use super::{Connection, StoreError, params, sqlite};

/// How many rows each table has, by its name.
pub(crate) type Counts = BTreeMap<String, u64>;

/// A connection that cannot write, to a database of which nothing is known yet: its schema is left
/// as it is.
pub(crate) fn connect_unknown(path: &Path) -> Result<Connection, StoreError> {
    Ok(sqlite::connect_reader(path)?.into())
}

/// Writes the database as it is at one moment into a file that is there and empty. Whoever reads
/// or writes goes on.
pub(crate) fn snapshot(path: &Path, into: &Path) -> Result<(), StoreError> {
    Ok(sqlite::snapshot(path, into)?)
}

impl Connection {
    /// Counts the rows of every table.
    pub(crate) fn counts(&self) -> Result<Counts, StoreError> {
        let mut counts = Counts::new();
        for table in self.tables()? {
            // Names of our own migrations: letters, digits, underscores.
            let rows: i64 =
                self.query_row(&format!("SELECT COUNT(*) FROM {table}"), params![], |row| {
                    row.get(0)
                })?;
            counts.insert(table, rows.unsigned_abs());
        }
        Ok(counts)
    }

    fn tables(&self) -> Result<Vec<String>, StoreError> {
        let sql = match self.sqlite() {
            Some(_) => {
                "SELECT name FROM sqlite_master
                 WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
            }
            None => "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
        };
        self.texts(sql)
    }

    /// What is wrong with the pages, the indexes and the references of the database; nothing, if
    /// it is sound. PostgreSQL enforces references itself and has tools of its own for pages
    /// (`pg_amcheck`).
    pub(crate) fn damage(&self) -> Result<Vec<String>, StoreError> {
        if self.sqlite().is_none() {
            return Ok(Vec::new());
        }
        let mut damage = self.texts("PRAGMA integrity_check(20)")?;
        damage.retain(|line| line != "ok");
        let dangling = self.texts("SELECT DISTINCT \"table\" FROM pragma_foreign_key_check")?;
        damage.extend(
            dangling
                .into_iter()
                .map(|table| format!("{table} refers to rows that are not there")),
        );
        Ok(damage)
    }

    fn texts(&self, sql: &str) -> Result<Vec<String>, StoreError> {
        let mut statement = self.prepare_cached(sql)?;
        let mut rows = statement.query(params![])?;
        let mut texts = Vec::new();
        while let Some(row) = rows.next()? {
            texts.push(row.get(0)?);
        }
        Ok(texts)
    }
}
