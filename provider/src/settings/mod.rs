//! How devices are to go on, by provider and kind of device, in versions.
//!
//! The configuration is version 1, until an admin changes something at the desk. Each change is a
//! new version; bringing an older one back is a change too. Devices in service find the newest
//! version in their mailboxes, signed as every answer is, and say by receipt that they go by it;
//! those that enrol or say hello later are told it then.

mod spread;
mod versions;

use gridpass_protocol::{Settings, UnixTime};

use crate::{
    Gridpass,
    audit::{self, Actor},
    config::{ProviderConfig, is_shown_text},
    id::{EnrollmentId, ParcelId, ProviderId},
    mailbox::{Content, Counts, MailboxError, Originator, Parcel, counts, post, withdraw},
    random::Random,
    registration::EnrollmentKind,
    staff::{NotAllowed, Permission, StaffSession},
    store::{Connection, StoreError},
};

use self::versions::{Row, insert, newest};

/// How long a version waits for devices that sleep, in seconds: ten years.
const GOOD_FOR: u64 = 10 * 365 * 24 * 60 * 60;
/// The version that the configuration is.
const FIRST: u32 = 1;
/// Chunks of mailboxes that are filled before the admin sees the page again; housekeeping fills
/// the others.
const CHUNKS_AT_ONCE: usize = 5;

/// What the settings of devices say that can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceSettings {
    /// Seconds between two polls, 1 to 86,400.
    pub poll_interval: u32,
    /// Whom to ask, by e-mail.
    pub support_email: Option<String>,
    /// Whom to ask, by phone.
    pub support_phone: Option<String>,
}

/// One version of the settings, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsVersion {
    /// Counts from 1.
    pub version: u32,
    /// What it says.
    pub settings: DeviceSettings,
    /// Since when; none for the configuration as it is now.
    pub made_at: Option<UnixTime>,
    /// The member of staff who made it, if that is still known; none for the configuration's.
    pub made_by: Option<String>,
    /// The older version that this one brought back.
    pub brought_back: Option<u32>,
    /// At how many devices it stands where; none for the configuration's.
    pub counts: Option<Counts>,
    /// Whether every device that it is for has it in its mailbox.
    pub is_spread: bool,
}

/// Why the settings of devices were not changed, or are not shown.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A value is out of its bounds.
    #[error("seconds between polls: 1 to 86400; contacts: 1 to 255 printable characters")]
    Invalid,
    /// There is no such version, or it is in force already.
    #[error("there is no such older version")]
    NoSuchVersion,
    /// This installation serves no such provider.
    #[error("there is no such provider")]
    UnknownProvider,
    /// The role does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<MailboxError> for SettingsError {
    fn from(error: MailboxError) -> Self {
        match error {
            MailboxError::TooLarge => Self::Invalid,
            MailboxError::Store(error) => Self::Store(error),
        }
    }
}

impl DeviceSettings {
    fn of(config: &ProviderConfig) -> Self {
        Self {
            poll_interval: config.poll_interval,
            support_email: config.support_email.clone(),
            support_phone: config.support_phone.clone(),
        }
    }

    fn check(&self) -> Result<(), SettingsError> {
        let is_shown =
            |text: &Option<String>| text.as_ref().is_none_or(|text| is_shown_text(text, 255));
        let is_fine = (1..=86_400).contains(&self.poll_interval)
            && is_shown(&self.support_email)
            && is_shown(&self.support_phone);
        is_fine.then_some(()).ok_or(SettingsError::Invalid)
    }
}

/// A version that is to be written.
struct Change {
    provider: ProviderId,
    kind: EnrollmentKind,
    wanted: Wanted,
    /// What the configuration says.
    configured: DeviceSettings,
    /// What does not change: the rest of what devices are told.
    frame: Settings,
    parcel: ParcelId,
    staff: crate::id::StaffId,
    actor: Actor,
    at: UnixTime,
}

