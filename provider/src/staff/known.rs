//! Passwords that others know already: a list of their SHA-1 hashes, in a file of the operator's.
//!
//! The file is as the downloader of Have I Been Pwned writes it: a line each, 40 hexadecimal digits and what
//! may follow behind a colon, in ascending order. It is searched where it lies, however large it is; nothing of
//! a password leaves this machine.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
    sync::{Mutex, PoisonError},
};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

/// The hexadecimal digits of a hash.
const DIGITS: usize = 40;
/// No line is longer, in bytes, its end included.
const LONGEST: usize = 80;

/// The list.
#[derive(Debug)]
pub(crate) struct KnownPasswords {
    file: Mutex<File>,
    length: u64,
}

impl KnownPasswords {
    /// Opens one.
    ///
    /// # Errors
    /// It cannot be read, or does not begin with a hash.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let list = Self {
            file: Mutex::new(file),
            length,
        };
        list.line_from(0)?;
        Ok(list)
    }

    /// Whether somebody else may know this password.
    ///
    /// # Errors
    /// The file cannot be read, or is no such list.
    pub(crate) fn holds(&self, password: &str) -> io::Result<bool> {
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        let wanted: String = hash.as_ref().iter().map(|b| format!("{b:02X}")).collect();
        // Lines that begin in this part of the file may be the one.
        let (mut low, mut high) = (0, self.length);
        while low < high {
            let middle = low + (high - low) / 2;
            let Some((begins, line)) = self.line_at_or_after(middle)? else {
                high = middle;
                continue;
            };
            if begins >= high {
                high = middle;
                continue;
            }
            match line.cmp(&wanted) {
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Less => low = begins + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(false)
    }

    /// The first line that begins there or later, and where it begins.
    fn line_at_or_after(&self, place: u64) -> io::Result<Option<(u64, String)>> {
        if place == 0 {
            return Ok(Some((0, self.line_from(0)?)));
        }
        // The byte before may be the end of a line.
        let window = self.read(place - 1, LONGEST)?;
        let Some(end) = window.iter().position(|byte| *byte == b'\n') else {
            return Ok(None);
        };
        let begins = place + end as u64;
        if begins >= self.length {
            return Ok(None);
        }
        Ok(Some((begins, self.line_from(begins)?)))
    }

    /// The hash with which the line that begins there does.
    fn line_from(&self, begins: u64) -> io::Result<String> {
        let digits = self.read(begins, DIGITS)?;
        let text = String::from_utf8(digits).unwrap_or_default();
        if text.len() < DIGITS || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let why = "a list of SHA-1 hashes in ascending order is needed, a line each";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(text.to_ascii_uppercase())
    }

    fn read(&self, from: u64, most: usize) -> io::Result<Vec<u8>> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::with_capacity(most);
        (&mut *file).take(most as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(password: &str) -> String {
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        hash.as_ref().iter().map(|b| format!("{b:02X}")).collect()
    }

    #[test]
    fn every_password_of_a_list_is_found_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        for (count, end) in [(1, "\n"), (2, "\r\n"), (3, "\n"), (500, "\r\n"), (501, "")] {
            let names: Vec<_> = (0..count).map(|n| format!("password number {n}")).collect();
            let mut lines: Vec<_> = names
                .iter()
                .enumerate()
                .map(|(n, name)| format!("{}:{}", hash(name), 7_u64.pow(n as u32 % 9)))
                .collect();
            lines.sort();
            let between = if end.is_empty() { "\n" } else { end };
            let path = folder.path().join(count.to_string());
            std::fs::write(&path, lines.join(between) + end).unwrap();
            let list = KnownPasswords::open(&path).unwrap();
            for name in &names {
                assert!(list.holds(name).unwrap(), "{name} of {count}");
            }
            for n in 0..200 {
                assert!(!list.holds(&format!("another password {n}")).unwrap());
            }
        }
    }

    #[test]
    fn what_is_no_list_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "correct horse battery\n", "0123456789ABCDEF\n"] {
            let path = folder.path().join("list");
            std::fs::write(&path, text).unwrap();
            let refused = KnownPasswords::open(&path).unwrap_err();
            assert!(refused.to_string().contains("SHA-1"), "{text}");
        }
        assert!(KnownPasswords::open(&folder.path().join("none")).is_err());
    }
}
