//! What the editors of policies and catalogs show.

use pinpoint_iam_core::policy::PolicyKind;
use pinpoint_iam_lint::Linter;
use pinpoint_iam_tools::editor::{self, Editor, OpenDocument, Position, Span, Text};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::catalogs::Catalogs;
use crate::input::PolicyType;

/// A document of the page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// The own catalog.
    #[serde(default)]
    catalog: Option<String>,
    /// The type of a policy; without it, the document is a catalog.
    #[serde(default, rename = "type")]
    policy_type: Option<PolicyType>,
    text: String,
    /// The cursor.
    #[serde(default)]
    position: Option<Position>,
    /// The part whose fixes are wanted.
    #[serde(default)]
    range: Option<Span>,
}

/// The name that the edits of fixes contain.
const NAME: &str = "document";

impl Input {
    fn position(&self) -> Position {
        self.position.unwrap_or(Position {
            line: 0,
            character: 0,
        })
    }

    fn show<T>(
        &self,
        catalogs: &mut Catalogs,
        show: impl FnOnce(Editor<'_>, &Text) -> T,
    ) -> Result<T, String> {
        let catalog = catalogs.known(self.catalog.as_deref())?;
        let editor = Editor::new(Linter::new(catalog), catalog).with_kind(self.kind());
        Ok(show(editor, &Text::new(self.text.clone())))
    }

    /// The kind of the policy; `None` for a catalog.
    fn kind(&self) -> Option<PolicyKind> {
        match self.policy_type? {
            PolicyType::Identity => Some(PolicyKind::IdentityManaged),
            PolicyType::Boundary => Some(PolicyKind::Boundary),
            PolicyType::Session => Some(PolicyKind::Session),
            PolicyType::Resource => Some(PolicyKind::Resource),
            PolicyType::Scp => Some(PolicyKind::ServiceControl),
            PolicyType::Rcp => Some(PolicyKind::ResourceControl),
        }
    }
}

const fn open(text: &Text) -> OpenDocument<'_> {
    OpenDocument {
        uri: NAME,
        path: NAME,
        text,
    }
}

pub(crate) fn check(catalogs: &mut Catalogs, input: &Input) -> Result<Vec<Value>, String> {
    input.show(catalogs, |editor, text| match input.policy_type {
        Some(_) => editor.policy_diagnostics(&open(text)),
        None => editor::catalog_diagnostics(&open(text)),
    })
}

pub(crate) fn complete(catalogs: &mut Catalogs, input: &Input) -> Result<Vec<Value>, String> {
    let at = input.position();
    input.show(catalogs, |editor, text| match input.policy_type {
        Some(_) => editor.policy_items(text, at),
        None => editor.catalog_items(text, at),
    })
}

pub(crate) fn hover(catalogs: &mut Catalogs, input: &Input) -> Result<Value, String> {
    let at = input.position();
    input.show(catalogs, |editor, text| match input.policy_type {
        Some(_) => editor.policy_hover(text, at),
        None => editor.catalog_hover(text, at),
    })
}

pub(crate) fn fixes(catalogs: &mut Catalogs, input: &Input) -> Result<Vec<Value>, String> {
    let at = input.position();
    let range = input.range.unwrap_or(Span { start: at, end: at });
    input.show(catalogs, |editor, text| match input.policy_type {
        Some(_) => editor.quick_fixes(&open(text), range),
        None => Vec::new(),
    })
}

pub(crate) fn format(input: &Input) -> Value {
    match input.policy_type {
        Some(_) => editor::format(&Text::new(input.text.clone())).unwrap_or_default(),
        None => json!(null),
    }
}
