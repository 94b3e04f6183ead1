//! Lists of enrollments that stay quick whatever their length: each query walks one index from
//! where the page before ended, and stops when its page is full.

use gridpass_protocol::{DeviceIdKind, TemporaryId, UnixTime};

use super::{
    Connection, Params, Row, RowReader, StoreError,
    enrollments::{kind_of, read_state},
    params, seconds, sql,
};
use crate::{
    enrollment::{Serial, State, StateName},
    id::{AccountId, AccountNumber, EnrollmentId, ProviderId},
    registration::{Channel, EnrollmentKind},
};

/// Accounts that one page of a search by name looks at, so that a name which many have and few
/// enrolled with takes no longer than any other.
const ACCOUNTS_AT_ONCE: i64 = 1000;

/// What every row of a list fulfils.
pub(crate) struct Filter<'a> {
    pub(crate) provider: &'a ProviderId,
    pub(crate) state: Option<StateName>,
    pub(crate) channel: Option<Channel>,
    pub(crate) since: UnixTime,
    pub(crate) most: usize,
}

impl Filter<'_> {
    fn most(&self) -> i64 {
        i64::try_from(self.most).unwrap_or(i64::MAX)
    }
}

/// An enrollment as a list shows it.
pub(crate) struct ListedEnrollment {
    pub(crate) id: EnrollmentId,
    pub(crate) account: AccountId,
    pub(crate) account_number: AccountNumber,
    pub(crate) account_name: String,
    /// Its place in a list by name.
    pub(crate) name_lookup: String,
    pub(crate) device_id_hint: String,
    pub(crate) device_id_kind: DeviceIdKind,
    pub(crate) kind: EnrollmentKind,
    pub(crate) channel: Channel,
    pub(crate) nickname: Option<String>,
    pub(crate) failures: u32,
    pub(crate) issued_at: UnixTime,
    pub(crate) state: State,
}

/// The beginning of every SELECT that [`read`] reads.
macro_rules! listed {
    ($($rest:literal),+) => {
        sql!(concat!(
            "SELECT e.id, e.account_id, a.number, a.name, a.name_lookup, e.device_id_hint,
                 e.device_id_kind, e.kind, e.channel, e.nickname, f.failures,
                 e.issued_at, e.expires_at, e.state, e.state_at, e.superseded_by, e.serial,
                 e.reason, e.previous_state ",
            $($rest),+
        ))
    };
}

/// One statement for each set of conditions, because each walks an index of its own. A condition
/// is a part of the place in the order, so that no other index will do: asked for it by `=`, the
/// database may walk all the newest in search of a rare state.
macro_rules! newest {
    ($before:literal, $from:literal, $order:literal) => {
        listed!(
            "FROM enrollments e
             JOIN accounts a ON a.provider_id = e.provider_id AND a.id = e.account_id
             LEFT JOIN mapping_failures f
                 ON f.provider_id = e.provider_id AND f.temporary_id = e.temporary_id
             WHERE e.provider_id = $1 AND ",
            $before,
            " AND ",
            $from,
            " ORDER BY ",
            $order,
            " e.issued_at DESC, e.id DESC LIMIT $5"
        )
    };
}

const NEWEST: &str = newest!("(e.issued_at, e.id) < ($3, $4)", "e.issued_at >= $2", "");
const NEWEST_OF_STATE: &str = newest!(
    "(e.state, e.issued_at, e.id) < ($6, $3, $4)",
    "(e.state, e.issued_at) >= ($6, $2)",
    "e.state DESC,"
);
const NEWEST_OF_CHANNEL: &str = newest!(
    "(e.channel, e.issued_at, e.id) < ($6, $3, $4)",
    "(e.channel, e.issued_at) >= ($6, $2)",
    "e.channel DESC,"
);
const NEWEST_OF_BOTH: &str = newest!(
    "(e.state, e.channel, e.issued_at, e.id) < ($6, $7, $3, $4)",
    "(e.state, e.channel, e.issued_at) >= ($6, $7, $2)",
    "e.state DESC, e.channel DESC,"
);

