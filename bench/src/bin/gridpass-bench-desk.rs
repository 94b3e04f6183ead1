//! How quick the desk is when there is much: a server on a database of a million enrollments, its
//! pages asked for over HTTP one after the other, and files of registrations and of customers worked
//! off.
//!
//! Everything is measured as a browser would see it, with rendering. Nothing is asserted.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Parser;
use gridpass_bench::client::{self, Call, connect};
use gridpass_bench::ledger::{Ledger, Unit};
use gridpass_bench::server::Server;
use gridpass_bench::staff::operator;
use gridpass_bench::{Failure, device};
use gridpass_protocol::{Origin, TemporaryId};
use gridpass_provider::{
    Actor, Channel, Clock as _, EnrollmentId, Gridpass, InstallationConfig, Limits, Registration,
    SystemClock,
};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper::{Request, StatusCode};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use rusqlite::{Connection, params};

/// How much.
#[derive(Debug, Parser)]
struct Options {
    /// The release binary of the server.
    #[arg(long, default_value = "target/release/gridpass")]
    server: PathBuf,
    /// The built site.
    #[arg(long, default_value = "target/site/pkg")]
    site: PathBuf,
    /// Enrollments in the database, five an account.
    #[arg(long, default_value_t = 1_000_000)]
    enrollments: u32,
    /// How often each page is asked for.
    #[arg(long, default_value_t = 1000)]
    calls: usize,
    /// Registrations in the file that is worked off; 0 for none.
    #[arg(long, default_value_t = 100_000)]
    import: usize,
    /// Customers in the table that is worked off; 0 for none.
    #[arg(long, default_value_t = 200_000)]
    customers: usize,
    /// Where the database is made; by default in a folder that is removed afterwards.
    #[arg(long)]
    folder: Option<PathBuf>,
    #[command(flatten)]
    ledger: Ledger,
}

/// What the figures go by.
const BENCH: &str = "desk";

/// Real registrations among the others, to be searched for.
const KNOWN: usize = 200;
/// On every page of somebody who is signed in at the desk.
const SIGNED_IN: &[u8] = b"/staff/security";
/// What separates the parts of a form.
const BOUNDARY: &str = "gridpass-bench";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let temporary = tempfile::tempdir_in("target")?;
    let folder = options.folder.as_deref().unwrap_or(temporary.path());
    let desk = prepare(folder, &options)?;
    let site = options.site.to_str().ok_or("a strange folder")?;
    let server = Server::start(&options.server, folder, &[("GRIDPASS_SITE__PKG", site)]).await?;
    let mut browser = Visit {
        sender: connect(server.address()).await?,
        server: &server,
        cookie: desk.cookie,
        ledger: options.ledger.clone(),
    };
    println!("| page | calls | p50 ms | p99 ms | max ms |\n|---|---:|---:|---:|---:|");
    for (name, addresses) in &desk.addresses {
        browser.measure(name, addresses, options.calls).await?;
    }
    if options.import > 0 {
        let mut file = "account,device_id\n".to_owned();
        for number in 0..options.import {
            file.push_str(&format!("B-{},IMP-{number:010}\n", number % 1000 + 1));
        }
        browser
            .work_off("registrations", "/staff/jobs/upload", &file, folder)
            .await?;
    }
    if options.customers > 0 {
        let mut table = "number,name,email,address_line_1,postal_code,city,country\n".to_owned();
        for number in 0..options.customers {
            table.push_str(&format!(
                "C-{number},Cleo Clark {number},c{number}@customers.example,{number} Oak St,05602,\
                 Montpelier,US\n"
            ));
        }
        browser
            .work_off("customers", "/staff/customers/import", &table, folder)
            .await?;
    }
    Ok(())
}

