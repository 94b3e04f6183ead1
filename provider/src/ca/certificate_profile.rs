//! What a provider wants its devices' certificates to say, and which of it goes together.

use const_oid::{
    ObjectIdentifier,
    db::rfc5280::{
        ANY_EXTENDED_KEY_USAGE, ANY_POLICY, ID_KP_CLIENT_AUTH, ID_KP_CODE_SIGNING,
        ID_KP_OCSP_SIGNING, ID_KP_SERVER_AUTH, ID_KP_TIME_STAMPING,
    },
};
use der::{
    Any, Encode,
    asn1::{Ia5String, OctetString},
};
use gridpass_protocol::{DeviceId, DeviceIdKind};
use serde::{Deserialize, Deserializer, de::Error as _};
use x509_cert::ext::pkix::name::{GeneralName, HardwareModuleName, OtherName};

use super::profile::device_name;
use crate::id::EnrollmentId;

/// `id-on-hardwareModuleName` (RFC 4108, section 5).
const HARDWARE_MODULE_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.8.4");

/// Policies or purposes that a profile may have: a certificate is to stay small.
const MOST: usize = 8;

/// An object identifier, as a text with dots in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oid(ObjectIdentifier);

impl<'de> Deserialize<'de> for Oid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let named = match text.as_str() {
            "client-auth" => Some(ID_KP_CLIENT_AUTH),
            _ => ObjectIdentifier::new(&text).ok(),
        };
        named
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("`{text}` is no object identifier")))
    }
}

/// Who a certificate is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectContent {
    /// The subject of the device's request: the label's CSR content and the temporary id.
    #[default]
    Request,
    /// Nobody: the device is named by its alternative names alone, which are critical then
    /// (RFC 5280, 4.1.2.6), as certificates in the manner of IEEE 2030.5 have it.
    Empty,
}

/// How the device ID stands in a certificate, besides `urn:uuid:<enrollment id>`. Without any of
/// these a certificate does not tell the device ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "form", rename_all = "kebab-case", deny_unknown_fields)]
pub enum DeviceName {
    /// `urn:dev:mac:` and the EUI-64, for device IDs that are a MAC address or an EUI-64
    /// (RFC 9039, 4.1); other devices have no such name.
    UrnDevMac,
    /// `urn:dev:os:<number>-<device ID>` (RFC 9039, 4.4).
    UrnDevOs {
        /// The private enterprise number of the organisation that gave the device IDs.
        organization: u32,
    },
    /// A hardwareModuleName whose serial number is the device ID in ASCII (RFC 4108, section 5).
    HardwareModule {
        /// The type of the hardware, of its maker's choice.
        #[serde(rename = "type")]
        kind: Oid,
    },
}

/// What a provider's certificates say, besides what every one of them does.
///
/// What every one does: version 3, a random serial number of 128 bits (RFC 5280, 4.1.2.2: MUST,
/// positive and at most 20 octets), keyUsage critical (4.2.1.3: SHOULD) and fit for the key
/// (RFC 5480, section 3; RFC 4055, 1.2: MUST), subject and authority key identifier (RFC 5280,
/// 4.2.1.1 and 4.2.1.2: MUST and SHOULD), CRL distribution point (4.2.1.13: SHOULD), OCSP
/// (4.2.2.1), the name `urn:uuid:<enrollment id>`; no basic constraints (4.2.1.9: MAY).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CertificateProfile {
    /// Who it is about.
    pub subject: SubjectContent,
    /// What its key may be used for: `client-auth`, and object identifiers of one's own.
    pub purposes: Vec<Oid>,
    /// How the device ID stands in it, if it is to.
    pub device_names: Vec<DeviceName>,
    /// Policies that it is issued under. Not critical: relying parties that know none of them are
    /// to accept it nevertheless (RFC 5280, 4.2.1.4).
    pub policies: Vec<Oid>,
}

impl Default for CertificateProfile {
    fn default() -> Self {
        Self {
            subject: SubjectContent::Request,
            purposes: vec![Oid(ID_KP_CLIENT_AUTH)],
            device_names: Vec::new(),
            policies: Vec::new(),
        }
    }
}

