//! Stage 1, registration: a device ID with an account arrives (protocol, The ten stages).
//!
//! Whose the device is: while somebody else of the same provider holds a certificate for this
//! device ID, it cannot be registered. A mapping that is only open is superseded, whoever's it
//! is: the latest registration wins, so that nobody can keep a device ID from its owner by
//! registering it first, and a mistaken registration costs the other no more than a new label.

mod filing;
mod words;

use gridpass_protocol::{
    DeviceId, KeyAlgorithm, Link, ManualCode, Problem, ProblemName, TemporaryId, UnixTime,
};

use self::filing::{Filed, Prepared};
pub use self::words::{Channel, EnrollmentKind, UnknownWord};
use crate::{
    Gridpass,
    audit::Actor,
    enrollment::{State, StateName},
    id::{AccountId, AccountNumber, EnrollmentId, IdempotencyKey, ProviderId},
    idempotency::{Before, IdempotentCall},
    installation::Provider,
    label::{Label, LabelContent},
    mapping::Mapping,
    random::Random,
    store::{
        StoreError,
        enrollments::{self, FiledDeviceId, NewEnrollment},
    },
    vault::Purpose,
};

/// Which account a device is registered for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountRef {
    /// One that exists.
    Id(AccountId),
    /// By the provider's number. The provider's systems and operators decide what accounts
    /// exist: theirs is made if it is not known yet.
    Number(AccountNumber),
}

/// A device ID with an account.
#[derive(Clone, Debug)]
pub struct Registration {
    /// With which provider.
    pub provider: ProviderId,
    /// For which account.
    pub account: AccountRef,
    /// The device.
    pub device_id: DeviceId,
    /// What the device is.
    pub kind: EnrollmentKind,
    /// How the label is delivered; decides how long it is good.
    pub channel: Channel,
    /// What key it makes, if not what the provider's configuration says.
    pub key_algorithm: Option<KeyAlgorithm>,
    /// Makes a repeated call within 24 hours one registration.
    pub idempotency: Option<IdempotencyKey>,
    /// What the customer calls it, 1 to 64 printable characters.
    pub nickname: Option<String>,
}

/// What a registration made. The link and the manual code are known only here and now.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The new enrollment.
    pub enrollment_id: EnrollmentId,
    /// What its label calls it.
    pub temporary_id: TemporaryId,
    /// When its label stops being of use.
    pub expires_at: UnixTime,
    /// The text of its QR code. Secret.
    pub link: Link,
    /// Its manual code. Secret.
    pub manual_code: ManualCode,
}

/// Why a device was not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// This installation serves no such provider.
    #[error("there is no such provider")]
    UnknownProvider,
    /// The provider has no such account.
    #[error("there is no such account")]
    UnknownAccount,
    /// There is no such enrollment that the actor may touch.
    #[error("there is no such enrollment")]
    NotFound,
    /// The actor may not register for this account.
    #[error("not allowed for this account")]
    Forbidden,
    /// Somebody else holds a certificate for this device ID.
    #[error("this device is enrolled for another account")]
    DeviceAlreadyEnrolled,
    /// The nickname is empty, too long or not printable.
    #[error("a nickname has 1 to 64 printable characters")]
    InvalidNickname,
    /// The idempotency key came with another registration before, or its label is gone.
    #[error("this idempotency key was used before")]
    IdempotencyConflict,
    /// A new label is made only as long as there is no certificate.
    #[error("an enrollment that is {0} gets no new label")]
    State(StateName),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RegistrationError {
    /// As a problem document (protocol, HTTP).
    #[must_use]
    pub fn problem(&self) -> Problem {
        let detail = self.to_string();
        match self {
            Self::UnknownProvider => {
                Problem::new(ProblemName::Invalid, detail).with_reason("unknown-provider")
            }
            Self::UnknownAccount => {
                Problem::new(ProblemName::Invalid, detail).with_reason("unknown-account")
            }
            Self::InvalidNickname => {
                Problem::new(ProblemName::Invalid, detail).with_reason("nickname")
            }
            Self::NotFound => Problem::new(ProblemName::NotFound, detail),
            Self::Forbidden => Problem::new(ProblemName::Forbidden, detail),
            Self::DeviceAlreadyEnrolled => {
                Problem::new(ProblemName::Conflict, detail).with_reason("device-already-enrolled")
            }
            Self::IdempotencyConflict => {
                Problem::new(ProblemName::Conflict, detail).with_reason("idempotency-key")
            }
            Self::State(state) => {
                Problem::new(ProblemName::Conflict, detail).with_reason(state.as_str())
            }
            Self::Store(_) => Problem::new(
                ProblemName::ServiceUnavailable,
                "The registration was not stored. Please try again in a moment.",
            )
            .with_retry_after(5),
        }
    }
}

