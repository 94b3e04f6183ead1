//! How quick the desk is when there is much: a database of a million enrollments, the calls behind
//! the desk's pages one after the other, and a file of registrations worked off.
//!
//! Everything is measured where the server does its work, without HTTP and rendering. Nothing is
//! asserted.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Parser;
use gridpass_bench::Failure;
use gridpass_protocol::{DeviceId, Origin};
use gridpass_provider::{
    AccountRef, Actor, BulkJob, BulkStep, Channel, Clock as _, EnrollmentFilter, EnrollmentId,
    EnrollmentKind, Gridpass, InstallationConfig, Limits, PageCursor, ProgrammeSpan, Registration,
    Role, SessionId, StaffId, StaffSession, StateName, SystemClock,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use rusqlite::{Connection, params};

/// How much.
#[derive(Debug, Parser)]
struct Options {
    /// Enrollments in the database, five an account.
    #[arg(long, default_value_t = 1_000_000)]
    enrollments: u32,
    /// How often each call is made.
    #[arg(long, default_value_t = 1000)]
    calls: usize,
    /// Registrations in the file that is worked off; 0 for none.
    #[arg(long, default_value_t = 100_000)]
    import: usize,
    /// Where the database is made; by default in a folder that is removed afterwards.
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// Real registrations among the others, to be searched for.
const KNOWN: usize = 200;

fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let temporary = tempfile::tempdir_in("target")?;
    let folder = options.folder.as_deref().unwrap_or(temporary.path());
    let gridpass = open(folder)?;
    eprintln!("seeding {} enrollments …", options.enrollments);
    seed(&folder.join("gridpass.db"), options.enrollments)?;
    let known = (0..KNOWN)
        .map(|number| register(&gridpass, number))
        .collect::<Result<Vec<_>, _>>()?;

    println!("| call | calls | p50 ms | p99 ms | max ms |\n|---|---:|---:|---:|---:|");
    measure(&gridpass, &options, &known)?;
    if options.import > 0 {
        import(&gridpass, options.import)?;
    }
    Ok(())
}

fn open(folder: &Path) -> Result<Gridpass, Failure> {
    let provider = serde_json::json!({
        "id": "demo",
        "name": "Green Mountain Electric Coop",
        "channels": ["screen", "email", "api"],
    });
    let config = InstallationConfig {
        database: folder.join("gridpass.db"),
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

/// A device that is really registered; returns its ID and its enrollment.
fn register(gridpass: &Gridpass, number: usize) -> Result<(String, EnrollmentId), Failure> {
    let device_id = format!("SN-{number:010}");
    let registration = Registration {
        provider: "demo".parse()?,
        account: AccountRef::Number(format!("B-{}", number * 97 + 1).parse()?),
        device_id: DeviceId::parse(&device_id)?,
        kind: EnrollmentKind::Device,
        channel: Channel::Screen,
        key_algorithm: None,
        idempotency: None,
        nickname: None,
        language: None,
    };
    let registered = gridpass.register(registration, Actor::system())?;
    Ok((device_id, registered.enrollment_id))
}

fn operator() -> Result<(StaffSession, Actor), Failure> {
    let staff = StaffSession {
        id: SessionId::from_uuid(uuid::Uuid::from_u128(1)),
        provider: "demo".parse()?,
        staff_id: StaffId::from_uuid(uuid::Uuid::from_u128(2)),
        name: "Bench".to_owned(),
        role: Role::Operator,
        began_at: SystemClock.now(),
    };
    let actor = Actor::staff(&staff);
    Ok((staff, actor))
}

fn measure(
    gridpass: &Gridpass,
    options: &Options,
    known: &[(String, EnrollmentId)],
) -> Result<(), Failure> {
    let (staff, actor) = operator()?;
    let list = |filter: EnrollmentFilter| {
        let page = gridpass.desk_enrollments(&staff, &filter, &actor)?;
        Ok::<Option<PageCursor>, Failure>(page.next)
    };
    let all = EnrollmentFilter::default;
    let search = |text: String| {
        list(EnrollmentFilter {
            search: text,
            ..all()
        })
    };
    let calls = options.calls;
    time("first page", calls, |_| list(all()).map(drop))?;
    time("first page of a state and a channel", calls, |_| {
        list(EnrollmentFilter {
            state: Some(StateName::Expired),
            channel: Some(Channel::Screen),
            ..all()
        })
        .map(drop)
    })?;
    time("first page of a state that nothing is in", calls, |_| {
        list(EnrollmentFilter {
            state: Some(StateName::Locked),
            ..all()
        })
        .map(drop)
    })?;
    let mut after = None;
    time("a page deep in the list", calls, |_| {
        after = list(EnrollmentFilter {
            after: after.take(),
            ..all()
        })?;
        Ok(())
    })?;
    time("search: device ID", calls, |number| {
        search(known[number % KNOWN].0.clone()).map(drop)
    })?;
    time("search: account number", calls, |number| {
        search(format!("B-{}", number * 131 + 1)).map(drop)
    })?;
    time("search: name that few have", calls, |number| {
        search(format!("name{} of{}", (number + 1) % 1000, number + 1)).map(drop)
    })?;
    time("search: name that all have", calls, |_| {
        search("name".to_owned()).map(drop)
    })?;
    time("search: name that nobody has", calls, |number| {
        search(format!("zz{number}")).map(drop)
    })?;
    time("one enrollment", calls, |number| {
        let id = known[number % KNOWN].1;
        gridpass.desk_enrollment(&staff, id, &actor)?;
        Ok(())
    })?;
    time("programme, a year", calls, |_| {
        gridpass.desk_programme(&staff, ProgrammeSpan::Year, &actor)?;
        Ok(())
    })?;
    time("whether anything changed", calls, |_| {
        gridpass.desk_version(&staff.provider)?;
        Ok(())
    })
}

/// Makes a call so many times and prints how long it took.
fn time(
    name: &str,
    calls: usize,
    mut call: impl FnMut(usize) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut took = Vec::with_capacity(calls);
    for number in 0..calls {
        let begun = Instant::now();
        call(number)?;
        took.push(begun.elapsed());
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
    Ok(())
}

/// A file of so many registrations: taken in, checked, registered.
fn import(gridpass: &Gridpass, lines: usize) -> Result<(), Failure> {
    let (staff, actor) = operator()?;
    let mut file = "account,device_id\n".to_owned();
    for number in 0..lines {
        file.push_str(&format!("B-{},IMP-{number:010}\n", number % 1000 + 1));
    }
    let begun = Instant::now();
    let content = file.as_bytes();
    let id = gridpass.make_bulk_job(&staff, "bench.csv", content, Channel::Email, actor.clone())?;
    let taken = begun.elapsed();
    let checked = work_off(gridpass)?;
    gridpass.start_bulk_job(&staff, id, actor.clone())?;
    let registered = work_off(gridpass)?;
    let (job, _): (BulkJob, _) = gridpass.bulk_job(&staff, id, 0, &actor)?;
    let seconds = registered.as_secs_f64();
    println!(
        "\nA file of {lines} registrations: taken in {:.1} s, checked in {:.1} s, {} registered in \
         {seconds:.1} s ({:.0} a second), {} refused",
        taken.as_secs_f64(),
        checked.as_secs_f64(),
        job.registered,
        job.registered as f64 / seconds,
        job.refused
    );
    Ok(())
}

fn work_off(gridpass: &Gridpass) -> Result<Duration, Failure> {
    let begun = Instant::now();
    while gridpass.run_bulk_step()? == BulkStep::Worked {}
    Ok(begun.elapsed())
}
