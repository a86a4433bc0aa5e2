use super::*;

const NOON: &str = "2026-11-29T12:00:00Z";

fn at(text: &str) -> SystemTime {
    text.parse::<Timestamp>().unwrap().into()
}

fn files() -> PolicyFiles {
    let mut files = PolicyFiles::new();
    files.insert("a.json", "{}").unwrap();
    files.insert("attachments.json", "[]").unwrap();
    files
}

fn manifest() -> Manifest {
    Manifest::new(&files(), 7, at(NOON), Duration::from_secs(3600)).unwrap()
}

fn error<T: fmt::Debug>(result: Result<T, InvalidManifest>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn a_manifest_is_read_as_it_was_written() {
    let text = manifest().to_text();
    assert!(
        text.contains(r#""created": "2026-11-29T12:00:00Z""#),
        "{text}"
    );
    assert!(
        text.contains(r#""expires": "2026-11-29T13:00:00Z""#),
        "{text}"
    );
    assert!(!text.contains("rolls_back"), "{text}");
    assert_eq!(Manifest::parse(&text), Ok(manifest()));
    let back = manifest().rolling_back(9).unwrap();
    assert_eq!(Manifest::parse(&back.to_text()), Ok(back.clone()));
    assert_eq!((back.revision(), back.rolls_back()), (7, Some(9)));
    // The digest of `{}`.
    assert!(text.contains("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"));
}

#[test]
fn a_manifest_is_read_strictly() {
    let text = manifest().to_text();
    let sum = sha256(b"{}");
    for (from, to, expected) in [
        (
            r#""revision": 7"#,
            r#""revision": 7, "revision": 8"#,
            "duplicate field `revision`",
        ),
        (
            r#""revision": 7"#,
            r#""revision": 7, "Revision": 8"#,
            "unknown field `Revision`",
        ),
        (r#""revision": 7,"#, "", "missing field `revision`"),
        (
            r#""revision": 7"#,
            r#""revision": 7.0"#,
            "invalid type: floating point",
        ),
        (
            r#""revision": 7"#,
            r#""revision": -7"#,
            "invalid value: integer `-7`",
        ),
        (
            r#""revision": 7"#,
            r#""revision": "7""#,
            "invalid type: string",
        ),
        (
            r#""revision": 7"#,
            r#""revision": 7, "rolls_back": 7"#,
            "which is not older",
        ),
        (
            r#""revision": 7"#,
            r#""revision": 7, "rolls_back": 6"#,
            "which is not older",
        ),
        (
            r#""created": "2026-11-29T12:00:00Z","#,
            "",
            "missing field `created`",
        ),
        (
            r#""expires": "2026-11-29T13:00:00Z","#,
            "",
            "missing field `expires`",
        ),
        (
            "2026-11-29T13:00:00Z",
            "2026-11-29T12:00:00Z",
            "expires before it is created",
        ),
        (
            "2026-11-29T13:00:00Z",
            "2026-11-29T13:00:00+01:00",
            "is not a time such as",
        ),
        (
            "2026-11-29T13:00:00Z",
            "2026-11-29",
            "is not a time such as",
        ),
        ("2026-11-29T13:00:00Z", "", "is not a time such as"),
        (
            "policies 1",
            "policies 2",
            "has the format `pinpoint-iam policies 2`",
        ),
        (r#""length": 2,"#, "", "missing field `length`"),
        (
            r#""length": 2,"#,
            r#""length": 2, "mode": 7,"#,
            "unknown field `mode`",
        ),
        (
            sum.as_str(),
            "44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A",
            "64 lowercase",
        ),
        (sum.as_str(), "44136f", "64 lowercase"),
        ("\"a.json\"", "\"attachments.json\"", "each is listed once"),
        ("\"a.json\"", "\"b.json\"", "files are sorted by name"),
        ("\"a.json\"", "\"../a.json\"", "cannot be the name"),
        ("\"a.json\"", "\"a/b.json\"", "cannot be the name"),
        ("\"a.json\"", "\"/a.json\"", "cannot be the name"),
        ("\"a.json\"", r#""a\\b.json""#, "cannot be the name"),
        ("\"a.json\"", "\"..\"", "cannot be the name"),
        ("\"a.json\"", "\".a.json\"", "cannot be the name"),
        ("\"a.json\"", "\"\"", "cannot be the name"),
        ("\"a.json\"", r#""a\u0000.json""#, "cannot be the name"),
        ("\"a.json\"", "\"policies.manifest\"", "cannot be the name"),
        (
            "\"a.json\"",
            "\"policies.manifest.sig\"",
            "cannot be the name",
        ),
        ("}\n", "}\n{}", "trailing characters"),
    ] {
        let changed = match from {
            "}\n" => text.clone() + "{}",
            _ => text.replacen(from, to, 1),
        };
        assert_ne!(changed, text, "{from}");
        let error = error(Manifest::parse(&changed));
        assert!(error.contains(expected), "{to}: {error}");
    }
    let long = " ".repeat(MAX_LENGTH) + &text;
    assert!(error(Manifest::parse(&long)).contains("is longer than"));
    let name = "a".repeat(MAX_NAME_LENGTH + 1);
    let changed = text.replacen("a.json", &name, 1);
    assert!(error(Manifest::parse(&changed)).contains("cannot be the name"));
}

#[test]
fn a_manifest_cannot_be_created_for_what_it_could_not_be_read_for() {
    let hour = Duration::from_secs(3600);
    for name in [".hidden.json", "a/b.json", "policies.manifest"] {
        let mut files = files();
        files.insert(name, "").unwrap();
        let error = error(Manifest::new(&files, 1, at(NOON), hour));
        assert!(error.contains("cannot be the name"), "{error}");
    }
    let none = Manifest::new(&files(), 1, at(NOON), Duration::ZERO);
    assert!(error(none).contains("expires before it is created"));
    let endless = Manifest::new(&files(), 1, at(NOON), Duration::MAX);
    assert!(error(endless).contains("out of range"));
    assert!(error(manifest().rolling_back(7)).contains("not older"));
}

#[test]
fn the_files_are_exactly_those_of_the_manifest() {
    let manifest = manifest();
    let mut signed = files();
    signed.insert(MANIFEST, "any").unwrap();
    signed.insert(SIGNATURE, "any").unwrap();
    assert_eq!(manifest.check_files(&signed), Ok(files()));

    let without = |removed: &str| {
        let mut rest = PolicyFiles::new();
        let kept = signed.iter().filter(|(name, _)| *name != removed);
        kept.for_each(|(name, text)| rest.insert(name, text).unwrap());
        rest
    };
    let missing = manifest.check_files(&without("a.json"));
    assert!(error(missing).contains("lists `a.json`, which the set does not contain"));
    let mut more = signed.clone();
    more.insert("b.json", "{}").unwrap();
    assert!(error(manifest.check_files(&more)).contains("does not list `b.json`"));
    for other in ["{ }", "[]", ""] {
        let mut changed = without("a.json");
        changed.insert("a.json", other).unwrap();
        assert!(
            error(manifest.check_files(&changed)).contains("another checksum"),
            "{other}"
        );
    }
}

#[test]
fn the_length_is_compared_as_well() {
    let text = manifest()
        .to_text()
        .replacen(r#""length": 2"#, r#""length": 3"#, 1);
    let manifest = Manifest::parse(&text).unwrap();
    assert!(error(manifest.check_files(&files())).contains("another checksum or length"));
}

#[test]
fn a_manifest_is_valid_from_its_creation_to_its_expiry() {
    let manifest = manifest();
    for (now, expected) in [
        ("1970-01-01T00:00:00Z", "from the future"),
        ("2026-11-29T11:54:59Z", "from the future"),
        ("2026-11-29T11:55:00Z", ""),
        ("2026-11-29T12:59:59Z", ""),
        ("2026-11-29T13:00:00Z", "has expired"),
        ("2126-01-01T00:00:00Z", "has expired"),
    ] {
        let checked = manifest.check_time(at(now));
        match expected {
            "" => assert_eq!(checked, Ok(()), "{now}"),
            _ => assert!(error(checked).contains(expected), "{now}"),
        }
    }
    let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 50);
    assert!(error(manifest.check_time(far)).contains("out of range"));
}
