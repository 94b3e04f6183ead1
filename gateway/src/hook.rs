//! Programs that do what the provider asks for.
//!
//! A hook gets one JSON object on its standard input, and an environment of `PATH` and what its
//! configuration says. It runs in a process group of its own, which is stopped as a whole when the
//! time is over. Exit status 0 means done; what it prints is kept to a bound.

use std::{
    io::{Read, Write},
    os::unix::process::{CommandExt, ExitStatusExt},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;

use crate::config::Hook;

/// No more of what a hook prints is kept, in bytes.
const MOST_OUTPUT: u64 = 16 * 1024;
/// Where hooks find other programs.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// How long what a hook started may go on printing when the hook itself has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Why a hook did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HookError {
    #[error("the program cannot be started: {0}")]
    Start(std::io::Error),
    #[error("the program did not end within {} seconds", .0.as_secs())]
    TimedOut(Duration),
    #[error("{}", failure(*status, output))]
    Failed { status: ExitStatus, output: String },
}

fn failure(status: ExitStatus, output: &str) -> String {
    let how = match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("ended by signal {signal}"),
        (None, None) => "ended in an unknown way".to_owned(),
    };
    match output {
        "" => how,
        output => format!("{how}: {output}"),
    }
}

/// Runs a hook; what it printed on its standard output.
pub(crate) fn run(hook: &Hook, input: &Value) -> Result<String, HookError> {
    let mut child = Command::new(&hook.program)
        .args(&hook.arguments)
        .env_clear()
        .env("PATH", PATH)
        .envs(&hook.environment)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .process_group(0)
        .spawn()
        .map_err(HookError::Start)?;
    let said = listen(&mut child, input);
    let status = wait(&mut child, hook.timeout());
    // Nothing of it goes on, however it ended.
    stop_group(&child);
    let status = match status {
        Some(status) => status,
        None => {
            // It was just stopped, so this does not wait for long.
            let _ = child.wait();
            return Err(HookError::TimedOut(hook.timeout()));
        }
    };
    let output = said.recv_timeout(LAST_WORDS).unwrap_or_default();
    if status.success() {
        Ok(output)
    } else {
        Err(HookError::Failed { status, output })
    }
}

/// Hands the input over and collects what is printed, each in a thread: neither may hold up the
/// other, or the clock.
fn listen(child: &mut Child, input: &Value) -> mpsc::Receiver<String> {
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let input = input.to_string();
    thread::spawn(move || {
        if let Some(mut stdin) = stdin {
            // A program that does not read what it is asked may still do it.
            let _ = stdin.write_all(input.as_bytes());
        }
    });
    let (say, said) = mpsc::channel();
    thread::spawn(move || {
        let mut kept = Vec::new();
        if let Some(mut stdout) = stdout {
            let _ = (&mut stdout).take(MOST_OUTPUT).read_to_end(&mut kept);
            // The rest is read, so that the program is not held up, and not kept.
            let _ = std::io::copy(&mut stdout, &mut std::io::sink());
        }
        // Nobody may be listening any more.
        let _ = say.send(String::from_utf8_lossy(&kept).trim().to_owned());
    });
    said
}

/// Waits for a program to end, but not longer than that.
fn wait(child: &mut Child, timeout: Duration) -> Option<ExitStatus> {
    let end = Instant::now() + timeout;
    let mut pause = Duration::from_millis(1);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < end => {
                thread::sleep(pause.min(end.saturating_duration_since(Instant::now())));
                pause = (pause * 2).min(Duration::from_millis(50));
            }
            _ => return None,
        }
    }
}

fn stop_group(child: &Child) {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        // A group that has ended already is as good as stopped.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(script: &str, timeout: u64) -> Hook {
        let text = format!(
            "program = '/bin/sh'\narguments = ['-c', '''{script}''']\ntimeout = {timeout}\nenvironment = {{ ZONE = 'hall' }}"
        );
        toml::from_str(&text).unwrap()
    }

    fn run_script(script: &str) -> Result<String, HookError> {
        run(&hook(script, 20), &serde_json::json!({"kind": "test"}))
    }

    #[test]
    fn a_hook_reads_what_it_is_asked_and_says_what_it_did() {
        assert_eq!(run_script("cat").unwrap(), r#"{"kind":"test"}"#);
        assert_eq!(run_script("exit 0").unwrap(), "");
    }

    #[test]
    fn a_hook_has_a_clean_environment() {
        let environment = run_script("env").unwrap();
        let mut names: Vec<&str> = environment
            .lines()
            .filter_map(|line| line.split('=').next())
            // The shell's own.
            .filter(|name| !["PWD", "SHLVL", "_", "OLDPWD"].contains(name))
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["PATH", "ZONE"]);
    }

    #[test]
    fn a_failure_says_how() {
        let failed = run_script("echo no relay; exit 3").unwrap_err();
        assert_eq!(failed.to_string(), "exit status 3: no relay");
        let killed = run_script("kill -9 $$").unwrap_err();
        assert_eq!(killed.to_string(), "ended by signal 9");
    }

    #[test]
    fn a_hook_that_hangs_is_stopped_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let script = format!("sleep 1000 & echo $! > {}; wait", file.display());
        let started = Instant::now();
        let failed = run(&hook(&script, 1), &Value::Null).unwrap_err();
        assert!(matches!(failed, HookError::TimedOut(_)), "{failed}");
        assert!(started.elapsed() < Duration::from_secs(15));
        let pid = std::fs::read_to_string(file).unwrap();
        let process = format!("/proc/{}/stat", pid.trim());
        // What was killed may wait for its new parent to notice: gone, or a zombie.
        let is_gone =
            || std::fs::read_to_string(&process).map_or(true, |stat| stat.contains(") Z"));
        while !is_gone() {
            assert!(started.elapsed() < Duration::from_secs(15), "{pid} goes on");
            thread::yield_now();
        }
    }

    #[test]
    fn what_a_hook_prints_is_kept_to_a_bound() {
        let output = run_script("head -c 100000 /dev/zero | tr '\\0' x").unwrap();
        assert_eq!(output.len() as u64, MOST_OUTPUT);
    }
}
