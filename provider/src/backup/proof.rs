//! The proof of a database, by reading it: it is sound, it belongs to the key file, what is sealed
//! in it opens, and its audit is as it was written.

use std::fmt;

use super::{AuditEnd, BackupError, manifest};
use crate::{
    Gridpass, audit,
    id::{EnrollmentId, ProviderId},
    store::{
        Connection, RowReader, StoreError, identity, inspection::Counts, issuing_keys, params,
        provider_keys, sql,
    },
    vault::{Purpose, Vault},
};

/// How many device IDs of each provider are opened: the youngest.
const OPENED: u32 = 1000;

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The version of the schema.
    pub schema: u64,
    /// How many rows each table has.
    pub tables: Counts,
    /// How many sealed values were opened: keys of every provider, and the youngest device IDs.
    pub opened: u64,
    /// Where each audit ends; every entry of it was verified.
    pub audits: Vec<AuditEnd>,
    /// What is wrong. Nothing: the database has proven itself.
    pub findings: Vec<StoreFinding>,
}

/// Something is wrong with a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreFinding {
    /// Pages, indexes or references are damaged.
    Damage(String),
    /// It was made with another key file.
    KeyFile,
    /// Its schema is not the one that was backed up.
    Schema,
    /// A table does not have as many rows as were backed up.
    Rows(String),
    /// Something sealed does not open.
    Sealed(String),
    /// The audit of a provider is not as it was written.
    Audit(String),
}

impl fmt::Display for StoreFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damage(what) => write!(f, "damaged: {what}"),
            Self::KeyFile => f.write_str("the key file is not the one of this database"),
            Self::Schema => f.write_str("the schema has another version"),
            Self::Rows(table) => write!(f, "{table} has another number of rows"),
            Self::Sealed(what) => write!(f, "what is sealed does not open: {what}"),
            Self::Audit(provider) => {
                write!(f, "the audit of {provider} is not as it was written")
            }
        }
    }
}

impl Gridpass {
    /// Proves the database of this installation by reading all of it, beside running servers.
    ///
    /// # Errors
    /// The database cannot be read. What is wrong with it is no error but in the proof.
    pub fn verify_store(&self) -> Result<Proof, BackupError> {
        self.store
            .read(|connection| connection.in_one_look(|| prove(connection, &self.vault)))
    }
}

impl From<crate::store::DatabaseError> for BackupError {
    fn from(error: crate::store::DatabaseError) -> Self {
        Self::Store(error.into())
    }
}

/// Reads a database and says what is wrong with it.
pub(super) fn prove(connection: &Connection, vault: &Vault) -> Result<Proof, BackupError> {
    let mut findings: Vec<_> = connection
        .damage()?
        .into_iter()
        .map(StoreFinding::Damage)
        .collect();
    let identity = identity::find(connection)?;
    let mut opened = 0;
    if identity.key_check.as_deref() == Some(vault.check().as_slice()) {
        for provider in providers(connection)? {
            match open_sealed(connection, vault, &provider) {
                Ok(values) => opened += values,
                Err(StoreError::Corrupt { table, column, row }) => {
                    findings.push(StoreFinding::Sealed(format!("{table}, {column}, {row}")));
                }
                Err(error) => return Err(error.into()),
            }
            if !audit::is_whole(connection, vault, &provider)? {
                findings.push(StoreFinding::Audit(provider.to_string()));
            }
        }
    } else {
        findings.push(StoreFinding::KeyFile);
    }
    Ok(Proof {
        schema: identity.schema,
        tables: connection.counts()?,
        opened,
        audits: manifest::ends(connection)?,
        findings,
    })
}

fn providers(connection: &Connection) -> Result<Vec<ProviderId>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id FROM providers ORDER BY id")?;
    let mut rows = statement.query(params![])?;
    let mut providers = Vec::new();
    while let Some(row) = rows.next()? {
        providers.push(RowReader::new(row, "providers").word("id")?);
    }
    Ok(providers)
}

/// Opens the keys of a provider and its youngest device IDs; how many there were.
fn open_sealed(
    connection: &Connection,
    vault: &Vault,
    provider: &ProviderId,
) -> Result<u64, StoreError> {
    let mut opened = 0;
    for role in [provider_keys::Role::Root, provider_keys::Role::Provider] {
        opened += provider_keys::find(connection, provider, role, vault)?.len() as u64;
    }
    opened += issuing_keys::all(connection, provider, vault)?.len() as u64;
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, sealed_device_id FROM enrollments WHERE provider_id = $1
         ORDER BY issued_at DESC, id LIMIT $2"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), OPENED])?;
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "enrollments");
        let id = EnrollmentId::from_bytes(row.bytes("id")?);
        row.parsed("sealed_device_id", |sealed: Vec<u8>| {
            vault.open(Purpose::DeviceId, id.as_bytes(), &sealed).ok()
        })?;
        opened += 1;
    }
    Ok(opened)
}
