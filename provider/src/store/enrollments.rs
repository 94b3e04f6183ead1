//! Enrollments: rows in and out, and the one way to change their state.

use gridpass_protocol::{CsrContent, DeviceIdKind, KeyAlgorithm, OtpHash, TemporaryId, UnixTime};

use super::{
    Connection, Row, RowReader, StoreError,
    milestones::{self, Counted},
    params, seconds, sql,
};
use crate::{
    audit::{self, Actor},
    enrollment::{
        Active, BeforeHold, Cancelled, Expired, Issued, Locked, Open, Revoked, Serial, State,
        StateName, Superseded, Suspended, Transition,
    },
    id::{AccountId, EnrollmentId, ProviderId},
    outbox,
    registration::{Channel, EnrollmentKind},
    webhooks::{self, Change, Happening},
};

/// A new enrollment, ready to be written.
pub(crate) struct NewEnrollment {
    pub(crate) id: EnrollmentId,
    pub(crate) provider: ProviderId,
    pub(crate) temporary_id: TemporaryId,
    pub(crate) otp_hash: OtpHash,
    pub(crate) device: FiledDeviceId,
    pub(crate) kind: EnrollmentKind,
    pub(crate) channel: Channel,
    pub(crate) key_algorithm: KeyAlgorithm,
    pub(crate) csr_content: CsrContent,
    pub(crate) nickname: Option<String>,
    pub(crate) issued_at: UnixTime,
    pub(crate) expires_at: UnixTime,
}

/// A device ID as the database keeps it.
#[derive(Clone, Debug)]
pub(crate) struct FiledDeviceId {
    pub(crate) lookup: [u8; 32],
    pub(crate) sealed: Vec<u8>,
    pub(crate) hint: String,
    pub(crate) kind: DeviceIdKind,
}

/// An enrollment as read.
#[derive(Clone, Debug)]
pub(crate) struct Enrollment {
    pub(crate) id: EnrollmentId,
    pub(crate) provider: ProviderId,
    pub(crate) account: AccountId,
    pub(crate) temporary_id: TemporaryId,
    pub(crate) device: FiledDeviceId,
    pub(crate) kind: EnrollmentKind,
    pub(crate) channel: Channel,
    pub(crate) key_algorithm: KeyAlgorithm,
    pub(crate) nickname: Option<String>,
    pub(crate) issued_at: UnixTime,
    pub(crate) failures: u32,
    /// The certificate, DER, and until when it is good.
    pub(crate) certificate: Option<(Vec<u8>, UnixTime)>,
    pub(crate) state: State,
}

pub(crate) fn insert(
    connection: &Connection,
    new: &NewEnrollment,
    account: AccountId,
) -> Result<(), StoreError> {
    let csr_content =
        serde_json::to_string(&new.csr_content).expect("CSR content is a struct of strings");
    connection
        .prepare_cached(sql!(
            "INSERT INTO enrollments
                 (id, provider_id, account_id, temporary_id, otp_hash, device_lookup,
                  sealed_device_id, device_id_hint, device_id_kind, kind, channel, key_algorithm,
                  csr_content, nickname, issued_at, expires_at, previous_state, state, state_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                 'none', 'open', $15)"
        ))?
        .post(params![
            new.id.as_bytes(),
            new.provider.as_str(),
            account.as_bytes(),
            new.temporary_id.as_bytes(),
            new.otp_hash.as_bytes(),
            new.device.lookup,
            new.device.sealed,
            new.device.hint,
            kind_word(new.device.kind),
            new.kind.as_str(),
            new.channel.as_str(),
            new.key_algorithm.as_str(),
            csr_content,
            new.nickname,
            seconds(new.issued_at),
            seconds(new.expires_at),
        ])?;
    milestones::count(connection, &new.provider, new.id, Counted::Registered)
}

/// The beginning of every SELECT that [`read`] reads.
macro_rules! select {
    ($rest:literal) => {
        sql!(concat!(
            "SELECT e.id, e.provider_id, e.account_id, e.temporary_id, e.device_lookup,
        e.sealed_device_id, e.device_id_hint, e.device_id_kind, e.kind, e.channel,
        e.key_algorithm, e.nickname, f.failures, c.certificate, c.not_after,
        e.issued_at, e.expires_at, e.state, e.state_at, e.superseded_by, e.serial, e.reason,
        e.previous_state
    FROM enrollments e
    LEFT JOIN mapping_failures f
        ON f.provider_id = e.provider_id AND f.temporary_id = e.temporary_id
    LEFT JOIN certificates c ON c.provider_id = e.provider_id AND c.serial = e.serial",
            $rest
        ))
    };
}

