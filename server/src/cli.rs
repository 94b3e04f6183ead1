//! The command line. Every command works beside a running server on the same database.

mod audit;
mod backup;
mod ca;
mod health;
mod keys;
mod store;

use std::error::Error;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use gridpass_protocol::{DeviceId, KeyAlgorithm, b64u};
use gridpass_provider::{
    AccountNumber, AccountRef, Actor, ApiScope, ApiTokenId, Channel, Clock, EnrollmentId,
    EnrollmentKind, FileClock, Gridpass, NewStaff, ProviderId, Registration, Role, Scope,
    SystemClock,
};
use serde_json::{Value, json};

use crate::config::Config;
use crate::{randomness, serve, telemetry};

/// Device enrollment for utilities and demand-response aggregators.
#[derive(Debug, Parser)]
#[command(name = "gridpass", version)]
pub(crate) struct Command {
    /// Configuration file.
    #[arg(
        long,
        global = true,
        env = "GRIDPASS_CONFIG",
        default_value = "gridpass.toml"
    )]
    config: PathBuf,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make, install and follow the keys of a provider's CA.
    #[command(subcommand)]
    Ca(CaVerb),
    /// Look over the database, or move it to another engine.
    #[command(subcommand)]
    Store(StoreVerb),
    #[command(flatten)]
    Bare(BareVerb),
    #[command(flatten)]
    Portal(PortalVerb),
}

/// What needs a configuration and no installation.
#[derive(Debug, Subcommand)]
enum BareVerb {
    Restore(backup::Restore),
    /// Ask the server on this machine whether it lives, over the listener for metrics.
    Health,
}

/// What needs an installation whose CAs are in force.
#[derive(Debug, Subcommand)]
enum PortalVerb {
    /// Run the portal.
    Serve,
    /// Register a device ID for an account and print its label.
    Register(Register),
    /// Look at one enrollment, or end it.
    #[command(subcommand)]
    Enrollment(EnrollmentVerb),
    /// Make tokens for the provider's own systems.
    #[command(subcommand)]
    Token(TokenVerb),
    /// Verify or export the record of who did what.
    #[command(subcommand)]
    Audit(audit::AuditVerb),
    /// Let people in who run a provider's desk.
    #[command(subcommand)]
    Admin(AdminVerb),
    Backup(backup::Backup),
    /// List and follow the keys that are not the CA's.
    #[command(subcommand)]
    Keys(keys::KeysVerb),
}

#[derive(Debug, Subcommand)]
enum CaVerb {
    #[command(flatten)]
    Root(ca::RootVerb),
    #[command(flatten)]
    Issuing(ca::IssuingVerb),
}

#[derive(Debug, Subcommand)]
enum StoreVerb {
    #[command(flatten)]
    Move(store::StoreVerb),
    #[command(flatten)]
    Look(backup::StoreVerb),
}

