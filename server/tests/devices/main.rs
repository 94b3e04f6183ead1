//! Devices against a real server process.

mod faults;
mod fixture;
mod items;
mod kill;
mod mail_server;
mod malformed;
mod operations;
mod outbox;
mod rollover;
mod servers;
mod tls;
