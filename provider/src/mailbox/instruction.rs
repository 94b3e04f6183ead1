//! Instructions: orders that staff at the desk or the provider's own systems send to devices.

use gridpass_protocol::{Problem, ProblemName, UnixTime};
use serde_json::{Map, Value};

use super::{
    Content, Counts, MailboxError, Originator, Parcel, ParcelState, RECIPIENTS_AT_ONCE, address,
    counts, post,
    view::{self, Letter},
    withdraw,
};
use crate::{
    Gridpass,
    api_token::ApiClient,
    audit::{self, Actor},
    enrollment::{State, StateName},
    id::{EnrollmentId, IdempotencyKey, InstructionName, ParcelId, ProviderId},
    random::Random,
    staff::{NotAllowed, Permission, StaffSession},
    store::{Connection, RowReader, StoreError, enrollments, params, seconds, sql},
    vault::sha256,
};

/// Parcels that a page shows of one device.
const SHOWN: u32 = 50;

/// How long the answer to an `Idempotency-Key` is remembered, in seconds.
const REMEMBERED: u64 = 24 * 60 * 60;

/// An order for devices.
#[derive(Clone, Debug, PartialEq)]
pub struct Instruction {
    /// What to do, in a word that the devices know.
    pub name: InstructionName,
    /// What they need to know for that.
    pub arguments: Map<String, Value>,
    /// For how many seconds it is of use.
    pub valid_for: u64,
}

/// Where an instruction of the provider's own systems stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstructionView {
    /// Names it.
    pub id: ParcelId,
    /// What to do.
    pub name: String,
    /// When it was sent.
    pub created_at: UnixTime,
    /// From when on it is of no use.
    pub expires_at: UnixTime,
    /// At how many devices it is in which state.
    pub counts: Counts,
    /// Each device.
    pub devices: Vec<InstructedDevice>,
}

/// Where an instruction stands at one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstructedDevice {
    /// Which.
    pub enrollment: EnrollmentId,
    /// Where it stands.
    pub state: ParcelState,
    /// When it was first in an answer.
    pub delivered_at: Option<UnixTime>,
    /// When its receipt came.
    pub acknowledged_at: Option<UnixTime>,
    /// When it was over.
    pub closed_at: Option<UnixTime>,
    /// When that was, by the device's clock.
    pub device_at: Option<UnixTime>,
    /// What the device said about it.
    pub detail: Option<String>,
}

/// Why an instruction was not sent, or is not shown.
#[derive(Debug, thiserror::Error)]
pub enum InstructionError {
    /// Nobody is to be told, or too many at once.
    #[error("An instruction is for 1 to {RECIPIENTS_AT_ONCE} enrollments. Send several.")]
    Recipients,
    /// The provider has no such enrollment.
    #[error("There is no enrollment {0}. Leave it out, then send the instruction again.")]
    UnknownEnrollment(EnrollmentId),
    /// The device is not, or no longer, in service.
    #[error("The device of {0} is {1}: only devices in service are sent instructions.")]
    NotInService(EnrollmentId, StateName),
    /// The arguments are too long.
    #[error(
        "The arguments are longer than {} bytes of JSON. Send less.",
        Instruction::MAX_ARGUMENTS
    )]
    Arguments,
    /// It would be of use for too short or too long.
    #[error(
        "An instruction is good for {} to {} seconds.",
        Instruction::SHORTEST,
        Instruction::LONGEST
    )]
    Lifetime,
    /// The same idempotency key came with another instruction.
    #[error("This Idempotency-Key was used with another instruction. Use a new one.")]
    IdempotencyConflict,
    /// There is none with this id.
    #[error("There is no such instruction.")]
    NotFound,
    /// Staff sent none with this id to this device.
    #[error("No such instruction was sent to this device from the desk.")]
    NotSent,
    /// The role does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<MailboxError> for InstructionError {
    fn from(error: MailboxError) -> Self {
        match error {
            MailboxError::TooLarge => Self::Arguments,
            MailboxError::Store(error) => Self::Store(error),
        }
    }
}

impl InstructionError {
    /// As a problem document.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let invalid =
            |reason| Problem::new(ProblemName::Invalid, self.to_string()).with_reason(reason);
        match self {
            Self::Recipients => invalid("enrollments"),
            Self::UnknownEnrollment(_) => invalid("unknown-enrollment"),
            Self::NotInService(..) => {
                Problem::new(ProblemName::Conflict, self.to_string()).with_reason("not-in-service")
            }
            Self::Arguments => invalid("arguments"),
            Self::Lifetime => invalid("valid-for"),
            Self::IdempotencyConflict => {
                Problem::new(ProblemName::Conflict, self.to_string()).with_reason("idempotency-key")
            }
            Self::NotFound => Problem::new(ProblemName::NotFound, self.to_string()),
            Self::NotSent => {
                Problem::new(ProblemName::Conflict, self.to_string()).with_reason("not-sent")
            }
            Self::NotAllowed(_) => Problem::new(
                ProblemName::Forbidden,
                "Your role does not allow that. Ask an administrator.",
            ),
            Self::Store(_) => Problem::new(
                ProblemName::ServiceUnavailable,
                "The instruction was not stored. Please try again in a moment.",
            )
            .with_retry_after(5),
        }
    }
}

