//! `openleadr-client` as the VEN of a device: it builds and reads every request by itself. Says
//! what it found as one line of JSON, or ends with what it did not understand.
//!
//! Usage: `gridpass-openadr-judge <base URL> <VEN id> <id of a programme> [<identity> <root>]`,
//! where the last two are PEM files: the device's key with its certificates, and the root of the
//! portal's. Without them there is no TLS.

use std::{env, error::Error, fs};

use chrono::{DateTime, Utc};
use openleadr_client::{Client, ClientCredentials, Filter, VirtualEndNode};
use openleadr_wire::{
    interval::{Interval, IntervalPeriod},
    report::{ReportResource, ResourceName},
    values_map::{Value, ValueType, ValuesMap},
    ven::VenVenRequest,
};
use reqwest::Url;

/// The connection, with the device's certificate if there is one.
fn connection(tls: &[String]) -> Result<reqwest::Client, Box<dyn Error>> {
    let [identity, root] = tls else {
        return Ok(reqwest::Client::new());
    };
    let identity = reqwest::Identity::from_pem(&fs::read(identity)?)?;
    let root = reqwest::Certificate::from_pem(&fs::read(root)?)?;
    let builder = reqwest::Client::builder().tls_certs_only([root]);
    Ok(builder.identity(identity).build()?)
}

/// Energy of a device in the first five minutes of an event.
fn usage(start: DateTime<Utc>) -> Result<ReportResource, Box<dyn Error>> {
    let values = ValuesMap {
        value_type: ValueType("USAGE".to_owned()),
        values: vec![Value::Number(0.125)],
    };
    Ok(ReportResource {
        resource_name: ResourceName::Private("house".to_owned()),
        interval_period: Some(IntervalPeriod {
            start,
            duration: Some("PT5M".parse().map_err(|_| "a duration")?),
            randomize_start: None,
        }),
        intervals: vec![Interval::new(0, vec![values])],
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [base, ven_id, program_id, tls @ ..] = &arguments[..] else {
        return Err("usage: <base URL> <VEN id> <id of a programme> [<identity> <root>]".into());
    };
    let base: Url = base.parse()?;
    let token = base.join("auth/token")?;
    let ven = Client::<VirtualEndNode>::with_details(
        base,
        token,
        connection(tls)?,
        Some(ClientCredentials::new(ven_id.clone(), String::new())),
    );

    let programs = ven.get_program_list(Filter::none()).await?;
    let program = ven.get_program_by_id(&program_id.parse()?).await?;
    let events = ven
        .get_event_list(Some(program.id()), Filter::none())
        .await?;
    let event = events.first().ok_or("there is no event")?;
    let again = ven.get_event_by_id(event.id()).await?;
    if again.content() != event.content() {
        return Err("the list and the event differ".into());
    }
    let content = event.content();
    let start = content
        .interval_period
        .as_ref()
        .ok_or("the event has no beginning")?
        .start;
    let first = content
        .intervals
        .as_ref()
        .and_then(|intervals| intervals.first())
        .ok_or("the event has no intervals")?;

    let mut report = event.new_report("thermostat".to_owned());
    report.resources = vec![usage(start)?];
    let mut made = event.create_report(report).await?;
    made.content_mut().report_name = Some("corrected".to_owned());
    made.update().await?;
    let reports = event.get_report_list(Some("thermostat")).await?;

    let own = ven.get_ven_by_name(ven_id).await?;
    let named = VenVenRequest {
        ven_name: "Thermostat".to_owned(),
        attributes: None,
    };
    ven.create_ven(named).await?;
    let found = ven.get_ven_by_name("Thermostat").await?;
    if found.id() != own.id() {
        return Err("the VEN has changed its id".into());
    }
    // What is not there is refused in a problem that the client reads.
    let refused = match ven.get_event_by_id(&program_id.parse()?).await {
        Err(openleadr_client::Error::Problem(problem)) => problem.status.as_u16(),
        Err(error) => return Err(error.into()),
        Ok(_) => return Err("a programme was shown as an event".into()),
    };
    println!(
        "{{\"programs\":{},\"events\":{},\"start\":{},\"payload\":\"{:?} {:?}\",\
         \"reports\":{},\"report\":\"{}\",\"refused\":{refused}}}",
        programs.len(),
        events.len(),
        start.timestamp(),
        first.payloads[0].value_type,
        first.payloads[0].values[0],
        reports.len(),
        reports[0].content().report_name.as_deref().unwrap_or_default(),
    );
    Ok(())
}
