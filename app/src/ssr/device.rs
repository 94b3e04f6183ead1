//! A customer's devices.

use super::{
    convert::way_offer,
    cookies,
    request::{blocking, facts, is_form, refuse},
};
use crate::api::{
    ApiError,
    device::{DeviceChoice, DevicePage, DeviceState, DeviceView, LabelView, Typed, WayOffer},
};
use axum::http::request::Parts;
use gridpass_protocol::{DeviceId, ManualCode, problem::ProblemName};
use gridpass_provider::{
    AccountRef, Actor, EnrollmentId, EnrollmentKind, Registered, Registration, Session, label_image,
};
use leptos::prelude::use_context;
use uuid::Uuid;

/// The customer's devices, newest first.
///
/// # Errors
/// `service-unavailable`.
pub async fn devices(session: Session) -> Result<Vec<DeviceView>, ApiError> {
    let views = blocking(move |gridpass| gridpass.enrollments_of(&session)).await?;
    Ok(views.into_iter().map(Into::into).collect())
}

/// Registers a device and keeps its label's code in this browser. A plain form that is refused
/// finds what was typed again.
///
/// # Errors
/// `invalid-device-id`; `already-enrolled` if another account has connected the device.
pub async fn register(session: Session, typed: Typed) -> Result<Uuid, ApiError> {
    let outcome = register_typed(session, &typed).await;
    if outcome.is_err() && is_form() {
        cookies::set_typed(&typed);
    }
    outcome
}

async fn register_typed(session: Session, typed: &Typed) -> Result<Uuid, ApiError> {
    let device_id = DeviceId::parse_checked(&typed.device_id)
        .map_err(|_| refuse(ProblemName::InvalidDeviceId.into()))?;
    let nickname = typed.nickname.trim();
    let actor = actor(&session)?;
    let registration = Registration {
        provider: session.provider,
        account: AccountRef::Id(session.account_id),
        device_id,
        kind: kind(typed.choice),
        channel: typed.way.into(),
        key_algorithm: None,
        idempotency: None,
        nickname: (!nickname.is_empty()).then(|| nickname.to_owned()),
        language: None,
    };
    let registered = blocking(move |gridpass| gridpass.register(registration, actor)).await?;
    keep_label(registered).await
}

/// How the customer may get a code, in the order in which the provider prefers.
///
/// # Errors
/// `service-unavailable`.
pub async fn ways(session: Session) -> Result<Vec<WayOffer>, ApiError> {
    let offers = blocking(move |gridpass| gridpass.channel_offers(&session)).await?;
    Ok(offers.into_iter().filter_map(way_offer).collect())
}

/// One device, and its label if this browser made it.
///
/// # Errors
/// `not-found` if the customer has no such device.
pub async fn page(session: Session, id: Uuid) -> Result<DevicePage, ApiError> {
    let code = use_context::<Parts>()
        .and_then(|parts| cookies::label_code(&parts.headers, id))
        .and_then(|code| ManualCode::parse(&code).ok());
    let found = blocking(move |gridpass| {
        let (id, scope) = (EnrollmentId::from_uuid(id), session.scope());
        let Some(device) = gridpass.enrollment(id, &scope)? else {
            return Ok(None);
        };
        let label = match code {
            Some(code) => gridpass.label(id, &code, &scope)?,
            None => None,
        };
        let enroll_address = format!("{}/e", gridpass.origin());
        Ok::<_, ApiError>(Some((device, label, enroll_address)))
    })
    .await?;
    let (device, label, enroll_address) = found.ok_or_else(not_found)?;
    let label = label.map(|label| label_view(&label, enroll_address));
    let mut device = DeviceView::from(device);
    if matches!(device.state, DeviceState::Open { .. }) {
        // Whoever photographs the code must not get a part of the ID along with it.
        device.device_id_end = None;
    }
    Ok(DevicePage { device, label })
}

fn label_view(label: &gridpass_provider::LabelView, enroll_address: String) -> LabelView {
    LabelView {
        svg: label_image::svg(&label.link),
        link: label.link.as_str().to_owned(),
        manual_code: label.manual_code.clone(),
        expires_at: label.expires_at,
        enroll_address,
    }
}

/// Where one device stands.
///
/// # Errors
/// `not-found` if the customer has no such device.
pub async fn state(session: Session, id: Uuid) -> Result<DeviceState, ApiError> {
    let id = EnrollmentId::from_uuid(id);
    let found = blocking(move |gridpass| gridpass.enrollment(id, &session.scope())).await?;
    found
        .map(|device| device.state.into())
        .ok_or_else(not_found)
}

/// Makes a new label; the old one is void.
///
/// # Errors
/// `not-found` if the customer has no such device, `conflict` if it needs no label.
pub async fn renew_label(session: Session, id: Uuid) -> Result<Uuid, ApiError> {
    let actor = actor(&session)?;
    let renewed =
        blocking(move |gridpass| gridpass.new_label(EnrollmentId::from_uuid(id), actor)).await?;
    cookies::forget_label(id);
    keep_label(renewed).await
}

/// Voids the label of a device that waits.
///
/// # Errors
/// `not-found` if the customer has no such device, `conflict` if it does not wait.
pub async fn cancel(session: Session, id: Uuid) -> Result<(), ApiError> {
    let actor = actor(&session)?;
    blocking(move |gridpass| gridpass.cancel(EnrollmentId::from_uuid(id), actor)).await?;
    cookies::forget_label(id);
    Ok(())
}

/// Keeps the code of a label that was just made for this browser in it, and nowhere else. One that
/// went out by mail, SMS or letter is not for this browser.
async fn keep_label(registered: Registered) -> Result<Uuid, ApiError> {
    let id = registered.enrollment_id.uuid();
    if let Some(label) = registered.handed() {
        let now = blocking(|gridpass| Ok::<_, ApiError>(gridpass.clock_now())).await?;
        let code = label.manual_code.grouped();
        cookies::set_label(id, code, now, registered.expires_at);
    }
    Ok(id)
}

/// The customer, and the request they act in.
pub(super) fn actor(session: &Session) -> Result<Actor, ApiError> {
    let facts = facts()?;
    let actor = Actor::customer(session).from_client(facts.client);
    Ok(match facts.request_id.parse() {
        Ok(request_id) => actor.in_request(request_id),
        Err(_) => actor,
    })
}

/// Withdraws the certificate of a device that is lost.
///
/// # Errors
/// `not-found`; `conflict` if it has none.
pub async fn report_lost(session: Session, id: Uuid) -> Result<(), ApiError> {
    let actor = actor(&session)?;
    let id = EnrollmentId::from_uuid(id);
    blocking(move |gridpass| gridpass.report_lost(&session, id, actor)).await
}

fn not_found() -> ApiError {
    refuse(ProblemName::NotFound.into())
}

/// Only a gateway is enrolled as one: everything else is reached through the person's own device.
const fn kind(choice: DeviceChoice) -> EnrollmentKind {
    match choice {
        DeviceChoice::Gateway => EnrollmentKind::Gateway,
        DeviceChoice::Phone
        | DeviceChoice::Computer
        | DeviceChoice::Charger
        | DeviceChoice::Thermostat
        | DeviceChoice::Other => EnrollmentKind::Device,
    }
}