impl Instruction {
    /// The longest arguments, in bytes of JSON.
    pub const MAX_ARGUMENTS: usize = 4 * 1024;
    /// The shortest time that one is of use, in seconds.
    pub const SHORTEST: u64 = 60;
    /// The longest time, in seconds.
    pub const LONGEST: u64 = 90 * 24 * 60 * 60;
    /// The time if nothing is said, in seconds.
    pub const USUAL: u64 = 24 * 60 * 60;

    fn check(&self) -> Result<(), InstructionError> {
        if !(Self::SHORTEST..=Self::LONGEST).contains(&self.valid_for) {
            return Err(InstructionError::Lifetime);
        }
        match serde_json::to_string(&self.arguments) {
            Ok(json) if json.len() <= Self::MAX_ARGUMENTS => Ok(()),
            _ => Err(InstructionError::Arguments),
        }
    }
}

/// An instruction that is to be written.
struct Sending {
    parcel: Parcel,
    name: InstructionName,
    to: Vec<EnrollmentId>,
    actor: Actor,
    /// What came with an `Idempotency-Key`: its hash, and that of what was asked.
    call: Option<([u8; 32], [u8; 32])>,
}

impl Gridpass {
    /// Sends an instruction to one device, from the desk.
    ///
    /// # Errors
    /// See [`InstructionError`].
    pub fn desk_instruct(
        &self,
        staff: &StaffSession,
        enrollment: EnrollmentId,
        instruction: Instruction,
        actor: Actor,
    ) -> Result<ParcelId, InstructionError> {
        self.require::<InstructionError>(staff, Permission::SendInstructions, &actor)?;
        let originator = Originator::Staff(staff.staff_id);
        let sending = self.sending(
            &staff.provider,
            originator,
            instruction,
            vec![enrollment],
            actor,
        )?;
        self.send(sending)
    }

    /// Takes an instruction back that staff sent to this enrollment. Where the device has said
    /// something about it already, that stays.
    ///
    /// # Errors
    /// The role does not allow it, there is no such enrollment, staff sent none with this id to
    /// it, or the database failed.
    pub fn desk_withdraw_instruction(
        &self,
        staff: &StaffSession,
        enrollment: EnrollmentId,
        id: ParcelId,
        actor: Actor,
    ) -> Result<(), InstructionError> {
        self.require::<InstructionError>(staff, Permission::SendInstructions, &actor)?;
        let (provider, at) = (staff.provider.clone(), self.clock_now());
        self.store.write(move |transaction| {
            enrollments::find(transaction, enrollment)?
                .filter(|found| found.provider == provider)
                .ok_or(InstructionError::UnknownEnrollment(enrollment))?;
            if !view::is_from_desk(transaction, &provider, enrollment, id)? {
                return Err(InstructionError::NotSent);
            }
            withdraw(transaction, &provider, id, at)?;
            let entry = audit::Entry {
                provider: &provider,
                at,
                actor: &actor,
                action: "instruction.withdraw",
                result: "ok",
                enrollment: Some(enrollment),
                detail: serde_json::json!({ "instruction": id }),
            };
            Ok(audit::append(transaction, &entry)?)
        })
    }

    /// What lies or lay in the mailbox of an enrollment of the provider, youngest first.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn desk_letters(
        &self,
        staff: &StaffSession,
        enrollment: EnrollmentId,
        actor: &Actor,
    ) -> Result<Vec<Letter>, InstructionError> {
        self.require::<InstructionError>(staff, Permission::SeeEnrollments, actor)?;
        Ok(self
            .store
            .read(|connection| view::letters(connection, &staff.provider, enrollment, SHOWN))?)
    }

    /// Sends an instruction of the provider's own systems to some of its devices. With the same
    /// `Idempotency-Key` it is sent once.
    ///
    /// # Errors
    /// See [`InstructionError`]. Nothing was sent to anybody then.
    pub fn instruct(
        &self,
        client: &ApiClient,
        to: &[EnrollmentId],
        instruction: Instruction,
        idempotency: Option<&IdempotencyKey>,
        actor: Actor,
    ) -> Result<ParcelId, InstructionError> {
        let mut to = to.to_vec();
        to.sort_unstable();
        to.dedup();
        let call = idempotency.map(|key| {
            let wanted = serde_json::json!({
                "to": to,
                "name": instruction.name,
                "arguments": instruction.arguments,
                "valid_for": instruction.valid_for,
            });
            (
                sha256(key.as_str().as_bytes()),
                sha256(wanted.to_string().as_bytes()),
            )
        });
        let originator = Originator::Api(client.id);
        let sending = self.sending(&client.provider, originator, instruction, to, actor)?;
        self.send(Sending { call, ..sending })
    }

    /// Where an instruction of the provider's own systems stands.
    ///
    /// # Errors
    /// There is none with this id, or the database failed.
    pub fn instruction(
        &self,
        client: &ApiClient,
        id: ParcelId,
    ) -> Result<InstructionView, InstructionError> {
        self.store.read(|connection| {
            let sent = view::instruction(connection, &client.provider, id)?
                .ok_or(InstructionError::NotFound)?;
            Ok(InstructionView {
                id,
                name: sent.name,
                created_at: sent.created_at,
                expires_at: sent.expires_at,
                counts: counts(connection, &client.provider, id)?,
                devices: view::devices(connection, &client.provider, id)?,
            })
        })
    }

    fn sending(
        &self,
        provider: &ProviderId,
        originator: Originator,
        instruction: Instruction,
        to: Vec<EnrollmentId>,
        actor: Actor,
    ) -> Result<Sending, InstructionError> {
        instruction.check()?;
        if to.is_empty() || to.len() > RECIPIENTS_AT_ONCE {
            return Err(InstructionError::Recipients);
        }
        let now = self.clock_now();
        Ok(Sending {
            parcel: Parcel {
                id: ParcelId::make(now, &Random(&*self.random)),
                provider: provider.clone(),
                content: Content::Instruction {
                    name: instruction.name.to_string(),
                    arguments: instruction.arguments,
                },
                originator,
                created_at: now,
                expires_at: now.plus(instruction.valid_for),
            },
            name: instruction.name,
            to,
            actor,
            call: None,
        })
    }

    fn send(&self, sending: Sending) -> Result<ParcelId, InstructionError> {
        let to = sending.to.clone();
        let id = self
            .store
            .write(move |transaction| sending.record(transaction))?;
        self.wakes.wake(&to);
        Ok(id)
    }
}

