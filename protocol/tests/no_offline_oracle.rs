//! A device ID is often guessable. Nothing that is given out before the one-time password has
//! been verified may let anybody test a guess (protocol, OTP ciphertext).

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use der::Decode;
use gridpass_protocol::{
    CsrContent, DeviceId, DeviceKey, KeyAlgorithm, LabelKind, Link, ManualCode, Origin, Otp,
    Payload, ProviderCertificate, TemporaryId, UnixTime,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use x509_cert::request::CertReq;

/// Everything that a provider gives out for one device ID, from one and the same randomness.
struct Label {
    payload: Payload,
    link: Link,
    manual_code: String,
    csr: Vec<u8>,
}

fn label(device_id: &str) -> Label {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let device_id = DeviceId::parse(device_id).unwrap();
    let temporary_id = TemporaryId::make(&mut rng);
    let otp = Otp::make(&mut rng);
    let payload = Payload {
        temporary_id,
        otp_ciphertext: otp.encrypt(&device_id, &temporary_id),
        provider_certificate: ProviderCertificate::Fingerprint([5; 32]),
        csr_content: CsrContent {
            organization: Some("GMEC".into()),
            ..CsrContent::default()
        },
        key_algorithm: KeyAlgorithm::Es256,
        expires_at: UnixTime(1_798_761_600),
        kind: LabelKind::Device,
    };
    let key = DeviceKey::make(&mut rng, payload.key_algorithm).unwrap();
    Label {
        link: Link::new(
            &Origin::parse("https://portal.gmec.example").unwrap(),
            &payload,
        ),
        manual_code: ManualCode::make(&mut rng).grouped(),
        csr: key
            .csr(&payload.csr_content, &temporary_id, &mut rng)
            .unwrap(),
        payload,
    }
}

const DEVICE_IDS: [&str; 4] = [
    "00:1A:2B:3C:4D:5E",
    "00:1A:2B:3C:4D:5F",
    "SN-4711-0815",
    "490154203237518",
];

#[test]
fn labels_of_two_device_ids_differ_in_the_otp_ciphertext_alone() {
    for (i, a) in DEVICE_IDS.iter().enumerate() {
        for b in &DEVICE_IDS[..i] {
            let (a, b) = (label(a), label(b));
            assert_ne!(a.payload.otp_ciphertext, b.payload.otp_ciphertext);
            let otp_ciphertext = a.payload.otp_ciphertext;
            assert_eq!(
                a.payload,
                Payload {
                    otp_ciphertext,
                    ..b.payload.clone()
                }
            );
            assert_eq!(a.manual_code, b.manual_code);
        }
    }
}

#[test]
fn links_of_two_device_ids_differ_in_the_bytes_of_the_otp_ciphertext_alone() {
    let (a, b) = (label(DEVICE_IDS[0]), label(DEVICE_IDS[2]));
    assert_eq!(a.link.head(), b.link.head());
    assert_eq!(a.link.digits().len(), b.link.digits().len());
    let (a, b) = (a.payload.to_cbor(), b.payload.to_cbor());
    assert_eq!(a.len(), b.len());
    // After the map head, version and temporary id, and after the ciphertext's own head.
    let ciphertext = 1 + 2 + (1 + 1 + 16) + (1 + 2)..1 + 2 + (1 + 1 + 16) + (1 + 2) + 32;
    for place in (0..a.len()).filter(|place| !ciphertext.contains(place)) {
        assert_eq!(a[place], b[place], "byte {place}");
    }
}

#[test]
fn a_request_does_not_depend_on_the_device_id() {
    // Without the signature, which some backends make from random numbers of their own.
    let signed = |device_id| CertReq::from_der(&label(device_id).csr).unwrap().info;
    assert_eq!(signed(DEVICE_IDS[0]), signed(DEVICE_IDS[2]));
}

#[test]
fn every_guess_decrypts_to_some_one_time_password() {
    let Label { payload, .. } = label(DEVICE_IDS[0]);
    let mut seen = Vec::new();
    for guess in DEVICE_IDS {
        let guess = DeviceId::parse(guess).unwrap();
        let otp = payload
            .otp_ciphertext
            .decrypt(&guess, &payload.temporary_id);
        assert!(!seen.contains(otp.as_bytes()));
        seen.push(*otp.as_bytes());
    }
}
