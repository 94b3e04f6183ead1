//! Copies of the server's templates, and filling them in.
//!
//! | mark | means |
//! |---|---|
//! | `data-fact="NAME"` | this fact as text |
//! | `data-part="NAME"` | shown when there is such a thing |
//! | `data-list="NAME"` | where copies of another template go |
//! | `data-key` | on a copy: what it is a copy for |

use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlTemplateElement, Node};

use crate::page;

/// A copy of what the template with this id holds.
pub(crate) fn copy(document: &Document, id: &str) -> Option<Element> {
    let template: HtmlTemplateElement = document.get_element_by_id(id)?.dyn_into().ok()?;
    let element = template.content().first_element_child()?;
    let copy: Node = element.clone_node_with_deep(true).ok()?;
    copy.dyn_into().ok()
}

/// Makes the list `name` within `place` hold one copy of a template for each key, in this order.
/// Copies that are there stay, and with them whatever has the focus.
pub(crate) fn list(place: &Element, name: &str, template: &str, keys: &[&str]) -> Vec<Element> {
    let found = page::first(place, &format!("[data-list={name}]")).zip(page::document());
    let Some((list, document)) = found else {
        return Vec::new();
    };
    let old = page::all(&list, ":scope > [data-key]");
    let key_of = |element: &Element| element.get_attribute("data-key").unwrap_or_default();
    let in_order =
        old.len() == keys.len() && old.iter().zip(keys).all(|(old, key)| key_of(old) == *key);
    if in_order {
        return old;
    }
    let mut elements = Vec::with_capacity(keys.len());
    for key in keys {
        let known = old.iter().find(|old| key_of(old) == *key).cloned();
        let Some(element) = known.or_else(|| copy(&document, template)) else {
            continue;
        };
        // Attributes of fixed, valid names, and elements of this document: nothing of it fails.
        let _ = element.set_attribute("data-key", key);
        let _ = list.append_child(&element);
        elements.push(element);
    }
    for old in old {
        if !keys.contains(&key_of(&old).as_str()) {
            old.remove();
        }
    }
    elements
}

/// Fills a fact in.
pub(crate) fn fact(place: &Element, name: &str, text: &str) {
    for element in page::all(place, &format!("[data-fact={name}]")) {
        page::set_text(&element, text);
    }
}

/// Shows the elements that a mark names by this word, and hides those that it names by another.
pub(crate) fn choose(place: &Element, mark: &str, word: &str) {
    for element in page::all(place, &format!("[{mark}]")) {
        let holds = element.get_attribute(mark).as_deref() == Some(word);
        page::set_sight(&element, holds.into());
    }
}

/// Shows a part, or hides it.
pub(crate) fn part(place: &Element, name: &str, holds: impl Into<page::Sight>) {
    let sight = holds.into();
    for element in page::all(place, &format!("[data-part={name}]")) {
        page::set_sight(&element, sight);
    }
}
