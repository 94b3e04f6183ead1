//! What has become of a parcel at one device.

use std::{fmt, str::FromStr};

use gridpass_protocol::Outcome;

/// What has become of a parcel at one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParcelState {
    /// Waits for the device to speak.
    Queued,
    /// Was in an answer; whether the device read it is not known.
    Delivered,
    /// The device has it.
    Acknowledged,
    /// The device has done it.
    Executed,
    /// The device tried in vain.
    Failed,
    /// The device will not do it.
    Refused,
    /// Its time was over before the device said anything about it.
    Expired,
    /// It was withdrawn before the device said anything about it.
    Cancelled,
}

impl ParcelState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Delivered,
        Self::Acknowledged,
        Self::Executed,
        Self::Failed,
        Self::Refused,
        Self::Expired,
        Self::Cancelled,
    ];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Delivered => "delivered",
            Self::Acknowledged => "acknowledged",
            Self::Executed => "executed",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state that a receipt with this outcome says.
    #[must_use]
    pub const fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Acknowledged => Self::Acknowledged,
            Outcome::Executed => Self::Executed,
            Outcome::Failed => Self::Failed,
            Outcome::Refused => Self::Refused,
        }
    }

    /// Whether a receipt may take the parcel from here to `next`. The word of the device counts
    /// more than that it was late; what it said last does not go back to what it said before.
    pub(crate) fn may_become(self, next: Self) -> bool {
        self.rank() < next.rank()
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Delivered => 1,
            Self::Expired | Self::Cancelled => 2,
            Self::Acknowledged => 3,
            Self::Executed | Self::Failed | Self::Refused => 4,
        }
    }
}

impl fmt::Display for ParcelState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no state of a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a state of a parcel")]
pub struct UnknownParcelState;

impl FromStr for ParcelState {
    type Err = UnknownParcelState;

    fn from_str(text: &str) -> Result<Self, UnknownParcelState> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(UnknownParcelState)
    }
}

/// At how many devices a parcel is in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// See [`ParcelState::Queued`].
    pub queued: u64,
    /// See [`ParcelState::Delivered`].
    pub delivered: u64,
    /// See [`ParcelState::Acknowledged`].
    pub acknowledged: u64,
    /// See [`ParcelState::Executed`].
    pub executed: u64,
    /// See [`ParcelState::Failed`].
    pub failed: u64,
    /// See [`ParcelState::Refused`].
    pub refused: u64,
    /// See [`ParcelState::Expired`].
    pub expired: u64,
    /// See [`ParcelState::Cancelled`].
    pub cancelled: u64,
}

impl Counts {
    pub(super) const fn of(&mut self, state: ParcelState) -> &mut u64 {
        match state {
            ParcelState::Queued => &mut self.queued,
            ParcelState::Delivered => &mut self.delivered,
            ParcelState::Acknowledged => &mut self.acknowledged,
            ParcelState::Executed => &mut self.executed,
            ParcelState::Failed => &mut self.failed,
            ParcelState::Refused => &mut self.refused,
            ParcelState::Expired => &mut self.expired,
            ParcelState::Cancelled => &mut self.cancelled,
        }
    }

    /// All of them together.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.queued
            + self.delivered
            + self.acknowledged
            + self.executed
            + self.failed
            + self.refused
            + self.expired
            + self.cancelled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_later_state_goes_back_to_an_earlier_one() {
        use ParcelState::{
            Acknowledged, Cancelled, Delivered, Executed, Expired, Failed, Queued, Refused,
        };
        let order: [&[_]; 5] = [
            &[Queued],
            &[Delivered],
            &[Expired, Cancelled],
            &[Acknowledged],
            &[Executed, Failed, Refused],
        ];
        for (place, states) in order.iter().enumerate() {
            for (other, others) in order.iter().enumerate() {
                for state in *states {
                    for next in *others {
                        assert_eq!(state.may_become(*next), place < other, "{state} {next}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_state_has_a_word_of_its_own_and_a_count() {
        let mut counts = Counts::default();
        for state in ParcelState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
            *counts.of(state) += 1;
        }
        assert_eq!(counts.total(), ParcelState::ALL.len() as u64);
        assert_eq!("eaten".parse::<ParcelState>(), Err(UnknownParcelState));
    }
}
