//! Connections of devices that show their certificate.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use gridpass_protocol::DirectoryEntry;
use gridpass_protocol::directory::certificate_from_pem;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::Failure;
use crate::talker::Talker;

/// Where devices come with their certificate, and whom they trust there.
#[derive(Debug, Clone)]
pub struct DeviceLine {
    host: String,
    port: u16,
    anchors: Arc<RootCertStore>,
}

impl DeviceLine {
    /// The one that a provider publishes.
    ///
    /// # Errors
    /// When it publishes none.
    pub fn of(entry: &DirectoryEntry) -> Result<Self, Failure> {
        let url = entry.mtls_url.as_deref().ok_or("there is no listener")?;
        Self::to(url, &entry.certificates)
    }

    /// The one at this address, `https://<host>:<port>`, proved by one of these certificates, PEM.
    ///
    /// # Errors
    /// The address is none, or a certificate.
    pub fn to(url: &str, certificates: &[String]) -> Result<Self, Failure> {
        let (host, port) = url
            .trim_start_matches("https://")
            .rsplit_once(':')
            .ok_or("the listener has no port")?;
        let mut anchors = RootCertStore::empty();
        for pem in certificates {
            anchors.add(CertificateDer::from(certificate_from_pem(pem)?))?;
        }
        Ok(Self {
            host: host.to_owned(),
            port: port.parse()?,
            anchors: Arc::new(anchors),
        })
    }

    /// The name that requests are addressed to.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// A connection of this device.
    ///
    /// # Errors
    /// When the server does not let it in.
    pub async fn connect(&self, talker: &Talker) -> Result<Connection, Failure> {
        self.connect_over(self.reach().await?, talker).await
    }

    /// A connection of this device over a stream that is there.
    ///
    /// # Errors
    /// When the server does not let it in.
    pub async fn connect_over(
        &self,
        stream: TcpStream,
        talker: &Talker,
    ) -> Result<Connection, Failure> {
        Ok(Connection {
            sender: self.open_over(stream, Some(talker.identity())).await?,
            host: self.host.clone(),
        })
    }

    /// A connection that shows this certificate and proves to have its private key, PKCS#8, DER;
    /// or none.
    ///
    /// # Errors
    /// When the server does not let it in.
    pub async fn open(
        &self,
        identity: Option<(Vec<u8>, Vec<u8>)>,
    ) -> Result<SendRequest<Full<Bytes>>, Failure> {
        self.open_over(self.reach().await?, identity).await
    }

    async fn reach(&self) -> Result<TcpStream, Failure> {
        Ok(TcpStream::connect((self.host.as_str(), self.port)).await?)
    }

    async fn open_over(
        &self,
        stream: TcpStream,
        identity: Option<(Vec<u8>, Vec<u8>)>,
    ) -> Result<SendRequest<Full<Bytes>>, Failure> {
        stream.set_nodelay(true)?;
        let stream = self.hands(identity)?.shake(stream).await?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }

    /// Where it listens, if its host is given as an address or is this machine.
    ///
    /// # Errors
    /// The host is another's name.
    pub fn address(&self) -> Result<SocketAddr, Failure> {
        let host = match self.host.as_str() {
            "localhost" => Ipv4Addr::LOCALHOST.into(),
            host => host.parse()?,
        };
        Ok(SocketAddr::new(host, self.port))
    }

    /// What shakes hands for whoever has this certificate and its private key, PKCS#8, DER; or none.
    ///
    /// # Errors
    /// The key is not that of the certificate.
    pub fn hands(&self, identity: Option<(Vec<u8>, Vec<u8>)>) -> Result<Hands, Failure> {
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(Arc::clone(&self.anchors));
        let config = match identity {
            Some((certificate, key)) => {
                let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key));
                config.with_client_auth_cert(vec![CertificateDer::from(certificate)], key)?
            }
            None => config.with_no_client_auth(),
        };
        Ok(Hands {
            connector: TlsConnector::from(Arc::new(config)),
            name: ServerName::try_from(self.host.clone())?,
        })
    }
}

/// Shakes hands with the listener, any number of times.
#[derive(Clone)]
pub struct Hands {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Hands {
    /// Shakes hands over this connection.
    ///
    /// # Errors
    /// When the server does not.
    pub async fn shake(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, Failure> {
        Ok(self.connector.connect(self.name.clone(), stream).await?)
    }
}

impl fmt::Debug for Hands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hands").finish_non_exhaustive()
    }
}

/// An open connection of one device.
#[derive(Debug)]
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Connection {
    /// Posts a message in plain JSON; waits up to `wait` seconds for something to be there.
    ///
    /// # Errors
    /// When the connection breaks before the answer is whole.
    pub async fn say(
        &mut self,
        message: Vec<u8>,
        wait: u32,
    ) -> Result<(StatusCode, Bytes), Failure> {
        let mut request = Request::post("/api/v1/device/messages")
            .header("host", &self.host)
            .header("content-type", "application/json");
        if wait > 0 {
            request = request.header("prefer", format!("wait={wait}"));
        }
        let request = request.body(Full::new(Bytes::from(message)))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }
}
