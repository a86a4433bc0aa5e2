//! `pinpoint-iam lsp`.

mod catalog;
mod complete;
mod hover;
mod scan;
mod text;
mod toml;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use pinpoint_iam_catalog::{Catalog, SourceFile};
use pinpoint_iam_core::policy::{Document, PolicyKind};
use pinpoint_iam_lint::{Class, Finding, Fix, Linter};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::scan::scan;
use self::text::{Position, Span, Text};
use crate::common::{CatalogArguments, kind};
use crate::failure::Failure;
use crate::lint::{self, ConfigFile, fix};
use crate::parts;

/// Serves editors, by the Language Server Protocol over standard input and output.
///
/// For policies in JSON: diagnostics, completion of actions, ARNs, operators and condition keys, hover texts with the
/// row of the service's table, quick fixes, and formatting. For catalogs in TOML: diagnostics, completion of keys, values
/// and names, and hover texts.
#[derive(Debug, Args)]
#[command(
    after_help = "The chapter \"Policies in CI\" of the guide describes how editors start it.

Example: pinpoint-iam lsp --catalog catalog/widgets.toml"
)]
pub(crate) struct Arguments {
    /// What the policies are attached to, as in `pinpoint-iam lint --kind`. Without it, a policy with principals is that
    /// of a resource or of a role, and others are identity-based.
    #[arg(long, value_parser = kind)]
    kind: Option<PolicyKind>,
    #[command(flatten)]
    catalogs: CatalogArguments,
    /// The configuration file; default: `pinpoint-iam.toml` in the current directory, if it exists.
    #[arg(long, value_name = "FILE.TOML")]
    config: Option<PathBuf>,
    /// Has no effect: standard input and output are always used. Some editors add this argument.
    #[arg(long, hide = true)]
    stdio: bool,
}

