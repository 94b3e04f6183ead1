//! The root of a provider's CA, kept away from the installation.
//!
//! Its key lies in a file under a passphrase: PKCS#8 encrypted by PBES2, scrypt and AES-256-CBC
//! (RFC 5958, section 3; RFC 7914, section 7; RFC 8018, 6.2), as `openssl pkcs8` reads it too.

use std::{fmt, str::FromStr};

use der::{Decode, Encode, Sequence, asn1::OctetStringRef};
use gridpass_protocol::{
    CertificateError, CsrError, KeyAlgorithm, PrivateKey, SealedError, UnixTime,
    directory::{certificate_from_pem, certificate_to_pem},
};
use pkcs5::{EncryptionScheme, pbes2};
use zeroize::Zeroizing;

use super::{
    AuthorityKey,
    built_in::{AuthorityDraft, BACKDATED, MakeError, make_authority, make_private_key},
    profile::{PathLength, common_name, key_identifier},
    request,
    signer::{Signer, SoftwareSigner},
};
use crate::random::{Random, RandomSource};

const DAY: u64 = 24 * 60 * 60;

/// A root is good for so many years at most.
const MOST_YEARS: u32 = 40;

/// A passphrase has so many characters at least.
pub const SHORTEST_PASSPHRASE: usize = 12;

/// scrypt as OWASP advises for 16 MiB, which is what OpenSSL gives it: N = 2^14, r = 8, p = 5.
const SCRYPT: (u8, u32, u32) = (14, 8, 5);

const KEY_LABEL: &str = "ENCRYPTED PRIVATE KEY";
const REQUEST_LABEL: &str = "CERTIFICATE REQUEST";

/// What keys a CA may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CaKeyAlgorithm {
    /// ECDSA with P-256 and SHA-256.
    #[default]
    P256,
    /// RSA of 3072 bits, PKCS #1 v1.5 with SHA-256.
    Rsa3072,
}

impl CaKeyAlgorithm {
    /// As the protocol names such keys.
    #[must_use]
    pub const fn key_algorithm(self) -> KeyAlgorithm {
        match self {
            Self::P256 => KeyAlgorithm::Es256,
            Self::Rsa3072 => KeyAlgorithm::Rs3072,
        }
    }
}

impl fmt::Display for CaKeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P256 => "p-256",
            Self::Rsa3072 => "rsa-3072",
        })
    }
}

/// Not a key that a CA may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected p-256 or rsa-3072")]
pub struct UnknownCaKeyAlgorithm;

impl FromStr for CaKeyAlgorithm {
    type Err = UnknownCaKeyAlgorithm;

    fn from_str(text: &str) -> Result<Self, UnknownCaKeyAlgorithm> {
        match text {
            "p-256" => Ok(Self::P256),
            "rsa-3072" => Ok(Self::Rsa3072),
            _ => Err(UnknownCaKeyAlgorithm),
        }
    }
}

/// Why the root did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// The passphrase is too short.
    #[error("a passphrase has {SHORTEST_PASSPHRASE} characters at least")]
    Passphrase,
    /// The key file is not one, or not under this passphrase.
    #[error("the key does not open: another passphrase, or not a root's key file")]
    Sealed,
    /// The certificate is not the key's, or none.
    #[error("the root's certificate is of no use: {0}")]
    Certificate(String),
    /// The request is not acceptable.
    #[error("the request is of no use: {0}")]
    Request(#[from] CsrError),
    /// A number of years or days is out of bounds.
    #[error("{0}")]
    Lifetime(&'static str),
    /// The name is not one for a certificate.
    #[error("a name has 1 to 64 printable characters, none of , + \" \\ < > ; =")]
    Name,
    /// Key or certificate could not be made.
    #[error("it cannot be made: {0}")]
    Make(String),
}

impl From<MakeError> for RootError {
    fn from(error: MakeError) -> Self {
        Self::Make(error.to_string())
    }
}

impl From<der::Error> for RootError {
    fn from(error: der::Error) -> Self {
        Self::Make(error.to_string())
    }
}

/// `EncryptedPrivateKeyInfo` (RFC 5958, section 3).
#[derive(Sequence)]
struct EncryptedKey<'a> {
    algorithm: EncryptionScheme,
    data: &'a OctetStringRef,
}

/// A root with its key open.
pub struct OfflineRoot(AuthorityKey);

impl OfflineRoot {
    /// A new root, good for `years`.
    ///
    /// # Errors
    /// The name or the number of years is out of bounds.
    pub fn make(
        name: &str,
        algorithm: CaKeyAlgorithm,
        years: u32,
        now: UnixTime,
        random: &dyn RandomSource,
    ) -> Result<Self, RootError> {
        let is_plain =
            |character: char| !character.is_control() && !",+\"\\<>;=#".contains(character);
        if !(1..=64).contains(&name.chars().count())
            || name.trim() != name
            || !name.chars().all(is_plain)
        {
            return Err(RootError::Name);
        }
        if !(1..=MOST_YEARS).contains(&years) {
            return Err(RootError::Lifetime("a root is good for 1 to 40 years"));
        }
        let mut random = Random(random);
        let key = make_private_key(algorithm.key_algorithm(), &mut random)?;
        let signer = SoftwareSigner::new(key).map_err(MakeError::from)?;
        let subject = common_name(name)?;
        let draft = AuthorityDraft {
            issuer: &subject,
            issuer_key_identifier: None,
            subject: &subject,
            spki: signer.spki_der(),
            path_length: PathLength::Unlimited,
            not_before: now.minus(BACKDATED),
            not_after: now.plus(u64::from(years) * 365 * DAY),
            within: (now.minus(BACKDATED), now.plus(u64::from(years) * 365 * DAY)),
        };
        let certificate = make_authority(&draft, &signer, &random)?;
        let key = AuthorityKey::from_signer(certificate, signer).map_err(MakeError::from)?;
        Ok(Self(key))
    }

