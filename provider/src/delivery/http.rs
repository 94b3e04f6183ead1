//! Signed calls to other systems over HTTP (Standard Webhooks: three headers, HMAC-SHA256).

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use aws_lc_rs::hmac;
use base64ct::{Base64, Encoding};
use gridpass_protocol::UnixTime;
use ureq::{
    Agent,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};
use zeroize::Zeroizing;

use crate::id::DeliveryId;

/// How long a call may take from end to end.
const TIMEOUT: Duration = Duration::from_secs(15);
/// What a secret begins with when it is shown to people (Standard Webhooks).
const PREFIX: &str = "whsec_";

/// What calls are signed with: 16 to 64 bytes, as Standard Webhooks has it.
#[derive(Clone)]
pub struct CallSecret(Zeroizing<Vec<u8>>);

/// The text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret is whsec_ and 16 to 64 bytes in base64")]
pub struct InvalidSecret;

impl CallSecret {
    /// One with these bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads one as people write it.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, InvalidSecret> {
        let text = text.trim();
        let text = text.strip_prefix(PREFIX).unwrap_or(text);
        let bytes = Base64::decode_vec(text).map_err(|_| InvalidSecret)?;
        if (16..=64).contains(&bytes.len()) {
            Ok(Self(Zeroizing::new(bytes)))
        } else {
            Err(InvalidSecret)
        }
    }

    /// As people write it. Secret.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{PREFIX}{}", Base64::encode_string(&self.0))
    }

    /// The signature over a call.
    fn sign(&self, id: &str, at: UnixTime, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let signed = format!("{id}.{}.{body}", at.0);
        let tag = hmac::sign(&key, signed.as_bytes());
        format!("v1,{}", Base64::encode_string(tag.as_ref()))
    }
}

impl std::fmt::Debug for CallSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CallSecret([redacted])")
    }
}

/// A call, signed.
pub struct SignedCall {
    /// Where it goes.
    pub url: String,
    /// `webhook-id`: the same for every repetition.
    pub id: String,
    /// `webhook-timestamp`: when this try was made.
    pub at: UnixTime,
    /// `webhook-signature`.
    pub signature: String,
    /// JSON.
    pub body: String,
}

impl SignedCall {
    pub(crate) fn new(
        url: &str,
        id: DeliveryId,
        at: UnixTime,
        body: String,
        secret: &CallSecret,
    ) -> Self {
        let id = format!("msg_{id}");
        Self {
            url: url.to_owned(),
            signature: secret.sign(&id, at, &body),
            id,
            at,
            body,
        }
    }
}

/// Makes calls.
pub trait Caller: Send + Sync {
    /// Makes one and returns the status of the answer.
    ///
    /// # Errors
    /// There was no answer; what stood in the way.
    fn call(&self, call: &SignedCall) -> Result<u16, String>;
}

/// Whether calls may go to addresses that are not on the open Internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Only where anybody may call: an address that a provider's admin sets cannot reach what
    /// only this machine reaches.
    Public,
    /// Anywhere: for development, and where all that can be reached may be.
    Anywhere,
}

/// Calls over HTTP.
pub struct HttpCaller(Agent);

impl HttpCaller {
    /// One that reaches so far.
    #[must_use]
    pub fn new(reach: Reach) -> Self {
        Self(guarded_agent(reach))
    }
}

/// Makes requests that reach so far, follow nothing and end in time.
pub(crate) fn guarded_agent(reach: Reach) -> Agent {
    let config = Config::builder()
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent("Gridpass")
        .build();
    let resolver = GuardedResolver {
        reach,
        resolver: DefaultResolver::default(),
    };
    Agent::with_parts(config, DefaultConnector::default(), resolver)
}

impl Caller for HttpCaller {
    fn call(&self, call: &SignedCall) -> Result<u16, String> {
        let answer = self
            .0
            .post(&call.url)
            .header("content-type", "application/json")
            .header("webhook-id", &call.id)
            .header("webhook-timestamp", call.at.0.to_string())
            .header("webhook-signature", &call.signature)
            .send(&call.body)
            .map_err(|error| error.to_string())?;
        Ok(answer.status().as_u16())
    }
}

/// Looks up names, and finds only addresses that may be reached: judged when the connection is
/// made, so that a name cannot point elsewhere afterwards.
#[derive(Debug)]
struct GuardedResolver {
    reach: Reach,
    resolver: DefaultResolver,
}

impl Resolver for GuardedResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.resolver.resolve(uri, config, timeout)?;
        if self.reach == Reach::Anywhere {
            return Ok(found);
        }
        let mut public = self.empty();
        for address in found.iter().filter(|address| is_public(address.ip())) {
            public.push(*address);
        }
        if public.is_empty() {
            return Err(ureq::Error::HostNotFound);
        }
        Ok(public)
    }
}

/// Whether an address is on the open Internet (IANA special-purpose address registries).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b));
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    // Only 2000::/3 is given out; within it, what leads back into IPv4 is judged as that.
    let [first, second, third, ..] = ip.segments();
    match first {
        0x2002 => {
            let [a, b] = second.to_be_bytes();
            let [c, d] = third.to_be_bytes();
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        0x2001 if second < 0x200 || second == 0xdb8 => false,
        _ => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_open_internet_is_public() {
        for public in ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.1.1",
            "172.16.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[test]
    fn a_call_to_this_machine_is_not_made_for_a_provider() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let secret = CallSecret::from_bytes(&[1; 32]);
        let id = DeliveryId::from_uuid(uuid::Uuid::nil());
        for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
            let url = format!("http://{host}:{port}/");
            let call = SignedCall::new(&url, id, UnixTime(1), "{}".into(), &secret);
            assert!(HttpCaller::new(Reach::Public).call(&call).is_err(), "{url}");
        }
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err(), "nobody called");
    }

    #[test]
    fn a_signature_is_as_standard_webhooks_has_it() {
        // The example of the specification.
        let secret = CallSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = secret.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            UnixTime(1_614_265_330),
            "{\"test\": 2432232314}",
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(secret.shown(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        assert_eq!(CallSecret::parse("whsec_short").err(), Some(InvalidSecret));
    }
}
