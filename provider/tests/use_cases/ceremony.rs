//! The ceremony of a CA, and how one issuing key follows another.

use std::{path::Path, process::Command, sync::Arc};

use gridpass_protocol::{
    CertificateFacts, Issuance, KeyAlgorithm,
    certificate::verify_issued_by,
    directory::{certificate_from_pem, certificate_to_pem},
};
use gridpass_provider::{
    CaCeremony, CaCeremonyError, CaConfig, FixedClock, Gridpass, InstallationConfig,
    IssuingKeyState, OpenError,
    ca::{CaKeyAlgorithm, ChainError, OfflineRoot, RootError, testkit::Examination},
};

use crate::fixture::{DEVICE_ID, Device, Fixture, Folder, NOW, config, demo, operator, random};

pub(crate) const PASSPHRASE: &str = "correct horse battery staple";

pub(crate) fn make_root(seed: u64, algorithm: CaKeyAlgorithm) -> OfflineRoot {
    OfflineRoot::make("GMEC root", algorithm, 20, NOW, &*random(seed)).unwrap()
}

pub(crate) fn ceremony(config: &InstallationConfig) -> CaCeremony {
    let clock = Arc::new(FixedClock::new(NOW));
    CaCeremony::open(config.clone(), clock, random(7)).unwrap()
}

/// Request, signature of the root and installation of an issuing key.
pub(crate) fn install(ceremony: &CaCeremony, root: &OfflineRoot, algorithm: CaKeyAlgorithm) {
    let request = ceremony.request(&demo(), algorithm, operator()).unwrap();
    let issuing = root
        .sign_intermediate(&request, 3650, NOW, &*random(8))
        .unwrap();
    let chain = [issuing, root.certificate_pem().unwrap()];
    ceremony.install(&demo(), &chain, operator()).unwrap();
}

/// An installation whose issuing key was made by a ceremony.
pub(crate) fn installed(root: &OfflineRoot, algorithm: CaKeyAlgorithm, ca: CaConfig) -> Fixture {
    let folder = Folder::new();
    let mut config = config(&folder);
    config.providers[0].ca = ca;
    install(&ceremony(&config), root, algorithm);
    let clock = Arc::new(FixedClock::new(NOW));
    let gridpass = Gridpass::open(config.clone(), clock.clone(), random(1)).unwrap();
    Fixture {
        gridpass,
        clock,
        config,
        folder,
    }
}

/// Enrols a device; its certificate holds for us and for openssl.
pub(crate) fn enrol(
    fixture: &Fixture,
    seed: u64,
    device_id: &str,
    algorithm: KeyAlgorithm,
) -> Issuance {
    let registered = fixture
        .try_register("1001", device_id, |registration| {
            registration.key_algorithm = Some(algorithm);
        })
        .unwrap();
    let device = Device::new(seed, &registered.link, device_id);
    let issuance = fixture.confirm(&device).unwrap();
    let facts = CertificateFacts::parse(&issuance.certificate).unwrap();
    assert_eq!(facts.spki_der, device.key.spki_der());
    let [issuing, root] = &issuance.chain[..] else {
        panic!("issuing and root")
    };
    verify_issued_by(&issuance.certificate, issuing, NOW).unwrap();
    verify_issued_by(issuing, root, NOW).unwrap();
    openssl_verifies(fixture.folder.path(), &issuance);
    issuance
}

fn openssl_verifies(folder: &Path, issuance: &Issuance) {
    let file = |name: &str, der: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, certificate_to_pem(der).unwrap()).unwrap();
        path
    };
    let device = file("device.pem", &issuance.certificate);
    let (issuing, root) = (
        file("issuing.pem", &issuance.chain[0]),
        file("root.pem", &issuance.chain[1]),
    );
    let verified = Command::new("openssl")
        .args(["verify", "-x509_strict", "-purpose", "sslclient"])
        .args(["-attime", &NOW.to_string(), "-CAfile"])
        .args([&root, Path::new("-untrusted"), &issuing, &device])
        .output()
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");
}

/// The CA of the fixture keeps what every CA has to.
pub(crate) fn examine(fixture: &Fixture) {
    let authority = fixture.gridpass.authority(&demo()).unwrap();
    Examination::new(fixture.gridpass.clock_now(), &*random(99))
        .examine(&*authority)
        .unwrap();
}

/// How long every server knows a new key before one of them uses it.
const KNOWN_BEFORE: u64 = 15;

/// Lets a key that was just installed come into force, and then the provider key that it certifies.
pub(crate) fn take_up(fixture: &Fixture) {
    let refresh = || fixture.gridpass.refresh_authorities().unwrap();
    assert_eq!(refresh(), [demo()], "it is known at once");
    for what in ["the issuing key", "the provider key"] {
        fixture.clock.advance(KNOWN_BEFORE - 1);
        assert_eq!(refresh(), [], "{what} is too new");
        fixture.clock.advance(1);
        assert_eq!(refresh(), [demo()], "{what} is in force");
    }
    assert_eq!(refresh(), []);
}

