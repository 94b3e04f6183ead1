//! Where a new label goes: to whoever registered, or to the address on file.

use gridpass_protocol::{Link, ManualCode, UnixTime};

use super::{AccountRef, Channel, Registered, Registration, RegistrationError, filing::Prepared};
use crate::{
    Gridpass,
    audit::Actor,
    enrollment::State,
    id::AccountId,
    idempotency::Before,
    installation::Provider,
    label::Label,
    outbox::{Content, LabelWords, Recipient, Says},
    session::Session,
    store::{StoreError, enrollments},
    tenant::{self, Account, AccountKey, Language},
};

/// A label that was just made. It is known only here and now.
#[derive(Clone, Debug)]
pub struct NewLabel {
    /// The text of its QR code. Secret.
    pub link: Link,
    /// Its manual code. Secret.
    pub manual_code: ManualCode,
}

/// Where a new label went.
#[derive(Clone, Debug)]
pub enum Handover {
    /// To whoever registered, who shows or delivers it.
    Here(NewLabel),
    /// Into the outbox, for the address on file; whoever registered does not see it.
    Sent {
        /// That address, shortened so that only a person who knows it recognises it.
        to: String,
    },
}

impl Registered {
    /// The label, if it is for whoever registered.
    #[must_use]
    pub const fn handed(&self) -> Option<&NewLabel> {
        match &self.label {
            Handover::Here(label) => Some(label),
            Handover::Sent { .. } => None,
        }
    }
}

/// A way for a customer to get a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelOffer {
    /// The channel.
    pub channel: Channel,
    /// The address on file, shortened; none for the screen.
    pub to: Option<String>,
}

impl Prepared {
    /// What the caller is told once this is written.
    pub(super) fn registered(self) -> Registered {
        let label = match &self.outgoing {
            Some(outgoing) => Handover::Sent {
                to: outgoing.recipient_hint().to_owned(),
            },
            None => Handover::Here(NewLabel {
                link: self.label.link,
                manual_code: self.label.manual_code,
            }),
        };
        Registered {
            enrollment_id: self.new.id,
            temporary_id: self.new.temporary_id,
            expires_at: self.new.expires_at,
            label,
        }
    }
}

/// Who gets a label, and how.
pub(super) struct Addressee {
    to: Recipient,
    name: String,
    language: Language,
}

impl Addressee {
    /// The label for them, in the language asked for, or their own.
    pub(super) fn label_words(
        self,
        label: &Label,
        expires_at: UnixTime,
        language: Option<Language>,
    ) -> Content {
        Content {
            to: self.to,
            says: Says::Label(LabelWords {
                name: self.name,
                language: language.unwrap_or(self.language),
                link: label.link.as_str().to_owned(),
                manual_code: label.manual_code.grouped(),
                expires_at,
            }),
        }
    }
}

impl Gridpass {
    /// How the signed-in customer may get a label: what the provider allows, and what there is an
    /// address for, in the order of the configuration.
    ///
    /// # Errors
    /// The database failed.
    pub fn channel_offers(&self, session: &Session) -> Result<Vec<ChannelOffer>, StoreError> {
        let Some(provider) = self.provider(&session.provider) else {
            return Ok(Vec::new());
        };
        self.offers(provider, session.account_id)
    }

    /// How a customer may get a label, whoever asks.
    pub(crate) fn offers(
        &self,
        provider: &Provider,
        account: AccountId,
    ) -> Result<Vec<ChannelOffer>, StoreError> {
        let account = self.store.read(|connection| {
            tenant::find_account(connection, &provider.config.id, AccountKey::Id(account))
        })?;
        let offer = |channel: &Channel| match channel {
            Channel::Api => None,
            Channel::Screen => Some(ChannelOffer {
                channel: *channel,
                to: None,
            }),
            Channel::Email | Channel::Sms | Channel::Letter => {
                let to = address(account.as_ref()?, *channel)?.hint();
                Some(ChannelOffer {
                    channel: *channel,
                    to: Some(to),
                })
            }
        };
        Ok(provider.config.channels.iter().filter_map(offer).collect())
    }

