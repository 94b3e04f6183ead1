//! Labels that staff have made for a customer: for a device registered on the phone, and for one
//! whose label was lost, locked or expired. They go to the address on file; nobody at the desk
//! sees them.

use gridpass_protocol::DeviceId;

use super::{DeskError, StaffWords, dossier};
use crate::{
    Gridpass,
    audit::Actor,
    id::{AccountId, EnrollmentId},
    registration::{
        AccountRef, Channel, ChannelOffer, EnrollmentKind, Registration, RegistrationError, Renews,
    },
    staff::{Permission, StaffSession},
    tenant::Language,
};

/// A device that a customer registers through staff.
#[derive(Clone, Debug)]
pub struct StaffRegistration {
    /// For which account.
    pub account: AccountId,
    /// The device.
    pub device_id: DeviceId,
    /// What the device is.
    pub kind: EnrollmentKind,
    /// How its label is delivered.
    pub channel: Channel,
    /// What the customer calls it, 1 to 64 printable characters.
    pub nickname: Option<String>,
    /// The language of what is sent, if not that of the account.
    pub language: Option<Language>,
}

impl Gridpass {
    /// The ways by which a label may be sent to the address on file of an account.
    ///
    /// # Errors
    /// The role does not allow it, or the database failed.
    pub fn desk_offers(
        &self,
        staff: &StaffSession,
        account: AccountId,
        actor: &Actor,
    ) -> Result<Vec<ChannelOffer>, DeskError> {
        self.require::<DeskError>(staff, Permission::SeeEnrollments, actor)?;
        let provider = self.provider(&staff.provider).ok_or(DeskError::NotFound)?;
        let mut offers = self.offers(provider, account)?;
        offers.retain(|offer| is_sent(offer.channel));
        Ok(offers)
    }

    /// The ways by which this provider sends labels.
    #[must_use]
    pub fn desk_channels(&self, staff: &StaffSession) -> Vec<Channel> {
        let provider = self.provider(&staff.provider);
        let channels = provider.map(|provider| provider.config.channels.as_slice());
        let sent = channels.unwrap_or_default().iter().copied();
        sent.filter(|channel| is_sent(*channel)).collect()
    }

    /// Registers a device for a customer, who gets the label at the address on file.
    ///
    /// # Errors
    /// The role does not allow it; there is no such account; whatever [`Gridpass::register`]
    /// refuses; the channel would show the label to staff.
    pub fn desk_register(
        &self,
        staff: &StaffSession,
        wanted: StaffRegistration,
        actor: Actor,
    ) -> Result<EnrollmentId, DeskError> {
        self.require::<DeskError>(staff, Permission::RegisterDevices, &actor)?;
        check_sent(wanted.channel)?;
        let registration = Registration {
            provider: staff.provider.clone(),
            account: AccountRef::Id(wanted.account),
            device_id: wanted.device_id,
            kind: wanted.kind,
            channel: wanted.channel,
            key_algorithm: None,
            idempotency: None,
            nickname: wanted.nickname,
            language: wanted.language,
        };
        Ok(self.register(registration, actor)?.enrollment_id)
    }

    /// Sends a new label for a device that has no certificate yet, and voids the one that is out.
    ///
    /// This is also how a locked enrollment goes on: its own label never works again, because
    /// more tries for the same label would be more guesses for whoever holds it.
    ///
    /// # Errors
    /// The role does not allow it; there is none with this id; it has its certificate or was
    /// superseded; there is no address on file for the channel, or it would show the label to
    /// staff; the database failed.
    pub fn desk_renew(
        &self,
        staff: &StaffSession,
        id: EnrollmentId,
        channel: Channel,
        reason: &StaffWords,
        actor: Actor,
    ) -> Result<EnrollmentId, DeskError> {
        self.require::<DeskError>(staff, Permission::ActOnEnrollments, &actor)?;
        check_sent(channel)?;
        let found = self
            .store
            .read(|connection| dossier::find(connection, &staff.provider, id))?;
        let registration = self.renewal_of(found, Some(channel))?;
        let mut prepared = self.prepare(registration, actor)?;
        prepared.renews = Some(Renews {
            id,
            reason: reason.to_string(),
        });
        Ok(self.file_prepared(prepared)?.enrollment_id)
    }
}

/// Whether a label by this channel goes to the customer without passing through anybody's hands.
const fn is_sent(channel: Channel) -> bool {
    matches!(channel, Channel::Email | Channel::Sms | Channel::Letter)
}

fn check_sent(channel: Channel) -> Result<(), RegistrationError> {
    if is_sent(channel) {
        Ok(())
    } else {
        Err(RegistrationError::ChannelUnavailable(channel))
    }
}
