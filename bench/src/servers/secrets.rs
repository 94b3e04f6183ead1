//! What nobody may find afterwards: tokens, device IDs, one-time passwords.

use std::path::Path;

use super::Plan;
use super::backup::BACKUP;
use super::journal::Kept;
use super::worker::Tokens;
use crate::Failure;

/// Secrets that are looked for; each is looked for in every file.
const MOST: usize = 60;

/// Where what was secret in the run lies in the log or in a file of the database.
pub(super) fn found(plan: &Plan, tokens: &Tokens, kept: &Kept) -> Result<Vec<String>, Failure> {
    let mut amiss = Vec::new();
    let tokens = [&tokens.registrations, &tokens.instructions];
    let tokens = tokens.map(|token| token.as_bytes().to_vec());
    let secrets: Vec<_> = tokens
        .iter()
        .chain(kept.secrets.iter().take(MOST))
        .collect();
    for name in ["log", "gridpass.sqlite", "gridpass.sqlite-wal", BACKUP] {
        let content = read(&plan.folder.join(name))?;
        let found = secrets
            .iter()
            .filter(|secret| holds(&content, secret))
            .count();
        if found > 0 {
            amiss.push(format!("{found} secrets of the run are in {name}"));
        }
    }
    Ok(amiss)
}

/// Nothing, if there is no such file.
fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    match std::fs::read(file) {
        Ok(content) => Ok(content),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

fn holds(content: &[u8], secret: &[u8]) -> bool {
    content.windows(secret.len()).any(|window| window == secret)
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn a_secret_is_found_wherever_it_is() {
        assert!(holds(b"a secret here", b"secret"));
        assert!(holds(b"secret", b"secret"));
        assert!(!holds(b"secre", b"secret"));
    }
}
