//! The enrollment page `/e`: a label is handed over, the device ID typed, and this browser
//! enrolled.

#![expect(
    unreachable_pub,
    reason = "the component macro makes the struct of the props `pub`"
)]
#![cfg_attr(
    not(feature = "hydrate"),
    expect(
        dead_code,
        reason = "the server makes the first page alone; the rest happens in the browser"
    )
)]

mod another;
mod camera;
mod code;
mod copy;
mod device_id;
mod done;
mod facts;
mod flow;
mod held;
mod in_app;
mod progress;
mod react;
mod stage;
mod start;
mod stuck;
mod ways;

#[cfg(feature = "hydrate")]
pub(crate) use stage::{Act, CameraView, Download, Heard, PictureEvent};
pub use stage::{CameraTrouble, CodeTrouble};

use crate::{PageTitle, messages::use_messages};
use camera::CameraPage;
use device_id::DeviceIdPage;
use done::DonePage;
use flow::Flow;
use held::HeldPage;
use leptos::{either::either, prelude::*};
use progress::ProgressPage;
use stage::{Page, Stage};
use start::{LoadingPage, ReadingPage};
use stuck::{BrokenPage, LabelRefusedPage, NoVaultPage, RefusedPage, WaitingPage};
use ways::WaysPage;

/// The id of what each page begins with and the focus goes to.
const FOCUS: &str = "enroll-focus";

/// The enrollment page.
#[component]
pub fn EnrollPage() -> impl IntoView {
    let flow = Flow::new();
    // Effects run in the browser alone.
    Effect::new(move |before: Option<()>| {
        if before.is_none() {
            flow.start();
        }
    });
    let page = Memo::new(move |_| flow.stage.with(Stage::page));
    lean(view! {
        <PageTitle text=use_messages().enroll.title />
        <div class="enroll narrow">{move || show(page.get(), flow)}</div>
    })
}

fn show(page: Page, flow: Flow) -> impl IntoView {
    either!(
        page,
        Page::Loading => lean(view! { <LoadingPage /> }),
        Page::Held => lean(view! { <HeldPage flow /> }),
        Page::Ways => lean(view! { <WaysPage flow /> }),
        Page::Camera => lean(view! { <CameraPage flow /> }),
        Page::Reading => lean(view! { <ReadingPage /> }),
        Page::LabelRefused => lean(view! { <LabelRefusedPage flow /> }),
        Page::DeviceId => lean(view! { <DeviceIdPage flow /> }),
        Page::Enrolling => lean(view! { <ProgressPage flow /> }),
        Page::Waiting => lean(view! { <WaitingPage flow /> }),
        Page::Refused => lean(view! { <RefusedPage flow /> }),
        Page::Done => lean(view! { <DonePage flow /> }),
        Page::NoVault => lean(view! { <NoVaultPage flow /> }),
        Page::Broken => lean(view! { <BrokenPage flow /> }),
    )
}

/// In the bundle a view keeps its type: an erased one carries what only lazy hydration needs, which
/// was an eighth of the whole.
#[cfg(feature = "hydrate")]
fn lean<V: IntoView>(view: V) -> V {
    view
}

/// On the server it is erased: types as deep as all pages together take the compiler too long.
#[cfg(not(feature = "hydrate"))]
fn lean<V: IntoView + 'static>(view: V) -> AnyView {
    view.into_any()
}
