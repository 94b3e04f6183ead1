//! Knocking at a device whose page is closed: Web Push (RFC 8030) with a signature of the provider
//! (RFC 8292, VAPID) and without content.
//!
//! An empty push tells whoever carries it that there is something, and not what; nothing has to be
//! encrypted, and of a subscription nothing but its address is kept. The device then looks for
//! messages as ever.

mod key;
mod service;
mod table;

use gridpass_protocol::{UnixTime, sealed};

pub use self::service::{HttpPusher, Knock, Pusher};
pub(crate) use self::table::mark_due;
use self::{
    key::{PushKey, contact_of},
    table::{Due, Settled},
};
use crate::{
    Gridpass,
    delivery::{Delivered, wait_after},
    id::{EnrollmentId, ProviderId},
    installation::Provider,
    random::Random,
    store::{Connection, StoreError},
    vault::Purpose,
};

/// The longest address of a subscription, in bytes. Those of the known push services have 150 to 400.
const LONGEST_ENDPOINT: usize = 1024;

/// How often a knock is tried before it is given up: over about an hour. The device finds what there
/// is without it.
const MOST_ATTEMPTS: u32 = 8;

/// What a device wants of knocking, to be written.
pub(crate) struct PushChange {
    /// Sealed; none: no knocking any more.
    pub(crate) sealed_endpoint: Option<Vec<u8>>,
    /// The provider's key, which the browser has to know.
    pub(crate) public_key: Vec<u8>,
}

impl PushChange {
    /// Writes it down, in the transaction of the message that asks for it.
    pub(crate) fn record(
        &self,
        transaction: &Connection,
        provider: &ProviderId,
        enrollment: EnrollmentId,
        now: UnixTime,
    ) -> Result<(), StoreError> {
        match &self.sealed_endpoint {
            Some(sealed) => table::subscribe(transaction, provider, enrollment, sealed, now),
            None => table::unsubscribe(transaction, provider, enrollment),
        }
    }
}

impl Gridpass {
    /// What a device's wish to be knocked at comes to; none if this is no address to knock at:
    /// only `https://` ones are, without a user. Whether it is on the open Internet is judged when a
    /// connection is made.
    pub(crate) fn push_change(
        &self,
        provider: &Provider,
        enrollment: EnrollmentId,
        endpoint: Option<&str>,
    ) -> Result<Option<PushChange>, StoreError> {
        let is_good = |endpoint: &str| {
            endpoint.len() <= LONGEST_ENDPOINT && self.callable_host(endpoint).is_some()
        };
        if endpoint.is_some_and(|endpoint| !is_good(endpoint)) {
            return Ok(None);
        }
        let key = self.push_key(&provider.config.id)?;
        let sealed_endpoint = endpoint.map(|endpoint| {
            let random = Random(&*self.random);
            let row = enrollment.as_bytes();
            self.vault
                .seal(Purpose::PushEndpoint, row, endpoint.as_bytes(), &random)
        });
        Ok(Some(PushChange {
            sealed_endpoint,
            public_key: key.public().to_vec(),
        }))
    }

    /// The key of a provider, made when it is first asked for.
    fn push_key(&self, provider: &ProviderId) -> Result<PushKey, StoreError> {
        let find = || {
            self.store
                .read(|connection| table::key(connection, provider, &self.vault))
        };
        if let Some(key) = find()? {
            return Ok(key);
        }
        let made = PushKey::make(provider, &self.vault, &Random(&*self.random));
        let (owner, now) = (provider.clone(), self.clock_now());
        self.store
            .write(move |transaction| table::insert_key(transaction, &owner, &made, now))?;
        // Another process may have been the first.
        find()?.ok_or(StoreError::Contended)
    }

    /// Knocks where that is due, at most `most` times.
    pub(crate) fn knock_where_due(
        &self,
        pusher: &dyn Pusher,
        most: u32,
        done: &mut Delivered,
    ) -> Result<(), StoreError> {
        let now = self.clock_now();
        if !self
            .store
            .read(|connection| table::is_any_due(connection, now))?
        {
            return Ok(());
        }
        let due = self
            .store
            .write(move |transaction| table::lease(transaction, now, most))?;
        for due in due {
            let settled = match self.knock(pusher, &due, now) {
                Ok(status) => self.judge_answer(status, &due),
                Err(error) => self.try_again(&due, &error),
            };
            match &settled {
                Settled::Done | Settled::Gone => done.sent += 1,
                Settled::Again { .. } => done.put_off += 1,
                Settled::GivenUp => done.dead += 1,
            }
            self.store
                .write(move |transaction| table::settle(transaction, &due, settled))?;
        }
        Ok(())
    }

    /// Knocks once; the status of the answer.
    fn knock(&self, pusher: &dyn Pusher, due: &Due, now: UnixTime) -> Result<u16, String> {
        let endpoint = self
            .vault
            .open(
                Purpose::PushEndpoint,
                due.enrollment.as_bytes(),
                &due.sealed_endpoint,
            )
            .map_err(|error| error.to_string())?;
        let endpoint = std::str::from_utf8(&endpoint).map_err(|error| error.to_string())?;
        let provider = self
            .provider(&due.provider)
            .ok_or("the configuration no longer names this provider")?;
        let key = self
            .push_key(&due.provider)
            .map_err(|error| error.to_string())?;
        let contact = contact_of(&provider.config, &self.origin);
        let authorization = key
            .authorization(endpoint, &contact, now)
            .map_err(|error: sealed::SealedError| error.to_string())?;
        pusher.knock(&Knock {
            endpoint: endpoint.to_owned(),
            authorization,
        })
    }

    fn judge_answer(&self, status: u16, due: &Due) -> Settled {
        match status {
            200..=299 => Settled::Done,
            // The person has taken the permission back, or the browser has another address by now.
            404 | 410 => Settled::Gone,
            429 | 500..=599 => self.try_again(due, &format!("status {status}")),
            _ => {
                tracing::warn!(status, enrollment = %due.enrollment, "a push service refuses us");
                Settled::GivenUp
            }
        }
    }

    fn try_again(&self, due: &Due, error: &str) -> Settled {
        if due.attempts >= MOST_ATTEMPTS {
            tracing::warn!(error, enrollment = %due.enrollment, "a push was given up");
            return Settled::GivenUp;
        }
        let wait = self.jittered(wait_after(due.attempts));
        Settled::Again {
            at: self.clock_now().plus(wait),
        }
    }
}
