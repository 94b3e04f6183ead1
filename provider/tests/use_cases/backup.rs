//! Backups: made beside a portal that works, and restored to one that knows everything it had
//! answered.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use gridpass_protocol::UnixTime;
use gridpass_provider::{
    Database, Gridpass, InstallationConfig, Scope, StateView,
    backup::{BackupError, BackupKey, BackupPassphrase, Restored, restore},
    testkit::TestStore,
};
use zeroize::Zeroizing;

use crate::fixture::{Device, Fixture, Folder, NOW, config, demo, operator, random};

fn passphrase(text: &str) -> BackupPassphrase {
    BackupPassphrase::new(Zeroizing::new(text.to_owned())).unwrap()
}

const PASSPHRASE: &str = "four words make one";

/// An installation whose database is a file, whatever the others are on.
fn in_a_file() -> Fixture {
    Fixture::on(Folder::on(TestStore::Sqlite), |_| {})
}

fn file(config: &InstallationConfig) -> &Path {
    match &config.database {
        Database::File(file) => file,
        Database::Postgres(_) => panic!("a file was asked for"),
    }
}

fn back_up(fixture: &Fixture, name: &str) -> PathBuf {
    let to = fixture.folder.path().join(name);
    fixture.gridpass.back_up(&to, None).unwrap();
    to
}

/// Another place, with the key file of the first.
fn elsewhere(fixture: &Fixture) -> (Folder, InstallationConfig) {
    let folder = Folder::on(TestStore::Sqlite);
    let config = config(&folder);
    fs::copy(&fixture.config.key_file, &config.key_file).unwrap();
    (folder, config)
}

fn restored(backup: &Path, config: &InstallationConfig) -> Result<Restored, BackupError> {
    restore(backup, file(config), &config.key_file, None)
}

fn open(config: InstallationConfig) -> Gridpass {
    let clock = Arc::new(gridpass_provider::FixedClock::new(NOW));
    Gridpass::open(config, clock, random(3)).unwrap()
}

fn enrol(fixture: &Fixture, number: u64) -> gridpass_provider::EnrollmentId {
    let device_id = format!("SN-4711-{number:04}");
    let registered = fixture.register(&device_id);
    fixture
        .confirm(&Device::new(number, &registered.link, &device_id))
        .unwrap();
    registered.enrollment_id
}

#[test]
fn what_was_answered_before_a_backup_began_is_in_it_while_others_confirm() {
    let fixture = in_a_file();
    let mut answered: Vec<_> = (0..10).map(|number| enrol(&fixture, number)).collect();
    let stop = AtomicBool::new(false);
    let under_way = Barrier::new(3);
    let backup = thread::scope(|scope| {
        for writer in 1..=2_u64 {
            let (fixture, stop, under_way) = (&fixture, &stop, &under_way);
            scope.spawn(move || {
                enrol(fixture, writer * 1000);
                under_way.wait();
                for number in 1.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    enrol(fixture, writer * 1000 + number);
                }
            });
        }
        under_way.wait();
        answered.push(enrol(&fixture, 100));
        let backup = back_up(&fixture, "backup");
        stop.store(true, Ordering::Relaxed);
        backup
    });
    let (_folder, config) = elsewhere(&fixture);
    let Restored {
        manifest, proof, ..
    } = restored(&backup, &config).unwrap();
    assert!(manifest.tables["certificates"] >= 13);
    assert_eq!(manifest.tables, proof.tables);
    assert!(proof.findings.is_empty() && proof.opened >= 13 + 3);
    let gridpass = open(config);
    for id in &answered {
        let found = gridpass.enrollment(*id, &Scope::Installation);
        let state = found.unwrap().unwrap().state;
        assert!(matches!(state, StateView::Issued { .. }));
    }
    assert!(gridpass.verify_audit(&demo(), &[]).unwrap().is_whole());
    assert!(gridpass.verify_store().unwrap().findings.is_empty());
    // It works: somebody registers there.
    let fixture = Fixture {
        gridpass,
        clock: fixture.clock.clone(),
        config: fixture.config.clone(),
        folder: Folder::on(TestStore::Sqlite),
    };
    enrol(&fixture, 9999);
}

