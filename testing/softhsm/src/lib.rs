//! A SoftHSM token of its own, for tests and measurements.
//!
//! The module reads where its tokens are from the environment, when it is loaded: so whoever uses a
//! token is a process whose environment has [`VARIABLE`].

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// The token's label.
pub const LABEL: &str = "gridpass test";
/// The user's PIN.
pub const PIN: &str = "2468-token";
/// The variable by which the module finds its tokens: [`SoftHsm::configuration`].
pub const VARIABLE: &str = "SOFTHSM2_CONF";

/// Where Debian, its relatives and others put the module.
const MODULES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
];
const WHENCE: &str = "`cargo xtask setup` installs SoftHSM";

/// A folder with a token in it, and with a file that holds its PIN.
#[derive(Debug)]
pub struct SoftHsm {
    folder: PathBuf,
}

impl SoftHsm {
    /// Makes a token in a folder that is there.
    ///
    /// # Errors
    /// The folder has one already, or SoftHSM is not installed.
    pub fn make(folder: &Path) -> io::Result<Self> {
        let token = Self::at(folder);
        fs::create_dir(token.tokens())?;
        let text = format!("directories.tokendir = {}\n", token.tokens().display());
        fs::write(token.configuration(), text)?;
        token.set_pin(PIN)?;
        let made = Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--label", LABEL])
            .args(["--so-pin", "13579", "--pin", PIN])
            .env(VARIABLE, token.configuration())
            .output()
            .map_err(|error| io::Error::other(format!("{WHENCE}: {error}")))?;
        if made.status.success() {
            Ok(token)
        } else {
            Err(io::Error::other(String::from_utf8_lossy(&made.stderr)))
        }
    }

    /// The token that was made in a folder.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// What the module finds its tokens by: the value of [`VARIABLE`].
    #[must_use]
    pub fn configuration(&self) -> PathBuf {
        self.folder.join("softhsm2.conf")
    }

    /// The file with the PIN.
    #[must_use]
    pub fn pin_file(&self) -> PathBuf {
        self.folder.join("pin")
    }

    /// Writes a PIN into that file; the token keeps its own.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn set_pin(&self, pin: &str) -> io::Result<()> {
        fs::write(self.pin_file(), format!("{pin}\n"))
    }

    /// Pulls the token out.
    ///
    /// # Errors
    /// It is out already.
    pub fn take_away(&self) -> io::Result<()> {
        fs::rename(self.tokens(), self.folder.join("elsewhere"))?;
        fs::create_dir(self.tokens())
    }

    /// Puts it back.
    ///
    /// # Errors
    /// It is there.
    pub fn bring_back(&self) -> io::Result<()> {
        fs::remove_dir(self.tokens())?;
        fs::rename(self.folder.join("elsewhere"), self.tokens())
    }

    /// The folder of the tokens' objects: a folder a token, a file an object.
    #[must_use]
    pub fn tokens(&self) -> PathBuf {
        self.folder.join("tokens")
    }
}

/// The module of SoftHSM.
///
/// # Errors
/// It is not installed.
pub fn module() -> io::Result<PathBuf> {
    MODULES
        .iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, WHENCE))
}
