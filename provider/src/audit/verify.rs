//! Verifying the audit: whatever was done to an entry is found.

use std::{collections::BTreeMap, fmt};

use gridpass_protocol::{UnixTime, b64u};
use serde::{Deserialize, Serialize};

use super::{
    Actor, Entry, append,
    chain::{self, NOTHING, SealedHead},
    checkpoint::{self, AuditKey, Checkpoint},
    read::{self, AuditEntry},
};
use crate::{
    Gridpass,
    id::ProviderId,
    staff::NotAllowed,
    store::{Connection, StoreError, params, sql},
    vault::Vault,
};

/// Entries that are read at once.
const PIECE: u32 = 1000;
/// Findings that are told; one is enough to know.
const MOST_FINDINGS: usize = 100;

/// What was found of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditReport {
    /// How many entries were read.
    pub entries: u64,
    /// How many checkpoints were compared.
    pub checkpoints: usize,
    /// What is wrong, oldest first. Nothing: the chain is whole.
    pub findings: Vec<AuditFinding>,
    /// When it was verified.
    pub at: UnixTime,
}

impl AuditReport {
    /// Whether nothing was done to the audit.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Something was done to the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditFinding {
    /// There is no entry in this place, though there are later ones.
    Missing {
        /// The place.
        seq: u64,
    },
    /// The entry in this place, or its hash, is not the one that was written there.
    Changed {
        /// The place.
        seq: u64,
    },
    /// The chain ends too early, or goes on after its end.
    Cut {
        /// Where it was left.
        head: u64,
        /// Its last entry now.
        last: u64,
    },
    /// The place where the chain was left is gone, or was not written by Gridpass.
    Head,
    /// A checkpoint is not signed by this installation.
    Checkpoint {
        /// The place it is kept for.
        seq: u64,
    },
    /// A checkpoint saw another entry in this place, or the chain does not reach it.
    Rewritten {
        /// The place.
        seq: u64,
    },
}

impl fmt::Display for AuditFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { seq } => write!(f, "entry {seq} is missing"),
            Self::Changed { seq } => write!(f, "entry {seq} was changed or moved"),
            Self::Cut { head, last } => write!(
                f,
                "the last entry is {last}, but {head} entries were written"
            ),
            Self::Head => f.write_str("the end of the chain was removed or moved"),
            Self::Checkpoint { seq } => {
                write!(
                    f,
                    "the checkpoint at entry {seq} is not signed by this installation"
                )
            }
            Self::Rewritten { seq } => {
                write!(f, "entry {seq} is not the one that a checkpoint has seen")
            }
        }
    }
}

/// Why the audit was not verified.
#[derive(Debug, thiserror::Error)]
pub enum AuditVerifyError {
    /// This installation serves no such provider.
    #[error("there is no such provider")]
    UnknownProvider,
    /// The checkpoint that was brought along is not one of this provider.
    #[error("this is no checkpoint of this provider and installation")]
    ForeignCheckpoint,
    /// The role does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A verification on its way.
#[derive(Serialize, Deserialize)]
pub(crate) struct AuditWalk {
    /// The last entry that was read, and its hash.
    last: u64,
    before: [u8; 32],
    pub(crate) report: AuditReport,
}

impl AuditWalk {
    /// One that has not begun.
    pub(crate) const fn new(at: UnixTime) -> Self {
        Self {
            last: 0,
            before: NOTHING,
            report: AuditReport {
                entries: 0,
                checkpoints: 0,
                findings: Vec::new(),
                at,
            },
        }
    }
}

impl Gridpass {
    /// Verifies the whole audit of a provider, while it goes on. `kept` are checkpoints that were
    /// kept elsewhere: only with one is an older state of the whole database told from the true
    /// one.
    ///
    /// # Errors
    /// A checkpoint is not of this provider, or the database failed. What is wrong with the audit
    /// is no error but in the report.
    pub fn verify_audit(
        &self,
        provider: &ProviderId,
        kept: &[String],
    ) -> Result<AuditReport, AuditVerifyError> {
        if self.provider(provider).is_none() {
            return Err(AuditVerifyError::UnknownProvider);
        }
        let key = AuditKey::derive(&self.vault, provider);
        let mut expected = Expected::default();
        for jws in kept {
            expected.add(own(&key, provider, jws).ok_or(AuditVerifyError::ForeignCheckpoint)?);
        }
        let mut walk = AuditWalk::new(self.clock_now());
        self.expect(provider, &mut expected, &mut walk)?;
        walk.report.checkpoints += kept.len();
        while self.walk_piece(provider, &mut expected, &mut walk)? {}
        self.end_walk(provider, expected, &mut walk.report)?;
        Ok(walk.report)
    }

