//! The configuration of the linter: classes of rules, findings to ignore, and the condition keys of the service's sources.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use pinpoint_iam_core::__private::{Quoted, nearest};
use serde::Deserialize;
use toml::Spanned;

use crate::checker::Lines;
use crate::finding::{Class, Finding};
use crate::glob::covers;
use crate::rules::{rule, rules};
use crate::sources::{KeySources, SourcesTable};

/// A finding about the configuration itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigRule {
    /// The code: `unused-ignore`.
    pub code: &'static str,
    /// The class of its findings.
    pub class: Class,
    /// What is reported and why.
    pub description: &'static str,
}

static UNUSED: ConfigRule = ConfigRule {
    code: "unused-ignore",
    class: Class::Warning,
    description: "An entry of `lint.ignore` matches no finding. It would hide a finding that is added later.",
};

static EXPIRED: ConfigRule = ConfigRule {
    code: "expired-ignore",
    class: Class::Warning,
    description: "An entry of `lint.ignore` has expired, so it hides nothing.",
};

/// The findings about a configuration.
pub static CONFIG_RULES: [&ConfigRule; 2] = [&UNUSED, &EXPIRED];

/// A configuration: the tables `lint` and `sources` of the file `pinpoint-iam.toml`.
///
/// ```
/// # #[cfg(feature = "rules")] {
/// use std::time::SystemTime;
/// use pinpoint_iam_lint::Config;
///
/// let text = r#"
/// [lint.severity]
/// ended-action = "off"
///
/// [[lint.ignore]]
/// code = "public-allow"
/// path = "policies/website.json"
/// sid = "Website"
/// reason = "the website is public"
/// expires = "2030-01-31"
///
/// [sources]
/// keys = ["archive:Classification", "aws:ResourceTag/"]
/// absent = ["archive:Retention"]
/// outside-aws = true
/// "#;
/// assert!(Config::parse(text, SystemTime::now()).is_ok());
/// assert_eq!(
///     Config::parse("[lint.severity]\nended-acton = 'off'", SystemTime::now()).unwrap_err().to_string(),
///     "2:15: unknown rule `ended-acton`; did you mean `ended-action`?"
/// );
/// # }
/// ```
#[derive(Debug)]
pub struct Config {
    /// `None` switches a rule off.
    severities: BTreeMap<&'static str, Option<Class>>,
    ignores: Vec<Ignore>,
    sources: Option<KeySources>,
}

#[derive(Debug)]
struct Ignore {
    code: &'static str,
    path: Option<String>,
    sid: Option<String>,
    is_expired: bool,
    expires: Option<Date>,
    /// The position of the code.
    span: std::ops::Range<usize>,
    line: usize,
    column: usize,
    is_used: Cell<bool>,
    /// Whether a document has a path that it matches.
    is_reached: Cell<bool>,
}

/// An error in a configuration.
///
/// Displayed as ``3:8: unknown rule `invalid-efect`; did you mean `invalid-effect`?``
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    line: usize,
    column: usize,
    message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for ConfigError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    lint: Table,
    sources: Option<SourcesTable>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Table {
    severity: BTreeMap<String, Spanned<String>>,
    ignore: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    code: Spanned<String>,
    path: Option<String>,
    sid: Option<String>,
    reason: Spanned<String>,
    expires: Option<Spanned<String>>,
}