/// The newest enrollments before (`issued_at`, `id`).
pub(crate) fn newest(
    connection: &Connection,
    filter: &Filter<'_>,
    issued_at: UnixTime,
    id: EnrollmentId,
) -> Result<Vec<ListedEnrollment>, StoreError> {
    let provider = filter.provider.as_str();
    let (since, before) = (seconds(filter.since), seconds(issued_at));
    let (id, most) = (id.as_bytes(), filter.most());
    match (filter.state, filter.channel) {
        (None, None) => {
            let values = params![provider, since, before, id, most];
            query(connection, NEWEST, values)
        }
        (Some(state), None) => {
            let values = params![provider, since, before, id, most, state.as_str()];
            query(connection, NEWEST_OF_STATE, values)
        }
        (None, Some(channel)) => {
            let values = params![provider, since, before, id, most, channel.as_str()];
            query(connection, NEWEST_OF_CHANNEL, values)
        }
        (Some(state), Some(channel)) => {
            let (state, channel) = (state.as_str(), channel.as_str());
            let values = params![provider, since, before, id, most, state, channel];
            query(connection, NEWEST_OF_BOTH, values)
        }
    }
}

/// The enrollments of a provider that are suspected of a copied key, the longest suspected first.
pub(crate) fn suspected(
    connection: &Connection,
    provider: &ProviderId,
    most: usize,
) -> Result<Vec<ListedEnrollment>, StoreError> {
    const SUSPECTED: &str = listed!(
        "FROM enrollments e
         JOIN accounts a ON a.provider_id = e.provider_id AND a.id = e.account_id
         LEFT JOIN mapping_failures f
             ON f.provider_id = e.provider_id AND f.temporary_id = e.temporary_id
         WHERE e.provider_id = $1 AND e.clone_suspected_at IS NOT NULL
             AND e.state IN ('issued', 'active', 'suspended')
         ORDER BY e.clone_suspected_at, e.id LIMIT $2"
    );
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    query(connection, SUSPECTED, params![provider.as_str(), most])
}

const AWAITING: &str = listed!(
    "FROM est_requests r
     CROSS JOIN enrollments e
     JOIN accounts a ON a.provider_id = e.provider_id AND a.id = e.account_id
     LEFT JOIN mapping_failures f
         ON f.provider_id = e.provider_id AND f.temporary_id = e.temporary_id
     WHERE r.provider_id = $1 AND r.approved_at IS NULL
         AND e.provider_id = r.provider_id AND e.id = r.enrollment_id
         AND e.state = 'open' AND e.expires_at > $2
     ORDER BY r.asked_at, r.enrollment_id LIMIT $3"
);

/// The enrollments of a provider that wait for an approval at that moment, the longest waiting first.
pub(crate) fn awaiting(
    connection: &Connection,
    provider: &ProviderId,
    now: UnixTime,
    most: usize,
) -> Result<Vec<ListedEnrollment>, StoreError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let values = params![provider.as_str(), seconds(now), most];
    query(connection, AWAITING, values)
}

/// What was typed whole.
pub(crate) struct Exact<'a> {
    pub(crate) enrollment: Option<EnrollmentId>,
    pub(crate) temporary_id: Option<TemporaryId>,
    pub(crate) device: Option<[u8; 32]>,
    pub(crate) account: Option<&'a AccountNumber>,
    pub(crate) serial: Option<&'a Serial>,
    /// The first and the last SHA-256 of a certificate.
    pub(crate) fingerprints: Option<[[u8; 32]; 2]>,
    pub(crate) ven_fingerprint: Option<[u8; 10]>,
}

