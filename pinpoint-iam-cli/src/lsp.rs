//! `pinpoint-iam lsp`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use pinpoint_iam_core::policy::PolicyKind;
use pinpoint_iam_tools::editor::{self, Editor, Position, Span, Text, catalog_diagnostics};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::common::{CatalogArguments, kind};
use crate::failure::Failure;
use crate::lint::{self, ConfigFile};

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
        editor: Editor::new(lint::linter(&catalog, config.as_ref()), &catalog)
            .with_kind(arguments.kind)
            .with_config(config.as_ref().map(|file| &file.config)),
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
    editor: Editor<'a>,
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
            Some(Language::Policy) => self.open(&uri, &document.text, |document| {
                self.editor.policy_diagnostics(document)
            }),
            Some(Language::Catalog) => self.open(&uri, &document.text, catalog_diagnostics),
            None => Vec::new(),
        };
        let version = &document.version;
        Some(json!({"uri": uri, "version": version, "diagnostics": diagnostics}))
    }

    /// The path of a document as the configuration contains it.
    fn relative(&self, uri: &str) -> String {
        let path = decode(uri.strip_prefix("file://").unwrap_or(uri));
        let relative = Path::new(&path).strip_prefix(&self.root);
        relative.map_or(path.clone(), |path| path.display().to_string())
    }

    /// Passes a document to the editor.
    fn open<T>(
        &self,
        uri: &str,
        text: &Text,
        show: impl FnOnce(&editor::OpenDocument<'_>) -> T,
    ) -> T {
        let path = &*self.relative(uri);
        show(&editor::OpenDocument { uri, path, text })
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
            match Language::of(uri, text) {
                Some(Language::Catalog) => self.editor.catalog_items(text, at.position),
                // A new document is a policy if the editor asks for it.
                Some(Language::Policy) | None if !is_toml(uri) => {
                    self.editor.policy_items(text, at.position)
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
        match Language::of(uri, text) {
            Some(Language::Policy) => self.editor.policy_hover(text, at.position),
            Some(Language::Catalog) => self.editor.catalog_hover(text, at.position),
            None => Value::Null,
        }
    }

    fn quick_fixes(&self, range: &InRange) -> Value {
        let uri = &range.text_document.uri;
        let Some(text) = self.policy(uri) else {
            return json!([]);
        };
        self.open(uri, text, |document| {
            json!(self.editor.quick_fixes(document, range.range))
        })
    }

    fn format(&self, of: &OfDocument) -> Value {
        let text = self.policy(&of.text_document.uri);
        text.and_then(editor::format).unwrap_or(Value::Null)
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
