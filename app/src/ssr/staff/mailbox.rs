//! What staff send to devices.

use super::{enrollments::kept, staff_actor};
use crate::{
    api::{ApiError, staff::mailbox::TypedInstruction},
    ssr::request::{blocking, redirect_form, refuse},
};
use gridpass_protocol::problem::ProblemName;
use gridpass_provider::{EnrollmentId, Instruction, ParcelId, StaffSession};
use uuid::Uuid;

/// Sends an instruction.
///
/// # Errors
/// `invalid` if its name or its details are not as they should be; `forbidden`; `conflict` if the
/// device is not in service.
pub async fn instruct(
    staff: StaffSession,
    id: Uuid,
    typed: TypedInstruction,
) -> Result<(), ApiError> {
    let enrollment = EnrollmentId::from_uuid(id);
    let act = async {
        let instruction = read(&typed)?;
        let actor = staff_actor(&staff)?;
        blocking(move |gridpass| gridpass.desk_instruct(&staff, enrollment, instruction, actor))
            .await
    };
    kept("instruct", &typed, act.await)?;
    redirect_form(&format!("/staff/enrollments/{id}?done=instructed"));
    Ok(())
}

fn read(typed: &TypedInstruction) -> Result<Instruction, ApiError> {
    let invalid = || refuse(ProblemName::Invalid.into());
    let arguments = match typed.arguments.trim() {
        "" => serde_json::Map::new(),
        text => serde_json::from_str(text).map_err(|_| invalid())?,
    };
    Ok(Instruction {
        name: typed.name.trim().parse().map_err(|_| invalid())?,
        arguments,
        valid_for: typed.valid_for.unwrap_or(Instruction::USUAL),
    })
}

/// Takes an instruction back.
///
/// # Errors
/// `forbidden`; `not-found`.
pub async fn take_back(staff: StaffSession, id: Uuid, instruction: Uuid) -> Result<(), ApiError> {
    let enrollment = EnrollmentId::from_uuid(id);
    let parcel = ParcelId::from_uuid(instruction);
    let actor = staff_actor(&staff)?;
    blocking(move |gridpass| gridpass.desk_withdraw_instruction(&staff, enrollment, parcel, actor))
        .await?;
    redirect_form(&format!("/staff/enrollments/{id}?done=taken-back"));
    Ok(())
}
