//! A PostgreSQL of its own for tests and measurements.
//!
//! [`Cluster::start`] makes a cluster in a folder of its own under the system's temporary folder and
//! runs it there: over a Unix socket alone, so that no port is taken, and readable by nobody else. It
//! ends with whoever started it, however that ends: a small guard holds one end of a pipe, and
//! notices when the other one is gone.
//!
//! One cluster serves many tests, each with a database of its own ([`Cluster::url_of`]).
//! `cargo xtask test` starts one for the whole run and names it in [`VARIABLE`].

mod programs;
mod server;
mod user;

use std::env;
use std::fmt;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use gridpass_testing_port::Port;
pub use programs::{OLDEST, Programs};
use server::Server;
use user::User;

/// Names the cluster that serves a whole test run, as [`Cluster::url`] writes it.
pub const VARIABLE: &str = "GRIDPASS_TEST_POSTGRES";

/// The address of a cluster that every test of this process shares: the one that [`VARIABLE`] names,
/// or else one that starts with the first call and ends with the process.
///
/// # Errors
/// There is none, and none could be started.
pub fn shared() -> Result<&'static str, Error> {
    static SHARED: Mutex<Option<&'static str>> = Mutex::new(None);
    // Whoever panicked under it started nothing.
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(url) = *shared {
        return Ok(url);
    }
    let url = match env::var(VARIABLE) {
        Ok(url) => url,
        // Never dropped: its pipe closes with the process, and that ends it.
        Err(_) => Box::leak(Box::new(Cluster::start(Durability::Fast)?)).url(),
    };
    Ok(shared.insert(url.leak()))
}

/// The superuser of a cluster, who needs no password: who can open the socket may do everything.
const SUPERUSER: &str = "gridpass";
/// A socket's address has room for 107 bytes, and PostgreSQL adds the name of its socket.
const LONGEST_FOLDER: usize = 107 - "/.s.PGSQL.5432.lock".len();

/// Runs PostgreSQL (`$@`) until standard input ends, and removes its folder (`$0`) then. A word there
/// ends the server alone: in an orderly way (`stop`), or at once (`kill`). Standard error is the
/// server's alone, so that it ends with the server and all that it started.
const GUARD: &str = r#"
"$@" </dev/null & server=$!
exec 2>/dev/null
read -r word
case $word in
    stop) kill -INT "$server" ;;
    kill) kill -KILL "$server" ;;
    *) kill -QUIT "$server" ;;
esac
wait "$server"
[ -n "$word" ] || rm -rf "$0"
"#;

/// What a cluster is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Commits do not wait for the disk: for tests, which end with their cluster.
    Fast,
    /// Commits wait for the disk, as in service: for measurements.
    Durable,
}

/// Why there is no cluster, in words for the person at the keyboard.
#[derive(Debug)]
pub enum Error {
    /// No PostgreSQL that is new enough is installed here.
    Missing,
    /// A program could not be started, or a file could not be written.
    Io(io::Error),
    /// No user is known here that PostgreSQL could run as; it refuses to run as root.
    NoUser,
    /// `initdb` or the server gave up, and said this.
    Failed(String),
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(
                formatter,
                "there is no PostgreSQL {OLDEST} or newer here: install Debian's package `{}`",
                programs::PACKAGE
            ),
            Self::Io(error) => write!(formatter, "PostgreSQL could not be started: {error}"),
            Self::NoUser => formatter.write_str(
                "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor \
                 `nobody` that it could run as",
            ),
            Self::Failed(said) => write!(formatter, "PostgreSQL gave up: {said}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A running PostgreSQL. It ends when this is dropped, and when this process ends.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    programs: Programs,
    user: Option<User>,
    durability: Durability,
    /// Where it listens beside its socket.
    port: Option<Port>,
    // `None` while it is started.
    server: Option<Server>,
}

impl Cluster {
    /// Makes a cluster and starts it; it accepts connections when this returns.
    ///
    /// # Errors
    /// PostgreSQL is missing, has no user to run as, or gave up.
    pub fn start(durability: Durability) -> Result<Self, Error> {
        let programs = Programs::find().ok_or(Error::Missing)?;
        let user = User::for_postgres()?;
        let folder = make_folder(user.as_ref())?;
        let mut cluster = Self {
            folder,
            programs,
            user,
            durability,
            port: None,
            server: None,
        };
        cluster.init()?;
        cluster.start_again()?;
        Ok(cluster)
    }

    /// The address of the database `postgres` of this cluster, for its superuser.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The address of a database of this cluster, for its superuser.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        let folder = self.folder.to_string_lossy().replace('/', "%2F");
        // The socket's name has it.
        let port = self.port.as_ref().map(|port| format!(":{}", port.number()));
        let port = port.unwrap_or_default();
        format!("postgres://{SUPERUSER}@{folder}{port}/{database}")
    }