    /// Refuses a channel that the provider does not use, and one that would show a label to
    /// somebody who may not see it.
    pub(super) fn check_channel(
        &self,
        provider: &Provider,
        channel: Channel,
        actor: &Actor,
    ) -> Result<(), RegistrationError> {
        let is_used = provider.config.channels.contains(&channel);
        let is_theirs =
            channel != Channel::Api || actor.scope().covers_provider(&provider.config.id);
        if is_used && is_theirs {
            Ok(())
        } else {
            Err(RegistrationError::ChannelUnavailable(channel))
        }
    }

    /// The address on file that a label goes to; `None` if it goes to whoever registers.
    pub(super) fn recipient(
        &self,
        registration: &Registration,
        actor: &Actor,
    ) -> Result<Option<Addressee>, RegistrationError> {
        let channel = registration.channel;
        if matches!(channel, Channel::Screen | Channel::Api) {
            return Ok(None);
        }
        let key = match &registration.account {
            AccountRef::Id(id) => AccountKey::Id(*id),
            AccountRef::Number(number) => AccountKey::Number(number),
        };
        let account = self
            .store
            .read(|connection| tenant::find_account(connection, &registration.provider, key))?
            // Whoever may not touch the account is not told what is on file for it.
            .filter(|account| actor.scope().covers(&registration.provider, account.id));
        let Some(account) = account else {
            return Err(if actor.scope().covers_provider(&registration.provider) {
                RegistrationError::NoAddress(channel)
            } else {
                RegistrationError::Forbidden
            });
        };
        let to = address(&account, channel).ok_or(RegistrationError::NoAddress(channel))?;
        Ok(Some(Addressee {
            to,
            name: account.name,
            language: account.language,
        }))
    }

    /// The answer to a repeated registration.
    pub(super) fn registered_before(
        &self,
        before: &Before,
    ) -> Result<Registered, RegistrationError> {
        let conflict = || RegistrationError::IdempotencyConflict;
        let id = before.enrollment();
        let found = self
            .store
            .read(|connection| enrollments::find(connection, id))?
            .ok_or_else(conflict)?;
        let label = if matches!(found.channel, Channel::Screen | Channel::Api) {
            let manual_code = before.manual_code(&self.vault).ok_or_else(conflict)?;
            let (_, view) = self
                .open_label(&manual_code.lookup(), &manual_code)?
                .filter(|(of, _)| *of == id)
                .ok_or_else(conflict)?;
            Handover::Here(NewLabel {
                link: view.link,
                manual_code,
            })
        } else {
            let to = self.store.read(|connection| {
                let account = AccountKey::Id(found.account);
                tenant::find_account(connection, &found.provider, account)
            })?;
            let to = to.and_then(|account| address(&account, found.channel));
            Handover::Sent {
                to: to.map(|to| to.hint()).unwrap_or_default(),
            }
        };
        let State::Open(open) = &found.state else {
            return Err(conflict());
        };
        let expires_at = open.expires_at;
        Ok(Registered {
            enrollment_id: id,
            temporary_id: found.temporary_id,
            expires_at,
            label,
        })
    }
}

/// The address on file for a channel.
fn address(account: &Account, channel: Channel) -> Option<Recipient> {
    match channel {
        Channel::Email => account.email.as_ref().map(|address| Recipient::Email {
            address: address.clone(),
            name: account.name.clone(),
        }),
        Channel::Sms => account.mobile.as_ref().map(|number| Recipient::Mobile {
            number: number.clone(),
        }),
        Channel::Letter => account.postal.as_ref().map(|postal| Recipient::Postal {
            name: account.name.clone(),
            lines: postal.lines(),
        }),
        Channel::Screen | Channel::Api => None,
    }
}
