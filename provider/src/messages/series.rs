//! The series of a device's keys: who vouched for whom, from the one-time password on.

use gridpass_protocol::{Csr, KeyAlgorithm, OpenedUp, PublicKey, UnixTime, UpKind};

use crate::{
    Gridpass,
    enrollment::Serial,
    id::EnrollmentId,
    store::{
        StoreError, enrollments,
        keys::{self, KeyRow},
    },
    tenant::Scope,
    vault::{Vault, sha256},
};

/// The keys of a device, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySeries {
    /// Each key.
    pub keys: Vec<KeyInSeries>,
    /// Whether every key but the first was vouched for, with a signature or a code that verifies,
    /// by another one of the series. The one-time password vouched for the first.
    pub verifies: bool,
}

/// One key of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInSeries {
    /// Its place in the series, from 1.
    pub number: usize,
    /// The place of the key that vouched for it; none for the first.
    pub vouched_by: Option<usize>,
    /// What kind it is.
    pub algorithm: KeyAlgorithm,
    /// When it was made known.
    pub made_at: UnixTime,
    /// The serial number of its certificate.
    pub serial: Serial,
    /// Until when its certificate is good.
    pub not_after: UnixTime,
    /// Where it stands.
    pub standing: KeyStanding,
}

/// Where a key of a series stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStanding {
    /// Has a certificate and has not spoken yet.
    Silent,
    /// The device's key.
    Current,
    /// A newer key took its place, or will when it speaks.
    Retired {
        /// From when on.
        at: UnixTime,
    },
    /// Its certificate has ended.
    Ended,
}

impl Gridpass {
    /// The keys of a device, if the enrollment is in this scope.
    ///
    /// # Errors
    /// The database failed.
    pub fn key_series(
        &self,
        id: EnrollmentId,
        scope: &Scope,
    ) -> Result<Option<KeySeries>, StoreError> {
        let now = self.clock_now();
        self.store.read(|connection| {
            let Some(found) = enrollments::find(connection, id)?
                .filter(|found| scope.covers(&found.provider, found.account))
            else {
                return Ok(None);
            };
            let rows = keys::of_enrollment(connection, &found.provider, id)?;
            Ok(Some(KeySeries {
                verifies: verifies(&rows, &self.vault),
                keys: in_series(&rows, now),
            }))
        })
    }
}

fn in_series(rows: &[KeyRow], now: UnixTime) -> Vec<KeyInSeries> {
    let place = |hash: &[u8; 32]| rows.iter().position(|row| row.spki_hash == *hash);
    rows.iter()
        .zip(1..)
        .map(|(row, number)| KeyInSeries {
            number,
            vouched_by: row
                .vouched_by
                .as_ref()
                .and_then(place)
                .map(|place| place + 1),
            algorithm: row.algorithm,
            made_at: row.made_at,
            serial: row.serial.clone(),
            not_after: row.not_after,
            standing: match (row.retires_at, row.first_spoke_at) {
                (Some(at), _) => KeyStanding::Retired { at },
                _ if row.not_after <= now => KeyStanding::Ended,
                (None, None) => KeyStanding::Silent,
                (None, Some(_)) => KeyStanding::Current,
            },
        })
        .collect()
}

/// Whether the evidence holds, whatever the columns beside it say.
fn verifies(rows: &[KeyRow], vault: &Vault) -> bool {
    let Some((first, others)) = rows.split_first() else {
        return false;
    };
    first.vouched_by.is_none() && others.iter().all(|row| is_vouched_for(row, rows, vault))
}

fn is_vouched_for(row: &KeyRow, rows: &[KeyRow], vault: &Vault) -> bool {
    let Some((by, voucher)) = row.vouched_by.as_ref().zip(row.voucher.as_deref()) else {
        return false;
    };
    rows.iter()
        .take_while(|earlier| earlier.spki_hash != row.spki_hash)
        .filter(|earlier| earlier.spki_hash == *by && sha256(&earlier.spki) == *by)
        .any(|earlier| {
            voucher == voucher_of_tls(vault, by, &sha256(&row.spki))
                || vouches(&earlier.spki, voucher, &row.spki)
        })
}

/// What stands for a connection in which one key asked for the certificate of another: only who
/// has the key file can make it, so that the database alone does not show what never was.
pub(super) fn voucher_of_tls(vault: &Vault, by: &[u8; 32], successor: &[u8; 32]) -> String {
    let code = vault.lookup_of(b"voucher of tls", &[*by, *successor].concat());
    format!("tls.{}", gridpass_protocol::b64u(&code))
}

fn vouches(spki: &[u8], jws: &str, successor: &[u8]) -> bool {
    let said = PublicKey::from_spki_der(spki)
        .and_then(|key| OpenedUp::from_jws(jws)?.verify(&key))
        .map(|up| up.kind);
    match said {
        Ok(UpKind::Rekey { csr }) => Csr::parse(&csr).is_ok_and(|csr| csr.spki_der() == successor),
        _ => false,
    }
}
