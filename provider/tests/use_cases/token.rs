//! Issuing keys in a PKCS#11 token, with SoftHSM.
//!
//! The module reads where its tokens are from the environment, when it is loaded. So each test
//! runs in a process of its own, whose environment names a folder of its own.

use std::{fs, path::Path, process::Command, thread};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
    object::{Attribute, AttributeType, ObjectClass},
    session::{Session, UserType},
    types::AuthPin,
};
use gridpass_protocol::KeyAlgorithm;
use gridpass_provider::{
    CaCeremonyError, CaConfig,
    ca::{CaKeyAlgorithm, TokenConfig},
};

use gridpass_testing_softhsm::{LABEL, PIN, SoftHsm, VARIABLE, module};

use crate::{
    ceremony::{ceremony, enrol, examine, install, installed, make_root},
    fixture::{DEVICE_ID, Device, Fixture, Folder, config, demo, operator},
};

/// Set in the process that has the tokens.
const FOLDER: &str = "TOKENS_FOLDER";

/// Runs `body` in a process whose environment names a token of its own. `test` is the name of
/// the test that calls.
fn with_token(test: &str, body: impl FnOnce(&Path)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return body(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let token = SoftHsm::make(folder.path()).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("token::{test}"), "--nocapture"])
        .env(VARIABLE, token.configuration())
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    assert!(text.contains("1 passed"), "{text}");
}

fn by_token(folder: &Path) -> CaConfig {
    CaConfig::Ceremony {
        token: Some(TokenConfig {
            module: module().unwrap(),
            token: LABEL.into(),
            key_label: "demo issuing".into(),
            pin_file: Some(SoftHsm::at(folder).pin_file()),
            pin_variable: None,
        }),
    }
}

/// A session of this process beside those of Gridpass.
fn session() -> Session {
    let module = Pkcs11::new(module().unwrap()).unwrap();
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => panic!("{error}"),
    }
    let slot = module.get_slots_with_initialized_token().unwrap()[0];
    module.open_rw_session(slot).unwrap()
}

fn journey(folder: &Path, algorithm: CaKeyAlgorithm) -> Fixture {
    let root = make_root(1, CaKeyAlgorithm::P256);
    let fixture = installed(&root, algorithm, by_token(folder));
    enrol(&fixture, 1, DEVICE_ID, KeyAlgorithm::Es256);
    enrol(&fixture, 2, "SN-4711-0816", KeyAlgorithm::Rs2048);
    fixture
}

#[test]
fn a_p256_key_in_a_token_certifies_devices() {
    with_token("a_p256_key_in_a_token_certifies_devices", |folder| {
        let fixture = journey(folder, CaKeyAlgorithm::P256);
        let root = make_root(2, CaKeyAlgorithm::P256);
        install(&ceremony(&fixture.config), &root, CaKeyAlgorithm::Rsa3072);
        let fixture = fixture.restarted();
        enrol(&fixture, 3, "SN-4711-0817", KeyAlgorithm::Es256);
    });
}

#[test]
fn an_rsa_key_in_a_token_certifies_devices() {
    with_token("an_rsa_key_in_a_token_certifies_devices", |folder| {
        journey(folder, CaKeyAlgorithm::Rsa3072);
    });
}

#[test]
fn it_passes_the_examination() {
    with_token("it_passes_the_examination", |folder| {
        for algorithm in [CaKeyAlgorithm::P256, CaKeyAlgorithm::Rsa3072] {
            let root = make_root(1, CaKeyAlgorithm::P256);
            examine(&installed(&root, algorithm, by_token(folder)));
        }
    });
}

#[test]
fn a_key_in_a_token_cannot_be_taken_out() {
    with_token("a_key_in_a_token_cannot_be_taken_out", |folder| {
        for algorithm in [CaKeyAlgorithm::P256, CaKeyAlgorithm::Rsa3072] {
            let database = Folder::new();
            let mut config = config(&database);
            config.providers[0].ca = by_token(folder);
            ceremony(&config)
                .request(&demo(), algorithm, operator())
                .unwrap();
        }
        let session = session();
        let pin = AuthPin::from(PIN.to_owned());
        match session.login(UserType::User, Some(&pin)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(error) => panic!("{error}"),
        }
        let private = [Attribute::Class(ObjectClass::PRIVATE_KEY)];
        let keys = session.find_objects(&private).unwrap();
        assert_eq!(keys.len(), 2);
        for key in keys {
            let asked = [
                AttributeType::Sensitive,
                AttributeType::AlwaysSensitive,
                AttributeType::Extractable,
                AttributeType::NeverExtractable,
                AttributeType::Value,
                AttributeType::PrivateExponent,
            ];
            let told = session.get_attributes(key, &asked).unwrap();
            assert_eq!(
                told,
                [
                    Attribute::Sensitive(true),
                    Attribute::AlwaysSensitive(true),
                    Attribute::Extractable(false),
                    Attribute::NeverExtractable(true),
                ],
                "neither value nor private exponent"
            );
        }
    });
}

