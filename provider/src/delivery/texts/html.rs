//! A label as an HTML mail: the QR code as a picture in the mail itself, the link and the code.

use std::fmt::Write as _;

use gridpass_protocol::Origin;

use super::{enroll_address, texts};
use crate::outbox::LabelWords;

/// The mail, with its picture under this content id.
pub(crate) fn label_html(
    label: &LabelWords,
    provider_name: &str,
    origin: &Origin,
    picture_id: &str,
) -> String {
    let texts = texts(label.language);
    let p = "margin:0 0 16px";
    let mut body = String::new();
    let _ = write!(
        body,
        "<p style=\"{p}\">{}</p><p style=\"{p}\">{}</p><ol style=\"{p};padding-left:24px\">",
        escaped(&(texts.greeting)(&label.name)),
        escaped(&(texts.label_lead)(provider_name)),
    );
    for step in texts.label_steps {
        let _ = write!(body, "<li style=\"margin:0 0 4px\">{}</li>", escaped(step));
    }
    let _ = write!(
        body,
        "</ol><p style=\"{p};text-align:center\"><img src=\"cid:{picture_id}\" width=\"320\" \
         height=\"320\" alt=\"{}\" style=\"background:#fff\"></p>\
         <p style=\"margin:0 0 8px\">{}</p><p style=\"{p}\"><a href=\"{}\" \
         style=\"display:inline-block;padding:12px 20px;border-radius:8px;background:#14532d;\
         color:#fff;text-decoration:none\">{}</a></p><p style=\"margin:0 0 8px\">{}</p>\
         <p style=\"{p};font-family:monospace;font-size:20px;letter-spacing:1px\">{}</p>\
         <p style=\"{p}\"><strong>{}</strong></p><p style=\"{p};color:#57534e\">{}</p>\
         <p style=\"margin:0\">{}</p>",
        escaped(texts.qr_alt),
        escaped(texts.label_here),
        escaped(&label.link),
        escaped(texts.label_open),
        escaped(&(texts.label_manual)(&enroll_address(origin))),
        escaped(&label.manual_code),
        escaped(&(texts.label_until)(&texts.moment(label.expires_at))),
        escaped(texts.label_care),
        escaped(provider_name),
    );
    format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title></head>\
         <body style=\"margin:0;padding:24px;background:#fff;color:#1c1917;\
         font-family:system-ui,sans-serif;font-size:16px;line-height:1.5\">\
         <div style=\"max-width:560px;margin:0 auto\">{body}</div></body></html>",
        texts.language,
        escaped(&(texts.label_subject)(provider_name)),
    )
}

/// A text where markup is read.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_bring_markup_into_a_mail() {
        assert_eq!(
            escaped("<b onclick=\"x\">A & B</b>"),
            "&lt;b onclick=&quot;x&quot;&gt;A &amp; B&lt;/b&gt;"
        );
    }
}
