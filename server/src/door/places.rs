//! How many connections there are, and whose.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipnet::IpNet;
use tokio::time::Instant;

use crate::config::Http;

/// Connections that one client may begin at once, in seconds of its rate.
const BURST: u32 = 4;

/// The places for connections.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    most_of_one: usize,
    /// Between two connections of one client, on average.
    pace: Duration,
    proxies: Vec<IpNet>,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    clients: HashMap<IpAddr, Client>,
}

/// What is known of one client (generic cell rate algorithm).
#[derive(Debug)]
struct Client {
    open: usize,
    /// When its next connection would be due if it kept its pace.
    due: Instant,
}

/// Why a connection is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Full {
    #[error("there are as many connections as there may be")]
    All,
    #[error("this client has as many connections as it may have")]
    Client,
    #[error("this client begins connections too quickly")]
    Pace,
}

/// The place of one connection; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    client: Option<IpAddr>,
}

impl Places {
    pub(super) fn new(http: &Http, most: usize, proxies: Vec<IpNet>) -> Self {
        Self {
            most,
            most_of_one: http.connections_per_client,
            pace: Duration::from_secs(1) / http.connection_rate_per_client.max(1),
            proxies,
            taken: Mutex::default(),
        }
    }

    /// A place for one more connection of `address`.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Result<Place, Full> {
        let address = address.to_canonical();
        let is_proxy = self.proxies.iter().any(|net| net.contains(&address));
        let client = (!is_proxy).then(|| network(address));
        let mut taken = self.lock();
        if taken.all >= self.most {
            return Err(Full::All);
        }
        if let Some(client) = client {
            let now = Instant::now();
            taken.forget_some(now);
            let known = taken
                .clients
                .entry(client)
                .or_insert(Client { open: 0, due: now });
            if known.open >= self.most_of_one {
                return Err(Full::Client);
            }
            let due = known.due.max(now);
            if due - now > Duration::from_secs(1) * BURST {
                return Err(Full::Pace);
            }
            known.due = due + self.pace;
            known.open += 1;
        }
        taken.all += 1;
        Ok(Place {
            places: Arc::clone(self),
            client,
        })
    }

    /// No code that could panic runs under this lock.
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Now and then, so that those who come once are not kept for ever.
    fn forget_some(&mut self, now: Instant) {
        if self.clients.len() > 2 * self.all + 1024 {
            self.clients
                .retain(|_, client| client.open > 0 || client.due > now);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        taken.all -= 1;
        if let Some(client) = self.client
            && let Some(known) = taken.clients.get_mut(&client)
        {
            known.open -= 1;
        }
    }
}

/// Whoever has one address of IPv6 has the 2^64 around it as well.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(all: usize, of_one: usize, rate: u32) -> Arc<Places> {
        let http = Http {
            connections_per_client: of_one,
            connection_rate_per_client: rate,
            ..Http::default()
        };
        let proxies = vec!["10.0.0.0/8".parse().unwrap()];
        Arc::new(Places::new(&http, all, proxies))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn one_client_leaves_places_for_others_and_a_place_is_given_back() {
        let places = places(4, 2, 100);
        let first = places.take(ip("192.0.2.1")).unwrap();
        let _second = places.take(ip("::ffff:192.0.2.1")).unwrap();
        assert_eq!(places.take(ip("192.0.2.1")).unwrap_err(), Full::Client);
        let _other = places.take(ip("2001:db8::1")).unwrap();
        let _same_network = places.take(ip("2001:db8::ffff")).unwrap();
        assert_eq!(places.take(ip("192.0.2.9")).unwrap_err(), Full::All);
        drop(first);
        assert!(places.take(ip("192.0.2.1")).is_ok());
        assert_eq!(places.take(ip("2001:db8::2")).unwrap_err(), Full::Client);
    }

    #[tokio::test(start_paused = true)]
    async fn a_proxy_speaks_for_many() {
        let places = places(3, 1, 1);
        let taken: Vec<_> = (0..3).map(|_| places.take(ip("10.0.0.1"))).collect();
        assert!(taken.iter().all(Result::is_ok));
        assert_eq!(places.take(ip("10.0.0.1")).unwrap_err(), Full::All);
    }

    #[tokio::test(start_paused = true)]
    async fn connections_are_not_begun_faster_than_their_pace_for_long() {
        let places = places(usize::MAX, usize::MAX, 10);
        let allowed = (0..1000)
            .take_while(|_| places.take(ip("192.0.2.1")).is_ok())
            .count();
        assert_eq!(allowed, 10 * BURST as usize + 1);
        assert!(places.take(ip("192.0.2.2")).is_ok(), "another one may");
        tokio::time::advance(Duration::from_secs(1)).await;
        let allowed = (0..1000)
            .take_while(|_| places.take(ip("192.0.2.1")).is_ok())
            .count();
        assert_eq!(allowed, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_came_once_is_forgotten() {
        let places = places(10, 10, 10);
        for number in 0..5000_u32 {
            drop(places.take(IpAddr::from(number.to_be_bytes())));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert!(places.lock().clients.len() < 2000);
    }
}
