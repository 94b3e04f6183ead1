//! The state of an enrollment (architecture, State of an enrollment).
//!
//! Each state carries its evidence; each transition consumes the state it leaves, so that one
//! which does not exist cannot be written down. The store writes a [`Transition`] only if the
//! enrollment is still in the state it came from, and one audit entry with it.

mod name;

use std::{fmt, str::FromStr};

use gridpass_protocol::UnixTime;

pub use self::name::{StateName, UnknownState};
use crate::id::EnrollmentId;

/// A certificate serial number: 1 to 20 bytes, the first not 0 (RFC 5280, 4.1.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Serial(Box<[u8]>);

impl Serial {
    /// The one with these bytes, big-endian; `None` if they are no serial number.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let valid = (1..=20).contains(&bytes.len()) && bytes[0] != 0;
        valid.then(|| Self(bytes.into()))
    }

    /// Its bytes, big-endian.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The text is no serial number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a serial number: 2 to 40 hexadecimal digits, the first two not 00")]
pub struct InvalidSerial;

impl FromStr for Serial {
    type Err = InvalidSerial;

    /// Hexadecimal, whole bytes.
    fn from_str(text: &str) -> Result<Self, InvalidSerial> {
        let digits = text.as_bytes();
        if digits.len() > 40 || !digits.len().is_multiple_of(2) {
            return Err(InvalidSerial);
        }
        let byte = |pair: &[u8]| {
            let pair = std::str::from_utf8(pair).ok()?;
            // `from_str_radix` would take a sign.
            let is_hex = pair.bytes().all(|digit| digit.is_ascii_hexdigit());
            is_hex.then(|| u8::from_str_radix(pair, 16).ok())?
        };
        let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
        bytes
            .and_then(|bytes| Self::from_bytes(&bytes))
            .ok_or(InvalidSerial)
    }
}

/// Where an enrollment stands, with what proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Waits for its confirmation.
    Open(Open),
    /// Has its certificate; the device has not spoken yet.
    Issued(Issued),
    /// The device speaks.
    Active(Active),
    /// On hold, for example on suspicion of a second holder of its key.
    Suspended(Suspended),
    /// Too many wrong one-time passwords.
    Locked(Locked),
    /// Not confirmed in time.
    Expired(Expired),
    /// A newer mapping of the same device took its place.
    Superseded(Superseded),
    /// Called off by the customer or by staff.
    Cancelled(Cancelled),
    /// Its certificate is no longer valid.
    Revoked(Revoked),
}

/// See [`State::Open`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// When the mapping was made.
    pub issued_at: UnixTime,
    /// From then on it is of no use.
    pub expires_at: UnixTime,
}

/// See [`State::Issued`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The certificate.
    pub serial: Serial,
    /// Since when.
    pub at: UnixTime,
}

/// See [`State::Active`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Active {
    /// The certificate.
    pub serial: Serial,
    /// Since when.
    pub at: UnixTime,
}

/// See [`State::Suspended`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspended {
    /// The certificate.
    pub serial: Serial,
    /// Where it stood before.
    pub before: BeforeHold,
    /// Since when.
    pub at: UnixTime,
}

/// Where an enrollment on hold stood before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeforeHold {
    /// In [`State::Issued`].
    Issued,
    /// In [`State::Active`].
    Active,
}

impl BeforeHold {
    /// The one of a state, if that can be put on hold.
    #[must_use]
    pub const fn of(name: StateName) -> Option<Self> {
        match name {
            StateName::Issued => Some(Self::Issued),
            StateName::Active => Some(Self::Active),
            _ => None,
        }
    }
}

/// See [`State::Locked`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// Since when.
    pub at: UnixTime,
}

/// See [`State::Expired`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// When it was noticed.
    pub at: UnixTime,
}

/// See [`State::Superseded`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Superseded {
    /// What took its place.
    pub by: EnrollmentId,
    /// Since when.
    pub at: UnixTime,
}

/// See [`State::Cancelled`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancelled {
    /// Since when.
    pub at: UnixTime,
}

/// See [`State::Revoked`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The certificate.
    pub serial: Serial,
    /// Why, in the words of who revoked it.
    pub reason: String,
    /// Since when.
    pub at: UnixTime,
}

/// One step of an enrollment, not yet written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a transition that is not written has not happened"]
pub struct Transition {
    from: StateName,
    to: State,
}

impl Transition {
    /// The state that it leaves.
    #[must_use]
    pub const fn from(&self) -> StateName {
        self.from
    }

    /// The state that it enters.
    #[must_use]
    pub const fn to(&self) -> &State {
        &self.to
    }
}

