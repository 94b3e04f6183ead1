//! The life of an enrolled gateway: one step after the other, what is most urgent first.

use std::{
    thread,
    time::{Duration, Instant},
};

use gridpass_protocol::{KeyAlgorithm, UnixTime, UpKind, message::Outcome};

use crate::{
    backoff::Backoff,
    clock::{Clock, randomness},
    config::Config,
    files::FileError,
    hook,
    journal::{Due, Journal, Owed, Running, Word},
    keys::KeyError,
    line::{Line, Silence},
    report,
    state::Said,
    stop::{Gate, Work},
    store::StoreError,
    token::TokenError,
};

/// Seconds for which the provider is asked to hold back an answer that has nothing to tell.
const WAIT: u64 = 50;
/// With less time until something is due the gateway sleeps instead of asking, in seconds.
const SHORTEST_WAIT: u64 = 2;
/// The clock may be set while the gateway sleeps: it looks again after so many seconds.
const LONGEST_SLEEP: u64 = 30;
/// How long after a refused renewal another key is tried.
const REKEY_AGAIN: Duration = Duration::from_secs(60 * 60);
/// Seconds between two polls, at least, with a provider that does not hold answers back.
const SHORTEST_INTERVAL: u64 = 5;

/// Why the gateway does not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AgentError {
    #[error("{0}; the gateway has to be enrolled anew, or ask its provider")]
    Over(Silence),
    #[error("{0}")]
    Broken(Silence),
    #[error(transparent)]
    Pin(TokenError),
    #[error(transparent)]
    File(#[from] FileError),
}

impl From<Silence> for AgentError {
    fn from(silence: Silence) -> Self {
        match silence {
            Silence::Over(_) => Self::Over(silence),
            Silence::Token(error @ TokenError::PinRefused) => Self::Pin(error),
            silence => Self::Broken(silence),
        }
    }
}

/// An enrolled gateway at work.
pub(crate) struct Agent<'a> {
    pub(crate) config: &'a Config,
    pub(crate) line: Line<'a>,
    pub(crate) journal: Journal,
    pub(crate) clock: Clock,
    pub(crate) backoff: Backoff,
    /// Whether hello was said since the start.
    pub(crate) is_greeted: bool,
    /// When the provider is asked next.
    pub(crate) poll_at: Instant,
    /// After a failure nothing is said before. Hooks are not held up by it.
    pub(crate) speak_at: Instant,
    /// A renewal that was refused is not asked for again before.
    pub(crate) rekey_at: Instant,
}

/// What there is to do now.
enum Step {
    Settle,
    Greet,
    Do(Box<Due>),
    Tell(Owed),
    Rekey(KeyAlgorithm),
    Measure(Box<Running>),
    Poll,
    Sleep(Duration),
}

/// A pause that ends in time when the clock is set meanwhile, and that is one: what is due within
/// the running second is due with the next.
fn pause(until: Duration) -> Duration {
    until.clamp(
        Duration::from_millis(100),
        Duration::from_secs(LONGEST_SLEEP),
    )
}

