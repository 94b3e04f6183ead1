//! Trouble in a process of its own, which runs when nobody else wants the processor: it stands for clients
//! that have processors of their own.

use std::io::{BufRead as _, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gridpass_bench::Failure;
use gridpass_bench::client::{self, Call};
use gridpass_bench::strangers::Strangers;
use gridpass_bench::tls::DeviceLine;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::order::{Order, Pace};
use crate::slow;

/// How long a client waits before it comes again to a server that did not let it in.
const AGAIN: Duration = Duration::from_millis(100);

/// Counts what was done, refusals included.
pub(crate) type Tally = Arc<AtomicUsize>;

/// Trouble that is being made; ends when dropped.
#[derive(Debug)]
pub(crate) struct Trouble {
    child: Child,
}

impl Trouble {
    /// Begins.
    ///
    /// # Errors
    /// The process does not start.
    pub(crate) fn begin(order: &Order) -> Result<Self, Failure> {
        let mut child = Command::new("nice")
            .args(["-n", "19"])
            .arg(std::env::current_exe()?)
            .arg("make-trouble")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        let orders = child.stdin.as_mut().ok_or("it hears nothing")?;
        orders.write_all(&line)?;
        Ok(Self { child })
    }

    /// Ends it; what it got done a second.
    ///
    /// # Errors
    /// It has failed.
    pub(crate) fn end(mut self) -> Result<f64, Failure> {
        drop(self.child.stdin.take());
        let mut said = String::new();
        let mut output = self.child.stdout.take().ok_or("it says nothing")?;
        output.read_to_string(&mut said)?;
        if !self.child.wait()?.success() {
            return Err("whoever made trouble has failed".into());
        }
        Ok(said.trim().parse()?)
    }
}

impl Drop for Trouble {
    fn drop(&mut self) {
        // Nothing can be done about a child that is already gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The process that makes it: reads what, makes it until its input ends, says how much that was.
///
/// # Errors
/// The order cannot be read or carried out.
pub(crate) async fn make() -> Result<(), Failure> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let tally = Tally::default();
    let begun = Instant::now();
    let mut tasks = tasks(serde_json::from_str(&line)?, &tally)?;
    let end = || std::io::stdin().lock().read_to_end(&mut Vec::new());
    tokio::task::spawn_blocking(end).await??;
    tasks.abort_all();
    let done = tally.load(Ordering::Relaxed) as f64;
    println!("{}", done / begun.elapsed().as_secs_f64());
    Ok(())
}

fn tasks(order: Order, tally: &Tally) -> Result<JoinSet<()>, Failure> {
    let mut tasks = JoinSet::new();
    match order {
        Order::Slow { server, clients } => {
            for number in 0..clients {
                tasks.spawn(slow::visit(server, number, Arc::clone(tally)));
            }
        }
        Order::Calls {
            server,
            shots,
            pace,
        } => {
            let calls: Vec<Call> = shots.into_iter().map(|shot| shot.into_call()).collect();
            let (calls, next) = (Arc::new(calls), Arc::new(AtomicUsize::new(0)));
            let strangers = Strangers::default();
            for _ in 0..pace.at_once {
                let (calls, next) = (Arc::clone(&calls), Arc::clone(&next));
                let strangers = strangers.clone();
                tasks.spawn(paced(pace, Arc::clone(tally), async move || {
                    let number = next.fetch_add(1, Ordering::Relaxed) % calls.len();
                    let mut sender = client::over(strangers.connect(server).await?).await?;
                    client::send(&mut sender, &calls[number], server).await?;
                    Ok(())
                }));
            }
        }
        Order::Handshakes {
            url,
            certificates,
            pace,
        } => {
            let line = DeviceLine::to(&url, &certificates)?;
            let (hands, server) = (line.hands(None)?, line.address()?);
            let strangers = Strangers::default();
            for _ in 0..pace.at_once {
                let (hands, strangers) = (hands.clone(), strangers.clone());
                tasks.spawn(paced(pace, Arc::clone(tally), async move || {
                    // Let in or not: both are work for the server.
                    hands.shake(strangers.connect(server).await?).await?;
                    Ok(())
                }));
            }
        }
    }
    Ok(tasks)
}

/// One of `pace.at_once` that do something again and again, all of them together no faster than the pace.
async fn paced(pace: Pace, tally: Tally, mut once: impl AsyncFnMut() -> Result<(), Failure>) {
    let mut beats = interval(Duration::from_secs(1) * pace.at_once / pace.a_second.max(1));
    // What was held up is not made up for.
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        if once().await.is_err() {
            // A stranger that is not let in, or sent away in the middle: it comes again.
            tokio::time::sleep(AGAIN).await;
        }
        tally.fetch_add(1, Ordering::Relaxed);
    }
}
