//! The command line.

mod terminal;

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use clap::{Args, Parser, Subcommand};
use gridpass_protocol::{
    DeviceId, Handover, HandoverNonce, KeyId, Origin, handover::MAX_HANDOVER_LENGTH,
};
use zeroize::Zeroizing;

use self::terminal::{ask_device_id, drawn, print_enrolled, print_pending, typed_label};
use crate::{
    agent::{Agent, AgentError},
    backoff::Backoff,
    clock::{Clock, randomness},
    config::{Config, ConfigError},
    enroll::{EnrollError, Enrollment, OtherPending},
    files::{self, FileError, Readers},
    handover::{self, Serving},
    journal::Journal,
    keys::KeyError,
    label,
    line::Line,
    portal::{Portal, RootsError},
    state::{LabelFacts, State},
    stop,
    store::{self, Store, StoreError},
    token::{Token, TokenError},
};

/// Where the configuration is, unless said otherwise.
const CONFIG: &str = "/etc/gridpass-gateway.toml";
/// Where the state is, unless said otherwise.
const STATE_DIR: &str = "/var/lib/gridpass-gateway";
/// The exit status of a gateway that only its provider can help.
const OVER: u8 = 3;
/// The exit status of a gateway whose token refuses the PIN: each further try could lock it.
const PIN_REFUSED: u8 = 4;

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
    /// Serves the page through which a customer's browser hands this gateway over, until it is
    /// enrolled.
    ServeHandover(HandoverArguments),
    /// Makes a request for a certificate, for a portal that cannot reach this gateway; prints it.
    Request(RequestArguments),
    /// Takes the portal's answer to a request.
    Install {
        /// The file; `-` or nothing: the standard input.
        file: Option<PathBuf>,
    },
    /// Speaks with the provider and does what it asks for, until stopped. Ends with status 3 when
    /// the provider does not want this gateway any more.
    Run(RunArguments),
    /// Says how this gateway stands.
    Status,
}

#[derive(Args)]
struct EnrollArguments {
    /// The label: its link, its manual code, or a file with a picture of it (PNG or JPEG) or with
    /// its link. `-` or nothing: read from the standard input.
    label: Option<String>,
    /// The portal of the label; needed for a manual code.
    #[arg(long)]
    portal: Option<Origin>,
    /// The device ID printed on the gateway, when the configuration does not say it. Other users
    /// of this machine see arguments; the environment is read as well.
    #[arg(long, env = "GRIDPASS_GATEWAY_DEVICE_ID", hide_env_values = true)]
    device_id: Option<String>,
    /// Enrol over EST instead of by a sealed message.
    #[arg(long)]
    est: bool,
    /// Forget an enrollment with another label that was not answered.
    #[arg(long)]
    give_up: bool,
}

#[derive(Args)]
struct HandoverArguments {
    /// Address and port of the page, instead of those of the configuration.
    #[arg(long)]
    listen: Option<SocketAddr>,
}

#[derive(Args)]
struct RunArguments {
    /// Serve the hand-over first while this gateway is not enrolled.
    #[arg(long)]
    handover: bool,
}

#[derive(Args)]
struct RequestArguments {
    /// The label, as for `enroll`.
    label: Option<String>,
    /// The portal of the label; needed for a manual code.
    #[arg(long)]
    portal: Option<Origin>,
    /// Draw it as a QR code for the terminal.
    #[arg(long, conflicts_with = "file")]
    qr: bool,
    /// Write it to a file.
    #[arg(long)]
    file: Option<PathBuf>,
    /// Forget an enrollment with another label that was not answered.
    #[arg(long)]
    give_up: bool,
}

