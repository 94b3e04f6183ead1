//! Certificates that end soon: whoever has the device is told in time, by the channel on file.

use gridpass_protocol::UnixTime;

use crate::{
    Gridpass,
    audit::{self, Actor},
    delivery::texts::{self, ExpiryNotice},
    enrollment::Serial,
    id::{AccountId, EnrollmentId, ProviderId},
    installation::Provider,
    outbox::{self, About, Dispatch, Outgoing, Useful},
    random::Random,
    store::{Connection, RowReader, StoreError, params, seconds, sql},
    tenant::{AccountKey, find_account},
};

/// Warnings of one transaction, so that confirmations wait for none of them for long.
const AT_ONCE: u32 = 200;

const DAY: u64 = 24 * 60 * 60;

/// A certificate that ends soon.
struct Ending {
    serial: Serial,
    enrollment: EnrollmentId,
    account: AccountId,
    device: String,
    not_after: UnixTime,
}

/// What is to be written about it.
struct Warning {
    ending: Ending,
    /// None if there is no way to reach the customer.
    message: Option<Outgoing>,
}

impl Gridpass {
    /// Warns the customers whose devices have not renewed by themselves, each certificate once.
    /// Returns how many certificates that were.
    ///
    /// # Errors
    /// The database failed; what was done until then stays done.
    pub(crate) fn warn_of_expiry(&self, now: UnixTime) -> Result<usize, StoreError> {
        let mut warned = 0;
        for provider in &self.providers {
            if provider.config.keys.warn_before > 0 {
                warned += self.warn_customers_of(provider, now)?;
            }
        }
        Ok(warned)
    }

    fn warn_customers_of(&self, provider: &Provider, now: UnixTime) -> Result<usize, StoreError> {
        let until = now.plus(u64::from(provider.config.keys.warn_before) * DAY);
        let mut warned = 0;
        loop {
            let id = provider.config.id.clone();
            let endings = self
                .store
                .read(|connection| ending(connection, &id, now, until))?;
            let found = endings.len();
            let warnings = endings
                .into_iter()
                .map(|ending| self.warning(provider, ending, now))
                .collect::<Result<Vec<_>, _>>()?;
            warned += self
                .store
                .write(move |transaction| write(transaction, &id, &warnings, now))?;
            if found < AT_ONCE as usize {
                return Ok(warned);
            }
        }
    }

    fn warning(
        &self,
        provider: &Provider,
        ending: Ending,
        now: UnixTime,
    ) -> Result<Warning, StoreError> {
        let config = &provider.config;
        let account = self.store.read(|connection| {
            find_account(connection, &config.id, AccountKey::Id(ending.account))
        })?;
        let content = account.and_then(|account| {
            texts::expiry_notice(&ExpiryNotice {
                email: account.email.as_deref(),
                mobile: account.mobile.as_deref(),
                name: &account.name,
                provider_name: &config.name,
                language: account.language,
                origin: &self.origin,
                device: &ending.device,
                not_after: ending.not_after,
            })
        });
        let useful = Useful {
            from: now,
            until: ending.not_after.plus(u64::from(config.keys.grace) * DAY),
        };
        let message = content.map(|content| {
            let random = Random(&*self.random);
            Outgoing::new(&content, About::Expiry, useful, &self.vault, &random)
                .of_enrollment(ending.enrollment)
        });
        Ok(Warning { ending, message })
    }
}

/// The certificates in use that end between `now` and `until` and about which nobody was told.
fn ending(
    connection: &Connection,
    provider: &ProviderId,
    now: UnixTime,
    until: UnixTime,
) -> Result<Vec<Ending>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT c.serial, e.id, e.account_id, e.nickname, e.device_id_hint, c.not_after
         FROM certificates c
         JOIN enrollments e ON e.provider_id = c.provider_id AND e.id = c.enrollment_id
         WHERE c.provider_id = $1 AND c.warned_at IS NULL
             AND c.not_after > $2 AND c.not_after <= $3
             AND e.serial = c.serial AND e.state IN ('issued', 'active')
         ORDER BY c.not_after LIMIT $4"
    ))?;
    let mut rows = statement.query(params![
        provider.as_str(),
        seconds(now),
        seconds(until),
        AT_ONCE
    ])?;
    let mut endings = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RowReader::new(row, "certificates");
        let serial = row.parsed("serial", |bytes: Vec<u8>| Serial::from_bytes(&bytes))?;
        let enrollment = EnrollmentId::from_bytes(row.bytes("id")?);
        let account = AccountId::from_bytes(row.bytes("account_id")?);
        let nickname: Option<String> = row.value("nickname")?;
        let hint: String = row.value("device_id_hint")?;
        endings.push(Ending {
            serial,
            enrollment,
            account,
            device: nickname.unwrap_or_else(|| format!("…{hint}")),
            not_after: row.time("not_after")?,
        });
    }
    Ok(endings)
}

/// Each only if no other process was faster.
fn write(
    transaction: &Connection,
    provider: &ProviderId,
    warnings: &[Warning],
    now: UnixTime,
) -> Result<usize, StoreError> {
    let mut written = 0;
    for Warning { ending, message } in warnings {
        let first = transaction
            .prepare_cached(sql!(
                "UPDATE certificates SET warned_at = $3
                 WHERE provider_id = $1 AND serial = $2 AND warned_at IS NULL"
            ))?
            .execute(params![
                provider.as_str(),
                ending.serial.as_bytes(),
                seconds(now)
            ])?;
        if first == 0 {
            continue;
        }
        written += 1;
        let result = match message {
            Some(message) => {
                outbox::insert(transaction, provider, message, Dispatch::Waiting)?;
                "ok"
            }
            None => "no-address",
        };
        let entry = audit::Entry {
            provider,
            at: now,
            actor: &Actor::system(),
            action: "certificate.warn",
            result,
            enrollment: Some(ending.enrollment),
            detail: serde_json::json!({ "not_after": ending.not_after }),
        };
        audit::append(transaction, &entry)?;
    }
    Ok(written)
}
