//! Every header and every shape of a message that is not the protocol's.

use super::*;
use crate::{
    primitives::Aes256Gcm,
    sealed::{
        header::{JweHeader, KeyManagement},
        parts::concat_kdf,
    },
};

/// A JWE to `key` that is right but for its header, which `edit` has changed.
fn jwe_with_header(key: &PrivateKey, edit: impl Fn(String) -> String) -> String {
    let keys::Secret::P256(own) = &key.key else {
        panic!("P-256")
    };
    let (ephemeral, shared) = ephemeral_agreement(&[7; 32], own.point()).unwrap();
    let header = JweHeader {
        management: KeyManagement::EcdhEs { ephemeral },
        kid: key_id(key),
        typ: MessageType::Up.jwe().to_owned(),
    };
    let json = String::from_utf8(from_b64u(&header.encode()).unwrap()).unwrap();
    let header = b64u(edit(json).as_bytes());
    let sealed =
        Aes256Gcm::new(&concat_kdf(&*shared)).seal(&[0; 12], header.as_bytes(), b"plaintext");
    let (ciphertext, tag) = sealed.split_at(9);
    [
        header,
        String::new(),
        b64u(&[0; 12]),
        b64u(ciphertext),
        b64u(tag),
    ]
    .join(".")
}

fn with_member(member: &str) -> impl Fn(String) -> String {
    let member = member.to_owned();
    move |json| json.replacen('{', &format!("{{{member},"), 1)
}

fn replaced(from: &str, to: &str) -> impl Fn(String) -> String {
    let (from, to) = (from.to_owned(), to.to_owned());
    move |json| {
        assert!(json.contains(&from), "{from}");
        json.replace(&from, &to)
    }
}

