//! From a file of SQLite to PostgreSQL, whole or not at all.
//!
//! The rows go in batches in the order of their primary keys, each batch a transaction at the
//! target, so what is there says how far the copy is: after any interruption the same call goes
//! on. The source is held against writing for the whole time. What it held when the copy began is
//! written down at the target, by table; a source that has changed since begins again. At the end
//! every table is read back and compared.

mod rows;
mod tables;

use std::path::Path;

use super::{
    Connection, Database, DatabaseError, PostgresAddress, StoreError, Value, migrate, params,
};
use rows::{Digest, Walk};
use tables::Table;

/// A table of a finished copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedTable {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// SHA-256 over all of them, the same at both ends.
    pub hash: [u8; 32],
}

/// How far a copy is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyStep {
    /// The source changed since the copy began: what was copied is taken back.
    Again,
    /// So many rows of a table are at the target.
    Copied {
        /// The table.
        table: String,
        /// The rows that are there.
        rows: u64,
        /// The rows that there will be.
        of: u64,
    },
    /// A table was read back and is the same.
    Verified {
        /// The table.
        table: String,
    },
}

/// Why a database was not copied. What is at the target stays, and the same call goes on from
/// there.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// There is no file to copy from.
    #[error("there is no database at {0}")]
    NoSource(String),
    /// Whoever writes to the source does not stop.
    #[error("the source is being written to: stop the server that runs on it ({0})")]
    InUse(StoreError),
    /// The target holds rows that no copy put there.
    #[error("the target holds rows of another installation in {0}: copy into an empty database")]
    NotEmpty(String),
    /// The target is a copy of another source.
    #[error("a copy of another installation is under way at the target")]
    OtherSource,
    /// What is at the target is not what was sent.
    #[error("the copy of {0} is not the same as its source: empty the target and copy again")]
    Different(String),
    /// One of the two databases cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DatabaseError> for CopyError {
    fn from(error: DatabaseError) -> Self {
        Self::Store(error.into())
    }
}

/// Holds the totals of a copy under way. While it is there, no portal opens the database.
const PROGRESS: &str = "store_copy";

/// Copies a file of SQLite into an empty database of PostgreSQL, or goes on with that. `observe`
/// hears of every step before the next one.
///
/// # Errors
/// See [`CopyError`].
pub fn copy_store(
    from: &Path,
    to: &PostgresAddress,
    observe: &mut dyn FnMut(&CopyStep),
) -> Result<Vec<CopiedTable>, CopyError> {
    if !from.is_file() {
        return Err(CopyError::NoSource(from.display().to_string()));
    }
    let source = Database::from(from).connect()?;
    migrate::migrate(&source)?;
    migrate::expect_nothing_newer(&source)?;
    // Nobody else writes to it until this connection is closed.
    source
        .begin()
        .map_err(|error| CopyError::InUse(error.into()))?;
    let target = Database::from(to.clone()).connect()?;
    migrate::migrate(&target)?;
    migrate::expect_nothing_newer(&target)?;
    let copy = Copy {
        tables: tables::in_order(&source)?,
        source,
        target,
    };
    let totals = copy.begin(observe)?;
    for (table, total) in copy.tables.iter().zip(&totals) {
        copy.copy_table(table, total, observe)?;
    }
    // Every plan was made for empty tables.
    copy.target.execute_batch("ANALYZE")?;
    for (table, total) in copy.tables.iter().zip(&totals) {
        if digest(&copy.target, table)? != *total {
            return Err(CopyError::Different(table.name.clone()));
        }
        observe(&CopyStep::Verified {
            table: table.name.clone(),
        });
    }
    copy.target
        .execute_batch(&format!("DROP TABLE {PROGRESS}"))?;
    let copied = copy.tables.iter().zip(totals);
    Ok(copied
        .map(|(table, total)| CopiedTable {
            name: table.name.clone(),
            rows: total.rows,
            hash: total.hash,
        })
        .collect())
}

/// Whether a copy into this database has not ended.
pub(super) fn is_under_way(connection: &Connection) -> Result<bool, DatabaseError> {
    connection.has_table(PROGRESS)
}

/// How much a table holds, and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Total {
    rows: u64,
    hash: [u8; 32],
}

struct Copy {
    source: Connection,
    target: Connection,
    tables: Vec<Table>,
}

impl Copy {
    /// What the source holds, by table. A target that is neither empty nor a copy of it under way
    /// is refused.
    fn begin(&self, observe: &mut dyn FnMut(&CopyStep)) -> Result<Vec<Total>, CopyError> {
        let totals = self
            .tables
            .iter()
            .map(|table| digest(&self.source, table))
            .collect::<Result<Vec<_>, _>>()?;
        if is_under_way(&self.target)? {
            if self.installation(&self.target)? != self.installation(&self.source)? {
                return Err(CopyError::OtherSource);
            }
            if self.written_down()? == self.named(&totals) {
                return Ok(totals);
            }
            observe(&CopyStep::Again);
            self.take_back()?;
        } else {
            self.check_empty()?;
        }
        self.write_down(&totals)?;
        Ok(totals)
    }

