//! Which database this is, and of which version.

use gridpass_protocol::UnixTime;

use super::{Connection, RowReader, StoreError, migrate, params, seconds, sql};

/// The schema that this binary makes.
pub(crate) const KNOWN_SCHEMA: u64 = migrate::newest();

/// What a database says of itself.
pub(crate) struct Identity {
    /// Tells the key file that it was made with; none before the first start is over.
    pub(crate) key_check: Option<Vec<u8>>,
    /// The secret of the vault under the key file of today, if the key file was exchanged.
    pub(crate) sealed_master: Option<Vec<u8>>,
    /// When the key file was last exchanged, or made.
    pub(crate) key_file_since: Option<UnixTime>,
    pub(crate) schema: u64,
    /// Whether a newer Gridpass took away what this one needs.
    pub(crate) is_outgrown: bool,
}

/// Reads two rows, and those of migrations that this binary does not know.
pub(crate) fn find(connection: &Connection) -> Result<Identity, StoreError> {
    let schema: Option<i64> = connection
        .prepare_cached("SELECT MAX(version) FROM schema_migrations")?
        .query_row([], |row| row.get(0))?;
    let schema = schema.map_or(0, i64::unsigned_abs);
    // An older one, as in a backup, says nothing about that.
    let is_newer = schema > KNOWN_SCHEMA;
    let mut identity = Identity {
        key_check: None,
        sealed_master: None,
        key_file_since: None,
        schema,
        is_outgrown: is_newer && migrate::newer(connection)? == migrate::Newer::Refuses,
    };
    let mut statement = connection.prepare_cached(
        "SELECT id, key_check, sealed_master, COALESCE(key_file_since, made_at) FROM installation
         WHERE id = 1",
    )?;
    let mut rows = statement.query(params![])?;
    if let Some(row) = rows.next()? {
        let row = RowReader::new(row, "installation");
        let _: i64 = row.value("id")?;
        identity.key_check = row.value("key_check")?;
        identity.sealed_master = row.value("sealed_master")?;
        identity.key_file_since = Some(row.time("key_file_since")?);
    }
    Ok(identity)
}

/// From now on the key file that `new` was sealed under opens the vault. Nothing is written, and
/// `false` returned, if somebody else has exchanged it since `old` was read.
pub(crate) fn exchange_key_file(
    connection: &Connection,
    old: Option<&[u8]>,
    new: &[u8],
    now: UnixTime,
) -> Result<bool, StoreError> {
    let rows = connection
        .prepare_cached(sql!(
            "UPDATE installation SET sealed_master = $2, key_file_since = $3
             WHERE id = 1 AND COALESCE(sealed_master, key_check) = COALESCE($1, key_check)"
        ))?
        .execute(params![old, new, seconds(now)])?;
    Ok(rows == 1)
}
