//! Keys in a token, with SoftHSM.
//!
//! The module reads where its tokens are from the environment, when it is loaded. So each test
//! runs in a process of its own, whose environment names a folder of its own.

use std::{collections::BTreeSet, fs, path::Path, process::Command, sync::Arc};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
    object::{Attribute, AttributeType, ObjectClass},
    session::{Session, UserType},
    types::AuthPin,
};
use gridpass_protocol::{
    Csr, CsrContent, HandoverNonce, HandoverRequest, KeyAlgorithm, KeyId, MessageType, Origin,
    PublicKey, TemporaryId, UnixTime, sealed,
};
use gridpass_testing_softhsm::{self as softhsm, SoftHsm};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::*;
use crate::{
    enroll,
    issuance::{self, AnswerError},
    keys::{GatewayKey, KeyError, Keys, UseError},
    state::LabelFacts,
    store::Store,
};

/// Set in the process that has the token.
const FOLDER: &str = "TOKEN_FOLDER";

/// Runs `body` in a process whose environment names a token of its own. `test` is the name of the
/// test that calls.
fn with_token(test: &str, body: impl FnOnce(&SoftHsm, &Path)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let folder = Path::new(&folder);
        return body(&SoftHsm::at(folder), folder);
    }
    let folder = tempfile::tempdir().unwrap();
    let token = SoftHsm::make(folder.path()).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("token::tests::{test}"), "--nocapture"])
        .env(softhsm::VARIABLE, token.configuration())
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    assert!(text.contains("1 passed"), "{text}");
}

fn random() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(0x7061_7373)
}

fn config(token: &SoftHsm) -> TokenConfig {
    TokenConfig {
        module: softhsm::module().unwrap(),
        token: softhsm::LABEL.to_owned(),
        pin_file: Some(token.pin_file()),
        pin_variable: None,
    }
}

fn opened(token: &SoftHsm) -> Arc<Token> {
    Arc::new(Token::new(&config(token)).unwrap())
}

fn label() -> KeyLabel {
    KeyLabel("gridpass-gateway of a test".to_owned())
}

/// A session of this process beside the gateway's.
fn session() -> Session {
    let module = Pkcs11::new(softhsm::module().unwrap()).unwrap();
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => panic!("{error}"),
    }
    let slot = module.get_slots_with_initialized_token().unwrap()[0];
    let session = module.open_rw_session(slot).unwrap();
    let pin = AuthPin::from(softhsm::PIN.to_owned());
    match session.login(UserType::User, Some(&pin)) {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => session,
        Err(error) => panic!("{error}"),
    }
}

/// The ids of the private keys in the token.
fn ids() -> BTreeSet<Vec<u8>> {
    let session = session();
    let private = [Attribute::Class(ObjectClass::PRIVATE_KEY)];
    let keys = session.find_objects(&private).unwrap();
    keys.into_iter()
        .map(|key| {
            let id = session.get_attributes(key, &[AttributeType::Id]).unwrap();
            let [Attribute::Id(id)] = id.as_slice() else {
                panic!("{id:?}")
            };
            id.clone()
        })
        .collect()
}

fn id_of(spki: &[u8]) -> Vec<u8> {
    KeyId::of_spki(spki).as_bytes().to_vec()
}

fn keys(folder: &Path, token: Option<Arc<Token>>) -> Keys {
    let state = folder.join("state");
    crate::files::folder(&state).unwrap();
    Keys::open(&state, token).unwrap()
}

#[test]
fn a_key_is_made_used_and_never_taken_out() {
    with_token("a_key_is_made_used_and_never_taken_out", |token, folder| {
        let keys = keys(folder, Some(opened(token)));
        let (name, key) = keys.make(KeyAlgorithm::Es256, &mut random()).unwrap();
        assert_eq!(ids(), [id_of(&key.spki_der())].into());

        let temporary_id = TemporaryId::from_bytes([9; 16]);
        let content = CsrContent::default();
        let request = key.csr(&content, &temporary_id, &mut random()).unwrap();
        assert_eq!(Csr::parse(&request).unwrap().spki_der(), key.spki_der());

        // Later it is found without a word to the token.
        token.take_away().unwrap();
        let found = keys.find(&name).unwrap();
        assert_eq!(found.spki_der(), key.spki_der());
        token.bring_back().unwrap();
        assert_opens(&found, "to a key in a token");

        let session = session();
        let private = [Attribute::Class(ObjectClass::PRIVATE_KEY)];
        let handle = session.find_objects(&private).unwrap()[0];
        let asked = [
            AttributeType::Private,
            AttributeType::AlwaysSensitive,
            AttributeType::NeverExtractable,
            AttributeType::Value,
        ];
        assert_eq!(
            session.get_attributes(handle, &asked).unwrap(),
            [
                Attribute::Private(true),
                Attribute::AlwaysSensitive(true),
                Attribute::NeverExtractable(true),
            ],
            "and no value"
        );
    });
}