/// Runs `pinpoint-iam lsp` until the editor ends it.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let catalog = arguments.catalogs.load()?;
    let config = ConfigFile::read(arguments.config.as_deref())?;
    let failed = |error: &dyn std::fmt::Display| Failure::new(format!("error: {error}"));
    let (connection, threads) = Connection::stdio();
    let capabilities = json!({
        "positionEncoding": "utf-16",
        "textDocumentSync": {"openClose": true, "change": 2},
        "completionProvider": {"triggerCharacters": ["\"", ":", "/", "[", ".", "{"]},
        "hoverProvider": true,
        "codeActionProvider": {"codeActionKinds": ["quickfix"]},
        "documentFormattingProvider": true,
    });
    connection
        .initialize(capabilities)
        .map_err(|error| failed(&error))?;
    let mut server = Server {
        linter: lint::linter(&catalog, config.as_ref()),
        catalog: &catalog,
        kind: arguments.kind,
        config: config.as_ref(),
        root: std::env::current_dir().unwrap_or_default(),
        documents: HashMap::new(),
    };
    let has_ended = server.serve(&connection).map_err(|error| failed(&error))?;
    drop(connection);
    threads.join().map_err(|error| failed(&error))?;
    Ok(match has_ended {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

struct Server<'a> {
    linter: Linter<'a>,
    catalog: &'a Catalog,
    kind: Option<PolicyKind>,
    config: Option<&'a ConfigFile>,
    /// The directory to which the paths of the configuration are relative.
    root: PathBuf,
    /// The open documents, by URI.
    documents: HashMap<String, OpenDocument>,
}

struct OpenDocument {
    text: Text,
    version: Value,
}

#[derive(Deserialize)]
struct DocumentId {
    uri: String,
    #[serde(default)]
    version: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfDocument {
    text_document: DocumentId,
}

#[derive(Deserialize)]
struct NewDocument {
    uri: String,
    #[serde(default)]
    version: Value,
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    text_document: NewDocument,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Changed {
    text_document: DocumentId,
    content_changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    range: Option<Span>,
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AtPosition {
    text_document: DocumentId,
    position: Position,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InRange {
    text_document: DocumentId,
    range: Span,
}

impl Server<'_> {
    /// Answers until the client ends the session; returns whether it did so in order.
    fn serve(&mut self, connection: &Connection) -> Result<bool, Box<dyn std::error::Error>> {
        for message in &connection.receiver {
            match message {
                Message::Request(request) => {
                    if connection.handle_shutdown(&request)? {
                        return Ok(true);
                    }
                    let response = self.response(request);
                    connection.sender.send(Message::Response(response))?;
                }
                Message::Notification(notification) => {
                    if notification.method == "exit" {
                        return Ok(false);
                    }
                    if let Some(diagnostics) = self.update(notification) {
                        let method = "textDocument/publishDiagnostics".to_owned();
                        let notification = Notification::new(method, diagnostics);
                        connection
                            .sender
                            .send(Message::Notification(notification))?;
                    }
                }
                Message::Response(_) => {}
            }
        }
        Ok(false)
    }

    fn response(&self, request: Request) -> Response {
        let Request { id, method, params } = request;
        let result = match method.as_str() {
            "textDocument/completion" => parse(params).map(|at| self.complete(&at)),
            "textDocument/hover" => parse(params).map(|at| self.hover(&at)),
            "textDocument/codeAction" => parse(params).map(|range| self.quick_fixes(&range)),
            "textDocument/formatting" => parse(params).map(|of| self.format(&of)),
            _ => {
                let message = format!("unknown method `{}`", method.escape_debug());
                return Response::new_err(id, ErrorCode::MethodNotFound as i32, message);
            }
        };
        match result {
            Ok(result) => Response::new_ok(id, result),
            Err(error) => Response::new_err(id, ErrorCode::InvalidParams as i32, error),
        }
    }

    /// Follows a change of the open documents, and returns new diagnostics.
    fn update(&mut self, notification: Notification) -> Option<Value> {
        let Notification { method, params } = notification;
        let uri = match method.as_str() {
            "textDocument/didOpen" => {
                let opened: Opened = parse(params).ok()?;
                let NewDocument { uri, version, text } = opened.text_document;
                let text = Text::new(text);
                let document = OpenDocument { text, version };
                self.documents.insert(uri.clone(), document);
                uri
            }
            "textDocument/didChange" => {
                let changed: Changed = parse(params).ok()?;
                let DocumentId { uri, version } = changed.text_document;
                let document = self.documents.get_mut(&uri)?;
                for change in changed.content_changes {
                    document.text = match change.range {
                        Some(span) => document.text.with(span, &change.text),
                        None => Text::new(change.text),
                    };
                }
                document.version = version;
                uri
            }
            "textDocument/didClose" => {
                let closed: OfDocument = parse(params).ok()?;
                let uri = closed.text_document.uri;
                self.documents.remove(&uri)?;
                return Some(json!({"uri": uri, "diagnostics": []}));
            }
            _ => return None,
        };
        let document = self.documents.get(&uri)?;
        let diagnostics = match Language::of(&uri, &document.text) {
            Some(Language::Policy) => self.policy_diagnostics(&uri, &document.text),
            Some(Language::Catalog) => catalog_diagnostics(&uri, &document.text),
            None => Vec::new(),
        };
        let version = &document.version;
        Some(json!({"uri": uri, "version": version, "diagnostics": diagnostics}))
    }

    /// The findings in a policy, and the offset of the document in the text.
    fn findings(&self, uri: &str, text: &Text) -> (Vec<Finding>, usize) {
        let (document, start) = parts::unwrap(text.as_str());
        let kind = self.kind_of(text);
        let mut findings = self.linter.lint(document, kind).findings;
        if let Some(file) = self.config {
            file.config.apply(&self.relative(uri), &mut findings);
        }
        (findings, start)
    }

    fn kind_of(&self, text: &Text) -> PolicyKind {
        self.kind.unwrap_or_else(|| {
            let scan = scan(text.as_str(), 0);
            match () {
                () if !scan.has_member(&["Principal", "NotPrincipal"]) => {
                    PolicyKind::IdentityManaged
                }
                () if scan.has_member(&["Resource", "NotResource"]) => PolicyKind::Resource,
                () => PolicyKind::RoleTrust,
            }
        })
    }

    /// The path of a document as the configuration contains it.
    fn relative(&self, uri: &str) -> String {
        let path = decode(uri.strip_prefix("file://").unwrap_or(uri));
        let relative = Path::new(&path).strip_prefix(&self.root);
        relative.map_or(path.clone(), |path| path.display().to_string())
    }

    fn policy_diagnostics(&self, uri: &str, text: &Text) -> Vec<Value> {
        let (findings, start) = self.findings(uri, text);
        let diagnostics = findings.iter();
        diagnostics
            .map(|finding| diagnostic(finding, uri, text, start))
            .collect()
    }

    fn policy(&self, uri: &str) -> Option<&Text> {
        let text = &self.documents.get(uri)?.text;
        matches!(Language::of(uri, text), Some(Language::Policy)).then_some(text)
    }

    fn complete(&self, at: &AtPosition) -> Value {
        let uri = &at.text_document.uri;
        let document = self.documents.get(uri);
        let items = document.map_or_else(Vec::new, |document| {
            let text = &document.text;
            let cursor = text.offset(at.position);
            match Language::of(uri, text) {
                Some(Language::Catalog) => catalog::items(self.catalog, text, cursor),
                // A new document is a policy if the editor asks for it.
                Some(Language::Policy) | None if !is_toml(uri) => {
                    complete::items(self.catalog, text, cursor)
                }
                _ => Vec::new(),
            }
        });
        json!({"isIncomplete": false, "items": items})
    }

    fn hover(&self, at: &AtPosition) -> Value {
        let uri = &at.text_document.uri;
        let Some(OpenDocument { text, .. }) = self.documents.get(uri) else {
            return Value::Null;
        };
        let cursor = text.offset(at.position);
        match Language::of(uri, text) {
            Some(Language::Policy) => hover::hover(self.catalog, text, cursor),
            Some(Language::Catalog) => catalog::hover(self.catalog, text, cursor),
            None => Value::Null,
        }
    }

    fn quick_fixes(&self, range: &InRange) -> Value {
        let uri = &range.text_document.uri;
        let Some(text) = self.policy(uri) else {
            return json!([]);
        };
        let wanted = text.offset(range.range.start)..=text.offset(range.range.end);
        let (findings, start) = self.findings(uri, text);
        let mut actions = Vec::new();
        for finding in &findings {
            let (from, to) = (start + finding.span.start, start + finding.span.end);
            let Some(fix) = &finding.fix else { continue };
            if from > *wanted.end() || to < *wanted.start() {
                continue;
            }
            let is_proven = self.is_proven(text, start, fix);
            let edits: Vec<Value> = fix
                .edits
                .iter()
                .map(|edit| {
                    let range = start + edit.span.start..start + edit.span.end;
                    json!({"range": text.span(&range), "newText": edit.replacement})
                })
                .collect();
            let note = if is_proven {
                ""
            } else {
                " (changes the policy)"
            };
            let title = format!("{}: {}{note}", finding.code, fix.title);
            let diagnostic = diagnostic(finding, uri, text, start);
            actions.push(json!({
                "title": title,
                "kind": "quickfix",
                "diagnostics": [diagnostic],
                "isPreferred": is_proven,
                "edit": {"changes": {uri: edits}},
            }));
        }
        json!(actions)
    }

    /// Whether a fix is proven to keep the meaning of the policy.
    fn is_proven(&self, text: &Text, start: usize, fix: &Fix) -> bool {
        let parse = |text: &str| Document::parse(parts::unwrap(text).0).ok();
        let after = fix.apply(text.as_str(), start);
        match (parse(text.as_str()), after.as_deref().and_then(parse)) {
            (Some(before), Some(after)) => fix::is_proven(self.kind_of(text), &before, &after),
            _ => false,
        }
    }

    fn format(&self, of: &OfDocument) -> Value {
        let text = self.policy(&of.text_document.uri);
        let formatted = text.and_then(|text| {
            let (_, start) = parts::unwrap(text.as_str());
            let formatted = pinpoint_iam_lint::format(text.as_str(), start).ok()?;
            let whole = text.span(&(0..text.as_str().len()));
            Some(json!([{"range": whole, "newText": formatted}]))
        });
        formatted.unwrap_or(Value::Null)
    }
}

fn parse<T: DeserializeOwned>(params: Value) -> Result<T, String> {
    serde_json::from_value(params).map_err(|error| error.to_string())
}

/// The languages of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Policy,
    Catalog,
}

impl Language {
    /// Other JSON and TOML files are not checked.
    fn of(uri: &str, text: &Text) -> Option<Self> {
        let text = text.as_str();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        match is_toml(uri) {
            true if text.lines().any(is_of_catalog) => Some(Self::Catalog),
            false if has(&["\"Statement\"", "\"Version\""]) => Some(Self::Policy),
            _ => None,
        }
    }
}

/// Whether a line of a TOML file occurs in catalogs only. A catalog that is being written may have one of them.
fn is_of_catalog(line: &str) -> bool {
    let line = line.trim_end();
    line == "[service]"
        || line == "format = 1"
        || (line.starts_with("#:schema ") && line.ends_with("catalog.schema.json"))
}

fn is_toml(uri: &str) -> bool {
    Path::new(uri)
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

fn diagnostic(finding: &Finding, uri: &str, text: &Text, start: usize) -> Value {
    let span = |span: &std::ops::Range<usize>| text.span(&(start + span.start..start + span.end));
    let severity = match finding.class {
        Class::Error => 1,
        Class::SecurityWarning | Class::Warning => 2,
        Class::Suggestion => 3,
    };
    let related: Vec<Value> = finding
        .related
        .iter()
        .map(|related| {
            json!({
                "location": {"uri": uri, "range": span(&related.span)},
                "message": related.message,
            })
        })
        .collect();
    json!({
        "range": span(&finding.span),
        "severity": severity,
        "code": finding.code,
        "source": "pinpoint-iam",
        "message": finding.explanation(),
        "relatedInformation": related,
    })
}

fn catalog_diagnostics(uri: &str, text: &Text) -> Vec<Value> {
    let Err(errors) = Catalog::load([SourceFile::new(uri, text.as_str())]) else {
        return Vec::new();
    };
    errors
        .iter()
        .map(|error| {
            let lines = text.as_str().split_inclusive('\n');
            let line = error.line().saturating_sub(1);
            let before: usize = lines.clone().take(line).map(str::len).sum();
            let content = lines.clone().nth(line).unwrap_or_default().trim_end();
            // Columns count characters.
            let column = error.column().saturating_sub(1);
            let offset = |column: usize| {
                let start = content.char_indices().nth(column);
                before + start.map_or(content.len(), |(at, _)| at)
            };
            let span = text.span(&(offset(column)..offset(column + error.width())));
            json!({
                "range": span,
                "severity": 1,
                "source": "pinpoint-iam",
                "message": format!("{}; {}", error.message(), error.hint()),
            })
        })
        .collect()
}

/// Decodes the percent-encoded bytes of a URI.
fn decode(uri: &str) -> String {
    let mut bytes = Vec::with_capacity(uri.len());
    let mut rest = uri.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
