//! Looks at every server's revocation list, again and again.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Request, StatusCode};

use super::balancer::Balancer;
use super::journal::Journal;
use crate::Failure;
use crate::client;

/// How often.
const EVERY: Duration = Duration::from_millis(200);

/// Goes on until it is stopped.
pub(super) async fn watch(balancer: Balancer, journal: Arc<Journal>) {
    let mut newest: BTreeMap<String, u64> = BTreeMap::new();
    let mut every = tokio::time::interval(EVERY);
    loop {
        every.tick().await;
        for path in paths(&journal) {
            for server in balancer.servers() {
                // One that was killed meanwhile shows nothing.
                if let Ok(Some((number, list))) = fetch(server, &path).await {
                    see(&journal, &mut newest, &path, number, list);
                }
            }
        }
    }
}

/// Where the lists are of whoever has certified so far: each certificate names it.
fn paths(journal: &Journal) -> Vec<String> {
    journal.note(|kept| {
        let mut paths: Vec<String> = kept
            .certificates
            .keys()
            .rev()
            .take(8)
            .filter_map(|certificate| path_in(certificate))
            .collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    })
}

/// The path of the list that a certificate names (RFC 5280, 4.2.1.13), as it stands in its bytes.
fn path_in(certificate: &[u8]) -> Option<String> {
    let begin = certificate.windows(5).position(|part| part == b"/crl/")?;
    let rest = &certificate[begin..];
    let length = rest.windows(4).position(|part| part == b".crl")? + 4;
    String::from_utf8(rest[..length].to_vec()).ok()
}

/// The list's number, which is its entity tag, and the list.
async fn fetch(server: SocketAddr, path: &str) -> Result<Option<(u64, Bytes)>, Failure> {
    let mut sender = client::connect(server).await?;
    let request = Request::get(path)
        .header("host", server.to_string())
        .body(Full::new(Bytes::new()))?;
    let response = sender.send_request(request).await?;
    if response.status() != StatusCode::OK {
        return Ok(None);
    }
    let tag = response
        .headers()
        .get("etag")
        .ok_or("a list without a tag")?;
    let number = tag.to_str()?.trim_matches('"').parse()?;
    Ok(Some((
        number,
        response.into_body().collect().await?.to_bytes(),
    )))
}

fn see(
    journal: &Journal,
    newest: &mut BTreeMap<String, u64>,
    path: &str,
    number: u64,
    list: Bytes,
) {
    let before = newest.insert(path.to_owned(), number);
    if before.is_some_and(|before| before > number) {
        journal.amiss(format!("list {number} of {path} came after a newer one"));
    }
    journal.note(|kept| {
        let known = kept.lists.entry((path.to_owned(), number));
        let known = known.or_insert_with(|| list.clone());
        if *known != list {
            kept.amiss
                .push(format!("two lists of {path} have the number {number}"));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_found_where_a_certificate_names_it() {
        let certificate = b"\x30\x86\x2ahttp://localhost:3000/crl/0a1b.crl\x30\x05";
        assert_eq!(path_in(certificate).as_deref(), Some("/crl/0a1b.crl"));
        assert_eq!(path_in(b"/crl/0a1b"), None);
    }

    #[test]
    fn another_list_with_a_known_number_and_one_that_goes_back_are_amiss() {
        let journal = Journal::default();
        let mut newest = BTreeMap::new();
        let mut see = |number, list: &'static [u8]| {
            super::see(&journal, &mut newest, "/crl/a.crl", number, list.into());
            journal.read().amiss.len()
        };
        assert_eq!((see(1, b"a"), see(1, b"a"), see(2, b"b")), (0, 0, 0));
        assert_eq!(see(2, b"c"), 1);
        assert_eq!(see(1, b"a"), 2);
    }
}
