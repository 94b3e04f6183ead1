//! Writes the seeds in `corpus/`: for every target a few inputs that are taken, from the protocol's test
//! values and from what the parsers' own writers write. Run it again after a format has changed.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use gridpass_fuzz::sealed::{seal, sign};
use gridpass_fuzz::{run, targets};
use gridpass_protocol::directory::certificate_to_pem;
use gridpass_protocol::{
    CsrContent, DeviceKey, KeyAlgorithm, MessageType, PrivateKey, TemporaryId, b64u,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};

const VECTORS: &str = include_str!("../../protocol/tests/vectors.json");

fn main() -> io::Result<()> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let seeds = seeds();
    for (target, _) in targets() {
        assert!(
            seeds.iter().any(|(name, _)| name == target),
            "{target} has no seed"
        );
    }
    let mut numbers = BTreeMap::new();
    for (target, seed) in &seeds {
        if targets().any(|(known, _)| known == target) {
            run(target, seed);
        }
        let number = numbers.entry(*target).or_insert(0);
        let folder = home.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("seed-{number:02}")), seed)?;
        *number += 1;
    }
    Ok(())
}

/// The texts of one member of the values, whatever surrounds them.
fn texts<'v>(values: &'v Value, list: &str, member: &'v str) -> impl Iterator<Item = &'v str> {
    let list = values[list].as_array().expect("a list of values");
    list.iter().filter_map(move |value| value[member].as_str())
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("hex");
    text.as_bytes()
        .chunks(2)
        .map(|pair| (digit(pair[0]) * 16 + digit(pair[1])) as u8)
        .collect()
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let values: Value = serde_json::from_str(VECTORS).expect("the protocol's test values");
    let mut seeds: Vec<(&str, Vec<u8>)> = Vec::new();
    for text in texts(&values, "canonical_device_id", "in") {
        seeds.push(("device_id", text.into()));
    }
    for text in texts(&values, "digits", "digits") {
        seeds.push(("digits", text.into()));
    }
    for text in texts(&values, "manual_code", "code") {
        seeds.push(("manual_code", text.into()));
    }
    for payload in values["payload"].as_array().expect("payloads") {
        let cbor = unhex(payload["cbor"].as_str().expect("its bytes"));
        let digits = gridpass_protocol::label::digits::encode(&cbor);
        seeds.push(("payload", cbor));
        seeds.push(("link", format!("https://portal.example/e#{digits}").into()));
        if let Some(certificate) = payload["certificate_field"].as_str() {
            seeds.push(("certificate", unhex(certificate)));
        }
    }
    for text in [
        "https://portal.example",
        "http://127.0.0.1:3000",
        "https://[2001:db8::1]:8443",
    ] {
        seeds.push(("origin", text.into()));
    }
    keys(&mut seeds);
    messages(&mut seeds);
    programmes(&mut seeds);
    headers(&mut seeds);
    tables(&mut seeds);
    signed_in(&mut seeds);
    symbols(&mut seeds);
    seeds
}

fn content() -> CsrContent {
    serde_json::from_value(json!({
        "country": "US", "state": "Vermont", "organization": "Green Mountain Electric Coop",
        "unit": "Demand Response", "email": "enroll@gmec.example",
    }))
    .expect("a content")
}

