//! The command line.

use std::{
    io::{self, IsTerminal, Read, Write},
    path::PathBuf,
    process::ExitCode,
    time::Instant,
};

use clap::{Args, Parser, Subcommand};
use gridpass_protocol::{DeviceId, Identifiers, Origin};
use zeroize::Zeroizing;

use crate::{
    agent::{Agent, AgentError},
    backoff::Backoff,
    clock::Clock,
    config::{Config, ConfigError},
    enroll::{EnrollError, Enrollment, OtherPending},
    files::FileError,
    journal::Journal,
    label,
    line::Line,
    portal::{Portal, RootsError},
    state::{Enrolled, State},
    stop,
    store::{self, Store, StoreError},
};

/// Where the configuration is, unless said otherwise.
const CONFIG: &str = "/etc/gridpass-gateway.toml";
/// Where the state is, unless said otherwise.
const STATE_DIR: &str = "/var/lib/gridpass-gateway";
/// The exit status of a gateway that only its provider can help.
const OVER: u8 = 3;
/// No label is longer, in bytes.
const MOST_TYPED: u64 = 8 * 1024;

/// Enrols a gateway with its provider, and speaks for it from then on.
#[derive(Parser)]
#[command(name = "gridpass-gateway", version)]
pub(crate) struct Cli {
    /// The configuration file; /etc/gridpass-gateway.toml if there is one.
    #[arg(long, global = true, env = "GRIDPASS_GATEWAY_CONFIG")]
    config: Option<PathBuf>,
    /// Where the gateway keeps its key and all that it must not forget.
    #[arg(long, global = true, env = "GRIDPASS_GATEWAY_STATE_DIR")]
    state_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Enrols this gateway with a label.
    Enroll(EnrollArguments),
    /// Speaks with the provider and does what it asks for, until stopped. Ends with status 3 when
    /// the provider does not want this gateway any more.
    Run,
    /// Says how this gateway stands.
    Status,
}

