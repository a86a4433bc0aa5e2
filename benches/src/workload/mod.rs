//! The policies of one principal and the questions about it.
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
//! Half of the questions are allowed. Everything follows from [`SEED`].

mod circumstances;
pub mod everybody;
mod plain;
mod question;
mod seeds;
mod teams;

use pinpoint_iam::eval::reference;
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Answer, Authorizer, Decision, Policy, PolicyStack, Principal, Scope};

pub use self::circumstances::{Circumstances, TEAM};
pub use self::plain::{PlainCondition, PlainStatement};
pub use self::question::Question;
pub use self::teams::{QUESTIONS_OF_W4X, TEAMS_OF_W4};
use crate::Failure;

/// What every workload is made from.
pub const SEED: u64 = 20_180_807;

/// The account of the deployment.
pub const ACCOUNT: &str = "123456789012";

/// The region of the deployment.
pub const REGION: &str = "us-east-1";

/// Who asks.
pub const CALLER: &str = "arn:aws:iam::123456789012:user/ana";

/// The deployment that is asked.
pub fn scope() -> Scope {
    Scope::new("aws", REGION, ACCOUNT)
}

/// Policies of one principal, and questions about it.
pub struct Workload {
    /// Its name, `W1` to `W5` and `W4x`.
    pub name: &'static str,
    /// The identity-based policies, as JSON.
    pub documents: Vec<String>,
    /// What is asked.
    pub questions: Vec<Question>,
}

impl Workload {
    /// The workload called `name`.
    ///
    /// # Errors
    ///
    /// When there is none, and when its policies cannot be made.
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

    /// The policies, read.
    ///
    /// # Errors
    ///
    /// When a document cannot be read.
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

    /// The statements in the form from which the peers' policies are written.
    ///
    /// # Errors
    ///
    /// When a document has what that form cannot say.
    pub fn statements(&self) -> Result<Vec<PlainStatement>, Failure> {
        let mut statements = Vec::new();
        for document in &self.documents {
            statements.extend(PlainStatement::read_all(document)?);
        }
        Ok(statements)
    }

    /// An authorizer for the policies.
    ///
    /// # Errors
    ///
    /// When a document cannot be read.
    pub fn authorizer(&self) -> Result<Authorizer, Failure> {
        let mut store = PolicyStore::new();
        let identity = store.identity(CALLER)?;
        for policy in self.policies()? {
            identity.attach(policy);
        }
        Ok(Authorizer::builder().scope(scope()).source(store).build()?)
    }

    /// What the reference evaluator answers to every question.
    ///
    /// # Errors
    ///
    /// When a document or a question cannot be read, and when a question stays open.
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
                let context = question.circumstances.context();
                match reference::decide(&stack, &question.request(&caller, &context)?) {
                    Answer::Decided(Decision::Allow(_)) => Ok(true),
                    Answer::Decided(Decision::Deny(_)) => Ok(false),
                    Answer::Needs(_) => Err(format!("{question} is not decided").into()),
                }
            })
            .collect()
    }
}

/// Who asks, as a principal.
///
/// # Errors
///
/// Never; the ARN is a constant.
pub fn caller() -> Result<Principal, Failure> {
    Ok(Principal::from_arn(CALLER)?.with_tag("team", TEAM))
}

/// The ARN pattern of a resource of the deployment, in any region where `anywhere` says so.
fn arn(anywhere: bool, resource: &str) -> String {
    let region = if anywhere { "*" } else { REGION };
    format!("arn:aws:mobiletargeting:{region}:{ACCOUNT}:{resource}")
}