/// Each part of the union is one look into one index; what they find is little.
const EXACT: &str = listed!(
    "FROM (
             SELECT id FROM enrollments WHERE id = $8 AND provider_id = $1
             UNION SELECT id FROM enrollments WHERE temporary_id = $9 AND provider_id = $1
             UNION SELECT id FROM enrollments WHERE provider_id = $1 AND device_lookup = $10
             UNION SELECT o.id FROM accounts n JOIN enrollments o
                 ON o.provider_id = n.provider_id AND o.account_id = n.id
                 WHERE n.provider_id = $1 AND n.number = $11
             UNION SELECT enrollment_id FROM certificates
                 WHERE provider_id = $1 AND serial = $12
             UNION SELECT enrollment_id FROM certificates
                 WHERE provider_id = $1 AND fingerprint >= $13 AND fingerprint <= $14
             UNION SELECT enrollment_id FROM certificates
                 WHERE provider_id = $1 AND ven_fingerprint = $15
         ) m
         CROSS JOIN enrollments e
         JOIN accounts a ON a.provider_id = e.provider_id AND a.id = e.account_id
         LEFT JOIN mapping_failures f
             ON f.provider_id = e.provider_id AND f.temporary_id = e.temporary_id
         WHERE e.id = m.id AND e.provider_id = $1 AND e.issued_at >= $2
             AND (e.issued_at, e.id) < ($3, $4)
             AND (e.state = $6 OR $6 IS NULL) AND (e.channel = $7 OR $7 IS NULL)
         ORDER BY e.issued_at DESC, e.id DESC LIMIT $5"
);

/// The newest enrollments before (`issued_at`, `id`) that a whole text names.
pub(crate) fn exact(
    connection: &Connection,
    filter: &Filter<'_>,
    exact: &Exact<'_>,
    issued_at: UnixTime,
    id: EnrollmentId,
) -> Result<Vec<ListedEnrollment>, StoreError> {
    let values = params![
        filter.provider.as_str(),
        seconds(filter.since),
        seconds(issued_at),
        id.as_bytes(),
        filter.most(),
        filter.state.map(StateName::as_str),
        filter.channel.map(Channel::as_str),
        exact.enrollment.as_ref().map(EnrollmentId::as_bytes),
        exact.temporary_id.as_ref().map(TemporaryId::as_bytes),
        exact.device,
        exact.account.map(AccountNumber::as_str),
        exact.serial.map(Serial::as_bytes),
        exact.fingerprints.map(|[first, _]| first),
        exact.fingerprints.map(|[_, last]| last),
        exact.ven_fingerprint,
    ];
    query(connection, EXACT, values)
}

/// Accounts in the order of their names.
pub(crate) struct NameRange<'a> {
    /// The name to begin with.
    pub(crate) from: &'a str,
    /// Of those with this very name, the number to begin with.
    pub(crate) number: &'a str,
    /// The name to end before.
    pub(crate) end: &'a str,
    /// Of the account with this very number, the enrollments before (`issued_at`, `id`).
    pub(crate) issued_at: UnixTime,
    pub(crate) id: EnrollmentId,
}

const BY_NAME: &str = listed!(
    "FROM (
             SELECT id, number, name, name_lookup FROM accounts
             WHERE provider_id = $1 AND name_lookup < $9 AND (name_lookup, number) >= ($3, $4)
             ORDER BY name_lookup, number LIMIT $8
         ) a
         CROSS JOIN enrollments e
         LEFT JOIN mapping_failures f
             ON f.provider_id = e.provider_id AND f.temporary_id = e.temporary_id
         WHERE e.provider_id = $1 AND e.account_id = a.id AND e.issued_at >= $2
             AND ((a.name_lookup, a.number) > ($3, $4) OR (e.issued_at, e.id) < ($10, $11))
             AND (e.state = $6 OR $6 IS NULL) AND (e.channel = $7 OR $7 IS NULL)
         ORDER BY a.name_lookup, a.number, e.issued_at DESC, e.id DESC LIMIT $5"
);

/// What a search by name found.
pub(crate) struct ByName {
    pub(crate) rows: Vec<ListedEnrollment>,
    /// If there may be more accounts than were looked at: name and number of the last one.
    pub(crate) last_account: Option<(String, String)>,
}

