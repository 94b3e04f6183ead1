//! Devices by the thousand: what they send, and a client that sends it. For the bench and for tests that
//! need many devices against a real server.

pub mod client;
pub mod database;
pub mod device;
pub mod disk;
pub mod enumeration;
pub mod ledger;
pub mod others;
pub mod server;
pub mod servers;
pub mod site;
pub mod staff;
pub mod strangers;
pub mod talker;
pub mod tls;

/// Whatever stands in the way of a run.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
