//! Payload and link: one encoding each, and nothing else is read.

use minicbor::Encoder;
use proptest::prelude::*;

use super::*;
use crate::{OtpCiphertext, TemporaryId, UnixTime, test_support::proptest_config};

pub(super) fn payload() -> Payload {
    Payload {
        temporary_id: TemporaryId::from_bytes([1; 16]),
        otp_ciphertext: OtpCiphertext::from_bytes([2; 32]),
        provider_certificate: ProviderCertificate::Fingerprint([3; 32]),
        csr_content: CsrContent {
            country: Some("US".into()),
            organization: Some("GMEC".into()),
            ..CsrContent::default()
        },
        key_algorithm: KeyAlgorithm::Es256,
        expires_at: UnixTime(1_798_761_600),
        kind: LabelKind::Device,
    }
}

fn origin() -> Origin {
    Origin::parse("https://portal.gmec.example").unwrap()
}

/// The fields of a payload, each with its key, as CBOR.
fn fields() -> Vec<(i64, Vec<u8>)> {
    vec![
        (1, vec![1]),
        (2, [vec![0x50], vec![1; 16]].concat()),
        (3, [vec![0x58, 32], vec![2; 32]].concat()),
        (4, [vec![0x58, 32], vec![3; 32]].concat()),
        (
            5,
            vec![0xA2, 1, 0x62, b'U', b'S', 4, 0x64, b'G', b'M', b'E', b'C'],
        ),
        (6, [&[0x65][..], b"ES256"].concat()),
        (7, [&[0x1A][..], &1_798_761_600u32.to_be_bytes()].concat()),
    ]
}

