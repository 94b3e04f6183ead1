//! An installation to test with, and a device that enrols with it.

use std::{
    net::IpAddr,
    path::Path,
    sync::{Arc, Mutex},
};

use gridpass_protocol::{
    Confirmation, CsrContent, DeviceId, DeviceKey, Directory, Issuance, KeyAlgorithm, Link,
    ManualCode, Origin, Payload, TemporaryId, UnixTime, directory::certificate_from_pem,
};
use gridpass_provider::{
    AccountConfig, AccountRef, Actor, CaConfig, Channel, ConfirmationError, ConfirmationRequest,
    EnrollmentId, EnrollmentKind, EnrollmentView, FixedClock, Gridpass, InstallationConfig,
    KeyPolicy, LabelProfile, Language, Lifetimes, Limits, ProviderConfig, ProviderId, RandomSource,
    Registered, Registration, RegistrationError, Scope, StateView,
    ca::CertificateProfile,
    testkit::{self, Connection, TestDatabase, TestStore},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use tempfile::TempDir;

pub(crate) const NOW: UnixTime = UnixTime(1_798_761_600);
pub(crate) const DEVICE_ID: &str = "SN-4711-0815";
pub(crate) const HOME: &str = "192.0.2.7";

pub(crate) fn random(seed: u64) -> Arc<dyn RandomSource> {
    Arc::new(Mutex::new(ChaCha20Rng::seed_from_u64(seed)))
}

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub(crate) fn demo() -> ProviderId {
    "demo".parse().unwrap()
}

pub(crate) fn device_id(text: &str) -> DeviceId {
    DeviceId::parse(text).unwrap()
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn operator() -> Actor {
    Actor::operator("test")
}

pub(crate) fn provider(id: &str) -> ProviderConfig {
    ProviderConfig {
        id: id.parse().unwrap(),
        name: "Green Mountain Electric Coop".into(),
        csr_content: CsrContent {
            country: Some("US".into()),
            state: Some("Vermont".into()),
            organization: Some("Green Mountain Electric Coop".into()),
            unit: Some("Demand Response".into()),
            email: Some("enroll@gmec.example".into()),
            ..CsrContent::default()
        },
        key_algorithm: KeyAlgorithm::Es256,
        label_profile: LabelProfile::Compact,
        channels: vec![Channel::Screen, Channel::Api, Channel::Email],
        lifetimes: Lifetimes::default(),
        certificate_days: 398,
        support_email: Some("help@gmec.example".into()),
        support_phone: Some("+1 802 555 0100".into()),
        poll_interval: 300,
        keys: KeyPolicy::default(),
        accounts: vec![account("1001", "Ada Example", Language::English)],
        revocation: gridpass_provider::RevocationConfig::default(),
        acts_for: None,
        oidc: None,
        est: gridpass_provider::EstPolicy::default(),
        ca: CaConfig::Automatic,
        profile: CertificateProfile::default(),
    }
}

pub(crate) fn account(number: &str, name: &str, language: Language) -> AccountConfig {
    AccountConfig {
        number: number.parse().unwrap(),
        name: name.into(),
        email: Some(format!("A{number}@Customers.example")),
        language,
    }
}

/// A folder and a database of one test, both gone with it.
pub(crate) struct Folder {
    files: TempDir,
    database: TestDatabase,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self::on(TestStore::of_environment())
    }

    pub(crate) fn on(store: TestStore) -> Self {
        let files = tempfile::tempdir().unwrap();
        let database = TestDatabase::make(store, &files.path().join("gridpass.db"));
        Self { files, database }
    }

    pub(crate) fn path(&self) -> &Path {
        self.files.path()
    }

    /// A copy of the database as it is now, and of the key file.
    pub(crate) fn copied(&self) -> Self {
        let files = tempfile::tempdir().unwrap();
        let key = |folder: &Path| folder.join("gridpass.key");
        std::fs::copy(key(self.path()), key(files.path())).unwrap();
        let database = self.database.copied(&files.path().join("gridpass.db"));
        Self { files, database }
    }

    /// Everything that the database holds: all bytes of its files, or all values of all rows.
    pub(crate) fn kept_bytes(&self) -> Vec<u8> {
        self.database.kept_bytes()
    }
}

pub(crate) fn config(folder: &Folder) -> InstallationConfig {
    InstallationConfig {
        database: folder.database.database().clone(),
        key_file: folder.path().join("gridpass.key"),
        origin: Origin::parse("https://portal.gmec.example").unwrap(),
        providers: vec![provider("demo")],
        limits: Limits {
            otp_failures_per_ip: 1000,
            ..Limits::default()
        },
    }
}

/// A registration whose label was handed back.
#[derive(Debug)]
pub(crate) struct Labelled {
    pub(crate) enrollment_id: EnrollmentId,
    pub(crate) temporary_id: TemporaryId,
    pub(crate) expires_at: UnixTime,
    pub(crate) link: Link,
    pub(crate) manual_code: ManualCode,
}

impl From<Registered> for Labelled {
    fn from(registered: Registered) -> Self {
        let label = registered.handed().unwrap().clone();
        Self {
            enrollment_id: registered.enrollment_id,
            temporary_id: registered.temporary_id,
            expires_at: registered.expires_at,
            link: label.link,
            manual_code: label.manual_code,
        }
    }
}

/// An installation in a folder of its own.
pub(crate) struct Fixture {
    pub(crate) gridpass: Gridpass,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) config: InstallationConfig,
    pub(crate) folder: Folder,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut InstallationConfig)) -> Self {
        Self::on(Folder::new(), change)
    }

    pub(crate) fn on(folder: Folder, change: impl FnOnce(&mut InstallationConfig)) -> Self {
        let mut config = config(&folder);
        change(&mut config);
        let clock = Arc::new(FixedClock::new(NOW));
        let gridpass = Gridpass::open(config.clone(), clock.clone(), random(1)).unwrap();
        Self {
            gridpass,
            clock,
            config,
            folder,
        }
    }

    /// Somebody who may write to the database, past the use cases.
    pub(crate) fn database(&self) -> Connection {
        testkit::database(&self.config.database).unwrap()
    }

    /// The same installation, opened otherwise.
    pub(crate) fn changed(self, change: impl FnOnce(Gridpass) -> Gridpass) -> Self {
        Self {
            gridpass: change(self.gridpass),
            ..self
        }
    }

    /// The same installation after a restart.
    pub(crate) fn restarted(self) -> Self {
        let (config, clock) = (self.config.clone(), self.clock.clone());
        self.changed(|gridpass| {
            drop(gridpass);
            Gridpass::open(config, clock, random(2)).unwrap()
        })
    }

    pub(crate) fn try_register(
        &self,
        account: &str,
        device: &str,
        change: impl FnOnce(&mut Registration),
    ) -> Result<Labelled, RegistrationError> {
        let mut registration = Registration {
            provider: demo(),
            account: AccountRef::Number(account.parse().unwrap()),
            device_id: device_id(device),
            kind: EnrollmentKind::Device,
            channel: Channel::Screen,
            key_algorithm: None,
            idempotency: None,
            nickname: None,
            language: None,
        };
        change(&mut registration);
        self.gridpass
            .register(registration, operator())
            .map(Into::into)
    }

    pub(crate) fn register(&self, device: &str) -> Labelled {
        self.try_register("1001", device, |_| {}).unwrap()
    }

    /// Registers so many devices, ten seconds apart, and calls off every third one.
    pub(crate) fn register_many(&self, devices: u32) {
        for number in 0..devices {
            self.clock.advance(10);
            let registered = self.register(&format!("SN-4711-{number:04}"));
            if number % 3 == 0 {
                self.gridpass
                    .cancel(registered.enrollment_id, operator())
                    .unwrap();
            }
        }
    }

    pub(crate) fn view(&self, id: EnrollmentId) -> EnrollmentView {
        self.gridpass
            .enrollment(id, &Scope::Installation)
            .unwrap()
            .unwrap()
    }

    pub(crate) fn state(&self, id: EnrollmentId) -> StateView {
        self.view(id).state
    }

    /// The provider certificate that a label names, found as a client finds it.
    pub(crate) fn provider_certificate(&self, payload: &Payload) -> Vec<u8> {
        let directory = self.gridpass.directory(None);
        let now = self.gridpass.clock_now();
        directory
            .find(&payload.provider_certificate, now)
            .unwrap()
            .1
    }

    /// Confirms from home.
    pub(crate) fn confirm(&self, device: &Device) -> Result<Issuance, ConfirmationError> {
        self.confirm_from(HOME, device)
    }

    pub(crate) fn confirm_from(
        &self,
        client: &str,
        device: &Device,
    ) -> Result<Issuance, ConfirmationError> {
        let certificate = self.provider_certificate(&device.payload);
        let jwe = device
            .confirmation()
            .seal(&certificate, &mut rng(device.seed))
            .unwrap();
        let answer = self.gridpass.confirm(ConfirmationRequest {
            temporary_id: device.payload.temporary_id,
            jwe: &jwe,
            client: ip(client),
            request_id: Some("req-1".parse().unwrap()),
        })?;
        let spki = device.key.spki_der();
        Ok(Issuance::open(&answer, device.key.private_key(), &spki, &certificate).unwrap())
    }
}

