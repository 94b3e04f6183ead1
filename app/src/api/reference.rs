//! The portal's calls, for whoever writes a system that talks to it.

use super::ApiError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The description of the calls, as a page reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceView {
    /// The version of the portal.
    pub version: String,
    /// What holds for all calls.
    pub description: String,
    /// The calls by subject.
    pub groups: Vec<GroupView>,
}

/// The calls of one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupView {
    /// The subject in one word.
    pub name: String,
    /// The subject in a sentence.
    pub description: String,
    /// Its calls.
    pub calls: Vec<CallView>,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallView {
    /// Its id in the document.
    pub id: String,
    /// The method, in upper case.
    pub method: String,
    /// The path, with parameters in braces.
    pub path: String,
    /// What it does, in a line.
    pub summary: String,
    /// The rest of what is to say.
    pub description: Option<String>,
    /// The scopes that a token needs; none for a call that is open to everybody.
    pub scopes: Vec<String>,
    /// Parameters in the path, the query and the headers.
    pub parameters: Vec<FieldView>,
    /// The type of the body, if it takes one.
    pub body_type: Option<String>,
    /// The members of the body.
    pub body: Vec<FieldView>,
    /// The answers by status.
    pub answers: Vec<AnswerView>,
}

/// A parameter, or a member of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldView {
    /// Its name.
    pub name: String,
    /// Its type, and the words or the pattern that bound it.
    pub shape: String,
    /// Whether it must be there.
    pub presence: Presence,
    /// What it is.
    pub description: String,
}

/// Whether a field must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Presence {
    /// It must.
    Required,
    /// It may be left out.
    Optional,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerView {
    /// The status.
    pub status: String,
    /// What it means.
    pub description: String,
    /// Its members, for a success.
    pub members: Vec<FieldView>,
}

/// What the portal's calls are. Open to everybody.
#[server(prefix = "/api/fn", endpoint = "reference")]
pub async fn reference() -> Result<ReferenceView, ApiError> {
    crate::ssr::reference::view()
}
