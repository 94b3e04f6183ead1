use std::sync::Mutex;

use const_oid::db::rfc5280::{ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH};
use gridpass_protocol::{CsrContent, DeviceKey, KeyAlgorithm, PrivateKey, TemporaryId};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use x509_cert::ext::{
    Extension,
    pkix::{NameConstraints, name::GeneralName},
};

use super::*;
use crate::{
    ca::{
        profile::{
            Criticality, Draft, PathLength, authority_extensions, common_name, extension,
            key_identifier, sign, validity,
        },
        signer::{Signer, SoftwareSigner},
    },
    enrollment::Serial,
    random::Random,
};

const NOW: UnixTime = UnixTime(1_798_761_600);
const DAY: u64 = 24 * 60 * 60;

/// A CA of the tests; each test spoils one thing of it.
struct Authority {
    name: &'static str,
    signer: SoftwareSigner,
    not_after: UnixTime,
    extensions: Vec<Extension>,
}

impl Authority {
    fn new(seed: u64, name: &'static str, path_length: PathLength) -> Self {
        let source = Mutex::new(ChaCha20Rng::seed_from_u64(seed));
        let key = PrivateKey::make_p256(&mut Random(&source));
        let signer = SoftwareSigner::new(key).unwrap();
        Self {
            extensions: authority_extensions(path_length, signer.spki_der(), None).unwrap(),
            name,
            signer,
            not_after: NOW.plus(1000 * DAY),
        }
    }

    /// Its certificate, signed by `issuer`.
    fn certified_by(&self, issuer: &Self) -> Vec<u8> {
        let name = common_name(self.name).unwrap();
        certify(
            issuer,
            &name,
            self.signer.spki_der(),
            self.not_after,
            &self.extensions,
        )
    }
}

fn certify(
    issuer: &Authority,
    subject: &[u8],
    spki: &[u8],
    not_after: UnixTime,
    extensions: &[Extension],
) -> Vec<u8> {
    let draft = Draft {
        serial: &Serial::from_bytes(&[0x42; 16]).unwrap(),
        issuer: &common_name(issuer.name).unwrap(),
        subject,
        spki,
        validity: validity(NOW.minus(DAY), not_after).unwrap(),
        extensions: extensions.to_vec(),
    };
    let tbs = draft.to_der(issuer.signer.algorithm()).unwrap();
    sign(&tbs, &issuer.signer).unwrap()
}

/// Root, issuing CA and device. A test changes one of them before it is judged.
struct World {
    root: Authority,
    issuing: Authority,
    /// What signs the issuing CA, if it is not the root.
    between: Option<Authority>,
    device: DeviceKey,
    csr: Vec<u8>,
    subject: Vec<u8>,
    spki: Vec<u8>,
    not_after: UnixTime,
    extensions: Vec<Extension>,
    anchors: Option<Vec<Vec<u8>>>,
    signed_by_device: bool,
}

fn usage(usage: KeyUsages) -> Extension {
    extension(Criticality::Critical, &KeyUsage(usage.into())).unwrap()
}

fn purpose(oid: const_oid::ObjectIdentifier) -> Extension {
    extension(Criticality::NonCritical, &ExtendedKeyUsage(vec![oid])).unwrap()
}