impl Sending {
    fn record(&self, transaction: &Connection) -> Result<ParcelId, InstructionError> {
        let (provider, now) = (&self.parcel.provider, self.parcel.created_at);
        if let Some((key, wanted)) = &self.call
            && let Some((before, id)) = sent_before(transaction, provider, key, now)?
        {
            return if before == *wanted {
                Ok(id)
            } else {
                Err(InstructionError::IdempotencyConflict)
            };
        }
        for id in &self.to {
            check_recipient(transaction, provider, *id)?;
        }
        let id = post(transaction, &self.parcel)?;
        address(transaction, provider, id, &self.to)?;
        for enrollment in &self.to {
            let entry = audit::Entry {
                provider,
                at: now,
                actor: &self.actor,
                action: "instruction.send",
                result: "ok",
                enrollment: Some(*enrollment),
                detail: serde_json::json!({ "instruction": id, "name": self.name }),
            };
            audit::append(transaction, &entry)?;
        }
        if let Some((key, wanted)) = &self.call {
            remember(transaction, provider, key, wanted, id, now)?;
        }
        Ok(id)
    }
}

/// Whether the device may be sent something: it is in service, or will be again.
fn check_recipient(
    connection: &Connection,
    provider: &ProviderId,
    id: EnrollmentId,
) -> Result<(), InstructionError> {
    let found = enrollments::find(connection, id)?
        .filter(|found| found.provider == *provider)
        .ok_or(InstructionError::UnknownEnrollment(id))?;
    match found.state {
        State::Issued(_) | State::Active(_) | State::Suspended(_) => Ok(()),
        other => Err(InstructionError::NotInService(id, other.name())),
    }
}

fn sent_before(
    connection: &Connection,
    provider: &ProviderId,
    key: &[u8; 32],
    now: UnixTime,
) -> Result<Option<([u8; 32], ParcelId)>, StoreError> {
    let mut statement = connection.prepare_cached(sql!(
        "SELECT request_hash, parcel_id FROM instruction_calls
         WHERE provider_id = $1 AND key_hash = $2 AND expires_at > $3"
    ))?;
    let mut rows = statement.query(params![provider.as_str(), key, seconds(now)])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = RowReader::new(row, "instruction_calls");
    let wanted = row.bytes("request_hash")?;
    Ok(Some((
        wanted,
        ParcelId::from_bytes(row.bytes("parcel_id")?),
    )))
}

fn remember(
    connection: &Connection,
    provider: &ProviderId,
    key: &[u8; 32],
    wanted: &[u8; 32],
    id: ParcelId,
    now: UnixTime,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql!(
            "INSERT INTO instruction_calls
                 (provider_id, key_hash, request_hash, parcel_id, expires_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (provider_id, key_hash) DO UPDATE SET
                 request_hash = excluded.request_hash, parcel_id = excluded.parcel_id,
                 expires_at = excluded.expires_at"
        ))?
        .post(params![
            provider.as_str(),
            key,
            wanted,
            id.as_bytes(),
            seconds(now.plus(REMEMBERED))
        ])?;
    Ok(())
}

/// Forgets the keys whose time is over.
pub(crate) fn prune(connection: &Connection, now: UnixTime) -> Result<usize, StoreError> {
    Ok(connection
        .prepare_cached(sql!("DELETE FROM instruction_calls WHERE expires_at <= $1"))?
        .execute(params![seconds(now)])?)
}
