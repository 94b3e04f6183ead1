//! Gridpass beside others that sign certificates, in one run on one machine, over as many connections, for the
//! same keys and requests: cfssl's sign endpoint over HTTP, and the EST server of globalsign/est over TLS.
//!
//! The others do less: neither has one-time passwords, sealed answers or an audit, and neither writes anything
//! down. Nothing is asserted but that every request is answered with a certificate.

mod others;

use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};
use clap::Parser;
use gridpass_bench::Failure;
use gridpass_bench::client::{self, Call, Outcome};
use gridpass_bench::device::{self, Device};
use gridpass_bench::ledger::{Ledger, Rate, Unit};
use gridpass_bench::others::make_authority;
use gridpass_bench::server::Server;
use gridpass_bench::tls::DeviceLine;
use gridpass_protocol::Directory;

use crate::others::{Cfssl, EstServer};

/// How much, how wide, beside whom.
#[derive(Debug, Parser)]
struct Options {
    /// The release binary of the server.
    #[arg(long, default_value = "target/release/gridpass")]
    server: PathBuf,
    /// The built site.
    #[arg(long, default_value = "target/site/pkg")]
    site: PathBuf,
    /// cfssl; without it its part is left out.
    #[arg(long)]
    cfssl: Option<PathBuf>,
    /// An EST server of github.com/globalsign/est; without one its part is left out.
    #[arg(long)]
    estserver: Option<PathBuf>,
    /// Certificates from each.
    #[arg(long, default_value_t = 10_000)]
    certificates: usize,
    /// Open connections, each with one request at a time.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    #[command(flatten)]
    ledger: Ledger,
}

/// What the figures go by.
const BENCH: &str = "beside";
/// Certificates a second that one EJBCA issues, as its makers said: 20 to 200, "depending on your
/// configuration" (T. Gustavsson, ejbca-develop, 22 January 2014); its documentation of today says tens, up to
/// hundreds ("Maximizing Performance").
const EJBCA: f64 = 200.0;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let folder = tempfile::tempdir_in("target")?;
    let mut table = Table::new(&options.ledger);

    let portal = Portal::start(&options, folder.path()).await?;
    let all = portal.devices(2 * options.certificates).await?;
    // A one-time password is good once: half of the devices confirm, and the others' requests go to everybody.
    let (confirming, devices) = all.split_at(options.certificates);
    let address = portal.server.address();
    let confirmed = device::confirm_all(address, confirming, options.connections).await?;
    table.row("Gridpass, confirmation over HTTP", &confirmed)?;
    let enrolled = portal.simple_enroll(devices, &options).await?;
    table.row("Gridpass, EST simpleenroll over TLS", &enrolled)?;
    drop(portal);

    make_authority(folder.path())?;
    match &options.cfssl {
        Some(program) => {
            let cfssl = Cfssl::start(program, folder.path())?;
            let signed = cfssl.sign(devices, &options).await?;
            let row = table.row("cfssl, sign over HTTP", &signed)?;
            table.ratio("Gridpass to cfssl, over HTTP", &confirmed, row)?;
        }
        None => println!("| cfssl: not here, left out | | | | |"),
    }
    match &options.estserver {
        Some(program) => {
            let server = EstServer::start(program, folder.path())?;
            let enrolled_there = server.simple_enroll(devices, &options).await?;
            let row = table.row("estserver, EST simpleenroll over TLS", &enrolled_there)?;
            table.ratio("Gridpass to estserver, EST over TLS", &enrolled, row)?;
        }
        None => println!("| estserver: not here, left out | | | | |"),
    }
    println!("| EJBCA, as published: at most | | {EJBCA:.0} | | |");
    let to_ejbca = Rate::of(&confirmed).per_second / EJBCA;
    options.ledger.note(
        BENCH,
        "Gridpass to EJBCA as published",
        to_ejbca,
        Unit::Plain,
    )?;
    table.close(to_ejbca);
    Ok(())
}

/// Prints and notes what each does, and keeps the ratios for the end.
struct Table<'a> {
    ledger: &'a Ledger,
    ratios: Vec<(&'static str, f64)>,
}

impl<'a> Table<'a> {
    fn new(ledger: &'a Ledger) -> Self {
        println!("| who | certificates | a second | p50 ms | p99 ms |\n|---|---:|---:|---:|---:|");
        Self {
            ledger,
            ratios: Vec::new(),
        }
    }

    fn row(&self, name: &str, outcome: &Outcome) -> Result<f64, Failure> {
        if outcome.errors > 0 {
            return Err(format!("{name}: {} were refused", outcome.errors).into());
        }
        let rate = Rate::of(outcome);
        println!(
            "| {name} | {} | {:.0} | {:.1} | {:.1} |",
            outcome.latencies.len(),
            rate.per_second,
            rate.p50_ms,
            rate.p99_ms
        );
        self.ledger.note_run(BENCH, name, &rate)?;
        Ok(rate.per_second)
    }

    fn ratio(&mut self, name: &'static str, ours: &Outcome, theirs: f64) -> Result<(), Failure> {
        let ratio = Rate::of(ours).per_second / theirs;
        self.ratios.push((name, ratio));
        self.ledger.note(BENCH, name, ratio, Unit::Plain)
    }

    fn close(&self, to_ejbca: f64) {
        println!("\n| ratio | |\n|---|---:|");
        for (name, ratio) in &self.ratios {
            println!("| {name} | {ratio:.2} |");
        }
        println!("| Gridpass to EJBCA as published | {to_ejbca:.2} |");
    }
}

/// A server of ours.
struct Portal {
    server: Server,
    token: String,
    directory: Directory,
}

impl Portal {
    async fn start(options: &Options, folder: &Path) -> Result<Self, Failure> {
        let site = options.site.to_str().ok_or("a strange folder")?;
        let settings = [("GRIDPASS_SITE__PKG", site)];
        let server = Server::start(&options.server, folder, &settings).await?;
        let directory = client::get(server.address(), "/.well-known/gridpass").await?;
        Ok(Self {
            token: server.api_token()?,
            directory: serde_json::from_slice(&directory)?,
            server,
        })
    }

    /// Devices that have a label each, with their confirmations.
    async fn devices(&self, count: usize) -> Result<Vec<Device>, Failure> {
        let registrations = device::registrations(count, &self.token);
        let registered = client::run(self.server.address(), registrations, 32).await?;
        if registered.errors > 0 {
            return Err(format!("{} registrations were refused", registered.errors).into());
        }
        let directory = serde_json::to_vec(&self.directory)?;
        device::confirmations(&registered.answers, &directory)
    }

    async fn simple_enroll(
        &self,
        devices: &[Device],
        options: &Options,
    ) -> Result<Outcome, Failure> {
        let entry = self.directory.providers.first().ok_or("no provider")?;
        let line = DeviceLine::of(entry)?;
        let calls = devices
            .iter()
            .map(|device| {
                let mut call = simple_enroll("/.well-known/est/demo", device);
                call.headers.push(("authorization", device.authorization()));
                call
            })
            .collect();
        let mut senders = Vec::with_capacity(options.connections);
        for _ in 0..options.connections {
            senders.push(line.open(None).await?);
        }
        client::run_on(senders, line.host(), calls).await
    }
}

/// RFC 7030, 4.2.1.
fn simple_enroll(base: &str, device: &Device) -> Call {
    Call {
        path: format!("{base}/simpleenroll"),
        headers: vec![
            ("content-type", "application/pkcs10".into()),
            ("content-transfer-encoding", "base64".into()),
        ],
        body: Base64::encode_string(device.csr()).into(),
    }
}