impl World {
    fn new() -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(9);
        let device = DeviceKey::make(&mut rng, KeyAlgorithm::Es256).unwrap();
        let content = CsrContent::default();
        let csr = device
            .csr(&content, &TemporaryId::from_bytes([7; 16]), &mut rng)
            .unwrap();
        Self {
            root: Authority::new(1, "upstream root", PathLength::Unlimited),
            issuing: Authority::new(2, "upstream issuing", PathLength::EndEntitiesOnly),
            between: None,
            subject: subject_of_request(&csr).unwrap(),
            spki: device.spki_der(),
            not_after: NOW.plus(300 * DAY),
            extensions: vec![
                usage(KeyUsages::DigitalSignature),
                purpose(ID_KP_CLIENT_AUTH),
            ],
            anchors: None,
            signed_by_device: false,
            device,
            csr,
        }
    }

    fn judge(&self) -> Result<usize, UpstreamFinding> {
        let root = self.root.certified_by(&self.root);
        let mut published = vec![root.clone()];
        match &self.between {
            None => published.push(self.issuing.certified_by(&self.root)),
            Some(between) => {
                published.push(between.certified_by(&self.root));
                published.push(self.issuing.certified_by(between));
            }
        }
        let anchors = self.anchors.clone().unwrap_or_else(|| vec![root]);
        let own = Authority {
            name: "device",
            signer: SoftwareSigner::new(
                PrivateKey::from_pkcs8_der(&self.device.to_pkcs8()).unwrap(),
            )
            .unwrap(),
            not_after: self.not_after,
            extensions: Vec::new(),
        };
        let issuer = if self.signed_by_device {
            &own
        } else {
            &self.issuing
        };
        let subject = if self.signed_by_device {
            common_name("device").unwrap()
        } else {
            self.subject.clone()
        };
        let der = certify(
            issuer,
            &subject,
            &self.spki,
            self.not_after,
            &self.extensions,
        );
        let judge = Judge::new(anchors, &CertificateProfile::default()).unwrap();
        let wanted = Wanted {
            spki: &self.device.spki_der(),
            csr: &self.csr,
            now: NOW,
            days: 398,
        };
        judge.lint(&der, &wanted)?;
        judge.chain(&der, &published, NOW).map(|chain| chain.len())
    }
}

fn finding(spoil: impl FnOnce(&mut World)) -> UpstreamFinding {
    let mut world = World::new();
    spoil(&mut world);
    world.judge().unwrap_err()
}

#[test]
fn what_a_sound_ca_sends_is_accepted() {
    assert_eq!(World::new().judge(), Ok(2));
    let mut deeper = World::new();
    deeper.between = Some(Authority::new(3, "upstream between", PathLength::Unlimited));
    assert_eq!(deeper.judge(), Ok(3));
}

#[test]
fn a_leaf_that_is_not_the_device_s_is_refused() {
    let other = PrivateKey::make_p256(&mut ChaCha20Rng::seed_from_u64(77));
    assert_eq!(
        finding(|world| world.spki = other.spki_der().to_vec()),
        UpstreamFinding::Key
    );
    assert_eq!(
        finding(|world| world.subject = common_name("somebody else").unwrap()),
        UpstreamFinding::Subject
    );
    assert_eq!(
        finding(|world| world.not_after = NOW),
        UpstreamFinding::Validity
    );
    assert_eq!(
        finding(|world| world.not_after = NOW.plus(800 * DAY)),
        UpstreamFinding::Validity
    );
    assert_eq!(
        finding(|world| world.extensions =
            authority_extensions(PathLength::Unlimited, &world.spki, None).unwrap()),
        UpstreamFinding::Authority
    );
    assert_eq!(
        finding(|world| world.extensions[0] = usage(KeyUsages::KeyEncipherment)),
        UpstreamFinding::Usage
    );
    assert_eq!(
        finding(|world| drop(world.extensions.remove(0))),
        UpstreamFinding::Usage
    );
    assert_eq!(
        finding(|world| world.extensions[1] = purpose(ID_KP_SERVER_AUTH)),
        UpstreamFinding::Purposes
    );
    assert_eq!(
        finding(|world| drop(world.extensions.remove(1))),
        UpstreamFinding::Purposes
    );
}

#[test]
fn a_leaf_that_signed_itself_is_refused() {
    let found = finding(|world| {
        world.signed_by_device = true;
        world.subject = common_name("device").unwrap();
    });
    assert!(matches!(
        found,
        UpstreamFinding::Subject | UpstreamFinding::Chain
    ));
    let mut world = World::new();
    world.signed_by_device = true;
    let der = {
        let signer =
            SoftwareSigner::new(PrivateKey::from_pkcs8_der(&world.device.to_pkcs8()).unwrap())
                .unwrap();
        let own = Authority {
            name: "device",
            signer,
            not_after: NOW,
            extensions: Vec::new(),
        };
        certify(
            &own,
            &world.subject,
            &world.spki,
            world.not_after,
            &world.extensions,
        )
    };
    let root = world.root.certified_by(&world.root);
    let judge = Judge::new(vec![root.clone()], &CertificateProfile::default()).unwrap();
    assert_eq!(
        judge.chain(&der, &[root, der.clone()], NOW),
        Err(UpstreamFinding::Chain)
    );
}

