//! Where devices come with their certificate in TLS: its addresses, what it trusts, and what it
//! proves itself with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use gridpass_protocol::{Origin, Settings, UnixTime};
use zeroize::Zeroizing;

use crate::{
    Gridpass, Peer,
    ca::{Host, ListenerCertificate, MakeError},
    id::ProviderId,
    installation::{OpenError, Provider},
    random::Random,
    store::StoreError,
};

/// The path of EST below a provider's address (RFC 7030, 3.2.2).
const EST_PATH: &str = "/.well-known/est";

/// The listener for devices, as they find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceLine {
    /// Where it is reached: https.
    pub origin: Origin,
    /// How the certificates are told apart that it proves itself with.
    pub naming: LineNaming,
}

/// How a listener that serves several providers is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineNaming {
    /// By one name, with one certificate that the devices of every provider trust anyway.
    Shared,
    /// With a certificate of each provider's own CA. With more than one provider each has a name
    /// of its own, `<provider>.<host>`, by which TLS chooses the certificate: a device trusts its
    /// own provider's CA and no other.
    PerProvider,
}

/// What the listener proves itself with to the devices of one provider.
pub struct LineIdentity {
    /// Whose devices trust it.
    pub provider: ProviderId,
    /// The name in TLS (SNI) that it is chosen by.
    pub host: String,
    /// Its certificate first, the one below the root last, DER.
    pub chain: Vec<Vec<u8>>,
    /// Its private key, PKCS#8, DER.
    pub key: Zeroizing<Vec<u8>>,
    issuer: [u8; 32],
    made_at: UnixTime,
    not_after: UnixTime,
}

impl std::fmt::Debug for LineIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LineIdentity({} [redacted])", self.host)
    }
}

impl Gridpass {
    /// The same installation with a listener for devices.
    #[must_use]
    pub fn with_device_line(mut self, line: DeviceLine) -> Self {
        self.device_line = Some(line);
        self
    }

    /// The certificates of CAs that certified devices of this installation, DER, each once:
    /// roots, and the issuing ones below them, since some devices present their own certificate
    /// alone.
    #[must_use]
    pub fn device_anchors(&self) -> Vec<Vec<u8>> {
        let mut anchors: Vec<Vec<u8>> = Vec::new();
        for certificate in self
            .providers
            .iter()
            .flat_map(|provider| provider.authority_certificates())
        {
            if !anchors.contains(&certificate) {
                anchors.push(certificate);
            }
        }
        anchors
    }

    /// What the listener proves itself with, for every provider, the first one first. Each has a
    /// new key, and a certificate of that provider's CA. May block on a token.
    ///
    /// # Errors
    /// A CA does not sign now.
    pub fn make_line_identities(&self) -> Result<Vec<LineIdentity>, OpenError> {
        let Some(line) = &self.device_line else {
            return Ok(Vec::new());
        };
        self.providers
            .iter()
            .map(|provider| {
                self.make_line_identity(line, provider)
                    .map_err(|error| OpenError::Authority {
                        provider: provider.config.id.clone(),
                        problem: format!("the certificate of the listener: {error}"),
                    })
            })
            .collect()
    }

    fn make_line_identity(
        &self,
        line: &DeviceLine,
        provider: &Provider,
    ) -> Result<LineIdentity, MakeError> {
        let host = self.line_host(line, provider);
        let mut hosts = vec![Host::parse(&host)];
        if line.origin.is_loopback() {
            for address in [
                IpAddr::V4(Ipv4Addr::LOCALHOST),
                IpAddr::V6(Ipv6Addr::LOCALHOST),
            ] {
                if !hosts.contains(&Host::Address(address)) {
                    hosts.push(Host::Address(address));
                }
            }
        }
        let issuer = provider.own_issuer();
        let (id, now) = (&provider.config.id, self.clock_now());
        let made = ListenerCertificate::make(id, &hosts, &issuer, now, &mut Random(&*self.random))?;
        Ok(LineIdentity {
            provider: id.clone(),
            host,
            chain: made.chain,
            key: made.key,
            issuer: *issuer.fingerprint(),
            made_at: now,
            not_after: made.not_after,
        })
    }

    /// Whether these identities are still the ones to use: of the keys that issue now, made before
    /// now (a clock that ran ahead made others), and with more than half of their time left, or
    /// all that their issuers have.
    #[must_use]
    pub fn line_identities_are_fresh(&self, identities: &[LineIdentity]) -> bool {
        let now = self.clock_now();
        identities.iter().all(|identity| {
            self.provider(&identity.provider).is_some_and(|provider| {
                let issuer = provider.own_issuer();
                let is_fresh = ListenerCertificate::is_fresh(identity.not_after, now)
                    || identity.not_after >= issuer.not_after();
                let is_good = identity.made_at <= now && is_fresh;
                *issuer.fingerprint() == identity.issuer && is_good
            })
        })
    }

    /// What a device goes by; none if its provider is not served here any more.
    ///
    /// # Errors
    /// The database failed.
    pub fn device_settings(&self, peer: &Peer) -> Result<Option<Settings>, StoreError> {
        self.provider(&peer.provider)
            .map(|provider| self.settings_of(&provider.config, peer.enrollment))
            .transpose()
    }

    /// Where the devices of a provider come with their certificate.
    pub(crate) fn mtls_url(&self, provider: &Provider) -> Option<String> {
        let line = self.device_line.as_ref()?;
        let host = self.line_host(line, provider);
        Some(line.origin.as_str().replacen(line.origin.host(), &host, 1))
    }

    /// Where the devices of a provider come with their certificate, if they can.
    #[must_use]
    pub fn mtls_url_of(&self, provider: &ProviderId) -> Option<String> {
        self.mtls_url(self.provider(provider)?)
    }

    /// Where they enrol over EST.
    pub(crate) fn est_url(&self, provider: &Provider) -> Option<String> {
        let origin = self.mtls_url(provider)?;
        Some(format!("{origin}{EST_PATH}/{}", provider.config.id))
    }

    fn line_host(&self, line: &DeviceLine, provider: &Provider) -> String {
        let host = line.origin.host();
        if line.naming == LineNaming::PerProvider && self.providers.len() > 1 {
            format!("{}.{host}", provider.config.id)
        } else {
            host.to_owned()
        }
    }
}
