//! What a request should look like, as EST tells it (RFC 7030, 4.5.2; RFC 8951, section 4).

use const_oid::{
    ObjectIdentifier,
    db::rfc5912::{
        ECDSA_WITH_SHA_256, ID_EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP_256_R_1,
        SHA_256_WITH_RSA_ENCRYPTION,
    },
};
use der::{Any, Encode, Sequence, asn1::SetOfVec};
use gridpass_protocol::KeyAlgorithm;

/// `Attribute` (RFC 5652, 5.3).
#[derive(Sequence)]
struct Attribute {
    kind: ObjectIdentifier,
    values: SetOfVec<Any>,
}

/// `CsrAttrs`, DER: the kind of key, and the signature algorithm. The rest of a request stands on
/// the label.
pub(super) fn csr_attributes(algorithm: KeyAlgorithm) -> der::Result<Vec<u8>> {
    let (kind, value, signature) = match algorithm {
        KeyAlgorithm::Es256 => (
            ID_EC_PUBLIC_KEY,
            Any::encode_from(&SECP_256_R_1)?,
            ECDSA_WITH_SHA_256,
        ),
        KeyAlgorithm::Rs2048 => (
            RSA_ENCRYPTION,
            Any::encode_from(&2048_u16)?,
            SHA_256_WITH_RSA_ENCRYPTION,
        ),
        KeyAlgorithm::Rs3072 => (
            RSA_ENCRYPTION,
            Any::encode_from(&3072_u16)?,
            SHA_256_WITH_RSA_ENCRYPTION,
        ),
    };
    let key = Attribute {
        kind,
        values: SetOfVec::try_from(vec![value])?,
    };
    vec![Any::encode_from(&key)?, Any::encode_from(&signature)?].to_der()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_key_can_be_asked_for() {
        let p256 = csr_attributes(KeyAlgorithm::Es256).unwrap();
        assert_eq!(p256[0], 0x30);
        assert!(p256.windows(8).any(|part| part == SECP_256_R_1.as_bytes()));
        for (algorithm, bits) in [
            (KeyAlgorithm::Rs2048, [2, 2, 8, 0]),
            (KeyAlgorithm::Rs3072, [2, 2, 12, 0]),
        ] {
            let rsa = csr_attributes(algorithm).unwrap();
            assert!(rsa.windows(4).any(|part| part == bits), "{algorithm:?}");
        }
    }
}
