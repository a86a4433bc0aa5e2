//! `pinpoint-iam lsp`, with a client that speaks the protocol.

#![expect(
    clippy::indexing_slicing,
    reason = "a message without the expected members fails the test"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::directory;

struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    last_id: u64,
}

impl Client {
    fn start(arguments: &[&str]) -> Self {
        Self::start_in(Path::new("."), arguments)
    }

    fn start_in(directory: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pinpoint-iam"));
        command.arg("lsp").args(arguments).current_dir(directory);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut client = Self {
            child,
            stdin,
            stdout,
            last_id: 0,
        };
        let result = client.request(
            "initialize",
            json!({"processId": null, "rootUri": null, "capabilities": {}}),
        );
        assert_eq!(result["capabilities"]["positionEncoding"], "utf-16");
        client.notify("initialized", json!({}));
        client
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let stdin = self.stdin.as_mut().unwrap();
        write!(stdin, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        stdin.flush().unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(
                self.stdout.read_line(&mut line).unwrap() > 0,
                "the program has ended"
            );
            match line.trim_end().split_once(": ") {
                Some(("Content-Length", value)) => length = value.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.stdout.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// The response to a request: its result, or its error.
    fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        let response = self.receive();
        assert_eq!(response["id"], id, "{response}");
        match response.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(response["result"].clone()),
        }
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        self.ask(method, params).unwrap()
    }

    /// The next notification, which contains diagnostics.
    fn diagnostics(&mut self) -> Value {
        let message = self.receive();
        assert_eq!(
            message["method"], "textDocument/publishDiagnostics",
            "{message}"
        );
        message["params"].clone()
    }

    /// Opens a document, and returns the codes and ranges of its diagnostics.
    fn open(&mut self, uri: &str, text: &str) -> Vec<(String, [u64; 4])> {
        let document = json!({"uri": uri, "languageId": "json", "version": 1, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": document}));
        let published = self.diagnostics();
        assert_eq!(
            (&published["uri"], &published["version"]),
            (&json!(uri), &json!(1))
        );
        places(&published)
    }

    /// Asks about the `|` in a text.
    fn ask_at(&mut self, method: &str, text: &str) -> Value {
        self.ask_in("file:///asked.json", method, text)
    }

    fn ask_in(&mut self, uri: &str, method: &str, text: &str) -> Value {
        let (before, after) = text.split_once('|').unwrap();
        self.open(uri, &format!("{before}{after}"));
        let line = before.matches('\n').count();
        let last = before.rsplit('\n').next().unwrap();
        let position = json!({"line": line, "character": last.encode_utf16().count()});
        self.request(
            method,
            json!({"textDocument": {"uri": uri}, "position": position}),
        )
    }

    /// The completion items for the `|` in a text: labels, and the new text of the first.
    fn complete(&mut self, text: &str) -> (Vec<String>, Value) {
        let result = self.ask_at("textDocument/completion", text);
        let items = result["items"].as_array().unwrap();
        let labels = items
            .iter()
            .map(|item| item["label"].as_str().unwrap().to_owned());
        let edit = items
            .first()
            .map_or(Value::Null, |item| item["textEdit"].clone());
        (labels.collect(), edit)
    }

    fn end(mut self) -> Option<i32> {
        assert_eq!(self.request("shutdown", Value::Null), Value::Null);
        self.notify("exit", Value::Null);
        self.child.wait().unwrap().code()
    }
}

fn places(published: &Value) -> Vec<(String, [u64; 4])> {
    let diagnostics = published["diagnostics"].as_array().unwrap();
    diagnostics
        .iter()
        .map(|diagnostic| {
            let range = &diagnostic["range"];
            let number = |end: &str, part: &str| range[end][part].as_u64().unwrap();
            let code = diagnostic["code"].as_str().unwrap_or_default().to_owned();
            let range = [
                number("start", "line"),
                number("start", "character"),
                number("end", "line"),
                number("end", "character"),
            ];
            (code, range)
        })
        .collect()
}

const URI: &str = "file:///p.json";

/// Positions are counted in UTF-16 code units, in which `😀` has two.
const POLICY: &str = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\"Sid\": \"\", \"Effect\": \"Deny\", \"Resource\": \"arn:aws:s3:::😀\", \"Action\": \"mobiletargeting:getapp\"}\n}\n";

#[test]
fn diagnostics_follow_the_text() {
    let mut client = Client::start(&[]);
    let found = client.open(URI, POLICY);
    let column = |part: &str| {
        let line = POLICY.lines().nth(2).unwrap();
        let before = line.split_once(part).unwrap().0;
        u64::try_from(before.encode_utf16().count()).unwrap()
    };
    let (sid, action) = (column("\"\", \"E"), column("\"mobile"));
    let of = |code: &str, start: u64, length: u64| (code.to_owned(), [2, start, 2, start + length]);
    assert!(found.contains(&of("empty-sid-value", sid, 2)), "{found:?}");
    assert!(found.contains(&of("action-case", action, 24)), "{found:?}");

    // A part of the text changes, then all of it.
    let change = |version: i32, changes: Value| json!({"textDocument": {"uri": URI, "version": version}, "contentChanges": changes});
    let at = |character: u64| json!({"line": 2, "character": character});
    let range = json!({"start": at(action + 17), "end": at(action + 18)});
    client.notify(
        "textDocument/didChange",
        change(2, json!([{"range": range, "text": "G"}])),
    );
    let published = client.diagnostics();
    assert_eq!(published["version"], 2);
    let found = places(&published);
    assert!(found.contains(&of("action-case", action, 24)), "{found:?}");
    client.notify(
        "textDocument/didChange",
        change(3, json!([{"text": "{\"Statement\": "}])),
    );
    assert_eq!(
        places(&client.diagnostics()),
        [("json-syntax-error".to_owned(), [0, 13, 0, 14])]
    );
    client.notify(
        "textDocument/didClose",
        json!({"textDocument": {"uri": URI}}),
    );
    assert_eq!(client.diagnostics(), json!({"uri": URI, "diagnostics": []}));
    assert_eq!(client.end(), Some(0));
}

#[test]
fn kinds_and_other_files_are_recognized() {
    let statement = |members: &str| {
        format!(r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", {members}}}}}"#)
    };
    let bucket =
        statement(r#""Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    let trust =
        statement(r#""Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole""#);
    let has =
        |found: &[(String, [u64; 4])], code: &str| found.iter().any(|(other, _)| other == code);
    let mut client = Client::start(&[]);
    let found = client.open("file:///b.json", &bucket);
    assert!(
        has(&found, "public-allow") && !has(&found, "unsupported-principal"),
        "{found:?}"
    );
    assert_eq!(client.open("file:///t.json", &trust), []);
    assert_eq!(client.open("file:///package.json", "{\"name\": }"), []);
    assert_eq!(client.open("file:///Cargo.toml", "[package"), []);
    let wrapped = format!("{{\"PolicyDocument\":\n{bucket}}}");
    let found = client.open("file:///w.json", &wrapped);
    assert!(found.iter().all(|(_, place)| place[0] == 1) && has(&found, "public-allow"));
    assert_eq!(client.end(), Some(0));
    let mut client = Client::start(&["--kind", "identity", "--stdio"]);
    let found = client.open("file:///b.json", &bucket);
    assert!(has(&found, "unsupported-principal"), "{found:?}");
    assert_eq!(client.end(), Some(0));
}

#[test]
fn the_configuration_applies() {
    let path = directory("lsp-config").canonicalize().unwrap();
    let config =
        "[[lint.ignore]]\ncode = 'empty-sid-value'\npath = 'a b/p.json'\nreason = 'a test'\n";
    fs::write(path.join("pinpoint-iam.toml"), config).unwrap();
    let mut client = Client::start_in(&path, &[]);
    let uri = |name: &str| format!("file://{}/{name}", path.display());
    let has_sid =
        |found: Vec<(String, [u64; 4])>| found.iter().any(|(code, _)| code == "empty-sid-value");
    assert!(has_sid(client.open(&uri("p.json"), POLICY)));
    assert!(!has_sid(client.open(&uri("a%20b/p.json"), POLICY)));
    assert_eq!(client.end(), Some(0));
}

#[test]
fn catalogs_have_diagnostics() {
    let catalog = "format = 1\n\n[service]\nprefix = \"widgets\"\nname = \"Widgets 😀\"\n\n[actions.ListShops]\nsummary = \"Lists the shops.\"\naccess-level = \"Lst\"\n";
    let mut client = Client::start(&[]);
    let document =
        json!({"uri": "file:///w.toml", "languageId": "toml", "version": 1, "text": catalog});
    client.notify("textDocument/didOpen", json!({"textDocument": document}));
    let published = client.diagnostics();
    let places = places(&published);
    assert_eq!(places, [(String::new(), [8, 15, 8, 20])], "{published}");
    // Only the wrong name is marked, and all errors are reported.
    let several = catalog.replace("\"Lst\"", "\"List\"\nresources = [\"shp\", \"😀\"] # two");
    let found = client.open("file:///w.toml", &several);
    let ranges: Vec<[u64; 4]> = found.iter().map(|(_, range)| *range).collect();
    assert_eq!(ranges, [[9, 13, 9, 18], [9, 20, 9, 24]]);
    let valid = catalog.replace("Lst", "List");
    assert_eq!(client.open("file:///w.toml", &valid), []);
    assert_eq!(client.end(), Some(0));
}

/// A catalog. `|` is the cursor in the tests below.
const CATALOG: &str = r#"format = 1

[service]
prefix = "widgets"
name = "Widgets"

[sources.handbook]
title = "The handbook"

[condition-keys."widgets:Colour"]
type = "String"
summary = "The colour of the widget."

[placeholders.ShopId]
parameter = "shop-id"
summary = "the number of the shop"

[resources.shop]
arn = "arn:${Partition}:widgets::${Account}:shops/${ShopId}"
summary = "One shop."
condition-keys = ["widgets:Colour"]

[actions.GetShop]
summary = "Reads a shop."
access-level = "Read"
resources = ["shop"]
route = "GET /shops/{shop-id}"
success-status = 200

[actions.PutShop]
summary = "Writes a shop."
resources = ["shop"]
route = "PUT /shops/{shop-id}"
success-status = 200
dependent-actions = [{ action = "widgets:GetShop", when = "always", source = "handbook" }]
"#;

/// The catalog with a cursor: `new`, which contains `|`, replaces `old`.
fn catalog(old: &str, new: &str) -> String {
    assert_eq!(CATALOG.matches(old).count(), 1, "{old}");
    CATALOG.replace(old, new)
}

#[test]
fn keys_and_names_of_catalogs_are_completed() {
    let mut client = Client::start(&[]);
    assert_eq!(client.open("file:///w.toml", CATALOG), []);
    let mut complete = |old: &str, new: &str| {
        let method = "textDocument/completion";
        let result = client.ask_in("file:///w.toml", method, &catalog(old, new));
        let items = result["items"].as_array().unwrap().iter();
        let items = items.map(|item| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&item["label"]), text(&item["textEdit"]["newText"]))
        });
        items.collect::<Vec<(String, String)>>()
    };
    let labels = |items: &[(String, String)]| -> Vec<String> {
        items.iter().map(|(label, _)| label.clone()).collect()
    };

    // Keys that the table does not have yet, and the names of tables.
    let keys = labels(&complete("access-level = \"Read\"", "ac|"));
    assert!(keys.contains(&"access-level".to_owned()) && keys.contains(&"note".to_owned()));
    assert!(!keys.contains(&"summary".to_owned()), "{keys:?}");
    let keys = labels(&complete("[sources.handbook]", "[|"));
    assert_eq!(
        keys,
        [
            "actions",
            "condition-keys",
            "placeholders",
            "resources",
            "service",
            "sources"
        ]
    );
    let keys = labels(&complete(", source = ", ", |, source = "));
    assert_eq!(keys, ["only-with-tags", "resource", "resource-from"]);
    let keys = labels(&complete("format = 1\n\n", "format = 1\n|\n"));
    assert!(keys.contains(&"sources".to_owned()) && !keys.contains(&"format".to_owned()));
    let global = complete("\"widgets:Colour\"]\ntype", "\"aws:|\"]\ntype");
    assert!(labels(&global).contains(&"aws:ResourceTag/${TagKey}".to_owned()));

    // Types and other fixed values, with quotation marks where they are missing.
    let types = complete("type = \"String\"", "type = \"|\"");
    assert!(types.contains(&("ArrayOfString".to_owned(), "ArrayOfString".to_owned())));
    let types = complete("type = \"String\"", "type = |");
    assert!(types.contains(&("IPAddress".to_owned(), "\"IPAddress\"".to_owned())));
    let flags = complete("when = \"always\"", "only-with-tags = |");
    assert_eq!(labels(&flags), ["true", "false"]);
    assert_eq!(
        complete("format = 1", "#:schema catalog.schema.json\nformat = |"),
        [("1".to_owned(), "1".to_owned())]
    );

    // Names of other entries, and of actions of all services.
    let resources = labels(&complete(
        "[\"shop\"]\nroute = \"PUT",
        "[\"|\"]\nroute = \"PUT",
    ));
    assert_eq!(resources, ["shop"]);
    let keys = labels(&complete(
        "condition-keys = [\"widgets:Colour\"]",
        "condition-keys = [|",
    ));
    assert_eq!(keys, ["widgets:Colour"]);
    let sources = complete("source = \"handbook\"", "source = |");
    assert_eq!(
        sources,
        [("handbook".to_owned(), "\"handbook\"".to_owned())]
    );
    let actions = labels(&complete("\"widgets:GetShop\"", "\"|\""));
    for action in ["widgets:PutShop", "mobiletargeting:GetApp"] {
        assert!(actions.contains(&action.to_owned()), "{action}");
    }

    // Placeholders of ARNs, and parameters of routes.
    let placeholders = complete("shops/${ShopId}", "shops/${Sh|}");
    assert_eq!(
        labels(&placeholders),
        ["Partition", "Region", "Account", "ShopId"]
    );
    let parameters = complete("PUT /shops/{shop-id}", "PUT /shops/{|");
    assert_eq!(labels(&parameters), ["shop-id"]);
    let pinned = labels(&complete("access-level = \"Read\"", "pinned = { | }"));
    assert_eq!(pinned, ["ShopId"]);

    for (old, new) in [
        ("title = \"The handbook\"", "title = \"|\""),
        ("title = \"The handbook\"", "title = \"\" |"),
        ("title = \"The handbook\"", "# |"),
        ("[actions.GetShop]", "[actions.|]"),
    ] {
        assert_eq!(complete(old, new), [], "{new}");
    }
    let elsewhere = client.ask_in(
        "file:///Cargo.toml",
        "textDocument/completion",
        "[|package]",
    );
    assert_eq!(elsewhere["items"], json!([]));
    assert_eq!(client.end(), Some(0));
}

/// The edit replaces the name in braces only.
#[test]
fn a_placeholder_is_replaced_in_its_braces() {
    let mut client = Client::start(&[]);
    let text = catalog("shops/${ShopId}", "shops/${Sh|op}");
    let result = client.ask_in("file:///w.toml", "textDocument/completion", &text);
    let edit = &result["items"][3]["textEdit"];
    let line = text.lines().position(|line| line.contains('|')).unwrap();
    let start = text.lines().nth(line).unwrap().find("Sh|op").unwrap();
    let at = |character: usize| json!({"line": line, "character": character});
    assert_eq!(
        edit,
        &json!({"range": {"start": at(start), "end": at(start + 4)}, "newText": "ShopId"})
    );
    assert_eq!(client.end(), Some(0));
}

#[test]
fn keys_and_names_of_catalogs_have_texts() {
    let mut client = Client::start(&[]);
    let mut shown = |old: &str, new: &str| {
        let hover = client.ask_in("file:///w.toml", "textDocument/hover", &catalog(old, new));
        hover["contents"]["value"].as_str().map(str::to_owned)
    };
    let contains = |shown: Option<String>, parts: &[&str]| {
        let shown = shown.unwrap();
        for part in parts {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    };
    contains(
        shown("access-level", "access-|level"),
        &["**`access-level`** · string", "`Tagging`"],
    );
    contains(shown("when = ", "wh|en = "), &["**`when`**"]);
    contains(shown("[service]", "[ser|vice]"), &["**`service`**"]);
    contains(
        shown("[actions.GetShop]", "[actions.Get|Shop]"),
        &[
            "**`widgets:GetShop`** · Read",
            "Reads a shop.",
            "`arn:${Partition}:widgets::${Account}:shops/${ShopId}`",
        ],
    );
    contains(
        shown("\"widgets:GetShop\"", "\"widgets:Get|Shop\""),
        &["Reads a shop."],
    );
    contains(
        shown("\"widgets:GetShop\"", "\"mobiletargeting:Get|App\""),
        &["**`mobiletargeting:GetApp`**"],
    );
    contains(
        shown("[\"widgets:Colour\"]", "[\"widgets:Co|lour\"]"),
        &[
            "**`widgets:Colour`** · `String`",
            "The colour of the widget.",
        ],
    );
    contains(
        shown("[resources.shop]", "[resources.sh|op]"),
        &["One shop."],
    );
    contains(
        shown("source = \"handbook\"", "source = \"hand|book\""),
        &["The handbook"],
    );
    contains(
        shown("[placeholders.ShopId]", "[placeholders.Sh|opId]"),
        &["`shop-id`", "the number of the shop"],
    );
    // A catalog with errors has the same texts.
    contains(
        shown("[\"shop\"]\nroute = \"PUT", "[\"sh|op\"]\nrout = \"PUT"),
        &["One shop."],
    );
    assert_eq!(
        shown("The handbook", "The handbook\" # |\"").as_deref(),
        None
    );
    assert_eq!(client.end(), Some(0));
}

#[test]
fn names_are_completed() {
    let mut client = Client::start(&[]);
    let start = "{\n \"Version\": \"2012-10-17\",\n \"Statement\": [{\"Effect\": ";
    let (labels, edit) = client.complete(&format!("{start}\"|\""));
    assert_eq!(labels, ["Allow", "Deny"]);
    let place = json!({"line": 2, "character": 27});
    assert_eq!(
        edit,
        json!({"range": {"start": place, "end": place}, "newText": "Allow"})
    );
    let (_, edit) = client.complete(&format!("{start}|"));
    assert_eq!(edit["newText"], "\"Allow\"");

    let (labels, edit) = client.complete(&format!(
        "{start}\"Allow\", \"Action\": [\"mobiletargeting:Get|"
    ));
    assert!(labels.contains(&"mobiletargeting:GetCampaign".to_owned()));
    assert!(
        labels
            .iter()
            .all(|label| label.starts_with("mobiletargeting:"))
    );
    let range = |from: u64, to: u64| json!({"start": {"line": 2, "character": from}, "end": {"line": 2, "character": to}});
    assert_eq!(edit["range"], range(47, 66));
    let (labels, _) = client.complete(&format!("{start}\"Allow\", \"NotAction\": \"|\""));
    assert!(labels.contains(&"sms-voice:*".to_owned()));

    let action = format!("{start}\"Allow\", \"Action\": \"mobiletargeting:GetCampaign\", ");
    let (labels, _) = client.complete(&format!("{action}\"Resource\": \"|\""));
    assert_eq!(
        labels,
        ["*", "arn:aws:mobiletargeting:*:*:apps/*/campaigns/*"]
    );
    let (labels, _) = client.complete(&format!("{action}\"Condition\": {{\"|\""));
    for operator in [
        "StringEquals",
        "BoolIfExists",
        "ForAnyValue:StringLike",
        "Null",
    ] {
        assert!(labels.contains(&operator.to_owned()), "{operator}");
    }
    let (labels, _) = client.complete(&format!("{action}\"Condition\": {{\"Bool\": {{\"|\""));
    for key in ["aws:ResourceTag/", "aws:SecureTransport"] {
        assert_eq!(
            labels.iter().filter(|label| *label == key).count(),
            1,
            "{key}"
        );
    }
    let (labels, _) = client.complete(&format!(
        "{action}\"Condition\": {{\"Bool\": {{\"a\": \"|\""
    ));
    assert_eq!(labels, ["true", "false"]);
    let (labels, _) = client.complete(&format!("{action}\"|\""));
    assert!(labels.contains(&"NotResource".to_owned()));
    let (labels, _) = client.complete(&format!("{action}\"Sid\": \"|\""));
    assert!(labels.is_empty(), "{labels:?}");
    assert_eq!(client.end(), Some(0));
}

#[test]
fn actions_and_keys_have_texts() {
    let mut client = Client::start(&[]);
    let policy = |entry: &str| {
        format!("{{\"Version\": \"2012-10-17\", \"Statement\": {{\"Effect\": \"Deny\", {entry}}}}}")
    };
    let mut shown = |entry: &str| {
        let hover = client.ask_at("textDocument/hover", &policy(entry));
        hover["contents"]["value"].as_str().map(str::to_owned)
    };
    let row = shown("\"Action\": \"mobiletargeting:get|campaign\"").unwrap();
    assert!(
        row.starts_with("**`mobiletargeting:GetCampaign`** · Read\n\n"),
        "{row}"
    );
    assert!(
        row.contains("campaign (`arn:${Partition}:mobiletargeting:"),
        "{row}"
    );
    let several = shown("\"NotAction\": [\"mobiletargeting:Get*|\"]").unwrap();
    assert!(
        several.contains("\n- `mobiletargeting:GetApp`"),
        "{several}"
    );
    let key = shown("\"Condition\": {\"Bool\": {\"aws:secure|Transport\": \"true\"}}").unwrap();
    assert!(key.starts_with("**`aws:SecureTransport`** · "), "{key}");
    assert_eq!(shown("\"Action\": \"s3:Get|Object\""), None);
    assert_eq!(shown("\"Action\": | \"s3:GetObject\""), None);
    assert_eq!(client.end(), Some(0));
}

/// The text after the edits of a code action.
fn edited(text: &str, action: &Value) -> String {
    let edits = action["edit"]["changes"][URI].as_array().unwrap();
    let offset = |place: &Value| {
        let number = |name: &str| usize::try_from(place[name].as_u64().unwrap()).unwrap();
        let start: usize = text
            .split_inclusive('\n')
            .take(number("line"))
            .map(str::len)
            .sum();
        let mut units = 0;
        let line = text.get(start..).unwrap();
        let character = line.char_indices().find(|(_, character)| {
            let is_there = units >= number("character");
            units += character.len_utf16();
            is_there
        });
        start + character.unwrap().0
    };
    let mut edited = text.to_owned();
    for edit in edits.iter().rev() {
        let range = offset(&edit["range"]["start"])..offset(&edit["range"]["end"]);
        edited.replace_range(range, edit["newText"].as_str().unwrap());
    }
    edited
}

#[test]
fn findings_have_quick_fixes() {
    let mut client = Client::start(&[]);
    let text = POLICY.replace(
        "\"Deny\"",
        "\"Deny\", \"Condition\": {\"Bool\": {\"aws:MultiFactorAuthPresent\": \"false\"}}",
    );
    client.open(URI, &text);
    let line = json!({"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 999}});
    let range = |range: &Value| json!({"textDocument": {"uri": URI}, "range": range, "context": {"diagnostics": []}});
    let actions = client.request("textDocument/codeAction", range(&line));
    let find = |title: &str| {
        let mut actions = actions.as_array().unwrap().iter();
        actions
            .find(|action| action["title"] == title)
            .unwrap_or_else(|| panic!("{actions:?}"))
    };
    let proven = find("action-case: write `mobiletargeting:GetApp`");
    assert_eq!(
        (&proven["kind"], &proven["isPreferred"]),
        (&json!("quickfix"), &json!(true))
    );
    assert_eq!(proven["diagnostics"][0]["code"], "action-case");
    assert_eq!(edited(&text, proven), text.replace("getapp", "GetApp"));
    let removed = find("empty-sid-value: remove it");
    assert_eq!(edited(&text, removed), text.replace("\"Sid\": \"\", ", ""));
    let other = find("bool-without-if-exists: write `BoolIfExists` (changes the policy)");
    assert_eq!(other["isPreferred"], false);
    assert_eq!(
        edited(&text, other),
        text.replace("\"Bool\"", "\"BoolIfExists\"")
    );
    let first = json!({"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}});
    assert_eq!(
        client.request("textDocument/codeAction", range(&first)),
        json!([])
    );
    assert_eq!(client.end(), Some(0));
}

#[test]
fn documents_are_formatted() {
    let mut client = Client::start(&[]);
    let format = |client: &mut Client, text: &str| {
        client.open(URI, text);
        let options = json!({"tabSize": 2, "insertSpaces": true});
        client.request(
            "textDocument/formatting",
            json!({"textDocument": {"uri": URI}, "options": options}),
        )
    };
    let edits = format(&mut client, "{\"Statement\":[],\"Version\":\n\"😀\"}");
    assert_eq!(
        edits,
        json!([{
            "range": {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 5}},
            "newText": "{\n  \"Version\": \"😀\",\n  \"Statement\": []\n}\n",
        }])
    );
    assert_eq!(format(&mut client, "{\"Statement\":"), Value::Null);
    assert_eq!(client.end(), Some(0));
}

/// Whatever a client sends, the program answers, and goes on.
#[test]
fn invalid_messages_are_answered() {
    let mut client = Client::start(&[]);
    let code = |response: Result<Value, Value>| response.unwrap_err()["code"].clone();
    assert_eq!(code(client.ask("textDocument/rename", json!({}))), -32601);
    assert_eq!(code(client.ask("textDocument/hover", json!([1]))), -32602);
    assert_eq!(code(client.ask("textDocument/hover", Value::Null)), -32602);
    client.notify("textDocument/didOpen", json!({"textDocument": 1}));
    client.notify(
        "textDocument/didChange",
        json!({"textDocument": {"uri": "file:///unknown"}, "contentChanges": []}),
    );
    client.notify(
        "textDocument/didClose",
        json!({"textDocument": {"uri": "file:///unknown"}}),
    );
    client.notify("$/setTrace", json!({"value": "off"}));
    let deep = format!("{{\"Statement\": {}", "[".repeat(20_000));
    let invalid = "{\"Version\": \"\\ud800\", \"Statement\": [{\"Action\": [\"\\u12\", 1, {}, null]}, \u{feff}";
    for text in [
        deep.as_str(),
        invalid,
        "\"Statement\"",
        "\"Version\"\r\r\n\u{0}",
    ] {
        client.open(URI, text);
        for (line, character) in [
            (0, 0),
            (0, 17),
            (0, 1_000_000),
            (99, 3),
            (u64::MAX >> 1, u64::MAX >> 1),
        ] {
            let position = json!({"line": line, "character": character});
            let document = json!({"uri": URI});
            for method in ["textDocument/completion", "textDocument/hover"] {
                client.request(
                    method,
                    json!({"textDocument": document, "position": position}),
                );
            }
            let range = json!({"start": position, "end": {"line": 0, "character": 0}});
            client.request(
                "textDocument/codeAction",
                json!({"textDocument": document, "range": range}),
            );
            let change = json!([{"range": range, "text": "x"}]);
            client.notify(
                "textDocument/didChange",
                json!({"textDocument": {"uri": URI, "version": 2}, "contentChanges": change}),
            );
            client.diagnostics();
        }
    }
    for text in [
        "format = 1\n[[[\"\\",
        "format = 1\na = [{b = '''\u{0}😀",
        "[service]\n= = ]",
    ] {
        client.open("file:///c.toml", text);
        for position in [
            json!({"line": 1, "character": 3}),
            json!({"line": 9, "character": 99}),
        ] {
            for method in ["textDocument/completion", "textDocument/hover"] {
                let document = json!({"uri": "file:///c.toml"});
                client.request(
                    method,
                    json!({"textDocument": document, "position": position}),
                );
            }
        }
    }
    assert_eq!(client.end(), Some(0));
}

#[test]
fn a_session_that_breaks_off_fails() {
    let mut client = Client::start(&[]);
    client.notify("exit", Value::Null);
    assert_eq!(client.child.wait().unwrap().code(), Some(1));
    let mut client = Client::start(&[]);
    client.stdin = None;
    assert_eq!(client.child.wait().unwrap().code(), Some(1));
    let mut client = Client::start(&[]);
    client
        .stdin
        .as_mut()
        .unwrap()
        .write_all(b"Content-Length: x\r\n\r\n")
        .unwrap();
    client.stdin = None;
    assert_eq!(client.child.wait().unwrap().code(), Some(1));
}