impl From<bool> for OtherPending {
    fn from(give_up: bool) -> Self {
        if give_up { Self::GivenUp } else { Self::Kept }
    }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Roots(#[from] RootsError),
    #[error(transparent)]
    Token(#[from] TokenError),
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
    #[error("the request does not fit a QR code; use --file")]
    TooLongForQr,
    #[error(transparent)]
    Handover(#[from] handover::Refusal),
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

impl CommandError {
    /// What a program that fails for this ends with.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Store(StoreError::Key(KeyError::Token(TokenError::PinRefused)))
            | Self::Agent(AgentError::Pin(_)) => ExitCode::from(PIN_REFUSED),
            _ => ExitCode::FAILURE,
        }
    }
}

/// What every command works with.
struct Context {
    config: Config,
    state_dir: PathBuf,
    token: Option<Arc<Token>>,
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
    let token = config.token.as_ref().map(Token::new).transpose()?;
    let context = Context {
        config,
        state_dir,
        token: token.map(Arc::new),
    };
    match cli.command {
        Command::Enroll(arguments) => context.enroll(arguments),
        Command::ServeHandover(arguments) => {
            context.serve_handover(arguments.listen)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Request(arguments) => context.request(arguments),
        Command::Install { file } => context.install(file),
        Command::Run(arguments) => context.run(&arguments),
        Command::Status => context.status(),
    }
}

impl Context {
    fn store(&self) -> Result<Store, StoreError> {
        Store::open(&self.state_dir, self.token.clone())
    }

    fn portal(&self) -> Result<Portal, RootsError> {
        Portal::new(self.config.trusted_roots.as_deref())
    }

    fn enroll(&self, arguments: EnrollArguments) -> Result<ExitCode, CommandError> {
        let store = self.store()?;
        let portal = self.portal()?;
        let expected = arguments.portal.as_ref().or(self.config.portal.as_ref());
        let label = label::read(&typed_label(arguments.label)?, expected, &portal)?;
        let device_id = self.device_id(arguments.device_id, &store)?;
        let enrollment = Enrollment {
            store: &store,
            portal: &portal,
            clock: Clock::MACHINE,
            device_id: &device_id,
            others: arguments.give_up.into(),
        };
        let enrolled = match arguments.est {
            true => enrollment.over_est(&label)?,
            false => enrollment.confirm(&label)?,
        };
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

    fn serve_handover(&self, listen: Option<SocketAddr>) -> Result<(), CommandError> {
        let store = self.store()?;
        if let Some(State::Enrolled(enrolled)) = store.state()? {
            return Err(EnrollError::AlreadyEnrolled(enrolled.enrollment_id).into());
        }
        // Without it the gateway could not say hello afterwards.
        self.known_device_id(&store)?;
        let serving = Serving {
            listen: listen.unwrap_or(self.config.handover.listen),
            names: self.config.handover.names.clone(),
            expected: self.config.portal.clone(),
        };
        Ok(handover::serve(
            store,
            self.portal()?,
            Clock::MACHINE,
            serving,
        )?)
    }

    fn request(&self, arguments: RequestArguments) -> Result<ExitCode, CommandError> {
        let store = self.store()?;
        self.known_device_id(&store)?;
        let expected = arguments.portal.as_ref().or(self.config.portal.as_ref());
        let label = label::read(&typed_label(arguments.label)?, expected, &self.portal()?)?;
        if label.payload.expires_at <= Clock::MACHINE.now() {
            return Err(label::LabelError::Expired.into());
        }
        let facts = LabelFacts::new(label.origin, &label.payload);
        let nonce = HandoverNonce::make(&mut randomness());
        let pending = handover::request(&store, facts, Some(nonce), arguments.give_up.into())?;
        let check = KeyId::of_spki(&store.key(&pending.key)?.spki_der()).check_number();
        let portal = pending.label.origin.clone();
        let csr = Handover::Csr {
            nonce,
            csr: pending.csr,
        };
        // As an address: a phone's camera opens it, and the page takes it from a file as well.
        let text = handover::back(&portal, &csr);
        eprintln!("The portal has to show this number: {check}");
        match (arguments.file, arguments.qr) {
            (Some(file), _) => files::replace(&file, text.as_bytes(), Readers::Everybody)?,
            (None, true) => writeln!(io::stdout(), "{}", drawn(&text)?)?,
            (None, false) => writeln!(io::stdout(), "{text}")?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn install(&self, file: Option<PathBuf>) -> Result<ExitCode, CommandError> {
        let store = self.store()?;
        let mut text = String::new();
        let most = MAX_HANDOVER_LENGTH as u64 + 1;
        match file.filter(|file| file.as_os_str() != "-") {
            Some(file) => std::fs::File::open(file)?
                .take(most)
                .read_to_string(&mut text)?,
            None => io::stdin().take(most).read_to_string(&mut text)?,
        };
        let enrolled = handover::install(&store, &text, Clock::MACHINE.now())?;
        print_enrolled(&enrolled)?;
        Ok(ExitCode::SUCCESS)
    }

    fn run(&self, arguments: &RunArguments) -> Result<ExitCode, CommandError> {
        if arguments.handover
            && !matches!(
                store::read_state(&self.state_dir)?,
                Some(State::Enrolled(_))
            )
        {
            self.serve_handover(None)?;
        }
        let gate = stop::watch()?;
        // A token is not left in the middle of what opens it.
        let opening = gate.work();
        let store = self.store()?;
        let Some(State::Enrolled(enrolled)) = store.state()? else {
            return Err(CommandError::NotEnrolled);
        };
        let device_id = self.known_device_id(&store)?;
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
            is_greeted: false,
            poll_at: now,
            speak_at: now,
            rekey_at: now,
        };
        drop(opening);
        match agent.run(&gate) {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(error @ AgentError::Over(_)) => {
                tracing::error!(%error, "the provider does not speak with this gateway any more");
                Ok(ExitCode::from(OVER))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The device ID that the configuration says, or that was given before.
    fn known_device_id(&self, store: &Store) -> Result<DeviceId, CommandError> {
        match self.config.device_id()? {
            Some(configured) => Ok(configured),
            None => Ok(store.device_id()?.ok_or(ConfigError::NoDeviceId)?),
        }
    }

    fn status(&self) -> Result<ExitCode, CommandError> {
        match store::read_state(&self.state_dir)? {
            None => writeln!(io::stdout(), "not enrolled")?,
            Some(State::Pending(pending)) => print_pending(&pending)?,
            Some(State::Enrolled(enrolled)) => print_enrolled(&enrolled)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