#[derive(Debug, Args)]
struct Register {
    /// The provider's id, as in the configuration.
    #[arg(long)]
    provider: ProviderId,
    /// The customer's account number; an unknown one is added.
    #[arg(long)]
    account: AccountNumber,
    /// The device ID, as printed on the device.
    #[arg(long)]
    device_id: String,
    /// What it is: `device` or `gateway`.
    #[arg(long, default_value = "device")]
    kind: EnrollmentKind,
    /// Overrides what the provider's profile says.
    #[arg(long)]
    key_algorithm: Option<KeyAlgorithm>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum EnrollmentVerb {
    /// Print what is known of an enrollment.
    Show {
        id: EnrollmentId,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Void an enrollment that has not been confirmed yet.
    Cancel { id: EnrollmentId },
}

#[derive(Debug, Subcommand)]
enum AdminVerb {
    /// Invite somebody to the staff; prints a link that works once.
    Invite {
        #[arg(long)]
        provider: ProviderId,
        /// What this person signs in with.
        #[arg(long)]
        email: String,
        /// The name that colleagues know.
        #[arg(long)]
        name: String,
        /// `support`, `operator`, `admin` or `auditor`.
        #[arg(long, default_value = "admin")]
        role: Role,
    },
    /// Take every way to sign in from somebody, and print a link to set up new ones.
    Reset {
        #[arg(long)]
        provider: ProviderId,
        #[arg(long)]
        email: String,
    },
}

#[derive(Debug, Subcommand)]
enum TokenVerb {
    /// Print the tokens of a provider: id, since when, name, what it allows.
    List {
        #[arg(long)]
        provider: ProviderId,
    },
    /// Revoke a token: it opens nothing from now on.
    Revoke {
        #[arg(long)]
        provider: ProviderId,
        /// The token's id, as `token list` prints it.
        id: ApiTokenId,
    },
    /// Make a token; it is shown this once.
    Create {
        #[arg(long)]
        provider: ProviderId,
        /// What it allows; may be given several times.
        #[arg(long = "scope", default_value = "registrations:write")]
        scopes: Vec<ApiScope>,
        /// What the token is for.
        #[arg(long)]
        name: String,
    },
}

/// What reads the configuration.
enum Wanted {
    Issuing(ca::IssuingVerb),
    Store(StoreVerb),
    Bare(BareVerb),
    Portal(PortalVerb),
}

/// Carries out one command.
///
/// # Errors
/// Whatever stands in its way, as a sentence.
pub(crate) fn run(command: Command) -> Result<(), Box<dyn Error>> {
    let Command { config: file, verb } = command;
    let verb = match verb {
        Verb::Ca(CaVerb::Root(root)) => {
            return ca::run_root(root, &SystemClock, &*randomness::system());
        }
        Verb::Ca(CaVerb::Issuing(verb)) => Wanted::Issuing(verb),
        Verb::Store(verb) => Wanted::Store(verb),
        Verb::Bare(verb) => Wanted::Bare(verb),
        Verb::Portal(verb) => Wanted::Portal(verb),
    };
    let config = Config::read(&file, std::env::vars())?;
    // Held until the command ends: then the last traces leave.
    let _sending = matches!(verb, Wanted::Portal(PortalVerb::Serve))
        .then(|| telemetry::start(config.log.format, config.traces.as_ref()))
        .transpose()?
        .flatten();
    let clock: Arc<dyn Clock> = match &config.dev.clock_file {
        Some(file) => Arc::new(FileClock::new(file)),
        None => Arc::new(SystemClock),
    };
    make_private_folder(&config.data_dir)?;
    let verb = match verb {
        Wanted::Bare(BareVerb::Restore(wanted)) => return backup::bring_back(&config, &wanted),
        Wanted::Bare(BareVerb::Health) => return health::ask(&config),
        Wanted::Issuing(verb) => {
            return ca::run_issuing(verb, &config, clock, randomness::system(), operator());
        }
        Wanted::Store(StoreVerb::Move(verb)) => return store::run(&config, verb),
        Wanted::Store(StoreVerb::Look(verb)) => {
            let gridpass = Gridpass::open(config.installation()?, clock, randomness::system())?;
            return backup::verify(&gridpass, &verb);
        }
        Wanted::Portal(verb) => verb,
    };
    let gridpass = Gridpass::open(config.installation()?, clock, randomness::system())?;
    match verb {
        PortalVerb::Audit(verb) => audit::run(&gridpass, verb),
        PortalVerb::Admin(verb) => admin(&gridpass, verb),
        PortalVerb::Serve => serve::serve(config, gridpass),
        PortalVerb::Backup(wanted) => backup::back_up(&gridpass, &config, &wanted),
        PortalVerb::Keys(verb) => keys::run(&gridpass, &config, &verb),
        PortalVerb::Register(wanted) => register(&gridpass, wanted),
        PortalVerb::Enrollment(EnrollmentVerb::Show { id, json }) => show(&gridpass, id, json),
        PortalVerb::Enrollment(EnrollmentVerb::Cancel { id }) => {
            gridpass.cancel(id, operator())?;
            println!("{id} is cancelled; its label is of no more use");
            Ok(())
        }
        PortalVerb::Token(TokenVerb::List { provider }) => list_tokens(&gridpass, &provider),
        PortalVerb::Token(TokenVerb::Revoke { provider, id }) => {
            gridpass.revoke_api_token(&provider, id, operator())?;
            println!("{id} is revoked");
            Ok(())
        }
        PortalVerb::Token(TokenVerb::Create {
            provider,
            scopes,
            name,
        }) => {
            println!(
                "{}",
                gridpass.make_api_token(&provider, &scopes, &name, operator())?
            );
            Ok(())
        }
    }
}

fn list_tokens(gridpass: &Gridpass, provider: &ProviderId) -> Result<(), Box<dyn Error>> {
    for token in gridpass.api_tokens_of(provider)? {
        let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.as_str()).collect();
        let state = if token.revoked_at.is_some() {
            "  revoked"
        } else {
            ""
        };
        println!(
            "{}  {}  {}  {}{state}",
            token.id,
            token.made_at.0,
            token.name,
            scopes.join(" ")
        );
    }
    Ok(())
}

fn admin(gridpass: &Gridpass, verb: AdminVerb) -> Result<(), Box<dyn Error>> {
    let invitation = match verb {
        AdminVerb::Invite {
            provider,
            email,
            name,
            role,
        } => {
            let new = NewStaff {
                provider,
                email,
                name,
                role,
            };
            gridpass.invite_staff(new, operator())?
        }
        AdminVerb::Reset { provider, email } => {
            gridpass.reset_staff(&provider, &email, operator())?
        }
    };
    println!("{}", invitation.link);
    Ok(())
}

/// Makes the folder for the database, for this user alone; one that exists is left as it is.
fn make_private_folder(folder: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| format!("data_dir: cannot make {}: {error}", folder.display()).into())
}