/// A map of these fields in this order.
fn map(fields: &[(i64, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes).map(fields.len() as u64).unwrap();
    for (key, value) in fields {
        Encoder::new(&mut bytes).i64(*key).unwrap();
        bytes.extend(value);
    }
    bytes
}

/// The payload with another value for one key.
fn with(key: i64, value: &[u8]) -> Vec<u8> {
    let mut fields = fields();
    fields.iter_mut().find(|field| field.0 == key).unwrap().1 = value.to_vec();
    map(&fields)
}

fn field(field: &'static str) -> Result<Payload, PayloadError> {
    Err(PayloadError::Field { field })
}

#[test]
fn the_fields_of_these_tests_are_those_of_the_payload() {
    assert_eq!(map(&fields()), payload().to_cbor());
}

#[test]
fn unknown_integer_keys_are_ignored() {
    let mut fields = fields();
    fields.push((9, vec![0x82, 0x01, 0xA1, 0x01, 0x02]));
    fields.push((1_000_000, vec![0xF5]));
    fields.push((-1, vec![0x60]));
    assert_eq!(Payload::from_cbor(&map(&fields)), Ok(payload()));
    let content = [
        0xA3, 1, 0x62, b'U', b'S', 4, 0x64, b'G', b'M', b'E', b'C', 9, 0x00,
    ];
    assert_eq!(Payload::from_cbor(&with(5, &content)), Ok(payload()));
}

#[test]
fn a_label_of_a_gateway_says_so_and_one_of_a_device_has_no_word_more() {
    let of_gateway = Payload {
        kind: LabelKind::Gateway,
        ..payload()
    };
    let mut fields = fields();
    fields.push((8, vec![1]));
    assert_eq!(of_gateway.to_cbor(), map(&fields));
    assert_eq!(Payload::from_cbor(&map(&fields)), Ok(of_gateway));
    assert_eq!(payload().to_cbor()[0], 0xA7);
}

#[test]
fn a_label_of_something_unknown_is_refused() {
    for kind in [vec![0], vec![2], vec![0xF5], vec![0x61, b'1']] {
        let mut fields = fields();
        fields.push((8, kind));
        let refused = PayloadError::Field { field: "kind" };
        assert_eq!(Payload::from_cbor(&map(&fields)), Err(refused));
    }
}

#[test]
fn an_unknown_version_is_refused_as_such() {
    for version in [&[0x00][..], &[0x02], &[0x18, 24], &[0x61, b'1'], &[0x20]] {
        assert_eq!(
            Payload::from_cbor(&with(1, version)),
            Err(PayloadError::Version)
        );
    }
    assert_eq!(Payload::from_cbor(&[0xA0]), Err(PayloadError::Version));
    assert_eq!(
        Payload::from_cbor(&map(&fields()[1..])),
        Err(PayloadError::Version)
    );
    // Whatever else another version means by these keys.
    assert_eq!(
        Payload::from_cbor(&[0xA2, 1, 2, 2, 0]),
        Err(PayloadError::Version)
    );
}

#[test]
fn a_missing_field_is_named() {
    let names = [
        "temporary_id",
        "otp_ciphertext",
        "provider_certificate",
        "csr_content",
        "key_algorithm",
        "expires_at",
    ];
    for (place, name) in (1..).zip(names) {
        let mut fields = fields();
        fields.remove(place);
        assert_eq!(Payload::from_cbor(&map(&fields)), field(name));
    }
}

#[test]
fn a_field_out_of_bounds_is_named() {
    for (key, value, name) in [
        (2, &[0x4F; 16][..], "temporary_id"),
        (3, &[0x60], "otp_ciphertext"),
        (4, &[0x40], "provider_certificate"),
        (4, &[0x01], "provider_certificate"),
        (5, &[0x80], "csr_content"),
        (5, &[0xA1, 1, 0x01], "csr_content"),
        (5, &[0xA1, 1, 0x62, b'u', b's'], "country"),
        (5, &[0xA1, 2, 0x60], "state"),
        (6, &[0x65, b'E', b'S', b'3', b'8', b'4'], "key_algorithm"),
        (6, &[0x65, b'e', b's', b'2', b'5', b'6'], "key_algorithm"),
        (7, &[0x20], "expires_at"),
        (7, &[0x61, b'1'], "expires_at"),
    ] {
        assert_eq!(
            Payload::from_cbor(&with(key, value)),
            field(name),
            "{key}: {value:02x?}"
        );
    }
}

#[test]
fn only_deterministic_cbor_is_read() {
    let mut swapped = fields();
    swapped.swap(5, 6);
    let mut doubled = fields();
    doubled.push((7, vec![0x00]));
    let whole = payload().to_cbor();
    for bytes in [
        Vec::new(),
        map(&swapped),
        map(&doubled),
        with(7, &[0x1B, 0, 0, 0, 0, 0x6B, 0x36, 0xEC, 0x80]),
        [&whole[..], &[0]].concat(),
        [&[0xBF][..], &whole[1..], &[0xFF]].concat(),
        [&[0xC1][..], &whole].concat(),
        whole[1..].to_vec(),
        vec![0; 4_000],
    ] {
        assert_eq!(
            Payload::from_cbor(&bytes),
            Err(PayloadError::Cbor),
            "{bytes:02x?}"
        );
    }
}

#[test]
fn a_provider_certificate_is_matched_whole_or_by_fingerprint() {
    let der = b"certificate";
    let fingerprint = ProviderCertificate::Fingerprint(crate::primitives::sha256(der));
    for certificate in [ProviderCertificate::Full(der.to_vec()), fingerprint] {
        assert!(certificate.matches(der));
        assert!(!certificate.matches(b"another"));
    }
}

#[test]
fn a_link_of_another_form_is_refused() {
    let link = Link::new(&origin(), &payload());
    let (head, digits) = (link.head(), link.digits());
    let parse = |text: &str| Link::parse(text).err();
    assert_eq!(parse(link.as_str()), None);
    assert_eq!(parse(""), Some(LinkError::Form));
    assert_eq!(parse(digits), Some(LinkError::Form));
    assert_eq!(
        parse(&format!("https://portal.gmec.example/x#{digits}")),
        Some(LinkError::Form)
    );
    assert_eq!(parse(&"9".repeat(8_000)), Some(LinkError::Form));
    assert_eq!(
        parse(&format!("x{head}{digits}")),
        Some(LinkError::Origin(InvalidOrigin))
    );
    assert_eq!(
        parse(&format!("https://a/b/e#{digits}")),
        Some(LinkError::Origin(InvalidOrigin))
    );
    assert_eq!(parse(head), Some(LinkError::Payload(PayloadError::Cbor)));
    assert!(matches!(
        parse(&format!("{head}{digits} ")),
        Some(LinkError::Digits(_))
    ));
    assert!(matches!(
        parse(&link.as_str()[..100]),
        Some(LinkError::Digits(_) | LinkError::Payload(_))
    ));
}

#[test]
fn debug_tells_no_secret() {
    let link = Link::new(&origin(), &payload());
    assert_eq!(
        format!("{link:?}"),
        "Link(https://portal.gmec.example/e#[redacted])"
    );
    assert!(format!("{:?}", payload()).contains("OtpCiphertext([redacted])"));
}

prop_compose! {
    fn any_payload()(
        temporary_id: [u8; 16],
        otp_ciphertext: [u8; 32],
        certificate in proptest::collection::vec(any::<u8>(), 1..450),
        country in proptest::option::of("[A-Z]{2}"),
        state in proptest::option::of("\\PC{1,128}"),
        locality in proptest::option::of("\\PC{1,128}"),
        organization in proptest::option::of("\\PC{1,64}"),
        unit in proptest::option::of("[ -~]{1,64}"),
        email in proptest::option::of("[a-z.]{1,20}@[a-z.]{1,20}"),
        key_algorithm in proptest::sample::select(&KeyAlgorithm::ALL[..]),
        expires_at: u64,
        kind in proptest::sample::select(&[LabelKind::Device, LabelKind::Gateway]),
    ) -> Payload {
        Payload {
            temporary_id: TemporaryId::from_bytes(temporary_id),
            otp_ciphertext: OtpCiphertext::from_bytes(otp_ciphertext),
            provider_certificate: match <[u8; 32]>::try_from(certificate.as_slice()) {
                Ok(fingerprint) => ProviderCertificate::Fingerprint(fingerprint),
                Err(_) => ProviderCertificate::Full(certificate),
            },
            csr_content: CsrContent { country, state, locality, organization, unit, email },
            key_algorithm,
            expires_at: UnixTime(expires_at),
            kind,
        }
    }
}

proptest! {
    #![proptest_config(proptest_config())]

    #[test]
    fn parse_inverts_link(payload in any_payload()) {
        let link = Link::new(&origin(), &payload);
        prop_assert_eq!(Link::parse(link.as_str()), Ok((origin(), payload)));
    }

    #[test]
    fn an_altered_payload_is_refused_or_another_one(
        payload in any_payload(), place in any::<prop::sample::Index>(), bit in 0u8..8,
    ) {
        let mut bytes = payload.to_cbor();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        if let Ok(read) = Payload::from_cbor(&bytes) {
            prop_assert_ne!(&read, &payload);
        }
    }

    #[test]
    fn a_payload_cut_off_or_longer_is_refused(
        payload in any_payload(),
        place in any::<prop::sample::Index>(),
        more in proptest::collection::vec(any::<u8>(), 1..9),
    ) {
        let bytes = payload.to_cbor();
        prop_assert!(Payload::from_cbor(&bytes[..place.index(bytes.len())]).is_err());
        prop_assert!(Payload::from_cbor(&[bytes, more].concat()).is_err());
    }

    #[test]
    fn whatever_is_read_without_unknown_keys_is_written_the_same(
        bytes in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        if let Ok(read) = Payload::from_cbor(&bytes) {
            prop_assert_eq!(read.to_cbor(), bytes);
        }
    }

    #[test]
    fn key_algorithms_are_read_back(algorithm in proptest::sample::select(&KeyAlgorithm::ALL[..])) {
        prop_assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
        let json = serde_json::to_string(&algorithm).unwrap();
        prop_assert_eq!(&json, &format!("\"{algorithm}\""));
        prop_assert_eq!(serde_json::from_str::<KeyAlgorithm>(&json).unwrap(), algorithm);
    }
}