#[test]
fn a_chain_that_does_not_hold_is_refused() {
    type Spoil = fn(&mut World);
    let cases: [(&str, Spoil); 9] = [
        ("a foreign root", |world| {
            let foreign = Authority::new(50, "upstream root", PathLength::Unlimited);
            world.anchors = Some(vec![foreign.certified_by(&foreign)]);
        }),
        ("a root of another name", |world| {
            let foreign = Authority::new(51, "another root", PathLength::Unlimited);
            world.anchors = Some(vec![foreign.certified_by(&foreign)]);
        }),
        ("an issuing CA that has ended", |world| {
            world.issuing.not_after = NOW.minus(1);
        }),
        ("a root that has ended", |world| {
            world.root.not_after = NOW.minus(1)
        }),
        ("an issuing certificate that is no CA", |world| {
            world.issuing.extensions = vec![usage(KeyUsages::DigitalSignature)];
        }),
        ("an issuing CA that may not sign certificates", |world| {
            world.issuing.extensions[1] = usage(KeyUsages::CRLSign);
        }),
        ("a path that is too long", |world| {
            let between = Authority::new(3, "upstream between", PathLength::EndEntitiesOnly);
            world.between = Some(between);
        }),
        ("names that the CA may not give", |world| {
            let constraints = NameConstraints {
                permitted_subtrees: None,
                excluded_subtrees: Some(vec![
                    x509_cert::ext::pkix::constraints::name::GeneralSubtree {
                        base: GeneralName::DirectoryName(x509_cert::name::Name::default()),
                        minimum: 0,
                        maximum: None,
                    },
                ]),
            };
            world
                .issuing
                .extensions
                .push(extension(Criticality::Critical, &constraints).unwrap());
        }),
        ("a critical extension that nobody knows", |world| {
            world.issuing.extensions.push(Extension {
                extn_id: const_oid::ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.9"),
                critical: true,
                extn_value: der::asn1::OctetString::new([5, 0]).unwrap(),
            });
        }),
    ];
    for (what, spoil) in cases {
        assert_eq!(finding(spoil), UpstreamFinding::Chain, "{what}");
    }
}

#[test]
fn a_signature_by_another_key_is_refused() {
    let mut world = World::new();
    let impostor = Authority::new(60, "upstream issuing", PathLength::EndEntitiesOnly);
    let published = vec![
        world.root.certified_by(&world.root),
        world.issuing.certified_by(&world.root),
    ];
    let judge = Judge::new(vec![published[0].clone()], &CertificateProfile::default()).unwrap();
    world.issuing = impostor;
    let der = certify(
        &world.issuing,
        &world.subject,
        &world.spki,
        world.not_after,
        &world.extensions,
    );
    assert_eq!(
        judge.chain(&der, &published, NOW),
        Err(UpstreamFinding::Chain)
    );
}

#[test]
fn a_chain_over_a_root_that_was_followed_by_another_is_found() {
    let world = World::new();
    let old = Authority::new(70, "old root", PathLength::Unlimited);
    // The new root's key, certified by the old one (RFC 7030, 4.1.3: NewWithOld).
    let published = vec![
        world.root.certified_by(&world.root),
        world.root.certified_by(&old),
        world.issuing.certified_by(&world.root),
    ];
    let judge = Judge::new(vec![old.certified_by(&old)], &CertificateProfile::default()).unwrap();
    let der = certify(
        &world.issuing,
        &world.subject,
        &world.spki,
        world.not_after,
        &world.extensions,
    );
    let chain = judge.chain(&der, &published, NOW).unwrap();
    assert_eq!(chain.len(), 3);
    assert_eq!(chain[2], judge.anchors()[0]);
    assert!(key_identifier(&world.spki).is_ok());
}
