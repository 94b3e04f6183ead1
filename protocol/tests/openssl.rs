//! What this crate makes, judged by the openssl command line.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use gridpass_protocol::{CsrContent, DeviceKey, KeyAlgorithm, TemporaryId, csr::Csr, pkcs12};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use tempfile::TempDir;

fn openssl(folder: &Path, arguments: &[&str]) -> Output {
    Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .env("LC_ALL", "C")
        .output()
        .expect("openssl is installed: Debian package openssl")
}

/// What openssl says to its error output and its output, if it succeeds.
fn accepted(folder: &Path, arguments: &[&str]) -> String {
    let output = openssl(folder, arguments);
    let text = [output.stderr, output.stdout].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "openssl {arguments:?}: {text}");
    text
}

fn content() -> CsrContent {
    CsrContent {
        country: Some("US".into()),
        state: Some("Vermont".into()),
        locality: Some("Montpelier".into()),
        organization: Some("Green Mountain Electric Coop".into()),
        unit: Some("Demand Réponse".into()),
        email: Some("enroll@gmec.example".into()),
    }
}

#[test]
fn openssl_verifies_every_request() {
    let folder = TempDir::new().unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let temporary_id = TemporaryId::make(&mut rng);
    for algorithm in KeyAlgorithm::ALL {
        let key = DeviceKey::make(&mut rng, algorithm).unwrap();
        let csr = key.csr(&content(), &temporary_id, &mut rng).unwrap();
        fs::write(folder.path().join("csr"), csr).unwrap();
        let arguments = [
            "req", "-verify", "-inform", "DER", "-in", "csr", "-noout", "-text",
        ];
        let text = accepted(
            folder.path(),
            &[&arguments[..], &["-nameopt", "RFC2253,utf8,-esc_msb"]].concat(),
        );
        assert!(text.contains("verify OK"), "{text}");
        let subject = format!(
            "Subject: CN={temporary_id},OU=Demand Réponse,O=Green Mountain Electric Coop,L=Montpelier,ST=Vermont,C=US"
        );
        assert!(text.contains(&subject), "{text}");
        assert!(text.contains("email:enroll@gmec.example"), "{text}");
        let bits = match algorithm {
            KeyAlgorithm::Es256 => "(256 bit)",
            KeyAlgorithm::Rs2048 => "(2048 bit)",
            KeyAlgorithm::Rs3072 => "(3072 bit)",
        };
        assert!(text.contains(bits), "{text}");
    }
}

#[test]
fn requests_by_openssl_are_read() {
    let folder = TempDir::new().unwrap();
    for (new_key, algorithm) in [
        (
            &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"][..],
            KeyAlgorithm::Es256,
        ),
        (&["-newkey", "rsa:2048"][..], KeyAlgorithm::Rs2048),
        (&["-newkey", "rsa:3072"][..], KeyAlgorithm::Rs3072),
    ] {
        let request = [
            "req", "-new", "-nodes", "-keyout", "key", "-outform", "DER", "-out", "csr",
        ];
        accepted(
            folder.path(),
            &[&request[..], &["-subj", "/C=US/CN=x", "-sha256"], new_key].concat(),
        );
        let csr = Csr::parse(&fs::read(folder.path().join("csr")).unwrap()).unwrap();
        assert_eq!(csr.algorithm(), algorithm);

        accepted(
            folder.path(),
            &[
                "pkcs8", "-topk8", "-nocrypt", "-in", "key", "-outform", "DER", "-out", "p8",
            ],
        );
        let key = DeviceKey::from_pkcs8(&fs::read(folder.path().join("p8")).unwrap()).unwrap();
        assert_eq!(key.spki_der(), csr.spki_der());
    }
}

#[test]
fn requests_of_other_keys_by_openssl_are_refused() {
    let folder = TempDir::new().unwrap();
    for new_key in [
        &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"][..],
        &["-newkey", "ed25519"],
        &["-newkey", "rsa:1024"],
        &["-newkey", "rsa:2048", "-pkeyopt", "rsa_keygen_pubexp:3"],
    ] {
        let request = [
            "req", "-new", "-nodes", "-keyout", "key", "-outform", "DER", "-out", "csr",
        ];
        accepted(
            folder.path(),
            &[&request[..], &["-subj", "/CN=x"], new_key].concat(),
        );
        let csr = fs::read(folder.path().join("csr")).unwrap();
        assert_eq!(
            Csr::parse(&csr).err().map(|error| error.reason()),
            Some("key-kind"),
            "{new_key:?}"
        );
    }
}

#[test]
fn openssl_opens_a_pkcs12_file() {
    let folder = TempDir::new().unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    for algorithm in [KeyAlgorithm::Es256, KeyAlgorithm::Rs2048] {
        let key = DeviceKey::make(&mut rng, algorithm).unwrap();
        fs::write(folder.path().join("p8"), key.to_pkcs8()).unwrap();
        for name in ["certificate", "issuer"] {
            let subject = format!("/CN={name}");
            let arguments = [
                "req", "-x509", "-key", "p8", "-keyform", "DER", "-outform", "DER",
            ];
            accepted(
                folder.path(),
                &[&arguments[..], &["-subj", &subject, "-out", name]].concat(),
            );
        }
        let read = |name| fs::read(folder.path().join(name)).unwrap();
        let chain = [read("issuer")];
        let file = pkcs12::make(
            &key,
            &read("certificate"),
            &chain,
            "Wärmepumpe",
            "pass wörd",
            &mut rng,
        )
        .unwrap();
        fs::write(folder.path().join("p12"), file).unwrap();

        let open = ["pkcs12", "-in", "p12", "-nodes", "-info", "-password"];
        let text = accepted(folder.path(), &[&open[..], &["pass:pass wörd"]].concat());
        for part in [
            "MAC: sha256, Iteration 50000",
            "PBES2, PBKDF2, AES-256-CBC, Iteration 50000, PRF hmacWithSHA256",
            "subject=CN = certificate",
            "subject=CN = issuer",
            "friendlyName: W",
            "localKeyID",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let (_, pem) = text.split_once("-----BEGIN PRIVATE KEY-----").unwrap();
        let (pem, _) = pem.split_once("-----END PRIVATE KEY-----").unwrap();
        let own = DeviceKey::from_pkcs8(&base64_of_lines(pem)).unwrap();
        assert_eq!(own.spki_der(), key.spki_der());

        let wrong = openssl(folder.path(), &[&open[..], &["pass:password"]].concat());
        assert!(!wrong.status.success());
    }
}

fn base64_of_lines(pem: &str) -> Vec<u8> {
    use base64ct::{Base64, Encoding};
    Base64::decode_vec(&pem.split_whitespace().collect::<String>()).unwrap()
}