/// The enrollments of accounts whose names lie in a range, of a bounded number of accounts.
pub(crate) fn by_name(
    connection: &Connection,
    filter: &Filter<'_>,
    range: &NameRange<'_>,
) -> Result<ByName, StoreError> {
    let provider = filter.provider.as_str();
    let values = params![
        provider,
        seconds(filter.since),
        range.from,
        range.number,
        filter.most(),
        filter.state.map(StateName::as_str),
        filter.channel.map(Channel::as_str),
        ACCOUNTS_AT_ONCE,
        range.end,
        seconds(range.issued_at),
        range.id.as_bytes(),
    ];
    let rows = query(connection, BY_NAME, values)?;
    let mut statement = connection.prepare_cached(sql!(
        "SELECT number, name_lookup FROM accounts
         WHERE provider_id = $1 AND name_lookup < $4 AND (name_lookup, number) >= ($2, $3)
         ORDER BY name_lookup, number LIMIT 1 OFFSET $5"
    ))?;
    let last = params![
        provider,
        range.from,
        range.number,
        range.end,
        ACCOUNTS_AT_ONCE - 1
    ];
    let mut last = statement.query(last)?;
    let last_account = match last.next()? {
        Some(row) => {
            let row = RowReader::new(row, "accounts");
            let number = row.value("number")?;
            Some((row.value("name_lookup")?, number))
        }
        None => None,
    };
    Ok(ByName { rows, last_account })
}

fn query(
    connection: &Connection,
    sql: &str,
    values: impl Params,
) -> Result<Vec<ListedEnrollment>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn read(row: Row<'_>) -> Result<ListedEnrollment, StoreError> {
    let row = RowReader::new(row, "enrollments");
    let id = EnrollmentId::from_bytes(row.bytes("id")?);
    let account = AccountId::from_bytes(row.bytes("account_id")?);
    let account_number = row.word("number")?;
    let account_name = row.value("name")?;
    let name_lookup = row
        .value::<Option<String>>("name_lookup")?
        .unwrap_or_default();
    let device_id_hint = row.value("device_id_hint")?;
    let device_id_kind = row.parsed("device_id_kind", |word: String| kind_of(&word))?;
    let kind = row.word("kind")?;
    let channel = row.word("channel")?;
    let nickname = row.value("nickname")?;
    let failures = row.value::<Option<u32>>("failures")?.unwrap_or(0);
    let (issued_at, state) = read_state(&row)?;
    Ok(ListedEnrollment {
        id,
        account,
        account_number,
        account_name,
        name_lookup,
        device_id_hint,
        device_id_kind,
        kind,
        channel,
        nickname,
        failures,
        issued_at,
        state,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How SQLite goes about a statement, step by step.
    fn plan(connection: &Connection, sql: &str) -> Vec<String> {
        let connection = connection.sqlite().unwrap();
        let mut statement = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap();
        let count = statement.parameter_count();
        let values = vec![rusqlite::types::Value::Null; count];
        let rows = statement.query_map(rusqlite::params_from_iter(values), |row| row.get(3));
        rows.unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn every_list_walks_an_index_and_sorts_no_more_than_it_found() {
        let connection = super::super::in_memory();
        for (sql, index) in [
            (NEWEST, "enrollments_newest"),
            (NEWEST_OF_STATE, "enrollments_state"),
            (NEWEST_OF_CHANNEL, "enrollments_channel"),
            (NEWEST_OF_BOTH, "enrollments_state_channel"),
        ] {
            let steps = plan(&connection, sql);
            let walked = format!("SEARCH e USING INDEX {index} (");
            assert!(steps[0].starts_with(&walked), "{steps:#?}");
            assert!(
                !steps.iter().any(|step| step.contains("B-TREE")),
                "{steps:#?}"
            );
        }
        let awaiting = plan(&connection, AWAITING);
        assert!(
            awaiting[0].starts_with("SEARCH r USING INDEX est_requests_awaiting ("),
            "{awaiting:#?}"
        );
        assert!(
            !awaiting.iter().any(|step| step.contains("B-TREE")),
            "{awaiting:#?}"
        );
        let history = plan(&connection, crate::audit::OF_ENROLLMENT);
        assert_eq!(history.len(), 1, "{history:#?}");
        assert!(
            history[0].contains("audit_entries_enrollment"),
            "{history:#?}"
        );
        for sql in [EXACT, BY_NAME] {
            let steps = plan(&connection, sql);
            // What is scanned is what the parts before it have found.
            let scans = |step: &&String| step.starts_with("SCAN") && !step.ends_with(" m");
            let scanned: Vec<_> = steps.iter().filter(scans).collect();
            assert!(scanned.iter().all(|step| *step == "SCAN a"), "{steps:#?}");
        }
    }
}