fn assert_opens(key: &GatewayKey, text: &str) {
    let spki = key.spki_der();
    let key_id = KeyId::of_spki(&spki);
    let recipient = PublicKey::from_spki_der(&spki).unwrap();
    let jwe = sealed::encrypt(
        MessageType::Down,
        &key_id,
        &recipient,
        text.as_bytes(),
        &mut random(),
    );
    let opened = key.open(MessageType::Down, &jwe.unwrap(), &key_id).unwrap();
    assert_eq!(opened.as_slice(), text.as_bytes());
}

#[test]
fn keys_are_destroyed_when_no_state_names_them_and_those_of_others_never() {
    let test = "keys_are_destroyed_when_no_state_names_them_and_those_of_others_never";
    with_token(test, |token, folder| {
        let token = opened(token);
        let foreign = token.make_key(&label()).unwrap();
        let keys = keys(folder, Some(Arc::clone(&token)));
        let made: Vec<_> = (0..3)
            .map(|_| keys.make(KeyAlgorithm::Es256, &mut random()).unwrap())
            .collect();
        let (name, kept) = &made[1];
        keys.keep_only(&[name.clone()].into()).unwrap();
        assert_eq!(ids(), [id_of(&foreign), id_of(&kept.spki_der())].into());
        assert!(keys.find(&made[0].0).is_err());
        assert!(keys.find(name).is_ok());
        drop(keys);

        // What was made and never named, as when the power went in between.
        let store = Store::open(&folder.join("state"), Some(token)).unwrap();
        assert_eq!(ids(), [id_of(&foreign)].into());
        store.make_key(KeyAlgorithm::Es256).unwrap();
        store.make_key(KeyAlgorithm::Es256).unwrap();
        assert_eq!(ids().len(), 2);
    });
}

#[test]
fn keys_in_files_go_on_beside_a_token() {
    with_token("keys_in_files_go_on_beside_a_token", |token, folder| {
        let before = keys(folder, None);
        let (old, file) = before.make(KeyAlgorithm::Rs2048, &mut random()).unwrap();
        let after = keys(folder, Some(opened(token)));
        assert_eq!(after.find(&old).unwrap().spki_der(), file.spki_der());
        assert_opens(&after.find(&old).unwrap(), "to a key in a file");

        let (new, _) = after.make(KeyAlgorithm::Es256, &mut random()).unwrap();
        after.keep_only(&[new.clone()].into()).unwrap();
        assert!(after.find(&old).is_err());
        for file in fs::read_dir(folder.join("state/keys")).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            assert!(!text.contains("PRIVATE"), "{text}");
        }
        assert!(matches!(before.find(&new), Err(KeyError::TokenWanted)));
    });
}

#[test]
fn rsa_keys_are_refused_with_a_token() {
    with_token("rsa_keys_are_refused_with_a_token", |token, folder| {
        let keys = keys(folder, Some(opened(token)));
        for algorithm in [KeyAlgorithm::Rs2048, KeyAlgorithm::Rs3072] {
            let refused = keys.make(algorithm, &mut random());
            assert!(matches!(refused, Err(KeyError::NotInTokens(_))));
        }
        assert!(ids().is_empty());
    });
}

#[test]
fn a_session_that_was_lost_is_opened_anew() {
    with_token("a_session_that_was_lost_is_opened_anew", |token, folder| {
        let keys = keys(folder, Some(opened(token)));
        let (_, key) = keys.make(KeyAlgorithm::Es256, &mut random()).unwrap();
        assert_opens(&key, "before");
        // Whoever logs out does so for every session of the process.
        session().logout().unwrap();
        assert_opens(&key, "after");
    });
}

#[test]
fn a_token_that_was_away_is_taken_up_again() {
    with_token(
        "a_token_that_was_away_is_taken_up_again",
        |token, folder| {
            let reached = opened(token);
            let keys = keys(folder, Some(Arc::clone(&reached)));
            let (name, key) = keys.make(KeyAlgorithm::Es256, &mut random()).unwrap();
            let id = KeyId::of_spki(&key.spki_der());
            token.take_away().unwrap();
            assert!(reached.sign(&id, b"away").is_err());
            let away = reached.sign(&id, b"away").unwrap_err();
            assert_eq!(away, TokenError::NoToken(softhsm::LABEL.to_owned()));
            // Nothing is forgotten for that.
            keys.keep_only(&[name].into()).unwrap();
            token.bring_back().unwrap();
            assert_opens(&key, "back");
        },
    );
}

