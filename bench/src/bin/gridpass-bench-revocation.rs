//! How quick it is told what is revoked: a revocation list of 50,000 of a million certificates, and
//! OCSP answers about certificates drawn at random among them. In-process, without HTTP.
//!
//! Nothing is asserted but that every answer is one.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Parser;
use gridpass_bench::Failure;
use gridpass_bench::ledger::{Ledger, Unit};
use gridpass_protocol::directory::certificate_from_pem;
use gridpass_protocol::{KeyId, Origin};
use gridpass_provider::{Clock as _, Gridpass, InstallationConfig, Limits, SystemClock};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use rusqlite::{Connection, params};

/// How much.
#[derive(Debug, Parser)]
struct Options {
    /// Certificates in the database.
    #[arg(long, default_value_t = 1_000_000)]
    certificates: usize,
    /// How many of them are revoked.
    #[arg(long, default_value_t = 50_000)]
    revoked: usize,
    /// Seconds for which each kind of question is asked.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    #[command(flatten)]
    ledger: Ledger,
}

type Serial = [u8; 16];

/// Days that every certificate still has.
const LEFT: u64 = 398 * 24 * 60 * 60;
/// About the size of a device's certificate.
const CERTIFICATE: [u8; 700] = [0x30; 700];

fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let folder = tempfile::tempdir_in("target")?;
    let gridpass = open(folder.path())?;
    gridpass.publish_due_lists()?;
    let issuing = issuing_certificate(&gridpass)?;
    eprintln!("writing {} certificates …", options.certificates);
    let serials = seed(folder.path(), &issuing, &options)?;

    let started = Instant::now();
    let made = gridpass.publish_due_lists()?;
    let took = started.elapsed();
    let bytes: i64 = Connection::open(database(folder.path()))?.query_row(
        "SELECT max(length(list)) FROM revocation_lists",
        [],
        |row| row.get(0),
    )?;
    println!("| revocation list | |\n|---|---:|");
    println!("| certificates | {} |", options.certificates);
    println!("| revoked | {} |", options.revoked);
    println!("| lists made | {made} |");
    println!(
        "| read, made, signed and kept in | {} ms |",
        took.as_millis()
    );
    println!("| size | {} kB |\n", bytes / 1000);
    let note = |name: &str, value, unit| options.ledger.note("revocation", name, value, unit);
    note("list made", took.as_secs_f64() * 1e3, Unit::Milliseconds)?;
    note("list", bytes as f64, Unit::Bytes)?;

    let with_nonce = Question::new(folder.path(), &issuing, &serials[0], Nonce::With)?;
    let without = Question::new(folder.path(), &issuing, &serials[0], Nonce::Without)?;
    let few = &serials[..serials.len().min(1000)];
    let cores = std::thread::available_parallelism()?.get();
    println!("| OCSP answers a second, {cores} threads | |\n|---|---:|");
    for (name, question, among) in [
        ("with a nonce: each signed anew", &with_nonce, &serials[..]),
        ("without, among all", &without, &serials[..]),
        ("without, the same 1,000 again and again", &without, few),
    ] {
        let answers = ask(&gridpass, question, among, &options, cores)?;
        println!("| {name} | {answers:.0} |");
        note(&format!("OCSP, {name}"), answers, Unit::PerSecond)?;
    }
    Ok(())
}

fn database(folder: &Path) -> std::path::PathBuf {
    folder.join("gridpass.sqlite")
}

fn open(folder: &Path) -> Result<Gridpass, Failure> {
    let provider = serde_json::json!({ "id": "demo", "name": "Green Mountain Electric Coop" });
    let config = InstallationConfig {
        database: database(folder).into(),
        key_file: folder.join("gridpass.key"),
        origin: Origin::parse("https://portal.gmec.example")?,
        providers: vec![serde_json::from_value(provider)?],
        limits: Limits::default(),
    };
    let random = Arc::new(Mutex::new(ChaCha20Rng::seed_from_u64(1)));
    Ok(Gridpass::open(config, Arc::new(SystemClock), random)?)
}

/// The directory lists the root first, then what issues.
fn issuing_certificate(gridpass: &Gridpass) -> Result<Vec<u8>, Failure> {
    let directory = gridpass.directory(None);
    let issuing = directory
        .providers
        .first()
        .and_then(|entry| entry.certificates.get(1));
    Ok(certificate_from_pem(
        issuing.ok_or("no issuing certificate")?,
    )?)
}

