//! The QR code of a label.

use gridpass_protocol::Link;
use gridpass_provider::{LabelProfile, label_image};
use serde_json::Value;

use crate::fixture::{DEVICE_ID, Fixture};

/// The text of a QR code in a PNG.
pub(crate) fn decode(png: &[u8]) -> String {
    let (side, pixels) = decode_png(png);
    read(side, &pixels)
}

fn links() -> Vec<(LabelProfile, Link)> {
    [LabelProfile::Compact, LabelProfile::Full]
        .into_iter()
        .map(|profile| {
            let fixture = Fixture::with(|config| config.providers[0].label_profile = profile);
            (profile, fixture.register(DEVICE_ID).link)
        })
        .collect()
}

#[test]
fn labels_keep_to_the_target_versions() {
    for (profile, link) in links() {
        let most = match profile {
            LabelProfile::Compact => 11,
            LabelProfile::Full => 22,
        };
        let version = label_image::version(&link);
        assert!(version <= most, "{profile:?}: version {version}");
    }
}

#[test]
fn the_png_is_read_back_by_a_decoder() {
    for (_, link) in links() {
        for module_pixels in [3, 5, 8] {
            let (side, pixels) = decode_png(&label_image::png(&link, module_pixels));
            assert_eq!(read(side, &pixels), link.as_str());
        }
    }
}

#[test]
fn the_svg_draws_the_same_modules_as_the_png() {
    for (_, link) in links() {
        let (side, pixels) = decode_png(&label_image::png(&link, 1));
        assert_eq!(draw_svg(&label_image::svg(&link), side), pixels);
    }
}

#[test]
fn the_svg_is_plain_and_black_on_white() {
    let (_, link) = links().remove(0);
    let svg = label_image::svg(&link);
    assert!(svg.contains("role=\"img\""));
    assert!(svg.contains("fill=\"#fff\"") && svg.contains("fill=\"#000\""));
    for banned in ["style", "script", "class", "href", "currentColor"] {
        assert!(!svg.contains(banned), "{banned}");
    }
    assert_eq!(svg.matches("<path").count(), 1);
}

/// The pixels of a PNG, true for dark.
fn decode_png(bytes: &[u8]) -> (usize, Vec<bool>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
        .read_info()
        .unwrap();
    let mut data = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut data).unwrap();
    assert_eq!(info.color_type, png::ColorType::Grayscale);
    assert_eq!(info.bit_depth, png::BitDepth::One);
    let side = info.width as usize;
    let pixels = data[..info.buffer_size()]
        .chunks(info.line_size)
        .flat_map(|line| (0..side).map(move |x| line[x / 8] & (0x80 >> (x % 8)) == 0))
        .collect();
    (side, pixels)
}

fn read(side: usize, pixels: &[bool]) -> String {
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| {
        if pixels[y * side + x] { 0 } else { 255 }
    });
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}

/// Draws the runs of an SVG's path, one module a pixel.
fn draw_svg(svg: &str, side: usize) -> Vec<bool> {
    let path = svg.split_once("d=\"").unwrap().1.split_once('"').unwrap().0;
    let mut pixels = vec![false; side * side];
    for run in path.split('M').skip(1) {
        let (place, rest) = run.split_once('h').unwrap();
        let (x, y) = place.split_once(' ').unwrap();
        let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
        let length: usize = rest.split_once('v').unwrap().0.parse().unwrap();
        pixels[y * side + x..][..length].fill(true);
    }
    pixels
}

#[test]
fn the_links_of_the_test_values_keep_to_the_target_versions() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../protocol/tests/vectors.json")).unwrap();
    for payload in vectors["payload"].as_array().unwrap() {
        let (origin, decoded) = Link::parse(payload["link"].as_str().unwrap()).unwrap();
        let version = label_image::version(&Link::new(&origin, &decoded));
        let most = if payload["profile"] == "full" { 22 } else { 11 };
        assert!(version <= most, "{}: version {version}", payload["profile"]);
    }
}
