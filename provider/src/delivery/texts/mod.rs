//! Every text that leaves by mail, SMS or letter, in the language of whoever gets it.

mod english;
mod html;
mod spanish;

use gridpass_protocol::{Origin, UnixTime};

use crate::{
    outbox::{Content, LabelWords, Recipient, Says},
    tenant::Language,
};

pub(crate) use self::html::label_html;

/// The words of one language.
pub(crate) struct Texts {
    pub(crate) language: Language,
    /// The subject of a mail with a link to sign in; takes the provider's name.
    pub(crate) sign_in_subject: fn(&str) -> String,
    /// Such a mail; takes the person's name, the link, the code and the provider's name.
    pub(crate) sign_in_text: fn(&str, &str, &str, &str) -> String,
    /// An SMS with a code to sign in; takes the code and the provider's name.
    pub(crate) sign_in_sms: fn(&str, &str) -> String,
    /// The subject of a mail that invites to the staff; takes the provider's name.
    pub(crate) invitation_subject: fn(&str) -> String,
    /// Such a mail; takes the person's name, the link, the provider's name and the date until
    /// which the link is good.
    pub(crate) invitation_text: fn(&str, &str, &str, &str) -> String,
    /// The subject of a mail about a certificate that ends; takes the provider's name.
    pub(crate) expiry_subject: fn(&str) -> String,
    /// Such a mail; takes the person's name, the device, the address, the date and the
    /// provider's name.
    pub(crate) expiry_text: fn(&str, &str, &str, &str, &str) -> String,
    /// Such an SMS; takes the provider's name, the device, the address and the date.
    pub(crate) expiry_sms: fn(&str, &str, &str, &str) -> String,
    /// The subject of a mail with a label; takes the provider's name.
    pub(crate) label_subject: fn(&str) -> String,
    /// Before a person's name.
    pub(crate) greeting: fn(&str) -> String,
    /// Why the person gets a label.
    pub(crate) label_lead: fn(&str) -> String,
    /// What to do with it, step by step.
    pub(crate) label_steps: [&'static str; 3],
    /// Text alternative of the picture.
    pub(crate) qr_alt: &'static str,
    /// Before the link, for whoever reads this on the device itself.
    pub(crate) label_here: &'static str,
    /// The text of the link.
    pub(crate) label_open: &'static str,
    /// Before the address and the code to type; takes the address.
    pub(crate) label_manual: fn(&str) -> String,
    /// Until when the label is good; takes a date.
    pub(crate) label_until: fn(&str) -> String,
    /// How to treat it.
    pub(crate) label_care: &'static str,
    /// An SMS with a label; takes the provider's name, the address, the code and the date.
    pub(crate) label_sms: fn(&str, &str, &str, &str) -> String,
    /// Title of a letter.
    pub(crate) letter_title: &'static str,
    /// Before the date until which a letter is good.
    pub(crate) letter_help: fn(&str) -> String,
    /// The names of the months.
    pub(crate) months: [&'static str; 12],
    /// A date of day, month's name and year.
    pub(crate) date: fn(u8, &str, u16) -> String,
}

/// The words of a language.
pub(crate) const fn texts(language: Language) -> &'static Texts {
    match language {
        Language::English => &english::TEXTS,
        Language::Spanish => &spanish::TEXTS,
    }
}

/// A subject and a text without markup.
pub(crate) struct Words {
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// What a message says, as plain text.
pub(crate) fn plain(content: &Content, provider_name: &str, origin: &Origin) -> Words {
    match (&content.says, &content.to) {
        (Says::Text { subject, text }, _) => Words {
            subject: subject.clone(),
            text: text.clone(),
        },
        (Says::Label(label), Recipient::Mobile { .. }) => {
            let texts = texts(label.language);
            Words {
                subject: (texts.label_subject)(provider_name),
                text: (texts.label_sms)(
                    provider_name,
                    &enroll_address(origin),
                    &label.manual_code,
                    &texts.moment(label.expires_at),
                ),
            }
        }
        (Says::Label(label), Recipient::Email { .. } | Recipient::Postal { .. }) => {
            label_text(label, provider_name, origin)
        }
    }
}

fn label_text(label: &LabelWords, provider_name: &str, origin: &Origin) -> Words {
    let texts = texts(label.language);
    let steps: String = (1..)
        .zip(texts.label_steps)
        .map(|(number, step)| format!("{number}. {step}\n"))
        .collect();
    let text = format!(
        "{}\n\n{}\n\n{steps}\n{}\n\n{}\n\n{}\n\n{}\n\n{}\n\n{}\n\n{provider_name}\n",
        (texts.greeting)(&label.name),
        (texts.label_lead)(provider_name),
        texts.label_here,
        label.link,
        (texts.label_manual)(&enroll_address(origin)),
        label.manual_code,
        (texts.label_until)(&texts.moment(label.expires_at)),
        texts.label_care,
    );
    Words {
        subject: (texts.label_subject)(provider_name),
        text,
    }
}

/// Where a manual code is typed.
pub(crate) fn enroll_address(origin: &Origin) -> String {
    format!("{origin}/e")
}

/// What a mail to sign in is made of.
pub(crate) struct SignInMail<'a> {
    pub(crate) to: &'a str,
    pub(crate) name: &'a str,
    pub(crate) provider_name: &'a str,
    pub(crate) language: Language,
    pub(crate) origin: &'a Origin,
    pub(crate) token: &'a str,
    pub(crate) code: &'a str,
}

/// A mail with a link and a code to sign in. What is in the fragment of the link reaches no access
/// log and no referrer.
pub(crate) fn sign_in_mail(mail: &SignInMail<'_>) -> Content {
    let texts = texts(mail.language);
    let link = format!("{}/account/link#{}", mail.origin, mail.token);
    Content {
        to: Recipient::Email {
            address: mail.to.to_owned(),
            name: mail.name.to_owned(),
        },
        says: Says::Text {
            subject: (texts.sign_in_subject)(mail.provider_name),
            text: (texts.sign_in_text)(mail.name, &link, mail.code, mail.provider_name),
        },
    }
}

/// What a mail that invites to the staff is made of.
pub(crate) struct InvitationMail<'a> {
    pub(crate) to: &'a str,
    pub(crate) name: &'a str,
    pub(crate) provider_name: &'a str,
    pub(crate) language: Language,
    pub(crate) link: &'a str,
    pub(crate) expires_at: UnixTime,
}

