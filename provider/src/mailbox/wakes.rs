//! Telling whoever waits that something lies in a mailbox now.
//!
//! In this process alone, and only a hint: what lies there is in the database, and whoever hears
//! nothing asks again in time.

use std::{
    collections::HashMap,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

use crate::id::EnrollmentId;

/// The most listeners of one mailbox: a device has one line and a few open pages.
const MOST: usize = 8;

/// Who waits for which mailbox.
#[derive(Debug, Default)]
pub struct Wakes {
    board: Mutex<Board>,
}

#[derive(Debug, Default)]
struct Board {
    bells: HashMap<EnrollmentId, Vec<Arc<Bell>>>,
    is_closed: bool,
}

/// What wakes one listener.
#[derive(Debug, Default)]
struct Bell {
    state: Mutex<BellState>,
}

#[derive(Debug, Default)]
struct BellState {
    woken: Option<Woken>,
    waker: Option<Waker>,
}

/// Why somebody was woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Something lies in the mailbox.
    Items,
    /// The server is about to stop, or too many others listen to the same mailbox.
    Closing,
}

/// Somebody who waits for one mailbox; no more once dropped.
#[derive(Debug)]
pub struct Listening {
    wakes: Arc<Wakes>,
    enrollment: EnrollmentId,
    bell: Arc<Bell>,
}

impl Wakes {
    /// Listens from now on. Look into the mailbox afterwards: what was put there before makes no
    /// sound.
    #[must_use]
    pub fn listen(self: &Arc<Self>, enrollment: EnrollmentId) -> Listening {
        let bell = Arc::new(Bell::default());
        let mut board = lock(&self.board);
        if board.is_closed {
            bell.ring(Woken::Closing);
        } else {
            let bells = board.bells.entry(enrollment).or_default();
            if bells.len() == MOST {
                bells.remove(0).ring(Woken::Closing);
            }
            bells.push(Arc::clone(&bell));
        }
        Listening {
            wakes: Arc::clone(self),
            enrollment,
            bell,
        }
    }

    /// Wakes whoever waits for one of these mailboxes. To be called once what lies in them is on
    /// the disk.
    pub fn wake(&self, enrollments: &[EnrollmentId]) {
        let board = lock(&self.board);
        if board.bells.is_empty() {
            return;
        }
        for bells in enrollments.iter().filter_map(|id| board.bells.get(id)) {
            bells.iter().for_each(|bell| bell.ring(Woken::Items));
        }
    }

    /// Sends everybody away, and whoever comes later.
    pub fn close(&self) {
        let mut board = lock(&self.board);
        board.is_closed = true;
        for bell in board.bells.drain().flat_map(|(_, bells)| bells) {
            bell.ring(Woken::Closing);
        }
    }

    /// How many wait.
    #[must_use]
    pub fn listeners(&self) -> usize {
        lock(&self.board).bells.values().map(Vec::len).sum()
    }
}

impl Listening {
    /// Whose mailbox it is.
    #[must_use]
    pub const fn enrollment(&self) -> EnrollmentId {
        self.enrollment
    }

    /// Waits; each sound is heard once.
    pub async fn woken(&self) -> Woken {
        poll_fn(|context| {
            let mut state = lock(&self.bell.state);
            match state.woken {
                Some(Woken::Closing) => Poll::Ready(Woken::Closing),
                Some(Woken::Items) => {
                    state.woken = None;
                    Poll::Ready(Woken::Items)
                }
                None => {
                    state.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut board = lock(&self.wakes.board);
        if let Some(bells) = board.bells.get_mut(&self.enrollment) {
            bells.retain(|bell| !Arc::ptr_eq(bell, &self.bell));
            if bells.is_empty() {
                board.bells.remove(&self.enrollment);
            }
        }
    }
}

impl Bell {
    fn ring(&self, woken: Woken) {
        let waker = {
            let mut state = lock(&self.state);
            state.woken = Some(woken);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// No code that could panic runs under these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{future::Future, pin::pin, task::Context};

    use super::*;

    const ID: EnrollmentId = EnrollmentId::from_bytes([1; 16]);
    const OTHER: EnrollmentId = EnrollmentId::from_bytes([2; 16]);

    fn heard(listening: &Listening) -> Option<Woken> {
        let mut context = Context::from_waker(Waker::noop());
        match pin!(listening.woken()).poll(&mut context) {
            Poll::Ready(woken) => Some(woken),
            Poll::Pending => None,
        }
    }

    #[test]
    fn only_who_listens_to_this_mailbox_is_woken_and_once() {
        let wakes = Arc::new(Wakes::default());
        wakes.wake(&[ID]);
        let (one, two) = (wakes.listen(ID), wakes.listen(ID));
        let other = wakes.listen(OTHER);
        assert_eq!(heard(&one), None, "what came before makes no sound");
        wakes.wake(&[ID]);
        assert_eq!(
            (heard(&one), heard(&two)),
            (Some(Woken::Items), Some(Woken::Items))
        );
        assert_eq!((heard(&one), heard(&other)), (None, None));
    }

    #[test]
    fn the_oldest_of_too_many_goes() {
        let wakes = Arc::new(Wakes::default());
        let all: Vec<_> = (0..=MOST).map(|_| wakes.listen(ID)).collect();
        assert_eq!(wakes.listeners(), MOST);
        assert_eq!(heard(&all[0]), Some(Woken::Closing));
        assert_eq!(heard(&all[1]), None);
        wakes.wake(&[ID]);
        assert_eq!(heard(&all[MOST]), Some(Woken::Items));
    }

    #[test]
    fn nobody_is_kept_who_went_away_or_comes_too_late() {
        let wakes = Arc::new(Wakes::default());
        let listening = wakes.listen(ID);
        assert_eq!(wakes.listeners(), 1);
        drop(listening);
        assert_eq!(wakes.listeners(), 0);
        let listening = wakes.listen(ID);
        wakes.close();
        assert_eq!(heard(&listening), Some(Woken::Closing));
        assert_eq!(heard(&wakes.listen(ID)), Some(Woken::Closing));
        assert_eq!(wakes.listeners(), 0);
    }
}
