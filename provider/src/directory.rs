//! What the portal publishes about its providers (protocol, HTTP: `GET /.well-known/gridpass`).

use gridpass_protocol::{Directory, DirectoryEntry, UnixTime, directory::certificate_to_pem};

use crate::{Gridpass, id::ProviderId, installation::Provider};

/// The version of the protocol that is spoken here.
const PROTOCOL_VERSION: u32 = 1;

/// Where messages are posted, on this portal.
pub const MESSAGES_PATH: &str = "/api/v1/messages";

impl Gridpass {
    /// The directory of all providers, or of one; without an entry if it is not known.
    #[must_use]
    pub fn directory(&self, filter: Option<&ProviderId>) -> Directory {
        let now = self.clock_now();
        Directory {
            protocol_versions: vec![PROTOCOL_VERSION],
            providers: self
                .providers
                .iter()
                .filter(|provider| filter.is_none_or(|id| *id == provider.config.id))
                .map(|provider| self.entry(provider, now))
                .collect(),
        }
    }

    fn entry(&self, provider: &Provider, now: UnixTime) -> DirectoryEntry {
        // Root first, as the directory lists them; the chain of an issuance is the other way round.
        let mut chain = provider.authority_certificates();
        chain.reverse();
        let live = provider
            .live_keys(now)
            .into_iter()
            .map(|key| key.certificate().to_vec());
        DirectoryEntry {
            id: provider.config.id.to_string(),
            name: provider.config.name.clone(),
            certificates: chain.into_iter().chain(live).map(|der| pem(&der)).collect(),
            messages_url: Some(self.messages_url()),
            est_url: self.est_url(provider),
            mtls_url: self.mtls_url(provider),
        }
    }

    /// Where devices post their messages.
    pub(crate) fn messages_url(&self) -> String {
        format!("{}{MESSAGES_PATH}", self.origin)
    }
}

fn pem(der: &[u8]) -> String {
    certificate_to_pem(der).expect("it was read as a certificate when it was opened")
}
