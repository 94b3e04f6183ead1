//! A build without tokens.

use std::convert::Infallible;

use gridpass_protocol::KeyId;
use zeroize::Zeroizing;

use super::{KeyLabel, TokenConfig, TokenError};

/// A token that there cannot be.
pub(crate) struct Token(Infallible);

impl Token {
    pub(crate) fn new(config: &TokenConfig) -> Result<Self, TokenError> {
        match config.problem() {
            Some((setting, why)) => Err(TokenError::Config(setting, why)),
            None => Err(TokenError::NotBuiltIn),
        }
    }

    pub(crate) fn make_key(&self, _: &KeyLabel) -> Result<Vec<u8>, TokenError> {
        match self.0 {}
    }

    pub(crate) fn sign(&self, _: &KeyId, _: &[u8]) -> Result<[u8; 64], TokenError> {
        match self.0 {}
    }

    pub(crate) fn agree(&self, _: &KeyId, _: &[u8]) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        match self.0 {}
    }

    pub(crate) fn keep_only(&self, _: &KeyLabel, _: &[KeyId]) -> Result<(), TokenError> {
        match self.0 {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_refused_in_a_sentence() {
        let config = TokenConfig {
            module: "/usr/lib/softhsm/libsofthsm2.so".into(),
            token: "gateway".to_owned(),
            pin_file: Some("/run/pin".into()),
            pin_variable: None,
        };
        let refused = Token::new(&config).err().map(|error| error.to_string());
        let refused = refused.unwrap_or_default();
        assert!(refused.contains("built without PKCS#11"), "{refused}");
    }
}
