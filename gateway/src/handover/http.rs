//! A small HTTP/1.1 server for the home network: one request a connection, everything bounded.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, SocketAddr, TcpListener, TcpStream},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

/// Connections at a time, at most.
const MOST_CONNECTIONS: usize = 16;
/// How long a browser may take to send its request, or to take the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long until it is looked again whether there is a browser.
const LOOK: Duration = Duration::from_millis(50);
/// No head is longer, in bytes.
const MOST_HEAD: usize = 16 * 1024;
/// No body is longer, in bytes.
const MOST_BODY: usize = 128 * 1024;
const MOST_HEADERS: usize = 64;

/// A request that was read whole.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// Without the query.
    pub(super) path: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// One that a test sends.
    #[cfg(test)]
    pub(super) fn of(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: body.to_vec(),
        }
    }

    /// The value of a header that is there once; names in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }
}

/// An answer.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    /// Beside those that every answer has.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Response {
    pub(super) fn new(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            content_type,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub(super) fn empty(status: u16) -> Self {
        Self::new(status, "text/plain; charset=utf-8", reason(status))
    }
}

/// Serves until `is_over`, and until the last browser has its answer; `answer` is called from
/// several threads.
pub(super) fn serve(
    listener: &TcpListener,
    answer: impl Fn(&Request) -> Response + Sync,
    is_over: impl Fn() -> bool,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let open = AtomicUsize::new(0);
    thread::scope(|scope| {
        while !is_over() {
            let stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    thread::sleep(LOOK);
                    continue;
                }
                // A browser that has gone again.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                Err(error) => return Err(error),
            };
            if open.fetch_add(1, Ordering::SeqCst) >= MOST_CONNECTIONS {
                open.fetch_sub(1, Ordering::SeqCst);
                continue;
            }
            let (answer, open) = (&answer, &open);
            scope.spawn(move || {
                // A connection that breaks concerns its browser alone.
                let _ = exchange(stream, answer);
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
        Ok(())
    })
}

fn exchange(mut stream: TcpStream, answer: &dyn Fn(&Request) -> Response) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let response = match read(&mut stream)? {
        Ok(request) => answer(&request),
        Err(status) => Response::empty(status),
    };
    write(&mut stream, &response)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    // What the browser has still to say is let through, so that it sees the answer.
    let mut rest = (&mut stream).take(MOST_BODY as u64);
    io::copy(&mut rest, &mut io::sink()).map(drop)
}

/// Reads a request; the status to refuse it with when it is none that is served here.
fn read(stream: &mut TcpStream) -> io::Result<Result<Request, u16>> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        match head(&bytes) {
            Err(status) => return Ok(Err(status)),
            Ok(Some((mut request, length, wanted))) => {
                if bytes.len() >= length + wanted {
                    request.body = bytes[length..length + wanted].to_vec();
                    return Ok(Ok(request));
                }
            }
            Ok(None) if bytes.len() > MOST_HEAD => return Ok(Err(431)),
            Ok(None) => {}
        }
        match stream.read(&mut part)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => bytes.extend_from_slice(&part[..count]),
        }
    }
}

/// The head of a request, its length, and the length of the body after it; none while it is not
/// whole.
pub(super) fn head(bytes: &[u8]) -> Result<Option<(Request, usize, usize)>, u16> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(400),
    };
    let (Some(method), Some(target)) = (parsed.method, parsed.path) else {
        return Err(400);
    };
    let mut headers = Vec::new();
    for header in parsed.headers.iter() {
        let value = std::str::from_utf8(header.value).map_err(|_| 400_u16)?;
        headers.push((header.name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let request = Request {
        method: method.to_owned(),
        path: target.split('?').next().unwrap_or_default().to_owned(),
        headers,
        body: Vec::new(),
    };
    let is_given = |name: &str| request.headers.iter().any(|(known, _)| known == name);
    if is_given("transfer-encoding") {
        return Err(411);
    }
    let wanted = match request.header("content-length") {
        None if is_given("content-length") => return Err(400),
        None => 0,
        Some(length) => length.parse().map_err(|_| 400_u16)?,
    };
    if wanted > MOST_BODY {
        return Err(413);
    }
    Ok(Some((request, length, wanted)))
}

fn write(stream: &mut TcpStream, response: &Response) -> io::Result<()> {
    let mut text = format!(
        "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\
         X-Frame-Options: DENY\r\n",
        response.status,
        reason(response.status),
        response.content_type,
        response.body.len()
    );
    for (name, value) in &response.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    stream.write_all(text.as_bytes())?;
    stream.write_all(&response.body)?;
    stream.flush()
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        411 => "Length Required",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        421 => "Misdirected Request",
        431 => "Request Header Fields Too Large",
        502 => "Bad Gateway",
        _ => "Error",
    }
}

/// Whether a `Host` header names this gateway in a way that only the home network can: by address,
/// by a name that public DNS does not have, or by one that the configuration says. A page of the
/// Internet whose name was made to point here has another one (DNS rebinding).
pub(super) fn is_own_host(host: &str, names: &[String]) -> bool {
    if host.parse::<SocketAddr>().is_ok() || host.parse::<IpAddr>().is_ok() {
        return true;
    }
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => name,
        _ => host,
    };
    let bracketed = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    if bracketed.is_some_and(|address| address.parse::<IpAddr>().is_ok()) {
        return true;
    }
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    /// RFC 6762, RFC 8375, RFC 6761, and what routers commonly use.
    const LOCAL: [&str; 5] = [".local", ".home.arpa", ".lan", ".internal", ".localhost"];
    name == "localhost"
        || LOCAL.iter().any(|ending| name.ends_with(ending))
        || names.iter().any(|known| known.eq_ignore_ascii_case(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_the_internet_is_not_this_gateway() {
        let names = ["gateway.example".to_owned()];
        for host in [
            "192.168.1.20",
            "192.168.1.20:8080",
            "[fe80::1]",
            "[fe80::1]:80",
            "gateway.local",
            "Gateway.LOCAL.:80",
            "localhost:8080",
            "gateway.home.arpa",
            "gateway.example:80",
        ] {
            assert!(is_own_host(host, &names), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "local",
            "gateway.local.evil.example",
            "evil.example:80",
        ] {
            assert!(!is_own_host(host, &names), "{host}");
        }
    }

    #[test]
    fn a_request_is_read_whole_or_refused() {
        let whole = b"POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
        let (request, length, wanted) = head(whole).unwrap().unwrap();
        assert_eq!(
            (request.method.as_str(), request.path.as_str()),
            ("POST", "/a")
        );
        assert_eq!((&whole[length..], wanted), (&b"abc"[..], 3));
        assert!(head(&whole[..20]).unwrap().is_none());
        for (text, status) in [
            ("nonsense\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
            ("POST / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n", 413),
            (
                "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                400,
            ),
            ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        ] {
            assert_eq!(head(text.as_bytes()).err(), Some(status), "{text:?}");
        }
    }
}
