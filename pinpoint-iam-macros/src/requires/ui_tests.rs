//! Expands every case of the UI suite without a compiler, and checks that nothing fails open.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::visit::{self, Visit};

use super::{attribute, parse};
use crate::errors::Errors;

/// Every `#[requires(..)]` of a file: its arguments, and the item without it.
#[derive(Default)]
struct Uses(Vec<(TokenStream, TokenStream)>);

impl Uses {
    fn note(
        &mut self,
        attributes: &[syn::Attribute],
        item: &dyn Fn(Vec<syn::Attribute>) -> TokenStream,
    ) {
        let is_ours = |attribute: &syn::Attribute| {
            attribute
                .path()
                .segments
                .last()
                .is_some_and(|last| last.ident == "requires")
        };
        if let Some(position) = attributes.iter().position(is_ours) {
            let mut rest = attributes.to_vec();
            let arguments = match rest.remove(position).meta {
                syn::Meta::List(list) => list.tokens,
                _ => TokenStream::new(),
            };
            self.0.push((arguments, item(rest)));
        }
    }
}

macro_rules! note {
    ($($visit:ident: $item:ty),* $(,)?) => {
        impl<'ast> Visit<'ast> for Uses {
            $(fn $visit(&mut self, item: &'ast $item) {
                self.note(&item.attrs, &|attrs| {
                    <$item>::to_token_stream(&{
                        let mut item = item.clone();
                        item.attrs = attrs;
                        item
                    })
                });
                visit::$visit(self, item);
            })*
        }
    };
}

note!(
    visit_item_fn: syn::ItemFn,
    visit_impl_item_fn: syn::ImplItemFn,
    visit_trait_item_fn: syn::TraitItemFn,
    visit_item_struct: syn::ItemStruct,
    visit_item_impl: syn::ItemImpl,
    visit_item_mod: syn::ItemMod,
    visit_item_const: syn::ItemConst,
);

fn cases(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/ui/requires")
        .join(kind);
    let mut cases: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    cases.sort();
    cases
}

/// What an attribute must check.
#[derive(Clone, Copy)]
struct Asked {
    actions: usize,
    /// The entries of `dependents(..)` that are not `none`.
    dependents: usize,
}

/// Every expansion of a file, with what it must check.
fn expansions(case: &Path) -> Vec<(String, Asked)> {
    let mut uses = Uses::default();
    uses.visit_file(&syn::parse_file(&fs::read_to_string(case).unwrap()).unwrap());
    uses.0
        .into_iter()
        .map(|(arguments, item)| {
            let actions = actions(arguments.clone(), item.clone());
            // The error of a probe, which is removed together with the probe if the attribute is ours.
            let probe = "fn __is_of_pinpoint_iam () { :: core :: compile_error !";
            let expansion = attribute(arguments, item, &|| None).to_string();
            (expansion.replace(probe, ""), actions)
        })
        .collect()
}

/// The actions in the attributes of an item, and their dependent actions.
fn actions(arguments: TokenStream, item: TokenStream) -> Asked {
    let mut errors = Errors::default();
    let mut attributes = vec![parse::attribute(arguments, Span::call_site(), &mut errors)];
    if let Ok(mut function) = syn::parse2(item) {
        attributes.extend(parse::further(&mut function, &crate::paths::root(), &mut errors).0);
    }
    // The expansion reports errors in them.
    drop(errors.report(TokenStream::new()));
    let requirements = attributes
        .iter()
        .filter_map(|each| each.requirement.as_ref());
    let leaves: Vec<_> = requirements.flat_map(|tree| tree.leaves()).collect();
    let of_attributes = attributes.iter().flat_map(|each| &each.dependents);
    let of_actions = leaves.iter().flat_map(|leaf| &leaf.dependents);
    let entries = of_attributes
        .chain(of_actions)
        .flat_map(|each| each.entries.iter().flatten());
    Asked {
        actions: leaves.len(),
        dependents: entries.filter(|entry| entry.arguments.is_some()).count(),
    }
}

