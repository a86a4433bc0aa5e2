//! Reads the modules of a crate from its source files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Attribute, Block, Expr, ExprLit, Ident, Item, ItemFn, ItemMod, Lit, Meta, Stmt, UseTree,
};

use super::AuditError;

/// Every module of a crate, for each of its crate roots.
#[derive(Default)]
pub(super) struct Sources {
    /// INVARIANT: a module comes after the module that contains it.
    pub(super) modules: Vec<Module>,
    /// Errors for files that could not be read.
    pub(super) faults: Vec<AuditError>,
}

/// A module, or the body of a function that contains items.
pub(super) struct Module {
    /// The containing module; `None` for a crate root.
    pub(super) parent: Option<usize>,
    /// Whether this is a function body: it has no path of its own and sees the names of the enclosing module.
    pub(super) is_block: bool,
    /// The path from the crate root, including `crate`.
    pub(super) path: String,
    /// The file, relative to the crate directory.
    pub(super) file: String,
    pub(super) children: BTreeMap<String, usize>,
    /// By name. One name can have several functions, for example one per platform.
    pub(super) functions: BTreeMap<String, Vec<Function>>,
    /// The names that `use` imports, with the segments of their paths.
    pub(super) imports: BTreeMap<String, Vec<String>>,
    /// The paths that `use` imports with `*`.
    pub(super) globs: Vec<Vec<String>>,
    /// All other code in the module, which is searched for mounted handlers.
    pub(super) expressions: Vec<Expr>,
    pub(super) bodies: Vec<Block>,
}

pub(super) struct Function {
    pub(super) line: usize,
    pub(super) attributes: Vec<Mark>,
}

/// An attribute of a function.
pub(super) struct Mark {
    /// The path as written in the source.
    pub(super) path: Vec<String>,
    /// Whether the attribute has `guard = ..`. No framework calls such a function directly.
    pub(super) has_guard: bool,
}

impl Sources {
    /// Reads the crate in `directory`.
    pub(super) fn read(directory: &Path) -> Self {
        let mut sources = Self::default();
        let source = directory.join("src");
        let mut roots: Vec<PathBuf> = ["lib.rs", "main.rs"]
            .iter()
            .map(|name| source.join(name))
            .filter(|path| path.is_file())
            .collect();
        if let Ok(programs) = fs::read_dir(source.join("bin")) {
            let mut programs: Vec<PathBuf> = programs
                .filter_map(|entry| Some(entry.ok()?.path()))
                .flat_map(|path| [path.join("main.rs"), path])
                .filter(|path| path.is_file() && path.extension().is_some_and(|end| end == "rs"))
                .collect();
            programs.sort();
            roots.extend(programs);
        }
        if roots.is_empty() {
            sources.fault(
                source.display().to_string(),
                "the crate",
                "has neither `src/lib.rs` nor `src/main.rs`; give the directory of its `Cargo.toml`",
            );
        }
        for root in roots {
            let place = Place {
                directory,
                folder: root.parent().unwrap_or(&source).to_owned(),
            };
            let module = sources.module(None, "crate".to_owned(), place.shown(&root), false);
            sources.file(&root, module, &place);
        }
        sources
    }

    fn fault(&mut self, place: String, handler: &str, message: &str) {
        self.faults.push(AuditError {
            place,
            handler: handler.to_owned(),
            message: message.to_owned(),
        });
    }

    fn module(
        &mut self,
        parent: Option<usize>,
        path: String,
        file: String,
        is_block: bool,
    ) -> usize {
        self.modules.push(Module {
            parent,
            is_block,
            path,
            file,
            children: BTreeMap::new(),
            functions: BTreeMap::new(),
            imports: BTreeMap::new(),
            globs: Vec::new(),
            expressions: Vec::new(),
            bodies: Vec::new(),
        });
        self.modules.len().saturating_sub(1)
    }

