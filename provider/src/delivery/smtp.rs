//! Mail over SMTP (RFC 5321).

use std::time::{Duration, SystemTime};

use lettre::{
    Address, Message, SmtpTransport, Transport,
    message::{Attachment, Mailbox, MultiPart, SinglePart, header::ContentType},
    transport::smtp::{
        PoolConfig,
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};

use super::{Failure, MailCarrier, OutgoingMail, RichMail};

/// How long a server may take for one command.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SmtpTls {
    /// TLS from the first byte on (RFC 8314).
    Implicit,
    /// STARTTLS; without it nothing is sent (RFC 3207).
    Required,
    /// STARTTLS where the server offers it: whoever can change what it says can read along.
    Opportunistic,
    /// None: for a server on this very machine.
    None,
}

/// A mail server.
#[derive(Clone)]
pub struct SmtpServer {
    /// Its name, which its certificate must bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// A certificate to trust besides the public ones, PEM.
    pub root: Option<Vec<u8>>,
    /// Name and password, if it asks for them.
    pub login: Option<(String, String)>,
    /// The address that mails come from.
    pub from: String,
    /// Connections that are kept open.
    pub connections: u32,
}

impl std::fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpServer")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

/// A mail server cannot be used as it is configured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidServer(String);

/// Sends over SMTP.
pub struct Smtp {
    transport: SmtpTransport,
    from: Address,
}

impl Smtp {
    /// Prepares to send over this server; connects only when there is something to send.
    ///
    /// # Errors
    /// The address is none, or the certificate does not parse.
    pub fn new(server: SmtpServer) -> Result<Self, InvalidServer> {
        let invalid = |error: &dyn std::fmt::Display| InvalidServer(error.to_string());
        let from: Address = server.from.parse().map_err(|error| invalid(&error))?;
        let parameters = || {
            let mut builder = TlsParameters::builder(server.host.clone());
            if let Some(pem) = &server.root {
                let root = Certificate::from_pem(pem).map_err(|error| invalid(&error))?;
                builder = builder.add_root_certificate(root);
            }
            builder.build_rustls().map_err(|error| invalid(&error))
        };
        let tls = match server.tls {
            SmtpTls::Implicit => Tls::Wrapper(parameters()?),
            SmtpTls::Required => Tls::Required(parameters()?),
            SmtpTls::Opportunistic => Tls::Opportunistic(parameters()?),
            SmtpTls::None => Tls::None,
        };
        let mut builder = SmtpTransport::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            // What a server is greeted with says nothing about this machine.
            .hello_name(ClientId::Domain(from.domain().to_owned()))
            .timeout(Some(TIMEOUT))
            .pool_config(PoolConfig::new().max_size(server.connections));
        if let Some((name, password)) = server.login {
            builder = builder.credentials(Credentials::new(name, password));
        }
        Ok(Self {
            transport: builder.build(),
            from,
        })
    }

    fn message(&self, mail: &OutgoingMail) -> Result<Message, Failure> {
        let refused = |error: &dyn std::fmt::Display| Failure::Refused(error.to_string());
        let to: Address = mail.to.parse().map_err(|error| refused(&error))?;
        let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        let mut builder = Message::builder()
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.domain())))
            .date(SystemTime::UNIX_EPOCH + Duration::from_secs(mail.at.0))
            .from(Mailbox::new(named(&mail.from_name), self.from.clone()))
            .to(Mailbox::new(named(&mail.to_name), to))
            .subject(mail.subject.as_str());
        // An address for answers that does not parse costs the answers, not the mail.
        if let Some(Ok(address)) = mail.reply_to.as_deref().map(str::parse) {
            builder = builder.reply_to(Mailbox::new(None, address));
        }
        let message = match &mail.rich {
            None => builder.singlepart(SinglePart::plain(mail.text.clone())),
            Some(rich) => builder.multipart(body(mail, rich)?),
        };
        message.map_err(|error| refused(&error))
    }
}

/// Text and HTML to choose from, the picture beside the HTML (RFC 2387).
fn body(mail: &OutgoingMail, rich: &RichMail) -> Result<MultiPart, Failure> {
    let png =
        ContentType::parse("image/png").map_err(|error| Failure::Refused(error.to_string()))?;
    let picture =
        Attachment::new_inline_with_name(RichMail::PICTURE.to_owned(), "label.png".into())
            .body(rich.picture.clone(), png);
    Ok(MultiPart::alternative()
        .singlepart(SinglePart::plain(mail.text.clone()))
        .multipart(
            MultiPart::related()
                .singlepart(SinglePart::html(rich.html.clone()))
                .singlepart(picture),
        ))
}

impl MailCarrier for Smtp {
    fn carry(&self, mail: &OutgoingMail) -> Result<(), Failure> {
        let message = self.message(mail)?;
        match self.transport.send(&message) {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() && is_about_us(&error) => {
                Err(Failure::Absent(error.to_string()))
            }
            Err(error) if error.is_permanent() => Err(Failure::Refused(error.to_string())),
            Err(error) if error.is_transient() => Err(Failure::NotNow(error.to_string())),
            // It cannot be reached, breaks off, or does not speak as it should.
            Err(error) => Err(Failure::Absent(error.to_string())),
        }
    }
}

/// Refusals of whoever sends, not of what is sent: encryption or a login is needed or wrong
/// (RFC 4954, 6).
fn is_about_us(error: &lettre::transport::smtp::Error) -> bool {
    error
        .status()
        .is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538))
}