const BY_CEREMONY: CaConfig = CaConfig::Ceremony { token: None };

#[test]
fn an_offline_root_and_its_issuing_key_certify_devices() {
    for (seed, root, issuing) in [
        (11, CaKeyAlgorithm::P256, CaKeyAlgorithm::P256),
        (12, CaKeyAlgorithm::Rsa3072, CaKeyAlgorithm::Rsa3072),
    ] {
        let root = make_root(seed, root);
        let fixture = installed(&root, issuing, BY_CEREMONY);
        let issuance = enrol(&fixture, 1, DEVICE_ID, KeyAlgorithm::Es256);
        enrol(&fixture, 2, "SN-4711-0816", KeyAlgorithm::Rs2048);
        let published = certificate_from_pem(&root.certificate_pem().unwrap()).unwrap();
        assert_eq!(issuance.chain[1], published);
        let report = fixture.gridpass.verify_audit(&demo(), &[]).unwrap();
        assert!(report.is_whole(), "{:?}", report.findings);
    }
}

#[test]
fn the_built_in_ca_passes_the_examination() {
    examine(&Fixture::new());
    for algorithm in [CaKeyAlgorithm::P256, CaKeyAlgorithm::Rsa3072] {
        let root = make_root(1, CaKeyAlgorithm::P256);
        examine(&installed(&root, algorithm, BY_CEREMONY));
    }
}

#[test]
fn a_portal_does_not_open_before_its_issuing_key_is_installed() {
    let folder = Folder::new();
    let mut config = config(&folder);
    config.providers[0].ca = BY_CEREMONY;
    let open = || {
        let clock = Arc::new(FixedClock::new(NOW));
        Gridpass::open(config.clone(), clock, random(1)).map(|_| ())
    };
    let OpenError::Authority { problem, .. } = open().unwrap_err() else {
        panic!("another error")
    };
    assert!(problem.contains("gridpass ca request"), "{problem}");
    ceremony(&config)
        .request(&demo(), CaKeyAlgorithm::P256, operator())
        .unwrap();
    assert!(open().is_err(), "a request is no certificate");
}

#[test]
fn a_root_opens_with_its_passphrase_alone_and_for_openssl_too() {
    let root = make_root(1, CaKeyAlgorithm::P256);
    let certificate = root.certificate_pem().unwrap();
    let sealed = root.sealed_key_pem(PASSPHRASE, &*random(2)).unwrap();
    OfflineRoot::open(&sealed, &certificate, PASSPHRASE).unwrap();
    let wrong = OfflineRoot::open(&sealed, &certificate, "correct horse battery stapl");
    assert!(matches!(wrong, Err(RootError::Sealed)));
    let other = make_root(2, CaKeyAlgorithm::P256)
        .certificate_pem()
        .unwrap();
    let other = OfflineRoot::open(&sealed, &other, PASSPHRASE);
    assert!(matches!(other, Err(RootError::Certificate(_))));
    let short = root.sealed_key_pem("too short", &*random(2));
    assert!(matches!(short, Err(RootError::Passphrase)));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("root.key");
    std::fs::write(&file, &sealed).unwrap();
    let read = Command::new("openssl")
        .args(["pkey", "-noout", "-text", "-passin"])
        .arg(format!("pass:{PASSPHRASE}"))
        .arg("-in")
        .arg(&file)
        .output()
        .unwrap();
    assert!(read.status.success(), "{read:?}");
}

#[test]
fn what_no_root_signed_for_this_key_is_not_installed() {
    let folder = Folder::new();
    let mut config = config(&folder);
    config.providers[0].ca = BY_CEREMONY;
    let ceremony = ceremony(&config);
    let root = make_root(1, CaKeyAlgorithm::P256);
    let foreign = make_root(2, CaKeyAlgorithm::P256);
    let root_pem = root.certificate_pem().unwrap();
    let request = ceremony
        .request(&demo(), CaKeyAlgorithm::P256, operator())
        .unwrap();
    let issuing = root
        .sign_intermediate(&request, 365, NOW, &*random(3))
        .unwrap();
    let install = |chain: &[&String]| {
        let chain: Vec<_> = chain.iter().map(|&pem| pem.clone()).collect();
        ceremony.install(&demo(), &chain, operator())
    };
    let foreign_pem = foreign.certificate_pem().unwrap();
    for (chain, refused) in [
        (vec![&issuing], ChainError::Length),
        (
            vec![&issuing, &issuing],
            ChainError::Link(gridpass_protocol::CertificateError::Issuer),
        ),
        (
            vec![&issuing, &foreign_pem],
            ChainError::Link(gridpass_protocol::CertificateError::Signature),
        ),
    ] {
        match install(&chain) {
            Err(CaCeremonyError::Chain(error)) => assert_eq!(error, refused),
            other => panic!("{other:?}"),
        }
    }
    let own = install(&[&root_pem, &root_pem]);
    assert!(
        matches!(
            own,
            Err(
                CaCeremonyError::Chain(ChainError::PathLength | ChainError::Link(_))
                    | CaCeremonyError::UnknownKey
            )
        ),
        "{own:?}"
    );
    install(&[&issuing, &root_pem]).unwrap();
    let again = install(&[&issuing, &root_pem]);
    assert!(
        matches!(again, Err(CaCeremonyError::Installed)),
        "{again:?}"
    );
}

