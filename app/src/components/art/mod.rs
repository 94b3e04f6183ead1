//! Small drawings. They say nothing that the words beside them do not say, so they are hidden from
//! screen readers; their colours come from the style sheet.

use leptos::prelude::*;

/// A drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// The site's mark.
    Mark,
    /// A house whose devices talk with the grid.
    Home,
    /// An empty shelf for devices.
    Empty,
    /// A letter under way.
    Mail,
    /// A pulled plug.
    Unplugged,
    /// A device with its pass.
    Connected,
    /// A lock.
    Locked,
}

impl Drawing {
    const fn svg(self) -> &'static str {
        match self {
            Self::Mark => include_str!("mark.svg"),
            Self::Home => include_str!("home.svg"),
            Self::Empty => include_str!("empty.svg"),
            Self::Mail => include_str!("mail.svg"),
            Self::Unplugged => include_str!("unplugged.svg"),
            Self::Connected => include_str!("connected.svg"),
            Self::Locked => include_str!("locked.svg"),
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Mark => "art art-mark",
            Self::Home => "art art-home",
            _ => "art",
        }
    }
}

/// Shows a drawing.
#[component]
pub fn Art(
    /// Which one.
    drawing: Drawing,
) -> impl IntoView {
    view! { <span class=drawing.class() aria-hidden="true" inner_html=drawing.svg()></span> }
}