/// The enrollment is in a state that knows no such step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an enrollment that is {from} cannot be {wanted}")]
pub struct IllegalTransition {
    /// The state it is in.
    pub from: StateName,
    /// The state it was to enter.
    pub wanted: StateName,
}

impl Open {
    /// Whether its time is over at `now`.
    #[must_use]
    pub fn has_expired(&self, now: UnixTime) -> bool {
        now >= self.expires_at
    }

    /// The right one-time password came and the certificate was issued.
    pub fn confirm(self, serial: Serial, at: UnixTime) -> Transition {
        Transition {
            from: StateName::Open,
            to: State::Issued(Issued { serial, at }),
        }
    }

    /// One wrong one-time password too many came.
    pub fn lock(self, at: UnixTime) -> Transition {
        Transition {
            from: StateName::Open,
            to: State::Locked(Locked { at }),
        }
    }

    /// Its time is over; `None` as long as it is not.
    pub fn expire(self, at: UnixTime) -> Option<Transition> {
        self.has_expired(at).then_some(Transition {
            from: StateName::Open,
            to: State::Expired(Expired { at }),
        })
    }

    /// The same device got the new mapping `by`.
    pub fn supersede(self, by: EnrollmentId, at: UnixTime) -> Transition {
        Transition {
            from: StateName::Open,
            to: State::Superseded(Superseded { by, at }),
        }
    }

    /// Customer or staff called it off.
    pub fn cancel(self, at: UnixTime) -> Transition {
        Transition {
            from: StateName::Open,
            to: State::Cancelled(Cancelled { at }),
        }
    }
}

impl Issued {
    /// The device spoke for the first time.
    pub fn hello(self, at: UnixTime) -> Transition {
        let to = State::Active(Active {
            serial: self.serial,
            at,
        });
        Transition {
            from: StateName::Issued,
            to,
        }
    }

    /// Staff put it on hold, or two holders of its key are suspected.
    pub fn suspend(self, at: UnixTime) -> Transition {
        let to = State::Suspended(Suspended {
            serial: self.serial,
            before: BeforeHold::Issued,
            at,
        });
        Transition {
            from: StateName::Issued,
            to,
        }
    }

    /// Customer, staff or device revoked it.
    pub fn revoke(self, reason: String, at: UnixTime) -> Transition {
        let to = State::Revoked(Revoked {
            serial: self.serial,
            reason,
            at,
        });
        Transition {
            from: StateName::Issued,
            to,
        }
    }
}

impl Active {
    /// Staff put it on hold, or two holders of its key are suspected.
    pub fn suspend(self, at: UnixTime) -> Transition {
        let to = State::Suspended(Suspended {
            serial: self.serial,
            before: BeforeHold::Active,
            at,
        });
        Transition {
            from: StateName::Active,
            to,
        }
    }

    /// Customer, staff or device revoked it.
    pub fn revoke(self, reason: String, at: UnixTime) -> Transition {
        let to = State::Revoked(Revoked {
            serial: self.serial,
            reason,
            at,
        });
        Transition {
            from: StateName::Active,
            to,
        }
    }
}

impl Suspended {
    /// Staff found the suspicion unfounded: it is again what it was.
    pub fn resume(self, at: UnixTime) -> Transition {
        let serial = self.serial;
        let to = match self.before {
            BeforeHold::Issued => State::Issued(Issued { serial, at }),
            BeforeHold::Active => State::Active(Active { serial, at }),
        };
        Transition {
            from: StateName::Suspended,
            to,
        }
    }

    /// Staff found it founded.
    pub fn revoke(self, reason: String, at: UnixTime) -> Transition {
        let to = State::Revoked(Revoked {
            serial: self.serial,
            reason,
            at,
        });
        Transition {
            from: StateName::Suspended,
            to,
        }
    }
}

impl State {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> StateName {
        match self {
            Self::Open(_) => StateName::Open,
            Self::Issued(_) => StateName::Issued,
            Self::Active(_) => StateName::Active,
            Self::Suspended(_) => StateName::Suspended,
            Self::Locked(_) => StateName::Locked,
            Self::Expired(_) => StateName::Expired,
            Self::Superseded(_) => StateName::Superseded,
            Self::Cancelled(_) => StateName::Cancelled,
            Self::Revoked(_) => StateName::Revoked,
        }
    }

    /// Since when the enrollment is in it.
    #[must_use]
    pub const fn at(&self) -> UnixTime {
        match self {
            Self::Open(Open { issued_at: at, .. })
            | Self::Issued(Issued { at, .. })
            | Self::Active(Active { at, .. })
            | Self::Suspended(Suspended { at, .. })
            | Self::Locked(Locked { at })
            | Self::Expired(Expired { at })
            | Self::Superseded(Superseded { at, .. })
            | Self::Cancelled(Cancelled { at })
            | Self::Revoked(Revoked { at, .. }) => *at,
        }
    }

