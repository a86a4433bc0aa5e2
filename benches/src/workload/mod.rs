//! The policies of one principal, and questions about it.
//!
//! | | policies | questions |
//! |---|---|---|
//! | W1 | the seed documents' policies, 8 statements in 6 documents | 16 |
//! | W2 | one team: 100 statements in 1 document | 16 |
//! | W3 | ten teams: 1,000 statements in 10 documents | 16 |
//! | W4 | a hundred and one teams: 10,100 statements in 101 documents, 2.7 MB of JSON | 16 |
//! | W4x | the policies of W4 | 4,096, all different |
//! | W5 | W2 with one or two conditions on each statement | 16 |
//!
//! Half of the questions are allowed. Everything is generated from [`SEED`].

mod context;
pub mod many_principals;
#[cfg(feature = "production")]
pub mod on_demand;
mod plain;
mod question;
mod seeds;
mod teams;

use pinpoint_iam::eval::reference;
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{
    Authorizer, AuthorizerBuilder, Decision, Evaluation, Policy, PolicyStack, Principal, Scope,
};

pub use self::context::{RequestContext, TEAM};
pub use self::plain::{PlainCondition, PlainStatement};
pub use self::question::Question;
pub use self::teams::{QUESTIONS_OF_W4X, TEAMS_OF_W4};
use crate::Failure;

/// The seed of every workload.
pub const SEED: u64 = 20_180_807;

/// The account of the deployment.
pub const ACCOUNT: &str = "123456789012";

/// The region of the deployment.
pub const REGION: &str = "us-east-1";

/// The caller in every question.
pub const CALLER: &str = "arn:aws:iam::123456789012:user/ana";

/// Returns the scope of the deployment.
pub fn scope() -> Scope {
    Scope::new("aws", REGION, ACCOUNT)
}

/// Policies of one principal, and questions about it.
pub struct Workload {
    /// Its name, `W1` to `W5` and `W4x`.
    pub name: &'static str,
    /// The identity-based policies, as JSON.
    pub documents: Vec<String>,
    /// The questions.
    pub questions: Vec<Question>,
}

impl Workload {
    /// Returns the workload called `name`.
    ///
    /// # Errors
    ///
    /// If the workload does not exist, or if its policies cannot be generated.
    pub fn named(name: &str) -> Result<Self, Failure> {
        match name {
            "W1" => seeds::w1(),
            "W2" => teams::w2(),
            "W3" => teams::w3(),
            "W4" => teams::w4(),
            "W4x" => teams::w4x(),
            "W5" => teams::w5(),
            _ => Err(format!("no workload is called `{name}`: W1, W2, W3, W4, W4x, W5").into()),
        }
    }

    /// Returns the parsed policies.
    ///
    /// # Errors
    ///
    /// If a document cannot be parsed.
    pub fn policies(&self) -> Result<Vec<Policy>, Failure> {
        self.documents
            .iter()
            .enumerate()
            .map(|(index, text)| {
                Ok(Policy::new(
                    &format!("policy-{index}"),
                    Document::parse(text)?,
                ))
            })
            .collect()
    }

    /// Returns the statements in the form from which the peers' policies are generated.
    ///
    /// # Errors
    ///
    /// If a document contains something that this form cannot express.
    pub fn statements(&self) -> Result<Vec<PlainStatement>, Failure> {
        let mut statements = Vec::new();
        for document in &self.documents {
            statements.extend(PlainStatement::read_all(document)?);
        }
        Ok(statements)
    }

    /// Creates an authorizer for the policies.
    ///
    /// # Errors
    ///
    /// If a document cannot be parsed.
    pub fn authorizer(&self) -> Result<Authorizer, Failure> {
        Ok(self.builder()?.build()?)
    }

    /// Creates a builder with the policies.
    ///
    /// # Errors
    ///
    /// If a document cannot be parsed.
    pub fn builder(&self) -> Result<AuthorizerBuilder, Failure> {
        let mut store = PolicyStore::new();
        let identity = store.identity(CALLER)?;
        for policy in self.policies()? {
            identity.attach(policy);
        }
        Ok(Authorizer::builder()
            .scope(scope())
            .source(store)
            .warn_about_keys_without_source())
    }

    /// Returns the reference evaluator's decision on every question.
    ///
    /// # Errors
    ///
    /// If a document or a question cannot be parsed, or if a question cannot be decided.
    pub fn answers(&self) -> Result<Vec<bool>, Failure> {
        let policies = self.policies()?;
        let stack = PolicyStack {
            identity: &policies,
            ..PolicyStack::default()
        };
        let caller = caller()?;
        self.questions
            .iter()
            .map(|question| {
                let context = question.context.context();
                match reference::decide(&stack, &question.request(&caller, &context)?) {
                    Evaluation::Decided(Decision::Allow(_)) => Ok(true),
                    Evaluation::Decided(Decision::Deny(_)) => Ok(false),
                    Evaluation::Indeterminate(_) => {
                        Err(format!("{question} is not decided").into())
                    }
                }
            })
            .collect()
    }
}

/// Returns the caller as a principal.
///
/// # Errors
///
/// Never, because the ARN is a constant.
pub fn caller() -> Result<Principal, Failure> {
    Ok(Principal::from_arn(CALLER)?.with_tag("team", TEAM))
}

/// Returns the ARN pattern of a resource of the deployment; if `anywhere` is true, in any region.
fn arn(anywhere: bool, resource: &str) -> String {
    let region = if anywhere { "*" } else { REGION };
    format!("arn:aws:mobiletargeting:{region}:{ACCOUNT}:{resource}")
}
