//! An id is rejected, or is part of exactly one ARN, which no other id has and from which the id can be read back.

use std::borrow::Cow;

use arbitrary::{Arbitrary, Unstructured};
use pinpoint_iam::action::ServiceMetadata;
use pinpoint_iam::context::Context;
use pinpoint_iam::mobileanalytics;
use pinpoint_iam::mobiletargeting::{self, Campaign, Endpoint, Template, User};
use pinpoint_iam::pattern::Match;
use pinpoint_iam::policy::Document;
use pinpoint_iam::resource::{
    Field, IdFormat, InvalidId, InvalidIdReason, Piece, RequestedResource, ResourcePart,
    ResourceTypeMetadata,
};
use pinpoint_iam::{Arn, Resource, Scope};

const SERVICES: [&ServiceMetadata; 2] = [&mobiletargeting::SERVICE, &mobileanalytics::SERVICE];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    resource_type: u8,
    ids: [Id<'a>; 4],
    others: [Id<'a>; 4],
    part: &'a str,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Id<'a> {
    /// The id of the same field in the other list, or a spelling of a name from a closed list.
    Known(u8),
    Text(&'a str),
}

/// Returns a name from a closed list: as in the list, in lower case, or with one capital, which is not accepted.
fn spelling(names: &[&str], index: u8) -> String {
    let index = usize::from(index);
    let name = names[index % names.len()];
    let lower_case = name.to_ascii_lowercase();
    match index / names.len() % 3 {
        0 => name.to_owned(),
        1 => lower_case,
        _ => name
            .chars()
            .take(1)
            .chain(lower_case.chars().skip(1))
            .collect(),
    }
}

fn values(
    metadata: &'static ResourceTypeMetadata,
    ids: &[Id<'_>; 4],
    others: &[Id<'_>; 4],
) -> Vec<String> {
    let fields = metadata.fields.iter().zip(ids.iter().zip(others));
    let value =
        |(field, (id, other)): (&Field, (&Id<'_>, &Id<'_>))| match (id, field.accepts, other) {
            (Id::Text(text), ..) => (*text).to_owned(),
            (Id::Known(index), IdFormat::OneOf(names), _) => spelling(names, *index),
            (Id::Known(_), _, Id::Text(text)) => (*text).to_owned(),
            (Id::Known(_), _, Id::Known(_)) => "a1".to_owned(),
        };
    let values: Vec<_> = fields.map(value).collect();
    assert_eq!(
        values.len(),
        metadata.fields.len(),
        "a type of more than 4 ids"
    );
    values
}

fn arn<'a>(metadata: &'static ResourceTypeMetadata, scope: &'a Scope, part: &'a str) -> String {
    let open = metadata.arn.replace("${Partition}", scope.partition());
    let open = open.replace("${Region}", scope.region());
    let open = open.replace("${Account}", scope.account());
    let front: Vec<&str> = open.splitn(6, ':').take(5).collect();
    format!("{}:{part}", front.join(":"))
}

/// Returns the decoded values of the fields, as an application uses them.
fn read(metadata: &'static ResourceTypeMetadata, part: &ResourcePart) -> Vec<String> {
    let fields = metadata.fields.iter().enumerate();
    let value = |(position, field): (usize, &Field)| match field.accepts {
        IdFormat::Opaque => part.decoded_field(position),
        IdFormat::Identifier | IdFormat::OneOf(_) => Cow::Borrowed(part.field(position)),
    };
    fields.map(value).map(Cow::into_owned).collect()
}

/// Returns the name from a closed list that `value` spells, as in the list or in lower case.
fn listed(names: &'static [&'static str], value: &str) -> Option<&'static str> {
    let mut names = names.iter().copied();
    names.find(|name| *name == value || name.to_ascii_lowercase() == value)
}

/// Returns whether two lists of accepted ids identify the same resource.
fn is_same(metadata: &'static ResourceTypeMetadata, ids: &[&str], others: &[&str]) -> bool {
    let fields = metadata.fields.iter().zip(ids.iter().zip(others));
    fields
        .into_iter()
        .all(|(field, (id, other))| match field.accepts {
            IdFormat::OneOf(names) => listed(names, id) == listed(names, other),
            IdFormat::Identifier | IdFormat::Opaque => id == other,
        })
}

/// Checks that a closed list accepts only the spellings of its names.
fn check_lists(
    metadata: &'static ResourceTypeMetadata,
    ids: &[&str],
    part: &Result<ResourcePart, InvalidId>,
) {
    let fields = metadata.fields.iter().zip(ids);
    let is_listed = |(field, id): (&Field, &&str)| match field.accepts {
        IdFormat::OneOf(names) => listed(names, id).is_some(),
        IdFormat::Identifier | IdFormat::Opaque => true,
    };
    let all_listed = fields.into_iter().all(is_listed);
    match part {
        Ok(_) => assert!(all_listed, "{ids:?}"),
        Err(rejected) => {
            let is_not_listed = matches!(rejected.reason(), InvalidIdReason::NotOneOf(_));
            assert!(!(is_not_listed && all_listed), "{ids:?}");
        }
    }
}

/// Checks that the ARN contains only the separators and wildcards of its type, and that the ids can be read back.
fn check_part(
    metadata: &'static ResourceTypeMetadata,
    scope: &Scope,
    ids: &[&str],
    part: &ResourcePart,
) -> String {
    let literals = metadata.pieces.iter().map(|piece| match piece {
        Piece::Literal(literal) => literal,
        Piece::Field(_) => "",
    });
    let literals: String = literals.collect();
    for special in ['/', ':', '*', '?', '$'] {
        let expected = literals.matches(special).count();
        assert_eq!(part.as_str().matches(special).count(), expected, "{part:?}");
    }
    assert!(part.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
    assert!(!part.as_str().contains(['"', '\\']));
    let back = read(metadata, part);
    let back: Vec<&str> = back.iter().map(String::as_str).collect();
    assert!(is_same(metadata, &back, ids), "{back:?} for {ids:?}");
    let arn = arn(metadata, scope, part.as_str());
    let parsed = Arn::parse(&arn).expect("an ARN");
    assert_eq!(metadata.parse(parsed, scope).as_ref(), Ok(part));
    arn
}

/// Returns whether a policy that names `one` covers `other`.
fn covers(one: &str, other: &str) -> bool {
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"{one}"}}}}"#
    );
    let document = Document::parse(&document).expect("an ARN is a pattern");
    let resource = document.statements()[0].resource().expect("a resource");
    let other = RequestedResource::Arn(Arn::parse(other).expect("an ARN"));
    resource.patterns()[0].matches(&other, &Context::new()) == Match::Yes
}

