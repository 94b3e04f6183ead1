//! The account directory of a provider: who its customers are, and where they are reached.

mod details;
pub(crate) mod directory;
pub(crate) mod import;
mod own_data;

pub use self::{
    details::{AccountDetails, AccountProblem, PostalAddress},
    directory::{AccountError, AccountForm, AccountPage, AccountQuery, AccountView, Upserted},
    import::{ImportError, LineProblem, MAX_TABLE, MOST_LINES},
    own_data::{OwnData, OwnDevice},
};
