//! Another CA behind the installation, over EST: its answers, as a server of this test gives
//! them. The CA itself is openssl.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use base64ct::{Base64, Encoding};
use gridpass_protocol::{KeyAlgorithm, certificate::verify_issued_by};
use gridpass_provider::{CaConfig, Clock, FixedClock, Gridpass, SystemClock, ca::EstConfig};
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};

use crate::{
    ceremony::examine,
    fixture::{DEVICE_ID, Device, Fixture, Folder, config, random},
};

/// What the server answers to the next request for a certificate.
#[derive(Clone, Copy, Debug)]
enum Next {
    Issue,
    Later,
    Busy,
    NotAllowed,
    /// The certificate of another request.
    Another,
    Garbage,
}

/// A CA of openssl's in a folder, and an EST server before it.
struct Upstream {
    folder: PathBuf,
    port: u16,
    next: Arc<Mutex<Vec<Next>>>,
}

fn openssl(folder: &Path, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    output.stdout
}

/// Root, server and registration authority.
fn make_authority(folder: &Path) {
    const P256: &str = "ec:p256.pem";
    openssl(
        folder,
        &["ecparam", "-name", "prime256v1", "-out", "p256.pem"],
        b"",
    );
    openssl(
        folder,
        &[
            "req",
            "-x509",
            "-newkey",
            P256,
            "-nodes",
            "-keyout",
            "root.key",
            "-out",
            "root.pem",
            "-subj",
            "/CN=upstream root",
            "-days",
            "3650",
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign",
        ],
        b"",
    );
    for (name, extensions) in [
        (
            "server",
            "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n",
        ),
        ("ra", "extendedKeyUsage=clientAuth\n"),
    ] {
        let (key, subject) = (format!("{name}.key"), format!("/CN={name}"));
        let request = openssl(
            folder,
            &[
                "req", "-newkey", P256, "-nodes", "-keyout", &key, "-subj", &subject,
            ],
            b"",
        );
        fs::write(folder.join("extensions"), extensions).unwrap();
        let certificate = certify(folder, &request, "PEM");
        fs::write(folder.join(format!("{name}.pem")), certificate).unwrap();
    }
    fs::write(
        folder.join("extensions"),
        "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n",
    )
    .unwrap();
}

fn certify(folder: &Path, request: &[u8], form: &str) -> Vec<u8> {
    let arguments = [
        "x509",
        "-req",
        "-inform",
        form,
        "-CA",
        "root.pem",
        "-CAkey",
        "root.key",
        "-days",
        "300",
        "-extfile",
        "extensions",
    ];
    openssl(folder, &arguments, request)
}

impl Upstream {
    fn start(folder: &Path) -> Self {
        make_authority(folder);
        let provider = Arc::new(aws_lc_rs::default_provider());
        let pem = |name: &str| CertificateDer::from_pem_file(folder.join(name)).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(pem("root.pem")).unwrap();
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .build()
                .unwrap();
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(
                vec![pem("server.pem")],
                PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap(),
            )
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let upstream = Self {
            folder: folder.to_owned(),
            port: listener.local_addr().unwrap().port(),
            next: Arc::default(),
        };
        let (folder, next) = (upstream.folder.clone(), Arc::clone(&upstream.next));
        let tls = Arc::new(tls);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(Arc::clone(&tls)).unwrap();
                let mut stream = StreamOwned::new(connection, stream.unwrap());
                // A client that hangs up is no fault of the server.
                let _ = serve(&mut stream, &folder, &next);
            }
        });
        upstream
    }

    fn will(&self, next: Next) {
        self.next.lock().unwrap().push(next);
    }

    fn fixture(&self, change: impl FnOnce(&mut EstConfig)) -> Fixture {
        let folder = Folder::new();
        let mut config = config(&folder);
        let file = |name: &str| self.folder.join(name);
        let mut est = EstConfig {
            url: format!("https://127.0.0.1:{}/.well-known/est", self.port),
            trust_anchors: file("root.pem"),
            tls_anchors: None,
            certificate: Some(file("ra.pem")),
            key: Some(file("ra.key")),
            username: None,
            password_file: None,
        };
        change(&mut est);
        config.providers[0].ca = CaConfig::Est(est);
        // Certificates of openssl begin when they are made, by the machine's clock.
        let clock = Arc::new(FixedClock::new(SystemClock.now()));
        let gridpass = Gridpass::open(config.clone(), clock.clone(), random(1)).unwrap();
        Fixture {
            gridpass,
            clock,
            config,
            folder,
        }
    }
}

