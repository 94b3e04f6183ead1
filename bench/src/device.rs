//! The devices' side, made ahead of the measured part.

use std::net::SocketAddr;
use std::sync::Arc;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use gridpass_protocol::{
    Confirmation, CsrContent, DeviceId, DeviceKey, Directory, Issuance, Link, Otp, TemporaryId,
    UnixTime,
};
use gridpass_provider::{AccountRef, Channel, EnrollmentKind, Registration};
use hyper::body::Bytes;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde::Deserialize;

use crate::Failure;
use crate::client::{self, Call, Outcome};

/// A device to be registered over the API, with nothing said of it but what it is and whose.
///
/// # Errors
/// One of the three is not written as it has to be.
pub fn registration(
    provider: &str,
    account: &str,
    device_id: &str,
) -> Result<Registration, Failure> {
    Ok(Registration {
        provider: provider.parse()?,
        account: AccountRef::Number(account.parse()?),
        device_id: DeviceId::parse(device_id)?,
        kind: EnrollmentKind::Device,
        channel: Channel::Api,
        key_algorithm: None,
        idempotency: None,
        nickname: None,
        language: None,
    })
}

/// A device that has made its confirmation and waits for the answer.
#[derive(Debug)]
pub struct Device {
    /// What it sends.
    pub confirmation: Call,
    pub(crate) device_id: DeviceId,
    pub(crate) temporary_id: TemporaryId,
    pub(crate) csr_content: CsrContent,
    pub(crate) key: Arc<DeviceKey>,
    pub(crate) provider_certificate: Vec<u8>,
    otp: Otp,
    csr: Vec<u8>,
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
pub fn registrations(count: usize, token: &str) -> Vec<Call> {
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

/// The devices whose registrations were answered with `registered`, each with its own key.
///
/// # Errors
/// When an answer holds no usable label.
pub fn confirmations(registered: &[Bytes], directory: &[u8]) -> Result<Vec<Device>, Failure> {
    let directory: Directory = serde_json::from_slice(directory)?;
    let now = now();
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    registered
        .iter()
        .enumerate()
        .map(|(index, answer)| {
            Device::make(
                &link_of(answer)?,
                &device_id(index),
                &directory,
                now,
                &mut rng,
            )
        })
        .collect()
}

/// Has every one of them confirmed, over so many connections, and opens what each is answered.
///
/// # Errors
/// When a connection breaks, or one of them gets no certificate.
pub async fn confirm_all(
    address: SocketAddr,
    devices: &[Device],
    connections: usize,
) -> Result<Outcome, Failure> {
    let calls = devices
        .iter()
        .map(|device| device.confirmation.clone())
        .collect();
    let confirmed = client::run(address, calls, connections).await?;
    if confirmed.errors > 0 {
        return Err(format!("{} were refused", confirmed.errors).into());
    }
    for (device, answer) in devices.iter().zip(&confirmed.answers) {
        device.open(answer)?;
    }
    Ok(confirmed)
}

/// The link of the label that a registration was answered with.
///
/// # Errors
/// When the answer holds none.
pub fn link_of(registered: &[u8]) -> Result<String, Failure> {
    Ok(serde_json::from_slice::<Registered>(registered)?.label.link)
}

impl Device {
    /// Reads its label, makes a key and seals the confirmation, as protocol, stages 5 to 7, say.
    ///
    /// # Errors
    /// When the label is not one of this directory's.
    pub fn make(
        link: &str,
        device_id: &str,
        directory: &Directory,
        now: UnixTime,
        rng: &mut ChaCha20Rng,
    ) -> Result<Self, Failure> {
        let (_, payload) = Link::parse(link)?;
        let (_, provider_certificate) = directory.find(&payload.provider_certificate, now)?;
        let device_id = DeviceId::parse(device_id)?;
        let key = DeviceKey::make(rng, payload.key_algorithm)?;
        let confirmation = Confirmation {
            otp: payload
                .otp_ciphertext
                .decrypt(&device_id, &payload.temporary_id),
            public_key: key.spki_der(),
            csr: key.csr(&payload.csr_content, &payload.temporary_id, rng)?,
        };
        let (otp, csr) = (confirmation.otp.clone(), confirmation.csr.clone());
        let confirmation = Call {
            path: format!("/api/v1/enrollments/{}/confirmation", payload.temporary_id),
            headers: vec![("content-type", "application/jose".into())],
            body: confirmation.seal(&provider_certificate, rng)?.into(),
        };
        Ok(Self {
            confirmation,
            device_id,
            temporary_id: payload.temporary_id,
            csr_content: payload.csr_content,
            key: key.into(),
            provider_certificate,
            otp,
            csr,
        })
    }

    /// Its label's temporary id.
    #[must_use]
    pub fn temporary_id(&self) -> TemporaryId {
        self.temporary_id
    }

    /// The confirmation of somebody who guesses the one-time password.
    ///
    /// # Errors
    /// When the provider's certificate cannot be used.
    pub fn guess(&self, rng: &mut ChaCha20Rng) -> Result<Call, Failure> {
        let confirmation = Confirmation {
            otp: Otp::make(rng),
            public_key: self.key.spki_der(),
            csr: self.csr.clone(),
        };
        Ok(Call {
            body: confirmation.seal(&self.provider_certificate, rng)?.into(),
            ..self.confirmation.clone()
        })
    }

    /// What it sends instead to enrol over EST: HTTP Basic with temporary id and one-time password.
    #[must_use]
    pub fn authorization(&self) -> String {
        let otp = Base64UrlUnpadded::encode_string(self.otp.as_bytes());
        let pair = format!("{}:{otp}", self.temporary_id);
        format!("Basic {}", Base64::encode_string(pair.as_bytes()))
    }

    /// What nobody but the device and its label may know: the device ID in its canonical form, and the
    /// one-time password, as it is and as it is written.
    #[must_use]
    pub fn secrets(&self) -> [Vec<u8>; 3] {
        let otp = self.otp.as_bytes();
        let written = Base64UrlUnpadded::encode_string(otp);
        [
            self.device_id.as_str().as_bytes().to_vec(),
            otp.to_vec(),
            written.into_bytes(),
        ]
    }

    /// Its private key, PKCS#8, PEM.
    #[must_use]
    pub fn key_pem(&self) -> String {
        let der = self.key.to_pkcs8();
        let text = Base64::encode_string(&der);
        format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
    }

    /// Its request for a certificate, PKCS#10, DER.
    #[must_use]
    pub fn csr(&self) -> &[u8] {
        &self.csr
    }

    /// Opens the provider's answer.
    ///
    /// # Errors
    /// When it is not for this device or not from its provider.
    pub fn open(&self, answer: &[u8]) -> Result<Issuance, Failure> {
        let (key, spki) = (self.key.private_key(), self.key.spki_der());
        Ok(Issuance::open(
            std::str::from_utf8(answer)?,
            key,
            &spki,
            &self.provider_certificate,
        )?)
    }
}

/// The machine's time.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the load generator is an entry point: it has the machine's clock"
)]
pub fn now() -> UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UnixTime(since.unwrap_or_default().as_secs())
}
