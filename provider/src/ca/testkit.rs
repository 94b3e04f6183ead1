//! What every CA behind [`CertificateAuthority`] has to keep, as an examination that any of them
//! can be put to: the ones in this crate, and one of your own.
//!
//! ```no_run
//! # use gridpass_provider::{RandomSource, ca::{CertificateAuthority, testkit::Examination}};
//! # fn example(mine: &dyn CertificateAuthority, random: &dyn RandomSource, now: gridpass_protocol::UnixTime) {
//! Examination::new(now, random).examine(mine).unwrap();
//! # }
//! ```

use std::{collections::HashSet, thread};

use const_oid::db::rfc5280::ID_KP_CLIENT_AUTH;
use der::Decode;
use gridpass_protocol::{
    Csr, CsrContent, DeviceId, DeviceKey, KeyAlgorithm, TemporaryId, UnixTime,
    certificate::verify_issued_by,
};
use x509_cert::{
    Certificate,
    ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages},
};

use super::{
    CertificateAuthority, CertificateRequest, IssuedCertificate, profile::unix_time, verify,
};
use crate::{
    enrollment::Serial,
    id::EnrollmentId,
    random::{Random, RandomSource},
    vault::sha256,
};

/// Requests that are made at once.
const AT_ONCE: usize = 16;

const DAY: u64 = 24 * 60 * 60;

/// A promise that was not kept, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub String);

/// How a CA is examined.
pub struct Examination<'a> {
    now: UnixTime,
    random: &'a dyn RandomSource,
    key_algorithms: Vec<KeyAlgorithm>,
    days: u32,
}

/// A device of the examination, with its request.
pub struct Candidate {
    enrollment_id: EnrollmentId,
    device_id: DeviceId,
    csr: Csr,
    now: UnixTime,
    days: u32,
}

impl Candidate {
    /// What its CA is asked.
    #[must_use]
    pub fn request(&self) -> CertificateRequest<'_> {
        CertificateRequest {
            enrollment_id: self.enrollment_id,
            csr: self.csr.der(),
            spki: self.csr.spki_der(),
            key_algorithm: self.csr.algorithm(),
            device_id: &self.device_id,
            now: self.now,
            days: self.days,
        }
    }
}

impl<'a> Examination<'a> {
    /// With every kind of key, and certificates of 398 days.
    #[must_use]
    pub fn new(now: UnixTime, random: &'a dyn RandomSource) -> Self {
        Self {
            now,
            random,
            key_algorithms: KeyAlgorithm::ALL.to_vec(),
            days: 398,
        }
    }

    /// With these kinds of key alone.
    #[must_use]
    pub fn key_algorithms(mut self, algorithms: &[KeyAlgorithm]) -> Self {
        self.key_algorithms = algorithms.to_vec();
        self
    }

    /// A device with a key of its own.
    ///
    /// # Errors
    /// No key could be made.
    pub fn candidate(&self, algorithm: KeyAlgorithm) -> Result<Candidate, Broken> {
        let failed = |error: &dyn std::fmt::Display| Broken(format!("no request: {error}"));
        let mut random = Random(self.random);
        let temporary_id = TemporaryId::from_bytes(random.bytes());
        let key = DeviceKey::make(&mut random, algorithm).map_err(|error| failed(&error))?;
        let content = CsrContent {
            country: Some("US".to_owned()),
            organization: Some("Green Mountain Electric Coop".to_owned()),
            ..CsrContent::default()
        };
        let csr = key
            .csr(&content, &temporary_id, &mut random)
            .map_err(|error| failed(&error))?;
        Ok(Candidate {
            enrollment_id: EnrollmentId::make(self.now, &random),
            device_id: DeviceId::parse("SN-4711-0815").map_err(|error| failed(&error))?,
            csr: Csr::parse(&csr).map_err(|error| failed(&error))?,
            now: self.now,
            days: self.days,
        })
    }

    /// Puts a CA to it.
    ///
    /// # Errors
    /// The first promise that it did not keep.
    pub fn examine(&self, authority: &dyn CertificateAuthority) -> Result<(), Broken> {
        let mut serials = HashSet::new();
        for algorithm in &self.key_algorithms {
            let candidate = self.candidate(*algorithm)?;
            self.issue(authority, &candidate, &mut serials)?;
            // A device whose connection broke, or whose CA did not answer in time.
            self.issue(authority, &candidate, &mut serials)?;
        }
        self.many_at_once(authority, &mut serials)?;
        examine_issuers(authority)
    }

    fn issue(
        &self,
        authority: &dyn CertificateAuthority,
        candidate: &Candidate,
        serials: &mut HashSet<Vec<u8>>,
    ) -> Result<(), Broken> {
        let issued = authority
            .issue(&candidate.request())
            .map_err(|error| Broken(format!("it issued nothing: {error}")))?;
        self.look_at(authority, candidate, &issued)?;
        demand(
            serials.insert(issued.serial.as_bytes().to_vec()),
            "two certificates have one serial number (RFC 5280, 4.1.2.2)",
        )
    }

