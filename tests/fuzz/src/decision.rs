//! A decision remains correct when more keys become known, and decision and explanation agree.

use crate::asked::{Asked, Key};
use pinpoint_iam::context::Context;
use pinpoint_iam::eval::{AccessDenied, Decision, Evaluation, Policy, reference};
use pinpoint_iam::policy::Document;

const DENY: &str = r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;

/// The outcome of a request, regardless of the statement that caused it.
#[derive(Debug, PartialEq)]
enum End {
    Allowed,
    Refused,
    Denied,
    Needs,
}

fn end(answer: &Evaluation) -> End {
    match answer {
        Evaluation::Decided(Decision::Allow(_)) => End::Allowed,
        Evaluation::Decided(Decision::Deny(by)) if by.is_explicit() => End::Denied,
        Evaluation::Decided(Decision::Deny(_)) => End::Refused,
        Evaluation::Indeterminate(_) => End::Needs,
    }
}

/// Evaluates the request, and compares the result with the explanation and with the result for policies that were
/// written and parsed again. Also checks that a `Deny` of everything denies the request.
fn ask(asked: &Asked<'_>, context: &Context) -> Evaluation {
    let request = asked.request(context);
    let answer = reference::decide(&asked.policies.stack(), &request);
    let explanation = reference::explain(&asked.policies.stack(), &request);
    let needs: Vec<String> = match &answer {
        Evaluation::Indeterminate(keys) => keys.iter().map(ToString::to_string).collect(),
        Evaluation::Decided(_) => Vec::new(),
    };
    assert_eq!(explanation.needs, needs);
    let decision = answer.clone().into_decision();
    assert_eq!(explanation.allowed, decision.is_allowed());
    assert_eq!(explanation.decision, decision.to_string());
    assert!(explanation.to_string().starts_with(&explanation.decision));
    if let Decision::Deny(by) = &decision {
        assert!(!AccessDenied::new(&request, by).to_string().is_empty());
    }

    let again = asked.policies.written_and_read();
    let again = reference::decide(&again.stack(), &request);
    assert_eq!(end(&again), end(&answer));
    assert_eq!(again.into_decision().to_string(), decision.to_string());

    let mut more = asked.policies.clone();
    let deny = Document::parse(DENY).expect("a document");
    more.identity.push(Policy::new("deny", deny));
    assert_eq!(
        end(&reference::decide(&more.stack(), &request)),
        End::Denied
    );
    answer
}

/// Checks that the result `before` some keys are known still applies `after` all of them are.
fn assert_still(before: &Evaluation, after: &Evaluation) {
    match (end(before), end(after)) {
        (_, End::Needs) => panic!("needs keys, though all are known"),
        (End::Needs, _) => {}
        // An implicit deny may become an explicit one.
        (End::Refused, after) => assert_ne!(after, End::Allowed),
        (before, after) => assert_eq!(before, after),
    }
}

/// Checks one input. Returns `false` if the input is not a valid request.
///
/// # Panics
///
/// If the property does not hold.
pub fn check(text: &str) -> bool {
    let Some(asked) = Asked::read(text) else {
        return false;
    };
    let none: [Key<'_>; 0] = [];
    let before = ask(&asked, &asked.context(&none, &asked.later));
    let full = ask(&asked, &asked.context(&asked.later, &none));
    assert_still(&before, &full);
    let absent = ask(&asked, &asked.context(&none, &none));
    assert_still(&before, &absent);
    let mut others = asked.later.clone();
    for (other, key) in others.iter_mut().zip(asked.later.iter().cycle().skip(1)) {
        other.values = key.values;
    }
    let exchanged = ask(&asked, &asked.context(&others, &none));
    assert_still(&before, &exchanged);

    // Supplying the keys that a result asks for leads to a decision.
    let (mut found, mut unknown) = (Vec::new(), asked.later.clone());
    let mut answer = before;
    while let Evaluation::Indeterminate(keys) = &answer {
        let (supplied, rest): (Vec<_>, Vec<_>) = unknown
            .into_iter()
            .partition(|key| keys.iter().any(|needed| key.stands_for(needed.folded())));
        assert!(!supplied.is_empty(), "asks for keys that are known: {keys}");
        found.extend(supplied);
        unknown = rest;
        answer = ask(&asked, &asked.context(&found, &unknown));
    }
    assert_eq!(
        answer.into_decision().is_allowed(),
        full.into_decision().is_allowed()
    );
    true
}
