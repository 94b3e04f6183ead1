//! `/device`: what is enrolled in this browser, and how it stands.
//!
//! The server knows nothing of it. It writes down every sentence there is; the script of the page
//! (crate `gridpass-phone`, which says what the marks mean) shows those that hold.

pub mod events;

use self::events::{EventTemplates, Events};
use crate::{
    PageTitle,
    components::art::{Art, Drawing},
    messages::own::{this_device::ThisDeviceMessages, use_own_messages},
};
use gridpass_wire::TakeOutReason;
use leptos::prelude::*;

/// Standings in which the device is of use and may be renewed.
const IN_USE: &str = "new connected renewed renewal-refused";

/// Standings in which somebody may want the same message to be sent once more.
const TRY_AGAIN: &str =
    "suspended looks-copied offline unavailable not-genuine not-kept unknown expired";

/// Standings in which it can be taken out of service.
const IN_SERVICE: &str = "new connected renewed renewal-refused suspended looks-copied offline unavailable device-id-wanted not-genuine not-kept";

/// Standings in which it is of no use any more.
const OVER: &str = "withdrawn taken-out unknown expired";

fn words() -> &'static ThisDeviceMessages {
    &use_own_messages().this_device
}

/// The page `/device`.
#[component]
pub fn ThisDevicePage() -> impl IntoView {
    let messages = words();
    view! {
        <PageTitle text=messages.title />
        <h1>{messages.title}</h1>
        <p class="lead">{messages.lead}</p>
        <noscript>
            <p class="notice notice-warning">{messages.no_script}</p>
        </noscript>
        <div id="this-device">
            <p class="loading" role="status" data-page="loading">
                {messages.loading}
            </p>
            <Part part="empty" drawing=Drawing::Empty words=messages.empty>
                <a class="button" href="/e">
                    {messages.begin}
                </a>
                <a class="button button-quiet" href="/devices">
                    {messages.my_devices}
                </a>
            </Part>
            <Part part="no-vault" drawing=Drawing::Unplugged words=messages.no_vault>
                <Reload />
            </Part>
            <Part part="broken" drawing=Drawing::Unplugged words=messages.broken>
                <Reload />
            </Part>
            <ul class="cards" data-page="devices" hidden></ul>
        </div>
        <template id="device">
            <Device />
        </template>
        <EventTemplates />
    }
}

/// A part of the page that stands alone.
#[component]
fn Part(
    part: &'static str,
    drawing: Drawing,
    words: (&'static str, &'static str),
    children: Children,
) -> impl IntoView {
    let (title, text) = words;
    view! {
        <section class="message" data-page=part hidden>
            <Art drawing />
            <h2>{title}</h2>
            <p class="lead">{text}</p>
            {children()}
        </section>
    }
}

#[component]
fn Reload() -> impl IntoView {
    view! {
        <a class="button" href="/device">
            {words().reload}
        </a>
    }
}

/// What is copied for each enrollment.
#[component]
fn Device() -> impl IntoView {
    let messages = words();
    view! {
        <li class="card this-device" data-standing="new" aria-busy="false">
            <h2 data-fact="provider" tabindex="-1"></h2>
            <div class="this-device-standing" role="status">
                <Standings />
                <p class="hint" data-busy="speaking" hidden>
                    {messages.speaking}
                </p>
                <p class="notice" data-busy="renewing" hidden>
                    {messages.renewing}
                </p>
            </div>
            <DeviceIdForm />
            <Events />
            <Knocking />
            <Facts />
            <div class="this-device-action" data-when=IN_USE hidden>
                <button class="button button-quiet" type="button" data-do="renew">
                    {messages.renew}
                </button>
                <p class="hint">{messages.renew_hint}</p>
            </div>
            <div class="this-device-action" data-when=TRY_AGAIN hidden>
                <button class="button" type="button" data-do="speak">
                    {messages.again}
                </button>
            </div>
            <div class="this-device-action button-row" data-when=OVER hidden>
                <a class="button" href="/e">
                    {messages.begin}
                </a>
                <button class="button button-quiet" type="button" data-do="forget">
                    {messages.forget}
                </button>
            </div>
            <Details />
            <TakeOut />
        </li>
    }
    .into_any()
}

/// Every standing in words; the script shows one.
#[component]
fn Standings() -> impl IntoView {
    let messages = words();
    let standing = &messages.standing;
    let block = |word: &'static str, badge: &'static str, (name, text): (&'static str, _)| {
        view! {
            <div data-when=word hidden>
                <p class=badge>{name}</p>
                <p>{text}</p>
            </div>
        }
    };
    const GOOD: &str = "badge badge-good";
    const WAITING: &str = "badge badge-waiting";
    const BAD: &str = "badge badge-bad";
    view! {
        {block("new", WAITING, standing.new)}
        {block("connected", GOOD, standing.connected)}
        {block("renewed", GOOD, standing.renewed)}
        {block("suspended", BAD, standing.suspended)}
        {block("withdrawn", BAD, standing.withdrawn)}
        {block("taken-out", "badge", standing.taken_out)}
        {block("looks-copied", BAD, standing.looks_copied)}
        {block("device-id-wanted", WAITING, standing.device_id_wanted)}
        {block("unknown", BAD, standing.unknown)}
        {block("expired", BAD, standing.expired)}
        {block("renewal-refused", WAITING, standing.renewal_refused)}
        {block("offline", WAITING, standing.offline)}
        {block("unavailable", WAITING, standing.unavailable)}
        {block("not-genuine", BAD, standing.not_genuine)}
        {block("not-kept", BAD, standing.not_kept)}
        <p data-when="offline unavailable" hidden>
            <span data-without="spoke-at">{messages.never_spoke}</span>
            <span data-with="spoke-at">
                {messages.offline_since}
                " "
                <span data-time="spoke-at"></span>
            </span>
        </p>
        <p class="hint" data-when="renewal-refused" hidden>
            {messages.reason}
            " "
            <span class="code" data-fact="reason"></span>
        </p>
    }
    .into_any()
}

