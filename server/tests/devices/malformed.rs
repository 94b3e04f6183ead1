//! Whatever a stranger sends: no panic, no 5xx, no try spent, no memory kept.

use crate::fixture::Fixture;
use gridpass_bench::Failure;
use gridpass_bench::client::{Call, connect, send};
use gridpass_bench::device;
use gridpass_protocol::{Confirmation, Directory, Link};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use serde_json::Value;

const REQUESTS: usize = 10_000;
const WARM_UP: usize = 2_000;
/// What an allocator may keep of ten thousand requests without any of it being a leak.
const SLACK: u64 = 16 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_cost_nothing_but_an_answer() -> Result<(), Failure> {
    let fixture = Fixture::new()?;
    let server = fixture.server().await?;
    let registered: Value = serde_json::from_str(&server.run(&[
        "register",
        "--provider",
        "demo",
        "--account",
        "A-1001",
        "--device-id",
        "00:1A:2B:3C:4D:5E",
        "--json",
    ])?)?;
    let link = registered["link"].as_str().ok_or("no link")?;
    let directory = gridpass_bench::client::get(server.address(), "/.well-known/gridpass").await?;
    let mut forge = Forge::new(link, &serde_json::from_slice(&directory)?)?;

    let mut sender = connect(server.address()).await?;
    let mut settled = 0;
    for count in 0..REQUESTS {
        let call = forge.call(count);
        let (status, body) = match send(&mut sender, &call, server.address()).await {
            Ok(answer) => answer,
            // The server may close a connection after a body that it did not read to its end.
            Err(_) => {
                sender = connect(server.address()).await?;
                send(&mut sender, &call, server.address()).await?
            }
        };
        assert!(
            status.is_client_error(),
            "{status} for {}: {body:?}",
            call.path
        );
        let problem: Value = serde_json::from_slice(&body)?;
        assert_eq!(
            problem["status"],
            status.as_u16(),
            "a problem document: {problem}"
        );
        if count == WARM_UP {
            settled = server.memory()?;
        }
    }
    let id = registered["enrollment_id"].as_str().ok_or("no id")?;
    let shown: Value = serde_json::from_str(&server.run(&["enrollment", "show", id, "--json"])?)?;
    assert_eq!(shown["state"]["tries_left"], 5, "no try is spent: {shown}");
    assert!(server.memory()? < settled + SLACK, "memory is flat");
    assert!(!server.log()?.contains("panicked"), "nothing panicked");
    Ok(())
}

/// Makes requests that are almost right.
struct Forge {
    rng: ChaCha20Rng,
    path: String,
    good: Confirmation,
    certificate: Vec<u8>,
}

impl Forge {
    fn new(link: &str, directory: &Directory) -> Result<Self, Failure> {
        let mut rng = ChaCha20Rng::seed_from_u64(4);
        let (_, payload) = Link::parse(link)?;
        let (_, certificate) = directory.find(&payload.provider_certificate, device::now())?;
        let device_id = gridpass_protocol::DeviceId::parse("001A2B3C4D5E")?;
        let key = gridpass_protocol::DeviceKey::make(&mut rng, payload.key_algorithm)?;
        let good = Confirmation {
            otp: payload
                .otp_ciphertext
                .decrypt(&device_id, &payload.temporary_id),
            public_key: key.spki_der(),
            csr: key.csr(&payload.csr_content, &payload.temporary_id, &mut rng)?,
        };
        let path = format!("/api/v1/enrollments/{}/confirmation", payload.temporary_id);
        Ok(Self {
            rng,
            path,
            good,
            certificate,
        })
    }

    fn call(&mut self, count: usize) -> Call {
        let mut call = Call {
            path: self.path.clone(),
            headers: vec![("content-type", "application/jose".into())],
            body: Default::default(),
        };
        match count % 6 {
            0 => call.body = self.mutated_jwe().into(),
            1 => call.body = self.sealed_with_mutated_csr().into(),
            2 => call.body = self.sealed_nonsense().into(),
            3 => call.body = self.noise(20_000).into(),
            4 => {
                call.path = "/api/v1/registrations".into();
                call.headers = vec![
                    ("content-type", "application/json".into()),
                    ("authorization", "Bearer of no token".into()),
                ];
                call.body = self.noise(300).into();
            }
            _ => call.path = format!("/api/v1/enrollments/{}/confirmation", count),
        }
        call
    }

    fn below(&mut self, bound: usize) -> usize {
        self.rng.next_u32() as usize % bound
    }

    fn noise(&mut self, most: usize) -> Vec<u8> {
        let mut bytes = vec![0; self.below(most)];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    /// One to three bytes changed, or cut, or grown.
    fn mutate(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        match self.below(4) {
            0 => bytes.truncate(self.below(bytes.len())),
            1 => bytes.extend(self.rng.next_u32().to_le_bytes()),
            _ => {
                for _ in 0..=self.below(3) {
                    let at = self.below(bytes.len());
                    bytes[at] ^= 1 << self.below(8);
                }
            }
        }
        bytes
    }

    fn mutated_jwe(&mut self) -> Vec<u8> {
        let sealed = self
            .good
            .seal(&self.certificate, &mut self.rng)
            .expect("a sound confirmation");
        loop {
            let mutated = self.mutate(sealed.clone().into_bytes());
            if mutated != sealed.as_bytes() {
                return mutated;
            }
        }
    }

    fn sealed_with_mutated_csr(&mut self) -> String {
        let mut csr = self.good.csr.clone();
        while csr == self.good.csr {
            csr = self.mutate(self.good.csr.clone());
        }
        let good = &self.good;
        let otp = gridpass_protocol::Otp::from_bytes(*good.otp.as_bytes());
        let forged = Confirmation {
            otp,
            public_key: good.public_key.clone(),
            csr,
        };
        forged
            .seal(&self.certificate, &mut self.rng)
            .expect("small enough to seal")
    }

    fn sealed_nonsense(&mut self) -> String {
        use gridpass_protocol::{KeyId, MessageType, PublicKey, sealed};
        let json = br#"{"otp":"AAAA","public_key":"","csr":"","x":[[[[{}]]]]}"#.to_vec();
        let plaintext = self.mutate(json);
        let key =
            PublicKey::from_certificate_der(&self.certificate).expect("a provider certificate");
        let key_id = KeyId::of_certificate(&self.certificate);
        sealed::encrypt(
            MessageType::Confirmation,
            &key_id,
            &key,
            &plaintext,
            &mut self.rng,
        )
        .expect("small enough to seal")
    }
}
