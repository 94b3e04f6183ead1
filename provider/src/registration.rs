//! Stage 1, registration: a device ID with an account arrives (protocol, The ten stages).
//!
//! Whose the device is: while somebody else of the same provider holds a certificate for this
//! device ID, it cannot be registered. A mapping that is only open is superseded, whoever's it
//! is: the latest registration wins, so that nobody can keep a device ID from its owner by
//! registering it first, and a mistaken registration costs the other no more than a new label.
//!
//! Where the label goes is the provider's decision (`channels` of its configuration). One that
//! goes out by mail, SMS or letter goes to the address on file, through the outbox, in the
//! transaction of the registration, and is shown to nobody else.

mod filing;
mod handover;
pub(crate) mod words;

use gridpass_protocol::{DeviceId, KeyAlgorithm, Problem, ProblemName, TemporaryId, UnixTime};

pub(crate) use self::filing::{Filed, Prepared, Renews, file};
use self::handover::Addressee;
pub use self::handover::{ChannelOffer, Handover, NewLabel};
pub use self::words::{Channel, EnrollmentKind, UnknownWord};
use crate::{
    Gridpass,
    audit::Actor,
    enrollment::{State, StateName},
    id::{AccountId, AccountNumber, EnrollmentId, IdempotencyKey, ProviderId},
    idempotency::IdempotentCall,
    installation::Provider,
    label::{Label, LabelContent},
    mapping::Mapping,
    outbox::{About, Outgoing, Useful},
    random::Random,
    store::{
        StoreError,
        enrollments::{self, Enrollment, FiledDeviceId, NewEnrollment},
    },
    tenant::Language,
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
    /// The language of what is sent, if not that of the account.
    pub language: Option<Language>,
}

