//! Certificate revocation lists (RFC 5280, section 5): how they are named, made and signed.

use const_oid::db::rfc5280::{ID_CE_CRL_REASONS, ID_CE_ISSUING_DISTRIBUTION_POINT};
use der::{
    AnyRef, Decode, Encode, Sequence,
    asn1::{BitStringRef, Ia5String, OctetString, UintRef},
};
use gridpass_protocol::{Origin, UnixTime};
use spki::AlgorithmIdentifierRef;
use x509_cert::{
    ext::{
        Extension,
        pkix::{
            CrlNumber, IssuingDistributionPoint,
            name::{DistributionPointName, GeneralName},
        },
    },
    time::Time,
};

use super::{
    Issuer,
    profile::{Criticality, authority_key_identifier, extension, published_origin, time},
    signer::SignError,
};
use crate::enrollment::Serial;

/// A part of an issuer's revocation list: the certificates that name it. 0 is the whole list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CrlShard(pub(crate) u16);

impl CrlShard {
    /// The list with every certificate of the issuer.
    pub const WHOLE: Self = Self(0);

    /// The part for a certificate with this serial number, if the list is in `shards` parts. The
    /// first bytes of a serial number are random.
    #[must_use]
    pub fn of(serial: &Serial, shards: u16) -> Self {
        if shards < 2 {
            return Self::WHOLE;
        }
        let first = serial.as_bytes().iter().take(4);
        let number = first.fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        // Below `shards`, so it fits.
        Self(u16::try_from(number % u32::from(shards)).unwrap_or_default() + 1)
    }
}

/// Which list: the key identifier of its issuer, and the part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrlName {
    pub(crate) issuer: [u8; 20],
    pub(crate) shard: CrlShard,
}

impl CrlName {
    /// Reads `<issuer>.crl` or `<issuer>-<part>.crl`, as [`CrlName::file`] writes it.
    #[must_use]
    pub fn parse(file: &str) -> Option<Self> {
        let stem = file.strip_suffix(".crl")?;
        let (issuer, shard) = match stem.split_once('-') {
            None => (stem, CrlShard::WHOLE),
            Some((issuer, part)) => (
                issuer,
                CrlShard(part.parse().ok().filter(|part| *part > 0)?),
            ),
        };
        let issuer: Serial = issuer.parse().ok()?;
        let name = Self {
            issuer: issuer.as_bytes().try_into().ok()?,
            shard,
        };
        (name.file() == file).then_some(name)
    }

    /// Its file name.
    #[must_use]
    pub fn file(&self) -> String {
        let issuer: String = self
            .issuer
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        match self.shard {
            CrlShard::WHOLE => format!("{issuer}.crl"),
            CrlShard(part) => format!("{issuer}-{part}.crl"),
        }
    }

    /// Its distribution point, as certificates and the list itself name it: the same bytes in
    /// both (RFC 5280, 5.2.5).
    pub(super) fn distribution_point(&self, origin: &Origin) -> der::Result<DistributionPointName> {
        let url = format!("{}/crl/{}", published_origin(origin), self.file());
        Ok(DistributionPointName::FullName(vec![
            GeneralName::UniformResourceIdentifier(Ia5String::new(&url)?),
        ]))
    }
}

/// A certificate on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CrlEntry {
    pub(crate) serial: Serial,
    pub(crate) revoked_at: UnixTime,
    /// CRLReason, never `unspecified`.
    pub(crate) code: u8,
}

/// A list to be signed.
#[derive(Debug)]
pub(crate) struct CrlDraft<'a> {
    pub(crate) shard: CrlShard,
    pub(crate) origin: &'a Origin,
    pub(crate) number: u64,
    pub(crate) this_update: UnixTime,
    pub(crate) next_update: UnixTime,
    pub(crate) entries: &'a [CrlEntry],
}

/// `TBSCertList`, version 2 (RFC 5280, 5.1.2).
#[derive(Sequence)]
struct TbsCertList<'a> {
    version: u8,
    signature: AlgorithmIdentifierRef<'a>,
    issuer: AnyRef<'a>,
    this_update: Time,
    next_update: Time,
    /// Absent if there is none.
    #[asn1(optional = "true")]
    revoked: Option<Vec<RevokedCertificate<'a>>>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}

#[derive(Sequence)]
struct RevokedCertificate<'a> {
    serial: UintRef<'a>,
    revoked_at: Time,
    extensions: Vec<Extension>,
}