#[test]
fn a_header_in_another_order_or_with_spaces_is_the_same_header() {
    let key = p256();
    assert_eq!(
        open(&key, &jwe_with_header(&key, |json| json)).unwrap(),
        b"plaintext"
    );
    let spaced = jwe_with_header(&key, replaced("\":\"", "\" : \""));
    assert_eq!(open(&key, &spaced).unwrap(), b"plaintext");
    let reordered = jwe_with_header(&key, |json| {
        let rest = json.replacen(r#""alg":"ECDH-ES","#, "", 1);
        rest.strip_suffix('}').unwrap().to_owned() + r#","alg":"ECDH-ES"}"#
    });
    assert_eq!(open(&key, &reordered).unwrap(), b"plaintext");
}

#[test]
fn a_jwe_header_has_exactly_its_members() {
    let key = p256();
    for member in [
        r#""crit":["exp"]"#,
        r#""zip":"DEF""#,
        r#""apu":"QQ""#,
        r#""apv":"QQ""#,
        r#""cty":"JWT""#,
        r#""jku":"https://x.example""#,
        r#""jwk":{"kty":"EC"}"#,
        r#""p2c":1"#,
        r#""x":null"#,
        r#""alg":"ECDH-ES""#,
    ] {
        let jwe = jwe_with_header(&key, with_member(member));
        assert_eq!(open(&key, &jwe), Err(SealedError::Form), "{member}");
        assert_eq!(key_id_of(&jwe), Err(SealedError::Form), "{member}");
    }
    for (from, to, error) in [
        ("ECDH-ES", "ECDH-ES+A256KW", SealedError::Algorithm),
        ("ECDH-ES", "dir", SealedError::Algorithm),
        ("ECDH-ES", "none", SealedError::Algorithm),
        ("ECDH-ES", "RSA1_5", SealedError::Algorithm),
        ("ECDH-ES", "RSA-OAEP-256", SealedError::Form),
        ("A256GCM", "A128GCM", SealedError::Algorithm),
        ("A256GCM", "A256CBC-HS512", SealedError::Algorithm),
        ("P-256", "P-384", SealedError::Algorithm),
        ("\"kty\":\"EC\"", "\"kty\":\"OKP\"", SealedError::Algorithm),
        (
            "\"kty\":\"EC\"",
            "\"kty\":\"EC\",\"d\":\"QQ\"",
            SealedError::Form,
        ),
        ("\"typ\"", "\"Typ\"", SealedError::Form),
        ("gridpass-up+jwe", "gridpass-up+jws", SealedError::Type),
        ("gridpass-up+jwe", "GRIDPASS-UP+JWE", SealedError::Type),
        (
            "gridpass-up+jwe\"}",
            "gridpass-up+jwe\"}x",
            SealedError::Form,
        ),
        ("\"kid\":\"", "\"kid\":\"A", SealedError::Form),
    ] {
        let jwe = jwe_with_header(&key, replaced(from, to));
        assert_eq!(open(&key, &jwe), Err(error), "{from} -> {to}");
    }
    for whole in ["[]", "null", "\"x\"", "{}", "{", ""] {
        assert_eq!(
            open(&key, &jwe_with_header(&key, |_| whole.to_owned())),
            Err(SealedError::Form)
        );
    }
}

#[test]
fn an_ephemeral_key_off_the_curve_is_refused() {
    let key = p256();
    for (x, y) in [
        ([0; 32], [0; 32]),
        ([1; 32], [1; 32]),
        ([255; 32], [255; 32]),
    ] {
        let jwe = jwe_with_header(&key, |json| {
            let (head, _) = json.split_once("\"x\"").unwrap();
            let (_, tail) = json.split_once("},").unwrap();
            format!(
                "{head}\"x\":\"{}\",\"y\":\"{}\"}},{tail}",
                b64u(&x),
                b64u(&y)
            )
        });
        assert_eq!(open(&key, &jwe), Err(SealedError::Authentication));
    }
}

#[test]
fn parts_have_exactly_their_lengths() {
    let key = p256();
    let jwe = sealed_to(&key, &mut rng());
    let parts: Vec<&str> = jwe.split('.').collect();
    let with = |place: usize, part: &str| {
        let mut parts = parts.clone();
        parts[place] = part;
        parts.join(".")
    };
    let (short_nonce, long_nonce) = (b64u(&[0; 11]), b64u(&[0; 16]));
    let short_tag = b64u(&from_b64u(parts[4]).unwrap()[..12]);
    for jwe in [
        String::new(),
        "....".to_owned(),
        parts[..4].join("."),
        format!("{jwe}."),
        format!("{jwe}.AA"),
        format!("{jwe}="),
        format!(" {jwe}"),
        format!("{jwe}\n"),
        with(1, "QQ"),
        with(2, ""),
        with(2, &short_nonce),
        with(2, &long_nonce),
        with(4, ""),
        with(4, &short_tag),
    ] {
        assert_eq!(open(&key, &jwe), Err(SealedError::Form), "{jwe}");
    }
    assert_eq!(open(&key, &with(3, "")), Err(SealedError::Authentication));
}

#[test]
fn a_jws_header_has_exactly_its_members() {
    let key = p256();
    let keys::Secret::P256(own) = &key.key else {
        panic!("P-256")
    };
    let signed = |edit: &dyn Fn(String) -> String| {
        let jws = signed_by(&key);
        let [header, payload, _] = split(&jws).unwrap();
        let json = String::from_utf8(from_b64u(header).unwrap()).unwrap();
        let input = format!("{}.{payload}", b64u(edit(json).as_bytes()));
        let signature = own.sign(input.as_bytes()).unwrap();
        format!("{input}.{}", b64u(&signature))
    };
    assert!(check(&key, &signed(&|json| json)).is_ok());
    for member in [
        r#""crit":["b64"]"#,
        r#""b64":false"#,
        r#""jwk":{"kty":"EC"}"#,
        r#""x5c":["AA"]"#,
    ] {
        assert_eq!(
            check(&key, &signed(&with_member(member))),
            Err(SealedError::Form),
            "{member}"
        );
    }
    for (from, to, error) in [
        ("ES256", "none", SealedError::Algorithm),
        ("ES256", "HS256", SealedError::Algorithm),
        ("ES256", "ES384", SealedError::Algorithm),
        ("ES256", "PS256", SealedError::Algorithm),
        ("gridpass-up+jws", "gridpass-down+jws", SealedError::Type),
        ("gridpass-up+jws", "gridpass-up+jwe", SealedError::Type),
        ("\"typ\"", "\"cty\"", SealedError::Form),
    ] {
        assert_eq!(
            check(&key, &signed(&replaced(from, to))),
            Err(error),
            "{from} -> {to}"
        );
    }
    let jws = signed_by(&key);
    let [header, payload, _] = split(&jws).unwrap();
    assert_eq!(
        check(&key, &format!("{header}.{payload}.")),
        Err(SealedError::Authentication)
    );
    assert_eq!(
        check(&key, &format!("{header}.{payload}")),
        Err(SealedError::Form)
    );
}
