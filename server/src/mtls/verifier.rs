//! Whether a client's certificate is accepted in the handshake.

use std::sync::Arc;

use gridpass_provider::{Gridpass, PeerError};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};

/// Checks the signature of one of the providers' CAs, then asks the database. The question is one
/// look into an index, so that it is asked where the handshake runs; no list has to be fetched or
/// refreshed, and what was revoked a moment ago is refused.
///
/// One whose time has not begun is accepted: a server issued it whose clock ran ahead, and the device can
/// do nothing about it. Everything else about it holds then, too.
///
/// No certificate at all is fine here: who enrols over EST has none yet. Routes that need one say so.
#[derive(Debug)]
pub(super) struct DeviceVerifier {
    chain: Arc<dyn ClientCertVerifier>,
    gridpass: Arc<Gridpass>,
}

impl DeviceVerifier {
    /// One that trusts the CAs that certify devices now.
    ///
    /// # Errors
    /// There is no such CA, or its certificate cannot be read.
    pub(super) fn new(
        gridpass: Arc<Gridpass>,
        crypto: Arc<CryptoProvider>,
    ) -> Result<Self, VerifierError> {
        let mut anchors = RootCertStore::empty();
        for der in gridpass.device_anchors() {
            anchors.add(CertificateDer::from(der))?;
        }
        let chain = WebPkiClientVerifier::builder_with_provider(Arc::new(anchors), crypto)
            .allow_unauthenticated()
            .build()?;
        Ok(Self { chain, gridpass })
    }
}

/// The CAs cannot be used to verify devices.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifierError {
    #[error("a certificate of a CA cannot be used: {0}")]
    Anchor(#[from] Error),
    #[error(transparent)]
    Builder(#[from] VerifierBuilderError),
}

impl ClientCertVerifier for DeviceVerifier {
    fn offer_client_auth(&self) -> bool {
        true
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verify = |at| self.chain.verify_client_cert(end_entity, intermediates, at);
        let verified = match verify(now) {
            Err(Error::InvalidCertificate(CertificateError::NotValidYetContext {
                not_before,
                ..
            })) => verify(not_before),
            outcome => outcome,
        }?;
        let look = || self.gridpass.may_connect(end_entity.as_ref());
        // The handshake is the runtime's; a file answers in microseconds, a database elsewhere does not.
        let found = if self.gridpass.is_database_remote() {
            tokio::task::block_in_place(look)
        } else {
            look()
        };
        match found {
            Ok(()) => Ok(verified),
            // Both are judged again with the first request, and can be told there what to do: a device
            // on hold is not to take itself for revoked.
            Err(PeerError::Suspended | PeerError::Store(_)) => Ok(verified),
            Err(PeerError::Revoked) => Err(CertificateError::Revoked.into()),
            Err(PeerError::Expired) => Err(CertificateError::Expired.into()),
            Err(PeerError::Unknown) => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

/// The time of the installation, so that TLS and the database judge validity alike.
#[derive(Debug)]
pub(super) struct InstallationTime(pub(super) Arc<Gridpass>);

impl TimeProvider for InstallationTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = self.0.clock_now().0;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(
            seconds,
        )))
    }
}
