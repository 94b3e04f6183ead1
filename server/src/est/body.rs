//! Bodies of EST as clients old and new write them.
//!
//! RFC 7030 has base64 with a `Content-Transfer-Encoding`; RFC 8951 takes that header back and keeps the
//! base64. In the field there are lines of 64 or 76 characters or none, LF or CRLF, PEM armour, and plain
//! DER. The header is not believed: the bytes say what they are.

use base64ct::{Base64, Base64Unpadded, Encoding};
use gridpass_protocol::ProblemName;

use crate::problem::ProblemResponse;

/// Characters of a line of base64, as MIME has it (RFC 2045, 6.8).
const LINE: usize = 76;

/// A DER sequence whose length takes more than one byte begins so; no base64 does.
const SEQUENCE: u8 = 0x30;
const LONG_LENGTH: u8 = 0x80;

/// The DER in a body.
///
/// # Errors
/// `bad-request`: neither DER nor base64.
pub(super) fn decode(body: &[u8]) -> Result<Vec<u8>, ProblemResponse> {
    let trimmed = body.trim_ascii_start();
    if let [SEQUENCE, length, ..] = trimmed
        && *length >= LONG_LENGTH
    {
        return Ok(trimmed.to_vec());
    }
    decode_text(body).ok_or_else(|| {
        ProblemResponse::saying(
            ProblemName::BadRequest,
            "The body is no PKCS#10 request in base64. Encode the DER of the request.",
        )
    })
}

fn decode_text(body: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    let symbols: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("-----"))
        .flat_map(str::chars)
        .filter(|symbol| !symbol.is_ascii_whitespace())
        .collect();
    let unpadded = symbols.trim_end_matches('=');
    let der = Base64Unpadded::decode_vec(unpadded).ok()?;
    (!der.is_empty()).then_some(der)
}

/// DER as every client reads it: base64 in lines.
pub(super) fn encode(der: &[u8]) -> String {
    let symbols = Base64::encode_string(der);
    let mut lines = String::with_capacity(symbols.len() + symbols.len() / LINE * 2 + 2);
    let mut rest = symbols.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(LINE));
        lines.push_str(line);
        lines.push_str("\r\n");
        rest = more;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der() -> Vec<u8> {
        let mut der = vec![0x30, 0x81, 200];
        der.extend((0..200).map(|byte| byte as u8));
        der
    }

    #[test]
    fn every_way_to_write_a_body_is_read() {
        let der = der();
        let plain = Base64::encode_string(&der);
        let in_lines = encode(&der);
        let lf = in_lines.replace("\r\n", "\n");
        let armour = "CERTIFICATE REQUEST-----";
        let pem = format!("-----BEGIN {armour}\r\n{in_lines}-----END {armour}\r\n");
        let old_pem = format!("-----BEGIN NEW {armour}\n{lf}-----END NEW {armour}\n");
        let unpadded = plain.trim_end_matches('=');
        for text in [&plain, &in_lines, &lf, &pem, &old_pem, unpadded] {
            assert_eq!(decode(text.as_bytes()).unwrap(), der, "{text}");
        }
        assert_eq!(decode(&der).unwrap(), der, "no transfer encoding at all");
    }

    #[test]
    fn what_is_neither_is_refused() {
        for body in [&b""[..], b"\r\n", b"=", b"not base64!", &[0xff, 0xfe, 0x00]] {
            assert!(decode(body).is_err(), "{body:?}");
        }
    }

    #[test]
    fn lines_are_as_mime_has_them() {
        let text = encode(&der());
        assert!(text.ends_with("\r\n"));
        assert!(text.lines().all(|line| (1..=LINE).contains(&line.len())));
    }
}
