//! Devices against a real server process.

mod fixture;
mod kill;
mod malformed;
