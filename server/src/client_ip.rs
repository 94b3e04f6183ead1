//! Who is asking: the socket's address, or the one that a configured proxy reports.

use std::net::IpAddr;

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The client's address (protocol, "Verification, in this order", step 2).
///
/// `X-Forwarded-For` is read from its end, past every trusted proxy, and only when the socket itself
/// belongs to one: what a client writes there is never believed.
pub(crate) fn client_ip(socket: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|net| net.contains(&ip));
    let socket = socket.to_canonical();
    if !is_trusted(socket) {
        return socket;
    }
    let hops: Vec<_> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|part| part.trim().parse::<IpAddr>().map(|ip| ip.to_canonical()))
        .collect();
    let mut client = socket;
    for hop in hops.into_iter().rev() {
        let Ok(ip) = hop else { break };
        client = ip;
        if !is_trusted(client) {
            break;
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn forwarded(value: &str) -> HeaderMap {
        HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn a_stranger_cannot_choose_an_address() {
        assert_eq!(
            client_ip(ip("203.0.113.9"), &forwarded("10.0.0.1"), &[]),
            ip("203.0.113.9")
        );
    }

    #[test]
    fn a_trusted_proxy_reports_the_client() {
        let trusted = [
            "127.0.0.0/8".parse().unwrap(),
            "10.0.0.0/8".parse().unwrap(),
        ];
        let headers = forwarded("1.1.1.1, 203.0.113.9, 10.0.0.7");
        assert_eq!(
            client_ip(ip("127.0.0.1"), &headers, &trusted),
            ip("203.0.113.9")
        );
    }

    #[test]
    fn a_damaged_list_ends_at_the_last_good_hop() {
        let trusted = ["127.0.0.0/8".parse().unwrap()];
        assert_eq!(
            client_ip(ip("127.0.0.1"), &forwarded("x, y"), &trusted),
            ip("127.0.0.1")
        );
        assert_eq!(
            client_ip(ip("127.0.0.1"), &forwarded("x, 9.9.9.9"), &trusted),
            ip("9.9.9.9")
        );
    }

    #[test]
    fn an_ipv4_client_on_an_ipv6_socket_is_one_client() {
        assert_eq!(
            client_ip(ip("::ffff:203.0.113.9"), &HeaderMap::new(), &[]),
            ip("203.0.113.9")
        );
    }
}
