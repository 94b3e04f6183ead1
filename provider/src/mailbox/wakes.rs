//! Telling whoever waits that something lies in a mailbox now.
//!
//! Only a hint: what lies there is in the database, and whoever hears nothing asks again in time.
//! What this process puts there it tells at once; for what other servers put there it looks.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

use gridpass_protocol::UnixTime;

use super::inbox::{Pending, pending};
use crate::{
    id::{EnrollmentId, ProviderId},
    store::{Connection, StoreError},
};

/// The most listeners of one mailbox: a device has one line and a few open pages.
const MOST: usize = 8;

/// Who waits for which mailbox.
#[derive(Debug, Default)]
pub struct Wakes {
    board: Mutex<Board>,
}

#[derive(Debug, Default)]
struct Board {
    mailboxes: BTreeMap<EnrollmentId, Watched>,
    is_closed: bool,
}

/// A mailbox that somebody waits for.
#[derive(Debug)]
struct Watched {
    provider: ProviderId,
    bells: Vec<Arc<Bell>>,
    /// What was found in it at the last look.
    pending: Pending,
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
    pub fn listen(self: &Arc<Self>, provider: &ProviderId, enrollment: EnrollmentId) -> Listening {
        let bell = Arc::new(Bell::default());
        let mut board = lock(&self.board);
        if board.is_closed {
            bell.ring(Woken::Closing);
        } else {
            let watched = board.mailboxes.entry(enrollment);
            let watched = watched.or_insert_with(|| Watched {
                provider: provider.clone(),
                bells: Vec::new(),
                pending: Pending::default(),
            });
            let bells = &mut watched.bells;
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
        if board.mailboxes.is_empty() {
            return;
        }
        for watched in enrollments.iter().filter_map(|id| board.mailboxes.get(id)) {
            watched.ring(Woken::Items);
        }
    }

    /// Looks into at most `most` of the mailboxes that somebody waits for, behind `after`, and wakes
    /// whoever finds there what another server has put there. Returns the last of them if there may
    /// be more behind it.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) fn look(
        &self,
        connection: &Connection,
        after: Option<EnrollmentId>,
        most: usize,
        now: UnixTime,
    ) -> Result<Option<EnrollmentId>, StoreError> {
        let watched = self.watched(after, most);
        for (provider, enrollment) in &watched {
            self.found(
                *enrollment,
                pending(connection, provider, *enrollment, now)?,
            );
        }
        let last = watched.last().map(|(_, enrollment)| *enrollment);
        Ok(last.filter(|_| watched.len() == most))
    }

    /// At most so many of the mailboxes that somebody waits for, behind `after`.
    fn watched(&self, after: Option<EnrollmentId>, most: usize) -> Vec<(ProviderId, EnrollmentId)> {
        let behind = after.map_or(Bound::Unbounded, Bound::Excluded);
        let board = lock(&self.board);
        let watched = board.mailboxes.range((behind, Bound::Unbounded)).take(most);
        watched
            .map(|(id, watched)| (watched.provider.clone(), *id))
            .collect()
    }

    /// Wakes whoever waits for this mailbox, if something lies in it that did not at the last look.
    fn found(&self, enrollment: EnrollmentId, pending: Pending) {
        let mut board = lock(&self.board);
        let Some(watched) = board.mailboxes.get_mut(&enrollment) else {
            return;
        };
        let before = std::mem::replace(&mut watched.pending, pending);
        // What is addressed late has a lower number than what may lie there already.
        let is_news = pending.newest != before.newest || pending.count > before.count;
        if pending.count > 0 && is_news {
            watched.ring(Woken::Items);
        }
    }

    /// Sends everybody away, and whoever comes later.
    pub fn close(&self) {
        let mut board = lock(&self.board);
        board.is_closed = true;
        for watched in std::mem::take(&mut board.mailboxes).into_values() {
            watched.ring(Woken::Closing);
        }
    }

    /// How many wait.
    #[must_use]
    pub fn listeners(&self) -> usize {
        let board = lock(&self.board);
        let mailboxes = board.mailboxes.values();
        mailboxes.map(|watched| watched.bells.len()).sum()
    }
}

impl Watched {
    fn ring(&self, woken: Woken) {
        self.bells.iter().for_each(|bell| bell.ring(woken));
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
        if let Some(watched) = board.mailboxes.get_mut(&self.enrollment) {
            watched.bells.retain(|bell| !Arc::ptr_eq(bell, &self.bell));
            if watched.bells.is_empty() {
                board.mailboxes.remove(&self.enrollment);
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

    fn demo() -> ProviderId {
        "demo".parse().unwrap()
    }

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
        let (one, two) = (wakes.listen(&demo(), ID), wakes.listen(&demo(), ID));
        let other = wakes.listen(&demo(), OTHER);
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
        let all: Vec<_> = (0..=MOST).map(|_| wakes.listen(&demo(), ID)).collect();
        assert_eq!(wakes.listeners(), MOST);
        assert_eq!(heard(&all[0]), Some(Woken::Closing));
        assert_eq!(heard(&all[1]), None);
        wakes.wake(&[ID]);
        assert_eq!(heard(&all[MOST]), Some(Woken::Items));
    }

    #[test]
    fn nobody_is_kept_who_went_away_or_comes_too_late() {
        let wakes = Arc::new(Wakes::default());
        let listening = wakes.listen(&demo(), ID);
        assert_eq!(wakes.listeners(), 1);
        drop(listening);
        assert_eq!(wakes.listeners(), 0);
        let listening = wakes.listen(&demo(), ID);
        wakes.close();
        assert_eq!(heard(&listening), Some(Woken::Closing));
        assert_eq!(heard(&wakes.listen(&demo(), ID)), Some(Woken::Closing));
        assert_eq!(wakes.listeners(), 0);
    }

    #[test]
    fn what_another_server_put_there_wakes_once_and_everybody_is_looked_after_in_turn() {
        let wakes = Arc::new(Wakes::default());
        let (one, other) = (wakes.listen(&demo(), ID), wakes.listen(&demo(), OTHER));
        assert_eq!(wakes.watched(None, 1), [(demo(), ID)]);
        assert_eq!(wakes.watched(Some(ID), 1), [(demo(), OTHER)]);
        assert_eq!(wakes.watched(Some(OTHER), 1), []);
        let found = |count, newest| wakes.found(ID, Pending { count, newest });
        found(0, 0);
        assert_eq!(heard(&one), None, "there is nothing");
        found(1, 7);
        assert_eq!((heard(&one), heard(&other)), (Some(Woken::Items), None));
        found(1, 7);
        assert_eq!(heard(&one), None, "it is the same parcel");
        found(2, 7);
        assert_eq!(
            heard(&one),
            Some(Woken::Items),
            "an older one was addressed late"
        );
        found(0, 0);
        assert_eq!(heard(&one), None, "there is nothing any more");
        found(1, 6);
        assert_eq!(heard(&one), Some(Woken::Items));
    }
}
