//! A device's key and certificate in one password-protected file, to take to another device:
//! PKCS#12 (RFC 7292).
//!
//! Encryption is PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC, integrity HMAC-SHA256: what
//! OpenSSL 3 writes, and Windows, macOS and Android read.

use der::{
    Any, Encode, Sequence, ValueOrd,
    asn1::{BmpString, ObjectIdentifier, OctetString, SetOfVec},
};
use hmac::{Hmac, KeyInit, Mac};
use pkcs5::{EncryptionScheme, pbes2};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use spki::AlgorithmIdentifierOwned;
use x509_cert::attr::Attribute;
use zeroize::Zeroizing;

use crate::DeviceKey;

/// Rounds of each key derivation, of the MAC's as well: whoever guesses passwords takes the
/// cheapest way. A file costs a quarter of a million blocks of SHA-256, well below a second on a
/// phone; a long password gains more than another factor of ten here.
const ITERATIONS: u32 = 50_000;
const SALT_LENGTH: usize = 16;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const FRIENDLY_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");
const LOCAL_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");
const X509_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
const SHROUDED_KEY_BAG: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const CERT_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");

/// Why no file could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Pkcs12Error {
    /// The password is empty, or has characters beyond the Basic Multilingual Plane, which the
    /// format cannot express.
    #[error("this password cannot protect the file")]
    Password,
    /// The name has characters beyond the Basic Multilingual Plane.
    #[error("this name cannot be put into the file")]
    FriendlyName,
    /// The file cannot be written.
    #[error("the file cannot be written")]
    Encoding,
}

impl From<der::Error> for Pkcs12Error {
    fn from(_: der::Error) -> Self {
        Self::Encoding
    }
}

