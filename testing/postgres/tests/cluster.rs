//! A cluster takes connections, keeps what was committed, and ends with whoever started it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gridpass_testing_postgres::{Cluster, Durability, Programs};

/// What `psql` says to one statement; an error says why.
fn ask(folder: &Path, sql: &str) -> Result<String, String> {
    let programs = Programs::find().expect("PostgreSQL is installed");
    let output = Command::new(programs.folder().join("psql"))
        .env_clear()
        .args(["-X", "-A", "-t", "-U", "gridpass", "-d", "postgres"])
        .arg("-h")
        .arg(folder)
        .arg("-c")
        .arg(sql)
        .output()
        .expect("psql runs");
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn a_cluster_takes_connections_keeps_what_was_committed_and_leaves_nothing() {
    let mut cluster = Cluster::start(Durability::Durable).unwrap();
    let folder = cluster.folder().to_owned();
    assert_eq!(
        cluster.url_of("other"),
        format!(
            "postgres://gridpass@{}/other",
            folder.to_str().unwrap().replace('/', "%2F")
        )
    );
    ask(&folder, "CREATE TABLE kept (n INT)").unwrap();
    for (number, end) in [Cluster::stop, Cluster::kill].iter().enumerate() {
        ask(&folder, &format!("INSERT INTO kept VALUES ({number})")).unwrap();
        end(&mut cluster).unwrap();
        ask(&folder, "SELECT 1").unwrap_err();
        cluster.start_again().unwrap();
    }
    assert_eq!(
        ask(&folder, "SELECT count(*) FROM kept").as_deref(),
        Ok("2")
    );
    assert_eq!(ask(&folder, "SHOW listen_addresses").as_deref(), Ok(""));
    drop(cluster);
    assert!(!folder.exists(), "{} is left", folder.display());
}

#[test]
fn a_cluster_ends_with_its_parent_even_if_that_is_killed() {
    let mut parent = Command::new(env!("CARGO_BIN_EXE_gridpass-testing-postgres"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(parent.stdout.take().unwrap())
        .read_line(&mut url)
        .unwrap();
    let folder = url
        .trim()
        .strip_prefix("postgres://gridpass@")
        .and_then(|rest| rest.strip_suffix("/postgres"))
        .expect(&url)
        .replace("%2F", "/");
    let folder = PathBuf::from(folder);
    assert_eq!(ask(&folder, "SELECT 1").as_deref(), Ok("1"));
    // An end that PostgreSQL closes when it ends: no time has to be guessed.
    let mut waiting = Command::new(Programs::find().unwrap().folder().join("psql"))
        .env_clear()
        .args(["-X", "-U", "gridpass", "-d", "postgres", "-c"])
        .arg("SELECT pg_sleep(600)")
        .arg("-h")
        .arg(&folder)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    parent.kill().unwrap();
    parent.wait().unwrap();
    let mut said = String::new();
    waiting
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(!waiting.wait().unwrap().success(), "{said}");
    ask(&folder, "SELECT 1").unwrap_err();
}