    /// Opens a root's key file.
    ///
    /// # Errors
    /// [`RootError::Sealed`] for another passphrase, [`RootError::Certificate`] if the
    /// certificate is not of this key.
    pub fn open(key_pem: &str, certificate_pem: &str, passphrase: &str) -> Result<Self, RootError> {
        let der = match der::pem::decode_vec(key_pem.trim().as_bytes()) {
            Ok((KEY_LABEL, der)) => der,
            _ => return Err(RootError::Sealed),
        };
        let sealed = EncryptedKey::from_der(&der).map_err(|_| RootError::Sealed)?;
        let key = sealed
            .algorithm
            .decrypt(passphrase, sealed.data.as_bytes())
            .map(Zeroizing::new)
            .map_err(|_| RootError::Sealed)?;
        let key = PrivateKey::from_pkcs8_der(&key).map_err(|_| RootError::Sealed)?;
        let of_certificate =
            |problem: &dyn fmt::Display| RootError::Certificate(problem.to_string());
        let certificate =
            certificate_from_pem(certificate_pem.trim()).map_err(|error| of_certificate(&error))?;
        AuthorityKey::new(certificate, key)
            .map(Self)
            .map_err(|error| of_certificate(&error))
    }

    /// The key as it goes into the file, PEM.
    ///
    /// # Errors
    /// [`RootError::Passphrase`].
    pub fn sealed_key_pem(
        &self,
        passphrase: &str,
        random: &dyn RandomSource,
    ) -> Result<String, RootError> {
        if passphrase.chars().count() < SHORTEST_PASSPHRASE {
            return Err(RootError::Passphrase);
        }
        let random = Random(random);
        let sealed = |_| RootError::Make("the key does not seal".to_owned());
        let (log_n, r, p) = SCRYPT;
        let parameters = pkcs5::scrypt::Params::new(log_n, r, p)
            .map_err(|_| RootError::Make("scrypt refuses its parameters".to_owned()))?;
        let scheme = EncryptionScheme::from(
            pbes2::Parameters::generate_scrypt_aes256cbc(
                parameters,
                &random.bytes::<16>(),
                random.bytes(),
            )
            .map_err(sealed)?,
        );
        let key = self.0.private().to_pkcs8_der();
        let data = scheme.encrypt(passphrase, &key).map_err(sealed)?;
        let der = EncryptedKey {
            algorithm: scheme,
            data: OctetStringRef::new(&data)?,
        }
        .to_der()?;
        pem(KEY_LABEL, &der)
    }

    /// Its certificate, PEM.
    ///
    /// # Errors
    /// None that could happen to a certificate of this size.
    pub fn certificate_pem(&self) -> Result<String, RootError> {
        certificate_to_pem(self.0.certificate())
            .map_err(|error: CertificateError| RootError::Certificate(error.to_string()))
    }

    /// Certifies the key of a request as an issuing key for `days`, PEM.
    ///
    /// # Errors
    /// The request is not one, or its certificate would outlive the root.
    pub fn sign_intermediate(
        &self,
        request_pem: &str,
        days: u32,
        now: UnixTime,
        random: &dyn RandomSource,
    ) -> Result<String, RootError> {
        let not_after = now.plus(u64::from(days) * DAY);
        if days == 0 || not_after > self.0.not_after() {
            return Err(RootError::Lifetime(
                "an issuing key is certified for 1 day at least and never beyond the end of its root",
            ));
        }
        let der = match der::pem::decode_vec(request_pem.trim().as_bytes()) {
            Ok((REQUEST_LABEL, der)) => der,
            _ => return Err(CsrError::Malformed.into()),
        };
        let asked = request::read(&der)?;
        let signer = self.0.signer();
        let draft = AuthorityDraft {
            issuer: &self.0.subject_der()?,
            issuer_key_identifier: Some(key_identifier(signer.spki_der())?),
            subject: &asked.subject,
            spki: &asked.spki,
            path_length: PathLength::EndEntitiesOnly,
            not_before: now.minus(BACKDATED).max(self.0.not_before()),
            not_after,
            within: (self.0.not_before(), self.0.not_after()),
        };
        if *draft.subject == *draft.issuer || asked.spki == signer.spki_der() {
            return Err(RootError::Request(CsrError::Subject));
        }
        let certificate = make_authority(&draft, signer, &Random(random))?;
        certificate_to_pem(&certificate).map_err(|error| RootError::Make(error.to_string()))
    }
}

impl fmt::Debug for OfflineRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfflineRoot([redacted])")
    }
}

impl From<SealedError> for RootError {
    fn from(error: SealedError) -> Self {
        Self::Make(error.to_string())
    }
}

/// A request as PEM.
pub(crate) fn request_to_pem(der: &[u8]) -> Result<String, RootError> {
    pem(REQUEST_LABEL, der)
}

fn pem(label: &'static str, der: &[u8]) -> Result<String, RootError> {
    der::pem::encode_string(label, der::pem::LineEnding::LF, der)
        .map_err(|error| RootError::Make(error.to_string()))
}