impl Agent<'_> {
    /// Says hello and goes on until it is stopped or the provider does not want it any more.
    pub(crate) fn run(&mut self, gate: &Gate) -> Result<(), AgentError> {
        let mut work = gate.work();
        while !work.is_stopping() {
            self.journal.tidy(self.clock.now())?;
            let step = self.next();
            match self.take(step, &mut work) {
                Err(AgentError::Broken(silence)) => self.bear(silence, None)?,
                taken => taken?,
            }
        }
        Ok(())
    }

    /// What is most urgent: what was said is settled before anything else is said, hello comes
    /// first, and what is to be done is done before the provider is told.
    fn next(&self) -> Step {
        let now = self.clock.now();
        if let Some(due) = self.journal.due(self.config, now) {
            return Step::Do(due.into());
        }
        let until_speak = self.speak_at.saturating_duration_since(Instant::now());
        if !until_speak.is_zero() {
            return Step::Sleep(pause(until_speak.min(self.until_due(now))));
        }
        if self.line.is_waiting() {
            return Step::Settle;
        }
        if !self.is_greeted {
            return Step::Greet;
        }
        if let Some(owed) = self.journal.owed() {
            return Step::Tell(owed);
        }
        if Instant::now() >= self.rekey_at
            && let Some(algorithm) = self.line.rekey_due()
        {
            return Step::Rekey(algorithm);
        }
        if let Some(running) = self.to_measure(now) {
            return Step::Measure(running.into());
        }
        let until_due = self.until_due(now);
        let until_poll = self.poll_at.saturating_duration_since(Instant::now());
        if until_poll.is_zero() && until_due >= Duration::from_secs(SHORTEST_WAIT) {
            return Step::Poll;
        }
        Step::Sleep(pause(if until_poll.is_zero() {
            until_due
        } else {
            until_due.min(until_poll)
        }))
    }

    /// How long until something is to be done or measured.
    fn until_due(&self, now: UnixTime) -> Duration {
        let report = self.config.report.as_ref();
        let next_report = self
            .journal
            .running(now)
            .iter()
            .filter_map(|running| Some(running.reported_at?.plus(report?.interval())))
            .min();
        let next = self
            .journal
            .next_at(now)
            .into_iter()
            .chain(next_report)
            .min();
        Duration::from_secs(next.map_or(WAIT, |next| next.since(now)))
    }

    fn to_measure(&self, now: UnixTime) -> Option<Running> {
        let report = self.config.report.as_ref()?;
        self.journal.running(now).into_iter().find(|running| {
            let last = running.reported_at;
            last.is_none_or(|last| now >= last.plus(report.interval()))
        })
    }

    fn take(&mut self, step: Step, work: &mut Work<'_>) -> Result<(), AgentError> {
        match step {
            Step::Settle => self.settle(work, Duration::ZERO),
            Step::Greet => {
                self.line.hello()?;
                self.is_greeted = true;
                Ok(())
            }
            Step::Do(due) => self.perform(&due),
            Step::Tell(Owed { id, word }) => {
                let Word {
                    outcome,
                    at,
                    detail,
                } = word;
                let receipt = UpKind::Receipt {
                    item: id,
                    outcome,
                    at,
                    detail,
                };
                Ok(self.line.write(Said::Receipt { item: id }, receipt)?)
            }
            Step::Rekey(algorithm) => self.rekey(algorithm),
            Step::Measure(running) => self.measure(&running),
            Step::Poll => self.poll(work),
            Step::Sleep(pause) => {
                work.idle(|| thread::sleep(pause));
                Ok(())
            }
        }
    }

    /// Does what is due: begun on the disk, done, finished on the disk.
    fn perform(&mut self, due: &Due) -> Result<(), AgentError> {
        self.journal.begin(due)?;
        let result = hook::run(&due.hook, &due.input);
        let now = self.clock.now();
        let word = match result {
            Ok(output) => {
                tracing::info!(item = %due.id, act = due.act.as_str(), "done");
                let first_line = output.lines().next().unwrap_or_default();
                Word::new(Outcome::Executed, now, first_line.to_owned())
            }
            Err(error) => {
                tracing::warn!(item = %due.id, act = due.act.as_str(), %error, "failed");
                Word::new(Outcome::Failed, now, error.to_string())
            }
        };
        Ok(self.journal.finish(due.id, word)?)
    }

    fn measure(&mut self, running: &Running) -> Result<(), AgentError> {
        let Some(config) = &self.config.report else {
            return Ok(());
        };
        let input = serde_json::json!({ "kind": "report", "event": running.event });
        let output = hook::run(&config.hook, &input);
        let now = self.clock.now();
        // However it went, the next one is an interval later.
        self.journal.reported(running.id, now)?;
        let from = running
            .reported_at
            .unwrap_or_else(|| now.minus(config.interval()));
        let name = self.line.enrolled().enrollment_id.to_string();
        let made = output
            .map_err(|error| error.to_string())
            .and_then(|output| {
                report::of(&output, &running.event, &name, (from, now))
                    .map_err(|error| error.to_string())
            });
        match made {
            Ok(report) => Ok(self.line.write(Said::Report, UpKind::Report { report })?),
            Err(error) => {
                tracing::warn!(event = running.event.id, error, "nothing measured");
                Ok(())
            }
        }
    }

    fn rekey(&mut self, algorithm: KeyAlgorithm) -> Result<(), AgentError> {
        match self.line.rekey(algorithm) {
            Err(Silence::Store(StoreError::Key(error @ KeyError::NotInTokens(_)))) => {
                tracing::error!(%error, "the key is not renewed");
                self.rekey_at = Instant::now() + REKEY_AGAIN;
                Ok(())
            }
            written => Ok(written?),
        }
    }

    /// Asks whether there is anything, and has the provider wait until there is.
    fn poll(&mut self, work: &mut Work<'_>) -> Result<(), AgentError> {
        let wait = self
            .until_due(self.clock.now())
            .min(Duration::from_secs(WAIT));
        self.line.write(Said::Poll, UpKind::Poll)?;
        let asked_at = Instant::now();
        self.settle(work, wait)?;
        let interval = u64::from(self.line.enrolled().settings.poll_interval);
        let interval = Duration::from_secs(interval.max(SHORTEST_INTERVAL));
        let was_held_back = asked_at.elapsed() + Duration::from_secs(1) >= wait;
        self.poll_at = if was_held_back || self.journal.owed().is_some() {
            Instant::now()
        } else {
            asked_at + interval
        };
        Ok(())
    }

    /// Sends what waits until it is answered or dropped, and takes the answer in.
    fn settle(&mut self, work: &mut Work<'_>, wait: Duration) -> Result<(), AgentError> {
        let said = self.line.said();
        let line = &self.line;
        let answer = work.idle(|| line.send(wait));
        let (journal, config, clock) = (&mut self.journal, self.config, self.clock);
        let heard = self.line.take_in(answer, |said, items| {
            let now = clock.now();
            for item in items {
                journal.take_up(item, config, now, &mut randomness())?;
            }
            match said {
                Said::Receipt { item } => journal.told(*item)?,
                Said::Hello | Said::Poll | Said::Rekey | Said::Report => {}
            }
            Ok::<(), AgentError>(())
        });
        match heard {
            Ok(heard) => {
                tracing::debug!(said = ?heard.said, items = heard.items.len(), "answered");
                self.backoff.reset();
                Ok(())
            }
            Err(AgentError::Broken(silence)) => self.bear(silence, said),
            Err(error) => Err(error),
        }
    }

    /// Lives with an answer that did not come, if that is possible.
    fn bear(&mut self, silence: Silence, said: Option<Said>) -> Result<(), AgentError> {
        let asked_for = match &silence {
            Silence::Later(error) | Silence::Unread(error) => error.retry_after(),
            Silence::Dropped(_) | Silence::Certificate(_) => {
                match said {
                    Some(Said::Rekey) => self.rekey_at = Instant::now() + REKEY_AGAIN,
                    // Nobody wants to hear it any more.
                    Some(Said::Receipt { item }) => self.journal.told(item)?,
                    _ => {}
                }
                None
            }
            Silence::NotGenuine(_) => None,
            Silence::Over(_)
            | Silence::Store(_)
            | Silence::Seal(_)
            | Silence::Token(TokenError::PinRefused) => return Err(silence.into()),
            Silence::Token(_) => None,
        };
        let pause = self.backoff.next(asked_for, &mut randomness());
        tracing::warn!(error = %silence, seconds = pause.as_secs(), "not answered; trying again");
        self.speak_at = Instant::now() + pause;
        Ok(())
    }
}
