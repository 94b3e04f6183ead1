//! Verifying the audit: whatever was done to an entry is found.

use std::{collections::BTreeMap, fmt};

use gridpass_protocol::{UnixTime, b64u};
use rusqlite::{Connection, params};

use super::{
    Actor, Entry, append,
    chain::{self, NOTHING, SealedHead},
    checkpoint::{self, AuditKey, Checkpoint},
    read::{self, AuditEntry},
};
use crate::{
    Gridpass,
    id::ProviderId,
    staff::{NotAllowed, Permission, StaffSession},
    store::{StoreError, sql},
};

/// Entries that are read at once.
const PIECE: u32 = 1000;
/// Findings that are told; one is enough to know.
const MOST_FINDINGS: usize = 100;

/// What was found of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
        let own = |jws: &String| {
            key.verify(jws)
                .filter(|checkpoint| checkpoint.provider == *provider)
        };
        let mut expected = Expected::default();
        for jws in kept {
            expected.add(own(jws).ok_or(AuditVerifyError::ForeignCheckpoint)?);
        }
        let (head, checkpoints) = self.store.read(|connection| {
            let head = chain::find_head(connection, provider)?;
            Ok::<_, StoreError>((head, checkpoint::all(connection, provider)?))
        })?;
        let mut report = AuditReport {
            entries: 0,
            checkpoints: kept.len() + checkpoints.len(),
            findings: Vec::new(),
            at: self.clock_now(),
        };
        for (seq, jws) in &checkpoints {
            match own(jws).filter(|checkpoint| checkpoint.seq == *seq) {
                Some(checkpoint) => expected.add(checkpoint),
                None => report.find(AuditFinding::Checkpoint { seq: place(*seq) }),
            }
        }
        let is_sealed = |found: &SealedHead| {
            chain::mac(&self.vault, provider.as_str(), &found.head) == found.mac
        };
        match head.filter(is_sealed) {
            Some(SealedHead { head, .. }) => expected.see(place(head.seq), b64u(&head.hash)),
            None => report.find(AuditFinding::Head),
        }
        self.walk(provider, &mut expected, &mut report)?;
        self.check_end(provider, &mut report)?;
        for seq in expected.0.into_keys() {
            report.find(AuditFinding::Rewritten { seq });
        }
        Ok(report)
    }

    /// The same, asked for at the desk; that it was asked for, and the outcome, is written down.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn verify_audit_for(
        &self,
        staff: &StaffSession,
        actor: Actor,
    ) -> Result<AuditReport, AuditVerifyError> {
        self.require::<AuditVerifyError>(staff, Permission::ReadAudit, &actor)?;
        let report = self.verify_audit(&staff.provider, &[])?;
        let (provider, at) = (staff.provider.clone(), self.clock_now());
        let (entries, result) = (
            report.entries,
            if report.is_whole() { "ok" } else { "broken" },
        );
        self.store.write(move |transaction| {
            let entry = Entry {
                provider: &provider,
                at,
                actor: &actor,
                action: "audit.verify",
                result,
                enrollment: None,
                detail: serde_json::json!({ "entries": entries }),
            };
            append(transaction, &entry)
        })?;
        Ok(report)
    }

    /// Every entry follows from the one before.
    fn walk(
        &self,
        provider: &ProviderId,
        expected: &mut Expected,
        report: &mut AuditReport,
    ) -> Result<(), StoreError> {
        let (mut last, mut before) = (0, NOTHING);
        loop {
            let piece = self
                .store
                .read(|connection| read::after(connection, provider, last, PIECE))?;
            if piece.is_empty() {
                return Ok(());
            }
            for entry in piece {
                if entry.seq != last + 1 {
                    report.find(AuditFinding::Missing { seq: last + 1 });
                } else if chain::hash(provider, &before, &entry) != entry.hash {
                    report.find(AuditFinding::Changed { seq: entry.seq });
                }
                expected.compare(&entry, report);
                report.entries += 1;
                (last, before) = (entry.seq, entry.hash);
            }
        }
    }

    /// The chain ends where it was left, read in one look: entries may have come meanwhile.
    fn check_end(&self, provider: &ProviderId, report: &mut AuditReport) -> Result<(), StoreError> {
        let (head, last) = self.store.read(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let head = chain::find_head(&transaction, provider)?;
            Ok::<_, StoreError>((head, last_place(&transaction, provider)?))
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

impl AuditReport {
    fn find(&mut self, finding: AuditFinding) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding);
        }
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
