//! The HTML page without a browser: it does not load anything, its internal links have targets, and screen readers can
//! read it. `tests/browser/` tests its behavior in a browser.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pinpoint_iam::mobiletargeting;
use pinpoint_iam_docs::{html, service_page};
use scraper::{ElementRef, Html, Selector};
use sha2::{Digest, Sha256};

fn page() -> Html {
    Html::parse_document(&html(&service_page(&mobiletargeting::SERVICE)))
}

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    let selector = Selector::parse(selector).unwrap();
    page.select(&selector).collect()
}

fn only<'a>(page: &'a Html, selector: &str) -> ElementRef<'a> {
    let found = all(page, selector);
    assert_eq!(found.len(), 1, "{selector}");
    found[0]
}

#[test]
fn the_browser_may_run_the_style_and_the_script_of_the_page_and_nothing_else() {
    let page = page();
    let hash = |selector: &str| {
        let text: String = only(&page, selector).text().collect();
        format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
    };
    let policy = only(&page, "meta[http-equiv='Content-Security-Policy']");
    assert_eq!(
        policy.attr("content"),
        Some(
            format!(
                "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
                hash("style"),
                hash("script")
            )
            .as_str()
        )
    );
    // The policy must precede the elements that it applies to.
    let kinds: Vec<_> = all(&page, "meta[http-equiv], style, script")
        .iter()
        .map(|element| element.value().name().to_owned())
        .collect();
    assert_eq!(kinds, ["meta", "style", "script"]);
}

#[test]
fn nothing_is_loaded_and_nothing_runs_from_attributes() {
    let page = page();
    for element in all(&page, "*") {
        for (name, value) in element.value().attrs() {
            assert!(!name.starts_with("on"), "{name}={value}");
            assert!(
                !["src", "srcset", "style", "action", "ping"].contains(&name),
                "{name}={value}"
            );
            if name == "href" {
                assert!(
                    value.starts_with('#') || value.starts_with("https://docs.aws.amazon.com/"),
                    "{value}"
                );
            }
        }
        let name = element.value().name();
        assert!(
            !["link", "iframe", "object", "embed", "img", "base", "form"].contains(&name),
            "{name}"
        );
    }
}

#[test]
fn ids_are_unique_and_every_link_within_the_page_has_a_target() {
    let page = page();
    let mut ids = BTreeSet::new();
    for element in all(&page, "[id]") {
        assert!(
            ids.insert(element.attr("id").unwrap()),
            "{:?} twice",
            element.attr("id")
        );
    }
    for link in all(&page, "a[href^='#']") {
        let target = link.attr("href").unwrap().trim_start_matches('#');
        assert!(ids.contains(target), "#{target}");
    }
    for element in all(&page, "[aria-labelledby], label[for], output[for]") {
        let target = element.attr("aria-labelledby").or(element.attr("for"));
        assert!(
            target.is_some_and(|target| ids.contains(target)),
            "{target:?}"
        );
    }
}

#[test]
fn every_row_and_column_has_a_header() {
    let page = page();
    assert_eq!(only(&page, "html").attr("lang"), Some("en"));
    only(&page, "h1");
    only(&page, "main");
    only(&page, "label[for='_filter']");
    for header in all(&page, "th") {
        let (scope, role) = (header.attr("scope"), header.attr("role"));
        assert!(
            matches!(
                (scope, role),
                (Some("row"), Some("rowheader")) | (Some("col"), Some("columnheader"))
            ),
            "{scope:?} {role:?}"
        );
    }
    let roles = [
        ("table", "table"),
        ("thead", "rowgroup"),
        ("tbody", "rowgroup"),
        ("tr", "row"),
        ("td", "cell"),
    ];
    for (name, role) in roles {
        for element in all(&page, name) {
            assert_eq!(element.attr("role"), Some(role), "{name}");
        }
    }
}