    /// The folder of the socket and of everything else.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Ends the server in an orderly way: its connections end, what was committed stays.
    ///
    /// # Errors
    /// It takes too long.
    pub fn stop(&mut self) -> Result<(), Error> {
        self.end("stop")
    }

    /// Kills the server, as a machine that loses power would.
    ///
    /// # Errors
    /// It takes too long.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.end("kill")
    }

    /// Starts the server again after [`Cluster::stop`] or [`Cluster::kill`]; it accepts connections
    /// when this returns.
    ///
    /// # Errors
    /// It gave up.
    pub fn start_again(&mut self) -> Result<(), Error> {
        let mut guard = Command::new("sh");
        guard.arg("-c").arg(GUARD).arg(&self.folder);
        guard.arg(self.programs.postgres());
        guard.arg("-D").arg(self.folder.join("data"));
        guard.arg("-k").arg(&self.folder);
        for setting in settings(self.durability) {
            guard.arg("-c").arg(setting);
        }
        if let Some(port) = &self.port {
            guard.args(["-c", "listen_addresses=127.0.0.1", "-c", "ssl=on", "-c"]);
            guard.arg(format!("port={}", port.number()));
        }
        // A group of its own: who interrupts the tests at the keyboard ends the other end of the
        // pipe, and that ends the server.
        let guard = as_user(&mut guard, self.user.as_ref()).process_group(0);
        self.server.insert(Server::start(guard)?).wait_until_ready()
    }

    /// Starts the server again, from now on with a port of 127.0.0.1 as well, where it speaks TLS by this
    /// certificate and this key (PEM); tells the port.
    ///
    /// # Errors
    /// It does not end, a file cannot be written, or it gave up.
    pub fn listen(&mut self, certificate: &str, key: &str) -> Result<u16, Error> {
        self.stop()?;
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let file = self.folder.join("data").join(name);
            fs::write(&file, text)?;
            fs::set_permissions(&file, Permissions::from_mode(0o600))?;
            if let Some(user) = &self.user {
                chown(&file, Some(user.id), Some(user.group))?;
            }
        }
        let number = self.port.insert(Port::new()?).number();
        self.start_again()?;
        Ok(number)
    }

    fn end(&mut self, word: &str) -> Result<(), Error> {
        match self.server.take() {
            Some(server) => server.end(word),
            None => Ok(()),
        }
    }

    fn init(&self) -> Result<(), Error> {
        let mut init = Command::new(self.programs.initdb());
        init.arg("-D").arg(self.folder.join("data")).args([
            "--username",
            SUPERUSER,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "--no-instructions",
        ]);
        let output = as_user(&mut init, self.user.as_ref())
            .stdin(Stdio::null())
            .output()?;
        if output.status.success() {
            Ok(())
        } else {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(Error::Failed(said.trim().to_owned()))
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.server = None;
        // The guard has done it, unless the server was not running.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// What the server does differently from its defaults.
fn settings(durability: Durability) -> Vec<&'static str> {
    let mut settings = vec![
        "listen_addresses=",
        "max_connections=400",
        "lc_messages=C",
        "log_destination=stderr",
        "logging_collector=off",
        "timezone=UTC",
    ];
    settings.extend(match durability {
        Durability::Fast => ["fsync=off", "full_page_writes=off", "shared_buffers=64MB"].as_slice(),
        // Room for what is worked on, as in service.
        Durability::Durable => &["shared_buffers=512MB"],
    });
    settings
}

/// A new folder of this process alone, with a name short enough for a socket in it.
fn make_folder(user: Option<&User>) -> Result<PathBuf, Error> {
    let temporary = env::temp_dir();
    let process = std::process::id();
    for number in 0_u32.. {
        let mut folder = temporary.join(format!("gridpass-pg-{process}-{number}"));
        if folder.as_os_str().len() > LONGEST_FOLDER {
            folder = Path::new("/tmp").join(format!("gridpass-pg-{process}-{number}"));
        }
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => {
                if let Some(user) = user {
                    chown(&folder, Some(user.id), Some(user.group))?;
                }
                return Ok(folder);
            }
            // Of another cluster of this process, or of one before it that had the same number.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Failed("no folder is free".to_owned()))
}

/// The command as `user`, from a folder that everybody may be in, and without the settings of
/// another PostgreSQL.
fn as_user<'a>(command: &'a mut Command, user: Option<&User>) -> &'a mut Command {
    if let Some(user) = user {
        command.uid(user.id).gid(user.group);
    }
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    command.current_dir("/").stdout(Stdio::null())
}