    fn file(&mut self, path: &Path, module: usize, place: &Place<'_>) {
        let shown = place.shown(path);
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                return self.fault(shown, "this file", &format!("cannot be read: {error}"));
            }
        };
        match syn::parse_file(&text) {
            Ok(file) => self.items(file.items, module, place),
            Err(error) => {
                let line = error.span().start().line;
                self.fault(
                    format!("{shown}:{line}"),
                    "this file",
                    &format!("cannot be read: {error}"),
                );
            }
        }
    }

    fn items(&mut self, items: Vec<Item>, module: usize, place: &Place<'_>) {
        for item in items {
            match item {
                Item::Mod(item) => self.submodule(item, module, place),
                Item::Fn(item) => self.free_function(item, module, place),
                Item::Use(item) => {
                    if let Some(module) = self.modules.get_mut(module) {
                        imports(&item.tree, &mut Vec::new(), module);
                    }
                }
                Item::Impl(item) if !is_for_tests(&item.attrs) => {
                    for item in item.items {
                        if let syn::ImplItem::Fn(method) = item {
                            self.body(method.block, module, place);
                        }
                    }
                }
                Item::Trait(item) if !is_for_tests(&item.attrs) => {
                    for item in item.items {
                        if let syn::TraitItem::Fn(syn::TraitItemFn {
                            default: Some(block),
                            ..
                        }) = item
                        {
                            self.body(block, module, place);
                        }
                    }
                }
                Item::Const(item) => self.expression(*item.expr, module),
                Item::Static(item) => self.expression(*item.expr, module),
                _ => {}
            }
        }
    }

    fn expression(&mut self, expression: Expr, module: usize) {
        if let Some(module) = self.modules.get_mut(module) {
            module.expressions.push(expression);
        }
    }

    fn submodule(&mut self, item: ItemMod, parent: usize, place: &Place<'_>) {
        if is_for_tests(&item.attrs) {
            return;
        }
        let name = item.ident.unraw().to_string();
        let Some((path, file)) = self
            .modules
            .get(parent)
            .map(|parent| (format!("{}::{name}", parent.path), parent.file.clone()))
        else {
            return;
        };
        let inner = Place {
            directory: place.directory,
            folder: place.folder.join(&name),
        };
        if let Some((_, items)) = item.content {
            let module = self.module(Some(parent), path, file, false);
            self.child(parent, name, module);
            return self.items(items, module, &inner);
        }
        let given = item.attrs.iter().find_map(path_attribute);
        let candidates = match given {
            // A `#[path]` attribute is relative to the directory of the file, which may also be the directory of its
            // modules.
            Some(given) => vec![
                place.folder.join(&given),
                place.folder.parent().unwrap_or(place.directory).join(given),
            ],
            None => vec![
                place.folder.join(format!("{name}.rs")),
                inner.folder.join("mod.rs"),
            ],
        };
        match candidates.into_iter().find(|path| path.is_file()) {
            Some(found) => {
                let module = self.module(Some(parent), path, place.shown(&found), false);
                self.child(parent, name, module);
                self.file(&found, module, &inner);
            }
            None if item
                .attrs
                .iter()
                .any(|attribute| attribute.path().is_ident("cfg")) => {}
            None => {
                let line = line(&item.ident);
                self.fault(
                    format!("{file}:{line}"),
                    &path,
                    "is a module whose file was not found",
                );
            }
        }
    }

    fn child(&mut self, parent: usize, name: String, module: usize) {
        if let Some(parent) = self.modules.get_mut(parent) {
            parent.children.insert(name, module);
        }
    }

    fn free_function(&mut self, item: ItemFn, module: usize, place: &Place<'_>) {
        if is_for_tests(&item.attrs) {
            return;
        }
        let function = Function {
            line: line(&item.sig.ident),
            attributes: item.attrs.iter().map(mark).collect(),
        };
        if let Some(module) = self.modules.get_mut(module) {
            let name = item.sig.ident.unraw().to_string();
            module.functions.entry(name).or_default().push(function);
        }
        self.body(*item.block, module, place);
    }

    /// Reads the body of a function, which becomes a scope of its own if it contains items.
    fn body(&mut self, block: Block, module: usize, place: &Place<'_>) {
        let items: Vec<Item> = block
            .stmts
            .iter()
            .filter_map(|statement| match statement {
                Stmt::Item(item) => Some(item.clone()),
                _ => None,
            })
            .collect();
        let scope = match self.modules.get(module) {
            Some(outer) if !items.is_empty() => {
                let (path, file) = (outer.path.clone(), outer.file.clone());
                let scope = self.module(Some(module), path, file, true);
                self.items(items, scope, place);
                scope
            }
            _ => module,
        };
        if let Some(scope) = self.modules.get_mut(scope) {
            scope.bodies.push(block);
        }
    }
}

/// The location of a file and of the files of its modules.
struct Place<'d> {
    /// The directory of the crate.
    directory: &'d Path,
    /// The directory of the files of its modules.
    folder: PathBuf,
}

impl Place<'_> {
    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(self.directory)
            .unwrap_or(path)
            .display()
            .to_string()
    }
}

fn mark(attribute: &Attribute) -> Mark {
    let tokens: Vec<TokenTree> = match &attribute.meta {
        Meta::List(list) => list.tokens.clone().into_iter().collect(),
        Meta::Path(_) | Meta::NameValue(_) => Vec::new(),
    };
    let is_guard = |pair: &[TokenTree]| match pair {
        [TokenTree::Ident(key), TokenTree::Punct(equals)] => {
            key == "guard" && equals.as_char() == '='
        }
        _ => false,
    };
    Mark {
        path: segments(attribute.path()),
        has_guard: tokens.windows(2).any(is_guard),
    }
}

/// Returns the names in a path, without generic arguments.
pub(super) fn segments(path: &syn::Path) -> Vec<String> {
    path.segments
        .iter()
        .map(|segment| segment.ident.unraw().to_string())
        .collect()
}

/// Whether an item is compiled for tests only.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let is_test = attribute
            .path()
            .segments
            .last()
            .is_some_and(|last| last.ident == "test");
        is_test
            || (attribute.path().is_ident("cfg")
                && attribute
                    .parse_args::<Ident>()
                    .is_ok_and(|condition| condition == "test"))
    })
}

fn path_attribute(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn imports(tree: &UseTree, before: &mut Vec<String>, module: &mut Module) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.unraw().to_string());
            imports(&path.tree, before, module);
            before.pop();
        }
        UseTree::Name(name) => {
            let name = name.ident.unraw().to_string();
            let mut path = before.clone();
            let called = if name == "self" {
                path.last().cloned()
            } else {
                path.push(name.clone());
                Some(name)
            };
            module.imports.extend(called.map(|called| (called, path)));
        }
        UseTree::Rename(rename) => {
            let mut path = before.clone();
            if rename.ident != "self" {
                path.push(rename.ident.unraw().to_string());
            }
            module
                .imports
                .insert(rename.rename.unraw().to_string(), path);
        }
        UseTree::Glob(_) => module.globs.push(before.clone()),
        UseTree::Group(group) => {
            for tree in &group.items {
                imports(tree, before, module);
            }
        }
    }
}

/// Returns the line number of a syntax node.
pub(super) fn line(piece: &impl Spanned) -> usize {
    piece.span().start().line
}