/// The enrollment with this id, of whatever provider.
pub(crate) fn find(
    connection: &Connection,
    id: EnrollmentId,
) -> Result<Option<Enrollment>, StoreError> {
    let mut statement = connection.prepare_cached(select!(" WHERE e.id = $1"))?;
    let mut rows = statement.query(params![id.as_bytes()])?;
    rows.next()?.map(read).transpose()
}

/// The enrollments of an account, youngest first.
pub(crate) fn of_account(
    connection: &Connection,
    provider: &ProviderId,
    account: AccountId,
) -> Result<Vec<Enrollment>, StoreError> {
    let mut statement = connection.prepare_cached(select!(
        " WHERE e.provider_id = $1 AND e.account_id = $2 ORDER BY e.issued_at DESC, e.id"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), account.as_bytes()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn read(row: Row<'_>) -> Result<Enrollment, StoreError> {
    let row = RowReader::new(row, "enrollments");
    let id = EnrollmentId::from_bytes(row.bytes("id")?);
    let provider = row.word("provider_id")?;
    let account = AccountId::from_bytes(row.bytes("account_id")?);
    let temporary_id = TemporaryId::from_bytes(row.bytes("temporary_id")?);
    let device = FiledDeviceId {
        lookup: row.bytes("device_lookup")?,
        sealed: row.value("sealed_device_id")?,
        hint: row.value("device_id_hint")?,
        kind: row.parsed("device_id_kind", |word: String| kind_of(&word))?,
    };
    let kind = row.word("kind")?;
    let channel = row.word("channel")?;
    let key_algorithm = row.word("key_algorithm")?;
    let nickname = row.value("nickname")?;
    let failures = row.value::<Option<u32>>("failures")?.unwrap_or(0);
    let certificate: Option<Vec<u8>> = row.value("certificate")?;
    let not_after = row.parsed("not_after", |seconds: Option<i64>| {
        seconds.map_or(Some(None), |seconds| {
            Some(Some(UnixTime(u64::try_from(seconds).ok()?)))
        })
    })?;
    let certificate = certificate.zip(not_after);
    let (issued_at, state) = read_state(&row)?;
    Ok(Enrollment {
        id,
        provider,
        account,
        temporary_id,
        device,
        kind,
        channel,
        key_algorithm,
        nickname,
        issued_at,
        failures,
        certificate,
        state,
    })
}

/// Reads `issued_at, expires_at, state, state_at, superseded_by, serial, reason,
/// previous_state`.
pub(super) fn read_state(row: &RowReader<'_>) -> Result<(UnixTime, State), StoreError> {
    let issued_at = row.time("issued_at")?;
    let expires_at = row.time("expires_at")?;
    let name: StateName = row.word("state")?;
    let at = row.time("state_at")?;
    let superseded_by: Option<[u8; 16]> = row.value("superseded_by")?;
    let serial: Option<Vec<u8>> = row.value("serial")?;
    let reason: Option<String> = row.value("reason")?;
    let previous: String = row.value("previous_state")?;
    let serial = || {
        serial
            .as_deref()
            .and_then(Serial::from_bytes)
            .ok_or_else(|| row.corrupt("serial"))
    };
    let state = match name {
        StateName::Open => State::Open(Open {
            issued_at,
            expires_at,
        }),
        StateName::Issued => State::Issued(Issued {
            serial: serial()?,
            at,
        }),
        StateName::Active => State::Active(Active {
            serial: serial()?,
            at,
        }),
        StateName::Suspended => State::Suspended(Suspended {
            serial: serial()?,
            before: previous
                .parse()
                .ok()
                .and_then(BeforeHold::of)
                .ok_or_else(|| row.corrupt("previous_state"))?,
            at,
        }),
        StateName::Locked => State::Locked(Locked { at }),
        StateName::Expired => State::Expired(Expired { at }),
        StateName::Superseded => {
            let by = superseded_by.ok_or_else(|| row.corrupt("superseded_by"))?;
            State::Superseded(Superseded {
                by: EnrollmentId::from_bytes(by),
                at,
            })
        }
        StateName::Cancelled => State::Cancelled(Cancelled { at }),
        StateName::Revoked => {
            let reason = reason.ok_or_else(|| row.corrupt("reason"))?;
            State::Revoked(Revoked {
                serial: serial()?,
                reason,
                at,
            })
        }
    };
    Ok((issued_at, state))
}

/// An enrollment that stands in the way of a new mapping for its device.
pub(crate) struct Rival {
    pub(crate) id: EnrollmentId,
    pub(crate) account: AccountId,
    pub(crate) state: State,
}

/// The enrollments of a device that are open or hold a certificate.
pub(crate) fn rivals(
    connection: &Connection,
    provider: &ProviderId,
    device_lookup: &[u8; 32],
) -> Result<Vec<Rival>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, account_id, issued_at, expires_at, state, state_at, superseded_by, serial,
             reason, previous_state
         FROM enrollments WHERE provider_id = $1 AND device_lookup = $2
             AND state IN ('open', 'issued', 'active', 'suspended')"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), device_lookup])?;
    let mut rivals = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "enrollments");
        let id = EnrollmentId::from_bytes(row.bytes("id")?);
        let account = AccountId::from_bytes(row.bytes("account_id")?);
        let (_, state) = read_state(&row)?;
        rivals.push(Rival { id, account, state });
    }
    Ok(rivals)
}

