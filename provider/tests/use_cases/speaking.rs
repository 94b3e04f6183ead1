//! A device that speaks with its provider after issuance, as protocol, Secure communication says.

use gridpass_protocol::{
    DeviceKey, DeviceProof, Down, Item, KeyAlgorithm, Link, MessageToken, Up, UpKind,
};
use gridpass_provider::{EnrollmentId, MessageError, MessageRequest, PlainRequest};
use rand_chacha::ChaCha20Rng;

use crate::fixture::{DEVICE_ID, Device, Fixture, HOME, device_id, ip, rng};

/// A device after issuance. Cloning it is what a thief does.
#[derive(Clone)]
pub(crate) struct Talker {
    pub(crate) id: EnrollmentId,
    pub(crate) device_id: String,
    pub(crate) csr_of: std::sync::Arc<Device>,
    pub(crate) provider_certificate: Vec<u8>,
    pub(crate) key: std::sync::Arc<DeviceKey>,
    pub(crate) certificate: Vec<u8>,
    pub(crate) seq: u64,
    pub(crate) token: Option<MessageToken>,
    rng: ChaCha20Rng,
}

/// A key that waits for its certificate.
pub(crate) struct NextKey {
    pub(crate) key: DeviceKey,
    pub(crate) csr: Vec<u8>,
}

impl Talker {
    /// Enrols a device.
    pub(crate) fn enrol(fixture: &Fixture, seed: u64) -> Self {
        Self::enrol_as(fixture, seed, DEVICE_ID)
    }

    pub(crate) fn enrol_as(fixture: &Fixture, seed: u64, id: &str) -> Self {
        Self::confirm(fixture, seed, &fixture.register(id).link, id)
    }

    pub(crate) fn confirm(fixture: &Fixture, seed: u64, link: &Link, id: &str) -> Self {
        let device = Device::new(seed, link, id);
        let issuance = fixture.confirm(&device).unwrap();
        let key = DeviceKey::from_pkcs8(&device.key.to_pkcs8()).unwrap();
        Self {
            id: issuance.enrollment_id.to_string().parse().unwrap(),
            device_id: id.to_owned(),
            provider_certificate: fixture.provider_certificate(&device.payload),
            csr_of: device.into(),
            key: key.into(),
            certificate: issuance.certificate,
            seq: 0,
            token: None,
            rng: rng(seed ^ 0x5EED),
        }
    }

    /// The next message, sealed.
    pub(crate) fn seal(&mut self, kind: UpKind) -> String {
        let up = Up {
            seq: self.seq + 1,
            iat: crate::fixture::NOW,
            token: self.token.clone(),
            kind,
        };
        up.seal(
            &self.certificate,
            self.key.private_key(),
            &self.provider_certificate,
            &mut self.rng,
        )
        .unwrap()
    }

    /// The next message, in plain JSON.
    pub(crate) fn plain(&self, kind: UpKind) -> String {
        let up = Up {
            seq: self.seq + 1,
            iat: crate::fixture::NOW,
            token: self.token.clone(),
            kind,
        };
        serde_json::to_string(&up).unwrap()
    }

    /// Posts plain JSON over a connection on which the device has shown its certificate.
    pub(crate) fn post_plain(&self, fixture: &Fixture, body: &str) -> Result<String, MessageError> {
        fixture.gridpass.hear_plain(PlainRequest {
            certificate: &self.certificate,
            body: body.as_bytes(),
            client: ip(HOME),
            request_id: None,
        })
    }

    /// Reads an answer in plain JSON and takes its token.
    pub(crate) fn read_plain(&mut self, answer: &str) -> Down {
        let down: Down = serde_json::from_str(answer).unwrap();
        assert_eq!(down.ack, self.seq + 1);
        self.seq = down.ack;
        self.token = Some(down.token.clone());
        down
    }

    /// Opens an answer and takes its token.
    pub(crate) fn open(&mut self, answer: &str) -> Down {
        let down = Down::open(
            answer,
            &self.certificate,
            self.key.private_key(),
            &self.provider_certificate,
        )
        .unwrap();
        assert_eq!(down.ack, self.seq + 1);
        self.seq = down.ack;
        self.token = Some(down.token.clone());
        down
    }

    pub(crate) fn say(&mut self, fixture: &Fixture, kind: UpKind) -> Result<Down, MessageError> {
        let jwe = self.seal(kind);
        let answer = post(fixture, &jwe)?;
        Ok(self.open(&answer))
    }

    pub(crate) fn hello(&mut self, fixture: &Fixture) -> Result<Down, MessageError> {
        let kind = UpKind::Hello {
            device_proof: self.proof(),
        };
        self.say(fixture, kind)
    }

    pub(crate) fn proof(&self) -> Option<DeviceProof> {
        let id = device_id(&self.device_id);
        let token = self.token.as_ref()?;
        Some(DeviceProof::derive(&id, token))
    }

    pub(crate) fn poll(&mut self, fixture: &Fixture) -> Result<Down, MessageError> {
        self.say(fixture, UpKind::Poll)
    }

    /// A new key and its request.
    pub(crate) fn next_key(&mut self, algorithm: KeyAlgorithm) -> NextKey {
        let key = DeviceKey::make(&mut self.rng, algorithm).unwrap();
        let payload = &self.csr_of.payload;
        let csr = key
            .csr(&payload.csr_content, &payload.temporary_id, &mut self.rng)
            .unwrap();
        NextKey { key, csr }
    }

    /// Goes on with the key that has got its certificate.
    pub(crate) fn adopt(&mut self, next: NextKey, down: &Down) {
        let [Item::Certificate { certificate, .. }] = &down.items[..] else {
            panic!("not a certificate: {down:?}");
        };
        self.certificate = certificate.clone();
        self.key = next.key.into();
    }

    /// A whole rollover: a new key, its certificate, and its first words.
    pub(crate) fn roll_over(
        &mut self,
        fixture: &Fixture,
        algorithm: KeyAlgorithm,
    ) -> Result<(), MessageError> {
        let next = self.next_key(algorithm);
        let csr = next.csr.clone();
        let down = self.say(fixture, UpKind::Rekey { csr })?;
        self.adopt(next, &down);
        self.hello(fixture)?;
        Ok(())
    }
}

/// Posts a sealed message.
pub(crate) fn post(fixture: &Fixture, jwe: &str) -> Result<String, MessageError> {
    fixture.gridpass.hear(MessageRequest {
        jwe,
        client: ip(HOME),
        request_id: None,
    })
}
