//! A gateway whose keys are in a token.

use std::{fs, io::ErrorKind, path::Path};

use gridpass_bench::Failure;
use gridpass_testing_softhsm as softhsm;

use super::{DEVICE_ID, House};

pub(crate) use gridpass_testing_softhsm::{PIN, SoftHsm};

impl House {
    /// Has the gateway make its keys in a token from now on.
    pub(crate) fn keep_keys_in_a_token(&mut self) -> Result<SoftHsm, Failure> {
        let folder = self.path("token");
        fs::create_dir(&folder)?;
        let token = SoftHsm::make(&folder)?;
        self.more = format!(
            "token = {{ module = '{}', token = '{}', pin_file = '{}' }}\n",
            softhsm::module()?.display(),
            softhsm::LABEL,
            token.pin_file().display()
        );
        self.environment = vec![(softhsm::VARIABLE, token.configuration())];
        self.configure(DEVICE_ID)?;
        Ok(token)
    }

    /// How many keys there are in the token: each has two objects, and each object has a file.
    pub(crate) fn keys_in_the_token(&self) -> Result<usize, Failure> {
        let mut objects = 0;
        for token in fs::read_dir(self.path("token/tokens"))? {
            for file in fs::read_dir(token?.path())? {
                objects += usize::from(is_half_a_key(&file?.path()));
            }
        }
        Ok(objects / 2)
    }

    /// How many files of the state directory hold a private key.
    pub(crate) fn private_keys(&self) -> Result<usize, Failure> {
        private_keys(&self.path("state"))
    }
}

/// The token's own object has a file too.
fn is_half_a_key(file: &Path) -> bool {
    let is_object = file.extension() == Some("object".as_ref());
    is_object && file.file_stem() != Some("token".as_ref())
}

fn private_keys(folder: &Path) -> Result<usize, Failure> {
    let mut found = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found += private_keys(&path)?;
            continue;
        }
        match fs::read(&path) {
            Ok(content) if content.windows(11).any(|text| text == b"PRIVATE KEY") => found += 1,
            Ok(_) => {}
            // The gateway puts files into place of others.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}
