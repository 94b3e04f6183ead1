//! The token that holds the issuing key goes away under a running server, and comes back.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use gridpass_bench::Failure;
use gridpass_bench::client::{self, connect, exchange};
use gridpass_bench::device::{self, Device};
use gridpass_bench::talker::Talker;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::stage::{sign_in, succeed};
use crate::fixture::Fixture;

const PIN: &str = "2468-token";
/// What needs no token waits for none, and who needs it is told at once that it is away.
const BOUND: Duration = Duration::from_secs(10);

struct Token {
    folder: PathBuf,
    config: String,
    softhsm: String,
}

fn module() -> &'static str {
    [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib64/pkcs11/libsofthsm2.so",
    ]
    .into_iter()
    .find(|path| Path::new(path).exists())
    .expect("`cargo xtask setup` installs SoftHSM")
}

impl Token {
    /// A token with the issuing key of the demo, certified by a root of its own.
    fn with_issuing_key(folder: &Path) -> Result<Self, Failure> {
        let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
        std::fs::create_dir(folder.join("tokens"))?;
        let tokens = path("tokens");
        std::fs::write(
            folder.join("softhsm2.conf"),
            format!("directories.tokendir = {tokens}\n"),
        )?;
        std::fs::write(folder.join("pin"), PIN)?;
        std::fs::write(folder.join("passphrase"), "a passphrase of tests")?;
        let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../gridpass.toml");
        let config = format!(
            "{}\n[providers.ca]\nkind = \"ceremony\"\n[providers.ca.token]\nmodule = \"{}\"\n\
             token = \"faults\"\nkey_label = \"demo issuing\"\npin_file = \"{}\"\n",
            std::fs::read_to_string(demo)?,
            module(),
            path("pin"),
        );
        std::fs::write(folder.join("token.toml"), config)?;
        let token = Self {
            folder: folder.to_owned(),
            config: path("token.toml"),
            softhsm: path("softhsm2.conf"),
        };
        token.run(
            Command::new("softhsm2-util")
                .args(["--init-token", "--free", "--label", "faults"])
                .args(["--so-pin", "13579", "--pin", PIN]),
        )?;
        let passphrase = format!("--passphrase-file={}", path("passphrase"));
        for words in [
            "init --name=Root --algorithm=p-256 --years=20 --key=root.key --certificate=root.pem",
            "request --provider=demo --algorithm=p-256 --out=request.pem",
            "sign-intermediate --key=root.key --certificate=root.pem --request=request.pem --days=3650 \
             --out=issuing.pem",
            "install --provider=demo issuing.pem root.pem",
        ] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_gridpass"));
            command.arg("ca").args(words.split_whitespace());
            if words.contains("root.key") {
                command.arg(&passphrase);
            }
            token.run(&mut command)?;
        }
        Ok(token)
    }

    fn run(&self, command: &mut Command) -> Result<(), Failure> {
        let done = command
            .current_dir(&self.folder)
            .env("SOFTHSM2_CONF", &self.softhsm)
            .env("GRIDPASS_CONFIG", &self.config)
            .env("GRIDPASS_DATA_DIR", &self.folder)
            .output()?;
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{command:?}: {said}");
        Ok(())
    }

    fn take_away(&self) -> Result<(), Failure> {
        let tokens = self.folder.join("tokens");
        Ok(std::fs::rename(&tokens, self.folder.join("elsewhere"))?)
    }

    fn bring_back(&self) -> Result<(), Failure> {
        let tokens = self.folder.join("tokens");
        Ok(std::fs::rename(self.folder.join("elsewhere"), tokens)?)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_goes_away_in_service_spends_no_one_time_password_and_stops_nobody_else()
-> Result<(), Failure> {
    let fixture = Fixture::new()?;
    let token = Token::with_issuing_key(fixture.folder())?;
    let settings = [
        ("GRIDPASS_CONFIG", token.config.as_str()),
        ("SOFTHSM2_CONF", token.softhsm.as_str()),
    ];
    let server = fixture.server_with(&settings).await?;
    let address = server.address();
    let devices = Fixture::devices(&server, 3).await?;
    let answer = succeed(address, &devices[0].confirmation).await?;
    let mut talker = Talker::new(&devices[0], &answer)?;
    let mut rng = ChaCha20Rng::seed_from_u64(5);

    token.take_away()?;
    for device in &devices[1..] {
        let begun = Instant::now();
        let mut sender = connect(address).await?;
        let answer = exchange(&mut sender, &device.confirmation, address).await?;
        let body = String::from_utf8_lossy(answer.body());
        assert_eq!(answer.status(), 503, "{body}");
        assert!(
            body.contains("urn:gridpass:problem:ca-unavailable"),
            "{body}"
        );
        assert!(answer.headers().contains_key("retry-after"));
        assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    }
    // Nobody else needs it.
    let begun = Instant::now();
    let hello = talker.hello(&mut rng)?;
    talker.hear(&succeed(address, &hello).await?)?;
    succeed(address, &sign_in()).await?;
    let more = device::registrations(4, &server.api_token()?).split_off(3);
    assert_eq!(client::run(address, more, 1).await?.errors, 0);
    client::get(address, "/readyz").await?;
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());

    assert!(!server.log()?.contains("panicked"), "nothing panicked");

    // This token's module, SoftHSM, takes up what was away only when it is loaded anew.
    token.bring_back()?;
    server.kill()?;
    let server = fixture.server_with(&settings).await?;
    for device in &devices[1..] {
        let answer = succeed(server.address(), &device.confirmation).await?;
        Device::open(device, &answer)?;
    }
    server.run(&["audit", "verify", "--provider=demo"])?;
    Ok(())
}
