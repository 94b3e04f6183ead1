//! Faults around a real server: what clients are told meanwhile, that nothing is kept of what was
//! refused, and that the server goes on by itself when the fault is over.

mod authority;
mod clock;
mod disk;
mod gone;
mod issuer;
mod locked;
mod mail;
mod neighbour;
pub(crate) mod stage;
mod token;
mod webhook;
