//! My devices, each with its state in words.

use crate::{
    PageTitle,
    api::device::{DeviceState, DeviceView, devices},
    components::{
        art::{Art, Drawing},
        device::{StateBadge, device_name, state_words},
    },
    messages::{own::use_own_messages, use_messages},
    pages::refused,
};
use leptos::prelude::*;

/// The signed-in customer's devices.
#[component]
pub fn DevicesPage() -> impl IntoView {
    let devices = Resource::new(|| (), |()| devices());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match devices.await {
                    Ok(devices) if devices.is_empty() => view! { <NoDevices /> }.into_any(),
                    Ok(devices) => view! { <DeviceList devices /> }.into_any(),
                    Err(error) => refused(error),
                }
            })}
        </Suspense>
    }
}

#[component]
fn NoDevices() -> impl IntoView {
    let messages = &use_messages().devices;
    view! {
        <PageTitle text=messages.title />
        <h1>{messages.title}</h1>
        <section class="message">
            <Art drawing=Drawing::Empty />
            <h2>{messages.empty_title}</h2>
            <p class="lead">{messages.empty_text}</p>
            <a class="button" href="/devices/new">
                {messages.add}
            </a>
        </section>
    }
}

#[component]
fn DeviceList(devices: Vec<DeviceView>) -> impl IntoView {
    let messages = &use_messages().devices;
    let item = |device| view! { <DeviceItem device /> };
    view! {
        <PageTitle text=messages.title />
        <div class="title-row">
            <h1>{messages.title}</h1>
            <a class="button" href="/devices/new">
                {messages.add}
            </a>
        </div>
        <ul class="cards">{devices.into_iter().map(item).collect_view()}</ul>
        <p class="hint">
            <a href="/device">{use_own_messages().this_device.lead_to}</a>
        </p>
    }
}

#[component]
fn DeviceItem(device: DeviceView) -> impl IntoView {
    let messages = &use_messages().devices;
    let address = format!("/devices/{}", device.id);
    let name = device_name(&device);
    let action = match device.state {
        DeviceState::Open { .. } => messages.show_code,
        _ => messages.show_device,
    };
    let (_, sentence) = state_words(device.state);
    view! {
        <li class="card device-item">
            <div class="device-item-words">
                <h2>{name.clone()}</h2>
                <StateBadge state=device.state />
                <p class="hint">{sentence}</p>
            </div>
            <a class="button button-quiet" href=address aria-label=format!("{action}: {name}")>
                {action}
            </a>
        </li>
    }
}
