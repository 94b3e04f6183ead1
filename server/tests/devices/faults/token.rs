//! The token that holds the issuing key goes away under a running server, and comes back.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use gridpass_bench::Failure;
use gridpass_bench::client::{self, connect, exchange};
use gridpass_bench::device::{self, Device};
use gridpass_bench::talker::Talker;
use gridpass_testing_softhsm::{self as softhsm, SoftHsm};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::stage::{sign_in, succeed};
use crate::fixture::Fixture;

/// What needs no token waits for none, and who needs it is told at once that it is away.
const BOUND: Duration = Duration::from_secs(10);

struct Token {
    folder: PathBuf,
    config: String,
    softhsm: SoftHsm,
}

impl Token {
    /// A token with the issuing key of the demo, certified by a root of its own.
    fn with_issuing_key(folder: &Path) -> Result<Self, Failure> {
        let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
        let softhsm = SoftHsm::make(folder)?;
        std::fs::write(folder.join("passphrase"), "a passphrase of tests")?;
        let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../gridpass.toml");
        let config = format!(
            "{}\n[providers.ca]\nkind = \"ceremony\"\n[providers.ca.token]\nmodule = \"{}\"\n\
             token = \"{}\"\nkey_label = \"demo issuing\"\npin_file = \"{}\"\n",
            std::fs::read_to_string(demo)?,
            softhsm::module()?.display(),
            softhsm::LABEL,
            softhsm.pin_file().display(),
        );
        std::fs::write(folder.join("token.toml"), config)?;
        let token = Self {
            folder: folder.to_owned(),
            config: path("token.toml"),
            softhsm,
        };
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
            .env(softhsm::VARIABLE, self.softhsm.configuration())
            .env("GRIDPASS_CONFIG", &self.config)
            .env("GRIDPASS_DATA_DIR", &self.folder)
            .output()?;
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{command:?}: {said}");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_goes_away_in_service_spends_no_one_time_password_and_stops_nobody_else()
-> Result<(), Failure> {
    let fixture = Fixture::new()?;
    let token = Token::with_issuing_key(fixture.folder())?;
    let softhsm = token.softhsm.configuration();
    let softhsm = softhsm.to_str().ok_or("a folder with an unreadable name")?;
    let settings = [
        ("GRIDPASS_CONFIG", token.config.as_str()),
        (softhsm::VARIABLE, softhsm),
    ];
    let server = fixture.server_with(&settings).await?;
    let address = server.address();
    let devices = Fixture::devices(&server, 3).await?;
    let answer = succeed(address, &devices[0].confirmation).await?;
    let mut talker = Talker::new(&devices[0], &answer)?;
    let mut rng = ChaCha20Rng::seed_from_u64(5);

    token.softhsm.take_away()?;
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

    token.softhsm.bring_back()?;
    for device in &devices[1..] {
        let answer = succeed(address, &device.confirmation).await?;
        Device::open(device, &answer)?;
    }
    server.run(&["audit", "verify", "--provider=demo"])?;
    Ok(())
}
