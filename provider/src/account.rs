//! The account directory of a provider: who its customers are, and where they are reached.

mod details;
mod directory;
mod import;
mod own_data;

pub use self::{
    details::{AccountDetails, AccountProblem, PostalAddress},
    directory::{AccountError, AccountForm, AccountPage, AccountQuery, AccountView, Upserted},
    import::{ImportError, ImportMode, ImportReport, LineProblem, MOST_LINES, RefusedLine},
    own_data::{OwnData, OwnDevice},
};