impl Config {
    /// Parses the text of a configuration. Entries that expired before `now` do not apply.
    ///
    /// # Errors
    ///
    /// If the text is not valid TOML, or names a rule, a class or a condition key that does not exist, or an entry has no
    /// reason.
    pub fn parse(text: &str, now: SystemTime) -> Result<Self, ConfigError> {
        let lines = Lines::of(text);
        let error = |at: usize, message: String| {
            let (line, column) = lines.place(text, at);
            ConfigError {
                line,
                column,
                message,
            }
        };
        let file: File = toml::from_str(text).map_err(|fault| {
            let start = fault.span().map_or(0, |span| span.start);
            error(start, fault.message().to_owned())
        })?;
        let code_of = |name: &str, at: usize| match rule(name) {
            Some(rule) => Ok(rule.code),
            None => {
                let near = nearest(name, rules().map(|rule| rule.code));
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "`pinpoint-iam rule` lists the rules".to_owned(),
                };
                Err(error(at, format!("unknown rule {}; {help}", Quoted(name))))
            }
        };
        let mut severities = BTreeMap::new();
        for (name, class) in &file.lint.severity {
            let at = class.span().start;
            let code = code_of(name, at)?;
            let found = Class::ALL
                .into_iter()
                .find(|known| known.name() == class.get_ref());
            if found.is_none() && class.get_ref() != "off" {
                return Err(error(
                    at,
                    format!(
                        "unknown class {}; write `error`, `security-warning`, `warning`, `suggestion` or `off`",
                        Quoted(class.get_ref())
                    ),
                ));
            }
            severities.insert(code, found);
        }
        let today =
            Timestamp::try_from(now).map_or(Date::MAX, |now| now.to_zoned(TimeZone::UTC).date());
        let mut ignores = Vec::new();
        for entry in file.lint.ignore {
            let span = entry.code.span();
            let code = code_of(entry.code.get_ref(), span.start)?;
            if entry.reason.get_ref().trim().is_empty() {
                let at = entry.reason.span().start;
                return Err(error(
                    at,
                    "the reason is empty; state why the finding is accepted".to_owned(),
                ));
            }
            let expires = match &entry.expires {
                None => None,
                Some(day) => Some(day.get_ref().parse::<Date>().map_err(|_| {
                    error(
                        day.span().start,
                        format!(
                            "{} is not a date; write it as in `2030-01-31`",
                            Quoted(day.get_ref())
                        ),
                    )
                })?),
            };
            let (line, column) = lines.place(text, span.start);
            ignores.push(Ignore {
                code,
                path: entry.path.map(|path| normal(&path)),
                sid: entry.sid,
                is_expired: expires.is_some_and(|day| day < today),
                expires,
                span,
                line,
                column,
                is_used: Cell::new(false),
                is_reached: Cell::new(false),
            });
        }
        let sources = match file.sources {
            None => None,
            Some(sources) => {
                let checked = sources.into_sources();
                Some(checked.map_err(|(at, message)| error(at, message))?)
            }
        };
        Ok(Self {
            severities,
            ignores,
            sources,
        })
    }

    /// The condition keys that the service's sources supply; `None` without the table `sources`.
    pub const fn sources(&self) -> Option<&KeySources> {
        self.sources.as_ref()
    }

    /// Changes the classes of findings in the document at `path`, and removes those that are ignored.
    pub fn apply(&self, path: &str, findings: &mut Vec<Finding>) {
        let path = normal(path);
        let applicable: Vec<&Ignore> = self
            .ignores
            .iter()
            .filter(|ignore| {
                let pattern = ignore.path.as_deref();
                pattern.is_none_or(|pattern| covers(pattern, &path))
            })
            .collect();
        for ignore in &applicable {
            ignore.is_reached.set(true);
        }
        findings.retain_mut(|finding| {
            match self.severities.get(finding.code) {
                Some(None) => return false,
                Some(Some(class)) => finding.class = *class,
                None => {}
            }
            let mut is_ignored = false;
            for ignore in &applicable {
                let is_of_statement = ignore.sid.is_none() || ignore.sid == finding.sid;
                if ignore.code == finding.code && is_of_statement {
                    ignore.is_used.set(true);
                    is_ignored |= !ignore.is_expired;
                }
            }
            !is_ignored
        });
    }

    /// The findings about the configuration itself, after it was applied to all documents: entries that have expired, and
    /// entries that match no finding although a document has their path.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for ignore in &self.ignores {
            let code = ignore.code;
            let (rule, message, help) = match ignore.expires {
                Some(day) if ignore.is_expired => (
                    &EXPIRED,
                    format!("the entry for `{code}` expired after {day}"),
                    "correct the policy, or extend the date",
                ),
                _ if !ignore.is_used.get() && ignore.is_reached.get() => (
                    &UNUSED,
                    format!("the entry for `{code}` matches no finding"),
                    "remove it",
                ),
                _ => continue,
            };
            findings.push(Finding {
                code: rule.code,
                class: rule.class,
                aws_code: None,
                message,
                help: help.to_owned(),
                sid: None,
                span: ignore.span.clone(),
                line: ignore.line,
                column: ignore.column,
                related: Vec::new(),
                fix: None,
            });
        }
        findings
    }
}

