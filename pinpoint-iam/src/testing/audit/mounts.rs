//! Finds the places in a crate that mount or mention handlers.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprMethodCall, ExprPath, Macro, Path, Token};

use super::names::{Named, foreign_globs, resolve};
use super::source::{Sources, line, segments};

/// The mounted handlers and the mentioned functions of one module.
#[derive(Default)]
pub(super) struct Mounts {
    /// The functions that are used as values: module and name.
    pub(super) named: Vec<(usize, String)>,
    /// The expressions that are mounted as handlers.
    pub(super) mounted: Vec<Mounted>,
}

/// An expression that is mounted as a handler.
pub(super) struct Mounted {
    pub(super) line: usize,
    pub(super) what: What,
}

/// The kind of mounted expression.
pub(super) enum What {
    /// A function of the crate: module and name.
    Function(usize, String),
    /// An expression that cannot be followed, as written, with the reason.
    Unseen(String, &'static str),
}

/// Finds the handlers that one module mounts, and the functions that it uses as values.
pub(super) fn of(sources: &Sources, module: usize) -> Mounts {
    let mut search = Search {
        sources,
        module,
        found: Mounts::default(),
    };
    if let Some(here) = sources.modules.get(module) {
        for expression in &here.expressions {
            search.visit_expr(expression);
        }
        for body in &here.bodies {
            search.visit_block(body);
        }
    }
    search.found
}

/// Axum's functions that take a handler (and the methods of the same names), and `to` of actix-web.
const TAKE_HANDLERS: [&str; 12] = [
    "get", "post", "put", "delete", "patch", "head", "options", "trace", "connect", "any", "on",
    "to",
];

/// Other functions that start a route but do not take its handler.
const START_ROUTES: [&str; 3] = ["method", "resource", "route"];

struct Search<'s> {
    sources: &'s Sources,
    module: usize,
    found: Mounts,
}

impl Search<'_> {
    fn resolve(&self, path: &Path) -> Named {
        resolve(self.sources, self.module, &segments(path))
    }

    /// Whether an expression is one of these functions of axum or actix-web.
    fn is_one_of(&self, function: &Expr, names: &[&str]) -> bool {
        let Expr::Path(ExprPath { path, .. }) = function else {
            return false;
        };
        let is_of_framework = |path: &[String]| {
            path.iter()
                .any(|segment| ["axum", "routing", "actix_web", "web"].contains(&segment.as_str()))
        };
        let is_named = |path: &[String]| {
            path.last()
                .is_some_and(|name| names.contains(&name.as_str()))
        };
        match self.resolve(path) {
            Named::Foreign(path) => is_named(&path) && is_of_framework(&path),
            Named::Function(..) | Named::Module(_) => false,
            Named::Unknown => {
                is_named(&segments(path))
                    && foreign_globs(self.sources, self.module)
                        .iter()
                        .any(|glob| is_of_framework(glob))
            }
        }
    }

    /// Whether an expression builds a route: a method chain that starts with `get(..)` or similar.
    fn is_route(&self, expression: &Expr) -> bool {
        match expression {
            Expr::MethodCall(call) => self.is_route(&call.receiver),
            Expr::Call(call) => {
                self.is_one_of(&call.func, &TAKE_HANDLERS)
                    || self.is_one_of(&call.func, &START_ROUTES)
                    || is_method_router(&call.func)
            }
            Expr::Paren(inner) => self.is_route(&inner.expr),
            _ => false,
        }
    }

    /// Records a handler that is certainly mounted.
    fn mounted(&mut self, handler: &Expr) {
        let what = match handler {
            Expr::Closure(_) => What::Unseen(
                text(handler),
                "is a closure, which cannot say who may call it; make it a function",
            ),
            Expr::Path(ExprPath { path, .. }) => match self.resolve(path) {
                Named::Function(module, name) => What::Function(module, name),
                Named::Foreign(_) => What::Unseen(
                    text(handler),
                    "is a handler of another crate, which the audit cannot see",
                ),
                Named::Module(_) | Named::Unknown => What::Unseen(
                    text(handler),
                    "cannot be followed to a function; name the function here",
                ),
            },
            // A handler may be wrapped: `get(handler.layer(..))`, `to(guarded(handler))`.
            wrapped => {
                let inside = self.functions_in(wrapped);
                if inside.is_empty() {
                    What::Unseen(
                        text(handler),
                        "cannot be followed to a function; name the function here",
                    )
                } else {
                    for (module, name) in inside {
                        self.push(handler, What::Function(module, name));
                    }
                    return;
                }
            }
        };
        self.push(handler, what);
    }

    /// Records a handler only if it is a function of the crate, because the call may not mount anything.
    fn maybe_mounted(&mut self, handler: &Expr) {
        if let Expr::Path(ExprPath { path, .. }) = handler
            && let Named::Function(module, name) = self.resolve(path)
        {
            self.push(handler, What::Function(module, name));
        }
    }

    fn push(&mut self, handler: &Expr, what: What) {
        self.found.mounted.push(Mounted {
            line: line(handler),
            what,
        });
    }

    /// Returns the functions that an expression uses as values.
    fn functions_in(&self, expression: &Expr) -> Vec<(usize, String)> {
        let mut inner = Search {
            sources: self.sources,
            module: self.module,
            found: Mounts::default(),
        };
        inner.visit_expr(expression);
        inner.found.named
    }
}

