//! How many may wait for a system elsewhere at once. Whoever waits keeps a thread from those who
//! need nobody else; a system that hangs must not take all of them.

use std::sync::atomic::{AtomicUsize, Ordering};

/// So many places, and those that are taken.
pub(crate) struct Places {
    most: usize,
    taken: AtomicUsize,
}

/// A place; free again when dropped.
pub(crate) struct Place<'a>(&'a Places);

impl Places {
    pub(crate) const fn new(most: usize) -> Self {
        Self {
            most,
            taken: AtomicUsize::new(0),
        }
    }

    /// A place; `None` if all are taken.
    pub(crate) fn take(&self) -> Option<Place<'_>> {
        let place = Place(self);
        (self.taken.fetch_add(1, Ordering::Relaxed) < self.most).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_have_a_place_and_whoever_goes_leaves_one() {
        let places = Places::new(3);
        let mut taken: Vec<_> = (0..3).map(|_| places.take().unwrap()).collect();
        assert!(places.take().is_none());
        assert!(places.take().is_none(), "who found none leaves none");
        taken.pop();
        assert!(places.take().is_some());
    }
}
