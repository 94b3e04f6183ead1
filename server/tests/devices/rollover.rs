//! Fifty rollovers in a row, with the server killed before, while and after it answers: the device
//! always has one working key, and the series verifies from the one-time password on.

use gridpass_bench::Failure;
use gridpass_bench::client::{Call, connect, send};
use gridpass_bench::server::Server;
use gridpass_bench::talker::Talker;
use gridpass_provider::{EnrollmentId, KeyStanding, Scope};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use crate::fixture::{Fixture, kill_while};

const ROLLOVERS: usize = 50;

/// When the server is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kill {
    Never,
    BeforeItHears,
    WhileItAnswers,
    AfterItAnswered,
}

/// A server that is killed again and again, and one device that goes on.
struct Stage<'a> {
    fixture: &'a Fixture,
    server: Option<Server>,
    kills: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_rollovers_survive_kills_at_any_moment() -> Result<(), Failure> {
    let fixture = Fixture::new()?;
    let mut stage = Stage {
        fixture: &fixture,
        server: None,
        kills: 0,
    };
    stage.start().await?;
    let (mut talker, id) = stage.enrol().await?;
    let mut rng = ChaCha20Rng::seed_from_u64(50);
    for _ in 0..ROLLOVERS {
        let call = talker.rekey(&mut rng)?;
        stage.say(&mut talker, call, &mut rng).await?;
        let call = talker.hello(&mut rng)?;
        stage.say(&mut talker, call, &mut rng).await?;
        let call = talker.poll(&mut rng)?;
        stage.exchange(&mut talker, call).await?;
    }
    assert!(stage.kills >= ROLLOVERS / 2, "killed {} times", stage.kills);
    if let Some(server) = stage.server.take() {
        assert!(!server.log()?.contains("panicked"), "nothing panicked");
        server.kill()?;
    }
    let series = fixture
        .installation()?
        .key_series(id, &Scope::Installation)?
        .ok_or("no such enrollment")?;
    assert!(series.verifies, "from the one-time password on");
    assert_eq!(
        series.keys.len(),
        ROLLOVERS + 1,
        "each rollover made one key"
    );
    let current = |standing| standing == KeyStanding::Current;
    let working = series.keys.iter().filter(|key| current(key.standing));
    assert_eq!(working.count(), 1, "one working key");
    assert!(series.keys.last().is_some_and(|key| current(key.standing)));
    Ok(())
}

impl Stage<'_> {
    async fn start(&mut self) -> Result<&Server, Failure> {
        let server = self
            .fixture
            .server_with(&[("GRIDPASS_LIMITS__REKEYS_PER_DEVICE", "1000")])
            .await?;
        Ok(self.server.insert(server))
    }

    fn kill(&mut self) -> Result<(), Failure> {
        self.kills += 1;
        self.server.take().ok_or("no server runs")?.kill()
    }

    async fn enrol(&mut self) -> Result<(Talker, EnrollmentId), Failure> {
        let server = self.server.as_ref().ok_or("no server runs")?;
        let device = Fixture::devices(server, 1).await?.remove(0);
        let mut sender = connect(server.address()).await?;
        let (_, answer) = send(&mut sender, &device.confirmation, server.address()).await?;
        let id = device.open(&answer)?.enrollment_id.to_string().parse()?;
        Ok((Talker::new(&device, &answer)?, id))
    }

    /// Says something although the server may be killed at any moment, and repeats it until it is answered.
    async fn say(
        &mut self,
        talker: &mut Talker,
        call: Call,
        rng: &mut ChaCha20Rng,
    ) -> Result<(), Failure> {
        let kill = match rng.next_u32() % 4 {
            0 => Kill::Never,
            1 => Kill::BeforeItHears,
            2 => Kill::WhileItAnswers,
            _ => Kill::AfterItAnswered,
        };
        match kill {
            Kill::Never => return self.exchange(talker, call).await,
            Kill::BeforeItHears => self.kill()?,
            Kill::WhileItAnswers => self.kill_while(call).await?,
            Kill::AfterItAnswered => {
                let server = self.server.as_ref().ok_or("no server runs")?;
                let mut sender = connect(server.address()).await?;
                let (status, _) = send(&mut sender, &call, server.address()).await?;
                assert!(status.is_success(), "{status}, and the answer is lost");
                self.kill()?;
            }
        }
        self.start().await?;
        let again = talker.pending().ok_or("nothing was said")?;
        self.exchange(talker, again).await
    }

    async fn kill_while(&mut self, call: Call) -> Result<(), Failure> {
        let server = self.server.take().ok_or("no server runs")?;
        kill_while(server, call).await?;
        self.kills += 1;
        Ok(())
    }

    async fn exchange(&mut self, talker: &mut Talker, call: Call) -> Result<(), Failure> {
        let server = self.server.as_ref().ok_or("no server runs")?;
        let mut sender = connect(server.address()).await?;
        let (status, answer) = send(&mut sender, &call, server.address()).await?;
        assert!(
            status.is_success(),
            "{status}: {}",
            String::from_utf8_lossy(&answer)
        );
        talker.hear(&answer)?;
        Ok(())
    }
}
