//! The modules of a crate are in an order, and each depends on those before it only.
//!
//! The orders are declared here. A module may use the items of its parent, and a parent those of its modules: what counts is
//! which of two modules of one folder depends on the other, directly or by a name that their parent exports.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// For each folder its modules, from the lowest to the highest.
type Orders<'a> = &'a [(&'a str, &'a [&'a str])];

/// Modules of a folder that is not listed are in no order.
const CRATES: &[(&str, Orders<'static>)] = &[
    (
        "pinpoint-iam-core",
        &[
            (
                "",
                &[
                    "effect",
                    "version",
                    "position",
                    "quoted",
                    "prehashed",
                    "short",
                    "instant",
                    "truth",
                    "suggest",
                    "global_keys",
                    "json",
                    "arn",
                    "context",
                    "pattern",
                    "resource",
                    "action",
                    "condition",
                    "policy",
                    "catalog",
                ],
            ),
            ("context", &["value", "key", "entries"]),
            ("catalog", &["entries", "arns", "action", "resource", "key"]),
            (
                "pattern",
                &[
                    "characters",
                    "search",
                    "glob",
                    "part",
                    "token",
                    "read",
                    "shape",
                    "nfa",
                    "step_table",
                    "containment",
                    "classes",
                    "borrowed",
                ],
            ),
            (
                "resource",
                &["error", "template", "id_format", "metadata", "set"],
            ),
            (
                "condition",
                &[
                    "value",
                    "error",
                    "operator",
                    "value_match",
                    "string",
                    "numeric",
                    "date",
                    "boolean",
                    "binary",
                    "ip_address",
                    "arn",
                    "null",
                    "matcher",
                    "outcome",
                    "evaluate",
                    "samples",
                    "residual",
                ],
            ),
            (
                "policy",
                &[
                    "error",
                    "limits",
                    "kind",
                    "partitions",
                    "values",
                    "short_arn",
                    "resource_pattern",
                    "principal",
                    "action",
                    "resource",
                    "statement",
                    "document",
                    "parse",
                    "serialize",
                    "sid",
                    "lint",
                    "validate",
                    "builder",
                ],
            ),
        ],
    ),
    (
        "pinpoint-iam",
        &[
            (
                "",
                &[
                    "include_catalog",
                    "freshness",
                    "policy_stack",
                    "identity",
                    "program",
                    "principal",
                    "global_keys",
                    "absence",
                    "read_keys",
                    "repetition",
                    "request",
                    "source",
                    "eval",
                    "list",
                    "states",
                    "decision_log",
                    "denial",
                    "web_context",
                    "authorizer",
                    "guard",
                    "web",
                    "__private",
                    "testing",
                ],
            ),
            (
                "program",
                &[
                    "index32",
                    "entry",
                    "list",
                    "trie",
                    "arn_prefix",
                    "index",
                    "names",
                    "action_element",
                    "actions",
                    "groups",
                ],
            ),
            (
                "source",
                &[
                    "resource_tags",
                    "resource_keys",
                    "identity_based",
                    "digest",
                    "store",
                    "error",
                    "file",
                    "json",
                    "files",
                    "thread",
                    "tags",
                    "account_details",
                    "attachments",
                    "written",
                    "directory",
                    "asynchronous",
                    "layers",
                    "last_good",
                    "on_demand",
                ],
            ),
            (
                "eval",
                &[
                    "search",
                    "principal_element",
                    "statement",
                    "visited",
                    "candidate",
                    "organization",
                    "combine",
                    "snapshot",
                    "statement_id",
                    "decision",
                    "walk",
                    "program_stack",
                    "batch",
                    "compiled",
                    "message",
                    "explain",
                    "reference",
                    "any_resource",
                    "parts",
                ],
            ),
            (
                "decision_log",
                &[
                    "in_place", "line", "record", "ocsf", "request", "requests", "json", "sink",
                    "clock", "entry", "queue", "recorder", "log",
                ],
            ),
            (
                "guard",
                &[
                    "as_guard",
                    "permit",
                    "composition",
                    "key_loads",
                    "resolve_keys",
                    "explain",
                    "many",
                    "page",
                    "page_token",
                    "each",
                ],
            ),
        ],
    ),
    (
        "catalog",
        &[
            (
                "",
                &[
                    "format",
                    "fingerprint",
                    "template",
                    "names",
                    "model",
                    "lookup",
                    "error",
                    "codegen",
                    "reader",
                    "check",
                    "parsed",
                    "load",
                    "package",
                    "build",
                ],
            ),
            ("reader", &["table", "entries"]),
            (
                "check",
                &[
                    "place",
                    "references",
                    "binding",
                    "route",
                    "resource",
                    "action",
                ],
            ),
        ],
    ),
    (
        "pinpoint-iam-macros",
        &[
            (
                "",
                &[
                    "written",
                    "requirement",
                    "paths",
                    "messages",
                    "errors",
                    "catalogs",
                    "include_policy",
                    "requires",
                    "public",
                    "grpc",
                    "routes",
                ],
            ),
            (
                "requires",
                &[
                    "parse",
                    "placement",
                    "bind",
                    "check",
                    "expand",
                    "completion",
                    "probe",
                ],
            ),
            ("include_policy", &["parse", "source", "expand"]),
        ],
    ),
    (
        "pinpoint-iam-lint",
        &[
            (
                "",
                &[
                    "glob", "finding", "layout", "catalog", "rule", "sources", "checker",
                    "grammar", "read", "format", "rules", "fixes", "strict", "omitted", "linter",
                    "config",
                ],
            ),
            (
                "rules",
                &[
                    "condition",
                    "principal",
                    "resource",
                    "document",
                    "statement",
                    "action",
                    "variable",
                    "value",
                    "address",
                    "permissive",
                    "trust",
                    "organization",
                    "redundant",
                    "lint",
                    "of_catalog",
                    "source",
                ],
            ),
        ],
    ),
    (
        "pinpoint-iam-docs",
        &[
            (
                "",
                &[
                    "text",
                    "cell",
                    "table",
                    "csv",
                    "json",
                    "markdown",
                    "html",
                    "files",
                    "fresh",
                    "service",
                    "least_privilege",
                    "routes",
                    "quoted",
                    "access",
                    "openapi",
                ],
            ),
            (
                "least_privilege",
                &["error", "wildcards", "required", "needed", "routes", "pack"],
            ),
            ("access", &["verdict", "ask", "change", "difference"]),
        ],
    ),
    (
        "pinpoint-iam-sigv4",
        &[(
            "",
            &[
                "error",
                "date",
                "credentials",
                "hash",
                "head",
                "canonical",
                "keys",
                "presented",
                "verifier",
                "authenticator",
                "axum",
                "actix",
            ],
        )],
    ),
    (
        "pinpoint-iam-sources",
        &[
            (
                "",
                &[
                    "archive", "manifest", "keys", "objects", "signed", "postgres", "bin",
                ],
            ),
            (
                "postgres",
                &["connect", "status", "queries", "rows", "pool", "listener"],
            ),
        ],
    ),
    (
        "pinpoint-iam-cli",
        &[
            (
                "",
                &[
                    "output",
                    "names",
                    "failure",
                    "playground",
                    "schema",
                    "generate",
                    "check",
                    "import",
                    "common",
                    "progress",
                    "files",
                    "fmt",
                    "rule",
                    "lint",
                    "lsp",
                    "accounts",
                    "policies",
                    "explain_record",
                    "explain",
                    "test",
                    "documents",
                    "compare",
                    "replay",
                    "scaffold",
                ],
            ),
            ("playground", &["browser", "server"]),
            (
                "replay",
                &["text", "objects", "inputs", "used", "output", "html"],
            ),
            ("scaffold", &["identifiers", "body", "handler", "files"]),
            (
                "documents",
                &["catalogs", "tables", "matrix", "least_privilege", "openapi"],
            ),
            ("lint", &["output", "fix", "batch"]),
            (
                "import",
                &[
                    "model",
                    "reference",
                    "draft",
                    "arn",
                    "keys",
                    "overlay",
                    "assemble",
                    "repair",
                    "openapi",
                ],
            ),
        ],
    ),
    (
        "pinpoint-iam-tools",
        &[
            (
                "",
                &[
                    "principals",
                    "messages",
                    "metadata",
                    "comparisons",
                    "parts",
                    "requests",
                    "editor",
                ],
            ),
            (
                "editor",
                &["text", "scan", "toml", "complete", "hover", "catalog"],
            ),
        ],
    ),
    (
        "pinpoint-iam-playground",
        &[(
            "",
            &[
                "input",
                "policies",
                "catalogs",
                "edit",
                "decide",
                "test_case",
                "request",
                "compare",
                "access",
                "wasm",
            ],
        )],
    ),
    (
        "pinpoint-iam-replay",
        &[
            (
                "",
                &[
                    "reason",
                    "input",
                    "objects",
                    "tally",
                    "used",
                    "report",
                    "joined",
                    "numbers",
                    "repeated",
                    "policies",
                    "settings",
                    "generate",
                    "cloudtrail",
                    "worker",
                    "replay",
                    "records",
                    "partial",
                ],
            ),
            ("cloudtrail", &["event", "parameters", "keys", "caller"]),
        ],
    ),
    (
        "pinpoint-iam-compare",
        &[
            (
                "",
                &[
                    "bits",
                    "grouped",
                    "catalog",
                    "space",
                    "result",
                    "callers",
                    "cells",
                    "keys",
                    "fold",
                    "set",
                    "interchange",
                    "sources",
                    "no_new_access",
                    "no_new_findings",
                    "assertion",
                    "questions",
                ],
            ),
            (
                "fold",
                &[
                    "action_texts",
                    "actions",
                    "slices",
                    "readable",
                    "variables",
                    "callers",
                    "resources",
                    "conditions",
                    "states",
                    "covers",
                    "conclude",
                    "confirm",
                ],
            ),
        ],
    ),
];

#[test]
fn modules_depend_on_modules_before_them_only() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut faults = Vec::new();
    for (package, orders) in CRATES {
        let mut modules = Modules::default();
        modules.read(&root.join(package).join("src"), &[])?;
        let found = modules.faults(orders);
        faults.extend(found.iter().map(|fault| format!("{package}: {fault}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

#[test]
fn an_upward_dependency_is_a_fault_however_it_is_written() {
    let orders: Orders = &[("", &["low", "middle", "high"])];
    let high: &[&str] = &["high"];
    for (text, expected) in [
        ("use crate::high::Thing;", high),
        ("use crate::{low::a, high::Thing};", high),
        (
            "use crate::{\n    high::{\n        Thing as Other,\n    },\n};",
            high,
        ),
        ("pub(crate) use super::high;", high),
        ("fn f() -> crate::high::Thing {}", high),
        ("const URL: &str = \"https://a\"; use crate::high;", high),
        // By the names that other modules export.
        ("use crate::Thing;", high),
        ("use crate::middle::Renamed;", &["high", "middle"]),
        ("// use crate::high::Thing;", &[]),
        (
            "#[cfg(test)]\nmod tests {\n    use crate::high::Thing;\n}\n",
            &[],
        ),
        ("macro_rules! m { () => { $crate::high::Thing }; }", &[]),
        ("use std::high::Thing;", &[]),
    ] {
        let modules = modules(&[
            ("", "pub use high::Thing;"),
            ("low", text),
            ("middle", "pub use super::high::Thing as Renamed;"),
            ("high", "use crate::low;\nuse crate::middle;"),
        ]);
        let faults = modules.faults(orders);
        let of_low: Vec<&String> = faults
            .iter()
            .filter(|fault| fault.starts_with("`low`"))
            .collect();
        assert_eq!(of_low.len(), expected.len(), "{text}: {faults:?}");
        for (fault, module) in of_low.iter().zip(expected) {
            let start = format!("`low` depends on `{module}`, which is above it: ");
            assert!(fault.starts_with(&start), "{text}: {fault}");
        }
    }
}

#[test]
fn modules_of_a_folder_have_an_order_of_their_own() {
    let orders: Orders = &[("", &["low", "high"]), ("high", &["a", "b"])];
    let modules = modules(&[
        ("", ""),
        ("low", ""),
        ("high", "pub use b::B;"),
        ("high::a", "use super::B;"),
        ("high::a::inner", "use super::super::b::Other;"),
        ("high::b", "use crate::low;\nuse super::a::A;"),
    ]);
    assert_eq!(
        Vec::from_iter(modules.faults(orders)),
        [
            "`high::a` depends on `high::b`, which is above it: `super::B`",
            "`high::a` depends on `high::b`, which is above it: `super::super::b::Other`",
        ]
    );
}

#[test]
fn a_module_without_a_place_is_a_fault() {
    let orders: Orders = &[("", &["low", "gone"])];
    let modules = modules(&[("", ""), ("low", ""), ("new", "")]);
    assert_eq!(
        Vec::from_iter(modules.faults(orders)),
        [
            "`gone` has a place in the order and does not exist",
            "`new` has no place in the order",
        ]
    );
}

fn modules(texts: &[(&str, &str)]) -> Modules {
    let mut modules = Modules::default();
    for (path, text) in texts {
        let path = path.split("::").filter(|name| !name.is_empty());
        modules.add(&path.map(str::to_owned).collect::<Vec<_>>(), text);
    }
    modules
}

/// The path of a module in its crate; empty for the root.
type ModulePath = Vec<String>;

/// The modules of a crate, a file each, with what they use.
#[derive(Default)]
struct Modules {
    uses: BTreeMap<ModulePath, Vec<Use>>,
}

/// A path that a module uses.
#[derive(Clone)]
struct Use {
    path: Vec<String>,
    /// The name that a `use` gives it.
    name: Option<String>,
}

impl Modules {
    fn read(&mut self, folder: &Path, module: &[String]) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let inner = [module, &[name.clone().into_owned()]].concat();
            if path.is_dir() {
                self.read(&path, &inner)?;
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path)?;
                match &*name {
                    "lib" | "main" | "mod" => self.add(module, &text),
                    // By a convention of this repository, these are compiled for tests only.
                    "tests" | "ui_tests" => {}
                    _ => self.add(&inner, &text),
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, module: &[String], text: &str) {
        let uses = uses(&without_tests_and_comments(text));
        self.uses.insert(module.to_vec(), uses);
    }

    /// What contradicts the orders, once for each path that is used.
    fn faults(&self, orders: Orders<'_>) -> BTreeSet<String> {
        let mut faults = BTreeSet::new();
        for (folder, order) in orders {
            let folder: ModulePath = split(folder);
            let there: BTreeSet<&str> = self
                .uses
                .keys()
                .filter_map(|module| module.strip_prefix(folder.as_slice())?.first())
                .map(String::as_str)
                .collect();
            let listed = BTreeSet::from_iter(order.iter().copied());
            for module in there.difference(&listed) {
                let module = shown(&folder, module);
                faults.insert(format!("`{module}` has no place in the order"));
            }
            for module in listed.difference(&there) {
                let module = shown(&folder, module);
                faults.insert(format!(
                    "`{module}` has a place in the order and does not exist"
                ));
            }
            for (module, uses) in &self.uses {
                let Some([own, ..]) = module.strip_prefix(folder.as_slice()) else {
                    continue;
                };
                for (used, target) in uses.iter().flat_map(|used| self.targets(module, used)) {
                    let Some([other, ..]) = target.strip_prefix(folder.as_slice()) else {
                        continue;
                    };
                    let place = |name: &str| order.iter().position(|listed| *listed == name);
                    if let (Some(low), Some(high)) = (place(own), place(other))
                        && low < high
                    {
                        faults.insert(format!(
                            "`{}` depends on `{}`, which is above it: `{}`",
                            shown(&folder, own),
                            shown(&folder, other),
                            used.path.join("::"),
                        ));
                    }
                }
            }
        }
        faults
    }

    /// The modules that a use depends on: the one that its path names, and those to which exports lead from there.
    fn targets<'u>(&self, module: &[String], used: &'u Use) -> Vec<(&'u Use, ModulePath)> {
        let mut targets = Vec::new();
        let mut next = Some((module.to_vec(), used.path.clone()));
        while let Some((from, path)) = next
            && targets.len() < 8
        {
            let Some((target, item)) = self.resolve(&from, &path) else {
                break;
            };
            next = item.and_then(|item| {
                let (name, following) = item.split_first()?;
                let exports = self.uses.get(&target)?.iter();
                let mut exports = exports.filter(|export| export.path != path);
                let export = exports.find(|export| export.name.as_ref() == Some(name))?;
                Some((target.clone(), [export.path.as_slice(), following].concat()))
            });
            targets.push((used, target));
        }
        targets
    }

    /// The module that `path` names in `module`, and what it names there; `None` for what is not of this crate.
    fn resolve<'p>(
        &self,
        module: &[String],
        path: &'p [String],
    ) -> Option<(ModulePath, Option<&'p [String]>)> {
        let mut at = module.to_vec();
        match path.first()?.as_str() {
            "crate" => at.clear(),
            "self" => {}
            "super" => {
                at.pop();
            }
            child => {
                at.push(child.to_owned());
                if !self.uses.contains_key(&at) {
                    return None;
                }
            }
        }
        for (index, name) in path.iter().enumerate().skip(1) {
            if name == "super" {
                at.pop();
                continue;
            }
            at.push(name.clone());
            if !self.uses.contains_key(&at) {
                at.pop();
                return Some((at, path.get(index..)));
            }
        }
        Some((at, None))
    }
}

fn split(path: &str) -> ModulePath {
    let names = path.split("::").filter(|name| !name.is_empty());
    names.map(|name| name.trim().to_owned()).collect()
}

fn shown(folder: &[String], module: &str) -> String {
    [folder, &[module.to_owned()]].concat().join("::")
}

/// The text without line comments and without modules for tests, which end where rustfmt puts their brace.
fn without_tests_and_comments(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("#[cfg(") && line.contains("test") && !line.contains("feature = \"test")
        {
            let is_module = |line: &str| line.starts_with("mod ") && line.ends_with('{');
            if lines
                .by_ref()
                .find(|line| !line.starts_with("#["))
                .is_some_and(is_module)
            {
                lines.by_ref().find(|line| *line == "}");
            }
            continue;
        }
        let comment = line.match_indices("//").find(|(start, _)| {
            let before = line.get(..*start).unwrap_or_default();
            before.is_empty() || before.ends_with(char::is_whitespace)
        });
        code.push_str(comment.map_or(line, |(start, _)| line.get(..start).unwrap_or_default()));
        code.push('\n');
    }
    code
}

/// The paths of `use` declarations, and those in the code that start in the crate.
fn uses(code: &str) -> Vec<Use> {
    let mut uses = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find(is_name_character) {
        let is_qualified = rest
            .get(..start)
            .is_some_and(|before| before.ends_with(['$', ':']));
        rest = rest.get(start..).unwrap_or_default();
        let end = rest
            .find(|other| !is_name_character(other))
            .unwrap_or(rest.len());
        let (word, behind) = rest.split_at_checked(end).unwrap_or_default();
        rest = behind;
        match word {
            "use" => {
                let (tree, behind) = rest.split_once(';').unwrap_or_default();
                use_tree(tree.trim(), &[], &mut uses);
                rest = behind;
            }
            "crate" | "self" | "super" if !is_qualified && rest.starts_with("::") => {
                let end = rest
                    .find(|other| !is_name_character(other) && other != ':')
                    .unwrap_or(rest.len());
                let (path, behind) = rest.split_at_checked(end).unwrap_or_default();
                let path = [&[word.to_owned()], split(path).as_slice()].concat();
                uses.push(Use { path, name: None });
                rest = behind;
            }
            _ => {}
        }
    }
    uses
}

fn is_name_character(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Adds the paths of a tree such as `crate::{a::B, c::{D as E, self}}`.
fn use_tree(tree: &str, prefix: &[String], uses: &mut Vec<Use>) {
    if let Some((start, rest)) = tree.split_once('{') {
        let prefix = [prefix, split(start).as_slice()].concat();
        let mut depth = 0_usize;
        let inner = rest.trim_end().strip_suffix('}').unwrap_or(rest);
        let branches = inner.split(|character| {
            match character {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            character == ',' && depth == 0
        });
        for branch in branches.map(str::trim).filter(|branch| !branch.is_empty()) {
            use_tree(branch, &prefix, uses);
        }
        return;
    }
    let (path, alias) = match tree.split_once(" as ") {
        Some((path, alias)) => (path, Some(alias.trim().to_owned())),
        None => (tree, None),
    };
    let mut path = [prefix, split(path).as_slice()].concat();
    if !prefix.is_empty() && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    if path.last().is_some_and(|last| last == "*") {
        path.pop();
    }
    let name = alias.or_else(|| path.last().cloned());
    uses.push(Use { path, name });
}
