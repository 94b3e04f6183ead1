//! The customer's app as a phone installs it: its manifest (W3C Web Application Manifest) and the
//! service worker that opens `/device` without a connection.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use gridpass_app::messages::{Language, own};
use gridpass_app::ssr::{Assets, language_of};
use gridpass_protocol::encoding::b64u;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::state::App;

/// A drawing of the app, served as it lies in `public`.
pub(crate) struct Icon {
    pub path: &'static str,
    media_type: &'static str,
    sizes: &'static str,
    purpose: &'static str,
}

const fn icon(
    path: &'static str,
    media_type: &'static str,
    sizes: &'static str,
    purpose: &'static str,
) -> Icon {
    Icon {
        path,
        media_type,
        sizes,
        purpose,
    }
}

/// What a phone may choose from. A maskable one fills its square: phones cut it to their own shape.
pub(crate) const ICONS: [Icon; 4] = [
    icon("/icon-192.png", "image/png", "192x192", "any"),
    icon("/icon-512.png", "image/png", "512x512", "any"),
    icon("/icon-maskable-512.png", "image/png", "512x512", "maskable"),
    icon("/icon-maskable.svg", "image/svg+xml", "any", "maskable"),
];

/// The script without what it has to know of this portal.
const SERVICE_WORKER: &str = include_str!("../../../phone/service-worker.js");

/// Serves the manifest in the reader's language.
pub(crate) async fn manifest(headers: HeaderMap) -> Response {
    let language = language_of(&headers);
    let words = own::own_messages(language);
    let icons = ICONS.map(|icon| {
        json!({
            "src": icon.path,
            "type": icon.media_type,
            "sizes": icon.sizes,
            "purpose": icon.purpose,
        })
    });
    let manifest = json!({
        "id": "/device",
        "name": format!("Gridpass · {}", words.this_device.title),
        "short_name": "Gridpass",
        "description": words.installed.description,
        "lang": language.tag(),
        "start_url": "/device",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f4f8f6",
        "theme_color": "#0b6b57",
        "icons": icons,
    });
    let headers = [
        (CONTENT_TYPE, "application/manifest+json"),
        (VARY, "accept-language, cookie"),
    ];
    (headers, manifest.to_string()).into_response()
}

/// Serves the service worker. Its text changes whenever the page's files or words do, which is how a
/// browser sees that there is a new one.
pub(crate) async fn service_worker(State(app): State<Arc<App>>) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        // A browser asks for it with every visit; it never runs one that lies around.
        (CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("service-worker-allowed"), "/"),
    ];
    let shell = shell(&app.assets);
    (headers, format!("const SHELL = {shell};\n{SERVICE_WORKER}")).into_response()
}

fn shell(assets: &Assets) -> Value {
    let files = assets.of_device();
    let mut version = Sha256::new();
    for file in &files {
        version.update(file);
        version.update([0]);
    }
    let mut words = serde_json::Map::new();
    for language in Language::ALL {
        let own = own::own_messages(language);
        version.update(format!("{:?}", own.this_device));
        let notification = json!({
            "title": own.installed.news,
            "text": own.installed.news_text,
        });
        words.insert(language.tag().to_owned(), notification);
    }
    json!({
        "version": b64u(&version.finalize()[..9]),
        "files": files,
        "languages": Language::ALL.map(Language::tag),
        "words": words,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::testing::Portal;

    #[tokio::test]
    async fn the_manifest_names_the_page_and_drawings_that_are_there() {
        let portal = Portal::new();
        let answer = portal.get("/manifest.webmanifest").await;
        assert_eq!(answer.headers["content-type"], "application/manifest+json");
        let manifest: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(manifest["start_url"], "/device");
        let icons = manifest["icons"].as_array().unwrap();
        assert!(icons.iter().any(|icon| icon["purpose"] == "maskable"));
        let public = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public");
        for icon in icons {
            let path = icon["src"].as_str().unwrap();
            assert!(public.join(&path[1..]).is_file(), "{path}");
        }
        let spanish = portal
            .get_as("/manifest.webmanifest", "gridpass-language=es")
            .await;
        assert!(
            spanish.body.contains("Este dispositivo"),
            "{}",
            spanish.body
        );
        let page = portal.get("/device").await;
        assert!(page.body.contains("/manifest.webmanifest"));
        assert_eq!(page.headers["content-language"], "en");
    }

    #[tokio::test]
    async fn the_service_worker_knows_every_file_of_the_page_and_is_asked_for_each_time() {
        let portal = Portal::new();
        let script = portal.get("/sw.js").await;
        assert_eq!(script.headers["cache-control"], "no-cache");
        assert!(
            script.headers["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/javascript")
        );
        let page = portal.get("/device").await.body;
        let named = page.split('"').filter(|part| part.starts_with("/pkg/"));
        let mut count = 0;
        for file in named {
            assert!(script.body.contains(&format!("\"{file}\"")), "{file}");
            count += 1;
        }
        assert!(count >= 4, "{page}");
        assert!(
            !script.body.contains("/api/"),
            "no call is answered from a copy"
        );
    }

    #[test]
    fn the_service_worker_changes_with_the_files_of_the_page() {
        let assets = |css: &str| {
            let script = || gridpass_app::ssr::ScriptAssets {
                js: "/pkg/a.js?v=1".to_owned(),
                wasm: "/pkg/a_bg.wasm?v=1".to_owned(),
            };
            Assets {
                js: "/pkg/c.js".to_owned(),
                wasm: "/pkg/c_bg.wasm".to_owned(),
                css: css.to_owned(),
                worker: "/pkg/gridpass-worker-loader.js?v=1".to_owned(),
                desk: script(),
                phone: script(),
            }
        };
        let (one, other) = (shell(&assets("/pkg/1.css")), shell(&assets("/pkg/2.css")));
        assert_ne!(one["version"], other["version"]);
        assert_eq!(one["version"], shell(&assets("/pkg/1.css"))["version"]);
        let files = one["files"].to_string();
        for file in [
            "gridpass-worker-loader.js?v=1",
            "gridpass-worker.js?v=1",
            "gridpass-worker_bg.wasm?v=1",
        ] {
            assert!(files.contains(file), "{files}");
        }
        assert!(
            !files.contains("/pkg/c.js"),
            "nothing of other pages: {files}"
        );
    }
}
