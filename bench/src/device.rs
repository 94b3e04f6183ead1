//! The devices' side, made ahead of the measured part.

use std::error::Error;

use gridpass_protocol::confirmation::Confirmation;
use gridpass_protocol::device_id::DeviceId;
use gridpass_protocol::directory::Directory;
use gridpass_protocol::keying::DeviceKey;
use gridpass_protocol::label::Link;
use gridpass_protocol::sealed::PrivateKey;
use gridpass_protocol::settings::Issuance;
use gridpass_protocol::time::UnixTime;
use hyper::body::Bytes;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde::Deserialize;

use crate::client::Call;

type Failure = Box<dyn Error + Send + Sync>;

/// A device that has sent its confirmation and waits for the answer.
pub(crate) struct Device {
    key: PrivateKey,
    spki: Vec<u8>,
    provider_certificate: Vec<u8>,
}

#[derive(Deserialize)]
struct Registered {
    label: Label,
}

#[derive(Deserialize)]
struct Label {
    link: String,
}

fn device_id(index: usize) -> String {
    format!("BENCH{index:08}")
}

/// One registration for each device, a thousand accounts in turn.
pub(crate) fn registrations(count: usize, token: &str) -> Vec<Call> {
    (0..count)
        .map(|index| Call {
            path: "/api/v1/registrations".into(),
            headers: vec![
                ("authorization", format!("Bearer {token}")),
                ("content-type", "application/json".into()),
                ("idempotency-key", format!("bench-{index}")),
            ],
            body: serde_json::json!({
                "account": format!("B-{}", index % 1000),
                "device_id": device_id(index),
                "kind": "device",
                "channel": "api",
            })
            .to_string()
            .into(),
        })
        .collect()
}

/// Keys, requests and sealed confirmations for the labels that the registrations brought back.
///
/// # Errors
/// When an answer holds no usable label.
pub(crate) fn confirmations(
    registered: &[Bytes],
    directory: &[u8],
) -> Result<Vec<(Device, Call)>, Failure> {
    let directory: Directory = serde_json::from_slice(directory)?;
    let now = now();
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    registered
        .iter()
        .enumerate()
        .map(|(index, answer)| {
            let registered: Registered = serde_json::from_slice(answer)?;
            let (_, payload) = Link::parse(&registered.label.link)?;
            let (_, certificate) = directory.find(&payload.provider_certificate, now)?;
            let device_id = DeviceId::parse(&device_id(index))?;
            let key = DeviceKey::make(&mut rng, payload.key_algorithm)?;
            let confirmation = Confirmation {
                otp: payload.otp_ciphertext.decrypt(&device_id, &payload.temporary_id),
                public_key: key.spki_der(),
                csr: key.csr(&payload.csr_content, &payload.temporary_id, &mut rng)?,
            };
            let call = Call {
                path: format!("/api/v1/enrollments/{}/confirmation", payload.temporary_id),
                headers: vec![("content-type", "application/jose".into())],
                body: confirmation.seal(&certificate, &mut rng)?.into(),
            };
            let device = Device {
                key: PrivateKey::from_pkcs8(&key.to_pkcs8())?,
                spki: key.spki_der(),
                provider_certificate: certificate,
            };
            Ok((device, call))
        })
        .collect()
}

/// Opens every hundredth answer as its device would.
///
/// # Errors
/// When an answer cannot be opened by the device it is for.
pub(crate) fn check_answers(devices: &[Device], answers: &[Bytes]) -> Result<(), Failure> {
    for (device, answer) in devices.iter().zip(answers).step_by(100) {
        let jwe = std::str::from_utf8(answer)?;
        Issuance::open(jwe, &device.key, &device.spki, &device.provider_certificate)?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the load generator is an entry point: it has the machine's clock")]
fn now() -> UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UnixTime(since.unwrap_or_default().as_secs())
}
