//! `GET /api/v1/instructions/{instruction_id}`: what became of one.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use gridpass_protocol::{ProblemName, UnixTime};
use gridpass_provider::{
    ApiScope, Counts, EnrollmentId, InstructedDevice, InstructionView, ParcelId,
};
use serde::Serialize;

use super::refusal;
use crate::http::bearer::Bearer;
use crate::http::openapi::refusals;
use crate::problem::ProblemResponse;
use crate::state::App;

/// An instruction and what became of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = InstructionStatus)]
pub(crate) struct Status {
    #[schema(value_type = uuid::Uuid)]
    instruction_id: ParcelId,
    name: String,
    /// Unix seconds.
    #[schema(value_type = u64)]
    created_at: UnixTime,
    /// From when on it is of no use, Unix seconds.
    #[schema(value_type = u64)]
    expires_at: UnixTime,
    counts: StateCounts,
    devices: Vec<Device>,
}

/// At how many devices it stands where.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = InstructionCounts)]
struct StateCounts {
    queued: u64,
    delivered: u64,
    acknowledged: u64,
    executed: u64,
    failed: u64,
    refused: u64,
    expired: u64,
    cancelled: u64,
}

/// Where it stands at one device.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = InstructedDevice)]
struct Device {
    #[schema(value_type = uuid::Uuid)]
    enrollment_id: EnrollmentId,
    #[schema(value_type = StateDocument)]
    state: &'static str,
    /// When it was first in an answer, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>, nullable = false)]
    delivered_at: Option<UnixTime>,
    /// When the device said that it has it, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>, nullable = false)]
    acknowledged_at: Option<UnixTime>,
    /// When it was over, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>, nullable = false)]
    closed_at: Option<UnixTime>,
    /// When what the device last said of it was, by its own clock, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>, nullable = false)]
    device_at: Option<UnixTime>,
    /// What the device said about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    detail: Option<String>,
}

/// Where an instruction stands.
#[derive(utoipa::ToSchema)]
#[schema(as = InstructionState, rename_all = "kebab-case")]
#[expect(dead_code, reason = "the schema of the words of a state")]
enum StateDocument {
    Queued,
    Delivered,
    Acknowledged,
    Executed,
    Failed,
    Refused,
    Expired,
    Cancelled,
}

refusals!(
    /// Why no instruction is told.
    ReadRefusals: Unauthorized, Forbidden, NotFound
);

/// What became of an instruction.
#[utoipa::path(
    get,
    path = "/api/v1/instructions/{instruction_id}",
    operation_id = "show_instruction",
    tag = "instructions",
    security(("token" = ["instructions:write"])),
    params(("instruction_id" = String, Path, description = "As the instruction was answered, a UUID")),
    responses((status = 200, description = "Where it stands.", body = Status), ReadRefusals)
)]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Status>, ProblemResponse> {
    let token = Bearer::of(&headers)?;
    app.run(move |gridpass| {
        let client = token.client(gridpass, ApiScope::InstructionsWrite)?;
        let id = id
            .parse()
            .map_err(|_| ProblemResponse::of(ProblemName::NotFound))?;
        let found = gridpass
            .instruction(&client, id)
            .map_err(|error| refusal(&error))?;
        Ok(Json(status(found)))
    })
    .await?
}

fn status(found: InstructionView) -> Status {
    Status {
        instruction_id: found.id,
        name: found.name,
        created_at: found.created_at,
        expires_at: found.expires_at,
        counts: counts(found.counts),
        devices: found.devices.into_iter().map(device).collect(),
    }
}

const fn counts(counts: Counts) -> StateCounts {
    StateCounts {
        queued: counts.queued,
        delivered: counts.delivered,
        acknowledged: counts.acknowledged,
        executed: counts.executed,
        failed: counts.failed,
        refused: counts.refused,
        expired: counts.expired,
        cancelled: counts.cancelled,
    }
}

fn device(device: InstructedDevice) -> Device {
    Device {
        enrollment_id: device.enrollment,
        state: device.state.as_str(),
        delivered_at: device.delivered_at,
        acknowledged_at: device.acknowledged_at,
        closed_at: device.closed_at,
        device_at: device.device_at,
        detail: device.detail,
    }
}
