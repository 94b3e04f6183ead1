//! Requests to issuers.

use std::time::Duration;

use openidconnect::{HttpRequest, HttpResponse, http::Method, url::Url};
use ureq::{Agent, config::Config};

use super::config::is_protected;

/// How long one request may take from end to end.
const TIMEOUT: Duration = Duration::from_secs(5);
/// No document of an issuer is longer, in bytes.
const MOST: u64 = 1024 * 1024;

/// The issuer did not answer as it should.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OidcHttpError(pub String);

/// Makes requests to issuers.
pub trait OidcHttp: Send + Sync {
    /// Makes one; a status of an error is an answer too.
    ///
    /// # Errors
    /// There was no answer; what stood in the way.
    fn call(&self, request: HttpRequest) -> Result<HttpResponse, OidcHttpError>;
}

/// Requests over https, or to this very machine.
pub(crate) struct Network(Agent);

impl Network {
    pub(crate) fn new() -> Self {
        let config = Config::builder()
            .timeout_global(Some(TIMEOUT))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent("Gridpass")
            .build();
        Self(Agent::new_with_config(config))
    }
}

impl OidcHttp for Network {
    fn call(&self, request: HttpRequest) -> Result<HttpResponse, OidcHttpError> {
        let failed = |error: ureq::Error| OidcHttpError(error.to_string());
        // The address may come from the issuer's document: the secret goes nowhere in clear.
        if !Url::parse(&request.uri().to_string()).is_ok_and(|url| is_protected(&url)) {
            return Err(OidcHttpError("not an https address".to_owned()));
        }
        let answer = if request.method() == Method::GET {
            self.0.run(request.map(|_| ()))
        } else {
            self.0.run(request)
        };
        let (parts, mut body) = answer.map_err(failed)?.into_parts();
        let body = body
            .with_config()
            .limit(MOST)
            .read_to_vec()
            .map_err(failed)?;
        Ok(HttpResponse::from_parts(parts, body))
    }
}