#[component]
fn DeviceIdForm() -> impl IntoView {
    let messages = &words().device_id;
    view! {
        <form class="form" data-do="recognise" data-when="device-id-wanted" hidden>
            <div class="field">
                <label>
                    {messages.label}
                    <input
                        name="device_id"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        maxlength="128"
                        required
                    />
                </label>
                <p class="hint">{messages.hint}</p>
                <div role="alert">
                    <p class="field-error" data-try="invalid" hidden>
                        {messages.invalid}
                    </p>
                    <p class="field-error" data-try="wrong" hidden>
                        {messages.wrong}
                    </p>
                </div>
            </div>
            <button class="button" type="submit">
                {messages.send}
            </button>
        </form>
    }
}

/// Notifications, and what stands in their way.
#[component]
fn Knocking() -> impl IntoView {
    let messages = &words().knocking;
    view! {
        <section class="this-device-action" data-part="knocking" hidden>
            <p data-knock="denied" hidden>
                {messages.denied}
            </p>
            <p data-knock="on" hidden>
                {messages.on}
            </p>
            <button class="button button-quiet" type="button" data-do="quiet" data-knock="on" hidden>
                {messages.stop}
            </button>
            <button class="button button-quiet" type="button" data-do="notify" data-knock="off" hidden>
                {messages.begin}
            </button>
            <p class="hint" data-knock="off" hidden>
                {messages.hint}
            </p>
        </section>
    }
    .into_any()
}

#[component]
fn Facts() -> impl IntoView {
    let names = &words().fact;
    view! {
        <dl class="facts">
            <dt>{names.spoke_at}</dt>
            <dd>
                <span data-time="spoke-at"></span>
                <span data-without="spoke-at">{names.never}</span>
            </dd>
            <dt>{names.looks}</dt>
            <dd>
                {names.every}
                " "
                <span data-fact="poll-interval"></span>
                " "
                <span data-part="listening" hidden>
                    {names.at_once}
                </span>
            </dd>
            <dt>{names.not_after}</dt>
            <dd data-time="not-after"></dd>
            <dt>{names.renews}</dt>
            <dd>
                <span data-fact="renew-before"></span>
                " "
                {names.before_end}
            </dd>
            <dt>{names.enrolled_at}</dt>
            <dd data-time="enrolled-at"></dd>
            <dt>{names.contact}</dt>
            <dd class="contact">
                <a data-contact="phone" href="/" hidden></a>
                <a data-contact="email" href="/" hidden></a>
            </dd>
        </dl>
    }
}

#[component]
fn TakeOut() -> impl IntoView {
    let messages = &words().take_out;
    let reason = |reason: TakeOutReason| {
        let text = match reason {
            TakeOutReason::Replaced => messages.replaced,
            TakeOutReason::Disposed => messages.disposed,
            TakeOutReason::Left => messages.left,
            TakeOutReason::Lost => messages.lost,
            TakeOutReason::Compromised => messages.compromised,
        };
        view! {
            <label class="this-device-reason">
                <input type="radio" name="reason" value=reason.as_str() required />
                <span>{text}</span>
            </label>
        }
    };
    view! {
        <details class="fold" data-when=IN_SERVICE hidden>
            <summary>{messages.title}</summary>
            <form class="form" data-do="take-out">
                <p>{messages.question}</p>
                <fieldset class="choices">
                    <legend>{messages.why}</legend>
                    {TakeOutReason::ALL.map(reason).collect_view()}
                </fieldset>
                <button class="button button-danger" type="submit">
                    {messages.confirm}
                </button>
            </form>
        </details>
    }
}

/// Identifiers and the certificate in figures, folded away.
#[component]
fn Details() -> impl IntoView {
    let names = &words().fact;
    let facts = [
        (names.fingerprint, "fingerprint"),
        (names.lfdi, "lfdi"),
        (names.sfdi, "sfdi"),
        (names.ven_fingerprint, "ven-fingerprint"),
        (names.enrollment, "enrollment"),
        (names.profile, "profile"),
        (names.settings_version, "settings-version"),
        (names.key_algorithm, "key-algorithm"),
        (names.subject, "subject"),
        (names.issuer, "issuer"),
        (names.serial, "serial"),
    ];
    view! {
        <details class="fold this-device-details">
            <summary>{names.details}</summary>
            <p class="hint">{names.details_text}</p>
            <dl class="facts">
                {facts
                    .map(|(name, fact)| {
                        view! {
                            <dt>{name}</dt>
                            <dd class="code" data-fact=fact></dd>
                        }
                    })
                    .collect_view()}
                <dt>{names.not_before}</dt>
                <dd data-time="not-before"></dd>
            </dl>
        </details>
    }
}
