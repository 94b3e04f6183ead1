//! OpenADR 3.1 objects as they are answered.

use gridpass_protocol::openadr::{self, rfc3339};
use gridpass_provider::{EnrollmentId, Program, Report, Ven};
use serde_json::{Value, json};

/// The object of a programme.
pub(super) fn program(program: &Program) -> Value {
    let mut object = json!({
        "objectType": "PROGRAM",
        "id": program.id,
        "createdDateTime": rfc3339(program.made_at),
        "modificationDateTime": rfc3339(program.changed_at),
        "programName": program.name,
        "targets": [],
    });
    if !program.description.is_empty() {
        object["attributes"] = json!([{ "type": "DESCRIPTION", "values": [program.description] }]);
    }
    object
}

/// The object of an event, with what its payloads mean and what reports are wanted.
pub(super) fn event(event: &openadr::Event) -> Value {
    let mut object = json!(event);
    let first = event.intervals.first();
    let payloads = first.map(|interval| interval.payloads.as_slice());
    let descriptors: Vec<_> = payloads
        .unwrap_or_default()
        .iter()
        .filter_map(|payload| {
            let units = match payload.value_type.as_str() {
                "PRICE" => "KWH",
                "DISPATCH_SETPOINT_RELATIVE" => "KW",
                _ => return None,
            };
            Some(json!({ "payloadType": payload.value_type, "units": units }))
        })
        .collect();
    if !descriptors.is_empty() {
        object["payloadDescriptors"] = descriptors.into();
    }
    object["reportDescriptors"] = json!([
        { "payloadType": "USAGE", "readingType": "DIRECT_READ", "units": "KWH" }
    ]);
    object
}

/// The object of a report: what the VEN sent, and what the VTN says about it.
pub(super) fn report(report: &Report, ven: EnrollmentId) -> Value {
    let mut object = report.body.clone();
    if let Some(members) = object.as_object_mut() {
        for (name, value) in [
            ("objectType", json!("REPORT")),
            ("id", json!(report.id)),
            ("clientID", json!(ven)),
            ("createdDateTime", json!(rfc3339(report.made_at))),
            ("modificationDateTime", json!(rfc3339(report.changed_at))),
        ] {
            members.insert(name.to_owned(), value);
        }
        members.entry("clientName").or_insert_with(|| json!(ven));
    }
    object
}

/// The object of a VEN.
pub(super) fn ven(ven: &Ven) -> Value {
    json!({
        "objectType": "VEN",
        "id": ven.id,
        "clientID": ven.id,
        "createdDateTime": rfc3339(ven.made_at),
        "modificationDateTime": rfc3339(ven.changed_at),
        "venName": ven.name,
        "targets": ven.targets,
        "attributes": ven.attributes,
    })
}
