//! The mailbox of every enrolled device: what its provider has for it, until the device has said
//! what became of it or its time is over (protocol, Secure communication).
//!
//! A *parcel* is one content, kept once; each device that it is for has a small row of its own.
//! Delivery is at least once: a parcel is in every answer until a receipt for it comes. Its id
//! lets the device see that it has it already, so that nothing is done twice.

mod error;
mod expiry;
mod inbox;
mod instruction;
mod parcel;
mod receipt;
mod rows;
mod state;
mod view;
mod wakes;

pub use self::{
    error::MailboxError,
    instruction::{InstructedDevice, Instruction, InstructionError, InstructionView},
    parcel::{Content, Originator, Parcel},
    state::{Counts, ParcelState, UnknownParcelState},
    view::Letter,
    wakes::{Listening, Wakes, Woken},
};
pub(crate) use self::{
    expiry::{empty, expire},
    inbox::{Handed, Inbox, inbox, is_anything_pending},
    instruction::prune,
    parcel::Subject,
    receipt::{Receipt, record_receipt},
    rows::{address, counts, post, withdraw},
    view::letters,
};

/// The most recipients that are written in one transaction, so that confirmations wait for none
/// of them for long.
pub(crate) const RECIPIENTS_AT_ONCE: usize = 1000;
