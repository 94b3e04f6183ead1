//! A SoftHSM token of a test's own.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// The token's label.
pub(crate) const LABEL: &str = "gridpass test";
/// The user's PIN.
pub(crate) const PIN: &str = "2468-token";

/// A folder with a token in it, and with a file that holds its PIN.
pub(crate) struct SoftHsm {
    folder: PathBuf,
}

impl SoftHsm {
    /// Makes a token in a folder that is there.
    pub(crate) fn make(folder: &Path) -> io::Result<Self> {
        let token = Self::at(folder);
        fs::create_dir(token.tokens())?;
        let text = format!("directories.tokendir = {}\n", token.tokens().display());
        fs::write(token.configuration(), text)?;
        token.set_pin(PIN)?;
        let made = Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--label", LABEL])
            .args(["--so-pin", "13579", "--pin", PIN])
            .env("SOFTHSM2_CONF", token.configuration())
            .output()
            .map_err(|error| {
                io::Error::other(format!("`cargo xtask setup` installs SoftHSM: {error}"))
            })?;
        if made.status.success() {
            Ok(token)
        } else {
            Err(io::Error::other(String::from_utf8_lossy(&made.stderr)))
        }
    }

    /// The token that was made in a folder.
    pub(crate) fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// What the module finds its tokens by: the value of `SOFTHSM2_CONF`.
    pub(crate) fn configuration(&self) -> PathBuf {
        self.folder.join("softhsm2.conf")
    }

    /// The file with the PIN.
    pub(crate) fn pin_file(&self) -> PathBuf {
        self.folder.join("pin")
    }

    /// Writes a PIN into that file; the token keeps its own.
    pub(crate) fn set_pin(&self, pin: &str) -> io::Result<()> {
        fs::write(self.pin_file(), format!("{pin}\n"))
    }

    /// Pulls the token out.
    pub(crate) fn take_away(&self) -> io::Result<()> {
        fs::rename(self.tokens(), self.folder.join("elsewhere"))?;
        fs::create_dir(self.tokens())
    }

    /// Puts it back.
    pub(crate) fn bring_back(&self) -> io::Result<()> {
        fs::remove_dir(self.tokens())?;
        fs::rename(self.folder.join("elsewhere"), self.tokens())
    }

    fn tokens(&self) -> PathBuf {
        self.folder.join("tokens")
    }
}

/// The module of SoftHSM.
pub(crate) fn module() -> PathBuf {
    let places = [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib64/pkcs11/libsofthsm2.so",
    ];
    places
        .iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
        .expect("`cargo xtask setup` installs SoftHSM")
}
