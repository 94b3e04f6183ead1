//! Demand response: programmes, their events, who is told of them, and what comes back.
//!
//! An event is scheduled, active and ended by the clock alone; it is cancelled by a person. It is
//! told in versions: what each says is one parcel of the mailbox, addressed to everybody meant in
//! the background, a chunk a transaction, so that making one for a hundred thousand devices
//! takes no longer than making one for a single device, and goes on where it was after a restart.
//!
//! Devices that become active between the making of an event and its end are told of it then,
//! if they are meant; so are devices that are put into a group meanwhile. Whom an event is meant
//! for cannot be changed: that would be another event.

mod addressing;
mod aggregator;
mod counts;
mod error;
mod event;
mod group;
mod hearing;
mod load;
mod manage;
mod program;
mod report;
mod signal;
mod table;
mod target;
mod token;
mod ven;
mod wire;

pub use self::{
    addressing::AddressingStep,
    aggregator::{Aggregator, PassedOn},
    counts::EventCounts,
    error::EventError,
    event::{Addressing, Event, EventDraft, EventProblem, EventState},
    group::{Group, GroupMember},
    load::LoadSpan,
    manage::{EventPage, EventRow},
    program::{Program, ProgramDraft},
    report::{HearingError, Report, ReportQuery},
    signal::{Amount, InvalidAmount, Signal, SignalKind},
    target::{InvalidPostalCode, PostalCode, Target},
    token::VenToken,
    ven::{Currency, Described, EventQuery, Ven, VenDraft, VenPlace},
};
pub(crate) use self::{
    addressing::greet,
    hearing::{EventChoice, Speaking, choices, record_opt, record_report},
    report::of_device as reports_of_device,
    table::touch_parcel,
};