impl<'ast> Visit<'ast> for Search<'_> {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if self.is_one_of(&call.func, &TAKE_HANDLERS)
            && let Some(handler) = call.args.last()
        {
            self.mounted(handler);
        }
        // A function that is called here is not used as a value.
        if !matches!(*call.func, Expr::Path(_)) {
            self.visit_expr(&call.func);
        }
        for argument in &call.args {
            self.visit_expr(argument);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let method = call.method.unraw().to_string();
        if let Some(handler) = call.args.last() {
            let takes_handler = TAKE_HANDLERS.contains(&method.as_str());
            let is_fallback =
                ["fallback", "method_not_allowed_fallback"].contains(&method.as_str());
            if (takes_handler && self.is_route(&call.receiver))
                || (is_fallback && matches!(handler, Expr::Closure(_)))
            {
                self.mounted(handler);
            } else if takes_handler
                || is_fallback
                || ["service", "default_service"].contains(&method.as_str())
            {
                self.maybe_mounted(handler);
            }
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        if let Named::Function(module, name) = self.resolve(&path.path) {
            self.found.named.push((module, name));
        }
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let list = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(call.tokens.clone());
        match list {
            Ok(list) => list
                .iter()
                .for_each(|expression| self.visit_expr(expression)),
            Err(_) => {
                for path in paths(call.tokens.clone()) {
                    if let Named::Function(module, name) = resolve(self.sources, self.module, &path)
                    {
                        self.found.named.push((module, name));
                    }
                }
            }
        }
    }

    // Skipped: functions that contain items are separate modules here.
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Whether this is `MethodRouter::new`.
fn is_method_router(function: &Expr) -> bool {
    let Expr::Path(ExprPath { path, .. }) = function else {
        return false;
    };
    segments(path)
        .iter()
        .any(|segment| segment == "MethodRouter")
}

/// Returns every sequence of tokens in a macro call that may be a path.
fn paths(tokens: TokenStream) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Ident(word) => {
                if colons != 2 {
                    found.push(std::mem::take(&mut path));
                }
                path.push(word.unraw().to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                found.push(std::mem::take(&mut path));
                found.extend(paths(group.stream()));
                colons = 0;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {
                found.push(std::mem::take(&mut path));
                colons = 0;
            }
        }
    }
    found.push(path);
    found.retain(|path| !path.is_empty());
    found
}

/// Returns the source text of an expression, on one line and shortened.
fn text(expression: &Expr) -> String {
    let text = expression.span().source_text().unwrap_or_default();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
