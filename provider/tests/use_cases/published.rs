//! What is published about revoked certificates, as openssl judges it.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use gridpass_protocol::{KeyAlgorithm, directory::certificate_from_pem};
use gridpass_provider::{Actor, Gridpass, RevocationReason, Role, StaffSession, ca::CrlName};
use rustls::{
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, UnixTime},
};
use webpki::{
    EndEntityCert, KeyUsage, OwnedCertRevocationList, RevocationCheckDepth,
    RevocationOptionsBuilder, anchor_from_trusted_cert,
};

use crate::{
    desk::{staff_of, words},
    fixture::{Device, Fixture, NOW},
};

/// An enrolled device with the files that openssl reads.
struct Enrolled {
    id: gridpass_provider::EnrollmentId,
    /// Its certificate, its issuer's, the root's; PEM.
    files: [PathBuf; 3],
}

fn enrol(fixture: &Fixture, seed: u64) -> Enrolled {
    let device_id = format!("SN-0000-{seed:04}");
    let registered = fixture
        .try_register("1001", &device_id, |new| {
            new.key_algorithm = Some(KeyAlgorithm::Es256);
        })
        .unwrap();
    let device = Device::new(seed, &registered.link, &device_id);
    let issuance = fixture.confirm(&device).unwrap();
    let [issuer, root] = &issuance.chain[..] else {
        panic!("issuing and root");
    };
    let folder = fixture.folder.path();
    let files = [
        ("device", &issuance.certificate),
        ("issuer", issuer),
        ("root", root),
    ]
    .map(|(name, der)| {
        let file = folder.join(format!("{name}-{seed}.pem"));
        let pem = gridpass_protocol::directory::certificate_to_pem(der).unwrap();
        std::fs::write(&file, pem).unwrap();
        file
    });
    Enrolled {
        id: registered.enrollment_id,
        files,
    }
}

fn operator() -> (StaffSession, Actor) {
    staff_of("demo", Role::Operator)
}

fn revoke(fixture: &Fixture, device: &Enrolled) {
    let (staff, actor) = operator();
    let reason = RevocationReason::Compromised;
    fixture
        .gridpass
        .revoke_enrollment(&staff, device.id, reason, "stolen", actor)
        .unwrap();
}

