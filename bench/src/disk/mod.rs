//! A disk that fails when it is told to, for one server: a few lines of C that stand before the
//! calls by which the database writes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Failure;

const SHIM: &str = include_str!("shim.c");

/// What the disk does to whoever writes to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is no room (ENOSPC).
    Full,
    /// It cannot write (EIO).
    Broken,
    /// It takes what is written, and cannot bring it to where it stays (EIO of fsync).
    Unsynced,
    /// It takes so long for every fsync.
    Slow(Duration),
}

/// The disk of a server.
#[derive(Debug)]
pub struct Disk {
    shim: PathBuf,
    orders: PathBuf,
}

impl Disk {
    /// One that works, for a server whose database lies in `folder`. Needs a C compiler, `cc`.
    ///
    /// # Errors
    /// There is no compiler, or the folder cannot be written.
    pub fn new(folder: &Path) -> Result<Self, Failure> {
        let (source, shim) = (folder.join("shim.c"), folder.join("shim.so"));
        std::fs::write(&source, SHIM)?;
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&shim, &source])
            .arg("-ldl")
            .output()
            .map_err(|error| format!("cc, a C compiler, is needed: {error}"))?;
        if !compiled.status.success() {
            return Err(String::from_utf8_lossy(&compiled.stderr)
                .into_owned()
                .into());
        }
        let disk = Self {
            shim,
            orders: folder.join("orders"),
        };
        disk.heal()?;
        Ok(disk)
    }

    /// The environment in which a server has this disk.
    ///
    /// # Errors
    /// The folder's name is no text.
    pub fn settings(&self) -> Result<[(&'static str, &str); 2], Failure> {
        let strange = "the folder has a strange name";
        Ok([
            ("LD_PRELOAD", self.shim.to_str().ok_or(strange)?),
            ("DISK_ORDERS", self.orders.to_str().ok_or(strange)?),
        ])
    }

    /// From now on it does this.
    ///
    /// # Errors
    /// The order cannot be written.
    pub fn suffer(&self, trouble: Trouble) -> Result<(), Failure> {
        self.order(&match trouble {
            Trouble::Full => "full".to_owned(),
            Trouble::Broken => "broken".to_owned(),
            Trouble::Unsynced => "unsynced".to_owned(),
            Trouble::Slow(time) => format!("slow {}", time.as_millis()),
        })
    }

    /// From now on it works.
    ///
    /// # Errors
    /// The order cannot be written.
    pub fn heal(&self) -> Result<(), Failure> {
        self.order("")
    }

    fn order(&self, order: &str) -> Result<(), Failure> {
        let next = self.orders.with_extension("next");
        std::fs::write(&next, order)?;
        // At once whole: the server reads it at any moment.
        Ok(std::fs::rename(next, &self.orders)?)
    }
}
