//! Refusals as the provider words them: `application/problem+json` (RFC 9457).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

const URN: &str = "urn:gridpass:problem:";

macro_rules! problem_names {
    ($($(#[$doc:meta])* $name:ident = $wire:literal, $status:literal, $title:literal;)*) => {
        /// What went wrong, in one stable word (protocol, HTTP).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProblemName {
            $($(#[$doc])* $name,)*
        }

        impl ProblemName {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its word on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }

            /// The HTTP status that it travels with.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// A few words for a person, the same for every occurrence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

problem_names! {
    /// The request cannot be read at all.
    BadRequest = "bad-request", 400, "The request cannot be read";
    /// The text is not a device ID.
    InvalidDeviceId = "invalid-device-id", 400, "Not a device ID";
    /// Nobody has signed in, or the token is not known.
    Unauthorized = "unauthorized", 401, "Sign in first";
    /// The one-time password is wrong: usually a mistyped device ID. Carries `remaining`.
    InvalidOtp = "invalid-otp", 401, "The device ID does not fit this label";
    /// The message is signed by a key without a certificate of this provider.
    UnknownDevice = "unknown-device", 401, "The device is not known";
    /// Known, but not allowed to do this.
    Forbidden = "forbidden", 403, "Not allowed";
    /// The device was taken out of service, or its key was.
    Revoked = "revoked", 403, "The device is out of service";
    /// The device is on hold until its provider has decided.
    Suspended = "suspended", 403, "The device is on hold";
    /// The key speaks from another device than the one that was registered.
    WrongDevice = "wrong-device", 403, "Not the device that was registered";
    /// The certificate has ended, and too long ago to be renewed.
    CertificateExpired = "certificate-expired", 403, "The certificate has ended";
    /// There is no such thing, or none that the caller may see.
    NotFound = "not-found", 404, "Not found";
    /// There is no such method here.
    MethodNotAllowed = "method-not-allowed", 405, "This cannot be done here";
    /// It took the caller too long to send the request.
    RequestTimeout = "request-timeout", 408, "The request took too long";
    /// Does not fit the present state.
    Conflict = "conflict", 409, "Does not fit the present state";
    /// The enrollment has been confirmed with another key.
    AlreadyEnrolled = "already-enrolled", 409, "This device is already enrolled";
    /// A right signature with an old token or count: somebody else has spoken with this key.
    PossibleClone = "possible-clone", 409, "There seems to be a copy of this device's key";
    /// The label is of no more use. `reason`: `expired`, `superseded` or `cancelled`.
    Expired = "expired", 410, "This label is no longer valid";
    /// The body is larger than the limit.
    PayloadTooLarge = "payload-too-large", 413, "The request is too large";
    /// The body is of another type than this call takes.
    UnsupportedMediaType = "unsupported-media-type", 415, "The request is of the wrong type";
    /// The certificate request does not keep to the mapping or to the rules. Carries `reason`.
    BadCsr = "bad-csr", 422, "The certificate request is not acceptable";
    /// A value of the request is not acceptable. Carries `reason`.
    Invalid = "invalid", 422, "A value is not acceptable";
    /// Too many wrong one-time passwords for this label.
    Locked = "locked", 423, "This label is locked";
    /// Too many tries from this address. Carries `retry_after`.
    RateLimited = "rate-limited", 429, "Too many tries";
    /// A fault of the provider's own.
    InternalError = "internal-error", 500, "Something went wrong on our side";
    /// The CA does not answer; the one-time password is not spent. Carries `retry_after`.
    CaUnavailable = "ca-unavailable", 503, "Certificates cannot be issued at the moment";
    /// The provider is overloaded or stopping. Carries `retry_after`.
    ServiceUnavailable = "service-unavailable", 503, "Not available at the moment";
}

impl ProblemName {
    /// Its `type` on the wire: `urn:gridpass:problem:<name>`.
    #[must_use]
    pub fn urn(self) -> String {
        format!("{URN}{}", self.as_str())
    }
}

impl fmt::Display for ProblemName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no problem of this protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a problem of this protocol")]
pub struct UnknownProblem;

impl FromStr for ProblemName {
    type Err = UnknownProblem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|name| name.as_str() == text)
            .ok_or(UnknownProblem)
    }
}

impl Serialize for ProblemName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.urn())
    }
}

impl<'de> Deserialize<'de> for ProblemName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let urn = String::deserialize(deserializer)?;
        let name = urn
            .strip_prefix(URN)
            .ok_or(UnknownProblem)
            .map_err(D::Error::custom)?;
        name.parse().map_err(D::Error::custom)
    }
}

/// A problem document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What went wrong; on the wire `type`, a URN.
    #[serde(rename = "type")]
    pub name: ProblemName,
    /// [`ProblemName::title`].
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A sentence for a person: what happened and what to do next.
    pub detail: String,
    /// `invalid-otp`: tries left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u32>,
    /// `bad-csr`, `expired`, `invalid`: why, in one stable word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When to come back, in seconds; also in the `Retry-After` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// Finds the request in the provider's logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Problem {
    /// The content type of a problem document.
    pub const CONTENT_TYPE: &str = "application/problem+json";

    /// A problem with its name's title and status.
    #[must_use]
    pub fn new(name: ProblemName, detail: impl Into<String>) -> Self {
        Self {
            name,
            title: name.title().into(),
            status: name.status(),
            detail: detail.into(),
            remaining: None,
            reason: None,
            retry_after: None,
            request_id: None,
        }
    }

    /// With the tries left.
    #[must_use]
    pub fn with_remaining(self, remaining: u32) -> Self {
        Self {
            remaining: Some(remaining),
            ..self
        }
    }

    /// With the reason, one stable word.
    #[must_use]
    pub fn with_reason(self, reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..self
        }
    }

    /// With the time to come back after, in seconds.
    #[must_use]
    pub fn with_retry_after(self, seconds: u64) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }

    /// With the id that finds the request in the logs.
    #[must_use]
    pub fn with_request_id(self, request_id: impl Into<String>) -> Self {
        Self {
            request_id: Some(request_id.into()),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_rfc_9457_says() {
        let problem =
            Problem::new(ProblemName::InvalidOtp, "Check the device ID.").with_remaining(4);
        assert_eq!(
            serde_json::to_string(&problem).unwrap(),
            r#"{"type":"urn:gridpass:problem:invalid-otp","title":"The device ID does not fit this label","status":401,"detail":"Check the device ID.","remaining":4}"#
        );
    }

    #[test]
    fn every_name_is_read_back() {
        for name in ProblemName::ALL {
            let problem = Problem::new(*name, "x")
                .with_reason("y")
                .with_retry_after(5);
            let text = serde_json::to_string(&problem).unwrap();
            assert_eq!(serde_json::from_str::<Problem>(&text).unwrap(), problem);
            assert!((400..600).contains(&name.status()));
        }
    }

    #[test]
    fn a_problem_of_another_protocol_is_not_read() {
        let foreign = r#"{"type":"about:blank","title":"x","status":500,"detail":"y"}"#;
        assert!(serde_json::from_str::<Problem>(foreign).is_err());
    }
}
