//! What the desk's forms send. Its pages read by themselves: they are rendered on the server
//! alone.

pub mod audit;
pub mod customers;
pub mod deliveries;
pub mod dr;
pub mod enrollments;
pub mod jobs;
pub mod mailbox;
pub mod passkey;
pub mod people;
pub mod security;
pub mod settings;
pub mod sign_in;
pub mod tokens;
pub mod webhooks;
