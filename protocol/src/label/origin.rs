//! The web origin of a portal.

use std::{fmt, net::Ipv6Addr, str::FromStr};

use serde::{Deserialize, Serialize};

/// A web origin as a browser writes it (RFC 6454, 6.2): `https://host[:port]` or
/// `http://host[:port]`, lower case, without the scheme's own port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

/// The text is not an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an origin: expected https://host or https://host:port, nothing after it")]
pub struct InvalidOrigin;

impl Origin {
    /// Reads an origin. Host names with letters beyond ASCII have to be in their `xn--` form.
    ///
    /// # Errors
    /// Another scheme, user information, a path (even `/`), a query, a fragment, or a host or
    /// port that is none.
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        let (scheme, authority) = text.split_once("://").ok_or(InvalidOrigin)?;
        let scheme = scheme.to_ascii_lowercase();
        let scheme_port = match scheme.as_str() {
            "https" => 443,
            "http" => 80,
            _ => return Err(InvalidOrigin),
        };
        let (host, port) = split_port(authority)?;
        let host = canonical_host(host)?;
        Ok(Self(match port {
            Some(port) if port != scheme_port => format!("{scheme}://{host}:{port}"),
            _ => format!("{scheme}://{host}"),
        }))
    }

    /// The origin as a browser writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host: a name, an IPv4 address, or an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self
            .0
            .split_once("://")
            .map_or("", |(_, authority)| authority);
        match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => authority,
        }
    }

    /// Whether it is reached over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Whether it can only be this very machine: `localhost` and what ends in `.localhost`
    /// (RFC 6761, 6.3), 127.0.0.0/8, or ::1.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        host == "localhost"
            || host.ends_with(".localhost")
            || host == "[::1]"
            || host
                .parse::<std::net::Ipv4Addr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), InvalidOrigin> {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            let digits = port.bytes().all(|b| b.is_ascii_digit());
            let number = port.parse().ok().filter(|number| digits && *number != 0);
            Ok((host, Some(number.ok_or(InvalidOrigin)?)))
        }
        _ => Ok((authority, None)),
    }
}

fn canonical_host(host: &str) -> Result<String, InvalidOrigin> {
    if let Some(address) = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        let address: Ipv6Addr = address.parse().map_err(|_| InvalidOrigin)?;
        return Ok(format!("[{address}]"));
    }
    let label_is_valid = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if host.len() > 253 || !host.split('.').all(label_is_valid) {
        return Err(InvalidOrigin);
    }
    // A name whose last label is a number is an IPv4 address to a browser, or nothing.
    let last = host.rsplit('.').next().unwrap_or(host);
    if last.bytes().all(|b| b.is_ascii_digit()) && host.parse::<std::net::Ipv4Addr>().is_err() {
        return Err(InvalidOrigin);
    }
    Ok(host.to_ascii_lowercase())
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Origin {
    type Error = InvalidOrigin;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_a_browser_writes_it() {
        for (text, origin) in [
            ("https://portal.gmec.example", "https://portal.gmec.example"),
            (
                "HTTPS://Portal.GMEC.example:443",
                "https://portal.gmec.example",
            ),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("https://[0:0::1]:8443", "https://[::1]:8443"),
            ("http://[::1]", "http://[::1]"),
        ] {
            assert_eq!(Origin::parse(text).unwrap().as_str(), origin, "{text}");
        }
    }

    #[test]
    fn anything_more_or_less_is_refused() {
        for text in [
            "",
            "portal.example",
            "ftp://portal.example",
            "https://",
            "https://portal.example/",
            "https://portal.example/e",
            "https://portal.example?x",
            "https://portal.example#x",
            "https://user@portal.example",
            "https://portal.example:",
            "https://portal.example:0",
            "https://portal.example:65536",
            "https://portal.example:+1",
            "https://a..b",
            "https://-a.example",
            "https://pörtal.example",
            "https://a b.example",
            "https://1.2.3",
            "https://[::1",
            "https://::1",
            "https://[::g]",
            "https://portal.example\n",
        ] {
            assert_eq!(Origin::parse(text), Err(InvalidOrigin), "{text:?}");
        }
    }

    #[test]
    fn loopback_is_recognised() {
        let loopback = |text| Origin::parse(text).unwrap().is_loopback();
        assert!(loopback("http://localhost:3000"));
        assert!(loopback("http://demo.localhost:3000"));
        assert!(loopback("http://127.1.2.3"));
        assert!(loopback("http://[::1]:3000"));
        assert!(!loopback("https://localhost.example"));
        assert!(!loopback("https://128.0.0.1"));
        assert!(!loopback("https://[::2]"));
    }

    #[test]
    fn host_is_without_port() {
        let host = |text| Origin::parse(text).unwrap().host().to_owned();
        assert_eq!(host("http://localhost:3000"), "localhost");
        assert_eq!(host("http://[::1]:3000"), "[::1]");
        assert_eq!(host("http://[::1]"), "[::1]");
        assert_eq!(host("https://portal.example"), "portal.example");
    }
}