    /// Which installation a database is of, as far as the copy is: the table that comes first.
    fn installation(&self, connection: &Connection) -> Result<Option<Vec<u8>>, DatabaseError> {
        if connection.has_table(PROGRESS)? {
            let mut statement =
                connection.prepare_cached(&format!("SELECT source FROM {PROGRESS} LIMIT 1"))?;
            let mut rows = statement.query([])?;
            return rows.next()?.map(|row| row.get(0)).transpose();
        }
        let mut statement = connection.prepare_cached("SELECT key_check FROM installation")?;
        let mut rows = statement.query([])?;
        rows.next()?.map(|row| row.get(0)).transpose()
    }

    fn check_empty(&self) -> Result<(), CopyError> {
        for table in self.tables.iter().filter(|table| !table.is_of_schema()) {
            let sql = format!("SELECT 1 FROM {} LIMIT 1", table.name);
            if self.target.prepare_cached(&sql)?.exists([])? {
                return Err(CopyError::NotEmpty(table.name.clone()));
            }
        }
        Ok(())
    }

    fn named(&self, totals: &[Total]) -> Vec<(String, Total)> {
        let mut named: Vec<_> = self
            .tables
            .iter()
            .map(|table| table.name.clone())
            .zip(totals.iter().copied())
            .collect();
        named.sort_by(|one, other| one.0.cmp(&other.0));
        named
    }

    /// What the source held when the copy began.
    fn written_down(&self) -> Result<Vec<(String, Total)>, DatabaseError> {
        let sql = format!("SELECT name, total, hash FROM {PROGRESS} ORDER BY name");
        let mut statement = self.target.prepare_cached(&sql)?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let total = Total {
                rows: row.get(1)?,
                hash: row.get(2)?,
            };
            found.push((row.get(0)?, total));
        }
        Ok(found)
    }

    fn write_down(&self, totals: &[Total]) -> Result<(), CopyError> {
        let source = self.installation(&self.source)?.unwrap_or_default();
        self.in_transaction(|| {
            self.target.execute_batch(&format!(
                "CREATE TABLE {PROGRESS} (name TEXT NOT NULL PRIMARY KEY, source BYTEA NOT NULL,
                     total BIGINT NOT NULL, hash BYTEA NOT NULL)"
            ))?;
            for (name, total) in self.named(totals) {
                let rows = i64::try_from(total.rows).unwrap_or(i64::MAX);
                self.target.execute(
                    &format!("INSERT INTO {PROGRESS} VALUES (?1, ?2, ?3, ?4)"),
                    params![name, source, rows, total.hash],
                )?;
            }
            Ok(())
        })
    }

    /// Empties the target of what was copied.
    fn take_back(&self) -> Result<(), CopyError> {
        self.in_transaction(|| {
            for table in self.tables.iter().rev() {
                if !table.is_of_schema() {
                    self.target
                        .execute_batch(&format!("DELETE FROM {}", table.name))?;
                }
            }
            Ok(self
                .target
                .execute_batch(&format!("DROP TABLE {PROGRESS}"))?)
        })
    }

    fn copy_table(
        &self,
        table: &Table,
        total: &Total,
        observe: &mut dyn FnMut(&CopyStep),
    ) -> Result<(), CopyError> {
        if table.is_of_schema() {
            // The migrations have made the same rows; the end compares them.
            return Ok(());
        }
        let mut walk = Walk::of(table);
        let mut there = 0;
        if table.key.is_empty() {
            // What has no key has no place to go on from.
            self.in_transaction(|| {
                let emptied = format!("DELETE FROM {}", table.name);
                Ok(self.target.execute_batch(&emptied)?)
            })?;
        } else {
            there = rows::count(&self.target, table)?;
            walk.go_on_after(rows::last_key(&self.target, table)?);
        }
        while there < total.rows {
            let batch = walk.next(&self.source)?;
            if batch.is_empty() {
                return Err(CopyError::Different(table.name.clone()));
            }
            self.in_transaction(|| Ok(rows::insert(&self.target, table, &batch)?))?;
            there += batch.len() as u64;
            observe(&CopyStep::Copied {
                table: table.name.clone(),
                rows: there,
                of: total.rows,
            });
        }
        self.point_to_itself(table)
    }

    /// Rows that name others of their table get the name once all of them are there.
    fn point_to_itself(&self, table: &Table) -> Result<(), CopyError> {
        for column in &table.to_itself {
            let mut walk = Walk::of(table);
            loop {
                let batch = walk.next(&self.source)?;
                if batch.is_empty() {
                    break;
                }
                self.in_transaction(|| Ok(rows::set(&self.target, table, *column, &batch)?))?;
            }
        }
        Ok(())
    }

    fn in_transaction(
        &self,
        work: impl FnOnce() -> Result<(), CopyError>,
    ) -> Result<(), CopyError> {
        self.target.begin()?;
        match work() {
            Ok(()) => Ok(self.target.commit()?),
            Err(error) => {
                self.target.rollback()?;
                Err(error)
            }
        }
    }
}

/// What a table holds.
fn digest(connection: &Connection, table: &Table) -> Result<Total, DatabaseError> {
    let mut walk = Walk::of(table);
    let (mut digest, mut rows) = (Digest::new(), 0);
    loop {
        let batch = walk.next(connection)?;
        if batch.is_empty() {
            break;
        }
        rows += batch.len() as u64;
        batch.iter().for_each(|row: &Vec<Value>| digest.add(row));
    }
    Ok(Total {
        rows,
        hash: digest.end(),
    })
}