/// Rows of certificates and revocations alone, straight into the database: enrollments and keys
/// are not read for what is measured.
fn seed(folder: &Path, issuing: &[u8], options: &Options) -> Result<Vec<Serial>, Failure> {
    let issuer = *KeyId::of_certificate(issuing).as_bytes();
    let now = SystemClock.now();
    let (now, until) = (i64::try_from(now.0)?, i64::try_from(now.plus(LEFT).0)?);
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let mut connection = Connection::open(database(folder))?;
    connection.pragma_update(None, "foreign_keys", "OFF")?;
    let transaction = connection.transaction()?;
    let mut serials = Vec::with_capacity(options.certificates);
    {
        let mut certificate = transaction.prepare(
            "INSERT INTO certificates
                 (serial, provider_id, enrollment_id, spki_hash, csr_hash, certificate, fingerprint,
                  ven_fingerprint, issuer, crl_shard, not_after, made_at)
             VALUES (?1, 'demo', ?1, ?2, ?2, ?3, ?2, ?1, ?4, 0, ?5, ?6)",
        )?;
        let mut revocation = transaction.prepare(
            "INSERT INTO revocations
                 (provider_id, serial, issuer, crl_shard, revoked_at, not_after, reason, code,
                  by_actor, note)
             VALUES ('demo', ?1, ?2, 0, ?3, ?4, 'lost', 1, 'system', '')",
        )?;
        for number in 0..options.certificates {
            let mut hash = [0; 32];
            rng.fill_bytes(&mut hash);
            let mut serial: Serial = [0; 16];
            serial.copy_from_slice(&hash[..16]);
            // Positive, and no leading zero.
            serial[0] = 0x40 | (serial[0] & 0x3f);
            certificate.execute(params![serial, hash, CERTIFICATE, issuer, until, now])?;
            // Spread evenly.
            if number * options.revoked / options.certificates
                != (number + 1) * options.revoked / options.certificates
            {
                revocation.execute(params![serial, issuer, now, until])?;
            }
            serials.push(serial);
        }
    }
    transaction.execute(
        "INSERT INTO revocation_changes (provider_id, issuer, crl_shard, changes)
         VALUES ('demo', ?1, 0, 1)
         ON CONFLICT (provider_id, issuer, crl_shard) DO UPDATE SET changes = changes + 1",
        [issuer],
    )?;
    transaction.commit()?;
    Ok(serials)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Nonce {
    With,
    Without,
}

/// An `OCSPRequest` of openssl's, in which the serial number can be replaced.
struct Question {
    request: Vec<u8>,
    /// Where the serial number is.
    place: usize,
}

impl Question {
    fn new(folder: &Path, issuing: &[u8], serial: &Serial, nonce: Nonce) -> Result<Self, Failure> {
        let (certificate, request) = (folder.join("issuing.der"), folder.join("request.der"));
        let pem = folder.join("issuing.pem");
        std::fs::write(&certificate, issuing)?;
        let convert = ["x509", "-inform", "DER", "-in"];
        openssl(
            Command::new("openssl")
                .args(convert)
                .arg(&certificate)
                .arg("-out")
                .arg(&pem),
        )?;
        let digits: String = serial.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut ask = Command::new("openssl");
        ask.args(["ocsp", "-issuer"]).arg(&pem);
        ask.arg("-serial").arg(format!("0x{digits}"));
        ask.arg(match nonce {
            Nonce::With => "-nonce",
            Nonce::Without => "-no_nonce",
        });
        openssl(ask.arg("-reqout").arg(&request))?;
        let request = std::fs::read(&request)?;
        let place = request
            .windows(serial.len())
            .position(|window| window == serial)
            .ok_or("the request names another certificate")?;
        Ok(Self { request, place })
    }

    fn about(&self, serial: &Serial) -> Vec<u8> {
        let mut request = self.request.clone();
        request[self.place..self.place + serial.len()].copy_from_slice(serial);
        request
    }
}

fn openssl(command: &mut Command) -> Result<(), Failure> {
    let output = command.output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}

/// Answers a second, each about a certificate drawn at random.
fn ask(
    gridpass: &Gridpass,
    question: &Question,
    among: &[Serial],
    options: &Options,
    threads: usize,
) -> Result<f64, Failure> {
    let answered = AtomicUsize::new(0);
    let started = Instant::now();
    let end = started + Duration::from_secs(options.seconds);
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..threads)
            .map(|thread| {
                let answered = &answered;
                scope.spawn(move || {
                    let mut rng = ChaCha20Rng::seed_from_u64(3 + thread as u64);
                    while Instant::now() < end {
                        let drawn = rng.next_u64() as usize % among.len();
                        let answer = gridpass.answer_ocsp(&question.about(&among[drawn]));
                        // A refusal is a dozen bytes.
                        if answer.der.len() < 100 {
                            return Err(format!("refused: {:?}", answer.der));
                        }
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
            .collect();
        asking
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| "a thread panicked".to_owned())?)
    })?;
    Ok(answered.into_inner() as f64 / started.elapsed().as_secs_f64())
}
