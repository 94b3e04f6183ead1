//! What requests are accepted, and every way in which one is not.

use der::asn1::{BitString, Ia5String, SetOfVec, Utf8StringRef};
use proptest::prelude::*;
use rand_chacha::rand_core::SeedableRng;
use x509_cert::{
    attr::Attribute,
    ext::pkix::{BasicConstraints, SubjectAltName, name::GeneralName},
    request::CertReqInfo,
};

use super::*;
use crate::{
    DeviceKey, PrivateKey,
    test_support::{proptest_config, rng, rsa_2048},
};

fn content() -> CsrContent {
    CsrContent {
        country: Some("US".into()),
        state: Some("Vermont".into()),
        locality: None,
        organization: Some("Green Mountain Electric Coop".into()),
        unit: Some("Demand Réponse".into()),
        email: Some("enroll@gmec.example".into()),
    }
}

fn temporary_id() -> TemporaryId {
    TemporaryId::from_bytes([9; 16])
}

fn keys() -> [DeviceKey; 2] {
    let rsa = DeviceKey::from_pkcs8(&rsa_2048().to_pkcs8_der()).unwrap();
    [
        DeviceKey::make(&mut rng(), KeyAlgorithm::Es256).unwrap(),
        rsa,
    ]
}

fn request(key: &DeviceKey) -> Vec<u8> {
    key.csr(&content(), &temporary_id(), &mut rng()).unwrap()
}

fn check(key: &DeviceKey, request: &[u8], content: &CsrContent) -> Result<(), CsrError> {
    let policy = CsrPolicy {
        csr_content: content,
        temporary_id: &temporary_id(),
        key_algorithm: key.algorithm(),
        public_key: &key.spki_der(),
    };
    Csr::parse(request)?.check(&policy)
}

/// The request with its content changed by `edit` and signed anew.
fn edited(key: &DeviceKey, edit: impl FnOnce(&mut CertReqInfo)) -> Vec<u8> {
    let mut request = CertReq::from_der(&request(key)).unwrap();
    edit(&mut request.info);
    let tbs = request.info.to_der().unwrap();
    let signature = key.private_key().sign_request(&tbs, &mut rng()).unwrap();
    request.signature = BitString::from_bytes(&signature).unwrap();
    request.to_der().unwrap()
}

fn extension_request(extensions: Vec<x509_cert::ext::Extension>) -> Attribute {
    ExtensionReq(extensions).try_into().unwrap()
}

fn san(names: Vec<GeneralName>) -> x509_cert::ext::Extension {
    let mut extension = email_extension("enroll@gmec.example").unwrap();
    extension.extn_value =
        der::asn1::OctetString::new(SubjectAltName(names).to_der().unwrap()).unwrap();
    extension
}

fn rfc822(address: &str) -> GeneralName {
    GeneralName::Rfc822Name(Ia5String::new(address).unwrap())
}

#[test]
fn what_keying_makes_is_accepted() {
    for key in keys() {
        let der = request(&key);
        let csr = Csr::parse(&der).unwrap();
        assert_eq!(csr.der(), der);
        assert_eq!(csr.spki_der(), key.spki_der());
        assert_eq!(csr.algorithm(), key.algorithm());
        assert_eq!(check(&key, &der, &content()), Ok(()));
    }
}

#[test]
fn every_field_may_be_absent() {
    let [key, _] = keys();
    let empty = CsrContent::default();
    let der = key.csr(&empty, &temporary_id(), &mut rng()).unwrap();
    assert_eq!(check(&key, &der, &empty), Ok(()));
    assert_eq!(check(&key, &der, &content()), Err(CsrError::Subject));
}

#[test]
fn content_out_of_bounds_makes_no_request() {
    let [key, _] = keys();
    let content = CsrContent {
        country: Some("usa".into()),
        ..content()
    };
    assert!(key.csr(&content, &temporary_id(), &mut rng()).is_err());
}

#[test]
fn another_subject_is_refused() {
    let [key, _] = keys();
    let der = request(&key);
    for other in [
        CsrContent {
            state: None,
            ..content()
        },
        CsrContent {
            state: Some("vermont".into()),
            ..content()
        },
        CsrContent {
            locality: Some("Vermont".into()),
            ..content()
        },
        CsrContent {
            unit: Some("Demand".into()),
            ..content()
        },
    ] {
        assert_eq!(
            check(&key, &der, &other),
            Err(CsrError::Subject),
            "{other:?}"
        );
    }
    let elsewhere = key
        .csr(&content(), &TemporaryId::from_bytes([8; 16]), &mut rng())
        .unwrap();
    assert_eq!(check(&key, &elsewhere, &content()), Err(CsrError::Subject));
}

