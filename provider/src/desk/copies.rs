//! Devices whose key seems to have a second holder, at the desk.

use super::{DeskError, dossier::find, list::EnrollmentRow, reason::StaffWords};
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::EnrollmentId,
    staff::{Permission, StaffSession},
    store::{enrollment_list, enrollments},
};

/// How many are shown at once; whoever has more has another problem than reading them.
const SHOWN: usize = 50;

impl Gridpass {
    /// The enrollments of the provider that are suspected and not yet looked into, the longest
    /// suspected first; at most 50.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn desk_suspected_copies(
        &self,
        staff: &StaffSession,
        actor: &Actor,
    ) -> Result<Vec<EnrollmentRow>, DeskError> {
        self.require::<DeskError>(staff, Permission::SeeEnrollments, actor)?;
        let rows = self
            .store
            .read(|connection| enrollment_list::suspected(connection, &staff.provider, SHOWN))?;
        Ok(rows.into_iter().map(|row| self.listed(row)).collect())
    }

    /// Takes the suspicion of a copy back, with the words of whoever looked into it.
    ///
    /// # Errors
    /// The role does not allow it, there is none with this id, or the database failed.
    pub fn desk_dismiss_suspicion(
        &self,
        staff: &StaffSession,
        id: EnrollmentId,
        reason: &StaffWords,
        actor: Actor,
    ) -> Result<(), DeskError> {
        self.require::<DeskError>(staff, Permission::RevokeCertificates, &actor)?;
        let (provider, at) = (staff.provider.clone(), self.clock_now());
        let reason = reason.to_string();
        self.store.write(move |transaction| {
            find(transaction, &provider, id)?;
            enrollments::dismiss_suspicion(transaction, &provider, id)?;
            let entry = audit::Entry {
                provider: &provider,
                at,
                actor: &actor,
                action: "message.copy-dismissed",
                result: "ok",
                enrollment: Some(id),
                detail: serde_json::json!({ "reason": reason }),
            };
            Ok(audit::append(transaction, &entry)?)
        })
    }
}
