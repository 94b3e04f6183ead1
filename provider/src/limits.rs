//! What clients may try how often (protocol, Verification, step 2).
//!
//! All counts are in the database, so they survive a restart and are shared by every process.
//! What counts is decided inside the transaction that counts it: however many tries arrive at
//! once, no more than the limit are judged.

use std::net::{IpAddr, Ipv6Addr};

use gridpass_protocol::{TemporaryId, UnixTime};

use crate::{
    id::ProviderId,
    store::{Connection, OptionalExtension, StoreError, params, seconds, sql},
};

/// What a sliding window counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limited {
    OtpFailures,
    ManualLookups,
    SignInRequests,
    SignInMails,
    StaffTries,
    StaffNetwork,
    DeviceProofs,
    Rekeys,
}

impl Limited {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::OtpFailures => "otp",
            Self::ManualLookups => "manual",
            Self::SignInRequests => "sign-in",
            Self::SignInMails => "sign-in-mail",
            Self::StaffTries => "staff",
            Self::StaffNetwork => "staff-network",
            Self::DeviceProofs => "device-proof",
            Self::Rekeys => "rekey",
        }
    }
}

/// A limit: so many events within so many seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) limited: Limited,
    pub(crate) most: u32,
    pub(crate) seconds: u64,
}

/// Too many events: come back after so many seconds, at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetryAfter(pub(crate) u64);

/// The youngest event that must leave a window before there is room again, as a value of SQL; of which
/// scope and client, since when, and how many younger ones there are: parameters.
macro_rules! blocking_event {
    ($scope:literal, $client:literal, $since:literal, $younger:literal) => {
        concat!(
            "(SELECT at FROM limited_events WHERE scope = ",
            $scope,
            " AND client = ",
            $client,
            " AND at > ",
            $since,
            " ORDER BY at DESC LIMIT 1 OFFSET ",
            $younger,
            ")"
        )
    };
}
pub(crate) use blocking_event;

impl Window {
    /// When `client` may come back, if it has used up its events.
    pub(crate) fn blocks(
        self,
        connection: &Connection,
        client: &str,
        now: UnixTime,
    ) -> Result<Option<RetryAfter>, StoreError> {
        let blocking: Option<i64> = connection
            .prepare_cached(sql!(concat!(
                "SELECT ",
                blocking_event!("$1", "$2", "$3", "$4")
            )))?
            .query_row(
                params![
                    self.limited.as_str(),
                    client,
                    self.since(now),
                    self.younger()
                ],
                |row| row.get(0),
            )?;
        Ok(blocking.map(|at| self.room_after(at, now)))
    }

    /// Events after this are in it, in seconds.
    pub(crate) fn since(self, now: UnixTime) -> i64 {
        seconds(now) - seconds(UnixTime(self.seconds))
    }

    /// How many events in it are younger than the one that blocks.
    pub(crate) const fn younger(self) -> u32 {
        self.most.saturating_sub(1)
    }

    /// When there is room again, if the event of `blocking_at` seconds blocks.
    pub(crate) fn room_after(self, blocking_at: i64, now: UnixTime) -> RetryAfter {
        let leaves = seconds(UnixTime(self.seconds)).saturating_add(blocking_at);
        RetryAfter(leaves.saturating_sub(seconds(now)).max(1).unsigned_abs())
    }

    /// Counts one event of `client`.
    pub(crate) fn count(
        self,
        connection: &Connection,
        client: &str,
        provider: Option<&ProviderId>,
        now: UnixTime,
    ) -> Result<(), StoreError> {
        connection
            .prepare_cached(sql!(
                "INSERT INTO limited_events (scope, client, provider_id, at)
                 VALUES ($1, $2, $3, $4)"
            ))?
            .post(params![
                self.limited.as_str(),
                client,
                provider.map(ProviderId::as_str),
                seconds(now)
            ])?;
        Ok(())
    }
}

/// The wrong one-time passwords so far for a temporary id, known or not.
pub(crate) fn mapping_failures(
    connection: &Connection,
    provider: &ProviderId,
    temporary_id: &TemporaryId,
) -> Result<u32, StoreError> {
    let failures: Option<u32> = connection
        .prepare_cached(sql!(
            "SELECT failures FROM mapping_failures WHERE provider_id = $1 AND temporary_id = $2"
        ))?
        .query_row(params![provider.as_str(), temporary_id.as_bytes()], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(failures.unwrap_or(0))
}

/// Counts one wrong one-time password for a temporary id, known or not.
pub(crate) fn count_mapping_failure(
    connection: &Connection,
    provider: &ProviderId,
    temporary_id: &TemporaryId,
    now: UnixTime,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "INSERT INTO mapping_failures (temporary_id, provider_id, failures, last_at)
             VALUES ($1, $2, 1, $3)
             ON CONFLICT (provider_id, temporary_id)
             DO UPDATE SET failures = mapping_failures.failures + 1, last_at = excluded.last_at"
        ))?
        .post(params![
            temporary_id.as_bytes(),
            provider.as_str(),
            seconds(now)
        ])?;
    Ok(())
}

/// The client as limits see it: an IPv4 address, or the /64 of an IPv6 address, because one
/// customer has all of it.
pub(crate) fn client_network(client: IpAddr) -> String {
    match client.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv6_clients_are_their_64() {
        let network = |text: &str| client_network(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(network("2001:db8:1:2::9"), network("2001:db8:1:2:ffff::"));
        assert_ne!(network("2001:db8:1:2::9"), network("2001:db8:1:3::9"));
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
    }
}
