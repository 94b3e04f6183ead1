//! Passkeys: a button `<… data-passkey="create|get" data-begin=… data-finish=… data-next=…>` asks
//! the portal for a challenge, the browser for an answer, and leads on when the portal takes it.

use js_sys::{Array, Function, JSON, Object, Promise, Reflect, encode_uri_component, global};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Document, Element, Response, window};

use crate::page;

/// Brings every such button to life, if the browser knows passkeys.
pub(crate) fn enliven(document: &Document) {
    let knows = Reflect::get(&global(), &"PublicKeyCredential".into())
        .is_ok_and(|class| class.is_function());
    if !knows {
        return;
    }
    for part in page::all(document, "[data-passkey]") {
        let Ok(Some(button)) = part.query_selector("button") else {
            continue;
        };
        let asked = part.clone();
        let clicked = Closure::<dyn Fn()>::new(move || {
            let part = asked.clone();
            spawn_local(async move {
                if perform(&part).await.is_err() {
                    say(&part, &attribute(&part, "data-refused"));
                }
            });
        });
        let listener: &Function = clicked.as_ref().unchecked_ref();
        if button
            .add_event_listener_with_callback("click", listener)
            .is_ok()
        {
            // The listener lives as long as the page.
            clicked.forget();
            // Removing an attribute does not fail.
            let _ = part.remove_attribute("hidden");
        }
    }
}

async fn perform(part: &Element) -> Result<(), JsValue> {
    say(part, "");
    let asked = post(&attribute(part, "data-begin"), "").await?;
    let text = JsFuture::from(asked.json()?).await?;
    let options = JSON::parse(&text.as_string().unwrap_or_default())?;
    let public_key = Reflect::get(&options, &"publicKey".into())?;
    let (parse, act) = match attribute(part, "data-passkey").as_str() {
        "create" => ("parseCreationOptionsFromJSON", "create"),
        _ => ("parseRequestOptionsFromJSON", "get"),
    };
    let class = Reflect::get(&global(), &"PublicKeyCredential".into())?;
    let parsed = call(&class, parse, &public_key)?;
    let wrapped = Object::new();
    Reflect::set(&wrapped, &"publicKey".into(), &parsed)?;
    let navigator = Reflect::get(&global(), &"navigator".into())?;
    let credentials = Reflect::get(&navigator, &"credentials".into())?;
    let promise: Promise = call(&credentials, act, &wrapped)?.dyn_into()?;
    let credential = JsFuture::from(promise).await?;
    let json = JSON::stringify(&credential)?;
    let body = format!(
        "credential={}",
        String::from(encode_uri_component(&String::from(json)))
    );
    post(&attribute(part, "data-finish"), &body).await?;
    if let Some(window) = window() {
        window.location().assign(&attribute(part, "data-next"))?;
    }
    Ok(())
}

/// Calls a method by its name.
fn call(object: &JsValue, method: &str, argument: &JsValue) -> Result<JsValue, JsValue> {
    let method: Function = Reflect::get(object, &method.into())?.dyn_into()?;
    Reflect::apply(&method, object, &Array::of1(argument))
}

/// Sends a form; an error if the portal refuses it.
async fn post(address: &str, body: &str) -> Result<Response, JsValue> {
    let headers = Object::new();
    Reflect::set(&headers, &"accept".into(), &"application/json".into())?;
    Reflect::set(
        &headers,
        &"content-type".into(),
        &"application/x-www-form-urlencoded".into(),
    )?;
    let request = Object::new();
    Reflect::set(&request, &"method".into(), &"POST".into())?;
    Reflect::set(&request, &"headers".into(), &headers)?;
    Reflect::set(&request, &"body".into(), &body.into())?;
    let fetch: Function = Reflect::get(&global(), &"fetch".into())?.dyn_into()?;
    let promise: Promise = fetch
        .call2(&JsValue::UNDEFINED, &address.into(), &request)?
        .dyn_into()?;
    let response: Response = JsFuture::from(promise).await?.dyn_into()?;
    if response.ok() {
        Ok(response)
    } else {
        Err(JsValue::from(response.status()))
    }
}

fn say(part: &Element, words: &str) {
    if let Ok(Some(place)) = part.query_selector("[role=alert]") {
        place.set_text_content(Some(words));
    }
}

fn attribute(part: &Element, name: &str) -> String {
    part.get_attribute(name).unwrap_or_default()
}