    /// Goes on with a verification for at least `most` entries; whether it is at its end.
    ///
    /// What was read before needs no second look: the end of the chain, to which everything after
    /// it must lead, is under a code that needs the key file.
    pub(crate) fn walk_audit(
        &self,
        provider: &ProviderId,
        mut walk: AuditWalk,
        most: u64,
    ) -> Result<(AuditWalk, bool), StoreError> {
        let mut expected = Expected::default();
        self.expect(provider, &mut expected, &mut walk)?;
        let until = walk.last.saturating_add(most);
        while self.walk_piece(provider, &mut expected, &mut walk)? {
            if walk.last >= until {
                return Ok((walk, false));
            }
        }
        walk.report.at = self.clock_now();
        self.end_walk(provider, expected, &mut walk.report)?;
        Ok((walk, true))
    }

    /// How many entries a provider's audit has.
    pub(crate) fn audit_length(&self, provider: &ProviderId) -> Result<u64, StoreError> {
        self.store
            .read(|connection| Ok(place(last_place(connection, provider)?)))
    }

    /// What the checkpoints in the database and the sealed end say of what is still to be read.
    fn expect(
        &self,
        provider: &ProviderId,
        expected: &mut Expected,
        walk: &mut AuditWalk,
    ) -> Result<(), StoreError> {
        let key = AuditKey::derive(&self.vault, provider);
        let (head, checkpoints) = self.store.read(|connection| {
            let head = chain::find_head(connection, provider)?;
            Ok::<_, StoreError>((head, checkpoint::all(connection, provider)?))
        })?;
        walk.report.checkpoints = checkpoints.len();
        for (seq, jws) in &checkpoints {
            if place(*seq) <= walk.last {
                continue;
            }
            match own(&key, provider, jws).filter(|checkpoint| checkpoint.seq == *seq) {
                Some(checkpoint) => expected.add(checkpoint),
                None => walk
                    .report
                    .find(AuditFinding::Checkpoint { seq: place(*seq) }),
            }
        }
        let is_sealed = |found: &SealedHead| {
            chain::mac(&self.vault, provider.as_str(), &found.head) == found.mac
        };
        match head.filter(is_sealed) {
            Some(SealedHead { head, .. }) if place(head.seq) > walk.last => {
                expected.see(place(head.seq), b64u(&head.hash));
            }
            // Read to the end before, and nothing has come since.
            Some(SealedHead { head, .. }) => {
                if walk.last > 0 && place(head.seq) == walk.last && head.hash != walk.before {
                    walk.report.find(AuditFinding::Rewritten { seq: walk.last });
                }
            }
            None => walk.report.find(AuditFinding::Head),
        }
        Ok(())
    }

    /// Every entry follows from the one before; whether there may be more.
    fn walk_piece(
        &self,
        provider: &ProviderId,
        expected: &mut Expected,
        walk: &mut AuditWalk,
    ) -> Result<bool, StoreError> {
        let piece = self
            .store
            .read(|connection| read::after(connection, provider, walk.last, PIECE))?;
        let is_more = !piece.is_empty();
        let report = &mut walk.report;
        for entry in piece {
            if entry.seq != walk.last + 1 {
                report.find(AuditFinding::Missing { seq: walk.last + 1 });
            } else if chain::hash(provider, &walk.before, &entry) != entry.hash {
                report.find(AuditFinding::Changed { seq: entry.seq });
            }
            expected.compare(&entry, report);
            report.entries += 1;
            (walk.last, walk.before) = (entry.seq, entry.hash);
        }
        Ok(is_more)
    }