#[test]
fn another_order_or_shape_of_the_subject_is_refused() {
    let [key, _] = keys();
    let names = |text: &str| text.parse::<Name>().unwrap();
    let cn = temporary_id();
    let right = format!("CN={cn},OU=Demand Réponse,O=Green Mountain Electric Coop,ST=Vermont,C=US");
    let der = edited(&key, |info| info.subject = names(&right));
    assert_eq!(check(&key, &der, &content()), Ok(()));
    for wrong in [
        format!("C=US,ST=Vermont,O=Green Mountain Electric Coop,OU=Demand Réponse,CN={cn}"),
        format!("CN={cn},OU=Demand Réponse+O=Green Mountain Electric Coop,ST=Vermont,C=US"),
        format!("CN=x,{right}"),
        right.replace("ST=", "L="),
        format!("CN={cn}"),
    ] {
        let der = edited(&key, |info| info.subject = names(&wrong));
        assert_eq!(
            check(&key, &der, &content()),
            Err(CsrError::Subject),
            "{wrong}"
        );
    }
}

/// The request with another string type for one value of its subject.
fn with_string_type(key: &DeviceKey, value: &str, tag: u8) -> Vec<u8> {
    edited(key, |info| {
        let mut der = info.subject.to_der().unwrap();
        let place = der
            .windows(value.len())
            .position(|w| w == value.as_bytes())
            .unwrap();
        der[place - 2] = tag;
        info.subject = Name::from_der(&der).unwrap();
    })
}

#[test]
fn values_are_printable_or_utf8_strings_and_a_country_is_printable() {
    let (utf8, printable, teletex) = (0x0C, 0x13, 0x14);
    let [key, _] = keys();
    for (value, tag, expected) in [
        ("Vermont", utf8, Ok(())),
        ("Vermont", printable, Ok(())),
        ("Vermont", teletex, Err(CsrError::Subject)),
        ("Demand Réponse", printable, Err(CsrError::Subject)),
        ("US", printable, Ok(())),
        ("US", utf8, Err(CsrError::Subject)),
    ] {
        let der = with_string_type(&key, value, tag);
        assert_eq!(check(&key, &der, &content()), expected, "{value} {tag}");
    }
}

#[test]
fn the_address_may_be_left_out_but_nothing_else_put_in() {
    let [key, _] = keys();
    let with = |attributes: Vec<Attribute>| {
        let der = edited(&key, |info| {
            info.attributes = attributes.try_into().unwrap()
        });
        check(&key, &der, &content())
    };
    assert_eq!(with(vec![]), Ok(()));
    let address = || rfc822("enroll@gmec.example");
    assert_eq!(
        with(vec![extension_request(vec![san(vec![address()])])]),
        Ok(())
    );

    let mut critical = san(vec![address()]);
    critical.critical = true;
    let mut authority = san(vec![]);
    authority.extn_id = BasicConstraints::OID;
    let mut challenge = SetOfVec::new();
    challenge
        .insert(Any::encode_from(&Utf8StringRef::new("secret").unwrap()).unwrap())
        .unwrap();
    let challenge = Attribute {
        oid: const_oid::db::rfc2985::PKCS_9_AT_CHALLENGE_PASSWORD,
        values: challenge,
    };
    for attributes in [
        vec![extension_request(vec![])],
        vec![extension_request(vec![san(vec![rfc822(
            "other@gmec.example",
        )])])],
        vec![extension_request(vec![san(vec![
            address(),
            rfc822("b@gmec.example"),
        ])])],
        vec![extension_request(vec![critical])],
        vec![extension_request(vec![authority])],
        vec![extension_request(vec![
            san(vec![address()]),
            san(vec![address()]),
        ])],
        vec![challenge],
    ] {
        assert_eq!(with(attributes), Err(CsrError::Extension));
    }
    let without_address = CsrContent {
        email: None,
        ..content()
    };
    assert_eq!(
        check(&key, &request(&key), &without_address),
        Err(CsrError::Extension)
    );
}

#[test]
fn the_key_is_the_one_beside_it_and_of_the_right_kind() {
    let [p256, rsa] = keys();
    let csr = Csr::parse(&request(&rsa)).unwrap();
    let policy = |public_key, key_algorithm| {
        csr.check(&CsrPolicy {
            csr_content: &content(),
            temporary_id: &temporary_id(),
            key_algorithm,
            public_key,
        })
    };
    let spki = rsa.spki_der();
    assert_eq!(policy(&spki, KeyAlgorithm::Rs2048), Ok(()));
    assert_eq!(
        policy(&spki, KeyAlgorithm::Rs3072),
        Err(CsrError::KeyAlgorithm)
    );
    assert_eq!(
        policy(&spki, KeyAlgorithm::Es256),
        Err(CsrError::KeyAlgorithm)
    );
    assert_eq!(
        policy(&p256.spki_der(), KeyAlgorithm::Rs2048),
        Err(CsrError::PublicKeyMismatch)
    );
}

