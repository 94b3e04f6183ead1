//! Certificates a second through each kind of CA, without the rest of an enrollment: built in,
//! by a key in a PKCS#11 token (SoftHSM), and over EST, if there is an EST server.
//!
//! Nothing is asserted but that every certificate is issued.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Parser;
use gridpass_bench::Failure;
use gridpass_bench::ledger::{Ledger, Unit};
use gridpass_bench::others;
use gridpass_protocol::{KeyAlgorithm, Origin};
use gridpass_provider::ca::testkit::Examination;
use gridpass_provider::ca::{
    CaKeyAlgorithm, CertificateAuthority, EstConfig, OfflineRoot, TokenConfig,
};
use gridpass_provider::{
    Actor, CaCeremony, CaConfig, Clock, Gridpass, InstallationConfig, Limits, ProviderId,
    SystemClock,
};
use gridpass_testing_softhsm::{self as softhsm, SoftHsm};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

/// How long, and with what.
#[derive(Debug, Parser)]
struct Options {
    /// Seconds for which each CA is asked.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// An EST server of github.com/globalsign/est; without one EST is left out.
    #[arg(long)]
    estserver: Option<PathBuf>,
    #[command(flatten)]
    ledger: Ledger,
    /// Where the token is: set for the process that measures.
    #[arg(long, hide = true)]
    folder: Option<PathBuf>,
}

fn main() -> Result<(), Failure> {
    let options = Options::parse();
    match &options.folder {
        Some(folder) => measure(&options, folder),
        None => with_token(),
    }
}

/// SoftHSM reads where its tokens are from the environment, so another process measures.
fn with_token() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let token = SoftHsm::make(folder.path())?;
    run(Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .arg("--folder")
        .arg(folder.path())
        .env(softhsm::VARIABLE, token.configuration()))
}

fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?} ended with {status}").into())
    }
}

fn measure(options: &Options, folder: &Path) -> Result<(), Failure> {
    let cores = std::thread::available_parallelism()?.get();
    println!("| CA | 1 thread, certificates a second | {cores} threads |");
    println!("|---|---:|---:|");
    for algorithm in [CaKeyAlgorithm::P256, CaKeyAlgorithm::Rsa3072] {
        let ca = CaConfig::Ceremony { token: None };
        let gridpass = by_ceremony(folder, &format!("database-{algorithm}"), ca, algorithm)?;
        report(&format!("built in, {algorithm}"), &gridpass, options, cores)?;
    }
    for algorithm in [CaKeyAlgorithm::P256, CaKeyAlgorithm::Rsa3072] {
        let token = TokenConfig {
            module: softhsm::module()?,
            token: softhsm::LABEL.into(),
            key_label: algorithm.to_string(),
            pin_file: Some(SoftHsm::at(folder).pin_file()),
            pin_variable: None,
        };
        let ca = CaConfig::Ceremony { token: Some(token) };
        let gridpass = by_ceremony(folder, &format!("token-{algorithm}"), ca, algorithm)?;
        report(
            &format!("token (SoftHSM), {algorithm}"),
            &gridpass,
            options,
            cores,
        )?;
    }
    if let Some(program) = &options.estserver {
        let upstream = Upstream::start(program, folder)?;
        let ca = CaConfig::Est(upstream.config.clone());
        let gridpass = Gridpass::open(config(folder, "est", ca)?, clock(), random())?;
        report("EST (estserver), p-256", &gridpass, options, cores)?;
    }
    Ok(())
}

fn report(name: &str, gridpass: &Gridpass, options: &Options, cores: usize) -> Result<(), Failure> {
    let authority = gridpass.authority(&provider()?).ok_or("no such provider")?;
    let alone = rate(&*authority, options, 1)?;
    let together = rate(&*authority, options, cores)?;
    println!("| {name} | {alone:.0} | {together:.0} |");
    for (threads, rate) in [("1 thread", alone), ("a thread a core", together)] {
        let name = format!("{name}, {threads}");
        options.ledger.note("ca", &name, rate, Unit::PerSecond)?;
    }
    Ok(())
}

/// Certificates a second.
fn rate(
    authority: &dyn CertificateAuthority,
    options: &Options,
    threads: usize,
) -> Result<f64, Failure> {
    let random = random();
    let candidate = Examination::new(SystemClock.now(), &*random)
        .candidate(KeyAlgorithm::Es256)
        .map_err(|error| error.to_string())?;
    authority.issue(&candidate.request())?;
    let done = AtomicUsize::new(0);
    let begun = Instant::now();
    let end = begun + Duration::from_secs(options.seconds);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    while Instant::now() < end {
                        authority.issue(&candidate.request())?;
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok::<_, gridpass_provider::ca::CaError>(())
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| {
            thread
                .join()
                .map_err(|_| "a thread panicked")?
                .map_err(Failure::from)
        })
    })?;
    Ok(done.into_inner() as f64 / begun.elapsed().as_secs_f64())
}

fn by_ceremony(
    folder: &Path,
    name: &str,
    ca: CaConfig,
    algorithm: CaKeyAlgorithm,
) -> Result<Gridpass, Failure> {
    let config = config(folder, name, ca)?;
    let (provider, random, now) = (provider()?, random(), SystemClock.now());
    let root = OfflineRoot::make("bench root", CaKeyAlgorithm::P256, 20, now, &*random)?;
    let ceremony = CaCeremony::open(config.clone(), clock(), random.clone())?;
    let operator = || Actor::operator("bench");
    let request = ceremony.request(&provider, algorithm, operator())?;
    let issuing = root.sign_intermediate(&request, 3650, now, &*random)?;
    ceremony.install(&provider, &[issuing, root.certificate_pem()?], operator())?;
    Ok(Gridpass::open(config, clock(), random)?)
}

fn config(folder: &Path, name: &str, ca: CaConfig) -> Result<InstallationConfig, Failure> {
    let mut demo: gridpass_provider::ProviderConfig =
        serde_json::from_value(serde_json::json!({ "id": "bench", "name": "Bench" }))?;
    demo.ca = ca;
    Ok(InstallationConfig {
        database: folder.join(format!("{name}.sqlite")).into(),
        key_file: folder.join(format!("{name}.key")),
        origin: Origin::parse("https://portal.gmec.example")?,
        providers: vec![demo],
        limits: Limits::default(),
    })
}

fn provider() -> Result<ProviderId, Failure> {
    Ok("bench".parse()?)
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// The same keys in every run.
fn random() -> Arc<dyn gridpass_provider::RandomSource> {
    Arc::new(Mutex::new(ChaCha20Rng::seed_from_u64(1)))
}

/// An EST server, and how Gridpass reaches it.
struct Upstream {
    _server: others::EstServer,
    config: EstConfig,
}

impl Upstream {
    fn start(program: &Path, folder: &Path) -> Result<Self, Failure> {
        others::make_authority(folder)?;
        let server = others::start_est_server(program, folder)?;
        let file = |name: &str| folder.join(name);
        Ok(Self {
            config: EstConfig {
                url: format!("{}/.well-known/est", server.origin),
                trust_anchors: file("root.pem"),
                tls_anchors: None,
                certificate: Some(file("client.pem")),
                key: Some(file("client.key")),
                username: None,
                password_file: None,
            },
            _server: server,
        })
    }
}
