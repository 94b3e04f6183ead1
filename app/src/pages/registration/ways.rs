//! How to get the code, where there is a choice: a plain part of the form, rendered on the server.

use crate::{
    api::device::{CodeWay, WayOffer},
    messages::delivery::use_delivery_messages,
};
use leptos::prelude::*;

/// The choice; where there is only one way, the form says so by itself.
pub(super) fn way_field(ways: Vec<WayOffer>, chosen: CodeWay) -> AnyView {
    let messages = use_delivery_messages();
    let chosen = match ways.iter().find(|offer| offer.way == chosen) {
        Some(offer) => offer.way,
        None => ways.first().map(|offer| offer.way).unwrap_or_default(),
    };
    if ways.len() < 2 {
        return view! { <input type="hidden" name="way" value=chosen.value() /> }.into_any();
    }
    let choice = |offer: WayOffer| {
        let id = format!("way-{}", offer.way.value());
        let help = format!("{id}-help");
        let words = (messages.way)(offer.way);
        view! {
            <div class="choice">
                <input
                    type="radio"
                    name="way"
                    id=id.clone()
                    value=offer.way.value()
                    checked=offer.way == chosen
                    aria-describedby=help.clone()
                />
                <label for=id>{words}</label>
                <p class="choice-help" id=help>
                    {(messages.way_help)(offer.way, offer.to.as_deref().unwrap_or_default())}
                </p>
            </div>
        }
    };
    view! {
        <fieldset class="choices">
            <legend>{messages.ways}</legend>
            {ways.into_iter().map(choice).collect_view()}
        </fieldset>
    }
    .into_any()
}