/// The open enrollments whose time is over, at most `most` of them.
pub(crate) fn overdue(
    connection: &Connection,
    now: UnixTime,
    most: u32,
) -> Result<Vec<(ProviderId, EnrollmentId, State)>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, provider_id, issued_at, expires_at, state, state_at, superseded_by, serial,
             reason, previous_state
         FROM enrollments WHERE state = 'open' AND expires_at <= $1 LIMIT $2"
    ))?;
    let mut rows = statement.query(params![seconds(now), most])?;
    let mut overdue = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "enrollments");
        let id = EnrollmentId::from_bytes(row.bytes("id")?);
        let provider = row.word("provider_id")?;
        let (_, state) = read_state(&row)?;
        overdue.push((provider, id, state));
    }
    Ok(overdue)
}

/// Writes a transition and its audit entry. If the enrollment is no longer in the state that it leaves,
/// whoever waits for the job is told [`StoreError::Contended`], and nothing is written.
pub(crate) fn apply(
    connection: &Connection,
    provider: &ProviderId,
    id: EnrollmentId,
    transition: &Transition,
    actor: &Actor,
) -> Result<(), StoreError> {
    compare_and_set(connection, provider, id, transition)?;
    let (action, detail) = match transition.to() {
        State::Open(_) => ("enrollment.open", serde_json::json!({})),
        State::Issued(issued) => (
            "enrollment.issue",
            serde_json::json!({ "serial": issued.serial.to_string() }),
        ),
        State::Active(_) => ("enrollment.activate", serde_json::json!({})),
        State::Suspended(_) => ("enrollment.suspend", serde_json::json!({})),
        State::Locked(_) => ("enrollment.lock", serde_json::json!({})),
        State::Expired(_) => ("enrollment.expire", serde_json::json!({})),
        State::Superseded(superseded) => (
            "enrollment.supersede",
            serde_json::json!({ "by": superseded.by }),
        ),
        State::Cancelled(_) => ("enrollment.cancel", serde_json::json!({})),
        State::Revoked(revoked) => (
            "enrollment.revoke",
            serde_json::json!({ "reason": revoked.reason }),
        ),
    };
    let entry = audit::Entry {
        provider,
        at: transition.to().at(),
        actor,
        action,
        result: "ok",
        enrollment: Some(id),
        detail,
    };
    audit::append(connection, &entry)
}