    /// What was expected and never came.
    fn end_walk(
        &self,
        provider: &ProviderId,
        expected: Expected,
        report: &mut AuditReport,
    ) -> Result<(), StoreError> {
        self.check_end(provider, report)?;
        for seq in expected.0.into_keys() {
            report.find(AuditFinding::Rewritten { seq });
        }
        Ok(())
    }

    /// The chain ends where it was left, read in one look: entries may have come meanwhile.
    fn check_end(&self, provider: &ProviderId, report: &mut AuditReport) -> Result<(), StoreError> {
        let (head, last) = self.store.read(|connection| {
            connection.in_one_look(|| {
                let head = chain::find_head(connection, provider)?;
                Ok::<_, StoreError>((head, last_place(connection, provider)?))
            })
        })?;
        let head = head.map_or(0, |found| found.head.seq);
        if head != last {
            report.find(AuditFinding::Cut {
                head: place(head),
                last: place(last),
            });
        }
        Ok(())
    }
}

/// Whether every entry of a provider follows from the one before, up to the end that was sealed
/// under the vault.
pub(crate) fn is_whole(
    connection: &Connection,
    vault: &Vault,
    provider: &ProviderId,
) -> Result<bool, StoreError> {
    let Some(end) = chain::find_head(connection, provider)? else {
        return Ok(false);
    };
    if chain::mac(vault, provider.as_str(), &end.head) != end.mac {
        return Ok(false);
    }
    let (mut last, mut before) = (0, NOTHING);
    loop {
        let piece = read::after(connection, provider, last, PIECE)?;
        if piece.is_empty() {
            return Ok(last == place(end.head.seq) && before == end.head.hash);
        }
        for entry in piece {
            let follows =
                entry.seq == last + 1 && chain::hash(provider, &before, &entry) == entry.hash;
            if !follows {
                return Ok(false);
            }
            (last, before) = (entry.seq, entry.hash);
        }
    }
}

/// A checkpoint that is of this provider and installation.
fn own(key: &AuditKey, provider: &ProviderId, jws: &str) -> Option<Checkpoint> {
    key.verify(jws)
        .filter(|checkpoint| checkpoint.provider == *provider)
}

impl AuditReport {
    /// Tells a finding once, however often it is come upon.
    fn find(&mut self, finding: AuditFinding) {
        if self.findings.len() < MOST_FINDINGS && !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// Writes down that the audit was verified, and the outcome.
    pub(crate) fn note(
        &self,
        transaction: &Connection,
        provider: &ProviderId,
        actor: &Actor,
        at: UnixTime,
    ) -> Result<(), StoreError> {
        let entry = Entry {
            provider,
            at,
            actor,
            action: "audit.verify",
            result: if self.is_whole() { "ok" } else { "broken" },
            enrollment: None,
            detail: serde_json::json!({ "entries": self.entries }),
        };
        append(transaction, &entry)
    }
}

/// What checkpoints and the sealed end of the chain say, by place.
#[derive(Default)]
struct Expected(BTreeMap<u64, Vec<String>>);

impl Expected {
    fn add(&mut self, checkpoint: Checkpoint) {
        self.see(place(checkpoint.seq), checkpoint.hash);
    }

    fn see(&mut self, seq: u64, hash: String) {
        // Before the first entry there is nothing to see.
        if seq > 0 {
            self.0.entry(seq).or_default().push(hash);
        }
    }

    fn compare(&mut self, entry: &AuditEntry, report: &mut AuditReport) {
        if let Some(seen) = self.0.remove(&entry.seq)
            && seen.iter().any(|hash| *hash != b64u(&entry.hash))
        {
            report.find(AuditFinding::Rewritten { seq: entry.seq });
        }
    }
}

fn last_place(connection: &Connection, provider: &ProviderId) -> Result<i64, StoreError> {
    let last: Option<i64> = connection
        .prepare_cached(sql!(
            "SELECT MAX(seq) FROM audit_entries WHERE provider_id = $1"
        ))?
        .query_row(params![provider.as_str()], |row| row.get(0))?;
    Ok(last.unwrap_or(0))
}

fn place(seq: i64) -> u64 {
    u64::try_from(seq).unwrap_or(0)
}
