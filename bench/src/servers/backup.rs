//! A backup that is taken in the middle, beside servers that are troubled and killed, and that has to hold in the end
//! whatever was answered before it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gridpass_provider::Database;
use uuid::Uuid;

use super::database;
use super::journal::Journal;
use crate::Failure;
use crate::server::Console;

/// How the file is called.
pub(super) const BACKUP: &str = "backup";
/// Between two tries: a disk that is broken has none made.
const REST: Duration = Duration::from_millis(500);
/// No trouble lasts longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// What was saved.
pub(super) struct Backup {
    folder: PathBuf,
    /// Certificates that devices had been given before it was begun.
    before: BTreeMap<Vec<u8>, Uuid>,
}

/// Takes one as soon as it is `time`, and again until it works.
pub(super) async fn take(
    console: Console,
    folder: PathBuf,
    journal: Arc<Journal>,
    time: Instant,
) -> Result<Backup, Failure> {
    tokio::time::sleep_until(time.into()).await;
    loop {
        let before = journal.note(|kept| kept.certificates.clone());
        let (console, to) = (console.clone(), folder.join(BACKUP));
        let tried = tokio::task::spawn_blocking(move || save(&console, &to)).await?;
        match tried {
            Ok(()) => return Ok(Backup { folder, before }),
            Err(failure) if time.elapsed() > PATIENCE => {
                return Err(format!("no backup could be made: {failure}").into());
            }
            Err(_) => tokio::time::sleep(REST).await,
        }
    }
}

fn save(console: &Console, to: &Path) -> Result<(), Failure> {
    // Of a try that failed.
    match std::fs::remove_file(to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let to = to.to_str().ok_or("the folder has a strange name")?;
    console.run(&["backup", "--to", to], &[])?;
    Ok(())
}

impl Backup {
    /// Restores it beside the database and looks into it.
    pub(super) async fn judge(&self, console: Console, journal: &Journal) -> Result<(), Failure> {
        let trial = self.folder.join("trial");
        let text = |path: &Path| path.to_str().map(str::to_owned).ok_or("a strange name");
        let (backup, into) = (text(&self.folder.join(BACKUP))?, text(&trial)?);
        for entry in std::fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            if name.to_string_lossy().contains(".snapshot-") {
                journal.amiss(format!("a backup left {} behind", name.display()));
            }
        }
        console.run(&["restore", "--from", &backup, "--into", &into], &[])?;
        // It is of no use without.
        std::fs::copy(self.folder.join("gridpass.key"), trial.join("gridpass.key"))?;
        let there = [("GRIDPASS_DATA_DIR", into.as_str())];
        for words in [
            &["store", "verify"][..],
            &["audit", "verify", "--provider=demo"],
        ] {
            if let Err(failure) = console.run(words, &there) {
                journal.amiss(format!("the backup, {}: {failure}", words.join(" ")));
            }
        }
        let held = database::read(&Database::File(trial.join("gridpass.sqlite"))).await?;
        let rows = held.certificates;
        let held: BTreeMap<_, _> = rows
            .iter()
            .map(|row| (&row.certificate, Uuid::from_bytes(row.enrollment)))
            .collect();
        for (certificate, enrollment) in &self.before {
            if held.get(certificate) != Some(enrollment) {
                journal.amiss(format!(
                    "a certificate of {enrollment} is not in the backup that was taken afterwards"
                ));
            }
        }
        journal.note(|kept| kept.backed_up = rows.len());
        Ok(())
    }
}