/// Writes a transition without its audit entry, for a caller that writes one of its own.
pub(crate) fn compare_and_set(
    connection: &Connection,
    provider: &ProviderId,
    id: EnrollmentId,
    transition: &Transition,
) -> Result<(), StoreError> {
    let to = transition.to();
    let (superseded_by, reason) = match to {
        State::Superseded(superseded) => (Some(superseded.by.as_bytes()), None),
        State::Revoked(revoked) => (None, Some(revoked.reason.as_str())),
        _ => (None, None),
    };
    connection
        .prepare_cached(sql!(
            "UPDATE enrollments SET previous_state = state, state = $4, state_at = $5,
                 superseded_by = $6, serial = $7, reason = $8
             WHERE provider_id = $1 AND id = $2 AND state = $3"
        ))?
        .post_one(params![
            provider.as_str(),
            id.as_bytes(),
            transition.from().as_str(),
            to.name().as_str(),
            seconds(to.at()),
            superseded_by,
            to.serial().map(Serial::as_bytes),
            reason,
        ])?;
    // A label that was confirmed has left the outbox before; all others stop here.
    if transition.from() == StateName::Open && !matches!(to, State::Issued(_)) {
        outbox::void(connection, provider, id, to.at())?;
    }
    let change = Change {
        provider,
        enrollment: id,
        what: Happening::State(to.name()),
        at: to.at(),
    };
    webhooks::announce(connection, &change)?;
    match to {
        // Back from a hold is not there for the first time.
        State::Issued(issued) if transition.from() == StateName::Open => {
            milestones::confirm(connection, provider, id, issued.at)?;
        }
        State::Active(_) if transition.from() == StateName::Issued => {
            milestones::count(connection, provider, id, Counted::Active)?;
        }
        _ => {}
    }
    Ok(())
}

/// The certificate with this serial number is the one that counts now.
pub(crate) fn set_serial(
    connection: &Connection,
    provider: &ProviderId,
    id: EnrollmentId,
    serial: &Serial,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "UPDATE enrollments SET serial = $3 WHERE provider_id = $1 AND id = $2"
        ))?
        .post(params![provider.as_str(), id.as_bytes(), serial.as_bytes()])?;
    Ok(())
}

/// Notes that two holders of a device's key are suspected; tells whether that is news: nothing
/// has been noted since `known_until`.
pub(crate) fn suspect_clone(
    connection: &Connection,
    provider: &ProviderId,
    id: EnrollmentId,
    known_until: UnixTime,
    now: UnixTime,
) -> Result<bool, StoreError> {
    let changed = connection
        .prepare_cached(sql!(
            "UPDATE enrollments SET clone_suspected_at = $3
             WHERE provider_id = $1 AND id = $2
                 AND (clone_suspected_at IS NULL OR clone_suspected_at <= $4)"
        ))?
        .execute(params![
            provider.as_str(),
            id.as_bytes(),
            seconds(now),
            seconds(known_until)
        ])?;
    Ok(changed == 1)
}

/// Since when two holders of a device's key are suspected.
pub(crate) fn suspected_since(
    connection: &Connection,
    provider: &ProviderId,
    id: EnrollmentId,
) -> Result<Option<UnixTime>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT id, clone_suspected_at FROM enrollments WHERE provider_id = $1 AND id = $2"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), id.as_bytes()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "enrollments");
    let _: [u8; 16] = row.bytes("id")?;
    row.optional_time("clone_suspected_at")
}

/// Takes the suspicion back.
pub(crate) fn dismiss_suspicion(
    connection: &Connection,
    provider: &ProviderId,
    id: EnrollmentId,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "UPDATE enrollments SET clone_suspected_at = NULL
             WHERE provider_id = $1 AND id = $2"
        ))?
        .post(params![provider.as_str(), id.as_bytes()])?;
    Ok(())
}

fn kind_word(kind: DeviceIdKind) -> &'static str {
    match kind {
        DeviceIdKind::Mac => "mac",
        DeviceIdKind::Eui64 => "eui64",
        DeviceIdKind::Imei => "imei",
        DeviceIdKind::Udid => "udid",
        DeviceIdKind::Serial => "serial",
    }
}

pub(super) fn kind_of(word: &str) -> Option<DeviceIdKind> {
    [
        DeviceIdKind::Mac,
        DeviceIdKind::Eui64,
        DeviceIdKind::Imei,
        DeviceIdKind::Udid,
        DeviceIdKind::Serial,
    ]
    .into_iter()
    .find(|kind| kind_word(*kind) == word)
}
