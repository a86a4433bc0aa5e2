//! The results of `all` and `any`, for every combination of results of their parts.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use pinpoint_iam::context::Context;
use pinpoint_iam::guard::{ResourceTagSource, Tags, TagsFuture};
use pinpoint_iam::mobiletargeting::{Campaign, DeleteCampaign, GetCampaign};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Denied, Guard, Permit, Policy, Principal, Scope, requires};

/// The result of one part of a composition. Its text is the id of the campaign that causes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Allowed,
    Refused,
    /// Needs the tags of the resource.
    Tag,
    /// Needs the address of the caller, which is never known.
    Address,
    Malformed,
}

impl Answer {
    const EACH: [Self; 5] = [
        Self::Allowed,
        Self::Refused,
        Self::Tag,
        Self::Address,
        Self::Malformed,
    ];

    const fn id(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Tag => "tag",
            Self::Address => "address",
            Self::Malformed => "mal/formed",
        }
    }

    /// Returns the status for this result. 200 means that the part passes.
    const fn status(self) -> u16 {
        match self {
            Self::Allowed => 200,
            Self::Refused => 403,
            Self::Tag | Self::Address => 503,
            Self::Malformed => 400,
        }
    }
}

/// Returns the expected status of `all`. The most severe status wins.
fn all(parts: &[u16]) -> u16 {
    first_of(&[400, 403, 503], parts).unwrap_or(200)
}

/// Returns the expected status of `any`.
fn any(parts: &[u16]) -> u16 {
    first_of(&[400, 200, 503], parts).unwrap_or(403)
}

fn first_of(order: &[u16], parts: &[u16]) -> Option<u16> {
    order.iter().copied().find(|status| parts.contains(status))
}

fn authorizer(tags: Option<Source>) -> Authorizer {
    let on = |id: &str, condition: &str| {
        format!(
            r#"{{"Effect": "Allow", "Action": "*", "Condition": {{{condition}}},
                "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/{id}"}}"#
        )
    };
    let document = format!(
        r#"{{"Version": "2012-10-17", "Statement": [{}, {}, {}]}}"#,
        on("allowed", ""),
        on("tag", r#""StringEquals": {"aws:ResourceTag/team": "red"}"#),
        on(
            "address",
            r#""IpAddress": {"aws:SourceIp": "203.0.113.0/24"}"#
        ),
    );
    let document = document.replace(r#""Condition": {},"#, "");
    let mut store = PolicyStore::new();
    store
        .identity("arn:aws:iam::123456789012:user/ana")
        .unwrap()
        .attach(Policy::new("test", Document::parse(&document).unwrap()));
    let builder = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store);
    match tags {
        Some(source) => builder.resource_tags(source).build(),
        None => builder.build(),
    }
    .unwrap()
}

