//! `cargo xtask serve`: from a fresh clone to a running portal.

use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::{CommandExt, parent_id};
use std::time::Duration;
use std::{env, fs, thread};

use crate::process::{Failure, Result, cargo, command, run};
use crate::step::step;
use crate::tools::{self, quoted};
use crate::{paths, site};

/// Set for the announcing child: the process that becomes the server.
const SERVER_PID: &str = "XTASK_SERVER_PID";

/// Builds what is not built and becomes the server.
///
/// This process turns into the server instead of starting one beside it: signals, from Ctrl-C to
/// a supervisor's SIGTERM, reach the server itself, and nothing is left running behind anybody's back.
pub(crate) fn serve() -> Result<Infallible> {
    let tools = tools::ensure()?;
    site::ensure(&tools)?;
    build_server()?;
    command(env::current_exe()?)
        .arg("announce")
        .env(SERVER_PID, std::process::id().to_string())
        .spawn()?;
    let config = env::var_os("GRIDPASS_CONFIG").unwrap_or_else(|| "gridpass.toml".into());
    let error = command(paths::server())
        .arg("serve")
        .env("GRIDPASS_CONFIG", config)
        .exec();
    Err(Failure(format!("the server could not be started: {error}")))
}

/// Builds the server's binary.
pub(crate) fn build_server() -> Result<()> {
    step(
        "building the server",
        "2 to 3 minutes the first time, seconds after a change",
        || run(cargo().args(["build", "--quiet", "--package", "gridpass-server"])),
    )
}

/// Builds the site and the server as they are shipped.
pub(crate) fn build_release() -> Result<()> {
    site::ensure(&tools::ensure()?)?;
    step(
        "building the release server",
        "5 minutes the first time",
        || {
            run(cargo().args([
                "build",
                "--locked",
                "--quiet",
                "--release",
                "--package",
                "gridpass-server",
            ]))
        },
    )
}

/// Waits until the server answers and says what to do next. Ends silently when the server ends.
pub(crate) fn announce() -> Result<()> {
    let server =
        env::var(SERVER_PID).map_err(|_| Failure("`announce` is a part of `serve`".to_owned()))?;
    let config = fs::read_to_string(paths::root().join("gridpass.toml"))?;
    let setting = |name: &str, key: &str| {
        env::var(name)
            .ok()
            .or_else(|| quoted(&config, key).next().map(str::to_owned))
            .unwrap_or_default()
    };
    let listen = setting("GRIDPASS_LISTEN", "listen");
    while parent_id().to_string() == server {
        if is_healthy(&listen).unwrap_or(false) {
            let accounts: Vec<&str> = quoted(&config, "number").collect();
            println!(
                "{}",
                next_steps(&setting("GRIDPASS_ORIGIN", "origin"), &accounts)
            );
            return Ok(());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn is_healthy(listen: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(listen)?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    write!(
        stream,
        "GET /healthz HTTP/1.1\r\nHost: {listen}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.take(64 * 1024).read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}

fn next_steps(origin: &str, accounts: &[&str]) -> String {
    let accounts = accounts.join(", ");
    let account = accounts.split(',').next().unwrap_or_default();
    format!(
        "
The portal is up: {origin}

  1. Sign in at {origin}/account with a demo account number: {accounts}
  2. The sign-in link arrives at {origin}/dev/outbox
  3. Register a device, open its label, and enrol with it

The provider's people sign in at {origin}/staff. From another terminal, invite yourself and open the link:
  target/debug/gridpass admin invite --provider demo --email you@example.org --name You --role admin

What the provider's own systems would do, from another terminal:
  target/debug/gridpass register --provider demo --account {account} --device-id SN-4711-0815

Ctrl-C stops the portal. What it keeps is in data/.
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_steps_name_an_account_that_exists() {
        let text = next_steps("http://localhost:3000", &["A-1001", "A-1002"]);
        assert!(text.contains("A-1001, A-1002"));
        assert!(text.contains("--account A-1001 --device-id"));
    }
}