/// A path as configurations write it.
fn normal(path: &str) -> String {
    let path = path.replace('\\', "/");
    path.strip_prefix("./").map(str::to_owned).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pinpoint_iam_catalog::Catalog;
    use pinpoint_iam_core::policy::PolicyKind;

    use super::*;
    use crate::Linter;

    const PUBLIC: &str = r#"{"Version": "2012-10-17", "Statement": [
        {"Sid": "Website", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::web/*"},
        {"Sid": "Other", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}"#;

    /// The start of 2026-11-28 in UTC.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_824_000)
    }

    fn parse(text: &str) -> Config {
        Config::parse(text, now()).unwrap()
    }

    /// The codes that remain, with their classes and `Sid`s.
    fn left(config: &Config, path: &str) -> Vec<(&'static str, Class, Option<String>)> {
        let linter = Linter::new(Catalog::builtin().unwrap());
        let mut findings = linter.lint(PUBLIC, PolicyKind::Resource).findings;
        config.apply(path, &mut findings);
        let parts = |finding: Finding| (finding.code, finding.class, finding.sid);
        findings.into_iter().map(parts).collect()
    }

    fn sids(config: &Config, path: &str) -> Vec<String> {
        let left = left(config, path);
        left.into_iter().filter_map(|(_, _, sid)| sid).collect()
    }

    fn codes(config: &Config) -> Vec<&'static str> {
        let findings = config.findings();
        findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn a_class_replaces_that_of_the_rule() {
        let config = parse("[lint.severity]\npublic-allow = 'suggestion'");
        let classes: Vec<Class> = left(&config, "p.json").iter().map(|part| part.1).collect();
        assert_eq!(classes, [Class::Suggestion; 2]);
        let config = parse("[lint.severity]\npublic-allow = 'off'");
        assert_eq!(left(&config, "p.json"), []);
        let config = parse("[lint.severity]\nINVALID_EFFECT = 'off'");
        assert_eq!(left(&config, "p.json").len(), 2);
    }

    #[test]
    fn an_ignored_finding_has_the_code_the_path_and_the_sid() {
        let entry = |more: &str| {
            parse(&format!(
                "[[lint.ignore]]\ncode = 'public-allow'\nreason = 'a website'\n{more}"
            ))
        };
        for (more, path, expected) in [
            ("", "p.json", &[][..]),
            ("sid = 'Website'", "p.json", &["Other"]),
            ("sid = 'website'", "p.json", &["Website", "Other"]),
            ("path = 'a/p.json'", "./a/p.json", &[]),
            ("path = './a/*.json'", "a/b/p.json", &[]),
            ("path = 'a/p.json'", "b/a/p.json", &["Website", "Other"]),
            ("path = 'a/p.json'\nsid = 'Other'", "a/p.json", &["Website"]),
            ("expires = '2026-11-28'", "p.json", &[]),
            ("expires = '2026-11-27'", "p.json", &["Website", "Other"]),
        ] {
            assert_eq!(sids(&entry(more), path), expected, "{more}");
        }
        let other = parse("[[lint.ignore]]\ncode = 'any-arn'\nreason = 'x'");
        assert_eq!(sids(&other, "p.json"), ["Website", "Other"]);
    }

    #[test]
    fn entries_without_effect_are_reported() {
        let entry = |more: &str| {
            parse(&format!(
                "[[lint.ignore]]\ncode = 'public-allow'\nreason = 'a website'\n{more}"
            ))
        };
        for (more, expected) in [
            ("", &[][..]),
            ("sid = 'None'", &["unused-ignore"]),
            ("expires = '2026-11-27'", &["expired-ignore"]),
            ("expires = '2026-11-27'\nsid = 'None'", &["expired-ignore"]),
            // Another run may check the document.
            ("path = 'other.json'", &[]),
        ] {
            let config = entry(more);
            left(&config, "p.json");
            assert_eq!(codes(&config), expected, "{more}");
        }
        let config = entry("sid = 'None'");
        left(&config, "p.json");
        let finding = config.findings().remove(0);
        assert_eq!((finding.line, finding.column), (2, 8));
    }

    #[test]
    fn errors_have_a_place_and_a_hint() {
        let entry = "[[lint.ignore]]\ncode = 'public-allow'\n";
        for (text, expected) in [
            (
                "lint = 1",
                "1:8: invalid type: integer `1`, expected struct Table",
            ),
            (
                "[lint.severity]\nany-arn = 'fatal'",
                "2:11: unknown class `fatal`; write `error`, `security-warning`, `warning`, `suggestion` or `off`",
            ),
            (
                "[lint]\nseverities = {}",
                "2:1: unknown field `severities`, expected `severity` or `ignore`",
            ),
            (entry, "1:1: missing field `reason`"),
            (
                &format!("{entry}reason = ' '"),
                "3:10: the reason is empty; state why the finding is accepted",
            ),
            (
                &format!("{entry}reason = 'x'\nexpires = 'soon'"),
                "4:11: `soon` is not a date; write it as in `2030-01-31`",
            ),
            (
                "[sources]\nkey = []",
                "2:1: unknown field `key`, expected one of `keys`, `absent`, `outside-aws`",
            ),
            (
                "[sources]\nkeys = ['SourceIp']",
                "2:9: `SourceIp` is not a condition key; write its prefix and a colon, as in `aws:SourceIp`",
            ),
            (
                "[sources]\nkeys = ['a:B']\nabsent = ['aws:ResourceTags/']",
                "3:11: AWS has no condition key `aws:ResourceTags/`; did you mean `aws:ResourceTag/`?",
            ),
            (
                "[sources]\nkeys = ['aws:ResourceTag']",
                "2:9: AWS has no condition key `aws:ResourceTag`; did you mean `aws:ResourceTag/`?",
            ),
            (
                "[sources]\nkeys = ['shop:', 'shop:Tier']",
                "2:9: `shop:` is not a condition key; write its prefix and a colon, as in `aws:SourceIp`",
            ),
            (
                "[sources]\nkeys = 'shop:Tier'",
                "2:8: invalid type: string \"shop:Tier\", expected a sequence",
            ),
            (
                "[[lint.ignore]]\ncode = 'public-alow'\nreason = 'x'",
                "2:8: unknown rule `public-alow`; did you mean `public-allow`?",
            ),
        ] {
            let error = Config::parse(text, now()).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}
