//! From the OpenAPI document to what its page shows.

use super::request::refuse;
use crate::api::{
    ApiError,
    reference::{AnswerView, CallView, FieldView, GroupView, Presence, ReferenceView},
};
use axum::http::request::Parts;
use gridpass_protocol::problem::ProblemName;
use leptos::prelude::use_context;
use serde_json::Value;
use std::sync::Arc;

/// The OpenAPI document of the portal, as the server generated it: an extension of each request.
#[derive(Clone, Debug)]
pub struct ApiDocument(pub Arc<Value>);

/// The document as its page shows it.
///
/// # Errors
/// `internal-error` where the server provides none.
pub fn view() -> Result<ReferenceView, ApiError> {
    let document = use_context::<Parts>()
        .and_then(|parts| parts.extensions.get::<ApiDocument>().cloned())
        .ok_or_else(|| refuse(ProblemName::InternalError.into()))?;
    Ok(Reader(&document.0).reference())
}

/// Reads one document; what it does not say reads as empty.
struct Reader<'a>(&'a Value);

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

impl<'a> Reader<'a> {
    fn reference(&self) -> ReferenceView {
        let info = &self.0["info"];
        let tags = self.0["tags"].as_array().map_or(&[][..], Vec::as_slice);
        ReferenceView {
            version: text(&info["version"]),
            description: text(&info["description"]),
            groups: tags.iter().map(|tag| self.group(tag)).collect(),
        }
    }

    fn group(&self, tag: &Value) -> GroupView {
        let paths = self.0["paths"].as_object();
        let calls = paths
            .into_iter()
            .flatten()
            .flat_map(|(path, item)| METHODS.map(|method| (path, method, &item[method])))
            .filter(|(_, _, call)| call["tags"][0] == tag["name"])
            .map(|(path, method, call)| self.call(path, method, call))
            .collect();
        GroupView {
            name: text(&tag["name"]),
            description: text(&tag["description"]),
            calls,
        }
    }

    fn call(&self, path: &str, method: &str, call: &'a Value) -> CallView {
        let body = call["requestBody"]["content"]
            .as_object()
            .and_then(|types| types.iter().next());
        CallView {
            id: text(&call["operationId"]),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(&call["summary"]),
            description: call["description"].as_str().map(str::to_owned),
            scopes: list(&call["security"][0]["token"]).map(text).collect(),
            parameters: list(&call["parameters"])
                .map(|one| self.parameter(one))
                .collect(),
            body_type: body.map(|(media_type, _)| media_type.clone()),
            body: body.map_or_else(Vec::new, |(_, content)| self.members(&content["schema"])),
            answers: call["responses"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(status, answer)| self.answer(status, answer))
                .collect(),
        }
    }

    fn parameter(&self, parameter: &'a Value) -> FieldView {
        FieldView {
            name: text(&parameter["name"]),
            shape: self.shape(&parameter["schema"]),
            presence: presence(parameter["required"] == true),
            description: text(&parameter["description"]),
        }
    }

    fn answer(&self, status: &str, answer: &'a Value) -> AnswerView {
        let members = if status.starts_with('2') {
            self.members(&answer["content"]["application/json"]["schema"])
        } else {
            Vec::new()
        };
        AnswerView {
            status: status.to_owned(),
            description: text(&answer["description"]),
            members,
        }
    }

    /// The members of an object, those of nested objects with a dot.
    fn members(&self, schema: &'a Value) -> Vec<FieldView> {
        let schema = self.resolve(schema);
        let mut members = Vec::new();
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            let is_required = list(&schema["required"]).any(|required| required == name.as_str());
            let resolved = self.resolve(member);
            members.push(FieldView {
                name: name.clone(),
                shape: self.shape(member),
                presence: presence(is_required),
                description: [member, resolved]
                    .iter()
                    .find_map(|one| one["description"].as_str())
                    .unwrap_or_default()
                    .to_owned(),
            });
            members.extend(self.members(resolved).into_iter().map(|nested| FieldView {
                name: format!("{name}.{}", nested.name),
                ..nested
            }));
        }
        members
    }

    fn shape(&self, schema: &'a Value) -> String {
        let schema = self.resolve(schema);
        if let Some(words) = schema["enum"].as_array() {
            let words: Vec<_> = words.iter().map(text).collect();
            return words.join(" | ");
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().find(|kind| **kind != "null").map(text),
            kind => kind.as_str().map(str::to_owned),
        }
        .unwrap_or_default();
        if kind == "array" {
            return format!("{}[]", self.shape(&schema["items"]));
        }
        match schema["format"].as_str() {
            Some(format) => format!("{kind} ({format})"),
            None => kind,
        }
    }

    /// What a reference names, or the schema itself; of a choice with null, the other.
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let choice = list(&schema["oneOf"]).find(|one| one["type"] != "null");
        let schema = choice.unwrap_or(schema);
        schema["$ref"]
            .as_str()
            .and_then(|pointer| self.0.pointer(pointer.trim_start_matches('#')))
            .unwrap_or(schema)
    }
}

fn presence(is_required: bool) -> Presence {
    if is_required {
        Presence::Required
    } else {
        Presence::Optional
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_and_nested_members_are_followed() {
        let document = json!({
            "info": {"version": "1", "description": "All."},
            "tags": [{"name": "a", "description": "As."}],
            "paths": {"/x/{id}": {"post": {
                "tags": ["a"], "operationId": "x", "summary": "Does x.",
                "security": [{"token": ["x:write"]}],
                "parameters": [{"name": "id", "required": true, "schema": {"type": "string"}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/X"}}}},
                "responses": {"204": {"description": "Done."}}
            }}},
            "components": {"schemas": {
                "X": {"required": ["kind"], "properties": {
                    "kind": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Kind"}]},
                    "label": {"properties": {"link": {"type": ["string", "null"], "format": "uri"}}}
                }},
                "Kind": {"type": "string", "enum": ["one", "two"], "description": "Which."}
            }}
        });
        let found = Reader(&document).reference();
        let call = &found.groups[0].calls[0];
        assert_eq!(
            (call.method.as_str(), call.scopes.as_slice()),
            ("POST", &["x:write".to_owned()][..])
        );
        assert_eq!(call.parameters[0].presence, Presence::Required);
        let body: Vec<_> = call
            .body
            .iter()
            .map(|field| {
                (
                    field.name.as_str(),
                    field.shape.as_str(),
                    field.description.as_str(),
                )
            })
            .collect();
        assert_eq!(
            body,
            [
                ("kind", "one | two", "Which."),
                ("label", "", ""),
                ("label.link", "string (uri)", "")
            ]
        );
    }
}
