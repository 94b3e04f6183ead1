//! Where a device is enrolled: the island around the enrollment.

use crate::pages::enroll::EnrollPage;
use leptos::prelude::*;

/// The page `/e`.
#[component]
pub fn ScanPage() -> impl IntoView {
    view! { <Enrollment /> }
}

/// The enrollment, alive in the browser.
#[island]
fn Enrollment() -> impl IntoView {
    // It names the page itself; in the browser nothing around it has set up for that.
    leptos_meta::provide_meta_context();
    view! { <EnrollPage /> }
}