/// Makes the file: the key, its certificate, and the certificates above it, issuer first.
///
/// # Errors
/// The password or the name cannot be expressed in the format.
pub fn make(
    key: &DeviceKey,
    certificate_der: &[u8],
    chain: &[Vec<u8>],
    friendly_name: &str,
    password: &str,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Vec<u8>, Pkcs12Error> {
    if password.is_empty() {
        return Err(Pkcs12Error::Password);
    }
    let password_bmp = bmp_with_terminator(password)?;
    let names = bag_attributes(friendly_name, certificate_der)?;

    let mut certificates = vec![certificate_bag(certificate_der, Some(names.clone()))?];
    for above in chain {
        certificates.push(certificate_bag(above, None)?);
    }
    let key_bag = SafeBag {
        bag_id: SHROUDED_KEY_BAG,
        bag_value: Any::encode_from(&EncryptedPrivateKeyInfo::new(key, password, rng)?)?,
        bag_attributes: Some(names),
    };
    let safes = vec![
        ContentInfo::encrypted(&certificates.to_der()?, password, rng)?,
        ContentInfo::data(&vec![key_bag].to_der()?)?,
    ]
    .to_der()?;

    let file = Pfx {
        version: 3,
        mac_data: MacData::over(&safes, &password_bmp, rng)?,
        auth_safe: ContentInfo::data(&safes)?,
    };
    Ok(file.to_der()?)
}

/// `PFX` (RFC 7292, 4).
#[derive(Sequence)]
struct Pfx {
    version: u8,
    auth_safe: ContentInfo,
    mac_data: MacData,
}

/// `ContentInfo` (RFC 2315, 7).
#[derive(Sequence)]
struct ContentInfo {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: Any,
}

/// `EncryptedData` (RFC 2315, 13).
#[derive(Sequence)]
struct EncryptedData {
    version: u8,
    content: EncryptedContentInfo,
}

/// `EncryptedContentInfo` (RFC 2315, 10.1).
#[derive(Sequence)]
struct EncryptedContentInfo {
    content_type: ObjectIdentifier,
    algorithm: EncryptionScheme,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    encrypted: OctetString,
}

/// `EncryptedPrivateKeyInfo` (RFC 5958, 3).
#[derive(Sequence)]
struct EncryptedPrivateKeyInfo {
    algorithm: EncryptionScheme,
    encrypted: OctetString,
}

/// `SafeBag` (RFC 7292, 4.2).
#[derive(Sequence)]
struct SafeBag {
    bag_id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    bag_value: Any,
    #[asn1(optional = "true")]
    bag_attributes: Option<SetOfVec<Attribute>>,
}

/// `CertBag` (RFC 7292, 4.2.3).
#[derive(Sequence)]
struct CertBag {
    cert_id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    cert_value: OctetString,
}

/// `MacData` (RFC 7292, 4).
#[derive(Sequence)]
struct MacData {
    mac: DigestInfo,
    mac_salt: OctetString,
    iterations: u32,
}

/// `DigestInfo` (RFC 2315, 9.4).
#[derive(Sequence, ValueOrd)]
struct DigestInfo {
    algorithm: AlgorithmIdentifierOwned,
    digest: OctetString,
}

impl ContentInfo {
    fn data(content: &[u8]) -> der::Result<Self> {
        let content = Any::encode_from(&OctetString::new(content)?)?;
        Ok(Self {
            content_type: DATA,
            content,
        })
    }

    fn encrypted(
        content: &[u8],
        password: &str,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, Pkcs12Error> {
        let (algorithm, encrypted) = encrypt(content, password, rng)?;
        let content = EncryptedContentInfo {
            content_type: DATA,
            algorithm,
            encrypted,
        };
        let content = Any::encode_from(&EncryptedData {
            version: 0,
            content,
        })?;
        Ok(Self {
            content_type: ENCRYPTED_DATA,
            content,
        })
    }
}

impl EncryptedPrivateKeyInfo {
    fn new(
        key: &DeviceKey,
        password: &str,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, Pkcs12Error> {
        let (algorithm, encrypted) = encrypt(&key.to_pkcs8(), password, rng)?;
        Ok(Self {
            algorithm,
            encrypted,
        })
    }
}

impl MacData {
    fn over(
        safes: &[u8],
        password_bmp: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, Pkcs12Error> {
        let mut salt = [0; SALT_LENGTH];
        rng.fill_bytes(&mut salt);
        let key = mac_key(password_bmp, &salt, ITERATIONS);
        let mut mac = Hmac::<Sha256>::new_from_slice(&*key).map_err(|_| Pkcs12Error::Encoding)?;
        mac.update(safes);
        let algorithm = AlgorithmIdentifierOwned {
            oid: const_oid::db::rfc5912::ID_SHA_256,
            parameters: Some(Any::null()),
        };
        Ok(Self {
            mac: DigestInfo {
                algorithm,
                digest: OctetString::new(mac.finalize().into_bytes().to_vec())?,
            },
            mac_salt: OctetString::new(salt)?,
            iterations: ITERATIONS,
        })
    }
}

fn certificate_bag(
    der: &[u8],
    bag_attributes: Option<SetOfVec<Attribute>>,
) -> der::Result<SafeBag> {
    let bag = CertBag {
        cert_id: X509_CERTIFICATE,
        cert_value: OctetString::new(der)?,
    };
    Ok(SafeBag {
        bag_id: CERT_BAG,
        bag_value: Any::encode_from(&bag)?,
        bag_attributes,
    })
}

/// Name and key id: the id is what ties a key to its certificate.
fn bag_attributes(
    friendly_name: &str,
    certificate_der: &[u8],
) -> Result<SetOfVec<Attribute>, Pkcs12Error> {
    let name = BmpString::from_utf8(friendly_name).map_err(|_| Pkcs12Error::FriendlyName)?;
    let key_id = OctetString::new(&Sha256::digest(certificate_der)[..20])?;
    let mut attributes = SetOfVec::new();
    for (oid, value) in [
        (FRIENDLY_NAME, Any::encode_from(&name)?),
        (LOCAL_KEY_ID, Any::encode_from(&key_id)?),
    ] {
        let mut values = SetOfVec::new();
        values.insert(value)?;
        attributes.insert(Attribute { oid, values })?;
    }
    Ok(attributes)
}

/// PBES2 (RFC 8018, 6.2) with PBKDF2-HMAC-SHA256 and AES-256-CBC.
fn encrypt(
    plaintext: &[u8],
    password: &str,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(EncryptionScheme, OctetString), Pkcs12Error> {
    let (mut salt, mut iv) = ([0; SALT_LENGTH], [0; 16]);
    rng.fill_bytes(&mut salt);
    rng.fill_bytes(&mut iv);
    let parameters = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ITERATIONS, &salt, iv)
        .map_err(|_| Pkcs12Error::Encoding)?;
    let ciphertext = parameters
        .encrypt(password, plaintext)
        .map_err(|_| Pkcs12Error::Encoding)?;
    Ok((
        EncryptionScheme::Pbes2(parameters),
        OctetString::new(ciphertext)?,
    ))
}

/// The key of the MAC (RFC 7292, appendix B.2, ID = 3). 32 bytes are one block of SHA-256, so
/// its outer loop runs once.
fn mac_key(password_bmp: &[u8], salt: &[u8], iterations: u32) -> Zeroizing<[u8; 32]> {
    const BLOCK: usize = 64;
    let fill = |part: &[u8]| -> Vec<u8> {
        part.iter()
            .copied()
            .cycle()
            .take(part.len().next_multiple_of(BLOCK))
            .collect()
    };
    let mut hash = Sha256::new();
    hash.update([3; BLOCK]);
    hash.update(fill(salt));
    hash.update(&*Zeroizing::new(fill(password_bmp)));
    let mut key = Zeroizing::new(<[u8; 32]>::from(hash.finalize()));
    for _ in 1..iterations {
        *key = Sha256::digest(*key).into();
    }
    key
}

/// A password as the MAC takes it: UTF-16, big-endian, with a terminating zero.
fn bmp_with_terminator(password: &str) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * password.len() + 2));
    for character in password.chars() {
        let unit = u16::try_from(u32::from(character)).map_err(|_| Pkcs12Error::Password)?;
        bytes.extend_from_slice(&unit.to_be_bytes());
    }
    bytes.extend_from_slice(&[0, 0]);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyAlgorithm, test_support::rng};

    #[test]
    fn a_password_that_the_format_cannot_express_is_refused() {
        let mut rng = rng();
        let key = DeviceKey::make(&mut rng, KeyAlgorithm::Es256).unwrap();
        let mut with = |name: &str, password: &str| make(&key, b"c", &[], name, password, &mut rng);
        assert_eq!(with("n", ""), Err(Pkcs12Error::Password));
        assert_eq!(with("n", "🔑"), Err(Pkcs12Error::Password));
        assert_eq!(with("🔑", "p"), Err(Pkcs12Error::FriendlyName));
    }

    #[test]
    fn the_mac_key_is_the_one_openssl_derives() {
        // openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexpass:0073006D006500670000
        //   -kdfopt hexsalt:0102030405060708 -kdfopt iter:1000 -kdfopt id:3 PKCS12KDF
        let key = mac_key(
            &bmp_with_terminator("smeg").unwrap(),
            &[1, 2, 3, 4, 5, 6, 7, 8],
            1000,
        );
        assert_eq!(
            crate::encoding::b64u(&*key),
            "5Jl61cG2KuIntDLPoQ0kSSCjvwtlZrzFb8QYUV7rmyg"
        );
    }
}