#[test]
fn a_request_signed_by_another_key_is_refused() {
    let [key, rsa] = keys();
    let other = PrivateKey::make_p256(&mut rand_chacha::ChaCha20Rng::from_seed([3; 32]));
    let mut request = CertReq::from_der(&request(&key)).unwrap();
    let tbs = request.info.to_der().unwrap();
    request.signature = BitString::from_bytes(&other.sign_der(&tbs).unwrap()).unwrap();
    assert_eq!(
        Csr::parse(&request.to_der().unwrap()).err(),
        Some(CsrError::Signature)
    );
    request.algorithm = signature_algorithm(rsa.algorithm());
    assert_eq!(
        Csr::parse(&request.to_der().unwrap()).err(),
        Some(CsrError::Signature)
    );
}

#[test]
fn keys_of_other_kinds_are_refused() {
    let [key, rsa] = keys();
    let with_spki = |signer: &DeviceKey, der: &[u8]| {
        let spki = spki::SubjectPublicKeyInfoOwned::from_der(der).unwrap();
        Csr::parse(&edited(signer, |info| info.public_key = spki)).err()
    };
    // Ed25519 (RFC 8410, 10.1).
    let mut ed25519 = vec![
        0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
    ];
    ed25519.extend([7; 32]);
    assert_eq!(with_spki(&key, &ed25519), Some(CsrError::KeyKind));
    let mut exponent_3 = rsa.spki_der();
    let length = exponent_3.len();
    exponent_3[length - 1] = 3;
    assert_eq!(with_spki(&rsa, &exponent_3), Some(CsrError::KeyKind));
    let mut even = rsa.spki_der();
    even[length - 6] &= 0xFE;
    assert_eq!(with_spki(&rsa, &even), Some(CsrError::KeyKind));
    let mut short = rsa.spki_der();
    let modulus = short
        .windows(4)
        .position(|bytes| bytes == [0x02, 0x82, 0x01, 0x01])
        .unwrap()
        + 5;
    short[modulus] = 0x7F;
    assert!(Csr::parse(&edited_raw(&rsa, &short)).is_err());
}

/// A request whose SubjectPublicKeyInfo is replaced byte for byte, signature and all else kept.
fn edited_raw(key: &DeviceKey, spki: &[u8]) -> Vec<u8> {
    let (der, own) = (request(key), key.spki_der());
    let place = der
        .windows(own.len())
        .position(|bytes| bytes == own)
        .unwrap();
    [&der[..place], spki, &der[place + own.len()..]].concat()
}

#[test]
fn reasons_are_stable_words() {
    for (error, word) in [
        (CsrError::Malformed, "malformed"),
        (CsrError::Signature, "signature"),
        (CsrError::KeyKind, "key-kind"),
        (CsrError::WeakKey, "weak-key"),
        (CsrError::KeyAlgorithm, "key-algorithm"),
        (CsrError::PublicKeyMismatch, "public-key-mismatch"),
        (CsrError::Subject, "subject"),
        (CsrError::Extension, "extension"),
    ] {
        assert_eq!(error.reason(), word);
    }
}

#[test]
fn length_is_bounded() {
    assert_eq!(
        Csr::parse(&vec![0x30; MAX_LENGTH + 1]).err(),
        Some(CsrError::Malformed)
    );
}

proptest! {
    #![proptest_config(proptest_config())]

    #[test]
    fn an_altered_request_is_refused(place in any::<prop::sample::Index>(), bit in 0u8..8) {
        let [key, _] = keys();
        let mut der = request(&key);
        let place = place.index(der.len());
        der[place] ^= 1 << bit;
        prop_assert!(Csr::parse(&der).is_err());
    }

    #[test]
    fn a_request_cut_off_or_longer_is_refused(
        place in any::<prop::sample::Index>(), more in proptest::collection::vec(any::<u8>(), 1..9),
    ) {
        let [key, _] = keys();
        let der = request(&key);
        prop_assert!(Csr::parse(&der[..place.index(der.len())]).is_err());
        prop_assert!(Csr::parse(&[der, more].concat()).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Csr::parse(&bytes).is_err());
    }
}

/// Both are signed by their own key, of 2048 bits: one has the factor 65521, the other has two
/// primes of the form k·M + (65537^a mod M), M the product of the first 126 primes, as the faulty
/// chips made them. Openssl verifies both.
#[test]
fn weak_keys_are_refused_though_their_signatures_verify() {
    for der in [
        &include_bytes!("../../tests/small_factor.csr")[..],
        include_bytes!("../../tests/roca.csr"),
    ] {
        assert_eq!(Csr::parse(der).err(), Some(CsrError::WeakKey));
    }
}
