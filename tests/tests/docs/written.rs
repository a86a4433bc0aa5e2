//! Markdown files: links have targets, chapters are listed and compiled, `ARCHITECTURE.md` names existing files, and
//! `RELEASING.md` lists every published package.

use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Returns every Markdown file of the repository.
fn documents() -> Vec<PathBuf> {
    let mut documents = Vec::new();
    let mut folders = vec![PathBuf::from(ROOT)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if entry.file_type().unwrap().is_dir() {
                if name != "target" && !name.starts_with('.') {
                    folders.push(entry.path());
                }
            } else if name.ends_with(".md") {
                documents.push(entry.path());
            }
        }
    }
    documents
}

/// Returns the text without its fenced code blocks.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let outside = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fence && !fenced
    });
    outside.map(|line| format!("{line}\n")).collect()
}

/// Returns the targets of inline links, without links to websites, to Rust items and to the playground, which is next to
/// a built guide only.
fn links(prose: &str) -> impl Iterator<Item = &str> {
    let targets = prose.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split_once(')'));
    let targets = targets.map(|(target, _)| target);
    let targets = targets.filter(|target| !target.contains("::") && !target.contains("://"));
    targets.filter(|target| !target.starts_with("playground/"))
}

/// Returns whether the document has a heading or an HTML element with this anchor.
fn has_anchor(text: &str, anchor: &str) -> bool {
    let prose = prose(text);
    let mut headings = prose.lines().filter_map(|line| {
        let heading = line.strip_prefix('#')?.trim_start_matches('#');
        heading.strip_prefix(' ')
    });
    let slug = |heading: &str| -> String {
        let kept = heading.to_lowercase();
        let kept = kept
            .chars()
            .filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
        kept.map(|it| if it == ' ' { '-' } else { it }).collect()
    };
    headings.any(|heading| slug(heading) == anchor) || text.contains(&format!("id=\"{anchor}\""))
}

/// Returns spans of code that look like paths in the repository.
fn paths(prose: &str) -> impl Iterator<Item = &str> {
    let spans = prose.split('`').skip(1).step_by(2);
    spans.filter(|span| span.contains('/') && !span.contains(char::is_whitespace))
}

#[test]
fn links_have_targets() {
    let mut checked = 0;
    let mut broken = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for link in links(&prose(&text)) {
            checked += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => document.clone(),
                _ => document.parent().unwrap().join(file),
            };
            let found = match anchor {
                "" => target.exists(),
                _ => fs::read_to_string(&target).is_ok_and(|text| has_anchor(&text, anchor)),
            };
            if !found {
                broken.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(
        broken.is_empty(),
        "links without a target:\n{}",
        broken.join("\n")
    );
    assert!(checked > 60, "only {checked} links were found");
}

#[test]
fn every_chapter_of_the_guide_is_listed_and_compiled() {
    let folder = Path::new(ROOT).join("docs/guide/src");
    let summary = fs::read_to_string(folder.join("SUMMARY.md")).unwrap();
    let compiled = include_str!("../../src/lib.rs");
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name == "SUMMARY.md" || !name.ends_with(".md") {
            continue;
        }
        assert!(
            summary.contains(&format!("({name})")),
            "SUMMARY.md does not list {name}"
        );
        // `tests/from_an_empty_crate.sh` builds the code of one chapter, and the others consist of quotes.
        if ![
            "own-catalog.md",
            "facts.md",
            "grpc.md",
            "other-frameworks.md",
        ]
        .contains(&name.as_str())
        {
            let included = compiled.contains(&format!("docs/guide/src/{name}\")"));
            assert!(
                included,
                "`mod guide` in tests/src/lib.rs does not include {name}"
            );
        }
    }
}

/// The examples are compiled and tested, so the quoted code is, too.
#[test]
fn chapters_quote_their_examples() {
    quotes(include_str!("../../../docs/guide/src/facts.md"), "archive");
    quotes(include_str!("../../../docs/guide/src/grpc.md"), "grpc");
    quotes(
        include_str!("../../../docs/guide/src/other-frameworks.md"),
        "poem",
    );
}

/// Checks that each block of Rust in a chapter is in the file that the line before it links.
fn quotes(chapter: &str, example: &str) {
    let start = format!("](../../../examples/{example}/");
    let example = Path::new(ROOT).join("examples").join(example);
    let parts: Vec<_> = chapter.split("\n```rust").collect();
    assert!(parts.len() > 2, "the chapter has {} blocks", parts.len());
    for (before, block) in parts.iter().zip(&parts[1..]) {
        // The line before a block links the file that the block quotes.
        let link = before.trim_end().lines().next_back().unwrap();
        let quote = link.rsplit_once(&start);
        let Some((_, file)) = quote else {
            panic!("the block after this line quotes no file: {link}");
        };
        let file = file.strip_suffix("):").unwrap();
        let (_, code) = block.split_once('\n').unwrap();
        let (code, _) = code.split_once("\n```").unwrap();
        let source = fs::read_to_string(example.join(file)).unwrap();
        assert!(source.contains(code), "not in {file}:\n{code}");
    }
}

#[test]
fn architecture_names_existing_files() {
    let text = prose(include_str!("../../../ARCHITECTURE.md"));
    let root = Path::new(ROOT);
    let missing: Vec<_> = paths(&text)
        .filter(|path| !root.join(path).exists())
        .collect();
    assert!(
        missing.is_empty(),
        "ARCHITECTURE.md names {missing:?}, which do not exist"
    );

    let (_, additions) = text.split_once("\n## Where do I add").unwrap();
    let (additions, _) = additions.split_once("\n## ").unwrap();
    let rows: Vec<_> = additions
        .lines()
        .filter(|line| line.starts_with('|'))
        .skip(2)
        .collect();
    assert!(
        rows.len() > 5,
        "the table of additions has only {} rows",
        rows.len()
    );
    for row in rows {
        let file = row.split('|').nth(2).unwrap();
        assert!(paths(file).next().is_some(), "the row names no file: {row}");
    }
}

#[test]
fn releasing_lists_every_published_package() {
    let root = Path::new(ROOT);
    let releasing = include_str!("../../../RELEASING.md");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let (_, members) = manifest.split_once("members = [").unwrap();
    let (members, _) = members.split_once(']').unwrap();
    let mut published = 0;
    for member in members.split('"').skip(1).step_by(2) {
        let manifest = fs::read_to_string(root.join(member).join("Cargo.toml")).unwrap();
        if manifest.contains("\npublish = false\n") {
            continue;
        }
        published += 1;
        let (_, name) = manifest.split_once("name = \"").unwrap();
        let (name, _) = name.split_once('"').unwrap();
        assert!(
            releasing.contains(&format!("`{name}`")),
            "RELEASING.md does not list {name}"
        );
    }
    assert!(published > 5, "only {published} packages are published");
}