/// What is asked for, and as whom.
struct Desk {
    cookie: String,
    addresses: Vec<(&'static str, Vec<String>)>,
}

/// Makes the database, and somebody of the staff who is signed in.
fn prepare(folder: &Path, options: &Options) -> Result<Desk, Failure> {
    let gridpass = open(folder)?;
    eprintln!("seeding {} enrollments …", options.enrollments);
    seed(&folder.join("gridpass.sqlite"), options.enrollments)?;
    let known = (0..KNOWN)
        .map(|number| register(&gridpass, number))
        .collect::<Result<Vec<_>, _>>()?;
    let (staff, token) = operator(&gridpass)?;
    let list = |what: &str| vec![format!("/staff/enrollments{what}")];
    let search = |texts: Vec<String>| -> Vec<String> {
        let sealed = |text: &String| gridpass.seal_for_address(&staff, text);
        texts
            .iter()
            .map(|text| format!("/staff/enrollments?q={}", sealed(text)))
            .collect()
    };
    let each = |text: &dyn Fn(usize) -> String| search((0..KNOWN).map(text).collect());
    let addresses = vec![
        ("first page", list("")),
        (
            "first page of a state and a channel",
            list("?state=expired&channel=screen"),
        ),
        (
            "first page of a state that nothing is in",
            list("?state=locked"),
        ),
        ("search: device ID", each(&|n| known[n].device_id.clone())),
        (
            "search: temporary id",
            each(&|n| known[n].temporary_id.to_string()),
        ),
        (
            "search: account number",
            each(&|n| format!("B-{}", n * 131 + 1)),
        ),
        (
            "search: name that few have",
            each(&|n| format!("name{} of{}", (n + 1) % 1000, n + 1)),
        ),
        ("search: name that all have", each(&|_| "name".to_owned())),
        ("search: name that nobody has", each(&|n| format!("zz{n}"))),
        (
            "one enrollment",
            known
                .iter()
                .map(|known| format!("/staff/enrollments/{}", known.id))
                .collect(),
        ),
        (
            "programme, a year",
            vec!["/staff/programme?days=365".to_owned()],
        ),
    ];
    Ok(Desk {
        cookie: format!("gridpass-staff={token}"),
        addresses,
    })
}

fn open(folder: &Path) -> Result<Gridpass, Failure> {
    let provider = serde_json::json!({
        "id": "demo",
        "name": "Green Mountain Electric Coop",
        "channels": ["screen", "email", "letter", "api"],
    });
    let config = InstallationConfig {
        database: folder.join("gridpass.sqlite").into(),
        key_file: folder.join("gridpass.key"),
        origin: Origin::parse("https://portal.gmec.example")?,
        providers: vec![serde_json::from_value(provider)?],
        limits: Limits::default(),
    };
    let random = Arc::new(Mutex::new(ChaCha20Rng::seed_from_u64(1)));
    Ok(Gridpass::open(config, Arc::new(SystemClock), random)?)
}

/// Rows as years of use would have left them, straight into the database: five devices an
/// account, most of them connected, an audit entry each.
fn seed(database: &Path, enrollments: u32) -> Result<(), Failure> {
    let now = i64::try_from(SystemClock.now().0)?;
    let connection = Connection::open(database)?;
    connection.busy_timeout(Duration::from_secs(60))?;
    connection.execute_batch("BEGIN IMMEDIATE; PRAGMA defer_foreign_keys = ON;")?;
    connection.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 / 5)
         INSERT INTO accounts
             (id, provider_id, number, name, name_lookup, email, email_lookup, language, made_at)
         SELECT randomblob(16), 'demo', 'B-' || i, 'Name' || (i % 1000) || ' Of' || i,
             'name' || (i % 1000) || ' of' || i, 'b' || i || '@customers.example',
             'b' || i || '@customers.example', 'en', ?2
         FROM n",
        params![enrollments, now],
    )?;
    connection.execute(
        "INSERT INTO enrollments
             (id, provider_id, account_id, temporary_id, otp_hash, device_lookup,
              sealed_device_id, device_id_hint, device_id_kind, kind, channel, key_algorithm,
              csr_content, issued_at, expires_at, previous_state, state, state_at, serial)
         WITH d (j) AS (VALUES (0), (1), (2), (3), (4))
         SELECT randomblob(16), 'demo', a.id, randomblob(16), randomblob(32), randomblob(32),
             randomblob(40), '0815', 'serial', 'device',
             CASE j WHEN 0 THEN 'letter' WHEN 1 THEN 'email' ELSE 'screen' END, 'ES256', '{}',
             ?1 - abs(random() % 31536000), ?1 + 86400,
             CASE j WHEN 4 THEN 'none' ELSE 'open' END,
             CASE j WHEN 4 THEN 'open' WHEN 3 THEN 'expired' ELSE 'issued' END,
             ?1, CASE WHEN j < 3 THEN CAST(x'01' || randomblob(15) AS BLOB) END
         FROM accounts a, d WHERE a.number LIKE 'B-%'",
        [now],
    )?;
    // Their numbers are beyond those that the audit itself gives out.
    connection.execute(
        "INSERT INTO audit_entries
             (provider_id, seq, at, actor, action, result, enrollment_id, detail, hash)
         SELECT 'demo', 1000000000 + ROW_NUMBER() OVER (), issued_at, 'system',
             'enrollment.open', 'ok', id, '{\"channel\":\"screen\"}', randomblob(32)
         FROM enrollments",
        [],
    )?;
    connection.execute_batch("COMMIT")?;
    Ok(())
}

/// A device that is really registered.
struct Known {
    device_id: String,
    temporary_id: TemporaryId,
    id: EnrollmentId,
}

fn register(gridpass: &Gridpass, number: usize) -> Result<Known, Failure> {
    let device_id = format!("SN-{number:010}");
    let account = format!("B-{}", number * 97 + 1);
    let registration = Registration {
        channel: Channel::Screen,
        ..device::registration("demo", &account, &device_id)?
    };
    let registered = gridpass.register(registration, Actor::system())?;
    Ok(Known {
        device_id,
        temporary_id: registered.temporary_id,
        id: registered.enrollment_id,
    })
}

