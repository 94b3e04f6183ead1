//! Where a device is enrolled: the island around the enrollment.

use crate::{messages::own::use_own_messages, pages::enroll::EnrollPage};
use leptos::prelude::*;

/// The page `/e`.
#[component]
pub fn ScanPage() -> impl IntoView {
    view! {
        <Enrollment />
        <p class="hint scan-more">
            <a href="/device">{use_own_messages().this_device.lead_to}</a>
        </p>
    }
}

/// The enrollment, alive in the browser.
#[island]
fn Enrollment() -> impl IntoView {
    // It names the page itself; in the browser nothing around it has set up for that.
    leptos_meta::provide_meta_context();
    view! { <EnrollPage /> }
}
