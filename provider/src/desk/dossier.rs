//! One enrollment at the desk: where it stands, what happened, and what staff do about it.

use gridpass_protocol::UnixTime;
use uuid::Uuid;

use super::{
    DeskError,
    list::AccountSummary,
    reason::StaffWords,
    timeline::{self, TimelineEntry},
};
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::{AccountId, EnrollmentId, ProviderId},
    messages::KeySeries,
    random::Random,
    revocation::CertificateStanding,
    staff::{Permission, StaffSession},
    store::{
        Connection, RowReader, StoreError,
        enrollments::{self, Enrollment},
        params, revocations, seconds, sql,
    },
    view::EnrollmentView,
};

/// One enrollment with its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dossier {
    /// The enrollment.
    pub enrollment: EnrollmentView,
    /// Whose device it is.
    pub account: AccountSummary,
    /// Its certificates, oldest first.
    pub certificates: Vec<CertificateStanding>,
    /// What happened, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// The device's keys; none before it has a certificate.
    pub keys: Option<KeySeries>,
    /// Since when two holders of its key are suspected, if they are.
    pub copy_suspected_at: Option<UnixTime>,
}

impl Gridpass {
    /// One enrollment of the provider with its history.
    ///
    /// # Errors
    /// The role does not allow it, there is none with this id, or the database failed.
    pub fn desk_enrollment(
        &self,
        staff: &StaffSession,
        id: EnrollmentId,
        actor: &Actor,
    ) -> Result<Dossier, DeskError> {
        self.require::<DeskError>(staff, Permission::SeeEnrollments, actor)?;
        let now = self.clock_now();
        let (found, account, certificates, timeline, copy_suspected_at) =
            self.store.read(|connection| {
                let found = find(connection, &staff.provider, id)?;
                let account = account_summary(connection, &staff.provider, found.account)?;
                let certificates =
                    revocations::of_enrollment(connection, &staff.provider, id, now)?;
                let timeline = timeline::of_enrollment(connection, &staff.provider, id)?;
                let suspected = enrollments::suspected_since(connection, &staff.provider, id)?;
                Ok::<_, DeskError>((found, account, certificates, timeline, suspected))
            })?;
        let keys = self.key_series(id, &staff.scope())?;
        Ok(Dossier {
            enrollment: self.view(found),
            account,
            certificates,
            timeline,
            keys: keys.filter(|series| !series.keys.is_empty()),
            copy_suspected_at,
        })
    }

    /// Calls an open enrollment off: its label is of no more use.
    ///
    /// # Errors
    /// The role does not allow it, there is none with this id, it is not open, or the database
    /// failed.
    pub fn desk_cancel(
        &self,
        staff: &StaffSession,
        id: EnrollmentId,
        reason: &StaffWords,
        actor: Actor,
    ) -> Result<(), DeskError> {
        self.require::<DeskError>(staff, Permission::ActOnEnrollments, &actor)?;
        let (provider, now) = (staff.provider.clone(), self.clock_now());
        let reason = reason.to_string();
        self.store.write(move |transaction| {
            let found = find(transaction, &provider, id)?;
            let transition = found.state.cancel(now)?;
            enrollments::compare_and_set(transaction, &provider, id, &transition)?;
            let entry = audit::Entry {
                provider: &provider,
                at: now,
                actor: &actor,
                action: "enrollment.cancel",
                result: "ok",
                enrollment: Some(id),
                detail: serde_json::json!({ "reason": reason }),
            };
            Ok(audit::append(transaction, &entry)?)
        })
    }

    /// Writes a note about an enrollment, for colleagues to read.
    ///
    /// # Errors
    /// The role does not allow it, there is none with this id, or the database failed.
    pub fn desk_note(
        &self,
        staff: &StaffSession,
        id: EnrollmentId,
        text: &StaffWords,
        actor: Actor,
    ) -> Result<(), DeskError> {
        self.require::<DeskError>(staff, Permission::ActOnEnrollments, &actor)?;
        let (provider, at) = (staff.provider.clone(), self.clock_now());
        let note = uuid::Builder::from_random_bytes(Random(&*self.random).bytes()).into_uuid();
        let text = text.to_string();
        self.store.write(move |transaction| {
            find(transaction, &provider, id)?;
            insert_note(transaction, &provider, id, note, &actor, &text, at)?;
            // The audit tells that a note was written; the words, which may name people, are apart.
            let entry = audit::Entry {
                provider: &provider,
                at,
                actor: &actor,
                action: "enrollment.note",
                result: "ok",
                enrollment: Some(id),
                detail: serde_json::json!({ "note": note }),
            };
            Ok(audit::append(transaction, &entry)?)
        })
    }
}

/// The enrollment of this provider with this id.
pub(super) fn find(
    connection: &Connection,
    provider: &ProviderId,
    id: EnrollmentId,
) -> Result<Enrollment, DeskError> {
    enrollments::find(connection, id)?
        .filter(|found| found.provider == *provider)
        .ok_or(DeskError::NotFound)
}

fn insert_note(
    connection: &Connection,
    provider: &ProviderId,
    enrollment: EnrollmentId,
    note: Uuid,
    author: &Actor,
    text: &str,
    at: UnixTime,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "INSERT INTO enrollment_notes
                 (id, provider_id, enrollment_id, author, text, made_at)
             VALUES ($1, $2, $3, $4, $5, $6)"
        ))?
        .post(params![
            note.as_bytes(),
            provider.as_str(),
            enrollment.as_bytes(),
            author.to_string(),
            text,
            seconds(at)
        ])?;
    Ok(())
}

fn account_summary(
    connection: &Connection,
    provider: &ProviderId,
    id: AccountId,
) -> Result<AccountSummary, DeskError> {
    let mut statement = connection
        .prepare_cached(sql!(
            "SELECT id, number, name FROM accounts WHERE provider_id = $1 AND id = $2"
        ))
        .map_err(StoreError::from)?;
    let mut rows = statement
        .query(params![provider.as_str(), id.as_bytes()])
        .map_err(StoreError::from)?;
    let row = rows.next().map_err(StoreError::from)?;
    let row = RowReader::new(row.ok_or(DeskError::NotFound)?, "accounts");
    Ok(AccountSummary {
        id: AccountId::from_bytes(row.bytes("id")?),
        number: row.word("number")?,
        name: row.value("name")?,
    })
}