#[test]
fn a_backup_shows_nobody_anything_and_leaves_nothing_beside_it() {
    let fixture = in_a_file();
    enrol(&fixture, 1);
    let backup = back_up(&fixture, "backup");
    let bytes = fs::read(&backup).unwrap();
    let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(holds(b"GRIDPASS-BACKUP/1") && holds(b"\"certificates\":1"));
    for secret in [&b"Ada Example"[..], b"1001@", b"SQLite format", b"CREATE"] {
        assert!(!holds(secret), "{}", String::from_utf8_lossy(secret));
    }
    let left: Vec<_> = fs::read_dir(fixture.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("snapshot") || name.contains("part"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    let again = fixture.gridpass.back_up(&backup, None);
    assert!(matches!(again, Err(BackupError::Exists(path)) if path == backup));
    assert_eq!(fs::read(&backup).unwrap(), bytes);
}

#[test]
fn nothing_is_overwritten_and_nothing_is_restored_that_was_changed() {
    let fixture = in_a_file();
    enrol(&fixture, 1);
    let backup = back_up(&fixture, "backup");
    let there = restored(&backup, &fixture.config);
    assert!(matches!(there, Err(BackupError::Exists(path)) if path == file(&fixture.config)));
    let whole = fs::read(&backup).unwrap();
    let header = whole.iter().position(|byte| *byte == b'{').unwrap();
    let mut damaged = Vec::new();
    for position in [header + 30, whole.len() / 2, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[position] ^= 1;
        damaged.push(changed);
    }
    damaged.push(whole[..whole.len() - 1].to_vec());
    // A whole piece cut off, and one too many.
    damaged.push(whole[..whole.len() - (64 * 1024 + 16)].to_vec());
    damaged.push([&whole[..], &[0; 40]].concat());
    for changed in damaged {
        fs::write(&backup, changed).unwrap();
        let (folder, config) = elsewhere(&fixture);
        let refused = restored(&backup, &config);
        assert!(
            matches!(
                refused,
                Err(BackupError::Damaged | BackupError::NotABackup(_) | BackupError::WrongKeyFile)
            ),
            "{refused:?}"
        );
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 1, "the key file alone");
    }
}

#[test]
fn the_key_file_comes_from_a_backup_only_under_its_passphrase() {
    let fixture = in_a_file();
    enrol(&fixture, 1);
    let without = back_up(&fixture, "without");
    let with = fixture.folder.path().join("with");
    let key = BackupKey {
        file: &fixture.config.key_file,
        passphrase: &passphrase(PASSPHRASE),
    };
    fixture.gridpass.back_up(&with, Some(key)).unwrap();
    let folder = Folder::on(TestStore::Sqlite);
    let config = config(&folder);
    let restore = |backup: &Path, words: &str| {
        let words = passphrase(words);
        restore(backup, file(&config), &config.key_file, Some(&words))
    };
    let refused = restore(&without, PASSPHRASE);
    assert!(matches!(refused, Err(BackupError::NoKeyFile(_))));
    let refused = restore(&with, "five words make another");
    assert!(matches!(refused, Err(BackupError::WrongPassphrase)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(restore(&with, PASSPHRASE).unwrap().key_file_restored);
    assert_eq!(
        fs::read(&config.key_file).unwrap(),
        fs::read(&fixture.config.key_file).unwrap()
    );
    open(config.clone());
    let short = BackupPassphrase::new(Zeroizing::new("too short".to_owned()));
    assert!(matches!(short, Err(BackupError::ShortPassphrase)));
}

#[test]
fn a_database_that_somebody_has_changed_does_not_prove_itself() {
    for (sql, finding) in [
        (
            "UPDATE audit_entries SET result = 'other' WHERE seq = 2",
            "the audit of demo is not as it was written",
        ),
        (
            "UPDATE enrollments SET sealed_device_id = zeroblob(40)",
            "sealed_device_id",
        ),
        ("UPDATE installation SET key_check = x'00'", "the key file"),
        (
            "PRAGMA foreign_keys = OFF; DELETE FROM enrollments",
            "device_keys refers to rows that are not there",
        ),
    ] {
        let fixture = in_a_file();
        enrol(&fixture, 1);
        assert!(fixture.gridpass.verify_store().unwrap().findings.is_empty());
        fixture.database().execute_batch(sql).unwrap();
        let findings = fixture.gridpass.verify_store().unwrap().findings;
        let told = |f: &gridpass_provider::backup::StoreFinding| f.to_string().contains(finding);
        assert!(findings.iter().any(told), "{sql}: {findings:?}");
    }
}

#[test]
fn a_key_file_is_exchanged_beside_a_running_portal_and_old_backups_need_the_old_one() {
    let fixture = in_a_file();
    let id = enrol(&fixture, 1);
    let before = back_up(&fixture, "before");
    let key_file = fixture.config.key_file.clone();
    let first = fs::read(&key_file).unwrap();
    let exchange = |fixture: &Fixture| fixture.gridpass.exchange_key_file(&key_file, &operator());
    let old = exchange(&fixture).unwrap();
    assert_eq!(fs::read(&old).unwrap(), first);
    assert_ne!(fs::read(&key_file).unwrap(), first);
    // The running portal goes on, and so does one that starts anew.
    enrol(&fixture, 2);
    exchange(&fixture).unwrap_err();
    fs::remove_file(&old).unwrap();
    exchange(&fixture).unwrap();
    fs::remove_file(&old).unwrap();
    let fixture = fixture.restarted();
    assert!(matches!(fixture.state(id), StateView::Issued { .. }));
    enrol(&fixture, 3);
    assert!(fixture.gridpass.verify_store().unwrap().findings.is_empty());
    assert!(fixture.gridpass.key_file().unwrap().exchanged);
    let after = back_up(&fixture, "after");
    let (_folder, config) = elsewhere(&fixture);
    let refused = restored(&before, &config);
    assert!(
        matches!(refused, Err(BackupError::WrongKeyFile)),
        "{refused:?}"
    );
    restored(&after, &config).unwrap();
    let folder = Folder::on(TestStore::Sqlite);
    let config = crate::fixture::config(&folder);
    gridpass_provider::testkit::write_key_file(&config.key_file, &first);
    restored(&before, &config).unwrap();
    // The key file of before opens no database of today.
    fs::remove_file(&fixture.config.key_file).unwrap();
    gridpass_provider::testkit::write_key_file(&fixture.config.key_file, &first);
    let clock = fixture.clock.clone();
    let refused = Gridpass::open(fixture.config.clone(), clock, random(7));
    assert!(matches!(
        refused,
        Err(gridpass_provider::OpenError::WrongKeyFile)
    ));
}

#[test]
fn an_exchange_that_was_interrupted_leaves_an_installation_that_opens_and_is_finished_later() {
    let fixture = in_a_file();
    let id = enrol(&fixture, 1);
    let key_file = fixture.config.key_file.clone();
    let named = |end: &str| PathBuf::from(format!("{}.{end}", key_file.display()));
    let first = fs::read(&key_file).unwrap();
    fixture
        .gridpass
        .exchange_key_file(&key_file, &operator())
        .unwrap();
    let second = fs::read(&key_file).unwrap();
    // As after an interruption before the first name was taken, and before the second was.
    fs::rename(&key_file, named("next")).unwrap();
    fs::rename(named("old"), &key_file).unwrap();
    assert_eq!(fs::read(&key_file).unwrap(), first);
    let fixture = fixture.restarted();
    assert!(matches!(fixture.state(id), StateView::Issued { .. }));
    fs::rename(&key_file, named("old")).unwrap();
    let fixture = fixture.restarted();
    assert!(matches!(fixture.state(id), StateView::Issued { .. }));
    fixture
        .gridpass
        .exchange_key_file(&key_file, &operator())
        .unwrap();
    assert_eq!(fs::read(&key_file).unwrap(), second);
    assert!(!named("next").exists());
    fixture.restarted();
}

#[test]
fn labels_of_before_are_confirmed_after_the_key_they_name_was_followed_by_another() {
    use gridpass_provider::KeyState::{Current, Next, Overlapping};
    let fixture = in_a_file();
    let clock = fixture.clock.clone();
    let beside = Gridpass::open(fixture.config.clone(), clock, random(8)).unwrap();
    let printed = fixture.register("SN-4711-0001");
    let device = Device::new(1, &printed.link, "SN-4711-0001");
    fixture.clock.advance(20);
    fixture
        .gridpass
        .rotate_provider_key(&demo(), operator())
        .unwrap();
    let states = |gridpass: &Gridpass| -> Vec<_> {
        let keys = gridpass.provider_keys(&demo()).unwrap();
        keys.iter().map(|key| key.state).collect()
    };
    assert_eq!(states(&fixture.gridpass), [Current, Next]);
    assert_eq!(states(&beside), [Current]);
    assert_eq!(beside.refresh_authorities().unwrap(), [demo()]);
    assert_eq!(states(&beside), [Current, Next]);
    fixture.clock.advance(15);
    for gridpass in [&beside, &fixture.gridpass] {
        assert_eq!(gridpass.refresh_authorities().unwrap(), [demo()]);
        assert_eq!(states(gridpass), [Current, Overlapping]);
        assert!(gridpass.refresh_authorities().unwrap().is_empty());
    }
    let keys = fixture.gridpass.provider_keys(&demo()).unwrap();
    fixture.confirm(&device).unwrap();
    enrol(&fixture, 2);
    assert!(keys[0].not_after > UnixTime(NOW.0 + 300 * 86400));
}
