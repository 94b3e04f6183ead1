//! What people and systems see of mailboxes.

use gridpass_protocol::UnixTime;

use super::{Content, InstructedDevice, Originator, ParcelState, RECIPIENTS_AT_ONCE};
use crate::{
    id::{EnrollmentId, ParcelId, ProviderId},
    store::{Connection, RowReader, StoreError, params, sql},
};

/// A parcel as it stands at one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Names it.
    pub id: ParcelId,
    /// What is in it.
    pub content: Content,
    /// Who sent it.
    pub originator: Originator,
    /// What the staff or the provider call whoever sent it, if that is still known.
    pub sender: Option<String>,
    /// When it was sent.
    pub created_at: UnixTime,
    /// From when on it is of no use.
    pub expires_at: UnixTime,
    /// Where it stands.
    pub state: ParcelState,
    /// When it was first in an answer.
    pub delivered_at: Option<UnixTime>,
    /// When its receipt came.
    pub acknowledged_at: Option<UnixTime>,
    /// When it was over.
    pub closed_at: Option<UnixTime>,
    /// When that was, by the device's clock.
    pub device_at: Option<UnixTime>,
    /// What the device said about it.
    pub detail: Option<String>,
}

/// The youngest `most` of what lies or lay in a mailbox, youngest first.
pub(crate) fn letters(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    most: u32,
) -> Result<Vec<Letter>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT p.id, p.content, p.originator, p.originator_id, p.created_at, p.expires_at,
             r.state, r.delivered_at, r.acknowledged_at, r.closed_at, r.device_at, r.detail
         FROM parcel_recipients r
         JOIN parcels p ON p.provider_id = r.provider_id AND p.number = r.parcel
         WHERE r.provider_id = $1 AND r.enrollment_id = $2
         ORDER BY r.parcel DESC LIMIT $3"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), enrollment.as_bytes(), most])?;
    let mut letters = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "parcels");
        let id = ParcelId::from_bytes(row.bytes("id")?);
        let content = content(&row)?;
        let kind: String = row.value("originator")?;
        let originator = row.parsed("originator_id", |name: String| {
            Originator::parse(&kind, &name)
        })?;
        letters.push(Letter {
            id,
            content,
            sender: sender(connection, provider, &originator)?,
            originator,
            created_at: row.time("created_at")?,
            expires_at: row.time("expires_at")?,
            state: row.word("state")?,
            delivered_at: row.optional_time("delivered_at")?,
            acknowledged_at: row.optional_time("acknowledged_at")?,
            closed_at: row.optional_time("closed_at")?,
            device_at: row.optional_time("device_at")?,
            detail: row.value("detail")?,
        });
    }
    Ok(letters)
}

fn content(row: &RowReader<'_>) -> Result<Content, StoreError> {
    row.parsed("content", |json: String| serde_json::from_str(&json).ok())
}

fn sender(
    connection: &Connection,
    provider: &ProviderId,
    originator: &Originator,
) -> Result<Option<String>, StoreError> {
    let (text, id) = match originator {
        Originator::Staff(id) => (
            sql!("SELECT name FROM staff WHERE provider_id = $1 AND id = $2"),
            id.as_bytes(),
        ),
        Originator::Api(id) => (
            sql!("SELECT name FROM api_tokens WHERE provider_id = $1 AND id = $2"),
            id.as_bytes(),
        ),
        Originator::Event(_) => return Ok(None),
    };
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(params![provider.as_str(), id])?;
    Ok(match rows.next()? {
        Some(row) => Some(RowReader::new(row, "staff").value("name")?),
        None => None,
    })
}

/// An instruction that a system of the provider's own has sent.
pub(super) struct Sent {
    pub(super) name: String,
    pub(super) created_at: UnixTime,
    pub(super) expires_at: UnixTime,
}

/// The instruction with this id, if a system of the provider's own has sent it.
pub(super) fn instruction(
    connection: &Connection,
    provider: &ProviderId,
    id: ParcelId,
) -> Result<Option<Sent>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, content, created_at, expires_at FROM parcels
         WHERE provider_id = $1 AND id = $2 AND kind = 'instruction' AND originator = 'api'"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), id.as_bytes()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "parcels");
    let _: [u8; 16] = row.bytes("id")?;
    let Content::Instruction { name, .. } = content(&row)? else {
        return Err(row.corrupt("content"));
    };
    Ok(Some(Sent {
        name,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
    }))
}

/// Whether staff sent this instruction to this enrollment.
pub(super) fn is_from_desk(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    id: ParcelId,
) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT EXISTS (
             SELECT 1 FROM parcels p
             JOIN parcel_recipients r ON r.provider_id = p.provider_id AND r.parcel = p.number
             WHERE p.provider_id = $1 AND p.id = $2 AND p.kind = 'instruction'
                 AND p.originator = 'staff' AND r.enrollment_id = $3)"
    ))?;
    Ok(statement.query_row(
        params![provider.as_str(), id.as_bytes(), enrollment.as_bytes()],
        |row| row.get(0),
    )?)
}

/// Where a parcel stands at each device.
pub(super) fn devices(
    connection: &Connection,
    provider: &ProviderId,
    id: ParcelId,
) -> Result<Vec<InstructedDevice>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT enrollment_id, state, delivered_at, acknowledged_at, closed_at, device_at, detail
         FROM parcel_recipients
         WHERE provider_id = $1
             AND parcel = (SELECT number FROM parcels WHERE provider_id = $1 AND id = $2)
         ORDER BY enrollment_id LIMIT $3"
    ))?;
    let most = RECIPIENTS_AT_ONCE as i64;
    let mut rows = statement.query(params![provider.as_str(), id.as_bytes(), most])?;
    let mut devices = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "parcel_recipients");
        devices.push(InstructedDevice {
            enrollment: EnrollmentId::from_bytes(row.bytes("enrollment_id")?),
            state: row.word("state")?,
            delivered_at: row.optional_time("delivered_at")?,
            acknowledged_at: row.optional_time("acknowledged_at")?,
            closed_at: row.optional_time("closed_at")?,
            device_at: row.optional_time("device_at")?,
            detail: row.value("detail")?,
        });
    }
    Ok(devices)
}
