//! What is asked for in the query of a list.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use gridpass_protocol::ProblemName;

use crate::problem::ProblemResponse;

/// Most objects of one answer (OpenADR 3.1, `limit`).
const MOST: u32 = 50;
/// Most that may be passed over.
const MOST_SKIPPED: u32 = 1_000_000;
/// Most targets of one query.
const MOST_TARGETS: usize = 50;

/// The query of a list. Parameters that are not known are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ListQuery {
    pub(super) skip: u32,
    pub(super) limit: u32,
    pub(super) targets: Vec<String>,
    pub(super) program: Option<String>,
    pub(super) event: Option<String>,
    pub(super) client_name: Option<String>,
    pub(super) ven_name: Option<String>,
    pub(super) active: Option<String>,
}

impl ListQuery {
    fn read(pairs: Vec<(String, String)>) -> Option<Self> {
        let mut query = Self {
            limit: MOST,
            ..Self::default()
        };
        for (name, value) in pairs {
            match name.as_str() {
                "skip" => query.skip = value.parse().ok().filter(|n| *n <= MOST_SKIPPED)?,
                "limit" => query.limit = value.parse().ok().filter(|n| *n <= MOST)?,
                "targets" => query.targets.push(value),
                "programID" => query.program = Some(value),
                "eventID" => query.event = Some(value),
                "clientName" => query.client_name = Some(value),
                "venName" => query.ven_name = Some(value),
                "active" => query.active = Some(value),
                _ => {}
            }
        }
        (query.targets.len() <= MOST_TARGETS).then_some(query)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ListQuery {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ProblemResponse> {
        Query::try_from_uri(&parts.uri)
            .ok()
            .and_then(|Query(pairs)| Self::read(pairs))
            .ok_or_else(|| {
                ProblemResponse::saying(
                    ProblemName::BadRequest,
                    "The query cannot be read: skip is a whole number, limit one of 0 to 50, and \
                     there are at most 50 targets.",
                )
            })
    }
}