impl CertificateProfile {
    /// The first setting that does not go with the others or with a standard, and the sentence
    /// that says so.
    pub(crate) fn problem(&self) -> Option<(&'static str, &'static str)> {
        self.problem_of_purposes()
            .map(|problem| ("purposes", problem))
            .or_else(|| {
                self.problem_of_policies()
                    .map(|problem| ("policies", problem))
            })
            .or_else(|| {
                self.problem_of_names()
                    .map(|problem| ("device_names", problem))
            })
    }

    fn problem_of_purposes(&self) -> Option<&'static str> {
        let has = |oid| self.purposes.contains(&Oid(oid));
        if !has(ID_KP_CLIENT_AUTH) {
            return Some(
                "client-auth is needed: devices come with their certificate in TLS (RFC 5280, 4.2.1.12)",
            );
        }
        if has(ANY_EXTENDED_KEY_USAGE) {
            return Some(
                "anyExtendedKeyUsage would take the limits off again (RFC 5280, 4.2.1.12)",
            );
        }
        if has(ID_KP_OCSP_SIGNING) {
            return Some(
                "OCSPSigning would let a device answer for the CA that issued it (RFC 6960, 4.2.2.2)",
            );
        }
        if has(ID_KP_SERVER_AUTH) {
            return Some(
                "serverAuth needs the name of a server, which a device has not (RFC 9525, 3)",
            );
        }
        if has(ID_KP_TIME_STAMPING) {
            return Some("timeStamping must be the only purpose of a key (RFC 3161, 2.3)");
        }
        if has(ID_KP_CODE_SIGNING) {
            return Some(
                "codeSigning does not go with a key that a device keeps (RFC 5280, 4.2.1.12)",
            );
        }
        is_list(&self.purposes).then_some("each purpose once, and 8 at most (RFC 5280, 4.2.1.12)")
    }

    fn problem_of_policies(&self) -> Option<&'static str> {
        if self.policies.contains(&Oid(ANY_POLICY)) {
            return Some("anyPolicy says nothing of a device (RFC 5280, 4.2.1.4)");
        }
        is_list(&self.policies).then_some(
            "a policy must not appear more than once (RFC 5280, 4.2.1.4), and 8 at most do",
        )
    }

    fn problem_of_names(&self) -> Option<&'static str> {
        for name in &self.device_names {
            if let DeviceName::UrnDevOs { organization: 0 } = name {
                return Some("an organisation's number is not 0 (RFC 9039, 4.4: posnumber)");
            }
        }
        is_list(&self.device_names).then_some("each form once, and 8 at most")
    }

    pub(super) fn purpose_oids(&self) -> Vec<ObjectIdentifier> {
        self.purposes.iter().map(|purpose| purpose.0).collect()
    }

    pub(super) fn policy_oids(&self) -> Vec<ObjectIdentifier> {
        self.policies.iter().map(|policy| policy.0).collect()
    }

    /// The names of a device, in their order.
    pub(super) fn names(
        &self,
        enrollment_id: EnrollmentId,
        device_id: &DeviceId,
    ) -> der::Result<Vec<GeneralName>> {
        let mut names = vec![uri(&device_name(enrollment_id))?];
        for name in &self.device_names {
            names.extend(name.of(device_id)?);
        }
        Ok(names)
    }
}

/// Whether a list repeats something or is too long.
fn is_list<T: PartialEq>(items: &[T]) -> bool {
    items.len() > MOST || (1..items.len()).any(|place| items[..place].contains(&items[place]))
}

impl DeviceName {
    fn of(self, device_id: &DeviceId) -> der::Result<Option<GeneralName>> {
        let text = device_id.as_str();
        match self {
            Self::UrnDevMac => eui64(device_id)
                .map(|eui64| uri(&format!("urn:dev:mac:{eui64}")))
                .transpose(),
            Self::UrnDevOs { organization } => {
                uri(&format!("urn:dev:os:{organization}-{text}")).map(Some)
            }
            Self::HardwareModule { kind } => {
                let name = HardwareModuleName {
                    hw_type: kind.0,
                    hw_serial_num: OctetString::new(text.as_bytes())?,
                };
                Ok(Some(GeneralName::OtherName(OtherName {
                    type_id: HARDWARE_MODULE_NAME,
                    value: Any::encode_from(&name)?,
                })))
            }
        }
    }
}

