//! Printing what waits, and saying that it was posted.

use gridpass_protocol::UnixTime;

use super::LetterError;
use crate::{
    Gridpass,
    audit::{self, Actor},
    id::{EnrollmentId, ProviderId},
    outbox::{self, Content, Leased, Settlement},
    staff::{Permission, StaffSession},
    store::{
        Connection, StoreError,
        milestones::{self, Milestone},
    },
};

/// Letters in one PDF, at most.
const MOST: u32 = 2000;
/// Letters that are settled in one transaction.
const AT_ONCE: u32 = 200;

/// Which letters are printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LetterSelection {
    /// Those that were not printed yet, the oldest first, at most 2000.
    Waiting,
    /// Those that were printed and not posted, once more.
    Printed,
    /// The ones of these enrollments, printed or not, as far as they still wait.
    Of(Vec<EnrollmentId>),
}

/// Letters, ready for the printer. Holds labels: no `Debug`.
pub struct PrintedLetters {
    /// One page a letter.
    pub pdf: Vec<u8>,
    /// How many there are.
    pub letters: usize,
}

impl Gridpass {
    /// Prints letters. They stay, and can be printed again, until [`Gridpass::letters_posted`].
    ///
    /// # Errors
    /// The role does not allow it, there is nothing to print, or the database failed.
    pub fn print_letters(
        &self,
        staff: &StaffSession,
        selection: LetterSelection,
        actor: Actor,
    ) -> Result<PrintedLetters, LetterError> {
        self.require::<LetterError>(staff, Permission::PrintLetters, &actor)?;
        let config = &self
            .provider(&staff.provider)
            .ok_or(LetterError::Nothing)?
            .config;
        let (provider, now) = (staff.provider.clone(), self.clock_now());
        let taken = self.store.write(move |transaction| {
            let taken = take(transaction, &provider, &selection, now)?;
            if !taken.is_empty() {
                let entry = audit::Entry {
                    provider: &provider,
                    at: now,
                    actor: &actor,
                    action: "delivery.print",
                    result: "ok",
                    enrollment: None,
                    detail: serde_json::json!({ "letters": taken.len() }),
                };
                audit::append(transaction, &entry)?;
            }
            Ok::<_, StoreError>(taken)
        })?;
        let contact = [&config.support_phone, &config.support_email]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" · ");
        let letter = |leased: &Leased| {
            let content = Content::open(leased.id, leased.sealed.as_deref()?, &self.vault)?;
            self.letter(&config.name, contact.clone(), &content)
        };
        let letters: Vec<_> = taken.iter().filter_map(letter).collect();
        Ok(PrintedLetters {
            pdf: super::pdf(&letters)?,
            letters: letters.len(),
        })
    }

    /// Notes that all printed letters were posted, and erases what they say. Returns how many.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed; what was done until then stays done.
    pub fn letters_posted(&self, staff: &StaffSession, actor: Actor) -> Result<usize, LetterError> {
        self.require::<LetterError>(staff, Permission::PrintLetters, &actor)?;
        let now = self.clock_now();
        let mut posted = 0;
        loop {
            let (provider, actor) = (staff.provider.clone(), actor.clone());
            let done = self
                .store
                .write(move |transaction| settle(transaction, &provider, &actor, now))?;
            posted += done;
            if done < AT_ONCE as usize {
                return Ok(posted);
            }
        }
    }
}

fn take(
    transaction: &Connection,
    provider: &ProviderId,
    selection: &LetterSelection,
    now: UnixTime,
) -> Result<Vec<Leased>, StoreError> {
    let found = match selection {
        LetterSelection::Waiting => {
            outbox::letters(transaction, provider, outbox::DeliveryState::Waiting, MOST)?
        }
        LetterSelection::Printed => {
            outbox::letters(transaction, provider, outbox::DeliveryState::Sending, MOST)?
        }
        LetterSelection::Of(enrollments) => {
            let mut found = Vec::new();
            for enrollment in enrollments {
                found.extend(outbox::letter_of(transaction, provider, *enrollment)?);
            }
            found
        }
    };
    found
        .into_iter()
        .filter_map(|letter| outbox::take_letter(transaction, letter, now).transpose())
        .collect()
}

/// Settles some of the printed letters of a provider.
fn settle(
    transaction: &Connection,
    provider: &ProviderId,
    actor: &Actor,
    now: UnixTime,
) -> Result<usize, StoreError> {
    let printed = outbox::letters(
        transaction,
        provider,
        outbox::DeliveryState::Sending,
        AT_ONCE,
    )?;
    for letter in &printed {
        outbox::settle(transaction, letter, &Settlement::Sent, now)?;
        if let Some(id) = letter.enrollment {
            milestones::reach(transaction, provider, id, Milestone::Delivered, now)?;
        }
        let entry = audit::Entry {
            provider,
            at: now,
            actor,
            action: "delivery.send",
            result: "ok",
            enrollment: letter.enrollment,
            detail: serde_json::json!({
                "delivery": letter.id,
                "kind": letter.kind,
                "about": letter.about,
                "to": letter.recipient_hint,
            }),
        };
        audit::append(transaction, &entry)?;
    }
    Ok(printed.len())
}
