//! What browsers of a home network send to a gateway.

use crate::symbol::bear_with_rqrr;

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
    bear_with_rqrr();
    // Larger ones say nothing more about the parser, and take long.
    if is_small_png(data) && is_small_jpeg(data) {
        let _ = reading::read(data, |_| true);
    }
}

fn is_small(width: u64, height: u64) -> bool {
    width * height <= 256 * 256
}

/// The head of a PNG has its size at one place; anything else has none there.
fn is_small_png(data: &[u8]) -> bool {
    let size = data.get(16..24).filter(|_| data.starts_with(b"\x89PNG"));
    size.is_none_or(|size| {
        let (width, height) = size.split_at(4);
        let edge = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().expect("four bytes"));
        is_small(edge(width).into(), edge(height).into())
    })
}

/// All but tables of Huffman and arithmetic codes, and what is reserved (ITU-T T.81, table B.1).
fn is_frame(marker: u8) -> bool {
    (0xC0..=0xCF).contains(&marker) && ![0xC4, 0xC8, 0xCC].contains(&marker)
}

/// A JPEG has its size in a frame's head, wherever that is: height and width after five bytes.
fn is_small_jpeg(data: &[u8]) -> bool {
    let edge = |bytes: &[u8]| u16::from_be_bytes([bytes[0], bytes[1]]).into();
    !data.starts_with(b"\xff\xd8")
        || data
            .windows(9)
            .filter(|head| head[0] == 0xFF && is_frame(head[1]))
            .all(|head| is_small(edge(&head[7..]), edge(&head[5..])))
}