/// Whoever may run commands on this machine; the audit names the account, if the system tells it.
fn operator() -> Actor {
    Actor::operator(&std::env::var("USER").unwrap_or_else(|_| "command line".to_owned()))
}

fn register(gridpass: &Gridpass, wanted: Register) -> Result<(), Box<dyn Error>> {
    let registration = Registration {
        provider: wanted.provider,
        account: AccountRef::Number(wanted.account),
        device_id: DeviceId::parse_checked(&wanted.device_id)?,
        kind: wanted.kind,
        channel: Channel::Api,
        key_algorithm: wanted.key_algorithm,
        idempotency: None,
        nickname: None,
        language: None,
    };
    let registered = gridpass.register(registration, operator())?;
    let label = registered
        .handed()
        .ok_or("the label went to the customer, not here")?;
    if wanted.json {
        let answer = json!({
            "enrollment_id": registered.enrollment_id,
            "temporary_id": registered.temporary_id,
            "link": label.link.as_str(),
            "manual_code": label.manual_code.grouped(),
            "expires_at": registered.expires_at,
        });
        println!("{answer}");
    } else {
        println!("enrollment    {}", registered.enrollment_id);
        println!("temporary id  {}", registered.temporary_id);
        println!("manual code   {}", label.manual_code.grouped());
        println!("expires       {} (Unix seconds)", registered.expires_at.0);
        println!("link          {}", label.link.as_str());
    }
    Ok(())
}

fn show(gridpass: &Gridpass, id: EnrollmentId, json: bool) -> Result<(), Box<dyn Error>> {
    let found = gridpass
        .enrollment(id, &Scope::Installation)?
        .ok_or_else(|| format!("there is no enrollment {id}"))?;
    let certificate = found.certificate.map(|certificate| {
        json!({
            "not_after": certificate.not_after,
            "fingerprint": certificate.identifiers.fingerprint,
            "ven_fingerprint": certificate.identifiers.ven_fingerprint,
            "lfdi": certificate.identifiers.lfdi,
            "sfdi": certificate.identifiers.sfdi,
            "der": b64u(&certificate.der),
        })
    });
    let view = json!({
        "enrollment_id": found.id,
        "provider": found.provider,
        "account_id": found.account_id,
        "temporary_id": found.temporary_id,
        "device_id_ends_with": found.device_id_hint,
        "device_id_kind": found.device_id_kind,
        "kind": found.kind,
        "key_algorithm": found.key_algorithm,
        "channel": found.channel,
        "state": found.state,
        "created_at": found.created_at,
        "nickname": found.nickname,
        "certificate": certificate,
    });
    if json {
        println!("{view}");
    } else {
        print_plain(&view, 0);
    }
    Ok(())
}

/// One line a fact, nested ones indented; what is not there is left out.
fn print_plain(value: &Value, depth: usize) {
    let Value::Object(members) = value else {
        return;
    };
    for (name, value) in members {
        let indent = "  ".repeat(depth);
        match value {
            Value::Null => {}
            Value::Object(_) => {
                println!("{indent}{name}");
                print_plain(value, depth + 1);
            }
            Value::String(text) => println!("{indent}{name:<20} {text}"),
            other => println!("{indent}{name:<20} {other}"),
        }
    }
}
