//! What mails say, in the language of the account.

use gridpass_protocol::Origin;

use super::Mail;
use crate::tenant::Language;

/// The mail with a link to sign in.
pub(crate) fn sign_in_mail(
    to: &str,
    name: &str,
    provider_name: &str,
    language: Language,
    origin: &Origin,
    token: &str,
) -> Mail {
    // In the fragment, so that the token reaches no access log and no referrer.
    let link = format!("{origin}/account/link#{token}");
    let (subject, text) = match language {
        Language::English => (
            format!("Sign in to {provider_name}"),
            format!(
                "Hello {name},\n\n\
                 open this link to sign in and manage your devices:\n\n\
                 {link}\n\n\
                 Or paste this code where you asked for it:\n\n\
                 {token}\n\n\
                 It works once, for 10 minutes. If you did not ask for it, ignore this message: \
                 nobody can sign in without it.\n\n\
                 {provider_name}\n"
            ),
        ),
        Language::Spanish => (
            format!("Inicie sesión en {provider_name}"),
            format!(
                "Hola, {name}:\n\n\
                 abra este enlace para iniciar sesión y administrar sus dispositivos:\n\n\
                 {link}\n\n\
                 O pegue este código donde lo pidió:\n\n\
                 {token}\n\n\
                 Sirve una sola vez, durante 10 minutos. Si usted no lo pidió, ignore este \
                 mensaje: nadie puede iniciar sesión sin él.\n\n\
                 {provider_name}\n"
            ),
        ),
    };
    Mail {
        to: to.to_owned(),
        subject,
        text,
    }
}
