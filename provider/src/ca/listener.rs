//! The certificate by which the listener for devices proves itself in TLS: short-lived, for a key
//! that never leaves the process that made it.

use std::net::IpAddr;

use const_oid::db::rfc5280::ID_KP_SERVER_AUTH;
use der::asn1::{Ia5String, OctetString};
use gridpass_protocol::{PrivateKey, UnixTime};
use x509_cert::ext::pkix::{
    ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName, name::GeneralName,
};
use zeroize::Zeroizing;

use super::{
    Issuer, MakeError,
    built_in::BACKDATED,
    lint::{OwnExpectation, lint_own},
    profile::{
        Criticality, Draft, LISTENER_EXTENSIONS, authority_key_identifier, common_name, extension,
        make_serial, sign, subject_key_identifier, validity,
    },
};
use crate::{id::ProviderId, random::Random};

/// How long it is good, in seconds. It names no revocation list: it ends soon by itself.
const LIFETIME: u64 = 30 * 24 * 60 * 60;

/// What the listener proves itself with.
pub(crate) struct ListenerCertificate {
    /// Its certificate first, the one below the root last, DER.
    pub(crate) chain: Vec<Vec<u8>>,
    /// PKCS#8, DER.
    pub(crate) key: Zeroizing<Vec<u8>>,
    pub(crate) not_after: UnixTime,
}

impl ListenerCertificate {
    /// A new one, with a new key, for a host that is a name or an address.
    pub(crate) fn make(
        provider: &ProviderId,
        hosts: &[Host],
        issuer: &Issuer,
        now: UnixTime,
        random: &mut Random<'_>,
    ) -> Result<Self, MakeError> {
        let key = PrivateKey::make_p256(random);
        let not_before = now.minus(BACKDATED).max(issuer.not_before());
        let not_after = now.plus(LIFETIME).min(issuer.not_after());
        let names = hosts
            .iter()
            .map(Host::general_name)
            .collect::<der::Result<_>>()?;
        let draft = Draft {
            serial: &make_serial(random),
            issuer: issuer.subject_der(),
            subject: &common_name(&format!("{provider} devices"))?,
            spki: key.spki_der(),
            validity: validity(not_before, not_after)?,
            extensions: vec![
                extension(
                    Criticality::Critical,
                    &KeyUsage(KeyUsages::DigitalSignature.into()),
                )?,
                extension(
                    Criticality::NonCritical,
                    &ExtendedKeyUsage(vec![ID_KP_SERVER_AUTH]),
                )?,
                extension(Criticality::NonCritical, &SubjectAltName(names))?,
                subject_key_identifier(key.spki_der())?,
                authority_key_identifier(*issuer.key_identifier())?,
            ],
        };
        let signer = issuer.signer();
        let tbs = draft.to_der(signer.algorithm())?;
        let expected = OwnExpectation {
            spki: key.spki_der(),
            extensions: &LISTENER_EXTENSIONS,
            issuer_not_before: issuer.not_before(),
            issuer_not_after: issuer.not_after(),
        };
        lint_own(&tbs, &expected)?;
        let below_root = issuer.chain().len() - 1;
        let mut chain = vec![sign(&tbs, signer)?];
        chain.extend_from_slice(&issuer.chain()[..below_root]);
        Ok(Self {
            chain,
            key: key.to_pkcs8_der(),
            not_after,
        })
    }

    /// Whether at least half of its time is left.
    pub(crate) fn is_fresh(not_after: UnixTime, now: UnixTime) -> bool {
        now.plus(LIFETIME / 2) < not_after
    }
}

/// What a listener is called by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Name(String),
    Address(IpAddr),
}

impl Host {
    /// As an origin writes it: an IPv6 address is in brackets.
    pub(crate) fn parse(host: &str) -> Self {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        bare.parse()
            .map_or_else(|_| Self::Name(host.to_owned()), Self::Address)
    }

    fn general_name(&self) -> der::Result<GeneralName> {
        Ok(match self {
            Self::Name(name) => GeneralName::DnsName(Ia5String::new(name)?),
            Self::Address(IpAddr::V4(address)) => {
                GeneralName::IpAddress(OctetString::new(address.octets())?)
            }
            Self::Address(IpAddr::V6(address)) => {
                GeneralName::IpAddress(OctetString::new(address.octets())?)
            }
        })
    }
}
