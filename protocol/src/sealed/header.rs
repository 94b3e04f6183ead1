//! JOSE headers: exactly the expected members, each once, nothing else (protocol, Sealed
//! messages: "unexpected headers are refused").

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};

use super::{KeyId, SealedError};
use crate::{
    encoding::{array_from_b64u, b64u, from_b64u},
    primitives::POINT_LENGTH,
};

/// How the content key of a JWE comes about.
pub(super) enum KeyManagement {
    /// `ECDH-ES`, with the ephemeral key as a point; whether it is on the curve is seen later.
    EcdhEs { ephemeral: [u8; POINT_LENGTH] },
    /// `RSA-OAEP-256`.
    RsaOaep256,
}

/// The protected header of a JWE.
pub(super) struct JweHeader {
    pub(super) management: KeyManagement,
    pub(super) kid: KeyId,
    pub(super) typ: String,
}

impl JweHeader {
    pub(super) fn parse(encoded: &str) -> Result<Self, SealedError> {
        let mut members = Members::parse(encoded)?;
        let algorithm = members.text("alg")?;
        let encryption = members.text("enc")?;
        let (kid, typ) = (members.key_id()?, members.text("typ")?);
        if encryption != "A256GCM" {
            return Err(SealedError::Algorithm);
        }
        let management = match algorithm.as_str() {
            "ECDH-ES" => KeyManagement::EcdhEs {
                ephemeral: members.ephemeral()?,
            },
            "RSA-OAEP-256" => KeyManagement::RsaOaep256,
            _ => return Err(SealedError::Algorithm),
        };
        members.end()?;
        Ok(Self {
            management,
            kid,
            typ,
        })
    }

    /// The header, encoded. The values need no escapes: they are constants and `b64u`.
    pub(super) fn encode(&self) -> String {
        let (kid, typ) = (&self.kid, &self.typ);
        let json = match &self.management {
            KeyManagement::EcdhEs { ephemeral } => {
                let (x, y) = ephemeral[1..].split_at(32);
                format!(
                    r#"{{"alg":"ECDH-ES","enc":"A256GCM","epk":{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}},"kid":"{kid}","typ":"{typ}"}}"#,
                    b64u(x),
                    b64u(y),
                )
            }
            KeyManagement::RsaOaep256 => {
                format!(r#"{{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"{kid}","typ":"{typ}"}}"#)
            }
        };
        b64u(json.as_bytes())
    }
}

/// The signature algorithm of a JWS.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SignatureAlgorithm {
    Es256,
    Ps256,
}

/// The protected header of a JWS.
pub(super) struct JwsHeader {
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) kid: KeyId,
    pub(super) typ: String,
}

impl JwsHeader {
    pub(super) fn parse(encoded: &str) -> Result<Self, SealedError> {
        let mut members = Members::parse(encoded)?;
        let algorithm = match members.text("alg")?.as_str() {
            "ES256" => SignatureAlgorithm::Es256,
            "PS256" => SignatureAlgorithm::Ps256,
            _ => return Err(SealedError::Algorithm),
        };
        let (kid, typ) = (members.key_id()?, members.text("typ")?);
        members.end()?;
        Ok(Self {
            algorithm,
            kid,
            typ,
        })
    }

    pub(super) fn encode(&self) -> String {
        let algorithm = match self.algorithm {
            SignatureAlgorithm::Es256 => "ES256",
            SignatureAlgorithm::Ps256 => "PS256",
        };
        let json = format!(
            r#"{{"alg":"{algorithm}","kid":"{}","typ":"{}"}}"#,
            self.kid, self.typ
        );
        b64u(json.as_bytes())
    }
}

/// The members of a header that have not been read yet.
struct Members(BTreeMap<String, Member>);

enum Member {
    Text(String),
    Object(BTreeMap<String, Member>),
}

impl Members {
    fn parse(encoded: &str) -> Result<Self, SealedError> {
        let json = from_b64u(encoded).map_err(|_| SealedError::Form)?;
        match serde_json::from_slice(&json) {
            Ok(Member::Object(members)) => Ok(Self(members)),
            _ => Err(SealedError::Form),
        }
    }

    fn text(&mut self, name: &str) -> Result<String, SealedError> {
        match self.0.remove(name) {
            Some(Member::Text(text)) => Ok(text),
            _ => Err(SealedError::Form),
        }
    }

    fn key_id(&mut self) -> Result<KeyId, SealedError> {
        self.text("kid")?.parse().map_err(|_| SealedError::Form)
    }

    /// The `epk`: an uncompressed point of P-256 (RFC 7518, 6.2.1).
    fn ephemeral(&mut self) -> Result<[u8; POINT_LENGTH], SealedError> {
        let Some(Member::Object(jwk)) = self.0.remove("epk") else {
            return Err(SealedError::Form);
        };
        let mut jwk = Self(jwk);
        if jwk.text("kty")? != "EC" || jwk.text("crv")? != "P-256" {
            return Err(SealedError::Algorithm);
        }
        let mut point = [4; POINT_LENGTH];
        for (coordinate, place) in ["x", "y"].into_iter().zip(point[1..].chunks_exact_mut(32)) {
            let bytes: [u8; 32] =
                array_from_b64u(&jwk.text(coordinate)?).map_err(|_| SealedError::Form)?;
            place.copy_from_slice(&bytes);
        }
        jwk.end()?;
        Ok(point)
    }

    fn end(self) -> Result<(), SealedError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(SealedError::Form)
        }
    }
}

/// Strings and objects of them, without duplicates; any other JSON is refused.
impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MemberVisitor;

        impl<'de> Visitor<'de> for MemberVisitor {
            type Value = Member;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an object")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Member, E> {
                Ok(Member::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Member, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, member)) = map.next_entry()? {
                    if members.insert(name, member).is_some() {
                        return Err(A::Error::custom("a member twice"));
                    }
                }
                Ok(Member::Object(members))
            }
        }

        deserializer.deserialize_any(MemberVisitor)
    }
}
