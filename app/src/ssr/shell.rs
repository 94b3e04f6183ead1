//! The document around every page.

use super::{Assets, ScriptAssets, request_language};
use crate::App;
use axum::http::request::Parts;
use gridpass_protocol::handover::HANDOVER_PATH;
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;
use std::sync::Arc;

/// Brings every island to life, in the order of the document.
const START_ISLANDS: &str = "for (const island of document.querySelectorAll(\"leptos-island\"))\n  await page[island.dataset.component](island);\n";

/// The whole document: head with styles and scripts, and the site in its body.
///
/// The only inline script carries the nonce of the Content-Security-Policy; there is no inline
/// style.
pub fn shell() -> impl IntoView {
    // What is outside of islands never comes to life: nothing of it travels as data.
    if let Some(context) = Owner::current_shared_context() {
        context.set_is_hydrating(false);
    }
    let language = request_language();
    view! {
        <!DOCTYPE html>
        <html lang=language.tag()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f4f8f6" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0c1517" />
                <meta name="description" content=language.messages().common.description />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                {use_context::<Arc<Assets>>().map(|assets| asset_tags(&assets))}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

fn asset_tags(assets: &Assets) -> impl IntoView + use<> {
    let css = assets.css.clone();
    let script = match scripted() {
        Scripted::Desk => script_tags(&assets.desk).into_any(),
        Scripted::Phone => phone_tags(assets).into_any(),
        Scripted::Islands => client_tags(assets).into_any(),
    };
    view! {
        <link rel="stylesheet" href=css />
        {script}
    }
}

/// What brings a page to life.
enum Scripted {
    /// A page of the provider's staff: it has no islands, and a script of its own.
    Desk,
    /// The page of an enrolled device, and the one that hands a gateway over: alike.
    Phone,
    /// Any other page.
    Islands,
}

fn scripted() -> Scripted {
    let Some(parts) = use_context::<Parts>() else {
        return Scripted::Islands;
    };
    let path = parts.uri.path();
    if path == HANDOVER_PATH {
        return Scripted::Phone;
    }
    match path.split('/').nth(1) {
        Some("staff") => Scripted::Desk,
        Some("device") => Scripted::Phone,
        _ => Scripted::Islands,
    }
}

fn phone_tags(assets: &Assets) -> impl IntoView + use<> {
    view! {
        <link rel="manifest" href="/manifest.webmanifest" crossorigin="use-credentials" />
        <link rel="apple-touch-icon" href="/icon-touch-180.png" />
        <meta name="gridpass-worker" content=assets.worker.clone() />
        {script_tags(&assets.phone)}
    }
}

fn script_tags(script: &ScriptAssets) -> impl IntoView + use<> {
    let ScriptAssets { js, wasm } = script.clone();
    let start = format!(
        "import * as page from \"{js}\";\nawait page.default({{ module_or_path: \"{wasm}\" }});\npage.start();\n"
    );
    view! {
        <link rel="modulepreload" href=js />
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="" />
        <script type="module" nonce=use_nonce()>
            {start}
        </script>
    }
}

fn client_tags(assets: &Assets) -> impl IntoView + use<> {
    let Assets {
        js, wasm, worker, ..
    } = assets.clone();
    let start = format!(
        "import * as page from \"{js}\";\nawait page.default({{ module_or_path: \"{wasm}\" }});\npage.hydrate();\n{START_ISLANDS}"
    );
    view! {
        <link rel="modulepreload" href=js />
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="" />
        <meta name="gridpass-worker" content=worker />
        <script type="module" nonce=use_nonce()>
            {start}
        </script>
    }
}
