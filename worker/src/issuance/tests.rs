use gridpass_protocol::{Settings, directory::certificate_to_pem};

use super::*;
use crate::test_support::{NOW, Party, Role, certificate as certified, rng};

/// One that may issue.
fn certificate(subject: &Party, issuer: &Party) -> Vec<u8> {
    certified(subject, issuer, Role::Authority)
}

/// What a provider issued to a device, with all who took part.
struct Case {
    root: Party,
    issuing: Party,
    device: Party,
    stranger: Party,
    issuance: Issuance,
    provider: DirectoryEntry,
}

impl Case {
    fn new() -> Self {
        let rng = &mut rng();
        let [root, issuing, device, stranger] =
            ["CN=Root", "CN=Issuing", "CN=Device", "CN=Root"].map(|name| Party::new(name, rng));
        let chain = vec![certificate(&issuing, &root), certificate(&root, &root)];
        let certificates = chain
            .iter()
            .map(|der| certificate_to_pem(der).unwrap())
            .collect();
        let issuance = Issuance {
            enrollment_id: "00000000-0000-7000-8000-000000000001".parse().unwrap(),
            certificate: certificate(&device, &issuing),
            chain,
            settings: Settings {
                id: None,
                version: 1,
                profile: "default".to_owned(),
                provider: "Provider".to_owned(),
                messages_url: None,
                poll_interval: 300,
                support_email: None,
                support_phone: None,
                renew_before: 30,
            },
        };
        let provider = DirectoryEntry {
            id: "demo".to_owned(),
            name: "Provider".to_owned(),
            certificates,
            messages_url: None,
            est_url: None,
            mtls_url: None,
        };
        Self {
            root,
            issuing,
            device,
            stranger,
            issuance,
            provider,
        }
    }

    fn check(&self, now: UnixTime) -> Result<CertificateFacts, NotGenuine> {
        check(
            &self.issuance.certificate,
            &self.issuance.chain,
            self.device.key.spki_der(),
            &self.provider,
            now,
        )
    }
}

#[test]
fn a_certificate_over_our_key_under_the_published_root_is_accepted() {
    let case = Case::new();
    let facts = case.check(NOW).unwrap();
    assert_eq!(
        (facts.subject.as_str(), facts.issuer.as_str()),
        ("CN=Device", "CN=Issuing")
    );
    assert_eq!((facts.not_before, facts.not_after), (1000, 2000));
    assert_eq!(facts.fingerprint.len(), 64);
}

#[test]
fn a_certificate_over_another_key_is_refused() {
    let mut case = Case::new();
    case.issuance.certificate = certificate(&case.stranger, &case.issuing);
    assert_eq!(case.check(NOW), Err(NotGenuine));
}

#[test]
fn a_chain_to_a_root_that_the_provider_does_not_publish_is_refused() {
    let mut case = Case::new();
    case.issuance.chain = vec![
        certificate(&case.issuing, &case.stranger),
        certificate(&case.stranger, &case.stranger),
    ];
    assert_eq!(case.check(NOW), Err(NotGenuine));
}

#[test]
fn a_chain_with_a_link_missing_or_altered_is_refused() {
    let mut case = Case::new();
    case.issuance.chain.remove(0);
    assert_eq!(case.check(NOW), Err(NotGenuine));
    let mut case = Case::new();
    case.issuance.certificate = certificate(&case.device, &case.root);
    assert_eq!(case.check(NOW), Err(NotGenuine));
    let mut case = Case::new();
    case.issuance.chain.clear();
    assert_eq!(case.check(NOW), Err(NotGenuine));
}

#[test]
fn a_certificate_past_its_end_is_refused_and_one_before_its_start_is_not() {
    let case = Case::new();
    assert_eq!(case.check(UnixTime(2001)), Err(NotGenuine));
    assert!(case.check(UnixTime(999)).is_ok());
}