/// A browser of the staff, on one connection.
struct Visit<'a> {
    sender: SendRequest<Full<Bytes>>,
    server: &'a Server,
    cookie: String,
    ledger: Ledger,
}

impl Visit<'_> {
    /// Asks for these pages in turn, so many times in all, and prints how long it took.
    async fn measure(
        &mut self,
        name: &str,
        addresses: &[String],
        calls: usize,
    ) -> Result<(), Failure> {
        let mut took = Vec::with_capacity(calls);
        for address in addresses.iter().cycle().take(calls) {
            let request = Request::get(address)
                .header("host", self.server.address().to_string())
                .header("accept", "text/html")
                .header("cookie", &self.cookie)
                .body(Full::new(Bytes::new()))?;
            self.sender.ready().await?;
            let begun = Instant::now();
            let answer = self.sender.send_request(request).await?;
            let status = answer.status();
            let body = answer.into_body().collect().await?.to_bytes();
            took.push(begun.elapsed());
            // Whoever is not signed in gets a page as well.
            let is_the_desk = body
                .windows(SIGNED_IN.len())
                .any(|found| found == SIGNED_IN);
            if status != StatusCode::OK || !is_the_desk {
                return Err(format!("{name}: {status}, and not the page").into());
            }
        }
        took.sort_unstable();
        let at = |share: f64| {
            let index = (took.len().saturating_sub(1) as f64 * share).round() as usize;
            took.get(index)
                .map_or(0.0, |duration| duration.as_secs_f64() * 1e3)
        };
        println!(
            "| {name} | {calls} | {:.2} | {:.2} | {:.2} |",
            at(0.5),
            at(0.99),
            at(1.0)
        );
        for (which, share) in [("p50", 0.5), ("p99", 0.99)] {
            let name = format!("{name}, {which}");
            self.ledger
                .note(BENCH, &name, at(share), Unit::Milliseconds)?;
        }
        Ok(())
    }

    /// The server closes what is silent for long.
    async fn reconnect(&mut self) -> Result<(), Failure> {
        self.sender = connect(self.server.address()).await?;
        Ok(())
    }

    async fn post(&mut self, path: &str, kind: &str, body: String) -> Result<(), Failure> {
        let call = Call {
            path: path.to_owned(),
            headers: vec![
                ("content-type", kind.to_owned()),
                ("cookie", self.cookie.clone()),
                ("origin", format!("http://{}", self.server.address())),
            ],
            body: body.into(),
        };
        let (status, body) = client::send(&mut self.sender, &call, self.server.address()).await?;
        if status.is_success() || status.is_redirection() {
            Ok(())
        } else {
            Err(format!("{path}: {status} {}", String::from_utf8_lossy(&body)).into())
        }
    }

    /// A file: taken in, checked, written; and how quick the first page is meanwhile.
    async fn work_off(
        &mut self,
        what: &str,
        path: &str,
        file: &str,
        folder: &Path,
    ) -> Result<(), Failure> {
        let form = format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"channel\"\r\n\r\nemail\r\n\
             --{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"f.csv\"\r\n\
             \r\n{file}\r\n--{BOUNDARY}--\r\n"
        );
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.reconnect().await?;
        let begun = Instant::now();
        self.post(path, &kind, form).await?;
        let taken = begun.elapsed();
        let database = Connection::open(folder.join("gridpass.sqlite"))?;
        database.busy_timeout(Duration::from_secs(60))?;
        let begun = Instant::now();
        let (id, _) = until(&database, "checked").await?;
        let checked = begun.elapsed();
        let id = uuid::Uuid::from_bytes(id);
        self.reconnect().await?;
        let begun = Instant::now();
        let fields = "application/x-www-form-urlencoded";
        self.post("/api/fn/staff/jobs/start", fields, format!("id={id}"))
            .await?;
        let first_page = ["/staff/enrollments".to_owned()];
        self.measure(
            &format!("first page while {what} are written"),
            &first_page,
            200,
        )
        .await?;
        let (_, written) = until(&database, "finished").await?;
        let seconds = begun.elapsed().as_secs_f64();
        println!(
            "\nA file of {what}: taken in in {:.1} s, checked in {:.1} s, {written} written in \
             {seconds:.1} s ({:.0} a second)\n",
            taken.as_secs_f64(),
            checked.as_secs_f64(),
            f64::from(written) / seconds,
        );
        let rate = f64::from(written) / seconds;
        let name = format!("a file of {what}");
        self.ledger.note(BENCH, &name, rate, Unit::PerSecond)
    }
}

/// Waits until the youngest job is in this state; its id, and how many of its lines are written.
async fn until(database: &Connection, state: &str) -> Result<([u8; 16], u32), Failure> {
    let mut glances = tokio::time::interval(Duration::from_millis(100));
    loop {
        glances.tick().await;
        let (id, found, written): ([u8; 16], String, u32) = database.query_row(
            "SELECT id, state, registered FROM bulk_jobs ORDER BY made_at DESC, id DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        if found == state {
            return Ok((id, written));
        }
    }
}
