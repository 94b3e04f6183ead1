//! How an invitation reaches whom it is for: by mail, or from hand to hand where no mail leaves.

use super::{Invitation, person::Person};
use crate::{
    Gridpass,
    delivery::texts::{self, InvitationMail},
    installation::Provider,
    outbox::{About, Outgoing, Useful},
    random::Random,
    tenant::Language,
};

/// Whether mails leave this installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailService {
    /// Something takes them.
    Carried,
    /// Nothing does: what would be mailed waits, and nobody should count on it.
    Missing,
}

/// A colleague was invited.
#[derive(Debug)]
pub enum Invited {
    /// The invitation is on its way, and nobody else sees it.
    ByMail {
        /// The address.
        to: String,
    },
    /// No mail leaves: whoever invites hands it over.
    Shown(Invitation),
}

impl Gridpass {
    /// The same installation, knowing whether mails leave it.
    #[must_use]
    pub fn with_mail_service(mut self, mail_service: MailService) -> Self {
        self.mail_service = mail_service;
        self
    }

    /// The mail with an invitation, in a language; none where no mail leaves.
    pub(super) fn mail_invitation(
        &self,
        provider: &Provider,
        person: &Person,
        invitation: &Invitation,
        language: Language,
    ) -> Option<Outgoing> {
        if self.mail_service == MailService::Missing {
            return None;
        }
        let content = texts::invitation_mail(&InvitationMail {
            to: &person.email,
            name: &person.name,
            provider_name: &provider.config.name,
            language,
            link: &invitation.link,
            expires_at: invitation.expires_at,
        });
        let useful = Useful {
            from: self.clock_now(),
            until: invitation.expires_at,
        };
        let random = Random(&*self.random);
        Some(Outgoing::new(
            &content,
            About::Invitation,
            useful,
            &self.vault,
            &random,
        ))
    }
}
