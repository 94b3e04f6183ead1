//! The certificates, as other tools judge them.

use std::{path::Path, process::Command};

use gridpass_protocol::{
    CertificateFacts, KeyAlgorithm, Origin, certificate::verify_issued_by,
    directory::certificate_to_pem,
};

use crate::fixture::{DEVICE_ID, Device, Fixture, Folder, NOW, last_certificate, provider};

#[test]
fn a_certificate_says_what_the_profile_promises() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let issuance = fixture
        .confirm(&Device::new(1, &registered.link, DEVICE_ID))
        .unwrap();
    let facts = CertificateFacts::parse(&issuance.certificate).unwrap();
    assert_eq!(facts.not_before, NOW.minus(300));
    assert_eq!(facts.not_after.since(facts.not_before), 398 * 86_400);
    let text = openssl_text(&issuance.certificate, fixture.folder.path());
    for expected in [
        "Version: 3",
        "Signature Algorithm: ecdsa-with-SHA256",
        "Issuer: CN = demo issuing",
        &format!("CN = {}", registered.temporary_id),
        "Digital Signature, Key Agreement",
        "TLS Web Client Authentication",
        &format!("URI:urn:uuid:{}", registered.enrollment_id),
        "URI:https://portal.gmec.example/crl/",
        "OCSP - URI:https://portal.gmec.example/ocsp",
        "X509v3 Subject Key Identifier",
        "X509v3 Authority Key Identifier",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert!(!text.contains(DEVICE_ID));
}