/// 16 hexadecimal digits in lower case: an EUI-64 as it is, a MAC-48 with ffff in its middle
/// (RFC 9039, 4.1).
fn eui64(device_id: &DeviceId) -> Option<String> {
    let digits = device_id.as_str().to_ascii_lowercase();
    match device_id.kind() {
        DeviceIdKind::Eui64 => Some(digits),
        DeviceIdKind::Mac => Some(format!("{}ffff{}", &digits[..6], &digits[6..])),
        DeviceIdKind::Imei | DeviceIdKind::Udid | DeviceIdKind::Serial => None,
    }
}

pub(super) fn uri(text: &str) -> der::Result<GeneralName> {
    Ok(GeneralName::UniformResourceIdentifier(Ia5String::new(
        text,
    )?))
}

/// The names of a certificate, DER, to compare them.
pub(super) fn names_der(names: &[GeneralName]) -> der::Result<Vec<Vec<u8>>> {
    names.iter().map(Encode::to_der).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(json: serde_json::Value) -> CertificateProfile {
        serde_json::from_value(json).unwrap()
    }

    fn names(form: serde_json::Value, device_id: &str) -> Vec<String> {
        let profile = profile(serde_json::json!({ "device_names": [form] }));
        let device_id = DeviceId::parse(device_id).unwrap();
        let names = profile.names(EnrollmentId::nil(), &device_id).unwrap();
        names
            .iter()
            .filter_map(|name| match name {
                GeneralName::UniformResourceIdentifier(uri) => Some(uri.as_str().to_owned()),
                _ => None,
            })
            .skip(1)
            .collect()
    }

    #[test]
    fn device_ids_become_the_names_of_rfc_9039() {
        let mac = serde_json::json!({ "form": "urn-dev-mac" });
        assert_eq!(
            names(mac.clone(), "00:24:be:80:4f:f1"),
            ["urn:dev:mac:0024beffff804ff1"]
        );
        assert_eq!(
            names(mac.clone(), "acde48234567019f"),
            ["urn:dev:mac:acde48234567019f"]
        );
        assert!(names(mac, "SN-4711-0815").is_empty());
        assert_eq!(
            names(
                serde_json::json!({ "form": "urn-dev-os", "organization": 32473 }),
                "SN-4711-0815"
            ),
            ["urn:dev:os:32473-SN47110815"]
        );
    }

    #[test]
    fn what_does_not_go_together_is_refused_by_its_clause() {
        for (json, setting, clause) in [
            (
                serde_json::json!({ "purposes": [] }),
                "purposes",
                "4.2.1.12",
            ),
            (
                serde_json::json!({ "purposes": ["client-auth", "2.5.29.37.0"] }),
                "purposes",
                "4.2.1.12",
            ),
            (
                serde_json::json!({ "purposes": ["client-auth", "1.3.6.1.5.5.7.3.9"] }),
                "purposes",
                "RFC 6960",
            ),
            (
                serde_json::json!({ "purposes": ["client-auth", "1.3.6.1.5.5.7.3.1"] }),
                "purposes",
                "RFC 9525",
            ),
            (
                serde_json::json!({ "purposes": ["client-auth", "1.3.6.1.5.5.7.3.8"] }),
                "purposes",
                "RFC 3161",
            ),
            (
                serde_json::json!({ "purposes": ["client-auth", "client-auth"] }),
                "purposes",
                "once",
            ),
            (
                serde_json::json!({ "policies": ["1.2.3", "1.2.3"] }),
                "policies",
                "4.2.1.4",
            ),
            (
                serde_json::json!({ "policies": ["2.5.29.32.0"] }),
                "policies",
                "4.2.1.4",
            ),
            (
                serde_json::json!({ "device_names": [{ "form": "urn-dev-os", "organization": 0 }] }),
                "device_names",
                "RFC 9039",
            ),
        ] {
            let (found, sentence) = profile(json.clone()).problem().unwrap();
            assert_eq!(found, setting, "{json}");
            assert!(sentence.contains(clause), "{json}: {sentence}");
        }
        assert_eq!(CertificateProfile::default().problem(), None);
        let unknown = serde_json::json!({ "policies": ["one.two"] });
        assert!(serde_json::from_value::<CertificateProfile>(unknown).is_err());
    }
}
