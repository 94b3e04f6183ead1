//! Every setting is in the documentation, and everything in its tables is a setting.

use std::collections::BTreeSet;

use super::Config;

const README: &str = include_str!("../../../README.md");
const PAGES: [&str; 4] = [
    README,
    include_str!("../../../docs/certificate-authority.md"),
    include_str!("../../../docs/est.md"),
    include_str!("../../../docs/operations.md"),
];

/// The names that follow `section`, as the refusal of one that there is not tells them; none if
/// `section` is a value.
fn names_in(section: &str) -> Vec<String> {
    let variable = format!(
        "GRIDPASS_{}NO_SUCH_NAME",
        section.to_uppercase().replace('.', "__")
    );
    let values = [(variable, "1".to_owned())]
        .into_iter()
        .chain(required(section));
    let refusal = Config::read(crate::testing::CONFIG.as_ref(), values)
        .unwrap_err()
        .to_string();
    let Some((_, expected)) = refusal.split_once("unknown field `no_such_name`, expected ") else {
        return Vec::new();
    };
    // What follows is where the value came from.
    let expected = expected.split(" for key").next().unwrap_or_default();
    let names = expected.split('`').skip(1).step_by(2);
    names.map(|name| format!("{section}{name}")).collect()
}

/// What a section cannot do without.
fn required(section: &str) -> Vec<(String, String)> {
    let value = |name: &str, value: &str| (format!("GRIDPASS_{name}"), value.to_owned());
    match section {
        "tls." => vec![
            value("TLS__CERTIFICATE", "c.pem"),
            value("TLS__KEY", "k.pem"),
        ],
        "metrics." => vec![value("METRICS__LISTEN", "127.0.0.1:1")],
        "traces." => vec![value("TRACES__OTLP", "http://127.0.0.1:1")],
        "delivery.sms." => vec![value("DELIVERY__SMS__URL", "https://sms.example")],
        "delivery.smtp." => vec![value("DELIVERY__SMTP__HOST", "mail.example")],
        _ => Vec::new(),
    }
}

/// Every setting but those of providers, which no variable reaches.
fn settings() -> BTreeSet<String> {
    let mut settings = BTreeSet::new();
    let mut sections = vec![String::new()];
    while let Some(section) = sections.pop() {
        for name in names_in(&section) {
            if name == "providers" {
                continue;
            }
            let below = format!("{name}.");
            if names_in(&below).is_empty() {
                settings.insert(name);
            } else {
                sections.push(below);
            }
        }
    }
    settings
}

#[test]
fn every_setting_is_documented() {
    let settings = settings();
    for known in [
        "listen",
        "limits.otp_failures_per_ip",
        "metrics.token_file",
        "mtls.tls12",
    ] {
        assert!(settings.contains(known), "{known} is not in {settings:?}");
    }
    let is_told = |name: &String| {
        let (section, last) = name.rsplit_once('.').unwrap_or(("", name));
        // Tables shorten what repeats: `delivery.smtp.host`, `….port`; `limits.…_per_ip`, `…_window`.
        let shortened = last.rsplit_once('_').map(|(_, end)| format!("`…_{end}`"));
        let row_of = |line: &&str| line.starts_with('|') && line.contains(&format!("`{section}."));
        PAGES.iter().any(|page| {
            page.contains(&format!("`{name}`"))
                || page.lines().filter(row_of).any(|line| {
                    line.contains(&format!("`….{last}`"))
                        || shortened.as_ref().is_some_and(|end| line.contains(end))
                        || (line.contains("`…_per_account`") && last.ends_with("_per_account"))
                })
        })
    };
    let untold: Vec<_> = settings.iter().filter(|name| !is_told(name)).collect();
    assert!(untold.is_empty(), "{untold:?}");
}

#[test]
fn what_the_table_names_is_a_setting() {
    let settings = settings();
    let (_, after) = README.split_once("| value | means | default |").unwrap();
    let (table, _) = after.split_once("Each `[[providers]]`").unwrap();
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let names = row.split('|').nth(1).unwrap();
        let first = names.split('`').nth(1).unwrap();
        assert!(settings.contains(first), "{first}");
    }
}