#[derive(Args)]
struct EnrollArguments {
    /// The label: its link, its manual code, or a file with a picture of it (PNG) or with its link.
    /// `-` or nothing: read from the standard input.
    label: Option<String>,
    /// The portal of the label; needed for a manual code.
    #[arg(long)]
    portal: Option<Origin>,
    /// The device ID printed on the gateway, when the configuration does not say it. Other users
    /// of this machine see arguments; the environment is read as well.
    #[arg(long, env = "GRIDPASS_GATEWAY_DEVICE_ID", hide_env_values = true)]
    device_id: Option<String>,
    /// Forget an enrollment with another label that was not answered.
    #[arg(long)]
    give_up: bool,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Roots(#[from] RootsError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Enroll(#[from] EnrollError),
    #[error(transparent)]
    Agent(#[from] AgentError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("this gateway is not enrolled; run `gridpass-gateway enroll` first")]
    NotEnrolled,
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("device ID: {0}")]
    DeviceId(#[from] gridpass_protocol::InvalidDeviceId),
}

impl From<label::LabelError> for CommandError {
    fn from(error: label::LabelError) -> Self {
        Self::Enroll(error.into())
    }
}

/// What every command works with.
struct Context {
    config: Config,
    state_dir: PathBuf,
}

/// Runs a command.
pub(crate) fn run(cli: Cli) -> Result<ExitCode, CommandError> {
    let config = match cli.config {
        Some(file) => Config::read(&file)?,
        None if PathBuf::from(CONFIG).exists() => Config::read(CONFIG.as_ref())?,
        None => Config::default(),
    };
    let state_dir = cli
        .state_dir
        .or_else(|| config.state_dir.clone())
        .unwrap_or_else(|| STATE_DIR.into());
    let context = Context { config, state_dir };
    match cli.command {
        Command::Enroll(arguments) => context.enroll(arguments),
        Command::Run => context.run(),
        Command::Status => context.status(),
    }
}

impl Context {
    fn portal(&self) -> Result<Portal, RootsError> {
        Portal::new(self.config.trusted_roots.as_deref())
    }

    fn enroll(&self, arguments: EnrollArguments) -> Result<ExitCode, CommandError> {
        let store = Store::open(&self.state_dir)?;
        let portal = self.portal()?;
        let expected = arguments.portal.as_ref().or(self.config.portal.as_ref());
        let label = label::read(&typed_label(arguments.label)?, expected, &portal)?;
        let device_id = self.device_id(arguments.device_id, &store)?;
        let enrolled = Enrollment {
            store: &store,
            portal: &portal,
            clock: Clock::MACHINE,
            device_id: &device_id,
            others: if arguments.give_up {
                OtherPending::GivenUp
            } else {
                OtherPending::Kept
            },
        }
        .confirm(&label)?;
        print_enrolled(&enrolled)?;
        Ok(ExitCode::SUCCESS)
    }

    /// The device ID: as the command line says, else the configuration, else the person at the
    /// terminal. What the configuration does not say is kept for later.
    fn device_id(&self, given: Option<String>, store: &Store) -> Result<DeviceId, CommandError> {
        let configured = self.config.device_id()?;
        let given = match (given.map(Zeroizing::new), &configured) {
            (Some(given), _) => given,
            (None, Some(configured)) => return Ok(configured.clone()),
            (None, None) => match store.device_id()? {
                Some(kept) => return Ok(kept),
                None => ask_device_id()?,
            },
        };
        let device_id = DeviceId::parse_checked(&given)?;
        if configured.as_ref() != Some(&device_id) {
            store.keep_device_id(&device_id)?;
        }
        Ok(device_id)
    }

    fn run(&self) -> Result<ExitCode, CommandError> {
        let store = Store::open(&self.state_dir)?;
        let Some(State::Enrolled(enrolled)) = store.state()? else {
            return Err(CommandError::NotEnrolled);
        };
        let device_id = match self.config.device_id()? {
            Some(configured) => configured,
            None => store.device_id()?.ok_or(ConfigError::NoDeviceId)?,
        };
        let portal = self.portal()?;
        let clock = Clock::MACHINE;
        let line = Line::new(&store, &portal, clock, device_id, *enrolled)?;
        let journal = Journal::open(store.journal(), &self.config, clock.now())?;
        let now = Instant::now();
        let mut agent = Agent {
            config: &self.config,
            line,
            journal,
            clock,
            backoff: Backoff::default(),
            poll_at: now,
            speak_at: now,
            rekey_at: now,
        };
        match agent.run(&*stop::watch()?) {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(error @ AgentError::Over(_)) => {
                tracing::error!(%error, "the provider does not speak with this gateway any more");
                Ok(ExitCode::from(OVER))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn status(&self) -> Result<ExitCode, CommandError> {
        match store::read_state(&self.state_dir)? {
            None => writeln!(io::stdout(), "not enrolled")?,
            Some(State::Pending(pending)) => writeln!(
                io::stdout(),
                "waiting for the answer to the label {} of {}",
                pending.label.temporary_id,
                pending.label.origin
            )?,
            Some(State::Enrolled(enrolled)) => print_enrolled(&enrolled)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn typed_label(given: Option<String>) -> Result<Zeroizing<String>, CommandError> {
    match given.filter(|label| label != "-") {
        Some(label) => Ok(Zeroizing::new(label)),
        None => {
            prompt("Label (its link or manual code): ")?;
            let mut typed = Zeroizing::new(String::new());
            // A terminal gives a line, a pipe all that it has.
            if io::stdin().is_terminal() {
                io::stdin().read_line(&mut typed)?;
            } else {
                io::stdin().take(MOST_TYPED).read_to_string(&mut typed)?;
            }
            Ok(typed)
        }
    }
}

fn ask_device_id() -> Result<Zeroizing<String>, CommandError> {
    if !io::stdin().is_terminal() {
        return Err(ConfigError::NoDeviceId.into());
    }
    prompt("Device ID printed on the gateway: ")?;
    let mut typed = Zeroizing::new(String::new());
    io::stdin().read_line(&mut typed)?;
    Ok(Zeroizing::new(typed.trim().to_owned()))
}

fn prompt(text: &str) -> io::Result<()> {
    if io::stdin().is_terminal() {
        eprint!("{text}");
        io::stderr().flush()?;
    }
    Ok(())
}

fn print_enrolled(enrolled: &Enrolled) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let identifiers = Identifiers::of(&enrolled.identity.certificate);
    writeln!(out, "enrolled with {}", enrolled.settings.provider)?;
    writeln!(out, "enrollment          {}", enrolled.enrollment_id)?;
    writeln!(out, "portal              {}", enrolled.label.origin)?;
    if let Some(facts) = enrolled.identity.facts() {
        writeln!(out, "certificate         {}", facts.serial)?;
        writeln!(
            out,
            "valid until         {} (Unix seconds)",
            facts.not_after
        )?;
    }
    writeln!(out, "SHA-256             {}", identifiers.fingerprint)?;
    writeln!(out, "VEN fingerprint     {}", identifiers.ven_fingerprint)?;
    writeln!(out, "LFDI                {}", identifiers.lfdi)?;
    writeln!(out, "SFDI                {}", identifiers.sfdi)?;
    writeln!(out, "messages answered   {}", enrolled.conversation.seq)?;
    if let Some(at) = enrolled.conversation.spoke_at {
        writeln!(out, "last answer         {at} (Unix seconds)")?;
    }
    Ok(())
}
