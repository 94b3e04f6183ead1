//! One device: its label while it waits, what it is once it is connected, and what to do otherwise.

pub mod facts;
pub mod label;

use crate::{
    PageTitle,
    api::device::{
        CancelDevice, DevicePage as DevicePageView, DeviceState, DeviceView, RenewLabel,
        ReportLost, device, state_of_device,
    },
    components::{
        art::{Art, Drawing},
        device::{StateBadge, device_name, state_words},
        problem::FormProblem,
        submit::{Submit, Weight},
    },
    messages::{own::use_own_messages, use_messages},
    pages::refused,
};
use facts::Facts;
use gridpass_protocol::problem::ProblemName;
use label::{Elsewhere, Label};
use leptos::{form::ActionForm, prelude::*, task::spawn_local};
use leptos_router::hooks::use_params_map;
use std::time::Duration;
use uuid::Uuid;

/// How often a waiting page asks whether the device has been connected meanwhile.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// One device.
#[component]
pub fn DevicePage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id"));
    view! { <Suspense>{Suspend::new(async move { content(id).await })}</Suspense> }
}

async fn content(id: Option<String>) -> AnyView {
    let Some(id) = id.and_then(|id| id.parse().ok()) else {
        return refused(ProblemName::NotFound.into());
    };
    match device(id).await {
        Ok(page) => view! { <Content page /> }.into_any(),
        Err(error) => refused(error),
    }
}

/// While the device waits, asks from time to time how it stands and loads the page anew when that
/// has changed: a code scanned by the phone turns this page into "connected" without a hand.
#[island]
fn Watch(id: Uuid, known: DeviceState) -> impl IntoView {
    let ask = move || {
        if document().hidden() {
            return;
        }
        spawn_local(async move {
            if state_of_device(id).await.is_ok_and(|state| state != known) {
                // A page can always load itself anew.
                let _ = location().reload();
            }
        });
    };
    Effect::new(move |_| {
        if let Ok(interval) = set_interval_with_handle(ask, WATCH_INTERVAL) {
            on_cleanup(move || interval.clear());
        }
    });
}

#[component]
fn Content(page: DevicePageView) -> impl IntoView {
    let DevicePageView { device, label } = page;
    let content = match (device.state, label) {
        (DeviceState::Open { tries_left, .. }, Some(label)) => {
            view! { <Label device=device.clone() label tries_left /> }.into_any()
        }
        (DeviceState::Open { .. }, None) => {
            view! { <Elsewhere device=device.clone() /> }.into_any()
        }
        (DeviceState::Issued { .. } | DeviceState::Active, _) => {
            view! { <Connected device=device.clone() /> }.into_any()
        }
        _ => view! { <Ended device=device.clone() /> }.into_any(),
    };
    view! {
        <p class="back">
            <a href="/devices">{use_messages().devices.back}</a>
        </p>
        {content}
        <MoreActions device />
    }
}

#[component]
fn Connected(device: DeviceView) -> impl IntoView {
    let title = (use_messages().label.connected_title)(device.nickname.as_deref());
    view! {
        <PageTitle text=title.clone() />
        <section class="message">
            <Art drawing=Drawing::Connected />
            <h1>{title}</h1>
            <p class="lead">{state_words(device.state).1}</p>
        </section>
        <Facts device />
    }
}

#[component]
fn Ended(device: DeviceView) -> impl IntoView {
    let drawing = match device.state {
        DeviceState::Locked => Drawing::Locked,
        _ => Drawing::Unplugged,
    };
    let name = device_name(&device);
    view! {
        <PageTitle text=name.clone() />
        <section class="message">
            <Art drawing />
            <h1>{name}</h1>
            <StateBadge state=device.state />
            <p class="lead">{state_words(device.state).1}</p>
        </section>
    }
}

/// A new code where one helps, giving up while a code is out, another start where neither helps.
#[component]
fn MoreActions(device: DeviceView) -> impl IntoView {
    let messages = use_messages();
    match device.state {
        DeviceState::Open { .. } => view! {
            <section class="more-actions">
                <h2>{messages.label.more_title}</h2>
                <Renew id=device.id weight=Weight::Quiet />
                <GiveUp id=device.id />
                    <Watch id=device.id known=device.state />
            </section>
        }
        .into_any(),
        DeviceState::Expired | DeviceState::Locked | DeviceState::Cancelled => view! {
            <section class="more-actions">
                <Renew id=device.id weight=Weight::Main />
            </section>
        }
        .into_any(),
        DeviceState::Revoked => view! {
            <section class="more-actions">
                <a class="button" href="/devices/new">
                    {messages.devices.add}
                </a>
            </section>
        }
        .into_any(),
        DeviceState::Issued { .. } | DeviceState::Active | DeviceState::Suspended => view! {
            <section class="more-actions">
                <Lost id=device.id />
            </section>
        }
        .into_any(),
        DeviceState::Superseded => ().into_any(),
    }
}

/// Makes a new code.
#[component]
fn Renew(id: Uuid, weight: Weight) -> impl IntoView {
    let action = ServerAction::<RenewLabel>::new();
    view! {
        <FormProblem error=Signal::derive(move || action.value().get().and_then(Result::err)) />
        <ActionForm action>
            <input type="hidden" name="id" value=id.to_string() />
            <Submit label=use_messages().devices.new_code pending=action.pending() weight />
        </ActionForm>
    }
}

/// Withdraws the pass, after a question.
#[component]
fn Lost(id: Uuid) -> impl IntoView {
    let messages = &use_own_messages().data;
    let action = ServerAction::<ReportLost>::new();
    view! {
        <details class="fold">
            <summary>{messages.lost}</summary>
            <p class="hint">{messages.lost_question}</p>
            <ActionForm action>
                <input type="hidden" name="id" value=id.to_string() />
                <Submit
                    label=messages.lost_confirm
                    pending=action.pending()
                    weight=Weight::Danger
                />
            </ActionForm>
        </details>
        <FormProblem error=Signal::derive(move || action.value().get().and_then(Result::err)) />
    }
}

/// Voids the code, after a question.
#[component]
fn GiveUp(id: Uuid) -> impl IntoView {
    let messages = &use_messages().devices;
    let action = ServerAction::<CancelDevice>::new();
    view! {
        <details class="fold">
            <summary>{messages.cancel}</summary>
            <p class="hint">{messages.cancel_question}</p>
            <ActionForm action>
                <input type="hidden" name="id" value=id.to_string() />
                <Submit label=messages.cancel_confirm pending=action.pending() weight=Weight::Danger />
            </ActionForm>
        </details>
        <FormProblem error=Signal::derive(move || action.value().get().and_then(Result::err)) />
    }
}