/// What a new version says.
enum Wanted {
    These(DeviceSettings),
    /// What this older version said.
    AsIn(u32),
}

impl Gridpass {
    /// The versions of the settings for devices of this kind, newest first.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn desk_settings(
        &self,
        staff: &StaffSession,
        kind: EnrollmentKind,
        actor: &Actor,
    ) -> Result<Vec<SettingsVersion>, SettingsError> {
        self.require::<SettingsError>(staff, Permission::ManageSettings, actor)?;
        let config = self.config_of(&staff.provider)?;
        let configured = DeviceSettings::of(config);
        self.store.read(|connection| {
            let mut found = Vec::new();
            for row in versions::all(connection, &staff.provider, kind)? {
                found.push(SettingsVersion {
                    version: row.version,
                    counts: row
                        .parcel
                        .map(|parcel| counts(connection, &staff.provider, parcel))
                        .transpose()?,
                    made_by: versions::maker(connection, &staff.provider, row.made_by)?,
                    made_at: Some(row.made_at),
                    brought_back: row.brought_back,
                    is_spread: row.is_spread,
                    settings: row.settings,
                });
            }
            if found.is_empty() {
                found.push(SettingsVersion {
                    version: FIRST,
                    settings: configured,
                    made_at: None,
                    made_by: None,
                    brought_back: None,
                    counts: None,
                    is_spread: true,
                });
            }
            Ok(found)
        })
    }

    /// Makes a new version of the settings, and begins to tell the devices. Returns its number.
    ///
    /// # Errors
    /// See [`SettingsError`].
    pub fn change_settings(
        &self,
        staff: &StaffSession,
        kind: EnrollmentKind,
        settings: DeviceSettings,
        actor: Actor,
    ) -> Result<u32, SettingsError> {
        self.require::<SettingsError>(staff, Permission::ManageSettings, &actor)?;
        settings.check()?;
        self.make_version(staff, kind, Wanted::These(settings), actor)
    }

    /// Makes an older version the newest one. Returns its new number.
    ///
    /// # Errors
    /// See [`SettingsError`].
    pub fn bring_back_settings(
        &self,
        staff: &StaffSession,
        kind: EnrollmentKind,
        version: u32,
        actor: Actor,
    ) -> Result<u32, SettingsError> {
        self.require::<SettingsError>(staff, Permission::ManageSettings, &actor)?;
        self.make_version(staff, kind, Wanted::AsIn(version), actor)
    }

    fn make_version(
        &self,
        staff: &StaffSession,
        kind: EnrollmentKind,
        wanted: Wanted,
        actor: Actor,
    ) -> Result<u32, SettingsError> {
        let config = self.config_of(&staff.provider)?;
        let now = self.clock_now();
        let configured = DeviceSettings::of(config);
        let change = Change {
            provider: staff.provider.clone(),
            kind,
            wanted,
            frame: self.framed(config, kind, FIRST, &configured),
            configured,
            parcel: ParcelId::make(now, &Random(&*self.random)),
            staff: staff.staff_id,
            actor,
            at: now,
        };
        let version = self
            .store
            .write(move |transaction| change.record(transaction))?;
        for _ in 0..CHUNKS_AT_ONCE {
            if !self.spread_settings()? {
                break;
            }
        }
        Ok(version)
    }

    /// What this device is told to go by.
    pub(crate) fn settings_of(
        &self,
        config: &ProviderConfig,
        enrollment: EnrollmentId,
    ) -> Result<Settings, StoreError> {
        let (kind, row) = self.store.read(|connection| {
            let kind = versions::kind_of(connection, &config.id, enrollment)?;
            let row = versions::newest(connection, &config.id, kind)?;
            Ok::<_, StoreError>((kind, row))
        })?;
        Ok(self.settings_by(config, kind, row))
    }

    /// The settings of every device of a kind.
    pub(crate) fn settings_for(
        &self,
        config: &ProviderConfig,
        kind: EnrollmentKind,
    ) -> Result<Settings, StoreError> {
        let row = self
            .store
            .read(|connection| versions::newest(connection, &config.id, kind))?;
        Ok(self.settings_by(config, kind, row))
    }

    /// Those of this version; of the configuration, where there is none yet.
    fn settings_by(
        &self,
        config: &ProviderConfig,
        kind: EnrollmentKind,
        row: Option<versions::Row>,
    ) -> Settings {
        match row {
            Some(row) => self.framed(config, kind, row.version, &row.settings),
            None => self.framed(config, kind, FIRST, &DeviceSettings::of(config)),
        }
    }

    fn framed(
        &self,
        config: &ProviderConfig,
        kind: EnrollmentKind,
        version: u32,
        settings: &DeviceSettings,
    ) -> Settings {
        Settings {
            id: None,
            version,
            profile: kind.as_str().to_owned(),
            provider: config.name.clone(),
            messages_url: Some(self.messages_url()),
            poll_interval: settings.poll_interval,
            support_email: settings.support_email.clone(),
            support_phone: settings.support_phone.clone(),
            renew_before: config.keys.renew_before,
        }
    }

    fn config_of(&self, provider: &ProviderId) -> Result<&ProviderConfig, SettingsError> {
        self.provider(provider)
            .map(|provider| &provider.config)
            .ok_or(SettingsError::UnknownProvider)
    }
}

