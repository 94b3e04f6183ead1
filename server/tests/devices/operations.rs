//! What operators do with a running server: stop it, back it up, watch it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use gridpass_bench::Failure;
use gridpass_bench::{client, device};
use gridpass_testing_port::Port;
use serde_json::Value;

use crate::fixture::Fixture;

/// The first line of the answer to a GET, and its body.
fn get(address: SocketAddr, path: &str, headers: &str) -> Result<(String, String), Failure> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    Ok((head.to_owned(), body.to_owned()))
}

#[tokio::test]
async fn a_server_that_is_asked_to_stop_says_so_and_goes_on_until_it_may_not() -> Result<(), Failure>
{
    let fixture = Fixture::new()?;
    let port = Port::new()?;
    let metrics = port.address();
    let server = fixture
        .server_with(&[
            ("GRIDPASS_HTTP__SHUTDOWN_DELAY", "10 min"),
            ("GRIDPASS_METRICS__LISTEN", &metrics.to_string()),
        ])
        .await?;
    let (head, text) = get(metrics, "/metrics", "")?;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(text.contains("gridpass_build_info{version="), "{text}");
    assert_eq!(
        server.run_with(
            &["health"],
            &[("GRIDPASS_METRICS__LISTEN", &metrics.to_string())]
        )?,
        "it lives"
    );
    server.ask_to_stop()?;
    // The signal is heard at some moment from now on; that it is not ready is told from then on.
    let told =
        |address| Ok::<_, Failure>(get(address, "/readyz", "")?.0.starts_with("HTTP/1.1 503"));
    while !told(server.address())? {}
    assert!(told(metrics)?);
    assert!(
        get(server.address(), "/livez", "")?
            .0
            .starts_with("HTTP/1.1 200")
    );
    // It goes on for those who have not heard yet.
    let devices = Fixture::devices(&server, 1).await?;
    let answers = client::run(server.address(), vec![devices[0].confirmation.clone()], 1).await?;
    assert_eq!(answers.errors, 0);
    // Whoever asks again does not want to wait.
    server.ask_to_stop()?;
    assert!(server.wait()?);
    Ok(())
}

#[tokio::test]
async fn a_backup_of_a_running_server_is_restored_by_the_command_line() -> Result<(), Failure> {
    let fixture = Fixture::new()?;
    let server = fixture.server().await?;
    let devices = Fixture::devices(&server, 3).await?;
    let calls = devices.iter().map(|device| device.confirmation.clone());
    let confirmed = client::run(server.address(), calls.collect(), 2).await?;
    assert_eq!(confirmed.errors, 0);
    let path = |name: &str| fixture.folder().join(name).to_string_lossy().into_owned();
    let (backup, trial) = (path("backup"), path("trial"));
    let made = server.run(&["backup", "--to", &backup])?;
    assert!(made.contains("keep a copy of that elsewhere"), "{made}");
    assert!(
        server.run(&["restore", "--from", &backup]).is_err(),
        "there is a database"
    );
    let restored = server.run(&["restore", "--from", &backup, "--into", &trial])?;
    assert!(restored.contains("certificates 3"), "{restored}");
    let proof = server.run(&["store", "verify", "--json"])?;
    let proof: Value = serde_json::from_str(&proof)?;
    assert_eq!(proof["tables"]["certificates"], 3);
    assert_eq!(proof["findings"], serde_json::json!([]));
    let keys = server.run(&["keys", "rotate", "--provider", "demo"])?;
    assert!(keys.contains("a new key"), "{keys}");
    let keys = server.run(&["keys", "list"])?;
    // The new key is the next one for 15 seconds, in which these commands may have run or not.
    let beside = keys.contains("next") || keys.contains("overlapping");
    assert!(keys.contains("current") && beside, "{keys}");
    server.run(&["keys", "exchange-key-file"])?;
    let more = device::registrations(5, &server.api_token()?).split_off(devices.len());
    let registered = client::run(server.address(), more, 2).await?;
    assert_eq!(registered.errors, 0, "the server goes on");
    Ok(())
}

/// What a collector is sent, one body a request.
fn collector() -> Result<(SocketAddr, Receiver<String>), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let (taken, received) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let taken = taken.clone();
            thread::spawn(move || {
                let mut reader = BufReader::new(stream);
                while let Some(body) = take(&mut reader) {
                    // Before the answer: when the server has heard it, the test may look.
                    let kept = taken.send(body);
                    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
                    let told = reader.get_mut().write_all(answer.as_bytes());
                    if kept.is_err() || told.is_err() {
                        return;
                    }
                }
            });
        }
    });
    Ok((address, received))
}

