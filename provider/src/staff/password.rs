//! Passwords of staff: argon2id, and only a few at once, because each takes memory and time; by threads
//! that give way to everything else, because anybody may have passwords computed.

use std::{
    io,
    panic::resume_unwind,
    path::Path,
    sync::{Condvar, Mutex, OnceLock, PoisonError},
    thread,
};

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::phc::PasswordHash,
};

use super::{known::KnownPasswords, person::Person};
use crate::{Gridpass, id::ProviderId, random::Random};

/// What everybody who works with it knows.
const PRODUCT: &str = "gridpass";
/// Fewest characters of a password.
const FEWEST: usize = 12;
/// Most bytes of a password.
const MOST: usize = 512;
/// Memory of one computation in KiB, passes, lanes (OWASP, Password Storage: argon2id).
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Computations at once, at most; fewer where that would be more than half of the processors.
const MOST_AT_ONCE: usize = 4;
/// How much a thread that computes gives way to others, as `nice` counts: under full load it has a tenth of
/// a processor still.
const GIVES_WAY: i32 = 10;

/// A password that is too easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a password has at least 12 characters, more than a few different ones, neither your name, your \
     address nor the provider's name, and is on no list of those that others know"
)]
pub struct WeakPassword;

/// Refuses what is guessed first: short ones, repetitions, and what has to do with the person or the place.
fn check_strength(password: &str, own: &[&str]) -> Result<(), WeakPassword> {
    let lower_case = password.to_lowercase();
    let mut different: Vec<char> = lower_case.chars().collect();
    different.sort_unstable();
    different.dedup();
    let is_own = own.iter().any(|own| {
        let own = own.to_lowercase();
        own.chars().count() >= 4 && lower_case.contains(&own)
    });
    let length = password.chars().count();
    if length < FEWEST || password.len() > MOST || different.len() < 5 || is_own {
        return Err(WeakPassword);
    }
    Ok(())
}

/// Computes and compares password hashes.
pub(crate) struct Passwords {
    turns: Mutex<usize>,
    free: Condvar,
    /// Compared with where there is no hash, so that an unknown name takes the same time.
    stand_in: OnceLock<String>,
    known: Option<KnownPasswords>,
}

impl Gridpass {
    /// The same installation, where nobody chooses a password of this list: SHA-1 hashes in ascending
    /// order, a line each, as the downloader of Have I Been Pwned writes them.
    ///
    /// # Errors
    /// The file cannot be read or is no such list.
    pub fn with_known_passwords(mut self, list: &Path) -> io::Result<Self> {
        self.passwords.known = Some(KnownPasswords::open(list)?);
        Ok(self)
    }

    /// Refuses what somebody would guess who knows the person and where they work, and what others
    /// know already.
    pub(super) fn check_password(
        &self,
        provider: &ProviderId,
        person: &Person,
        password: &str,
    ) -> Result<(), WeakPassword> {
        let place = self.provider(provider);
        let mut own = vec![person.email.as_str(), person.name.as_str(), PRODUCT];
        own.extend(place.map(|place| place.config.name.as_str()));
        self.passwords.check(password, &own)
    }
}

impl Passwords {
    pub(crate) fn new() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Self {
            turns: Mutex::new((processors / 2).clamp(1, MOST_AT_ONCE)),
            free: Condvar::new(),
            stand_in: OnceLock::new(),
            known: None,
        }
    }

    /// Refuses what is guessed first, and what others know already.
    fn check(&self, password: &str, own: &[&str]) -> Result<(), WeakPassword> {
        check_strength(password, own)?;
        let Some(known) = &self.known else {
            return Ok(());
        };
        match known.holds(password) {
            Ok(true) => Err(WeakPassword),
            Ok(false) => Ok(()),
            Err(error) => {
                // The other rules hold, and so does the second factor.
                tracing::error!(%error, "the list of known passwords cannot be read");
                Ok(())
            }
        }
    }

    /// The hash of a password, as PHC string.
    pub(crate) fn hash(&self, password: &str, random: &Random<'_>) -> String {
        let salt: [u8; 16] = random.bytes();
        self.compute(|| {
            argon2()
                .hash_password_with_salt(password.as_bytes(), &salt)
                .expect("argon2 takes a salt of 16 bytes and any password of 512")
                .to_string()
        })
    }

    /// Whether this is the password of that hash; without a hash never, after the same work.
    pub(crate) fn matches(&self, password: &str, hash: Option<&str>, random: &Random<'_>) -> bool {
        if password.len() > MOST {
            return false;
        }
        let stand_in = self
            .stand_in
            .get_or_init(|| self.hash("nobody has this password", random));
        let Ok(parsed) = PasswordHash::new(hash.unwrap_or(stand_in)) else {
            return false;
        };
        let fits = self.compute(|| {
            argon2()
                .verify_password(password.as_bytes(), &parsed)
                .is_ok()
        });
        fits && hash.is_some()
    }

    /// Computes in a thread that gives way, when there is a turn. A thread of its own each time: one that has
    /// given way cannot take that back. Beside what it computes it costs nothing.
    fn compute<T: Send>(&self, work: impl Fn() -> T + Sync) -> T {
        let _turn = self.take_turn();
        thread::scope(|scope| {
            let computing = thread::Builder::new()
                .name("gridpass-password".to_owned())
                .spawn_scoped(scope, || {
                    give_way();
                    work()
                });
            match computing {
                Ok(computing) => computing
                    .join()
                    .unwrap_or_else(|panic| resume_unwind(panic)),
                // The system gives no thread: then in this one.
                Err(_) => work(),
            }
        })
    }

    fn take_turn(&self) -> Turn<'_> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        while *turns == 0 {
            turns = self
                .free
                .wait(turns)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *turns -= 1;
        Turn(self)
    }
}

/// Lowers the priority of this thread, and of no other: so it is on Linux alone.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, GIVES_WAY) {
        tracing::debug!(%error, "a thread keeps its priority");
    }
}

/// Leave to compute one hash; given back when dropped.
struct Turn<'a>(&'a Passwords);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut turns = self.0.turns.lock().unwrap_or_else(PoisonError::into_inner);
        *turns += 1;
        self.0.free.notify_one();
    }
}

fn argon2() -> Argon2<'static> {
    let parameters =
        Params::new(MEMORY, PASSES, LANES, None).expect("the constants are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    #[test]
    fn a_password_matches_its_own_hash_and_no_other() {
        let source = Mutex::new(ChaCha20Rng::seed_from_u64(1));
        let random = Random(&source);
        let passwords = Passwords::new();
        let hash = passwords.hash("green mountain 4711", &random);
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_ne!(hash, passwords.hash("green mountain 4711", &random));
        assert!(passwords.matches("green mountain 4711", Some(&hash), &random));
        assert!(!passwords.matches("green mountain 4712", Some(&hash), &random));
        assert!(!passwords.matches("nobody has this password", None, &random));
        assert!(!passwords.matches("green mountain 4711", Some("no hash"), &random));
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        let own = ["ada@gmec.example", "Ada Alvarez"];
        for weak in [
            "short",
            "aaaaaaaaaaaaaaaa",
            "abcabcabcabc",
            "Ada@gmec.example1",
            "i am ada alvarez",
            &"x1y2z3".repeat(100),
        ] {
            assert_eq!(check_strength(weak, &own), Err(WeakPassword), "{weak}");
        }
        assert_eq!(check_strength("correct horse battery", &own), Ok(()));
        assert_eq!(check_strength("contraseña muy larga", &own), Ok(()));
    }
}
