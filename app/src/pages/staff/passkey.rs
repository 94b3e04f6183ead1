//! The button of a passkey ceremony. The desk's script brings it to life; without the script, or
//! in a browser without passkeys, it stays hidden.

use crate::messages::staff::use_staff_messages;
use leptos::prelude::*;

/// What the browser does with a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Makes one.
    Create,
    /// Signs with one.
    Get,
}

/// The button of a ceremony.
#[component]
pub fn PasskeyButton(
    /// What it says.
    label: &'static str,
    /// What the browser does.
    does: Use,
    /// Where the first half begins.
    begin: &'static str,
    /// Where the second half ends.
    finish: &'static str,
    /// Where it leads.
    next: &'static str,
) -> impl IntoView {
    let messages = &use_staff_messages().sign_in;
    view! {
        <div
            class="stack"
            hidden
            data-passkey=match does {
                Use::Create => "create",
                Use::Get => "get",
            }
            data-begin=begin
            data-finish=finish
            data-next=next
            data-refused=messages.passkey_refused
        >
            <button class="button button-quiet" type="button">
                {label}
            </button>
            <p class="field-error" role="alert"></p>
        </div>
    }
}