impl Gridpass {
    /// Registers a device: makes its mapping and its label. An open mapping of the same device
    /// is superseded in the same transaction.
    ///
    /// # Errors
    /// Nothing is written then; see [`RegistrationError`].
    pub fn register(
        &self,
        registration: Registration,
        actor: Actor,
    ) -> Result<Registered, RegistrationError> {
        let provider = self
            .provider(&registration.provider)
            .ok_or(RegistrationError::UnknownProvider)?;
        let nickname_is_fine = |nickname: &String| {
            (1..=64).contains(&nickname.chars().count()) && !nickname.chars().any(char::is_control)
        };
        if !registration.nickname.as_ref().is_none_or(nickname_is_fine) {
            return Err(RegistrationError::InvalidNickname);
        }
        let prepared = self.prepare(provider, registration, actor);
        match self
            .store
            .write(move |transaction| filing::file(transaction, prepared))?
        {
            Filed::New(prepared) => Ok(Registered {
                enrollment_id: prepared.new.id,
                temporary_id: prepared.new.temporary_id,
                expires_at: prepared.new.expires_at,
                link: prepared.label.link,
                manual_code: prepared.label.manual_code,
            }),
            Filed::Before(before) => self.registered_before(&before),
        }
    }

    /// Makes a new label for the same device, account and channel. The old one is superseded.
    ///
    /// # Errors
    /// Nothing is written then: the enrollment is not the actor's, or it has got its certificate,
    /// or was superseded; and whatever [`Gridpass::register`] refuses.
    pub fn new_label(
        &self,
        id: EnrollmentId,
        actor: Actor,
    ) -> Result<Registered, RegistrationError> {
        let found = self
            .store
            .read(|connection| enrollments::find(connection, id))?
            .filter(|found| actor.scope().covers(&found.provider, found.account))
            .ok_or(RegistrationError::NotFound)?;
        if !matches!(
            found.state,
            State::Open(_) | State::Expired(_) | State::Locked(_) | State::Cancelled(_)
        ) {
            return Err(RegistrationError::State(found.state.name()));
        }
        let damaged = || StoreError::Corrupt {
            table: "enrollments",
            column: "sealed_device_id",
            row: id.to_string(),
        };
        let device_id = self
            .vault
            .open(Purpose::DeviceId, id.as_bytes(), &found.device.sealed)
            .ok()
            .and_then(|text| DeviceId::parse(std::str::from_utf8(&text).ok()?).ok())
            .ok_or_else(damaged)?;
        let registration = Registration {
            provider: found.provider,
            account: AccountRef::Id(found.account),
            device_id,
            kind: found.kind,
            channel: found.channel,
            key_algorithm: Some(found.key_algorithm),
            idempotency: None,
            nickname: found.nickname,
        };
        self.register(registration, actor)
    }

    fn prepare(&self, provider: &Provider, registration: Registration, actor: Actor) -> Prepared {
        let now = self.clock_now();
        let mut random = Random(&*self.random);
        let config = &provider.config;
        let idempotency = registration
            .idempotency
            .as_ref()
            .map(|key| IdempotentCall::new(key, &registration, &self.vault));
        let device_id = &registration.device_id;
        let id = EnrollmentId::make(now, &random);
        let lifetime = config.lifetimes.of(registration.channel);
        let mapping = Mapping::make(device_id, lifetime, now, &mut random);
        let key_algorithm = registration.key_algorithm.unwrap_or(config.key_algorithm);
        let content = LabelContent {
            origin: &self.origin,
            profile: config.label_profile,
            provider_certificate: provider.key().certificate(),
            csr_content: &config.csr_content,
            key_algorithm,
        };
        let label = Label::make(&content, &mapping, &mut random);
        let device = self.file_device_id(id, device_id, &random);
        Prepared {
            new: NewEnrollment {
                id,
                provider: registration.provider,
                temporary_id: mapping.temporary_id,
                otp_hash: mapping.otp_hash,
                device,
                kind: registration.kind,
                channel: registration.channel,
                key_algorithm,
                csr_content: config.csr_content.clone(),
                nickname: registration.nickname,
                issued_at: now,
                expires_at: mapping.expires_at,
            },
            account: registration.account,
            account_id: AccountId::make(now, &random),
            idempotency: idempotency
                .map(|call| call.with_label(&label.manual_code, &self.vault, &random)),
            label,
            actor,
        }
    }

    fn file_device_id(
        &self,
        id: EnrollmentId,
        device_id: &DeviceId,
        random: &Random<'_>,
    ) -> FiledDeviceId {
        let text = device_id.as_str();
        FiledDeviceId {
            lookup: self.vault.device_lookup(device_id),
            sealed: self
                .vault
                .seal(Purpose::DeviceId, id.as_bytes(), text.as_bytes(), random),
            // Canonical device IDs are ASCII of at least 8 characters.
            hint: text[text.len() - 4..].to_owned(),
            kind: device_id.kind(),
        }
    }

    fn registered_before(&self, before: &Before) -> Result<Registered, RegistrationError> {
        let manual_code = before
            .manual_code(&self.vault)
            .ok_or(RegistrationError::IdempotencyConflict)?;
        let (enrollment_id, view) = self
            .open_label(&manual_code.lookup(), &manual_code)?
            .ok_or(RegistrationError::IdempotencyConflict)?;
        let found = self
            .store
            .read(|connection| enrollments::find(connection, enrollment_id))?
            .ok_or(RegistrationError::IdempotencyConflict)?;
        Ok(Registered {
            enrollment_id,
            temporary_id: found.temporary_id,
            expires_at: view.expires_at,
            link: view.link,
            manual_code,
        })
    }
}
