//! Tables.

use leptos::prelude::*;

/// What a table is called, for those who do not see what stands above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// By these words.
    As(String),
    /// By the element with this id.
    By(&'static str),
}

impl From<&'static str> for Named {
    fn from(words: &'static str) -> Self {
        Self::As(words.to_owned())
    }
}

/// What its cells hold, mostly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Holds {
    /// Words.
    #[default]
    Words,
    /// Numbers to compare: their digits stand below each other.
    Numbers,
}

/// A table. Where it is narrow each row is a card, in which every cell says what it is; the roles
/// keep it a table for those who hear it.
#[component]
pub fn Table<const COLUMNS: usize>(
    /// What it is called.
    #[prop(into)]
    named: Named,
    /// What it holds.
    #[prop(optional)]
    holds: Holds,
    /// The language of the names of its columns, where it is not that of what is around it.
    #[prop(optional)]
    lang: Option<&'static str>,
    /// The names of its columns.
    columns: [&'static str; COLUMNS],
    /// Its rows, with a cell a column. The first names the row.
    rows: Vec<[AnyView; COLUMNS]>,
) -> impl IntoView {
    let class = match holds {
        Holds::Words => "table",
        Holds::Numbers => "table table-numbers",
    };
    let (label, labelled_by) = match named {
        Named::As(words) => (Some(words), None),
        Named::By(id) => (None, Some(id)),
    };
    let head = |name| view! { <th scope="col" role="columnheader">{name}</th> };
    let row = |cells: [AnyView; COLUMNS]| {
        let cells = cells.into_iter().zip(columns).enumerate().map(cell);
        view! { <tr role="row">{cells.collect_view()}</tr> }
    };
    view! {
        <table class=class role="table" aria-label=label aria-labelledby=labelled_by>
            <thead role="rowgroup" lang=lang>
                <tr role="row">{columns.map(head).collect_view()}</tr>
            </thead>
            <tbody role="rowgroup">{rows.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

fn cell((place, (content, column)): (usize, (AnyView, &'static str))) -> AnyView {
    if place == 0 {
        view! {
            <th scope="row" role="rowheader" data-label=column>
                {content}
            </th>
        }
        .into_any()
    } else {
        view! {
            <td role="cell" data-label=column>
                {content}
            </td>
        }
        .into_any()
    }
}

/// A cell of plain text.
pub fn text(content: impl ToString) -> AnyView {
    view! { <span>{content.to_string()}</span> }.into_any()
}