/// `CertificateList` (RFC 5280, 5.1.1).
#[derive(Sequence)]
struct CertificateList<'a> {
    tbs: AnyRef<'a>,
    signature_algorithm: AlgorithmIdentifierRef<'a>,
    signature: BitStringRef<'a>,
}

/// Version 2 of a list.
const V2: u8 = 1;

impl CrlDraft<'_> {
    /// Signs it. Takes a while if it is long, and may block on a token.
    ///
    /// # Errors
    /// The key does not sign now.
    pub(crate) fn sign(&self, issuer: &Issuer) -> Result<Vec<u8>, SignError> {
        let signer = issuer.signer();
        let algorithm = signer.algorithm().identifier();
        let revoked = self
            .entries
            .iter()
            .map(revoked_certificate)
            .collect::<Result<Vec<_>, _>>()?;
        let tbs = TbsCertList {
            version: V2,
            signature: algorithm,
            issuer: AnyRef::from_der(issuer.subject_der())?,
            this_update: time(self.this_update)?,
            next_update: time(self.next_update)?,
            revoked: (!revoked.is_empty()).then_some(revoked),
            extensions: self.extensions(issuer)?,
        }
        .to_der()?;
        let signature = signer.sign(&tbs)?;
        let list = CertificateList {
            tbs: AnyRef::from_der(&tbs)?,
            signature_algorithm: algorithm,
            signature: BitStringRef::from_bytes(&signature)?,
        };
        Ok(list.to_der()?)
    }

    fn extensions(&self, issuer: &Issuer) -> der::Result<Vec<Extension>> {
        let number = CrlNumber::try_from(self.number)?;
        let mut extensions = vec![
            authority_key_identifier(*issuer.key_identifier())?,
            extension(Criticality::NonCritical, &number)?,
        ];
        if self.shard != CrlShard::WHOLE {
            let name = CrlName {
                issuer: *issuer.key_identifier(),
                shard: self.shard,
            };
            let point = IssuingDistributionPoint {
                distribution_point: Some(name.distribution_point(self.origin)?),
                only_contains_user_certs: false,
                only_contains_ca_certs: false,
                only_some_reasons: None,
                indirect_crl: false,
                only_contains_attribute_certs: false,
            };
            // By its number and not by its type, whose number in x509-cert 0.3 is another's.
            extensions.push(Extension {
                extn_id: ID_CE_ISSUING_DISTRIBUTION_POINT,
                critical: true,
                extn_value: OctetString::new(point.to_der()?)?,
            });
        }
        Ok(extensions)
    }
}

fn revoked_certificate(entry: &CrlEntry) -> der::Result<RevokedCertificate<'_>> {
    // ENUMERATED of one byte (RFC 5280, 5.3.1).
    let reason = OctetString::new([0x0a, 1, entry.code])?;
    Ok(RevokedCertificate {
        serial: UintRef::new(entry.serial.as_bytes())?,
        revoked_at: time(entry.revoked_at)?,
        extensions: vec![Extension {
            extn_id: ID_CE_CRL_REASONS,
            critical: false,
            extn_value: reason,
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_found_by_the_name_that_its_certificates_carry() {
        let issuer = [0xab; 20];
        for (shard, file) in [
            (CrlShard::WHOLE, format!("{}.crl", "ab".repeat(20))),
            (CrlShard(7), format!("{}-7.crl", "ab".repeat(20))),
        ] {
            let name = CrlName { issuer, shard };
            assert_eq!(name.file(), file);
            assert_eq!(CrlName::parse(&file), Some(name));
        }
        let hex = "ab".repeat(20);
        for other in [
            hex.clone(),
            format!("{hex}-0.crl"),
            format!("{hex}-07.crl"),
            format!("{}.crl", hex.to_uppercase()),
            "ab.crl".into(),
            ".crl".into(),
        ] {
            assert_eq!(CrlName::parse(&other), None, "{other}");
        }
    }

    #[test]
    fn every_certificate_is_in_one_part_and_every_part_has_some() {
        let shard = |first: u8, shards| {
            CrlShard::of(&Serial::from_bytes(&[1, 2, 3, first, 5]).unwrap(), shards)
        };
        assert_eq!(shard(9, 1), CrlShard::WHOLE);
        let mut seen: Vec<_> = (0..=255).map(|first| shard(first, 4)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, [1, 2, 3, 4].map(CrlShard));
    }
}