#[test]
fn an_answer_is_not_judged_while_the_token_is_away() {
    let test = "an_answer_is_not_judged_while_the_token_is_away";
    with_token(test, |token, folder| {
        let store = Store::open(&folder.join("state"), Some(opened(token))).unwrap();
        let label = LabelFacts::of_request(&HandoverRequest {
            nonce: HandoverNonce::make(&mut random()),
            temporary_id: TemporaryId::from_bytes([9; 16]),
            csr_content: CsrContent::default(),
            key_algorithm: KeyAlgorithm::Es256,
            provider_certificate: vec![7; 32],
            expires_at: UnixTime(1_800_000_000),
            portal: Origin::parse("https://portal.example").unwrap(),
        });
        let (key, pending) = enroll::make_request(&store, label).unwrap();
        let spki = key.spki_der();
        let answer = sealed::encrypt(
            MessageType::Issuance,
            &KeyId::of_spki(&spki),
            &PublicKey::from_spki_der(&spki).unwrap(),
            b"not signed by the provider",
            &mut random(),
        );
        let answer = answer.unwrap();
        let accept = || issuance::accept(&answer, &pending, &key, &[], UnixTime(0)).unwrap_err();
        token.take_away().unwrap();
        assert!(matches!(accept(), AnswerError::Token(_)));
        token.bring_back().unwrap();
        assert!(matches!(accept(), AnswerError::NotGenuine(_)));
    });
}

#[test]
fn another_token_of_that_name_does_not_have_the_key() {
    let test = "another_token_of_that_name_does_not_have_the_key";
    with_token(test, |token, _| {
        let strange = opened(token).sign(&KeyId::of_spki(b"x"), b"x");
        assert_eq!(strange, Err(TokenError::NoKey));
    });
}

#[test]
fn a_wrong_pin_is_not_tried_again() {
    with_token("a_wrong_pin_is_not_tried_again", |token, _| {
        token.set_pin("0000").unwrap();
        let reached = opened(token);
        let refused = reached.make_key(&label());
        assert_eq!(refused, Err(TokenError::PinRefused));
        token.set_pin(softhsm::PIN).unwrap();
        let again = reached.make_key(&label());
        assert_eq!(again, Err(TokenError::PinRefused), "not in this process");
        opened(token).make_key(&label()).unwrap();
    });
}

#[test]
fn what_is_wrong_with_a_configuration_is_said() {
    with_token("what_is_wrong_with_a_configuration_is_said", |token, _| {
        let said = |change: fn(&mut TokenConfig)| {
            let mut config = config(token);
            change(&mut config);
            let made = Token::new(&config).and_then(|token| token.make_key(&label()));
            made.unwrap_err().to_string()
        };
        let two = said(|token| token.pin_variable = Some("PIN".into()));
        assert!(two.contains("exactly one"), "{two}");
        let long = said(|token| token.token = "x".repeat(33));
        assert!(long.contains("32 bytes"), "{long}");
        let other = said(|token| token.token = "another".into());
        assert!(
            other.contains("no token is labelled \"another\""),
            "{other}"
        );
        let no_pin = said(|token| token.pin_file = Some("/nowhere".into()));
        assert!(
            no_pin.contains("PIN of the token cannot be read"),
            "{no_pin}"
        );
        let no_module = said(|token| token.module = "/nowhere.so".into());
        assert!(no_module.contains("/nowhere.so"), "{no_module}");
    });
}

#[test]
fn a_point_of_another_curve_never_reaches_the_token() {
    let test = "a_point_of_another_curve_never_reaches_the_token";
    with_token(test, |token, folder| {
        let keys = keys(folder, Some(opened(token)));
        let (_, key) = keys.make(KeyAlgorithm::Es256, &mut random()).unwrap();
        let header = concat!(
            r#"{"alg":"ECDH-ES","enc":"A256GCM","epk":{"crv":"P-256","kty":"EC","#,
            r#""x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","#,
            r#""y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"kid":"KID","typ":"gridpass-down+jwe"}"#
        );
        let id = KeyId::of_spki(&key.spki_der());
        let header = header.replace("KID", &id.to_string());
        let parts = [header.as_bytes(), &[], &[0; 12], b"x", &[0; 16]];
        let jwe = parts.map(gridpass_protocol::b64u).join(".");
        token.take_away().unwrap();
        let opened = key.open(MessageType::Down, &jwe, &id);
        assert!(matches!(opened, Err(UseError::Sealed(_))));
    });
}
