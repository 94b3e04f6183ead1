//! Access tokens of VENs, bound to the certificate of the connection (RFC 8705, section 3).

use gridpass_protocol::{UnixTime, b64u, from_b64u};

use crate::{Gridpass, peer::Peer, random::Random, vault::Purpose};

/// How long a token is good, in seconds.
const LIFETIME: u64 = 60 * 60;

/// An access token. Opens nothing without the key of the certificate that it was made for.
pub struct VenToken {
    /// As it travels.
    pub text: String,
    /// How long it is good, in seconds.
    pub lifetime: u64,
}

impl Gridpass {
    /// Makes a token for whoever comes with this certificate.
    #[must_use]
    pub fn make_ven_token(&self, peer: &Peer) -> VenToken {
        let ends_at = self.clock_now().plus(LIFETIME);
        let sealed = self.vault.seal(
            Purpose::VenToken,
            peer.key_id.as_bytes(),
            &ends_at.0.to_be_bytes(),
            &Random(&*self.random),
        );
        VenToken {
            text: b64u(&sealed),
            lifetime: LIFETIME,
        }
    }

    /// Whether a token was made for this certificate and is still good. The hash of the
    /// certificate (`x5t#S256`) is part of what the token is sealed with.
    #[must_use]
    pub fn is_ven_token(&self, peer: &Peer, text: &str) -> bool {
        let opened = from_b64u(text).ok().and_then(|sealed| {
            self.vault
                .open(Purpose::VenToken, peer.key_id.as_bytes(), &sealed)
                .ok()
        });
        opened
            .and_then(|bytes| <[u8; 8]>::try_from(bytes.as_slice()).ok())
            .is_some_and(|bytes| self.clock_now() < UnixTime(u64::from_be_bytes(bytes)))
    }
}