/// What a registration made.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The new enrollment.
    pub enrollment_id: EnrollmentId,
    /// What its label calls it.
    pub temporary_id: TemporaryId,
    /// When its label stops being of use.
    pub expires_at: UnixTime,
    /// Where the label went.
    pub label: Handover,
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
    /// The provider delivers no labels by this channel, or not to this actor.
    #[error("labels are not delivered by {0} here")]
    ChannelUnavailable(Channel),
    /// The account has no address for this channel.
    #[error("the account has no address on file for {0}")]
    NoAddress(Channel),
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
            Self::ChannelUnavailable(_) => {
                Problem::new(ProblemName::Invalid, detail).with_reason("channel-unavailable")
            }
            Self::NoAddress(_) => {
                Problem::new(ProblemName::Invalid, detail).with_reason("no-address")
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

/// A registration that was checked: with whom, and whom the label goes to.
pub(crate) struct Admitted<'a> {
    provider: &'a Provider,
    recipient: Option<Addressee>,
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
        let prepared = self.prepare(registration, actor)?;
        self.file_prepared(prepared)
    }

    /// Checks a registration as far as that goes without its transaction.
    pub(crate) fn admit(
        &self,
        registration: &Registration,
        actor: &Actor,
    ) -> Result<Admitted<'_>, RegistrationError> {
        let provider = self
            .provider(&registration.provider)
            .ok_or(RegistrationError::UnknownProvider)?;
        let nickname_is_fine = |nickname: &String| {
            (1..=64).contains(&nickname.chars().count()) && !nickname.chars().any(char::is_control)
        };
        if !registration.nickname.as_ref().is_none_or(nickname_is_fine) {
            return Err(RegistrationError::InvalidNickname);
        }
        self.check_channel(provider, registration.channel, actor)?;
        let recipient = self.recipient(registration, actor)?;
        Ok(Admitted {
            provider,
            recipient,
        })
    }

    /// Everything of a registration that is made outside its transaction.
    pub(crate) fn prepare(
        &self,
        registration: Registration,
        actor: Actor,
    ) -> Result<Prepared, RegistrationError> {
        let admitted = self.admit(&registration, &actor)?;
        Ok(self.make(admitted, registration, actor))
    }

    /// Writes what was prepared.
    pub(crate) fn file_prepared(
        &self,
        prepared: Prepared,
    ) -> Result<Registered, RegistrationError> {
        match self
            .store
            .write(move |transaction| filing::file(transaction, prepared))?
        {
            Filed::New(prepared) => Ok(prepared.registered()),
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
        self.new_label_by(id, None, actor)
    }

    /// Makes a new label for the same device and account, and delivers it by another channel.
    /// The old one is superseded: nobody keeps what it said, so it cannot be sent twice.
    ///
    /// # Errors
    /// As [`Gridpass::new_label`].
    pub fn resend(
        &self,
        id: EnrollmentId,
        channel: Channel,
        actor: Actor,
    ) -> Result<Registered, RegistrationError> {
        self.new_label_by(id, Some(channel), actor)
    }

    fn new_label_by(
        &self,
        id: EnrollmentId,
        channel: Option<Channel>,
        actor: Actor,
    ) -> Result<Registered, RegistrationError> {
        let found = self
            .store
            .read(|connection| enrollments::find(connection, id))?
            .filter(|found| actor.scope().covers(&found.provider, found.account))
            .ok_or(RegistrationError::NotFound)?;
        let registration = self.renewal_of(found, channel)?;
        self.register(registration, actor)
    }

    /// The registration that makes a new label for the same device and account.
    pub(crate) fn renewal_of(
        &self,
        found: Enrollment,
        channel: Option<Channel>,
    ) -> Result<Registration, RegistrationError> {
        let id = found.id;
        if !matches!(
            found.state,
            State::Open(_) | State::Expired(_) | State::Locked(_) | State::Cancelled(_)
        ) {
            return Err(RegistrationError::State(found.state.name()));
        }
        let device_id = self.open_device_id(id, &found.device.sealed)?;
        Ok(Registration {
            provider: found.provider,
            account: AccountRef::Id(found.account),
            device_id,
            kind: found.kind,
            channel: channel.unwrap_or(found.channel),
            key_algorithm: Some(found.key_algorithm),
            idempotency: None,
            nickname: found.nickname,
            language: None,
        })
    }

    fn make(&self, admitted: Admitted<'_>, registration: Registration, actor: Actor) -> Prepared {
        let Admitted {
            provider,
            recipient,
        } = admitted;
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
        let provider_key = provider.key();
        let content = LabelContent {
            origin: &self.origin,
            profile: config.label_profile,
            provider_certificate: provider_key.certificate(),
            csr_content: &config.csr_content,
            key_algorithm,
            kind: registration.kind.into(),
        };
        let label = Label::make(&content, &mapping, &mut random);
        let device = self.file_device_id(id, device_id, &random);
        let outgoing = recipient.map(|addressee| {
            let words = addressee.label_words(&label, mapping.expires_at, registration.language);
            let useful = Useful {
                from: now,
                until: mapping.expires_at,
            };
            Outgoing::new(&words, About::Label, useful, &self.vault, &random).of_enrollment(id)
        });
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
            idempotency: idempotency.map(|call| match outgoing {
                None => call.with_label(&label.manual_code, &self.vault, &random),
                // The answer to the repetition holds no label either.
                Some(_) => call,
            }),
            label,
            outgoing,
            renews: None,
            actor,
        }
    }

    /// Opens the device ID of an enrollment as it was filed.
    pub(crate) fn open_device_id(
        &self,
        id: EnrollmentId,
        sealed: &[u8],
    ) -> Result<DeviceId, StoreError> {
        self.vault
            .open(Purpose::DeviceId, id.as_bytes(), sealed)
            .ok()
            .and_then(|text| DeviceId::parse(std::str::from_utf8(&text).ok()?).ok())
            .ok_or_else(|| StoreError::Corrupt {
                table: "enrollments",
                column: "sealed_device_id",
                row: id.to_string(),
            })
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
}
