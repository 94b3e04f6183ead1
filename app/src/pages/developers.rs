//! For developers: what the portal's calls are. The page of the OpenAPI document.

use crate::{
    PageTitle,
    api::reference::{
        AnswerView, CallView, FieldView, GroupView, Presence, ReferenceView, reference,
    },
    components::table::{Named, Table},
    messages::{developers::DeveloperMessages, use_language},
    pages::refused,
};
use leptos::prelude::*;

/// Where the document for machines is.
const DOCUMENT: &str = "/api/openapi.json";

fn use_words() -> &'static DeveloperMessages {
    DeveloperMessages::of(use_language())
}

/// The calls, subject by subject.
#[component]
pub fn DevelopersPage() -> impl IntoView {
    let reference = Resource::new(|| (), |()| reference());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match reference.await {
                    Ok(reference) => view! { <Reference reference /> }.into_any(),
                    Err(error) => refused(error),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Reference(reference: ReferenceView) -> impl IntoView {
    let words = use_words();
    let group = |group| view! { <Group group /> }.into_any();
    view! {
        <PageTitle text=words.title />
        <article class="stack reference">
            <div class="title-row">
                <h1>{words.title}</h1>
                <a class="button button-quiet" href=DOCUMENT>
                    {words.document}
                    " "
                    {reference.version}
                </a>
            </div>
            <p class="lead">{words.lead}</p>
            {words.descriptions_are_english.map(|text| view! { <p class="hint">{text}</p> })}
            <div lang="en">
                <Paragraph text=reference.description />
            </div>
            <section class="stack">
                <h2>{words.token_title}</h2>
                <p>{words.token_text}</p>
            </section>
            {reference.groups.into_iter().map(group).collect_view()}
        </article>
    }
}

#[component]
fn Group(group: GroupView) -> impl IntoView {
    let call = |call| view! { <Call call /> }.into_any();
    view! {
        <section class="stack" lang="en">
            <h2 id=group.name.clone()>{group.name.clone()}</h2>
            <p>{group.description}</p>
            {group.calls.into_iter().map(call).collect_view()}
        </section>
    }
}

#[component]
fn Call(call: CallView) -> impl IntoView {
    let words = use_words();
    let language = use_language().tag();
    let access = if call.scopes.is_empty() {
        words.open.to_owned()
    } else {
        format!("{} {}", words.scope, call.scopes.join(", "))
    };
    let body = call.body_type.map(|media_type| {
        let title = format!("{}: {media_type}", words.body);
        if call.body.is_empty() {
            return view! { <p lang=language>{title}</p> }.into_any();
        }
        view! { <Fields title fields=call.body /> }.into_any()
    });
    let answer = |answer| view! { <Answer answer /> }.into_any();
    view! {
        <section class="card call" id=call.id>
            <h3>{call.summary}</h3>
            <p class="call-line">
                <code class="call-method">{call.method}</code>
                " "
                <code>{call.path}</code>
            </p>
            <p class="hint" lang=language>
                {access}
            </p>
            {call.description.map(|text| view! { <Paragraph text /> })}
            <Fields title=words.parameters.to_owned() fields=call.parameters />
            {body}
            <h4 lang=language>{words.answers}</h4>
            <dl class="answers">{call.answers.into_iter().map(answer).collect_view()}</dl>
        </section>
    }
}

#[component]
fn Answer(answer: AnswerView) -> impl IntoView {
    view! {
        <dt>
            <code>{answer.status}</code>
        </dt>
        <dd>
            <Paragraph text=answer.description />
            <Fields title=use_words().members.to_owned() fields=answer.members />
        </dd>
    }
}

/// A table of fields; nothing where there are none.
#[component]
fn Fields(title: String, fields: Vec<FieldView>) -> impl IntoView {
    let words = use_words();
    let language = use_language().tag();
    let row = move |field: FieldView| {
        let required = match field.presence {
            Presence::Required => Some(view! { <span class="hint">{words.required}</span> }),
            Presence::Optional => None,
        };
        let name = view! {
            <span>
                <code>{field.name}</code>
                " "
                <span lang=language>{required}</span>
            </span>
        };
        let shape = view! { <code>{field.shape}</code> };
        let meaning = view! { <Paragraph text=field.description /> };
        [name.into_any(), shape.into_any(), meaning.into_any()]
    };
    let columns = [words.name, words.shape, words.meaning];
    let named = Named::As(title.clone());
    (!fields.is_empty()).then(|| {
        view! {
            <p class="table-title" lang=language>
                {title}
            </p>
            <Table named columns lang=language rows=fields.into_iter().map(row).collect() />
        }
    })
}

/// Text in which words between backquotes are code.
#[component]
fn Paragraph(text: String) -> impl IntoView {
    let piece = |(index, piece): (usize, &str)| {
        if index % 2 == 1 {
            view! { <code>{piece.to_owned()}</code> }.into_any()
        } else {
            view! { {piece.to_owned()} }.into_any()
        }
    };
    view! { <p>{text.split('`').enumerate().map(piece).collect_view()}</p> }
}
