//! A customer's devices: registering, showing, renewing and cancelling.

use super::ApiError;
use gridpass_protocol::{device_id::DeviceIdKind, time::UnixTime};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a customer says a device is; it decides which help is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceChoice {
    /// A phone or a tablet.
    #[default]
    Phone,
    /// A computer.
    Computer,
    /// A charger of an electric car.
    Charger,
    /// A thermostat.
    Thermostat,
    /// A gateway that controls appliances.
    Gateway,
    /// Anything else.
    Other,
}

impl DeviceChoice {
    /// Every choice, in the order in which they are offered.
    pub const ALL: [Self; 6] = [
        Self::Phone,
        Self::Computer,
        Self::Charger,
        Self::Thermostat,
        Self::Gateway,
        Self::Other,
    ];

    /// Its value in a form.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Computer => "computer",
            Self::Charger => "charger",
            Self::Thermostat => "thermostat",
            Self::Gateway => "gateway",
            Self::Other => "other",
        }
    }
}

/// How a customer gets the code of a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CodeWay {
    /// Shown in this browser.
    #[default]
    Screen,
    /// To the e-mail address on file.
    Email,
    /// To the mobile number on file.
    Sms,
    /// To the postal address on file.
    Letter,
}

impl CodeWay {
    /// Its value in a form.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Screen => "screen",
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Letter => "letter",
        }
    }
}

/// A way to get a code that this customer has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayOffer {
    /// The way.
    pub way: CodeWay,
    /// The address on file, shortened; none for the screen.
    pub to: Option<String>,
}

/// What was typed into the form that registers a device. Holds a device ID: no `Debug`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typed {
    /// What the device is.
    pub choice: DeviceChoice,
    /// The ID as typed.
    pub device_id: String,
    /// A name for it; empty for none.
    pub nickname: String,
    /// How to get the code.
    pub way: CodeWay,
}

/// A registered device, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceView {
    /// The enrollment's id.
    pub id: Uuid,
    /// The name its owner gave it.
    pub nickname: Option<String>,
    /// The last characters of its ID; none beside a code that is still worth something.
    pub device_id_end: Option<String>,
    /// What its ID looks like.
    pub device_id_kind: DeviceIdKind,
    /// The kind of its key, as the protocol writes it.
    pub key_algorithm: String,
    /// Where it stands.
    pub state: DeviceState,
    /// When it was registered.
    pub created_at: UnixTime,
    /// How its code went out; none if it was made outside of the portal.
    pub way: Option<CodeWay>,
    /// Its pass, once it has one.
    pub certificate: Option<CertificateView>,
}

/// Where an enrollment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceState {
    /// A code is out.
    Open {
        /// When it ends.
        expires_at: UnixTime,
        /// Wrong device IDs that are still forgiven.
        tries_left: u32,
    },
    /// The device has its certificate and has not spoken yet.
    Issued {
        /// Since when.
        at: UnixTime,
    },
    /// The device uses its certificate.
    Active,
    /// Stopped until the provider has looked into something.
    Suspended,
    /// Too many wrong device IDs.
    Locked,
    /// The code became too old.
    Expired,
    /// A newer code took its place.
    Superseded,
    /// Given up.
    Cancelled,
    /// The certificate was withdrawn.
    Revoked,
}

/// What a customer may want to know about a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateView {
    /// Its last second.
    pub not_after: UnixTime,
    /// SHA-256 fingerprint, hex.
    pub fingerprint: String,
    /// OpenADR VEN fingerprint.
    pub ven_fingerprint: String,
    /// IEEE 2030.5 long form device identifier.
    pub lfdi: String,
    /// IEEE 2030.5 short form device identifier.
    pub sfdi: String,
}

/// A label that this browser may show.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelView {
    /// The link in the QR code.
    pub link: String,
    /// The QR code as an SVG document.
    pub svg: String,
    /// The manual code in groups of five.
    pub manual_code: String,
    /// When both end.
    pub expires_at: UnixTime,
    /// Where the manual code is typed.
    pub enroll_address: String,
}

/// A device and, while it waits, the label this browser may show.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevicePage {
    /// The device.
    pub device: DeviceView,
    /// Its label; none when the device does not wait, or the label was made elsewhere.
    pub label: Option<LabelView>,
}

/// The signed-in customer's devices, newest first.
#[server(prefix = "/api/fn", endpoint = "devices")]
pub async fn devices() -> Result<Vec<DeviceView>, ApiError> {
    let session = crate::ssr::require_session().await?;
    crate::ssr::device::devices(session).await
}

/// Registers a device for the signed-in customer and keeps the label's code in this browser.
#[server(prefix = "/api/fn", endpoint = "devices/register")]
pub async fn register_device(
    /// What the device is.
    choice: DeviceChoice,
    /// The ID as typed.
    device_id: String,
    /// A name for it; empty for none.
    nickname: String,
    /// How to get the code: the first way there is, if nothing is said.
    way: Option<CodeWay>,
) -> Result<(), ApiError> {
    let session = crate::ssr::require_session().await?;
    let typed = Typed {
        choice,
        device_id,
        nickname,
        way: way.unwrap_or_default(),
    };
    let id = crate::ssr::device::register(session, typed).await?;
    leptos_axum::redirect(&format!("/devices/{id}"));
    Ok(())
}

/// One of the signed-in customer's devices, with its label if this browser made it.
#[server(prefix = "/api/fn", endpoint = "devices/show")]
pub async fn device(
    /// The enrollment's id.
    id: Uuid,
) -> Result<DevicePage, ApiError> {
    let session = crate::ssr::require_session().await?;
    crate::ssr::device::page(session, id).await
}

/// Where one of the signed-in customer's devices stands, without its label.
#[server(prefix = "/api/fn", endpoint = "devices/state")]
pub async fn state_of_device(
    /// The enrollment's id.
    id: Uuid,
) -> Result<DeviceState, ApiError> {
    let session = crate::ssr::require_session().await?;
    crate::ssr::device::state(session, id).await
}

/// Makes a new code for one of the signed-in customer's devices; the old one is void.
#[server(prefix = "/api/fn", endpoint = "devices/new-code")]
pub async fn renew_label(
    /// The enrollment's id.
    id: Uuid,
) -> Result<(), ApiError> {
    let session = crate::ssr::require_session().await?;
    let id = crate::ssr::device::renew_label(session, id).await?;
    leptos_axum::redirect(&format!("/devices/{id}"));
    Ok(())
}

/// Withdraws the pass of one of the signed-in customer's devices, which is lost.
#[server(prefix = "/api/fn", endpoint = "devices/lost")]
pub async fn report_lost(
    /// The enrollment's id.
    id: Uuid,
) -> Result<(), ApiError> {
    let session = crate::ssr::require_session().await?;
    crate::ssr::device::report_lost(session, id).await?;
    leptos_axum::redirect(&format!("/devices/{id}"));
    Ok(())
}

/// Voids the code of one of the signed-in customer's devices.
#[server(prefix = "/api/fn", endpoint = "devices/cancel")]
pub async fn cancel_device(
    /// The enrollment's id.
    id: Uuid,
) -> Result<(), ApiError> {
    let session = crate::ssr::require_session().await?;
    crate::ssr::device::cancel(session, id).await?;
    leptos_axum::redirect(&format!("/devices/{id}"));
    Ok(())
}
