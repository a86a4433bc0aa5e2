//! Lists over columns that contain ids: whatever the patterns of ARNs are, the evaluator, the predicate in memory and its
//! SQL agree.

use std::collections::HashMap;

use pinpoint_iam::context::Context;
use pinpoint_iam::eval::reference;
use pinpoint_iam::list::{
    BindValue, Columns, Constraint, Dialect, OwnedCell, Predicate, constrain,
};
use pinpoint_iam::mobiletargeting::{Campaign, Channel, Template, User};
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::{InvalidId, RequestedResource, Resource, ResourceTypeMetadata};
use pinpoint_iam::{Arn, Principal, Scope};
use pinpoint_iam_test_policies::policies::Policies;
use rusqlite::{Connection, params_from_iter};
use serde_json::{Value, json};

use crate::lists::{Random, TestResult, identity};

/// A resource type with two ids, its rows, and their ARNs.
struct Rows {
    name: &'static str,
    columns: Columns,
    ids: Vec<[&'static str; 2]>,
    arns: Vec<String>,
    database: Connection,
}

fn scope() -> Scope {
    Scope::new("aws", "us-east-1", "111122223333")
}

/// Ids that contain parts of the template, and characters that have a meaning in patterns of databases.
const IDS: [&str; 12] = [
    "a",
    "b",
    "ab",
    "a1",
    "a-1",
    "a_1",
    "aXb",
    "apps",
    "campaigns",
    "users",
    "a.b",
    "A",
];

/// Ids that are encoded in ARNs.
const OPAQUE: [&str; 14] = [
    "a", "ab", "a b", "a/b", "a%2Fb", "a%b", "a*", "a?", "a:b", "été", "users", "${a}", "a_1", "A",
];

impl Rows {
    fn of<R: Resource>(
        resource_type: &'static ResourceTypeMetadata,
        others: &[&'static str],
        resource: impl Fn(&str, &str) -> Result<R, InvalidId>,
    ) -> TestResult<Self> {
        let database = Connection::open_in_memory()?;
        database.execute_batch("CREATE TABLE `rows` (`place` INTEGER, `one` TEXT, `two` TEXT);")?;
        let (mut ids, mut arns) = (Vec::new(), Vec::new());
        for one in IDS {
            for two in others {
                let insert = "INSERT INTO `rows` VALUES (?1, ?2, ?3)";
                database.execute(insert, (i64::try_from(ids.len())?, one, two))?;
                arns.push(resource(one, two)?.arn(&scope()));
                ids.push([one, two]);
            }
        }
        Ok(Self {
            name: resource_type.type_name,
            columns: Columns::of_type(resource_type, &scope(), &["one", "two"])?,
            ids,
            arns,
            database,
        })
    }

    fn admitted(&self, predicate: &Predicate) -> TestResult<Vec<usize>> {
        let mut places = Vec::new();
        for (place, ids) in self.ids.iter().enumerate() {
            let cells = ["one", "two"].into_iter().zip(ids);
            let cells = cells.map(|(name, id)| {
                let text = OwnedCell::Text((*id).to_owned());
                (name.to_owned(), text)
            });
            let row: HashMap<String, OwnedCell> = cells.collect();
            if predicate.admits(&row)? {
                places.push(place);
            }
        }
        Ok(places)
    }

    fn selected(&self, predicate: &Predicate) -> TestResult<Vec<usize>> {
        let (sql, binds) = predicate.to_sql(Dialect::Sqlite, 1)?;
        let sql = format!("SELECT `place` FROM `rows` WHERE {sql} ORDER BY `place`");
        let binds = binds.into_iter().map(|bind| match bind {
            BindValue::Text(text) => rusqlite::types::Value::Text(text),
            BindValue::Integer(number) => rusqlite::types::Value::Integer(number),
            BindValue::TextList(_) => rusqlite::types::Value::Null,
        });
        let mut statement = self.database.prepare(&sql)?;
        let places = statement.query_map(params_from_iter(binds), |row| row.get::<_, i64>(0))?;
        let places = places.collect::<Result<Vec<_>, _>>()?;
        Ok(places
            .into_iter()
            .map(usize::try_from)
            .collect::<Result<_, _>>()?)
    }

    /// Returns whether the predicate is exact, and how many rows are allowed.
    fn compare(&self, policies: &Policies) -> TestResult<(bool, usize)> {
        let principal = Principal::from_arn("arn:aws:iam::111122223333:user/a")?;
        let mut context = Context::new();
        context.insert("aws:username", "a");
        let action = RequestedAction::parse("mobiletargeting:GetSomething")?;
        let stack = policies.stack();
        let request = |resource| Request::new(&principal, action, resource, &context);
        let mut allowed = Vec::new();
        for (place, arn) in self.arns.iter().enumerate() {
            let resource = RequestedResource::Arn(Arn::parse(arn)?);
            let decided = reference::decide(&stack, &request(resource));
            if decided.into_decision().is_allowed() {
                allowed.push(place);
            }
        }
        let all = request(RequestedResource::All);
        let constraint = constrain(&stack, &all, &self.columns)?;
        let (predicate, is_exact) = match &constraint {
            Constraint::All => {
                assert_eq!(allowed.len(), self.ids.len(), "{} {policies:?}", self.name);
                return Ok((true, allowed.len()));
            }
            Constraint::Nothing => {
                assert!(allowed.is_empty(), "{} {policies:?}", self.name);
                return Ok((true, 0));
            }
            Constraint::Where(predicate) => (predicate, true),
            Constraint::Candidates(candidates) => (candidates.to_be_checked(), false),
        };
        let admitted = self.admitted(predicate)?;
        assert_eq!(
            self.selected(predicate)?,
            admitted,
            "SQLite: {} {predicate}",
            self.name
        );
        let shown = || {
            let of = |place: &usize| self.arns.get(*place);
            let admitted: Vec<_> = admitted.iter().filter_map(of).collect();
            let allowed: Vec<_> = allowed.iter().filter_map(of).collect();
            format!("{policies:#?}\n{predicate}\nselected {admitted:#?}\nallowed {allowed:#?}")
        };
        match is_exact {
            true => assert_eq!(admitted, allowed, "{}: {}", self.name, shown()),
            false => {
                let mut lost = allowed.iter().filter(|place| !admitted.contains(place));
                assert!(lost.next().is_none(), "a row is lost: {}", shown());
            }
        }
        Ok((is_exact, allowed.len()))
    }
}

fn types() -> TestResult<Vec<Rows>> {
    let channels = ["sms", "email", "apns", "apns_sandbox"];
    let templates = ["EMAIL", "email", "SMS", "sms", "VOICE"];
    Ok(vec![
        Rows::of(Campaign::METADATA, &IDS, |one, two| Campaign::new(one, two))?,
        Rows::of(Channel::METADATA, &channels, |one, two| {
            Channel::new(one, two)
        })?,
        Rows::of(Template::METADATA, &templates, |one, two| {
            Template::new(one, two)
        })?,
        Rows::of(User::METADATA, &OPAQUE, |one, two| User::new(one, two))?,
    ])
}

/// A pattern that comes from an ARN of one of the types, in which some characters are wildcards or others.
fn random_pattern(types: &[Rows], random: &mut Random) -> TestResult<String> {
    const OTHERS: [&str; 8] = ["a", "/", "_", "%", "mail", "%2F", "${aws:username}", "${*}"];
    let arns = &random.pick(types)?.arns;
    let arn = random.pick(arns)?;
    let resource = arn.splitn(6, ':').last().ok_or("no resource")?;
    let mut pattern = String::new();
    let mut rest = resource.chars();
    while let Some(character) = rest.next() {
        if random.one_in(10) {
            pattern.push('*');
            while random.one_in(2) {
                rest.next();
            }
        } else if random.one_in(15) {
            pattern.push('?');
        } else if random.one_in(40) {
            pattern.push_str(random.pick(&OTHERS)?);
        } else {
            pattern.push(character);
        }
    }
    if random.one_in(3) {
        pattern.push('*');
    }
    Ok(pattern)
}

fn random_statement(types: &[Rows], random: &mut Random) -> TestResult<Value> {
    let mut patterns = Vec::new();
    while patterns.is_empty() || random.one_in(3) {
        let region = *random.pick(&["us-east-1", "*", "us-*", "*", "eu-west-1"])?;
        let pattern = random_pattern(types, random)?;
        patterns.push(format!("arn:aws:mobiletargeting:{region}:*:{pattern}"));
    }
    let effect = if random.one_in(3) { "Deny" } else { "Allow" };
    let element = if random.one_in(4) {
        "NotResource"
    } else {
        "Resource"
    };
    Ok(json!({"Effect": effect, "Action": "*", element: patterns}))
}

#[test]
fn random_patterns_select_the_ids_that_they_match() -> TestResult {
    let types = types()?;
    let mut random = Random(0x5eed_0000_01d5);
    let (mut exact, mut inexact, mut some) = (0, 0, 0);
    for _ in 0..800 {
        let mut statements = vec![random_statement(&types, &mut random)?];
        while random.one_in(2) {
            statements.push(random_statement(&types, &mut random)?);
        }
        let policies = identity(&json!(statements))?;
        for rows in &types {
            let (is_exact, allowed) = rows.compare(&policies)?;
            *if is_exact { &mut exact } else { &mut inexact } += 1;
            some += usize::from(allowed > 0 && allowed < rows.ids.len());
        }
    }
    assert!(
        exact > 20 * inexact && inexact > 0 && some > 500,
        "{exact} {inexact} {some}"
    );
    Ok(())
}

/// Patterns that end within the template, or that a database reads in another way.
#[test]
fn patterns_of_arns_are_aligned_with_ids() -> TestResult {
    let types = types()?;
    for (pattern, type_name, allowed) in [
        ("apps/a/*", "Campaign", 12),
        ("apps/a*", "Campaign", 96),
        ("apps/a*/campaigns/a*", "Campaign", 64),
        ("*s/a", "Campaign", 12),
        ("apps/*paigns/a", "Campaign", 12),
        ("apps/a_1/*", "Campaign", 12),
        ("apps/a?1/*", "Campaign", 24),
        ("apps/a/users/a%2Fb", "User", 1),
        ("apps/a/users/a/b", "User", 0),
        ("apps/a/users/a%2fb", "User", 0),
        ("apps/a/users/%61", "User", 0),
        ("apps/a/users/a%*", "User", 7),
        ("templates/a/EMAIL", "Template", 2),
        ("templates/a/email", "Template", 0),
        ("templates/a/*MAIL", "Template", 2),
        ("templates/a/?MS", "Template", 2),
        ("apps/a/channels/apns*", "Channel", 2),
        ("apps/a/channels/${*}", "Channel", 0),
        // A literal wildcard besides others.
        ("apps/a/channels/${*}*", "Channel", 0),
        ("apps/a/channels/${?}*", "Channel", 0),
        ("apps/a/channels/?${*}", "Channel", 0),
    ] {
        let rows = types.iter().find(|rows| rows.name == type_name);
        let rows = rows.ok_or("no such type")?;
        let resource = format!("arn:aws:mobiletargeting:*:*:{pattern}");
        for (effect, element, expected) in [
            ("Allow", "Resource", allowed),
            ("Allow", "NotResource", rows.ids.len() - allowed),
            ("Deny", "Resource", rows.ids.len() - allowed),
            ("Deny", "NotResource", allowed),
        ] {
            let mut statements = vec![json!({"Effect": effect, "Action": "*", element: resource})];
            if effect == "Deny" {
                statements.push(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
            }
            let (_, found) = rows.compare(&identity(&json!(statements))?)?;
            assert_eq!(found, expected, "{effect} {element} {pattern}");
        }
    }
    Ok(())
}

/// A search for all readings would take too long, and a part of them would be a list that is too short or too long.
#[test]
fn a_pattern_with_too_many_readings_is_not_exact() -> TestResult {
    let types = types()?;
    let rows = types.iter().find(|rows| rows.name == "Campaign");
    let rows = rows.ok_or("no such type")?;
    // Readings: in which id each letter is, and steps: the letters of the template.
    for (pattern, is_exact) in [
        ("apps/*a*a/campaigns/*".to_owned(), true),
        ("*a".repeat(2), true),
        // So few stars that the database would match each part of the pattern.
        ("*a".repeat(10), false),
        ("*a".repeat(80), false),
        ("apps/".to_owned() + &"*a".repeat(80) + "*", false),
        ("?*".repeat(80), false),
    ] {
        let resource = format!("arn:aws:mobiletargeting:*:*:{pattern}");
        for effect in ["Allow", "Deny"] {
            for element in ["Resource", "NotResource"] {
                let statements = json!([
                    {"Effect": effect, "Action": "*", element: resource},
                    {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:mobiletargeting:*:*:apps/a/*"},
                ]);
                let (found, _) = rows.compare(&identity(&statements)?)?;
                assert_eq!(found, is_exact, "{effect} {element} {pattern}");
            }
        }
    }
    Ok(())
}
