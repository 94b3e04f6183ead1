//! What browsers of a home network send to a gateway.

/// As its own file has it.
#[expect(dead_code, reason = "the parser alone is driven here")]
#[path = "../../gateway/src/handover/http.rs"]
mod http;

#[path = "../../gateway/src/picture.rs"]
mod reading;

/// The head of a request: its length and its body's are within bounds.
pub fn gateway_http(data: &[u8]) {
    if let Ok(Some((request, length, wanted))) = http::head(data) {
        assert!(length <= data.len() && wanted <= 128 * 1024);
        assert!(!request.path.contains('?'));
    }
}

/// A picture of a label.
pub fn picture(data: &[u8]) {
    // Larger ones say nothing more about the parser, and take long.
    let is_small = data.get(16..24).is_none_or(|size| {
        let (width, height) = size.split_at(4);
        let edge = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().expect("four bytes"));
        u64::from(edge(width)) * u64::from(edge(height)) <= 256 * 256
    });
    if is_small {
        let _ = reading::read(data, |_| true);
    }
}