fn keys(seeds: &mut Vec<(&'static str, Vec<u8>)>) {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let id = TemporaryId::from_bytes([7; 16]);
    seeds.push(("handover", id.to_string().into()));
    for algorithm in [KeyAlgorithm::Es256, KeyAlgorithm::Rs2048] {
        let key = DeviceKey::make(&mut rng, algorithm).expect("a key");
        let csr = key.csr(&content(), &id, &mut rng).expect("its request");
        if algorithm == KeyAlgorithm::Es256 {
            let confirmation = json!({
                "otp": b64u(&[9; 32]), "public_key": b64u(&key.spki_der()), "csr": b64u(&csr),
            });
            let mut odd = vec![1];
            odd.extend(confirmation.to_string().into_bytes());
            seeds.push(("confirmation", odd));
        }
        seeds.push(("csr", key.spki_der()));
        seeds.push(("est_body", b64u(&csr).into()));
        seeds.push(("est_body", csr.clone()));
        seeds.push(("csr", csr));
    }
    let text = certificate_to_pem(&[0x30, 3, 2, 1, 1]).unwrap_or_else(|_| {
        "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n".into()
    });
    seeds.push(("pem", text.into()));
    seeds.push((
        "certs_only",
        unhex(
            "30230609 2a864886 f70d010702a01630140201 01 3100 300b06092a864886f70d010701"
                .replace(' ', "")
                .as_str(),
        ),
    ));
    // id-sha1, two hashes of 20 bytes, serial 5: RFC 6960 without a nonce.
    let hash = "00".repeat(20);
    seeds.push((
        "ocsp",
        unhex(
            &format!("304230403 03e303c303a300906052b0e03021a05000414{hash}0414{hash}020105")
                .replace(' ', ""),
        ),
    ));
    let signer = PrivateKey::make_p256(&mut rng);
    seeds.push(("csr", signer.spki_der().to_vec()));
}

fn messages(seeds: &mut Vec<(&'static str, Vec<u8>)>) {
    seeds.push(("jwe", seal(MessageType::Confirmation, b"{}").into()));
    seeds.push(("jws", sign(MessageType::Up, b"{}").into()));
    seeds.push((
        "confirmation",
        seal(MessageType::Confirmation, b"{}").into(),
    ));
    for up in [
        json!({"seq": 1, "at": 1_795_000_000, "kind": "hello"}),
        json!({"seq": 2, "at": 1_795_000_000, "kind": "poll"}),
        json!({"seq": 3, "at": 1_795_000_000, "kind": "receipt", "item": "x", "outcome": "applied"}),
    ] {
        seeds.push(("up", up.to_string().into()));
        seeds.push(("up", format!("!{up}").into()));
    }
    seeds.push((
        "down",
        json!({"re": 1, "at": 1, "token": b64u(&[1; 16]), "items": []})
            .to_string()
            .into(),
    ));
    let settings = json!({
        "version": 1, "profile": "default", "provider": "GMEC", "messages_url": "https://portal.example/m",
        "poll_interval": 900, "renew_before": 30,
    });
    let issuance = json!({
        "enrollment_id": "01890a5d-ac96-774b-bcce-b302099a8057", "certificate": "MAA",
        "chain": ["MAA"], "settings": settings,
    });
    seeds.push(("issuance", issuance.to_string().into()));
    let entry =
        json!({"id": "demo", "name": "GMEC", "certificates": ["-----BEGIN CERTIFICATE-----"]});
    let directory = json!({"protocol_versions": [1], "providers": [entry]});
    seeds.push(("directory", directory.to_string().into()));
    let problem = json!({
        "type": "urn:gridpass:problem:invalid-otp", "title": "x", "status": 403, "detail": "x",
        "remaining": 4,
    });
    seeds.push(("problem", problem.to_string().into()));
}

fn programmes(seeds: &mut Vec<(&'static str, Vec<u8>)>) {
    let period =
        json!({"start": "2026-11-21T14:00:00Z", "duration": "PT1H", "randomizeStart": "PT5M"});
    let interval = json!({"id": 0, "payloads": [{"type": "SIMPLE", "values": [2.0]}]});
    let event = json!({
        "objectType": "EVENT", "id": "e", "programID": "p", "intervalPeriod": period,
        "intervals": [interval, interval],
    });
    let resource = json!({"resourceName": "r", "intervals": [interval]});
    let report = json!({
        "objectType": "REPORT", "programID": "p", "eventID": "e", "clientName": "c",
        "resources": [resource],
    });
    seeds.push(("openadr_event", event.to_string().into()));
    seeds.push(("openadr_report", report.to_string().into()));
    for text in ["PT1H", "P1Y2M3W4DT5H6M7.8S", "P9999Y"] {
        seeds.push(("duration", text.into()));
    }
    for text in [
        "2026-11-21T14:00:00Z",
        "0000-00-00",
        "2026-11-21t14:00:00.5+01:30",
    ] {
        seeds.push(("moment", text.into()));
    }
}

fn headers(seeds: &mut Vec<(&'static str, Vec<u8>)>) {
    for (target, text) in [
        ("basic", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("prefer", "respond-async, wait=20; x=y"),
        ("forwarded", "1.1.1.1, 203.0.113.9, 10.0.0.7"),
        ("forwarded", "::ffff:203.0.113.9"),
        ("cookies", "a=b; gridpass-session=abc%20; c=\"d\""),
        (
            "oidc_answer",
            "state=abc&code=d%20e&iss=https%3A%2F%2Fid.example",
        ),
        (
            "cookie_jar",
            "a=1; __Host-gridpass-session=abc_-123; gridpass-typed=eyJhIjoxfQ\n__Host-gridpass-staff=\"x\"",
        ),
        (
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ),
        ("asking", "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k"),
        ("crl_name", "0123456789abcdef0123456789abcdef01234567.crl"),
        ("crl_name", "0123456789abcdef0123456789abcdef01234567-3.crl"),
        ("webhook_url", "https://hooks.example:8443/gridpass?x=y"),
        ("words", "demo"),
        ("words", "letter"),
        ("words", "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("words", "A-1001"),
        ("words", "-12.5"),
        (
            "cursor",
            "{\"issued_at\":1,\"id\":\"01890a5d-ac96-774b-bcce-b302099a8057\",\"account\":null}",
        ),
        (
            "gateway_http",
            "POST /handover?x=y HTTP/1.1\r\nHost: gateway\r\nContent-Length: 3\r\n\r\nabc",
        ),
    ] {
        seeds.push((target, text.into()));
    }
}

fn tables(seeds: &mut Vec<(&'static str, Vec<u8>)>) {
    let customers = "number,name,email,language\nA-1,Ada,ada@example.org,en\nA-2,\"B, C\",,es\n";
    seeds.push(("customers", customers.into()));
    let registrations =
        "\u{feff}account;device_id;kind;channel\r\nA-1;SN-4711-0815;device;letter\r\n";
    seeds.push(("registrations", registrations.into()));
    let mut picture = Vec::new();
    let mut encoder = png::Encoder::new(&mut picture, 8, 8);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().expect("a head of a picture");
    writer.write_image_data(&[255; 64]).expect("its pixels");
    drop(writer);
    seeds.push(("picture", picture));
    for jpeg in [
        include_bytes!("../../gateway/tests/pictures/grey.jpg").as_slice(),
        include_bytes!("../../gateway/tests/pictures/progressive.jpg"),
    ] {
        seeds.push(("picture", jpeg.into()));
    }
}

/// Claims that an issuer signs, and answers that hold none of its tokens.
fn signed_in(seeds: &mut Vec<(&'static str, Vec<u8>)>) {
    let claims = json!({
        "iss": "https://id.example", "aud": "portal", "sub": "ada", "nonce": "the nonce of this sign-in",
        "iat": 1_795_000_000_u64, "exp": 1_795_000_300_u64, "auth_time": 1_795_000_000_u64, "acr": "2",
        "amr": ["pwd", "otp"], "email": "ada@gmec.example", "email_verified": true, "groups": ["desk"],
    });
    let mut several = claims.clone();
    several["aud"] = json!(["portal", "another"]);
    several["azp"] = json!("portal");
    for claims in [claims, several] {
        let mut odd = vec![1];
        odd.extend(claims.to_string().into_bytes());
        seeds.push(("id_token", odd));
        // Signed by nobody (RFC 7519, 6). The space keeps the first byte even.
        let token = format!(
            "{}.{}.",
            b64u(br#"{"alg":"none"}"#),
            b64u(claims.to_string().as_bytes())
        );
        let answer = json!({ "access_token": "x", "token_type": "Bearer", "id_token": token });
        seeds.push(("id_token", format!(" {answer}").into()));
    }
}

/// A code with a quiet zone, as two frames of a camera.
fn symbols(seeds: &mut Vec<(&'static str, Vec<u8>)>) {
    const QUIET: usize = 4;
    let code = qrcode::QrCode::new("https://portal.example/e#0123").expect("a short text");
    let (side, colors) = (code.width(), code.to_colors());
    let edge = (side + 2 * QUIET) * 2;
    for look in [0, 1] {
        let mut picture = vec![(edge - 1) as u8, (edge - 1) as u8, look];
        for pixel in 0..edge * edge {
            let [x, y] = [pixel % edge / 2, pixel / edge / 2];
            let inside = |at: usize| at.checked_sub(QUIET).filter(|at| *at < side);
            let is_dark = inside(x)
                .zip(inside(y))
                .is_some_and(|(x, y)| colors[y * side + x] == qrcode::Color::Dark);
            picture.push(if is_dark { 0 } else { 255 });
        }
        seeds.push(("symbol", picture));
    }
}