    /// Its certificate, in the states that have one.
    #[must_use]
    pub const fn serial(&self) -> Option<&Serial> {
        match self {
            Self::Issued(Issued { serial, .. })
            | Self::Active(Active { serial, .. })
            | Self::Suspended(Suspended { serial, .. })
            | Self::Revoked(Revoked { serial, .. }) => Some(serial),
            _ => None,
        }
    }

    /// Whether a device holds a certificate through it.
    #[must_use]
    pub const fn is_enrolled(&self) -> bool {
        matches!(self, Self::Issued(_) | Self::Active(_) | Self::Suspended(_))
    }

    /// Withdraws its certificate, if it has one.
    ///
    /// # Errors
    /// Any other state.
    pub fn revoke(self, reason: String, at: UnixTime) -> Result<Transition, IllegalTransition> {
        match self {
            Self::Issued(issued) => Ok(issued.revoke(reason, at)),
            Self::Active(active) => Ok(active.revoke(reason, at)),
            Self::Suspended(suspended) => Ok(suspended.revoke(reason, at)),
            other => Err(IllegalTransition {
                from: other.name(),
                wanted: StateName::Revoked,
            }),
        }
    }

    /// Puts it on hold, if its device may be heard.
    ///
    /// # Errors
    /// Any other state.
    pub fn suspend(self, at: UnixTime) -> Result<Transition, IllegalTransition> {
        match self {
            Self::Issued(issued) => Ok(issued.suspend(at)),
            Self::Active(active) => Ok(active.suspend(at)),
            other => Err(IllegalTransition {
                from: other.name(),
                wanted: StateName::Suspended,
            }),
        }
    }

    /// Ends its hold, if it is on hold.
    ///
    /// # Errors
    /// Any other state.
    pub fn resume(self, at: UnixTime) -> Result<Transition, IllegalTransition> {
        match self {
            Self::Suspended(suspended) => Ok(suspended.resume(at)),
            other => Err(IllegalTransition {
                from: other.name(),
                wanted: StateName::Active,
            }),
        }
    }

    /// Calls it off, if it is open.
    ///
    /// # Errors
    /// Any other state.
    pub fn cancel(self, at: UnixTime) -> Result<Transition, IllegalTransition> {
        match self {
            Self::Open(open) => Ok(open.cancel(at)),
            other => Err(IllegalTransition {
                from: other.name(),
                wanted: StateName::Cancelled,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_798_761_600);

    #[test]
    fn a_mapping_expires_at_its_time_and_not_before() {
        let open = Open {
            issued_at: NOW,
            expires_at: NOW.plus(60),
        };
        assert_eq!(open.clone().expire(NOW.plus(59)), None);
        assert!(open.expire(NOW.plus(60)).is_some());
    }

    #[test]
    fn a_serial_number_is_read_as_it_is_shown() {
        let serial = Serial::from_bytes(&[0x7f, 0, 0xa1]).unwrap();
        assert_eq!("7f00a1".parse(), Ok(serial.clone()));
        assert_eq!("7F00A1".parse(), Ok(serial));
        for bad in ["", "7", "00a1", "+f", "7g", "7é", &"11".repeat(21)] {
            assert_eq!(bad.parse::<Serial>(), Err(InvalidSerial), "{bad}");
        }
    }

    #[test]
    fn a_hold_ends_where_it_began() {
        let serial = Serial::from_bytes(&[1; 16]).unwrap();
        let issued = State::Issued(Issued {
            serial: serial.clone(),
            at: NOW,
        });
        let active = State::Active(Active { serial, at: NOW });
        for state in [issued, active] {
            let name = state.name();
            let held = state.suspend(NOW).unwrap().to().clone();
            assert_eq!(held.clone().resume(NOW).unwrap().to().name(), name);
            assert!(held.clone().suspend(NOW).is_err(), "not twice");
            assert!(held.revoke("lost".into(), NOW).is_ok());
        }
    }

    #[test]
    fn what_is_not_open_cannot_be_cancelled() {
        let serial = Serial::from_bytes(&[1; 16]).unwrap();
        let open = Open {
            issued_at: NOW,
            expires_at: NOW.plus(60),
        };
        let issued = open.confirm(serial, NOW).to().clone();
        assert_eq!(
            issued.cancel(NOW),
            Err(IllegalTransition {
                from: StateName::Issued,
                wanted: StateName::Cancelled
            })
        );
    }
}
