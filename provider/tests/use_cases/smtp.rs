//! Mail over TLS: to a server that proves who it is, and to nobody else.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use gridpass_protocol::UnixTime;
use gridpass_provider::{
    DeliveryId,
    delivery::{
        Failure, MailCarrier, OutgoingMail,
        smtp::{Smtp, SmtpServer, SmtpTls},
    },
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// A CA of the test.
pub(crate) struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Self { pem, issuer }
    }

    /// What a server of this name proves itself with.
    pub(crate) fn server(&self, name: &str) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()])
            .unwrap()
            .signed_by(&key, &self.issuer)
            .unwrap();
        let certificates = vec![CertificateDer::from(certificate.der().to_vec())];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(crypto)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .unwrap();
        Arc::new(config)
    }
}

/// When a server begins to speak TLS.
#[derive(Clone)]
enum Begins {
    AtOnce(Arc<ServerConfig>),
    WhenAsked(Arc<ServerConfig>),
    Never,
}

/// A mail server, and what was said to it: commands, and mails as one line each.
struct Server {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(begins: Begins) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let hears = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (begins, heard) = (begins.clone(), Arc::clone(&hears));
                // A client that does not like what it sees breaks off.
                thread::spawn(move || serve(stream, begins, &heard).ok());
            }
        });
        Self { port, heard }
    }

    fn heard(&self, beginning: &str) -> usize {
        let heard = self.heard.lock().unwrap();
        heard
            .iter()
            .filter(|line| line.starts_with(beginning))
            .count()
    }

    fn send(&self, tls: SmtpTls, authority: &Authority) -> Result<(), Failure> {
        // A second installation is refused and harmless.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let smtp = Smtp::new(SmtpServer {
            host: "localhost".into(),
            port: self.port,
            tls,
            root: Some(authority.pem.clone().into_bytes()),
            login: None,
            from: "portal@gmec.example".into(),
            connections: 1,
        });
        smtp.unwrap().carry(&OutgoingMail {
            id: DeliveryId::from_uuid(uuid::Uuid::from_u128(7)),
            at: UnixTime(1_795_000_000),
            from_name: "Green Mountain Electric Coop".into(),
            reply_to: None,
            to: "ada@customers.example".into(),
            to_name: "Ada".into(),
            subject: "Your code".into(),
            text: "The words of the mail".into(),
            rich: None,
        })
    }
}

fn serve(mut stream: TcpStream, begins: Begins, heard: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let secured = |config, stream| {
        let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
        Ok::<_, std::io::Error>(StreamOwned::new(connection, stream))
    };
    match begins {
        Begins::AtOnce(config) => {
            let mut stream = secured(config, stream)?;
            stream.write_all(b"220 localhost\r\n")?;
            converse(stream, "250 localhost", heard)
        }
        Begins::Never => {
            stream.write_all(b"220 localhost\r\n")?;
            converse(stream, "250 localhost", heard)
        }
        Begins::WhenAsked(config) => {
            stream.write_all(b"220 localhost\r\n")?;
            converse(&stream, "250-localhost\r\n250 STARTTLS", heard)?;
            converse(secured(config, stream)?, "250 localhost", heard)
        }
    }
}

/// RFC 5321, as far as it takes; ends where TLS begins (RFC 3207).
fn converse(
    stream: impl Read + Write,
    greeting: &str,
    heard: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        heard.lock().unwrap().push(line.trim_end().to_owned());
        let verb: String = line.chars().take(4).collect();
        let answer = match verb.as_str() {
            "EHLO" => greeting,
            "STAR" => "220 begin",
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        lines
            .get_mut()
            .write_all(format!("{answer}\r\n").as_bytes())?;
        lines.get_mut().flush()?;
        match verb.as_str() {
            "STAR" => return Ok(()),
            "DATA" => {
                let mut mail = String::from("mail: ");
                while !mail.ends_with("\r\n.\r\n") && lines.read_line(&mut mail)? > 0 {}
                heard.lock().unwrap().push(mail);
                lines.get_mut().write_all(b"250 taken\r\n")?;
                lines.get_mut().flush()?;
            }
            _ => {}
        }
    }
}

/// Both ways of TLS: how the server begins it, and what the settings say.
fn ways(config: &Arc<ServerConfig>) -> [(Begins, SmtpTls); 3] {
    [
        (Begins::AtOnce(Arc::clone(config)), SmtpTls::Implicit),
        (Begins::WhenAsked(Arc::clone(config)), SmtpTls::Required),
        (
            Begins::WhenAsked(Arc::clone(config)),
            SmtpTls::Opportunistic,
        ),
    ]
}

#[test]
fn a_mail_reaches_a_server_over_tls_whose_certificate_is_trusted() {
    let authority = Authority::new();
    for (begins, tls) in ways(&authority.server("localhost")) {
        let server = Server::start(begins);
        server.send(tls, &authority).unwrap();
        assert_eq!(server.heard("mail: "), 1, "{tls:?}");
        let heard = server.heard.lock().unwrap().join("\n");
        assert!(heard.contains("The words of the mail"), "{heard}");
        if tls != SmtpTls::Implicit {
            let before: Vec<_> = heard
                .lines()
                .take_while(|line| *line != "STARTTLS")
                .collect();
            assert_eq!(
                before.len(),
                1,
                "nothing but EHLO goes before TLS: {before:?}"
            );
        }
    }
}

#[test]
fn a_server_with_a_wrong_certificate_hears_no_mail() {
    let (trusted, foreign) = (Authority::new(), Authority::new());
    for config in [foreign.server("localhost"), trusted.server("mail.example")] {
        for (begins, tls) in ways(&config) {
            let server = Server::start(begins);
            let refused = server.send(tls, &trusted);
            assert!(
                matches!(refused, Err(Failure::Absent(_))),
                "{tls:?}: {refused:?}"
            );
            assert_eq!(server.heard("MAIL") + server.heard("mail: "), 0, "{tls:?}");
        }
    }
}

#[test]
fn where_tls_is_required_a_server_without_it_hears_no_mail() {
    let server = Server::start(Begins::Never);
    let refused = server.send(SmtpTls::Required, &Authority::new());
    assert!(matches!(refused, Err(Failure::Absent(_))), "{refused:?}");
    assert_eq!(server.heard("MAIL") + server.heard("mail: "), 0);
}
