//! Which database this is, and of which version.

use super::{Connection, StoreError, migrate};

/// The schema that this binary makes.
pub(crate) const KNOWN_SCHEMA: u64 = migrate::newest();

/// What a database says of itself.
pub(crate) struct Identity {
    /// Tells the key file that it was made with; none before the first start is over.
    pub(crate) key_check: Option<Vec<u8>>,
    pub(crate) schema: u64,
}

/// Reads two rows.
pub(crate) fn find(connection: &Connection) -> Result<Identity, StoreError> {
    let schema: Option<i64> = connection
        .prepare_cached("SELECT MAX(version) FROM schema_migrations")?
        .query_row([], |row| row.get(0))?;
    let mut statement =
        connection.prepare_cached("SELECT key_check FROM installation WHERE id = 1")?;
    let mut rows = statement.query([])?;
    let key_check = rows.next()?.map(|row| row.get(0)).transpose()?;
    Ok(Identity {
        key_check,
        schema: schema.map_or(0, i64::unsigned_abs),
    })
}