fn serve(
    stream: &mut StreamOwned<ServerConnection, TcpStream>,
    folder: &Path,
    next: &Mutex<Vec<Next>>,
) -> std::io::Result<()> {
    let (head, body) = read_request(stream)?;
    let answer = |status: &str, headers: &str, body: &[u8]| {
        let text = Base64::encode_string(body);
        format!(
            "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{text}",
            text.len()
        )
    };
    let issued = |request: &[u8]| {
        fs::write(folder.join("issued.pem"), certify(folder, request, "DER")).unwrap();
        pkcs7(folder, "issued.pem")
    };
    let text = if head.starts_with("GET /.well-known/est/cacerts ") {
        answer("200 OK", "", &pkcs7(folder, "root.pem"))
    } else {
        assert!(
            head.starts_with("POST /.well-known/est/simpleenroll "),
            "{head}"
        );
        let csr = Base64::decode_vec(&body).unwrap();
        let first = next.lock().unwrap().pop();
        match first.unwrap_or(Next::Issue) {
            Next::Issue => answer("200 OK", "", &issued(&csr)),
            Next::Later => answer("202 Accepted", "Retry-After: 77\r\n", b""),
            Next::Busy => answer("503 Service Unavailable", "Retry-After: 5\r\n", b""),
            Next::NotAllowed => answer("401 Unauthorized", "", b""),
            Next::Another => {
                let arguments = [
                    "req", "-new", "-key", "ra.key", "-subj", "/CN=x", "-outform", "DER",
                ];
                answer("200 OK", "", &issued(&openssl(folder, &arguments, b"")))
            }
            Next::Garbage => answer("200 OK", "", b"no certificate"),
        }
    };
    stream.write_all(text.as_bytes())?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn pkcs7(folder: &Path, file: &str) -> Vec<u8> {
    let arguments = ["crl2pkcs7", "-nocrl", "-certfile", file, "-outform", "DER"];
    openssl(folder, &arguments, b"")
}

/// Head and body of an HTTP request.
fn read_request(stream: &mut impl Read) -> std::io::Result<(String, String)> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length: ")?
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            if body.len() >= length {
                return Ok((head.to_owned(), body.to_owned()));
            }
        }
        let length = stream.read(&mut piece)?;
        if length == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&piece[..length]);
    }
}

#[test]
fn devices_of_every_kind_of_key_get_certificates_of_the_upstream_ca() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::start(folder.path());
    let fixture = upstream.fixture(|_| {});
    for (seed, algorithm) in KeyAlgorithm::ALL.into_iter().enumerate() {
        let device_id = format!("SN-4711-200{seed}");
        let registered = fixture
            .try_register("1001", &device_id, |registration| {
                registration.key_algorithm = Some(algorithm);
            })
            .unwrap();
        let device = Device::new(seed as u64, &registered.link, &device_id);
        // openssl certifies by the machine's clock, which went on while an RSA key was made.
        let behind = SystemClock.now().since(fixture.gridpass.clock_now());
        fixture.clock.advance(behind);
        let issuance = fixture.confirm(&device).unwrap();
        assert_eq!(issuance.chain.len(), 1, "the root issues itself");
        let later = fixture.gridpass.clock_now().plus(300);
        verify_issued_by(&issuance.certificate, &issuance.chain[0], later).unwrap();
        let again = fixture.confirm(&device).unwrap();
        assert_eq!(again.chain, issuance.chain);
    }
    let published = fixture.gridpass.directory(None).providers[0]
        .certificates
        .clone();
    let root = fs::read_to_string(folder.path().join("root.pem")).unwrap();
    assert!(published.iter().any(|pem| pem.trim() == root.trim()));
}

#[test]
fn it_passes_the_examination() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::start(folder.path());
    examine(&upstream.fixture(|_| {}));
}

#[test]
fn whatever_else_the_upstream_ca_answers_spends_no_otp() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::start(folder.path());
    let fixture = upstream.fixture(|_| {});
    let registered = fixture.register(DEVICE_ID);
    let device = Device::new(1, &registered.link, DEVICE_ID);
    for (next, retry_after) in [
        (Next::Later, 77),
        (Next::Busy, 5),
        (Next::NotAllowed, 30),
        (Next::Another, 30),
        (Next::Garbage, 30),
    ] {
        upstream.will(next);
        let problem = fixture.confirm(&device).unwrap_err().problem();
        assert_eq!(problem.name.as_str(), "ca-unavailable", "{next:?}");
        assert_eq!(problem.retry_after, Some(retry_after), "{next:?}");
    }
    fixture.confirm(&device).unwrap();
}

#[test]
fn a_ca_of_another_root_or_that_is_gone_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::start(folder.path());
    let elsewhere = tempfile::tempdir().unwrap();
    make_authority(elsewhere.path());
    let foreign = elsewhere.path().join("root.pem");
    let right = folder.path().join("root.pem");
    type Change = Box<dyn FnOnce(&mut EstConfig)>;
    let changes: [Change; 3] = [
        {
            let foreign = foreign.clone();
            Box::new(move |est| est.trust_anchors = foreign)
        },
        Box::new(move |est| {
            est.trust_anchors = foreign;
            est.tls_anchors = Some(right);
        }),
        Box::new(|est| est.url = "https://127.0.0.1:1/.well-known/est".into()),
    ];
    for change in changes {
        let fixture = upstream.fixture(change);
        let registered = fixture.register(DEVICE_ID);
        let device = Device::new(1, &registered.link, DEVICE_ID);
        let problem = fixture.confirm(&device).unwrap_err().problem();
        assert_eq!(problem.name.as_str(), "ca-unavailable");
    }
}
