//! Which database the servers share, and what it holds in the end, read past all servers.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::Failure;

/// A database that several servers share.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file, for servers of one machine.
    Sqlite(PathBuf),
}

/// A certificate, as the database holds it.
pub(super) struct Certificate {
    pub(super) enrollment: [u8; 16],
    pub(super) serial: Vec<u8>,
    pub(super) key: Vec<u8>,
    pub(super) certificate: Vec<u8>,
}

impl Database {
    /// The file in a run's folder.
    #[must_use]
    pub fn file_in(folder: &Path) -> Self {
        Self::Sqlite(folder.join("gridpass.sqlite"))
    }

    /// What a report calls it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
        }
    }

    /// The settings that lead a server there.
    pub(super) fn settings(&self) -> Vec<(&'static str, String)> {
        match self {
            // Where servers look by themselves.
            Self::Sqlite(_) => Vec::new(),
        }
    }

    pub(super) fn certificates(&self) -> Result<Vec<Certificate>, Failure> {
        self.rows(
            "SELECT enrollment_id, serial, spki_hash, certificate FROM certificates",
            |row| {
                Ok(Certificate {
                    enrollment: row.get(0)?,
                    serial: row.get(1)?,
                    key: row.get(2)?,
                    certificate: row.get(3)?,
                })
            },
        )
    }

    /// The wrong one-time passwords by temporary id.
    pub(super) fn failures(&self) -> Result<Vec<([u8; 16], i64)>, Failure> {
        self.rows(
            "SELECT temporary_id, failures FROM mapping_failures",
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// What the audit says of each one-time password that was judged wrong, JSON.
    pub(super) fn judged(&self) -> Result<Vec<String>, Failure> {
        self.rows(
            "SELECT detail FROM audit_entries WHERE result = 'invalid-otp'",
            |row| row.get(0),
        )
    }

    fn rows<T>(
        &self,
        sql: &str,
        read: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Failure> {
        match self {
            Self::Sqlite(file) => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
                let connection = Connection::open_with_flags(file, flags)?;
                let mut statement = connection.prepare(sql)?;
                let rows = statement.query_map([], |row| read(row))?;
                Ok(rows.collect::<Result<_, _>>()?)
            }
        }
    }
}
