//! Generated code compiles in every context: without the prelude, with all warnings denied and with documentation
//! required.

#![deny(warnings, missing_docs, unused_qualifications)]

/// The module of a library, in which everything is public and must be documented.
pub mod library {
    #![no_implicit_prelude]

    ::core::include!("../../../catalog/tests/golden/shelf.rs");
}

/// The module of a program, which is private and mostly unused.
mod program {
    #![no_implicit_prelude]
    #![deny(unreachable_pub)]

    ::core::include!("../../../catalog/tests/golden/shelf.rs");
}

use pinpoint_iam::{ActsOn, AllResources, Resource, Scope};
use program::{Action, LendBook, Loan, ReadRules};

fn acts_on<A: ActsOn<R>, R: Resource>(_: A, resource: &R, scope: &Scope) -> String {
    resource.arn(scope)
}

#[test]
fn a_catalog_of_ones_own_makes_a_typed_api() {
    let scope = Scope::new("aws", "us-east-1", "123456789012");
    let loan = Loan::new("b1", "print", "Ada / Augusta").unwrap();
    assert_eq!(
        acts_on(LendBook, &loan, &scope),
        "arn:aws:shelf::123456789012:books/b1/PRINT/loans/Ada%20%2F%20Augusta"
    );
    assert_eq!(loan.reader_id(), "Ada / Augusta");
    assert_eq!(acts_on(ReadRules, &AllResources, &scope), "*");
    assert_eq!("shelf:lendbook".parse(), Ok(Action::LendBook));
    assert_eq!(
        program::condition_keys::aws_resource_tag("team"),
        "aws:ResourceTag/team"
    );
}

#[test]
fn two_services_do_not_get_in_each_others_way() {
    assert_eq!(library::Action::ALL.len(), Action::ALL.len());
}