/// The body of the next request of a connection.
fn take(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

/// The spans of a collector's requests.
fn spans(bodies: &[String]) -> Vec<Value> {
    let mut spans = Vec::new();
    for body in bodies {
        let body: Value = serde_json::from_str(body).expect("JSON");
        for resource in body["resourceSpans"].as_array().expect("a list") {
            let service = &resource["resource"]["attributes"][0];
            assert_eq!(service["value"]["stringValue"], "gridpass");
            for scope in resource["scopeSpans"].as_array().expect("a list") {
                spans.extend(scope["spans"].as_array().expect("a list").clone());
            }
        }
    }
    spans
}

fn attribute<'a>(span: &'a Value, name: &str) -> Option<&'a Value> {
    let attributes = span["attributes"].as_array()?;
    let found = attributes
        .iter()
        .find(|attribute| attribute["key"] == name)?;
    Some(&found["value"])
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

#[tokio::test]
async fn a_trace_tells_what_a_confirmation_waited_for_and_nothing_secret() -> Result<(), Failure> {
    let fixture = Fixture::new()?;
    let (collector, received) = collector()?;
    let otlp = format!("http://{collector}");
    let traced = [
        ("GRIDPASS_TRACES__OTLP", otlp.as_str()),
        ("GRIDPASS_TRACES__PER_THOUSAND", "1000"),
    ];
    let server = fixture.server_with(&traced).await?;
    let devices = Fixture::devices(&server, 1).await?;
    let confirmation = devices[0].confirmation.clone();
    let answers = client::run(server.address(), vec![confirmation.clone()], 1).await?;
    assert_eq!(answers.errors, 0);
    // Nobody has said that this client's headers are to be believed.
    let parent = format!("traceparent: 00-{TRACE}-b7ad6b7169203331-01\r\n");
    get(server.address(), "/livez", &parent)?;
    server.ask_to_stop()?;
    assert!(server.wait()?);
    let bodies: Vec<_> = received.try_iter().collect();
    let spans = spans(&bodies);
    let named =
        |name: &str| -> Vec<&Value> { spans.iter().filter(|span| span["name"] == name).collect() };
    let route = "POST /api/v1/enrollments/{temporary_id}/confirmation";
    let [request] = &named(route)[..] else {
        let names: Vec<_> = spans.iter().map(|span| &span["name"]).collect();
        panic!("{names:?}");
    };
    assert_eq!(request["kind"], 2);
    assert_eq!(
        attribute(request, "http.response.status_code").unwrap()["intValue"],
        "200"
    );
    assert!(attribute(request, "gridpass.request_id").is_some());
    let of_trace = |name: &str| -> Vec<&Value> {
        let mut found = named(name);
        found.retain(|span| span["traceId"] == request["traceId"]);
        found
    };
    let [use_case] = of_trace("use case")[..] else {
        panic!("one use case");
    };
    assert_eq!(use_case["parentSpanId"], request["spanId"]);
    let [issue] = of_trace("ca issue")[..] else {
        panic!("one certificate");
    };
    assert_eq!(issue["parentSpanId"], use_case["spanId"]);
    let writes = of_trace("database write");
    assert!(!writes.is_empty());
    let links = |span: &&Value, write: &Value| {
        let links = span["links"].as_array().unwrap();
        links.iter().any(|link| link["spanId"] == write["spanId"])
    };
    for write in writes {
        let of_write = |span: &&&Value| links(span, write);
        assert!(named("database group").iter().any(|span| of_write(&span)));
    }
    assert!(spans.iter().all(|span| span["traceId"] != TRACE));
    let sent = bodies.concat();
    let sealed = std::str::from_utf8(&confirmation.body)?;
    let temporary_id = confirmation.path.rsplit('/').nth(1).ok_or("a path")?;
    for secret in [
        sealed,
        temporary_id,
        "Bearer",
        "authorization",
        "A-1001",
        "127.0.0.1",
    ] {
        assert!(!sent.contains(secret), "{secret}");
    }
    Ok(())
}

#[tokio::test]
async fn a_trusted_proxy_decides_which_trace_a_request_belongs_to() -> Result<(), Failure> {
    let fixture = Fixture::new()?;
    let (collector, received) = collector()?;
    let otlp = format!("http://{collector}");
    let config = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../gridpass.toml"))?;
    let file = fixture.folder().join("gridpass.toml");
    std::fs::write(
        &file,
        format!("trusted_proxies = [\"127.0.0.0/8\"]\n{config}"),
    )?;
    let file = file.to_string_lossy();
    let traced = [
        ("GRIDPASS_CONFIG", &*file),
        ("GRIDPASS_TRACES__OTLP", otlp.as_str()),
        ("GRIDPASS_TRACES__PER_THOUSAND", "0"),
    ];
    let server = fixture.server_with(&traced).await?;
    let parent = format!("traceparent: 00-{TRACE}-b7ad6b7169203331-01\r\n");
    get(server.address(), "/livez", &parent)?;
    server.ask_to_stop()?;
    assert!(server.wait()?);
    let spans = spans(&received.try_iter().collect::<Vec<_>>());
    let [request] = &spans[..] else {
        panic!("one request is traced: {spans:?}");
    };
    assert_eq!(request["traceId"], TRACE);
    assert_eq!(request["parentSpanId"], "b7ad6b7169203331");
    assert_eq!(request["name"], "GET /livez");
    Ok(())
}
