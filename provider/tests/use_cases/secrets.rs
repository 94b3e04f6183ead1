//! Nothing secret lies in the database in clear.

use gridpass_protocol::{Link, b64u};

use crate::fixture::{DEVICE_ID, Device, Fixture};

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[test]
fn no_secret_lies_in_the_database_files() {
    let fixture = Fixture::new();
    let begun = crate::sign_in::sign_in(&fixture, "1001");
    let mail = fixture.gridpass.outbox_messages().unwrap().remove(0).text;
    let link_token = mail
        .split_once("/account/link#")
        .unwrap()
        .1
        .lines()
        .next()
        .unwrap();
    let open = fixture
        .try_register("1001", "SN-4711-0816", |registration| {
            registration.idempotency = Some("order-77".parse().unwrap());
        })
        .unwrap();
    let used = fixture.register(DEVICE_ID);
    let device = Device::new(1, &used.link, DEVICE_ID);
    fixture
        .confirm(&Device::new(2, &open.link, "SN-4711-9999"))
        .unwrap_err();
    fixture.confirm(&device).unwrap();
    let api_token = fixture
        .gridpass
        .make_api_token(
            &crate::fixture::demo(),
            &[gridpass_provider::ApiScope::RegistrationsWrite],
            "crm",
            crate::fixture::operator(),
        )
        .unwrap();

    let bytes = fixture.folder.kept_bytes();
    // What is looked for would be found: these are there in clear.
    for present in [
        used.temporary_id.as_bytes().as_slice(),
        b"Ada Example",
        b"0815",
    ] {
        assert!(contains(&bytes, present));
    }
    let key_file = std::fs::read(&fixture.config.key_file).unwrap();
    let mut secrets: Vec<(&str, Vec<u8>)> = vec![
        ("key file", key_file),
        ("device id", b"SN47110815".to_vec()),
        ("device id", b"SN47110816".to_vec()),
        ("device id as typed", DEVICE_ID.into()),
        ("wrong device id", b"SN47119999".to_vec()),
        ("session token", begun.token.clone().into_bytes()),
        ("link token", link_token.into()),
        ("api token", api_token.into_bytes()),
        ("mail", b"Hello Ada".to_vec()),
        (
            "device's private key",
            device.key.to_pkcs8()[36..68].to_vec(),
        ),
        // The algorithm identifier that begins every P-256 private key in PKCS#8, RFC 5915.
        (
            "a private key",
            b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x04".to_vec(),
        ),
    ];
    for (registered, id) in [(&open, "SN-4711-0816"), (&used, DEVICE_ID)] {
        let (_, payload) = Link::parse(registered.link.as_str()).unwrap();
        let otp = payload
            .otp_ciphertext
            .decrypt(&crate::fixture::device_id(id), &payload.temporary_id);
        let code = registered.manual_code.grouped();
        secrets.extend([
            ("otp", otp.as_bytes().to_vec()),
            ("otp", b64u(otp.as_bytes()).into_bytes()),
            ("otp ciphertext", payload.otp_ciphertext.as_bytes().to_vec()),
            ("payload", payload.to_cbor()),
            ("digits", registered.link.digits()[..60].into()),
            ("manual code", code.replace('-', "").into_bytes()),
            ("manual code", code.into_bytes()),
        ]);
    }
    for (name, secret) in secrets {
        assert!(
            !contains(&bytes, &secret),
            "{name} lies in the database in clear"
        );
    }
}

#[test]
fn debug_of_what_was_registered_tells_no_manual_code() {
    let fixture = Fixture::new();
    let registered = fixture.register(DEVICE_ID);
    let shown = format!("{:?}", registered.manual_code);
    assert!(!shown.contains(&registered.manual_code.grouped()[..5]));
    assert!(!format!("{:?}", fixture.gridpass).contains("key"));
}
