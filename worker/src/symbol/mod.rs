//! Finding and reading a QR code in a picture (stage `scan`).

mod grey;
mod survival;

use rqrr::PreparedImage;

use grey::Grey;
use survival::survived;

/// Long edges, in pixels, that a thorough look brings a larger picture down to: a photo of a whole
/// letter wants the large ones, a blurred close-up the small ones.
const EDGES: [usize; 4] = [1600, 1000, 640, 400];

/// Long edge, in pixels, up to which a picture is enlarged. rqrr finds more in enlarged pictures:
/// of hard ones three quarters in place of a half.
const LARGEST_EDGE: usize = 2400;

/// How hard to look.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// One way of looking at a camera frame, another one at each frame: which frames rqrr misses
    /// depends on the way far more than on the frame.
    Frame {
        /// Counts the frames.
        number: usize,
    },
    /// Every way of looking, for there is no other picture.
    Thorough,
}

/// Reads the QR codes of a picture until one of them `is_wanted`.
///
/// Returns that one, else the first other one found, else `None`. `rgba` holds four bytes a pixel,
/// row by row; a buffer of another size than `width` and `height` say holds no symbol.
pub(crate) fn read(
    rgba: &[u8],
    (width, height): (u32, u32),
    look: Look,
    is_wanted: impl Fn(&str) -> bool,
) -> Option<String> {
    let original = Grey::from_rgba(rgba, width, height)?;
    let mut other = None;
    for view in views(original.long_edge(), look) {
        let seen = seen(&original, view);
        // A view that rqrr cannot bear shows nothing; the next one may.
        for text in survived(move || texts(&seen)).unwrap_or_default() {
            if is_wanted(&text) {
                return Some(text);
            }
            other.get_or_insert(text);
        }
    }
    other
}

/// One way of looking at a picture.
#[derive(Clone, Copy)]
struct View {
    /// Its long edge in pixels.
    edge: usize,
    treatment: Treatment,
}

#[derive(Clone, Copy)]
enum Treatment {
    Plain,
    /// Noise evened out.
    Softened,
    /// Contrast raised.
    Stretched,
}

/// The ways to look at a picture with this long edge, the most promising first.
fn views(own: usize, look: Look) -> Vec<View> {
    use Treatment::{Plain, Softened, Stretched};
    let [once, half_more, twice] =
        [own, own * 3 / 2, own * 2].map(|edge| if edge > LARGEST_EDGE { own } else { edge });
    match look {
        Look::Frame { number } => {
            let cycle = [
                (once, Plain),
                (half_more, Softened),
                (twice, Softened),
                (twice, Plain),
            ];
            let (edge, treatment) = cycle[number % cycle.len()];
            vec![View { edge, treatment }]
        }
        Look::Thorough => {
            let mut edges = vec![once, twice, half_more];
            edges.extend(EDGES.into_iter().filter(|&edge| edge < own));
            edges.dedup();
            [Plain, Softened, Stretched]
                .into_iter()
                .flat_map(|treatment| edges.iter().map(move |&edge| View { edge, treatment }))
                .collect()
        }
    }
}

/// The picture as this view has it.
fn seen(original: &Grey, view: View) -> Grey {
    let scaled = original.scaled_to(view.edge);
    match view.treatment {
        Treatment::Plain => scaled,
        Treatment::Softened => scaled.softened(),
        Treatment::Stretched => scaled.stretched(),
    }
}

fn texts(grey: &Grey) -> Vec<String> {
    let mut image = PreparedImage::prepare_from_greyscale(grey.width, grey.height, |x, y| {
        grey.pixels[y * grey.width + x]
    });
    image
        .detect_grids()
        .iter()
        .filter_map(|grid| grid.decode().ok())
        .map(|(_, text)| text)
        .collect()
}

#[cfg(test)]
mod tests;