impl Change {
    fn record(self, transaction: &Connection) -> Result<u32, SettingsError> {
        let before = match newest(transaction, &self.provider, self.kind)? {
            Some(row) => row,
            None => self.first(transaction)?,
        };
        let version = before.version + 1;
        let (settings, brought_back) = self.settings(transaction, &before)?;
        let parcel = Parcel {
            id: self.parcel,
            provider: self.provider.clone(),
            content: Content::Settings(Settings {
                version,
                poll_interval: settings.poll_interval,
                support_email: settings.support_email.clone(),
                support_phone: settings.support_phone.clone(),
                ..self.frame
            }),
            originator: Originator::Staff(self.staff),
            created_at: self.at,
            expires_at: self.at.plus(GOOD_FOR),
        };
        post(transaction, &parcel)?;
        // Who has not heard of the one before need not hear of it any more.
        if let Some(older) = before.parcel {
            withdraw(transaction, &self.provider, older, self.at)?;
        }
        let row = Row {
            version,
            settings,
            made_at: self.at,
            made_by: Some(self.staff),
            brought_back,
            parcel: Some(self.parcel),
            is_spread: false,
        };
        insert(transaction, &self.provider, self.kind, &row)?;
        let entry = audit::Entry {
            provider: &self.provider,
            at: self.at,
            actor: &self.actor,
            action: "settings.change",
            result: "ok",
            enrollment: None,
            detail: serde_json::json!({
                "profile": self.kind.as_str(),
                "version": version,
                "brought_back": brought_back,
                "poll_interval": row.settings.poll_interval,
            }),
        };
        audit::append(transaction, &entry)?;
        Ok(version)
    }

    /// Keeps what the configuration says as version 1, so that it can be brought back.
    fn first(&self, transaction: &Connection) -> Result<Row, StoreError> {
        let row = Row {
            version: FIRST,
            settings: self.configured.clone(),
            made_at: self.at,
            made_by: None,
            brought_back: None,
            parcel: None,
            is_spread: true,
        };
        insert(transaction, &self.provider, self.kind, &row)?;
        Ok(row)
    }

    fn settings(
        &self,
        transaction: &Connection,
        before: &Row,
    ) -> Result<(DeviceSettings, Option<u32>), SettingsError> {
        match &self.wanted {
            Wanted::These(settings) => Ok((settings.clone(), None)),
            Wanted::AsIn(version) => {
                let older = versions::one(transaction, &self.provider, self.kind, *version)?
                    .filter(|older| older.version < before.version)
                    .ok_or(SettingsError::NoSuchVersion)?;
                Ok((older.settings, Some(older.version)))
            }
        }
    }
}