#[test]
fn an_issuing_key_never_outlives_its_root() {
    let folder = Folder::new();
    let mut config = config(&folder);
    config.providers[0].ca = BY_CEREMONY;
    let request = ceremony(&config)
        .request(&demo(), CaKeyAlgorithm::P256, operator())
        .unwrap();
    let root = make_root(1, CaKeyAlgorithm::P256);
    for days in [0, 20 * 365 + 1, u32::MAX] {
        let refused = root.sign_intermediate(&request, days, NOW, &*random(1));
        assert!(matches!(refused, Err(RootError::Lifetime(_))), "{days}");
    }
    let broken = request.replace('A', "B");
    let refused = root.sign_intermediate(&broken, 1, NOW, &*random(1));
    assert!(matches!(refused, Err(RootError::Request(_))));
}

#[test]
fn a_rollover_is_taken_up_by_a_running_portal_and_both_chains_are_published() {
    let root = make_root(1, CaKeyAlgorithm::P256);
    let fixture = installed(&root, CaKeyAlgorithm::P256, BY_CEREMONY);
    let registered = fixture.register(DEVICE_ID);
    let before = Device::new(1, &registered.link, DEVICE_ID);
    let first = fixture.confirm(&before).unwrap();
    let label_before = fixture.register("SN-4711-0816");

    let ceremony = ceremony(&fixture.config);
    install(&ceremony, &root, CaKeyAlgorithm::Rsa3072);
    take_up(&fixture);

    let second = enrol(&fixture, 2, "SN-4711-0817", KeyAlgorithm::Es256);
    assert_ne!(first.chain[0], second.chain[0]);
    assert_eq!(first.chain[1], second.chain[1]);
    let published: Vec<_> = fixture.gridpass.directory(None).providers[0]
        .certificates
        .iter()
        .map(|pem| certificate_from_pem(pem).unwrap())
        .collect();
    for certificate in first.chain.iter().chain(&second.chain) {
        assert!(published.contains(certificate));
    }
    let repeated = fixture.confirm(&before).unwrap();
    assert_eq!(repeated.certificate, first.certificate);
    assert_eq!(repeated.chain, first.chain, "the chain of its own issuer");
    let labelled = Device::new(3, &label_before.link, "SN-4711-0816");
    let third = fixture.confirm(&labelled).unwrap();
    assert_eq!(
        third.chain, second.chain,
        "a label of before is good for a certificate of now"
    );
    let new_label = fixture.register("SN-4711-0818");
    let new_label = Device::new(4, &new_label.link, "SN-4711-0818");
    let provider = fixture.provider_certificate(&new_label.payload);
    verify_issued_by(&provider, &second.chain[0], NOW).unwrap();

    let states: Vec<_> = ceremony
        .issuing_keys(&demo())
        .unwrap()
        .iter()
        .map(|key| (key.generation, key.state))
        .collect();
    assert_eq!(
        states,
        [(2, IssuingKeyState::Issuing), (1, IssuingKeyState::Retired)]
    );
    let fixture = fixture.restarted();
    enrol(&fixture, 5, "SN-4711-0819", KeyAlgorithm::Rs2048);
}

#[test]
fn an_installation_that_keeps_its_root_rotates_by_itself() {
    let fixture = Fixture::new();
    let first = enrol(&fixture, 1, DEVICE_ID, KeyAlgorithm::Es256);
    let ceremony = ceremony(&fixture.config);
    let refused = ceremony.request(&demo(), CaKeyAlgorithm::P256, operator());
    assert!(matches!(refused, Err(CaCeremonyError::NotByCeremony(_))));
    ceremony.rotate(&demo(), operator()).unwrap();
    take_up(&fixture);
    let second = enrol(&fixture, 2, "SN-4711-0816", KeyAlgorithm::Es256);
    assert_ne!(first.chain[0], second.chain[0]);
    assert_eq!(first.chain[1], second.chain[1]);
    let issuer = CertificateFacts::parse(&second.certificate).unwrap().issuer;
    assert_eq!(issuer, "CN=demo issuing G2");
}
