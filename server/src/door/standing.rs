//! Requests that stand for long: waits for a mailbox, streams of open pages.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::places::network;

/// Of all clients together.
const MOST: usize = 16 * 1024;
/// Of one client; many may be behind one address.
const MOST_OF_ONE: usize = 2 * 1024;

/// Who stands.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    most: usize,
    most_of_one: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    clients: HashMap<IpAddr, usize>,
}

/// The place of one request that stands; given back when dropped.
#[derive(Debug)]
pub(crate) struct StandingPlace {
    standing: Standing,
    client: IpAddr,
}

impl Default for Standing {
    fn default() -> Self {
        Self::of(MOST, MOST_OF_ONE)
    }
}

impl Standing {
    fn of(most: usize, most_of_one: usize) -> Self {
        Self {
            most,
            most_of_one,
            taken: Arc::default(),
        }
    }

    /// A place; none when there are as many as may be.
    pub(crate) fn take(&self, client: IpAddr) -> Option<StandingPlace> {
        let client = network(client);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.clients.get(&client).copied().unwrap_or_default();
        if taken.all >= self.most || own >= self.most_of_one {
            return None;
        }
        taken.all += 1;
        taken.clients.insert(client, own + 1);
        Some(StandingPlace {
            standing: self.clone(),
            client,
        })
    }
}

impl Drop for StandingPlace {
    fn drop(&mut self) {
        let taken = &self.standing.taken;
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        if let Some(own) = taken.clients.get_mut(&self.client) {
            *own -= 1;
            if *own == 0 {
                taken.clients.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_leaves_room_for_others_and_nobody_is_kept_for_ever() {
        let standing = Standing::of(3, 2);
        let ip = |text: &str| text.parse().unwrap();
        let first = standing.take(ip("192.0.2.1")).unwrap();
        let _second = standing.take(ip("192.0.2.1")).unwrap();
        assert!(standing.take(ip("192.0.2.1")).is_none());
        let other = standing.take(ip("2001:db8::1")).unwrap();
        assert!(
            standing.take(ip("192.0.2.3")).is_none(),
            "as many as may be"
        );
        drop((first, other));
        assert!(standing.take(ip("192.0.2.1")).is_some());
        assert_eq!(standing.taken.lock().unwrap().clients.len(), 1);
    }
}
