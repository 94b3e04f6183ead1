//! Figures of a whole installation, for whoever watches it: how much there is of what, how old
//! the oldest is.
//!
//! Each is one query a provider along an index. They read as many rows as they count, so whoever
//! asks does so now and then.

use gridpass_protocol::UnixTime;

use crate::{
    Gridpass,
    enrollment::StateName,
    id::ProviderId,
    installation::Provider,
    outbox::{DeliveryKind, DeliveryState},
    store::{Connection, RowReader, StoreError, params, seconds, sql},
};

const DAY: u64 = 24 * 60 * 60;

/// How an installation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// When they were read.
    pub at: UnixTime,
    /// Each provider's.
    pub providers: Vec<ProviderFigures>,
}

/// How a provider stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderFigures {
    /// Whose they are.
    pub provider: ProviderId,
    /// How many enrollments are in a state; a state that none is in may be missing.
    pub enrollments: Vec<(StateName, u64)>,
    /// What has not been delivered.
    pub outbox: Vec<OutboxFigure>,
    /// Devices in service and the end of their certificates.
    pub certificates: CertificateFigures,
    /// Parcels that lie in mailboxes, counted once for each device.
    pub mailbox_pending: u64,
    /// Of the revocation lists that are published, the one whose time is over first; none before
    /// the first was signed.
    pub revocation_list: Option<ListFigure>,
}

/// Messages of one kind in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxFigure {
    /// How they leave.
    pub kind: DeliveryKind,
    /// Waiting, sending or dead.
    pub state: DeliveryState,
    /// How many there are.
    pub messages: u64,
    /// When the oldest was written.
    pub oldest: UnixTime,
}

/// How many devices in service have a certificate that ends soon. Each counts the ones before it
/// too, but for those that have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CertificateFigures {
    /// Ended within the last 30 days, and not renewed.
    pub expired: u64,
    /// Ends within 7 days.
    pub in_7_days: u64,
    /// Ends within 30 days.
    pub in_30_days: u64,
}

/// The times of a revocation list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListFigure {
    /// When it was signed.
    pub this_update: UnixTime,
    /// Until when it is good.
    pub next_update: UnixTime,
}

impl Gridpass {
    /// Reads the figures of every provider.
    ///
    /// # Errors
    /// The database failed.
    pub fn figures(&self) -> Result<Figures, StoreError> {
        let at = self.clock_now();
        let read = |provider: &Provider| {
            let issuers: Vec<_> = provider
                .publishers()
                .iter()
                .map(|issuer| *issuer.fingerprint())
                .collect();
            let id = &provider.config.id;
            self.store
                .read(|connection| of_provider(connection, id, &issuers, at))
        };
        Ok(Figures {
            at,
            providers: self.providers.iter().map(read).collect::<Result<_, _>>()?,
        })
    }
}

fn of_provider(
    connection: &Connection,
    provider: &ProviderId,
    issuers: &[[u8; 32]],
    now: UnixTime,
) -> Result<ProviderFigures, StoreError> {
    Ok(ProviderFigures {
        provider: provider.clone(),
        enrollments: enrollments(connection, provider)?,
        outbox: outbox(connection, provider)?,
        certificates: certificates(connection, provider, now)?,
        mailbox_pending: mailbox_pending(connection, provider)?,
        revocation_list: revocation_list(connection, provider, issuers)?,
    })
}

fn enrollments(
    connection: &Connection,
    provider: &ProviderId,
) -> Result<Vec<(StateName, u64)>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT state, COUNT(*) AS enrollments FROM enrollments
         WHERE provider_id = $1 GROUP BY state"
    ))?;
    let mut rows = statement.query(params![provider.as_str()])?;
    let mut states = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "enrollments");
        states.push((row.word("state")?, row.parsed("enrollments", whole)?));
    }
    Ok(states)
}

fn outbox(connection: &Connection, provider: &ProviderId) -> Result<Vec<OutboxFigure>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT kind, state, COUNT(*) AS messages, MIN(made_at) AS oldest FROM outbox
         WHERE provider_id = $1 AND state IN ('waiting', 'sending', 'dead') GROUP BY kind, state"
    ))?;
    let mut rows = statement.query(params![provider.as_str()])?;
    let mut figures = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "outbox");
        figures.push(OutboxFigure {
            kind: row.word("kind")?,
            state: row.word("state")?,
            messages: row.parsed("messages", whole)?,
            oldest: row.time("oldest")?,
        });
    }
    Ok(figures)
}

fn certificates(
    connection: &Connection,
    provider: &ProviderId,
    now: UnixTime,
) -> Result<CertificateFigures, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT COUNT(CASE WHEN c.not_after <= $2 THEN 1 END) AS expired,
             COUNT(CASE WHEN c.not_after > $2 AND c.not_after <= $3 THEN 1 END) AS in_7_days,
             COUNT(CASE WHEN c.not_after > $2 THEN 1 END) AS in_30_days
         FROM certificates c
         JOIN enrollments e ON e.id = c.enrollment_id AND e.provider_id = c.provider_id
         WHERE c.provider_id = $1 AND c.not_after > $4 AND c.not_after <= $5
             AND e.serial = c.serial AND e.state IN ('issued', 'active', 'suspended')"
    ))?;
    let mut rows = statement.query(params![
        provider.as_str(),
        seconds(now),
        seconds(now.plus(7 * DAY)),
        seconds(now.minus(30 * DAY)),
        seconds(now.plus(30 * DAY)),
    ])?;
    let Some(row) = rows.next()? else {
        return Ok(CertificateFigures::default());
    };
    let row = RowReader::new(row, "certificates");
    Ok(CertificateFigures {
        expired: row.parsed("expired", whole)?,
        in_7_days: row.parsed("in_7_days", whole)?,
        in_30_days: row.parsed("in_30_days", whole)?,
    })
}

fn mailbox_pending(connection: &Connection, provider: &ProviderId) -> Result<u64, StoreError> {
    let pending: i64 = connection
        .prepare_cached(sql!(
            "SELECT COUNT(*) FROM parcel_recipients
             WHERE provider_id = $1 AND state IN ('queued', 'delivered')"
        ))?
        .query_row(params![provider.as_str()], |row| row.get(0))?;
    Ok(pending.unsigned_abs())
}

fn revocation_list(
    connection: &Connection,
    provider: &ProviderId,
    issuers: &[[u8; 32]],
) -> Result<Option<ListFigure>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT this_update, next_update FROM revocation_lists
         WHERE provider_id = $1 AND issuer = $2 ORDER BY next_update LIMIT 1"
    ))?;
    let mut first: Option<ListFigure> = None;
    for issuer in issuers {
        let mut rows = statement.query(params![provider.as_str(), issuer])?;
        let Some(row) = rows.next()? else { continue };
        let row = RowReader::new(row, "revocation_lists");
        let list = ListFigure {
            this_update: row.time("this_update")?,
            next_update: row.time("next_update")?,
        };
        if first.is_none_or(|first| list.next_update < first.next_update) {
            first = Some(list);
        }
    }
    Ok(first)
}

fn whole(value: i64) -> Option<u64> {
    u64::try_from(value).ok()
}
