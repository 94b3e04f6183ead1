//! The provider's side of Gridpass: enrollment as use cases over ports, from the registration of
//! a device ID to the certificate that comes back sealed to the device.
//!
//! Synchronous, without HTTP and without a user interface: the server calls [`Gridpass`] from
//! where blocking is allowed. The time is a [`Clock`] and randomness a [`RandomSource`], so that
//! every test is deterministic.
//!
//! One file a stage: registration, mapping, label, delivery, verification, issuance.
//! Across them: the state machine in [`enrollment`], [`audit`], the limits of what clients may
//! try, and the store with one writer that commits in groups.

mod account;
mod api_token;
pub mod audit;
pub mod backup;
mod bulk;
pub mod ca;
mod ceremony;
pub mod clock;
pub mod config;
mod confirmation_error;
mod deliveries;
pub mod delivery;
mod desk;
mod device_line;
mod directory;
pub mod enrollment;
mod est_enrollment;
mod expiry;
mod figures;
#[cfg(feature = "testkit")]
pub mod fuzzing;
mod housekeeping;
pub mod id;
mod idempotency;
mod installation;
mod issuance;
mod key_file;
mod key_policy;
mod key_rotation;
mod label;
pub mod label_image;
pub mod letters;
mod limits;
mod mailbox;
mod mapping;
mod messages;
mod meters;
mod oidc;
mod opening;
mod outbox;
mod peer;
mod places;
mod postal;
mod programs;
mod push;
mod random;
mod readiness;
mod registration;
mod retention;
mod revocation;
mod session;
mod settings;
mod sign_in;
mod staff;
#[cfg_attr(
    not(feature = "testkit"),
    expect(
        unreachable_pub,
        reason = "tests look into the database through `testkit`"
    )
)]
mod store;
mod tenant;
#[cfg(feature = "testkit")]
pub mod testkit;
mod vault;
mod verification;
mod view;
mod webhooks;