fn openssl(arguments: &[&str]) -> (bool, String) {
    let output = Command::new("openssl").args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

fn path(file: &Path) -> &str {
    file.to_str().unwrap()
}

/// The file of the list that a certificate names.
fn named_list(certificate: &Path) -> String {
    let (_, text) = openssl(&[
        "x509",
        "-in",
        path(certificate),
        "-noout",
        "-ext",
        "crlDistributionPoints",
    ]);
    let (_, rest) = text.split_once("/crl/").expect(&text);
    rest.lines().next().unwrap().to_owned()
}

/// The newest list of that name, as text and as a PEM file.
fn list(fixture: &Fixture, name: &str) -> (String, PathBuf) {
    let parsed = CrlName::parse(name).unwrap();
    let list = fixture.gridpass.revocation_list(&parsed).unwrap().unwrap();
    let (der, pem) = (
        fixture.folder.path().join(name),
        fixture.folder.path().join(format!("{name}.pem")),
    );
    std::fs::write(&der, list.der).unwrap();
    let convert = [
        "crl",
        "-inform",
        "DER",
        "-in",
        path(&der),
        "-out",
        path(&pem),
    ];
    assert!(openssl(&convert).0);
    (
        openssl(&["crl", "-in", path(&pem), "-noout", "-text"]).1,
        pem,
    )
}

/// The list of the root, by the key identifier in its certificate.
fn root_list(fixture: &Fixture, device: &Enrolled) -> PathBuf {
    let (_, text) = openssl(&[
        "x509",
        "-in",
        path(&device.files[2]),
        "-noout",
        "-ext",
        "subjectKeyIdentifier",
    ]);
    let identifier = text.lines().nth(1).unwrap().trim().replace(':', "");
    list(fixture, &format!("{}.crl", identifier.to_lowercase())).1
}

/// Whether openssl takes the certificate, every list of its chain looked at.
fn verifies(fixture: &Fixture, device: &Enrolled) -> (bool, String) {
    let [certificate, issuer, root] = &device.files;
    let (_, own) = list(fixture, &named_list(certificate));
    let above = root_list(fixture, device);
    let at = fixture.gridpass.clock_now().0.to_string();
    openssl(&[
        "verify",
        "-x509_strict",
        "-attime",
        &at,
        "-crl_check_all",
        "-extended_crl",
        "-CAfile",
        path(root),
        "-untrusted",
        path(issuer),
        "-CRLfile",
        path(&own),
        "-CRLfile",
        path(&above),
        path(certificate),
    ])
}

/// What rustls says of the certificate, its list looked at.
fn rustls_judges(fixture: &Fixture, device: &Enrolled) -> Result<(), webpki::Error> {
    let [certificate, issuer, root] = device.files.each_ref().map(|file| {
        let pem = std::fs::read_to_string(file).unwrap();
        CertificateDer::from(certificate_from_pem(&pem).unwrap())
    });
    let name = CrlName::parse(&named_list(&device.files[0])).unwrap();
    let list = fixture.gridpass.revocation_list(&name).unwrap().unwrap();
    let list = OwnedCertRevocationList::from_der(&list.der).unwrap().into();
    let lists = [&list];
    let revocation = RevocationOptionsBuilder::new(&lists)
        .unwrap()
        .with_depth(RevocationCheckDepth::EndEntity)
        .build();
    let now = Duration::from_secs(fixture.gridpass.clock_now().0);
    EndEntityCert::try_from(&certificate)
        .unwrap()
        .verify_for_usage(
            aws_lc_rs::default_provider()
                .signature_verification_algorithms
                .all,
            &[anchor_from_trusted_cert(&root).unwrap()],
            &[issuer],
            UnixTime::since_unix_epoch(now),
            KeyUsage::client_auth(),
            Some(revocation),
            None,
        )
        .map(|_| ())
}

#[test]
fn rustls_agrees_on_good_and_revoked() {
    let fixture = Fixture::new();
    let (good, bad) = (enrol(&fixture, 1), enrol(&fixture, 2));
    fixture.gridpass.publish_due_lists().unwrap();
    assert_eq!(rustls_judges(&fixture, &bad), Ok(()));
    revoke(&fixture, &bad);
    fixture.gridpass.publish_due_lists().unwrap();
    assert_eq!(rustls_judges(&fixture, &good), Ok(()));
    assert_eq!(
        rustls_judges(&fixture, &bad),
        Err(webpki::Error::CertRevoked)
    );
}

#[test]
fn a_revoked_certificate_is_on_the_next_list_and_openssl_refuses_it() {
    let fixture = Fixture::new();
    let (good, bad) = (enrol(&fixture, 1), enrol(&fixture, 2));
    assert_eq!(fixture.gridpass.publish_due_lists().unwrap(), 2);
    assert_eq!(
        fixture.gridpass.publish_due_lists().unwrap(),
        0,
        "nothing changed"
    );
    assert!(verifies(&fixture, &bad).0, "{}", verifies(&fixture, &bad).1);
    revoke(&fixture, &bad);
    assert_eq!(fixture.gridpass.publish_due_lists().unwrap(), 1);
    assert!(verifies(&fixture, &good).0);
    let (accepted, text) = verifies(&fixture, &bad);
    assert!(!accepted && text.contains("certificate revoked"), "{text}");
    let (text, _) = list(&fixture, &named_list(&bad.files[0]));
    for expected in [
        "X509v3 CRL Number: \n                2",
        "X509v3 Authority Key Identifier",
        "Key Compromise",
        "Signature Algorithm: ecdsa-with-SHA256",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert_eq!(text.matches("Serial Number:").count(), 1, "{text}");
}

#[test]
fn a_hold_is_on_the_list_for_as_long_as_it_lasts() {
    let fixture = Fixture::new();
    let device = enrol(&fixture, 1);
    let (staff, actor) = operator();
    let name = named_list(&device.files[0]);
    let why = words("looked into");
    let published = || {
        fixture.gridpass.publish_due_lists().unwrap();
        list(&fixture, &name).0
    };
    fixture
        .gridpass
        .hold_enrollment(&staff, device.id, &why, actor.clone())
        .unwrap();
    assert!(published().contains("Certificate Hold"));
    fixture
        .gridpass
        .release_enrollment(&staff, device.id, &why, actor)
        .unwrap();
    let text = published();
    assert!(text.contains("No Revoked Certificates"), "{text}");
}

#[test]
fn lists_are_renewed_long_before_they_end_and_forget_what_ended_long_ago() {
    let fixture = Fixture::new();
    let device = enrol(&fixture, 1);
    revoke(&fixture, &device);
    fixture.gridpass.publish_due_lists().unwrap();
    let name = CrlName::parse(&named_list(&device.files[0])).unwrap();
    let read = |gridpass: &Gridpass| gridpass.revocation_list(&name).unwrap().unwrap();
    let first = read(&fixture.gridpass);
    let lifetime = first.next_update.since(first.this_update);
    assert_eq!(first.this_update, NOW);
    fixture.clock.advance(lifetime / 2);
    assert_eq!(fixture.gridpass.publish_due_lists().unwrap(), 2);
    let second = read(&fixture.gridpass);
    assert_eq!(second.number, first.number + 1);
    assert!(second.next_update > first.next_update);
    let entries = |fixture: &Fixture| {
        let (text, _) = list(fixture, &name.file());
        text.matches("Serial Number:").count()
    };
    // RFC 5280, 3.3: still on one list that is signed on schedule after the end.
    fixture.clock.advance(398 * 86_400 - lifetime / 2);
    fixture.gridpass.publish_due_lists().unwrap();
    assert_eq!(entries(&fixture), 1);
    fixture.clock.advance(lifetime);
    fixture.gridpass.publish_due_lists().unwrap();
    assert_eq!(entries(&fixture), 0);
}

#[test]
fn a_list_in_parts_has_each_certificate_where_it_names_it_and_all_in_the_whole() {
    let fixture = Fixture::with(|config| config.providers[0].revocation.crl_shards = 3);
    let devices: Vec<_> = (1..=6).map(|seed| enrol(&fixture, seed)).collect();
    let (bad, good) = devices.split_at(5);
    bad.iter().for_each(|device| revoke(&fixture, device));
    // Three parts, the whole, and the root's.
    assert_eq!(fixture.gridpass.publish_due_lists().unwrap(), 5);
    for device in bad {
        let (accepted, text) = verifies(&fixture, device);
        assert!(!accepted && text.contains("certificate revoked"), "{text}");
    }
    let (accepted, text) = verifies(&fixture, &good[0]);
    assert!(accepted, "{text}");
    let name = named_list(&good[0].files[0]);
    let (issuer, _) = name.split_once('-').expect("a part");
    let (part, _) = list(&fixture, &name);
    assert!(
        part.contains("Issuing Distribution Point: critical"),
        "{part}"
    );
    let (whole, _) = list(&fixture, &format!("{issuer}.crl"));
    assert_eq!(whole.matches("Serial Number:").count(), 5, "{whole}");
    assert!(!whole.contains("Issuing Distribution Point"));
}

#[test]
fn numbers_go_on_after_a_restart() {
    let fixture = Fixture::new();
    let device = enrol(&fixture, 1);
    fixture.gridpass.publish_due_lists().unwrap();
    let fixture = fixture.restarted();
    assert_eq!(fixture.gridpass.publish_due_lists().unwrap(), 0);
    revoke(&fixture, &device);
    fixture.gridpass.publish_due_lists().unwrap();
    let (text, _) = list(&fixture, &named_list(&device.files[0]));
    assert!(text.contains("CRL Number: \n                2"), "{text}");
}

/// What `openssl ocsp` asks and how it judges the answer.
fn ocsp(fixture: &Fixture, device: &Enrolled, more: &[&str]) -> (bool, String) {
    let [certificate, issuer, root] = &device.files;
    let folder = fixture.folder.path();
    let (request, answer) = (folder.join("request"), folder.join("answer"));
    let mut ask = vec!["ocsp"];
    ask.extend(more);
    ask.extend(["-issuer", path(issuer), "-cert", path(certificate)]);
    let mut write = ask.clone();
    write.extend(["-reqout", path(&request)]);
    assert!(openssl(&write).0);
    let answered = fixture
        .gridpass
        .answer_ocsp(&std::fs::read(&request).unwrap());
    std::fs::write(&answer, answered.der).unwrap();
    let at = fixture.gridpass.clock_now().0.to_string();
    // The clock of the tests is not that of openssl.
    ask.extend(["-validity_period", "999999999"]);
    // Asked anew it would have another nonce; that it comes back has a test of its own.
    ask.push("-no_nonce");
    ask.extend([
        "-respin",
        path(&answer),
        "-CAfile",
        path(root),
        "-attime",
        &at,
    ]);
    openssl(&ask)
}

#[test]
fn openssl_believes_the_answers_good_held_and_revoked() {
    let fixture = Fixture::new();
    let (device, other) = (enrol(&fixture, 1), enrol(&fixture, 2));
    let judged = |more: &[&str]| ocsp(&fixture, &device, more).1;
    for more in [
        &["-no_nonce"][..],
        &[][..],
        &["-sha256"][..],
        &["-no_nonce", "-sha256"][..],
    ] {
        let text = judged(more);
        assert!(text.contains("Response verify OK"), "{more:?}: {text}");
        assert!(text.contains(": good"), "{more:?}: {text}");
    }
    let (staff, actor) = operator();
    fixture
        .gridpass
        .hold_enrollment(&staff, device.id, &words("looked into"), actor.clone())
        .unwrap();
    let text = judged(&["-no_nonce"]);
    assert!(text.contains("certificateHold"), "{text}");
    fixture
        .gridpass
        .release_enrollment(&staff, device.id, &words("fine"), actor)
        .unwrap();
    assert!(judged(&["-no_nonce"]).contains(": good"));
    revoke(&fixture, &device);
    for more in [&["-no_nonce"][..], &[][..]] {
        let text = judged(more);
        assert!(text.contains("Response verify OK"), "{text}");
        assert!(text.contains("keyCompromise"), "{text}");
    }
    assert!(ocsp(&fixture, &other, &[]).1.contains(": good"));
}

#[test]
fn a_responder_that_was_made_under_a_clock_that_ran_ahead_signs_nothing_before_its_time() {
    const AHEAD: u64 = 3 * 24 * 60 * 60;
    let fixture = Fixture::new();
    let device = enrol(&fixture, 1);
    fixture.clock.advance(AHEAD);
    assert!(ocsp(&fixture, &device, &[]).1.contains(": good"));
    fixture.clock.set_back(AHEAD);
    let (_, text) = ocsp(&fixture, &device, &[]);
    assert!(text.contains("Response verify OK"), "{text}");
    assert!(text.contains(": good"), "{text}");
}

#[test]
fn an_answer_without_a_nonce_is_kept_until_half_of_its_time_is_over() {
    let fixture = Fixture::new();
    let device = enrol(&fixture, 1);
    ocsp(&fixture, &device, &["-no_nonce"]);
    let request = std::fs::read(fixture.folder.path().join("request")).unwrap();
    let ask = || fixture.gridpass.answer_ocsp(&request);
    let first = ask();
    let (this_update, next_update) = first.good.unwrap();
    fixture.clock.advance(60);
    assert_eq!(ask(), first);
    fixture.clock.advance(next_update.since(this_update) / 2);
    assert_ne!(ask(), first);
    // The responder's certificate is renewed on the way.
    for _ in 0..20 {
        fixture.clock.advance(86_400);
        let text = ocsp(&fixture, &device, &["-no_nonce"]).1;
        assert!(text.contains("Response verify OK"), "{text}");
    }
}

#[test]
fn who_asks_for_nothing_that_is_known_is_told_so() {
    let fixture = Fixture::new();
    let device = enrol(&fixture, 1);
    let [_, issuer, root] = &device.files;
    let folder = fixture.folder.path();
    let request = folder.join("other");
    let ask = |issuer: &Path, more: &[&str]| {
        let mut ask = vec!["ocsp", "-issuer", path(issuer)];
        ask.extend(more);
        ask.extend(["-no_nonce", "-reqout", path(&request)]);
        assert!(openssl(&ask).0);
        fixture
            .gridpass
            .answer_ocsp(&std::fs::read(&request).unwrap())
    };
    let answer = ask(issuer, &["-serial", "0x4711"]);
    assert_eq!(answer.good, None, "not to be kept");
    let file = folder.join("unknown");
    std::fs::write(&file, &answer.der).unwrap();
    let (_, text) = openssl(&["ocsp", "-respin", path(&file), "-noverify", "-resp_text"]);
    assert!(text.contains("Cert Status: unknown"), "{text}");
    // An OCSPResponse of nothing but a status (RFC 6960, 4.2.1).
    let status = |code| vec![0x30, 3, 0x0a, 1, code];
    assert_eq!(
        ask(root, &["-serial", "0x4711"]).der,
        status(6),
        "unauthorized"
    );
    let malformed = |bytes: &[u8]| fixture.gridpass.answer_ocsp(bytes).der;
    assert_eq!(malformed(b""), status(1));
    assert_eq!(malformed(b"GET"), status(1));
    let several = ["-serial", "1"].repeat(17);
    assert_eq!(ask(issuer, &several).der, status(1), "too many at once");
    let several = ["-serial", "1"].repeat(16);
    assert!(ask(issuer, &several).der.len() > 100);
}

/// A request with a nonce of so many octets (RFC 9654, 2.1).
fn with_nonce(request: &[u8], length: usize) -> Vec<u8> {
    let wrap = |tag: u8, content: &[u8]| {
        let length = content.len();
        let mut whole = match length {
            0..0x80 => vec![tag, length as u8],
            0x80..0x100 => vec![tag, 0x81, length as u8],
            _ => vec![tag, 0x82, (length >> 8) as u8, length as u8],
        };
        whole.extend_from_slice(content);
        whole
    };
    let nonce = wrap(4, &wrap(4, &vec![7; length]));
    let oid = [6, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2];
    let extensions = wrap(0xa2, &wrap(0x30, &wrap(0x30, &[&oid[..], &nonce].concat())));
    // OCSPRequest { TBSRequest { list } }, all of them short.
    let list = &request[4..];
    wrap(0x30, &wrap(0x30, &[list, &extensions].concat()))
}

#[test]
fn a_nonce_has_1_to_128_octets_and_comes_back() {
    let fixture = Fixture::new();
    let device = enrol(&fixture, 1);
    ocsp(&fixture, &device, &["-no_nonce"]);
    let request = std::fs::read(fixture.folder.path().join("request")).unwrap();
    for length in [1, 15, 16, 32, 127, 128] {
        let answer = fixture.gridpass.answer_ocsp(&with_nonce(&request, length));
        let nonce = vec![7; length];
        let comes_back = answer.der.windows(length).any(|bytes| bytes == nonce);
        assert!(comes_back && answer.der.len() > 200, "{length}");
        assert_eq!(answer.good, None, "kept by nobody");
    }
    for length in [0, 129, 300] {
        let answer = fixture.gridpass.answer_ocsp(&with_nonce(&request, length));
        assert_eq!(answer.der, [0x30, 3, 0x0a, 1, 1], "{length}");
    }
}