/// Checks that a generated constructor and its inverse agree.
fn assert_typed<R: Resource + PartialEq>(
    scope: &Scope,
    one: Result<R, InvalidId>,
    other: Result<R, InvalidId>,
) {
    for resource in [&one, &other].into_iter().flatten() {
        let arn = resource.arn(scope);
        let parsed = Arn::parse(&arn).expect("an ARN");
        assert_eq!(R::from_arn(parsed, scope).as_ref(), Ok(resource));
    }
    if let (Ok(one), Ok(other)) = (one, other) {
        assert_eq!(one == other, one.arn(scope) == other.arn(scope));
    }
}

fn check_input(input: Input<'_>) {
    let scope = Scope::new("aws", "us-east-1", "123456789012");
    let types: Vec<&'static ResourceTypeMetadata> = SERVICES
        .iter()
        .flat_map(|service| service.resource_types)
        .copied()
        .collect();
    let metadata = types[usize::from(input.resource_type) % types.len()];
    let ids = values(metadata, &input.ids, &input.others);
    let others = values(metadata, &input.others, &input.ids);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    let (one, other) = (metadata.fill(&ids), metadata.fill(&others));
    check_lists(metadata, &ids, &one);
    check_lists(metadata, &others, &other);
    if let Ok(part) = &one {
        let arn = check_part(metadata, &scope, &ids, part);
        assert!(covers(&arn, &arn));
        if let Ok(other_part) = &other {
            let other_arn = check_part(metadata, &scope, &others, other_part);
            let same = is_same(metadata, &ids, &others);
            assert_eq!(arn == other_arn, same, "{ids:?} and {others:?}");
            assert_eq!(covers(&arn, &other_arn), same, "{ids:?} and {others:?}");
        }
    }

    // An ARN that has been parsed is written back unchanged.
    let text = arn(metadata, &scope, input.part);
    if let Ok(parsed) = Arn::parse(&text)
        && let Ok(part) = metadata.parse(parsed, &scope)
    {
        assert_eq!(part.as_str(), input.part);
        let ids = read(metadata, &part);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        assert_eq!(metadata.fill(&ids).as_ref(), Ok(&part));
    }

    let text = |id: &Id<'_>| match id {
        Id::Text(text) => (*text).to_owned(),
        Id::Known(_) => "EMAIL".to_owned(),
    };
    let ([a, b, ..], [c, d, ..]) = (
        input.ids.map(|id| text(&id)),
        input.others.map(|id| text(&id)),
    );
    assert_typed(&scope, User::new(&a, &b), User::new(&c, &d));
    assert_typed(&scope, Endpoint::new(&a, &b), Endpoint::new(&c, &d));
    assert_typed(&scope, Campaign::new(&a, &b), Campaign::new(&c, &d));
    assert_typed(&scope, Template::new(&a, &b), Template::new(&c, &d));
}

/// Checks one input. Any bytes are a valid input.
///
/// # Panics
///
/// If the property does not hold.
pub fn check(data: &[u8]) {
    if let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) {
        check_input(input);
    }
}
