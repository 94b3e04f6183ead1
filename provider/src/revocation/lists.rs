//! Revocation lists: made when something changed and when their time comes, kept signed.

use std::sync::Arc;

use gridpass_protocol::UnixTime;

use crate::{
    Gridpass,
    ca::{CrlDraft, CrlName, CrlShard, Issuer},
    installation::Provider,
    store::{
        StoreError,
        revocation_lists::{self as store, Head, NewList},
    },
};

/// A list as it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationList {
    /// Its number: grows with every list of the same name.
    pub number: u64,
    /// Since when it holds.
    pub this_update: UnixTime,
    /// Before then there is a newer one.
    pub next_update: UnixTime,
    /// DER.
    pub der: Vec<u8>,
}

impl Gridpass {
    /// Makes and signs every revocation list that is not the newest any more: because a
    /// certificate was withdrawn or its hold ended, or because half of its lifetime is over.
    /// Returns how many were made. To be called every second; each list is made by one caller at
    /// a time, and what several processes make at once is kept once.
    ///
    /// # Errors
    /// The database failed. A key that does not sign is logged, and tried again the next time.
    pub fn publish_due_lists(&self) -> Result<usize, StoreError> {
        let mut made = 0;
        for provider in &self.providers {
            for issuer in provider.publishers() {
                for shard in self.shards(provider, &issuer)? {
                    made += usize::from(self.publish(provider, &issuer, shard)?);
                }
            }
        }
        Ok(made)
    }

    /// The newest list with this name; `None` if there is none.
    ///
    /// # Errors
    /// The database failed.
    pub fn revocation_list(&self, name: &CrlName) -> Result<Option<RevocationList>, StoreError> {
        for provider in &self.providers {
            for issuer in provider.publishers() {
                if *issuer.key_identifier() == name.issuer {
                    let id = &provider.config.id;
                    return self.store.read(|connection| {
                        store::find(connection, id, issuer.fingerprint(), name.shard)
                    });
                }
            }
        }
        Ok(None)
    }

    /// The whole list, the parts of today, and those that older certificates name.
    fn shards(&self, provider: &Provider, issuer: &Issuer) -> Result<Vec<CrlShard>, StoreError> {
        // A root has a handful of certificates, and they name no part.
        let is_root = provider
            .issuers()
            .iter()
            .all(|known| known.fingerprint() != issuer.fingerprint());
        let parts = if is_root {
            1
        } else {
            provider.config.revocation.crl_shards
        };
        let today = (1..=parts).filter(|_| parts > 1).map(CrlShard);
        let id = &provider.config.id;
        let mut shards = self
            .store
            .read(|connection| store::shards(connection, id, issuer.fingerprint()))?;
        shards.push(CrlShard::WHOLE);
        shards.extend(today);
        shards.sort_unstable();
        shards.dedup();
        Ok(shards)
    }

    /// Makes one list, if it is due. Returns whether it did.
    fn publish(
        &self,
        provider: &Provider,
        issuer: &Arc<Issuer>,
        shard: CrlShard,
    ) -> Result<bool, StoreError> {
        let (id, now) = (&provider.config.id, self.clock_now());
        let lifetime = provider.config.revocation.crl_lifetime;
        let (head, changes) = self
            .store
            .read(|connection| store::head(connection, id, issuer.fingerprint(), shard))?;
        if head
            .as_ref()
            .is_some_and(|head| head.is_newest(changes, lifetime, now))
        {
            return Ok(false);
        }
        // An expired certificate stays until a list was signed on schedule after its end
        // (RFC 5280, 3.3); that is at most half a lifetime later.
        let ended_before = now.minus(lifetime);
        let entries = self.store.read(|connection| {
            store::entries(connection, id, issuer.fingerprint(), shard, ended_before)
        })?;
        let draft = CrlDraft {
            shard,
            origin: &self.origin,
            number: head.as_ref().map_or(1, |head| head.number + 1),
            this_update: now,
            next_update: now.plus(lifetime),
            entries: &entries,
        };
        let der = match draft.sign(issuer) {
            Ok(der) => der,
            Err(error) => {
                tracing::error!(provider = %id, %error, "a revocation list is not signed for now");
                return Ok(false);
            }
        };
        let new = NewList {
            provider: id.clone(),
            issuer: *issuer.fingerprint(),
            shard,
            changes,
            entries: entries.len(),
            list: RevocationList {
                number: draft.number,
                this_update: draft.this_update,
                next_update: draft.next_update,
                der,
            },
        };
        self.store
            .write(move |transaction| store::keep(transaction, &new))?;
        Ok(true)
    }
}

impl Head {
    fn is_newest(&self, changes: u64, lifetime: u64, now: UnixTime) -> bool {
        // A clock that was set back would otherwise leave a list of the future for too long.
        let is_fresh = self.this_update <= now && now < self.this_update.plus(lifetime / 2);
        self.changes == changes && is_fresh
    }
}