/// The youngest provider certificate of the one provider of a directory, DER.
pub(crate) fn last_certificate(directory: &Directory) -> Vec<u8> {
    certificate_from_pem(directory.providers[0].certificates.last().unwrap()).unwrap()
}

/// A device that has scanned a label and made its key.
pub(crate) struct Device {
    pub(crate) payload: Payload,
    pub(crate) device_id: DeviceId,
    pub(crate) key: DeviceKey,
    pub(crate) csr: Vec<u8>,
    seed: u64,
}

impl Device {
    pub(crate) fn new(seed: u64, link: &Link, typed: &str) -> Self {
        let (_, payload) = Link::parse(link.as_str()).unwrap();
        let mut rng = rng(seed);
        let key = DeviceKey::make(&mut rng, payload.key_algorithm).unwrap();
        Self::with_key(seed, payload, typed, key)
    }

    pub(crate) fn with_key(seed: u64, payload: Payload, typed: &str, key: DeviceKey) -> Self {
        let csr = key
            .csr(&payload.csr_content, &payload.temporary_id, &mut rng(seed))
            .unwrap();
        Self {
            payload,
            device_id: device_id(typed),
            key,
            csr,
            seed,
        }
    }

    pub(crate) fn confirmation(&self) -> Confirmation {
        let Payload {
            otp_ciphertext,
            temporary_id,
            ..
        } = &self.payload;
        Confirmation {
            otp: otp_ciphertext.decrypt(&self.device_id, temporary_id),
            public_key: self.key.spki_der(),
            csr: self.csr.clone(),
        }
    }
}