/// Nothing fails open: an expansion is either an error or guarded, regardless of what rustc then reports.
///
/// It checks every action, and checks each one both before and after the body if the check waits for the body. Dependent
/// actions may be checked only after the body.
fn is_guarded(
    expansion: &str,
    Asked {
        actions,
        dependents,
    }: Asked,
) -> bool {
    let asked: usize = [
        ". check (",
        ". check_arn (",
        ". authorize (",
        ". authorize_arn (",
        "__private :: check (",
        "__private :: authorize (",
        "__private :: ResourceOf ::",
        "__private :: precheck (",
        "__private :: each (",
        "__private :: authorize_each (",
        "__private :: authorize_each_allowed (",
        "__private :: authorize_each_until_denied (",
        "__private :: check_created (",
        "__private :: check_outside (",
    ]
    .iter()
    .map(|check| expansion.matches(check).count())
    .sum();
    let of_ours = |name: &str| {
        let name = format!("pinpoint_iam :: web :: {name} ");
        let found = expansion.match_indices(&name);
        // With an adapter, the type is in a pattern.
        let rest = found.filter_map(|(start, _)| expansion.get(start + name.len()..));
        rest.filter(|rest| rest.starts_with('<') || rest.starts_with(":: <"))
            .count()
    };
    let is_after_body = of_ours("AfterBody") > 0;
    // The result of a precheck is not accepted as a complete check.
    let is_handler = if is_after_body {
        of_ours("Prechecked") > 0 && of_ours("Authorized") == 0
    } else {
        of_ours("Authorized") > 0 && of_ours("Prechecked") == 0
    };
    let checks = if is_after_body {
        of_ours("Prechecks") + of_ours("RequiresAfterBody")
    } else {
        of_ours("Requires")
    };
    let denials = expansion
        .matches("return :: pinpoint_iam :: __private :: deny ")
        .count();
    let stages = if is_after_body { 2 } else { 1 };
    actions > 0
        && match dependents {
            0 => asked == actions * stages,
            _ => asked >= actions * stages + dependents,
        }
        && if is_handler {
            checks == stages && denials == 0
        } else {
            !is_after_body && checks == 0 && denials == 1
        }
}

#[test]
fn every_failing_case_is_an_error_or_does_not_type_check() {
    let cases = cases("fail");
    assert!(cases.len() >= 20, "{} cases", cases.len());
    for case in cases {
        let name = case.display();
        let expansions = expansions(&case);
        // rustc expands the attributes inside a `macro_rules`.
        let text = fs::read_to_string(&case).unwrap();
        assert!(
            !expansions.is_empty()
                || text.contains("macro_rules!")
                || name.to_string().contains("permit_is_made"),
            "{name} uses no `#[requires]`"
        );
        for (expansion, actions) in &expansions {
            assert_ne!(
                expansion.contains("compile_error"),
                is_guarded(expansion, *actions),
                "{name}: {expansion}"
            );
        }
        if !expansions
            .iter()
            .any(|(expansion, _)| expansion.contains("compile_error"))
        {
            let shown = fs::read_to_string(case.with_extension("stderr")).unwrap();
            // Our own messages, or rustc's messages about the generated code.
            let is_error =
                |line: &str| line.starts_with("error") || line.starts_with("rustc's error");
            assert!(
                shown.lines().any(is_error),
                "{name} is no error of rustc either"
            );
        }
    }
}

#[test]
fn every_passing_case_is_guarded() {
    let cases = cases("pass");
    assert!(cases.len() >= 20, "{} cases", cases.len());
    for case in cases {
        let name = case.display();
        for (expansion, actions) in expansions(&case) {
            assert!(is_guarded(&expansion, actions), "{name}: {expansion}");
            assert!(!expansion.contains("compile_error"), "{name}: {expansion}");
        }
    }
}
