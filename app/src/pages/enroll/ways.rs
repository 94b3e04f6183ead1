//! The ways to hand over a label: camera, picture, manual code.

use crate::messages::{enroll::EnrollMessages, use_messages};
use leptos::{ev, html::Input, prelude::*};

use super::{
    FOCUS,
    code::CodeForm,
    flow::Flow,
    in_app::InAppNotice,
    stage::{Act, Hitch, PictureEvent, Stage},
};

/// The ways to hand over a label, and why the one tried before did not work.
#[component]
pub(super) fn WaysPage(flow: Flow) -> impl IntoView {
    let messages = &use_messages().enroll;
    let hitch = flow.stage.with_untracked(|stage| match stage {
        Stage::Ways(hitch) => *hitch,
        _ => None,
    });
    let code_trouble = match hitch {
        Some(Hitch::Code(trouble)) => Some(trouble),
        _ => None,
    };
    // The form shows its own trouble, and takes the focus then.
    let heading = code_trouble.is_none().then_some(FOCUS);
    view! {
        <PictureDrop flow>
            <h1 id=heading tabindex="-1">
                {messages.title}
            </h1>
            <p class="lead">{messages.ways.lead}</p>
            <InAppNotice flow />
            {hitch.and_then(|hitch| sentence(messages, hitch)).map(|sentence| {
                view! { <p class="notice notice-problem" role="alert">{sentence}</p> }
            })}
            <button
                type="button"
                class="button enroll-scan"
                on:click=move |_| flow.perform(Act::OpenCamera)
            >
                {messages.ways.scan}
            </button>
            <PictureWay flow />
            <CodeForm flow trouble=code_trouble />
        </PictureDrop>
    }
}

fn sentence(messages: &EnrollMessages, hitch: Hitch) -> Option<String> {
    match hitch {
        Hitch::NoSymbol => Some(messages.ways.no_symbol.to_owned()),
        Hitch::NotAPicture => Some(messages.ways.not_a_picture.to_owned()),
        Hitch::Camera(trouble) => Some((messages.camera.trouble)(trouble).to_owned()),
        Hitch::WrongDeviceId { remaining } => Some((messages.ways.wrong_device_id)(remaining)),
        Hitch::Code(_) => None,
    }
}

/// Takes pictures that are dropped or pasted anywhere on the page.
#[component]
fn PictureDrop<C: IntoView + 'static>(flow: Flow, children: TypedChildren<C>) -> impl IntoView {
    let is_over = RwSignal::new(false);
    let pasted = window_event_listener(ev::paste, move |event| {
        flow.perform(Act::ReadPicture(PictureEvent::Pasted(event)));
    });
    on_cleanup(move || pasted.remove());
    view! {
        <div
            class="enroll-drop"
            class:is-over=is_over
            on:dragover=move |event| {
                event.prevent_default();
                is_over.set(true);
            }
            on:dragleave=move |_| is_over.set(false)
            on:drop=move |event| {
                is_over.set(false);
                flow.perform(Act::ReadPicture(PictureEvent::Dropped(event)));
            }
        >
            {children.into_inner()()}
        </div>
    }
}

/// Chooses a picture. A button in front of the file field: the field's own one cannot be styled,
/// nor does it speak the page's language.
#[component]
fn PictureWay(flow: Flow) -> impl IntoView {
    let messages = &use_messages().enroll.ways;
    let field = NodeRef::<Input>::new();
    let choose = move |_| {
        if let Some(field) = field.get_untracked() {
            field.click();
        }
    };
    view! {
        <section class="card enroll-way">
            <h2>{messages.picture_title}</h2>
            <p class="hint" id="picture-hint">
                {messages.picture_hint}
            </p>
            <button
                type="button"
                class="button button-quiet"
                aria-describedby="picture-hint"
                on:click=choose
            >
                {messages.picture}
            </button>
            <input
                type="file"
                accept="image/*"
                hidden
                data-testid="picture"
                aria-label=messages.picture
                node_ref=field
                on:change=move |event| {
                    flow.perform(Act::ReadPicture(PictureEvent::Chosen(event)));
                }
            />
        </section>
    }
}