pub use account::{
    AccountDetails, AccountError, AccountForm, AccountPage, AccountProblem, AccountQuery,
    AccountView, ImportError, LineProblem, MAX_TABLE, MOST_LINES, OwnData, OwnDevice,
    PostalAddress, Upserted,
};
pub use api_token::{ApiClient, ApiScope, ApiTokenError, ApiTokenView, UnknownScope};
pub use audit::{
    Actor, AuditEntry, AuditFilter, AuditFinding, AuditPage, AuditReport, AuditVerifyError,
};
pub use bulk::{
    AccountOutcome, AuditVerification, BulkError, BulkFileError, BulkJob, BulkKind, BulkLine,
    BulkOutcome, BulkProblem, BulkState, BulkStep, MAX_FILE, MAX_LINES,
};
pub use ceremony::{CaCeremony, CaCeremonyError, IssuingKeyState, IssuingKeyView};
pub use clock::{Clock, FileClock, FixedClock, SystemClock};
pub use config::{
    AccountConfig, CaConfig, ConfigError, InstallationConfig, LabelProfile, Lifetimes, Limits,
    ProviderConfig,
};
pub use confirmation_error::{ConfirmationError, ExpiredReason};
pub use deliveries::{DeliveryBox, DeliveryError, DeliveryPage, DeliveryView, Retry};
pub use desk::{
    AccountSummary, DeskError, DeskVersion, Dossier, EnrollmentFilter, EnrollmentPage,
    EnrollmentRow, Funnel, InvalidCursor, InvalidWords, PageCursor, ProgrammeDay, ProgrammeSpan,
    StaffRegistration, StaffWords, TimelineActor, TimelineEntry, TimelineEvent, UnknownSpan,
    date_of, programme_csv,
};
pub use device_line::{DeviceLine, LineIdentity, LineNaming};
pub use directory::MESSAGES_PATH;
pub use enrollment::{InvalidSerial, Serial, StateName};
pub use est_enrollment::{
    Approval, ApprovalError, ApprovalView, EstError, EstPolicy, EstRenewal, EstRequest,
};
pub use figures::{CertificateFigures, Figures, ListFigure, OutboxFigure, ProviderFigures};
pub use housekeeping::Housekeeping;
pub use id::{
    AccountId, AccountNumber, ApiTokenId, BulkJobId, DeliveryId, EnrollmentId, EventId, GroupId,
    IdempotencyKey, InstructionName, InvalidId, ParcelId, ProgramId, ProviderId, ReportId,
    RequestId, SessionId, StaffId, WebhookId,
};
pub use installation::{Gridpass, OpenError};
pub use key_file::KeyFileError;
pub use key_policy::{KeyPolicy, OnClone};
pub use key_rotation::{KeyFileView, KeyRotationError, KeyState, ProviderKeyView};
pub use label::{LabelView, ManualError};
pub use letters::{LetterContent, LetterError, LetterSelection, Paper, PrintedLetters};
pub use mailbox::{
    Content, Counts, InstructedDevice, Instruction, InstructionError, InstructionView, Letter,
    Listening, MailboxError, Originator, Parcel, ParcelState, UnknownParcelState, Wakes, Woken,
};
pub use mapping::TransitionError;
pub use messages::{
    KeyInSeries, KeySeries, KeyStanding, MessageError, MessageRequest, OpenedMessage, PlainRequest,
};
pub use oidc::{
    Audience, OidcAnswer, OidcBegun, OidcConfig, OidcCustomers, OidcError, OidcHttp, OidcHttpError,
    OidcSecret, OidcSession, OidcStaff, OidcStrength,
};
pub use outbox::{About, DeliveryKind, DeliveryState, OutboxMessage};
pub use peer::{Peer, PeerError};
pub use programs::{
    Addressing, AddressingStep, Aggregator, Amount, Currency, Described, Event, EventCounts,
    EventDraft, EventError, EventPage, EventProblem, EventQuery, EventRow, EventState, Group,
    GroupMember, HearingError, InvalidAmount, InvalidPostalCode, LoadSpan, PassedOn, PostalCode,
    Program, ProgramDraft, Report, ReportQuery, Signal, SignalKind, Target, Ven, VenDraft,
    VenPlace, VenToken,
};
pub use push::{HttpPusher, Knock, Pusher};
pub use random::RandomSource;
pub use readiness::{NotReady, Readiness};
pub use registration::{
    AccountRef, Channel, ChannelOffer, EnrollmentKind, Handover, NewLabel, Registered,
    Registration, RegistrationError, UnknownWord,
};
pub use retention::Retention;
pub use revocation::{
    CertificateStanding, CertificateState, OcspAnswer, RevocationConfig, RevocationError,
    RevocationList, RevocationReason, UnknownReason, Withdrawal,
};
pub use session::{Browser, NewSession, Session, SessionView};
pub use settings::{DeviceSettings, SettingsError, SettingsVersion};
pub use sign_in::{AskingBrowser, FinishSignInError, SignInError};
pub use staff::{
    AcceptError, Ceremony, Invitation, InvitationView, InviteError, Invited, MailService,
    ManageError, NewColleague, NewStaff, NewStaffSession, NotAllowed, PasskeyError, PasskeyView,
    PasswordError, Permission, PermissionError, Role, StaffChange, StaffSession, StaffSignIn,
    StaffSignInError, StaffView, Standing, UnknownRole, WeakPassword,
};
pub use store::copy::{CopiedTable, CopyError, CopyStep, copy_store};
pub use store::{
    Database, DatabaseError, DatabaseErrorKind, PostgresAddress, PostgresAddressError, StoreError,
};
pub use tenant::{Language, ProviderSummary, Scope, UnknownLanguage};
pub use verification::{ConfirmationRequest, MAX_CONFIRMATION_LENGTH};
pub use view::{CertificateView, EnrollmentView, StateView};
pub use webhooks::{NewWebhook, WebhookCall, WebhookError, WebhookView};
