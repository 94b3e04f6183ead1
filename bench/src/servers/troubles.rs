//! What happens to servers besides being killed: their disk fails, another process holds their
//! database, their clock is wrong.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_core::Rng;

use crate::Failure;
use crate::device::now;
use crate::disk::{Disk, Trouble};

/// How far ahead the clock is at most, in seconds: less than any label is good.
const AHEAD: u64 = 20 * 60;
/// How far behind at most: less than the provider's certificates begin in the past. By a clock further
/// behind than the beginning of its key a server refuses what is sealed to it, which no client here
/// would wait out.
const BEHIND: u64 = 4 * 60;

/// Makes trouble for the servers of a folder.
#[derive(Clone, Debug)]
pub struct Troubles {
    disk: Arc<Disk>,
    clock: PathBuf,
    database: PathBuf,
}

/// Trouble that goes on until it is ended.
#[must_use]
pub(super) struct Suffering {
    troubles: Troubles,
    /// Holds the database.
    held: Option<rusqlite::Connection>,
}

impl Troubles {
    /// None so far, for servers whose database, SQLite, lies in `folder`.
    ///
    /// # Errors
    /// There is no C compiler, or the folder cannot be written.
    pub fn new(folder: &Path) -> Result<Self, Failure> {
        Ok(Self {
            disk: Arc::new(Disk::new(folder)?),
            clock: folder.join("clock"),
            database: folder.join("gridpass.sqlite"),
        })
    }

    /// The settings of servers that it can be made for.
    pub(super) fn settings(&self) -> Result<Vec<(&'static str, String)>, Failure> {
        let clock = self.clock.to_str().ok_or("the folder has a strange name")?;
        let mut settings = vec![("GRIDPASS_DEV__CLOCK_FILE", clock.to_owned())];
        let disk = self.disk.settings()?;
        settings.extend(disk.map(|(name, value)| (name, value.to_owned())));
        Ok(settings)
    }

    /// Begins one of them.
    pub(super) fn begin(&self, rng: &mut ChaCha20Rng) -> Result<Suffering, Failure> {
        let mut suffering = Suffering {
            troubles: self.clone(),
            held: None,
        };
        match rng.next_u32() % 7 {
            0 => self.disk.suffer(Trouble::Full)?,
            1 => self.disk.suffer(Trouble::Broken)?,
            2 => self.disk.suffer(Trouble::Unsynced)?,
            3 => self.disk.suffer(Trouble::Slow(Duration::from_millis(
                100 + u64::from(rng.next_u32() % 900),
            )))?,
            4 => {
                let other = rusqlite::Connection::open(&self.database)?;
                other.busy_timeout(Duration::from_secs(10))?;
                other.execute_batch("BEGIN IMMEDIATE")?;
                suffering.held = Some(other);
            }
            5 => self.set_clock(now().0 + u64::from(rng.next_u32()) % AHEAD)?,
            _ => self.set_clock(now().0 - u64::from(rng.next_u32()) % BEHIND)?,
        }
        Ok(suffering)
    }

    fn set_clock(&self, seconds: u64) -> Result<(), Failure> {
        let next = self.clock.with_extension("next");
        std::fs::write(&next, seconds.to_string())?;
        // At once whole: servers read it at any moment.
        Ok(std::fs::rename(next, &self.clock)?)
    }
}

impl Suffering {
    /// Ends it.
    pub(super) fn end(self) -> Result<(), Failure> {
        self.troubles.disk.heal()?;
        if let Some(other) = self.held {
            other.execute_batch("ROLLBACK")?;
        }
        match std::fs::remove_file(&self.troubles.clock) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}