#[test]
fn a_profile_says_what_stands_in_a_certificate() {
    let fixture = Fixture::with(|config| {
        config.providers[0].profile = serde_json::from_value(serde_json::json!({
            "subject": "empty",
            "purposes": ["client-auth", "1.3.6.1.4.1.32473.3"],
            "device_names": [
                { "form": "urn-dev-mac" },
                { "form": "urn-dev-os", "organization": 32473 },
                { "form": "hardware-module", "type": "1.3.6.1.4.1.32473.1" },
            ],
            "policies": ["1.3.6.1.4.1.32473.2.1"],
        }))
        .unwrap();
    });
    let device_id = "00:24:be:80:4f:f1";
    let registered = fixture.register(device_id);
    let issuance = fixture
        .confirm(&Device::new(1, &registered.link, device_id))
        .unwrap();
    let text = openssl_text(&issuance.certificate, fixture.folder.path());
    for expected in [
        "Subject: \n",
        "X509v3 Subject Alternative Name: critical",
        "URI:urn:dev:mac:0024beffff804ff1",
        "URI:urn:dev:os:32473-0024BE804FF1",
        "othername",
        "Policy: 1.3.6.1.4.1.32473.2.1",
        "TLS Web Client Authentication, 1.3.6.1.4.1.32473.3",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

#[test]
fn a_certificate_names_this_machine_by_its_address() {
    let fixture = Fixture::with(|config| {
        config.origin = Origin::parse("http://localhost:3000").unwrap();
    });
    let registered = fixture.register(DEVICE_ID);
    let issuance = fixture
        .confirm(&Device::new(1, &registered.link, DEVICE_ID))
        .unwrap();
    let text = openssl_text(&issuance.certificate, fixture.folder.path());
    assert!(text.contains("URI:http://127.0.0.1:3000/ocsp"), "{text}");
    assert!(!text.contains("localhost"));
}

#[test]
fn an_rsa_certificate_says_key_encipherment() {
    let fixture = Fixture::new();
    let registered = fixture
        .try_register("1001", DEVICE_ID, |registration| {
            registration.key_algorithm = Some(KeyAlgorithm::Rs2048);
        })
        .unwrap();
    let issuance = fixture
        .confirm(&Device::new(1, &registered.link, DEVICE_ID))
        .unwrap();
    let text = openssl_text(&issuance.certificate, fixture.folder.path());
    assert!(
        text.contains("Digital Signature, Key Encipherment"),
        "{text}"
    );
}

#[test]
fn the_chain_holds_for_us_and_for_openssl() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let device = Device::new(1, &registered.link, DEVICE_ID);
    let issuance = fixture.confirm(&device).unwrap();
    let [issuing, root] = &issuance.chain[..] else {
        panic!("issuing and root")
    };
    verify_issued_by(&issuance.certificate, issuing, NOW).unwrap();
    verify_issued_by(issuing, root, NOW).unwrap();
    let provider = fixture.provider_certificate(&device.payload);
    verify_issued_by(&provider, issuing, NOW).unwrap();

    let file = |name: &str, der: &[u8]| {
        let path = fixture.folder.path().join(name);
        std::fs::write(&path, certificate_to_pem(der).unwrap()).unwrap();
        path
    };
    let (root, issuing) = (file("root.pem", root), file("issuing.pem", issuing));
    for leaf in [
        file("device.pem", &issuance.certificate),
        file("provider.pem", &provider),
    ] {
        let verified = Command::new("openssl")
            .args([
                "verify",
                "-x509_strict",
                "-attime",
                &NOW.to_string(),
                "-CAfile",
            ])
            .args([&root, Path::new("-untrusted"), &issuing, &leaf])
            .output()
            .unwrap();
        assert!(verified.status.success(), "{verified:?}");
    }
}

#[test]
fn a_provider_certificate_stays_under_450_bytes_for_the_longest_id() {
    for seed in 1..20 {
        let id = "z".repeat(32);
        let folder = Folder::new();
        let mut config = crate::fixture::config(&folder);
        config.providers = vec![provider(&id)];
        let clock = std::sync::Arc::new(gridpass_provider::FixedClock::new(NOW));
        let gridpass =
            gridpass_provider::Gridpass::open(config, clock, crate::fixture::random(seed)).unwrap();
        let certificate = last_certificate(&gridpass.directory(None));
        assert!(certificate.len() < 450, "{} bytes", certificate.len());
    }
}

#[test]
fn a_provider_key_near_its_end_gets_a_successor_and_old_labels_stay_good() {
    let fixture = Fixture::with(|config| config.providers[0].lifetimes.screen = 21 * 86_400);
    fixture.clock.advance((825 - 80) * 86_400);
    let registered = fixture.register(DEVICE_ID);
    let fixture = fixture.restarted();
    assert_eq!(
        fixture.gridpass.directory(None).providers[0]
            .certificates
            .len(),
        4
    );
    // Every server knows the successor before one of them names it on a label.
    fixture.clock.advance(15);
    let taken_up = fixture.gridpass.refresh_authorities().unwrap();
    assert_eq!(taken_up.len(), 1);
    fixture
        .confirm(&Device::new(1, &registered.link, DEVICE_ID))
        .unwrap();
    let newer = fixture.register("SN-4711-0816");
    let newer = Device::new(2, &newer.link, "SN-4711-0816");
    let older = Device::new(3, &registered.link, DEVICE_ID);
    assert_ne!(
        newer.payload.provider_certificate,
        older.payload.provider_certificate
    );
    fixture.confirm(&newer).unwrap();
}

#[test]
fn a_certificate_that_would_outlive_its_issuer_is_not_issued() {
    let fixture = Fixture::new();
    fixture.clock.advance((3650 - 100) * 86_400);
    let fixture = fixture.restarted();
    let registered = fixture.register(DEVICE_ID);
    let device = Device::new(1, &registered.link, DEVICE_ID);
    let refused = fixture.confirm(&device).unwrap_err().problem();
    assert_eq!(refused.name.as_str(), "ca-unavailable");
    assert!(matches!(
        fixture.state(registered.enrollment_id),
        gridpass_provider::StateView::Open { tries_left: 5, .. }
    ));
}

fn openssl_text(der: &[u8], folder: &Path) -> String {
    let path = folder.join("certificate.der");
    std::fs::write(&path, der).unwrap();
    let output = Command::new("openssl")
        .args(["x509", "-inform", "DER", "-noout", "-text", "-in"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