#[test]
fn a_session_that_was_lost_is_opened_anew() {
    with_token("a_session_that_was_lost_is_opened_anew", |folder| {
        let fixture = journey(folder, CaKeyAlgorithm::P256);
        // Whoever logs out does so for every session of the process.
        session().logout().unwrap();
        enrol(&fixture, 3, "SN-4711-0817", KeyAlgorithm::Es256);
    });
}

#[test]
fn a_token_that_is_away_spends_no_otp() {
    with_token("a_token_that_is_away_spends_no_otp", |folder| {
        let fixture = journey(folder, CaKeyAlgorithm::P256);
        let registered = fixture.register("SN-4711-0817");
        let device = Device::new(3, &registered.link, "SN-4711-0817");
        let pin = folder.join("pin");
        fs::rename(&pin, folder.join("elsewhere")).unwrap();
        session().logout().unwrap();
        let refused = fixture.confirm(&device).unwrap_err().problem();
        assert_eq!(refused.name.as_str(), "ca-unavailable");
        fs::rename(folder.join("elsewhere"), &pin).unwrap();
        fixture.confirm(&device).unwrap();
    });
}

#[test]
fn a_token_that_was_pulled_out_is_taken_up_again() {
    with_token("a_token_that_was_pulled_out_is_taken_up_again", |folder| {
        let fixture = journey(folder, CaKeyAlgorithm::P256);
        let registered = fixture.register("SN-4711-0817");
        let device = Device::new(3, &registered.link, "SN-4711-0817");
        let token = SoftHsm::at(folder);
        token.take_away().unwrap();
        for _ in 0..2 {
            let refused = fixture.confirm(&device).unwrap_err().problem();
            assert_eq!(refused.name.as_str(), "ca-unavailable");
        }
        token.bring_back().unwrap();
        fixture.confirm(&device).unwrap();
    });
}

#[test]
fn a_pin_that_was_refused_is_not_shown_again() {
    with_token("a_pin_that_was_refused_is_not_shown_again", |folder| {
        let token = SoftHsm::at(folder);
        let database = Folder::new();
        let mut config = config(&database);
        config.providers[0].ca = by_token(folder);
        let ask = || {
            let asked = ceremony(&config).request(&demo(), CaKeyAlgorithm::P256, operator());
            asked.map_err(|error| error.to_string())
        };
        token.set_pin("0000").unwrap();
        let refused = ask().unwrap_err();
        assert!(refused.contains("refused the PIN"), "{refused}");
        // A token that is not there cannot have been asked.
        token.take_away().unwrap();
        assert_eq!(ask().unwrap_err(), refused);
        token.set_pin(PIN).unwrap();
        let away = ask().unwrap_err();
        assert!(away.contains("no token"), "{away}");
        token.bring_back().unwrap();
        ask().unwrap();
    });
}

#[test]
fn many_devices_at_once_share_a_few_sessions() {
    with_token("many_devices_at_once_share_a_few_sessions", |folder| {
        let fixture = journey(folder, CaKeyAlgorithm::P256);
        let devices: Vec<_> = (0..24)
            .map(|number| {
                let id = format!("SN-4711-1{number:03}");
                let registered = fixture.register(&id);
                Device::new(100 + number, &registered.link, &id)
            })
            .collect();
        thread::scope(|scope| {
            for device in &devices {
                scope.spawn(|| fixture.confirm(device).unwrap());
            }
        });
    });
}

#[test]
fn a_wrong_pin_and_a_missing_token_are_said() {
    with_token("a_wrong_pin_and_a_missing_token_are_said", |folder| {
        let database = Folder::new();
        let refusal = |change: fn(&mut TokenConfig)| {
            let mut config = config(&database);
            config.providers[0].ca = by_token(folder);
            let CaConfig::Ceremony { token: Some(token) } = &mut config.providers[0].ca else {
                panic!("by a token")
            };
            change(token);
            let refused = ceremony(&config).request(&demo(), CaKeyAlgorithm::P256, operator());
            match refused {
                Err(CaCeremonyError::Token(problem)) => problem,
                other => panic!("{other:?}"),
            }
        };
        let missing = refusal(|token| token.token = "another".into());
        assert_eq!(missing, "there is no token with this label");
        let no_pin = refusal(|token| token.pin_file = Some("nowhere".into()));
        assert!(no_pin.starts_with("the PIN cannot be read"), "{no_pin}");
        fs::write(folder.join("wrong"), "0000").unwrap();
        let wrong = refusal(|token| {
            let right = token.pin_file.take().unwrap();
            token.pin_file = Some(right.with_file_name("wrong"));
        });
        assert!(wrong.contains("PIN"), "{wrong}");
        let no_module = refusal(|token| token.module = "/nowhere.so".into());
        assert!(no_module.contains("/nowhere.so"), "{no_module}");
    });
}