    fn many_at_once(
        &self,
        authority: &dyn CertificateAuthority,
        serials: &mut HashSet<Vec<u8>>,
    ) -> Result<(), Broken> {
        let first = self.key_algorithms.first();
        let algorithm = *first.ok_or_else(|| Broken("no kind of key to try".to_owned()))?;
        let candidates = (0..AT_ONCE)
            .map(|_| self.candidate(algorithm))
            .collect::<Result<Vec<_>, _>>()?;
        let answers: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = candidates
                .iter()
                .map(|candidate| scope.spawn(|| authority.issue(&candidate.request())))
                .collect();
            threads
                .into_iter()
                .map(thread::ScopedJoinHandle::join)
                .collect()
        });
        for (candidate, answer) in candidates.iter().zip(answers) {
            let issued = answer
                .map_err(|_| Broken("it panicked under many requests at once".to_owned()))?
                .map_err(|error| Broken(format!("of many requests at once one failed: {error}")))?;
            self.look_at(authority, candidate, &issued)?;
            demand(
                serials.insert(issued.serial.as_bytes().to_vec()),
                "two certificates that were issued at once have one serial number",
            )?;
        }
        Ok(())
    }

    fn look_at(
        &self,
        authority: &dyn CertificateAuthority,
        candidate: &Candidate,
        issued: &IssuedCertificate,
    ) -> Result<(), Broken> {
        let unreadable = |_| Broken("the certificate cannot be read".to_owned());
        let certificate = Certificate::from_der(&issued.der).map_err(unreadable)?;
        let tbs = certificate.tbs_certificate();
        let spki = der::Encode::to_der(tbs.subject_public_key_info()).map_err(unreadable)?;
        demand(
            spki == candidate.csr.spki_der(),
            "the certificate is of another key than the request",
        )?;
        let serial = tbs.serial_number().as_bytes();
        let serial = Serial::from_bytes(serial.strip_prefix(&[0]).unwrap_or(serial));
        demand(
            serial.as_ref() == Some(&issued.serial),
            "the serial number that is told is not the certificate's",
        )?;
        let not_before = unix_time(&tbs.validity().not_before);
        let not_after = unix_time(&tbs.validity().not_after);
        demand(
            issued.not_after == not_after && self.now < not_after,
            "the end that is told is not the certificate's, or is past",
        )?;
        demand(
            not_after.since(not_before) <= u64::from(self.days) * DAY + DAY,
            "the certificate lasts longer than was asked",
        )?;
        look_at_usage(&certificate)?;
        self.look_at_chain(authority, issued, not_before)
    }

    fn look_at_chain(
        &self,
        authority: &dyn CertificateAuthority,
        issued: &IssuedCertificate,
        not_before: UnixTime,
    ) -> Result<(), Broken> {
        let at = self.now.max(not_before);
        let chain = authority.chain(&issued.der);
        let mut below = &issued.der;
        for above in &chain {
            verify_issued_by(below, above, at)
                .map_err(|error| Broken(format!("devices cannot follow the chain: {error}")))?;
            below = above;
        }
        let last = chain
            .last()
            .ok_or_else(|| Broken("there is no chain above the certificate".to_owned()))?;
        demand(
            authority.published().contains(last),
            "the end of the chain is not published: devices would not believe it",
        )?;
        demand(
            sha256(&chain[0]) == issued.issuer,
            "the issuer that is told is not the first of the chain",
        )
    }
}

fn look_at_usage(certificate: &Certificate) -> Result<(), Broken> {
    let unreadable = |_| Broken("an extension cannot be read".to_owned());
    let tbs = certificate.tbs_certificate();
    let constraints = tbs
        .get_extension::<BasicConstraints>()
        .map_err(unreadable)?;
    demand(
        constraints.is_none_or(|(_, constraints)| !constraints.ca),
        "a device would be a CA (RFC 5280, 4.2.1.9)",
    )?;
    let usage = tbs.get_extension::<KeyUsage>().map_err(unreadable)?;
    demand(
        usage.is_some_and(|(_, KeyUsage(usage))| {
            usage.contains(KeyUsages::DigitalSignature) && !usage.contains(KeyUsages::KeyCertSign)
        }),
        "a device could not sign, or could certify others (RFC 5280, 4.2.1.3)",
    )?;
    let purposes = tbs
        .get_extension::<ExtendedKeyUsage>()
        .map_err(unreadable)?;
    demand(
        purposes.is_some_and(|(_, ExtendedKeyUsage(oids))| oids.contains(&ID_KP_CLIENT_AUTH)),
        "a device could not come with it in TLS (RFC 5280, 4.2.1.12)",
    )
}

/// Issuing keys that have to sign revocation lists do sign.
fn examine_issuers(authority: &dyn CertificateAuthority) -> Result<(), Broken> {
    const MESSAGE: &[u8] = b"examination";
    for issuer in authority.issuers() {
        let signer = issuer.signer();
        let signature = signer
            .sign(MESSAGE)
            .map_err(|error| Broken(format!("an issuing key does not sign: {error}")))?;
        demand(
            verify(signer.spki_der(), MESSAGE, &signature).is_ok(),
            "a signature of an issuing key does not verify",
        )?;
        demand(
            authority
                .published()
                .iter()
                .any(|published| published == issuer.certificate()),
            "the certificate of an issuing key is not published",
        )?;
    }
    Ok(())
}

fn demand(holds: bool, otherwise: &str) -> Result<(), Broken> {
    if holds {
        Ok(())
    } else {
        Err(Broken(otherwise.to_owned()))
    }
}
