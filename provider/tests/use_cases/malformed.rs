//! Whatever arrives as a confirmation: no panic, no fault of ours, no try spent.

use gridpass_protocol::{KeyId, MessageType, PublicKey, b64u, sealed};
use gridpass_provider::{ConfirmationRequest, StateView};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use crate::fixture::{DEVICE_ID, Device, Fixture, HOME, ip, rng};

/// A fixture, a device that could enrol, and what its confirmation is sealed to.
struct Target {
    fixture: Fixture,
    device: Device,
    certificate: Vec<u8>,
    id: gridpass_provider::EnrollmentId,
}

impl Target {
    fn new() -> Self {
        let fixture = Fixture::new();
        let registered = fixture.register(DEVICE_ID);
        let device = Device::new(1, &registered.link, DEVICE_ID);
        let certificate = fixture.provider_certificate(&device.payload);
        Self {
            fixture,
            device,
            certificate,
            id: registered.enrollment_id,
        }
    }

    /// The status of the refusal of a body.
    fn refusal(&self, body: &str) -> Option<u16> {
        let answer = self.fixture.gridpass.confirm(ConfirmationRequest {
            temporary_id: self.device.payload.temporary_id,
            jwe: body,
            client: ip(HOME),
            request_id: None,
        });
        answer.err().map(|error| error.problem().status)
    }

    fn seal(&self, plaintext: &[u8]) -> String {
        let key = PublicKey::from_certificate_der(&self.certificate).unwrap();
        let key_id = KeyId::of_certificate(&self.certificate);
        let (message, mut rng) = (MessageType::Confirmation, rng(2));
        sealed::encrypt(message, &key_id, &key, plaintext, &mut rng).unwrap()
    }

    fn json(&self, csr: &[u8]) -> String {
        let confirmation = self.device.confirmation();
        let (otp, public_key) = (
            b64u(confirmation.otp.as_bytes()),
            b64u(&confirmation.public_key),
        );
        format!(
            r#"{{"otp":"{otp}","public_key":"{public_key}","csr":"{}"}}"#,
            b64u(csr)
        )
    }

    fn assert_untouched(&self) {
        let state = self.fixture.state(self.id);
        assert!(
            matches!(state, StateView::Open { tries_left: 5, .. }),
            "{state:?}"
        );
    }
}

fn run<S: Strategy>(strategy: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    )
    .run(strategy, test)
    .unwrap();
}

#[test]
fn an_altered_jwe_is_refused_without_a_try() {
    let target = Target::new();
    let jwe = target
        .seal(target.json(&target.device.csr).as_bytes())
        .into_bytes();
    let alphabet = b"ABCXYZabcxyz0189-_.=+/ \n{}\"\\";
    let strategy = (0..jwe.len(), 0..alphabet.len(), 0..3_usize);
    run(&strategy, |(place, letter, how)| {
        let mut body = jwe.clone();
        match how {
            0 if body[place] != alphabet[letter] => body[place] = alphabet[letter],
            1 => body.insert(place, alphabet[letter]),
            _ => body.truncate(place),
        }
        prop_assert_eq!(
            target.refusal(std::str::from_utf8(&body).unwrap()),
            Some(400)
        );
        Ok(())
    });
    target.assert_untouched();
}

#[test]
fn altered_json_in_a_good_jwe_is_refused_as_such() {
    let target = Target::new();
    let json = target.json(&target.device.csr).into_bytes();
    // Before the members, and within their names: nothing that changes the one-time password.
    let strategy = (0..6_usize, any::<u8>());
    run(&strategy, |(place, byte)| {
        let mut body = json.clone();
        if body[place] != byte {
            body[place] = byte;
            prop_assert_eq!(target.refusal(&target.seal(&body)), Some(400));
        }
        Ok(())
    });
    for body in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"otp":"","public_key":"","csr":""}"#,
        "\u{feff}{}",
    ] {
        assert_eq!(
            target.refusal(&target.seal(body.as_bytes())),
            Some(400),
            "{body}"
        );
    }
    target.assert_untouched();
}

#[test]
fn an_altered_request_for_a_certificate_is_refused_without_a_try() {
    let target = Target::new();
    let csr = target.device.csr.clone();
    run(
        &(0..csr.len(), 1..=255_u8, 0..3_usize),
        |(place, change, how)| {
            let mut body = csr.clone();
            match how {
                0 => body[place] ^= change,
                1 => body.insert(place, change),
                _ => body.truncate(place),
            }
            if body != csr {
                let refusal = target.refusal(&target.seal(target.json(&body).as_bytes()));
                prop_assert_eq!(refusal, Some(422));
            }
            Ok(())
        },
    );
    target.assert_untouched();
    target.fixture.confirm(&target.device).unwrap();
}
