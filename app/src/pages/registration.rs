//! Registering a device: what it is, its ID, a name, how to get its code.

#[cfg(feature = "ssr")]
mod ways;

use crate::{
    PageTitle,
    api::{
        ApiError,
        device::{DeviceChoice, RegisterDevice, Typed, WayOffer},
    },
    components::{
        field::{Entry, Need, TextField},
        form::provide_refusal,
        problem::FormProblem,
        submit::Submit,
    },
    messages::use_messages,
    pages::refused,
    use_alive, use_session,
};
use gridpass_protocol::{
    device_id::{DeviceId, DeviceIdKind, InvalidDeviceId},
    problem::ProblemName,
};
use leptos::{ev::SubmitEvent, form::ActionForm, prelude::*};
#[cfg(feature = "ssr")]
use ways::way_field;

/// Fewest characters of a device ID (protocol, Device ID).
const MIN_LENGTH: usize = 8;
/// A text with fewer characters holds no device ID, whatever they are.
const MIN_TYPED: u16 = 8;
/// Room for 64 characters with separators between any two.
const MAX_TYPED: u16 = 128;

/// Registers a device.
#[component]
pub fn RegistrationPage() -> impl IntoView {
    view! { <Suspense>{Suspend::new(async move { content().await })}</Suspense> }
}

async fn content() -> AnyView {
    match use_session().await {
        Ok(Some(_)) => match ways().await {
            Ok(ways) => view! { <Registration typed=typed_before() ways /> }.into_any(),
            Err(error) => refused(error),
        },
        Ok(None) => refused(ProblemName::Unauthorized.into()),
        Err(error) => refused(error),
    }
}

/// How this customer may get a code.
#[cfg(feature = "ssr")]
async fn ways() -> Result<Vec<WayOffer>, ApiError> {
    let session = crate::ssr::require_session().await?;
    crate::ssr::device::ways(session).await
}

/// Only the server renders this page.
#[cfg(not(feature = "ssr"))]
async fn ways() -> Result<Vec<WayOffer>, ApiError> {
    Ok(Vec::new())
}

/// What was typed into this form before it was refused without a script.
#[cfg(feature = "ssr")]
fn typed_before() -> Typed {
    crate::ssr::cookies::take_typed().unwrap_or_default()
}

/// Only the server renders this page.
#[cfg(not(feature = "ssr"))]
fn typed_before() -> Typed {
    Typed::default()
}

#[component]
fn Registration(typed: Typed, ways: Vec<WayOffer>) -> impl IntoView {
    let messages = &use_messages().registration;
    let chosen = typed.way;
    view! {
        <PageTitle text=messages.title />
        <section class="narrow">
            <h1>{messages.title}</h1>
            <p class="lead">{messages.lead}</p>
            <RegistrationForm before=typed>
                {way_field(ways, chosen)}
            </RegistrationForm>
        </section>
    }
}

/// Only the server renders this page.
#[cfg(not(feature = "ssr"))]
fn way_field(_: Vec<WayOffer>, _: crate::api::device::CodeWay) -> AnyView {
    ().into_any()
}

#[island]
fn RegistrationForm(
    /// What the fields hold at first.
    before: Typed,
    /// How to get the code.
    children: Children,
) -> impl IntoView {
    provide_refusal();
    let messages = &use_messages().registration;
    let action = ServerAction::<RegisterDevice>::new();
    let typed = RwSignal::new(String::new());
    let checked = Memo::new(move |_| typed.with(|text| check(text)));
    let complaint = RwSignal::new(None);
    let refusal = move || action.value().get().and_then(Result::err);
    // What is wrong with the ID is said at its field, everything else above the form.
    let is_about_id = |error: &ApiError| error.name() == Some(ProblemName::InvalidDeviceId);
    let id_error = Signal::derive(move || {
        let refused = refusal().filter(is_about_id);
        complaint
            .get()
            .or_else(|| refused.map(|error| use_messages().problem.sentence(&error)))
    });
    let form_error = Signal::derive(move || refusal().filter(|error| !is_about_id(error)));
    let alive = use_alive();
    let check_before = move |event: SubmitEvent| {
        let reason = checked.get_untracked().err();
        complaint.set(reason.map(messages.invalid));
        if reason.is_some() {
            event.prevent_default();
        }
    };
    let on_change = move |text| {
        if typed.with_untracked(|typed| *typed != text) {
            complaint.set(None);
            action.value().set(None);
            typed.set(text);
        }
    };
    view! {
        <ActionForm
            action
            attr:class="card form"
            attr:novalidate=move || alive.get()
            on:submit:capture=check_before
        >
            <FormProblem error=form_error />
            <ChoiceField chosen=before.choice />
            <TextField
                name="device_id"
                value=before.device_id
                label=messages.device_id
                hint=messages.device_id_hint
                need=Need::Required
                entry=Entry::Code
                min_length=MIN_TYPED
                max_length=MAX_TYPED
                error=id_error
                on_change
            />
            <LiveCheck typed checked error=id_error />
            <TextField
                name="nickname"
                value=before.nickname
                label=messages.nickname
                hint=messages.nickname_hint
                need=Need::Optional
                entry=Entry::Words
                max_length=64
                error=Signal::stored(None::<String>)
            />
            {children()}
            <Submit label=messages.make_code pending=action.pending() />
        </ActionForm>
    }
}

/// What the device is; the help for the chosen one is shown by the style sheet, so that it follows
/// the choice without WASM too.
#[component]
fn ChoiceField(chosen: DeviceChoice) -> impl IntoView {
    let messages = &use_messages().registration;
    let choice = |choice: DeviceChoice| {
        let words = (messages.choices)(choice);
        let id = format!("choice-{}", choice.value());
        let help_id = format!("{id}-help");
        view! {
            <div class="choice">
                <input
                    type="radio"
                    name="choice"
                    id=id.clone()
                    value=choice.value()
                    checked=choice == chosen
                    aria-describedby=help_id.clone()
                />
                <label for=id>{words.name}</label>
                <p class="choice-help" id=help_id>
                    {words.help}
                </p>
            </div>
        }
    };
    view! {
        <fieldset class="choices">
            <legend>{messages.choice}</legend>
            {DeviceChoice::ALL.map(choice).collect_view()}
        </fieldset>
    }
}

/// Says at each change what the text looks like so far.
#[component]
fn LiveCheck(
    typed: RwSignal<String>,
    checked: Memo<Result<DeviceIdKind, InvalidDeviceId>>,
    /// Why the text was not accepted; then nothing more is said.
    error: Signal<Option<String>>,
) -> impl IntoView {
    let messages = &use_messages().registration;
    let words = move || {
        if error.with(Option::is_some) || typed.with(String::is_empty) {
            return ("check", String::new());
        }
        match checked.get() {
            Ok(kind) => ("check check-good", (messages.looks_like)(kind).to_owned()),
            Err(InvalidDeviceId::TooShort { length }) => (
                "check",
                (messages.keep_going)(MIN_LENGTH.saturating_sub(length)),
            ),
            Err(reason) => ("check check-bad", (messages.invalid)(reason)),
        }
    };
    view! {
        <p class=move || words().0 role="status">
            {move || words().1}
        </p>
    }
}

fn check(text: &str) -> Result<DeviceIdKind, InvalidDeviceId> {
    DeviceId::parse_checked(text).map(|device_id| device_id.kind())
}