/// The tag of every resource.
struct Source(&'static str);

impl ResourceTagSource for Source {
    fn tags<'a>(&'a self, _: &'a str) -> TagsFuture<'a> {
        Box::pin(async { Ok([("team", self.0)].into_iter().collect::<Tags>()) })
    }
}

/// Calls `ask` with a guard for Ana, whose address is unknown.
fn with_guard<T>(authorizer: &Authorizer, ask: impl FnOnce(&Guard<'_>) -> T) -> T {
    let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana").unwrap();
    let mut context = Context::new();
    context.insert_unknown("aws:SourceIp");
    ask(&authorizer.guard(&ana, &context))
}

fn status(outcome: Result<(), Denied>) -> u16 {
    outcome.map_or_else(|denied| denied.status(), |()| 200)
}

type Check = fn(&Guard<'_>, &str, &str, &str, &str) -> Result<(), Denied>;

/// Computes the status of a composition from those of its parts.
type Expected = fn(u16, u16, u16) -> u16;

/// The names are passed as arguments, so that the requirement can use them.
macro_rules! check {
    ($name:ident($guard:ident, $app:ident, $a:ident, $b:ident, $c:ident), $($requirement:tt)*) => {
        #[requires($($requirement)*, guard = $guard)]
        #[allow(unused_variables, reason = "most checks look at some of them only")]
        fn $name($guard: &Guard<'_>, $app: &str, $a: &str, $b: &str, $c: &str) -> Result<(), Denied> {
            Ok(())
        }
    };
}

check!(
    both(guard, application_id, a, b, c),
    all(
        GetCampaign(campaign_id = a),
        DeleteCampaign(campaign_id = b)
    )
);
check!(
    either(guard, application_id, a, b, c),
    any(
        GetCampaign(campaign_id = a),
        DeleteCampaign(campaign_id = b)
    )
);
check!(
    every(guard, application_id, a, b, c),
    all(
        GetCampaign(campaign_id = a),
        GetCampaign(campaign_id = b),
        GetCampaign(campaign_id = c)
    )
);
check!(
    one(guard, application_id, a, b, c),
    any(
        GetCampaign(campaign_id = a),
        GetCampaign(campaign_id = b),
        GetCampaign(campaign_id = c)
    )
);
check!(
    all_then_any(guard, application_id, a, b, c),
    all(
        GetCampaign(campaign_id = a),
        any(
            GetCampaign(campaign_id = b),
            DeleteCampaign(campaign_id = c)
        )
    )
);
check!(
    any_then_all(guard, application_id, a, b, c),
    any(
        GetCampaign(campaign_id = a),
        all(
            GetCampaign(campaign_id = b),
            DeleteCampaign(campaign_id = c)
        )
    )
);
check!(
    all_behind_any(guard, application_id, a, b, c),
    all(
        any(
            GetCampaign(campaign_id = a),
            DeleteCampaign(campaign_id = b)
        ),
        GetCampaign(resource = Campaign::new(application_id, c)?)
    )
);

#[requires(GetCampaign(campaign_id = a), guard = guard)]
#[requires(any(GetCampaign(campaign_id = b), DeleteCampaign(campaign_id = c)))]
fn two_attributes(
    guard: &Guard<'_>,
    application_id: &str,
    a: &str,
    b: &str,
    c: &str,
) -> Result<(), Denied> {
    Ok(())
}

#[test]
fn every_answer_in_every_place() {
    // A source for which the functions cannot wait.
    let authorizer = authorizer(Some(Source("red")));
    let cases: [(&str, Check, Expected); 8] = [
        ("all(a, b)", both, |a, b, _| all(&[a, b])),
        ("any(a, b)", either, |a, b, _| any(&[a, b])),
        ("all(a, b, c)", every, |a, b, c| all(&[a, b, c])),
        ("any(a, b, c)", one, |a, b, c| any(&[a, b, c])),
        ("all(a, any(b, c))", all_then_any, |a, b, c| {
            all(&[a, any(&[b, c])])
        }),
        ("any(a, all(b, c))", any_then_all, |a, b, c| {
            any(&[a, all(&[b, c])])
        }),
        ("all(any(a, b), c)", all_behind_any, |a, b, c| {
            all(&[any(&[a, b]), c])
        }),
        ("a and any(b, c)", two_attributes, |a, b, c| {
            all(&[a, any(&[b, c])])
        }),
    ];
    for (name, check, rule) in cases {
        for a in Answer::EACH {
            for b in Answer::EACH {
                for c in Answer::EACH {
                    let found = with_guard(&authorizer, |guard| {
                        status(check(guard, "a1", a.id(), b.id(), c.id()))
                    });
                    let expected = rule(a.status(), b.status(), c.status());
                    assert_eq!(found, expected, "{name} of {a:?}, {b:?}, {c:?}");
                }
            }
        }
    }
}

#[requires(any(GetCampaign(campaign_id = a), DeleteCampaign(campaign_id = b)), guard = guard)]
async fn either_later(
    guard: &Guard<'_>,
    application_id: &str,
    a: &str,
    b: &str,
) -> Result<(), Denied> {
    Ok(())
}

#[requires(all(GetCampaign(campaign_id = a), DeleteCampaign(campaign_id = b)), guard = guard)]
async fn both_later(
    guard: &Guard<'_>,
    application_id: &str,
    a: &str,
    b: &str,
) -> Result<(), Denied> {
    Ok(())
}

/// A check waits for tags that can become known, even next to a part that cannot.
#[tokio::test]
async fn tags_are_fetched_where_the_answer_depends_on_them() {
    let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana").unwrap();
    let mut context = Context::new();
    context.insert_unknown("aws:SourceIp");
    for tag in ["red", "blue"] {
        let authorizer = authorizer(Some(Source(tag)));
        let guard = authorizer.guard(&ana, &context);
        let fetched = |answer| match answer {
            Answer::Tag if tag == "red" => 200,
            Answer::Tag => 403,
            other => other.status(),
        };
        for a in Answer::EACH {
            for b in Answer::EACH {
                let found = status(either_later(&guard, "a1", a.id(), b.id()).await);
                assert_eq!(found, any(&[fetched(a), fetched(b)]), "any {a:?}, {b:?}");
                let found = status(both_later(&guard, "a1", a.id(), b.id()).await);
                let expected = match (a, b) {
                    // If the result is 503 in any case, tags are not fetched.
                    (Answer::Address, Answer::Tag) | (Answer::Tag, Answer::Address) => 503,
                    (a, b) => all(&[fetched(a), fetched(b)]),
                };
                assert_eq!(found, expected, "all {a:?}, {b:?}");
            }
        }
    }
}

#[requires(
    all(GetCampaign(campaign_id = a), DeleteCampaign(campaign_id = b)),
    guard = guard,
    permit = (read, delete)
)]
fn proofs(
    guard: &Guard<'_>,
    application_id: &str,
    a: &str,
    b: &str,
) -> Result<(Permit<GetCampaign>, Permit<DeleteCampaign>), Denied> {
    Ok((read, delete))
}

#[test]
fn each_proof_is_that_of_its_action() {
    let authorizer = authorizer(None);
    with_guard(&authorizer, |guard| {
        let (read, delete) = proofs(guard, "a1", "allowed", "allowed").unwrap();
        let arn = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/allowed";
        assert_eq!((read.arn(), delete.arn()), (arn, arn));
        assert_eq!(
            delete.resource::<Campaign>().unwrap().campaign_id(),
            "allowed"
        );
        assert!(proofs(guard, "a1", "allowed", "refused").is_err());
        assert!(proofs(guard, "a1", "refused", "allowed").is_err());
    });
}
