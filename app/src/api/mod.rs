//! Every server function, one file a subject. They are public: each authorises by itself.

pub mod account;
pub mod device;
pub mod outbox;
pub mod reference;
pub mod site;
pub mod staff;

use gridpass_protocol::problem::ProblemName;
use leptos::server_fn::error::ServerFnErrorErr;
use leptos::{prelude::FromServerFnError, server_fn::codec::JsonEncoding};
use serde::{Deserialize, Serialize};

/// Why a server function refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ApiError {
    /// The portal refused or failed.
    #[error("{name:?}")]
    Problem {
        /// What kind of refusal.
        name: ProblemName,
        /// Seconds after which it may work.
        retry_after: Option<u64>,
    },
    /// The request did not reach the portal, or its answer did not arrive.
    #[error("the portal cannot be reached")]
    Unreachable,
}

impl ApiError {
    /// The kind of refusal, if the portal was reached.
    pub fn name(&self) -> Option<ProblemName> {
        match self {
            Self::Problem { name, .. } => Some(*name),
            Self::Unreachable => None,
        }
    }
}

impl From<ProblemName> for ApiError {
    fn from(name: ProblemName) -> Self {
        Self::Problem {
            name,
            retry_after: None,
        }
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let error = match error {
            ServerFnErrorErr::Request(_) => Self::Unreachable,
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Serialization(_) => ProblemName::BadRequest.into(),
            // On the server it is the caller's arguments that did not read, in the browser our answer.
            ServerFnErrorErr::Deserialization(_) if cfg!(feature = "ssr") => {
                ProblemName::BadRequest.into()
            }
            _ => ProblemName::InternalError.into(),
        };
        // Refused before the function ran, which would have given the answer its status.
        #[cfg(feature = "ssr")]
        let error = crate::ssr::refuse(error);
        error
    }
}
