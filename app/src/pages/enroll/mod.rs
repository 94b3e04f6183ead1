//! The enrollment page `/e`: a label is handed over, the device ID typed, and this browser
//! enrolled.

#![expect(
    unreachable_pub,
    reason = "the component macro makes the struct of the props `pub`"
)]

#![cfg_attr(
    not(feature = "hydrate"),
    expect(dead_code, reason = "the server makes the first page alone; the rest happens in the browser")
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
    view! {
        <PageTitle text=use_messages().enroll.title />
        <div class="enroll narrow">{move || show(page.get(), flow)}</div>
    }
}

/// One type for all of them: erased types would carry what only lazy hydration needs, an eighth of
/// the bundle.
fn show(page: Page, flow: Flow) -> impl IntoView {
    either!(
        page,
        Page::Loading => view! { <LoadingPage /> },
        Page::Held => view! { <HeldPage flow /> },
        Page::Ways => view! { <WaysPage flow /> },
        Page::Camera => view! { <CameraPage flow /> },
        Page::Reading => view! { <ReadingPage /> },
        Page::LabelRefused => view! { <LabelRefusedPage flow /> },
        Page::DeviceId => view! { <DeviceIdPage flow /> },
        Page::Enrolling => view! { <ProgressPage flow /> },
        Page::Waiting => view! { <WaitingPage flow /> },
        Page::Refused => view! { <RefusedPage flow /> },
        Page::Done => view! { <DonePage flow /> },
        Page::NoVault => view! { <NoVaultPage flow /> },
        Page::Broken => view! { <BrokenPage flow /> },
    )
}
