//! Reading the audit: of one enrollment, page by page, from end to end.

use std::collections::BTreeMap;

use gridpass_protocol::{UnixTime, b64u};

use super::Actor;
use crate::{
    Gridpass,
    id::{EnrollmentId, ProviderId, StaffId},
    staff::{NotAllowed, Permission, StaffSession, person},
    store::{Connection, RowReader, Rows, StoreError, params, sql},
};

/// How many entries a page looks at, at most: a filter that few entries pass takes several pages.
const LOOKED_AT: u32 = 20_000;

/// One entry as read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place among the entries of its provider, from 1.
    pub seq: u64,
    /// When.
    pub at: UnixTime,
    /// Who.
    pub actor: String,
    /// What, `<stage>.<verb>`.
    pub action: String,
    /// `ok`, or the name of the refusal.
    pub result: String,
    /// To which enrollment.
    pub enrollment: Option<EnrollmentId>,
    /// In which request.
    pub request_id: Option<String>,
    /// From which address.
    pub client: Option<String>,
    /// Facts worth keeping, a JSON object.
    pub detail: String,
    /// Ties it to the entry before.
    pub hash: [u8; 32],
}

impl AuditEntry {
    /// As one line of an export.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let detail: serde_json::Value = serde_json::from_str(&self.detail)
            .unwrap_or_else(|_| serde_json::Value::String(self.detail.clone()));
        serde_json::json!({
            "seq": self.seq,
            "at": self.at,
            "actor": self.actor,
            "action": self.action,
            "result": self.result,
            "enrollment": self.enrollment,
            "request_id": self.request_id,
            "client": self.client,
            "detail": detail,
            "hash": b64u(&self.hash),
        })
    }
}

/// Which entries are looked for. What is empty does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// How the actor begins, as `staff:`.
    pub actor: String,
    /// How the action begins, as `enrollment.`.
    pub action: String,
    /// The whole result, as `ok`.
    pub result: String,
}

/// Some entries, youngest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// Where the next page goes on; `None` at the end.
    pub older_than: Option<u64>,
    /// The names of the members of staff among the actors, by how the entries call them.
    pub names: BTreeMap<String, String>,
}

impl Gridpass {
    /// The entries of the provider that pass a filter, youngest first, `most` at once.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn audit_page<E: From<NotAllowed> + From<StoreError>>(
        &self,
        staff: &StaffSession,
        filter: &AuditFilter,
        older_than: Option<u64>,
        most: u32,
    ) -> Result<AuditPage, E> {
        self.require::<E>(staff, Permission::ReadAudit, &Actor::staff(staff))?;
        Ok(self.store.read(|connection| {
            let mut page = page(connection, &staff.provider, filter, older_than, most)?;
            for entry in &page.entries {
                let Some(id) = staff_of(&entry.actor) else {
                    continue;
                };
                if !page.names.contains_key(&entry.actor)
                    && let Some(person) = person::find(connection, &staff.provider, id)?
                {
                    page.names.insert(entry.actor.clone(), person.name);
                }
            }
            Ok::<_, StoreError>(page)
        })?)
    }

    /// The entries of a provider after `seq`, oldest first, `most` at once: the whole audit, a
    /// piece at a time.
    ///
    /// # Errors
    /// The database failed.
    pub fn audit_after(
        &self,
        provider: &ProviderId,
        seq: u64,
        most: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        self.store
            .read(|connection| after(connection, provider, seq, most))
    }
}

macro_rules! select {
    ($rest:literal) => {
        sql!(concat!(
            "SELECT seq, at, actor, action, result, enrollment_id, request_id, client, detail,
                 hash ",
            $rest
        ))
    };
}

pub(crate) const OF_ENROLLMENT: &str =
    select!("FROM audit_entries WHERE provider_id = $1 AND enrollment_id = $2 ORDER BY seq");

/// The entries of an enrollment, oldest first.
pub(crate) fn of_enrollment(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
) -> Result<Vec<AuditEntry>, StoreError> {
    let mut statement = connection.prepare_cached(OF_ENROLLMENT)?;
    collect(statement.query(params![provider.as_str(), enrollment.as_bytes()])?)
}

pub(super) fn after(
    connection: &Connection,
    provider: &ProviderId,
    seq: u64,
    most: u32,
) -> Result<Vec<AuditEntry>, StoreError> {
    let mut statement = connection.prepare_cached(select!(
        "FROM audit_entries WHERE provider_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"
    ))?;
    collect(statement.query(params![provider.as_str(), place(seq), most])?)
}

fn page(
    connection: &Connection,
    provider: &ProviderId,
    filter: &AuditFilter,
    older_than: Option<u64>,
    most: u32,
) -> Result<AuditPage, StoreError> {
    let before = older_than.map_or(i64::MAX, place);
    let mut statement = connection.prepare_cached(select!(
        "FROM audit_entries WHERE provider_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), before, LOOKED_AT])?;
    let mut entries = Vec::new();
    let (mut looked_at, mut last) = (0, None);
    while let Some(row) = rows.next()? {
        let entry = read(&RowReader::new(row, "audit_entries"))?;
        looked_at += 1;
        last = Some(entry.seq);
        if filter.passes(&entry) {
            entries.push(entry);
        }
        if entries.len() >= most as usize {
            break;
        }
    }
    let is_cut = entries.len() >= most as usize || looked_at == LOOKED_AT;
    Ok(AuditPage {
        entries,
        older_than: last.filter(|seq| is_cut && *seq > 1),
        names: BTreeMap::new(),
    })
}

impl AuditFilter {
    fn passes(&self, entry: &AuditEntry) -> bool {
        entry.actor.starts_with(&self.actor)
            && entry.action.starts_with(&self.action)
            && (self.result.is_empty() || entry.result == self.result)
    }
}

/// The member of staff whom an entry names.
fn staff_of(actor: &str) -> Option<StaffId> {
    let id = actor.strip_prefix("staff:")?.parse().ok()?;
    Some(StaffId::from_uuid(id))
}

fn place(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

fn collect(mut rows: Rows<'_>) -> Result<Vec<AuditEntry>, StoreError> {
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(read(&RowReader::new(row, "audit_entries"))?);
    }
    Ok(entries)
}

fn read(row: &RowReader<'_>) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        seq: row.parsed("seq", |seq: i64| u64::try_from(seq).ok())?,
        at: row.time("at")?,
        actor: row.value("actor")?,
        action: row.value("action")?,
        result: row.value("result")?,
        enrollment: row
            .value::<Option<_>>("enrollment_id")?
            .map(EnrollmentId::from_bytes),
        request_id: row.value("request_id")?,
        client: row.value("client")?,
        detail: row.value("detail")?,
        hash: row.bytes("hash")?,
    })
}