/// A mail with a link to join the staff.
pub(crate) fn invitation_mail(mail: &InvitationMail<'_>) -> Content {
    let texts = texts(mail.language);
    let until = texts.moment(mail.expires_at);
    Content {
        to: Recipient::Email {
            address: mail.to.to_owned(),
            name: mail.name.to_owned(),
        },
        says: Says::Text {
            subject: (texts.invitation_subject)(mail.provider_name),
            text: (texts.invitation_text)(mail.name, mail.link, mail.provider_name, &until),
        },
    }
}

/// An SMS with a code to sign in.
pub(crate) fn sign_in_sms(
    number: &str,
    provider_name: &str,
    language: Language,
    code: &str,
) -> Content {
    let texts = texts(language);
    Content {
        to: Recipient::Mobile {
            number: number.to_owned(),
        },
        says: Says::Text {
            subject: (texts.sign_in_subject)(provider_name),
            text: (texts.sign_in_sms)(code, provider_name),
        },
    }
}

/// What a notice about a certificate that ends is made of.
pub(crate) struct ExpiryNotice<'a> {
    pub(crate) email: Option<&'a str>,
    pub(crate) mobile: Option<&'a str>,
    pub(crate) name: &'a str,
    pub(crate) provider_name: &'a str,
    pub(crate) language: Language,
    pub(crate) origin: &'a Origin,
    /// What the customer calls the device, or the end of its ID.
    pub(crate) device: &'a str,
    pub(crate) not_after: UnixTime,
}

/// A notice that a device's certificate ends: by mail, or by SMS where only a mobile number is on
/// file; none where neither is.
pub(crate) fn expiry_notice(notice: &ExpiryNotice<'_>) -> Option<Content> {
    let texts = texts(notice.language);
    let (provider, device) = (notice.provider_name, notice.device);
    let address = format!("{}/device", notice.origin);
    let until = texts.day(notice.not_after);
    let (to, text) = match (notice.email, notice.mobile) {
        (Some(email), _) => (
            Recipient::Email {
                address: email.to_owned(),
                name: notice.name.to_owned(),
            },
            (texts.expiry_text)(notice.name, device, &address, &until, provider),
        ),
        (None, Some(mobile)) => (
            Recipient::Mobile {
                number: mobile.to_owned(),
            },
            (texts.expiry_sms)(provider, device, &address, &until),
        ),
        (None, None) => return None,
    };
    Some(Content {
        to,
        says: Says::Text {
            subject: (texts.expiry_subject)(provider),
            text,
        },
    })
}

impl Texts {
    /// A date, in words.
    pub(crate) fn day(&self, at: UnixTime) -> String {
        calendar(at).map_or_else(String::new, |date| {
            let month = self.months[usize::from(date.month().clamp(1, 12)) - 1];
            (self.date)(date.day(), month, date.year())
        })
    }

    /// A date and a time of day, in UTC: nobody told us in which zone the reader lives.
    pub(crate) fn moment(&self, at: UnixTime) -> String {
        calendar(at).map_or_else(String::new, |date| {
            format!(
                "{}, {:02}:{:02} UTC",
                self.day(at),
                date.hour(),
                date.minutes()
            )
        })
    }
}

/// `None` after the year 9999.
fn calendar(at: UnixTime) -> Option<der::DateTime> {
    der::DateTime::from_unix_duration(std::time::Duration::from_secs(at.0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_the_words_of_the_language() {
        let at = UnixTime(1_795_000_000);
        assert_eq!(
            texts(Language::English).moment(at),
            "18 November 2026, 11:06 UTC"
        );
        assert_eq!(
            texts(Language::Spanish).moment(at),
            "18 de noviembre de 2026, 11:06 UTC"
        );
    }
}
