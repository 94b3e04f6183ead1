//! What the listener for devices says in TLS: versions, its own certificate, whose certificates it
//! accepts; and how all that is kept up to date while it runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use gridpass_provider::{Gridpass, LineIdentity, OpenError};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, SupportedProtocolVersion};

use super::verifier::{DeviceVerifier, InstallationTime, VerifierError};
use crate::config::Mtls;

/// How often it is looked whether CAs or certificates have changed.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// TLS 1.3 alone, and with 1.2. What 1.2 then offers is forward secret and AEAD: rustls has nothing else.
const MODERN: &[&SupportedProtocolVersion] = &[&TLS13];
const WITH_TLS12: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];

/// The listener cannot speak TLS.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("mtls: {file} cannot be used: {source}", file = file.display())]
    File { file: PathBuf, source: PemError },
    #[error("mtls: {0}")]
    Tls(#[from] rustls::Error),
    #[error("mtls: {0}")]
    Verifier(#[from] VerifierError),
    #[error(transparent)]
    Identity(#[from] OpenError),
}

/// The TLS of the listener, and what it was made from.
pub(super) struct Tls {
    gridpass: Arc<Gridpass>,
    files: Option<(PathBuf, PathBuf)>,
    versions: &'static [&'static SupportedProtocolVersion],
    made: Made,
    config: RustlsConfig,
}

/// What a configuration was made from: when it differs, another one is due.
struct Made {
    anchors: Vec<Vec<u8>>,
    material: Material,
}

/// By what the listener proves itself.
enum Material {
    Files {
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    },
    Own(Vec<LineIdentity>),
}

impl Tls {
    /// # Errors
    /// A file cannot be used, or a CA does not sign now.
    pub(super) fn new(gridpass: Arc<Gridpass>, config: &Mtls) -> Result<Self, TlsError> {
        let files = config
            .files()
            .map(|(chain, key)| (chain.clone(), key.clone()));
        let made = Made {
            anchors: gridpass.device_anchors(),
            material: match &files {
                Some(files) => read(files)?,
                None => Material::Own(gridpass.make_line_identities()?),
            },
        };
        let versions = if config.tls12 { WITH_TLS12 } else { MODERN };
        let server = server_config(&gridpass, &made.material, versions)?;
        Ok(Self {
            config: RustlsConfig::from_config(Arc::new(server)),
            gridpass,
            files,
            versions,
            made,
        })
    }

    /// What connections are accepted with, now and after every change.
    pub(super) fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// Looks from time to time for what has changed: CAs after a ceremony, files that were renewed,
    /// certificates of its own that near their end.
    pub(super) async fn keep_fresh(mut self) {
        let mut every = tokio::time::interval(LOOK_EVERY);
        loop {
            every.tick().await;
            let looked = tokio::task::spawn_blocking(move || {
                let outcome = self.refresh();
                (self, outcome)
            });
            let Ok((tls, outcome)) = looked.await else {
                tracing::error!("looking after the listener for devices ended in a panic");
                return;
            };
            self = tls;
            match outcome {
                Ok(Refreshed::Unchanged) => {}
                Ok(Refreshed::Changed) => tracing::info!("the listener for devices has new keys"),
                Err(error) => {
                    tracing::error!(%error, "the listener for devices stays as it was for now");
                }
            }
        }
    }

    fn refresh(&mut self) -> Result<Refreshed, TlsError> {
        let anchors = self.gridpass.device_anchors();
        let material = match (&self.made.material, &self.files) {
            (Material::Files { .. }, Some(files)) => {
                let now = read(files)?;
                (!now.is(&self.made.material)).then_some(now)
            }
            (Material::Own(identities), _)
                if self.gridpass.line_identities_are_fresh(identities) =>
            {
                None
            }
            _ => Some(Material::Own(self.gridpass.make_line_identities()?)),
        };
        if material.is_none() && anchors == self.made.anchors {
            return Ok(Refreshed::Unchanged);
        }
        if let Some(material) = material {
            self.made.material = material;
        }
        self.made.anchors = anchors;
        let server = server_config(&self.gridpass, &self.made.material, self.versions)?;
        self.config.reload_from_config(Arc::new(server));
        Ok(Refreshed::Changed)
    }
}

enum Refreshed {
    Changed,
    Unchanged,
}

impl Material {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Files { chain, key }, Self::Files { chain: c, key: k }) => {
                chain == c && key.secret_der() == k.secret_der()
            }
            _ => false,
        }
    }
}

fn read((chain, key): &(PathBuf, PathBuf)) -> Result<Material, TlsError> {
    let failed = |file: &Path| {
        let file = file.to_owned();
        move |source| TlsError::File { file, source }
    };
    let certificates: Vec<_> = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect)
        .map_err(failed(chain))?;
    Ok(Material::Files {
        chain: certificates,
        key: PrivateKeyDer::from_pem_file(key).map_err(failed(key))?,
    })
}

fn server_config(
    gridpass: &Arc<Gridpass>,
    material: &Material,
    versions: &[&'static SupportedProtocolVersion],
) -> Result<ServerConfig, TlsError> {
    let crypto = Arc::new(aws_lc_rs::default_provider());
    let verifier = DeviceVerifier::new(Arc::clone(gridpass), Arc::clone(&crypto))?;
    let time = Arc::new(InstallationTime(Arc::clone(gridpass)));
    let certificates = Certificates::new(material, &crypto)?;
    let mut config = ServerConfig::builder_with_details(crypto, time)
        .with_protocol_versions(versions)?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_cert_resolver(Arc::new(certificates));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A session that is taken up again would bring a certificate that nobody looks at.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// The certificates of the listener, by the names that it is called.
#[derive(Debug)]
struct Certificates {
    /// Serves whoever calls it by no name, or by one that is not listed.
    first: Arc<CertifiedKey>,
    by_name: Vec<(String, Arc<CertifiedKey>)>,
}

impl Certificates {
    fn new(material: &Material, crypto: &CryptoProvider) -> Result<Self, rustls::Error> {
        match material {
            Material::Files { chain, key } => Ok(Self {
                first: Arc::new(CertifiedKey::from_der(
                    chain.clone(),
                    key.clone_key(),
                    crypto,
                )?),
                by_name: Vec::new(),
            }),
            Material::Own(identities) => {
                let mut by_name = Vec::with_capacity(identities.len());
                for identity in identities {
                    let chain = identity.chain.iter().cloned().map(CertificateDer::from);
                    let key = PrivateKeyDer::try_from(identity.key.as_slice())
                        .map_err(|_| rustls::Error::General("its key is no PKCS#8".to_owned()))?
                        .clone_key();
                    let certified = CertifiedKey::from_der(chain.collect(), key, crypto)?;
                    by_name.push((identity.host.clone(), Arc::new(certified)));
                }
                let (_, first) = by_name
                    .first()
                    .ok_or_else(|| rustls::Error::General("no provider".to_owned()))?;
                Ok(Self {
                    first: Arc::clone(first),
                    by_name,
                })
            }
        }
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let named = hello.server_name().and_then(|name| {
            self.by_name
                .iter()
                .find(|(host, _)| host.eq_ignore_ascii_case(name))
        });
        Some(Arc::clone(named.map_or(&self.first, |(_, key)| key)))
    }
}
