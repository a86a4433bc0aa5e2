//! Many principals that share managed policies.

use pinpoint_iam::context::Context;
use pinpoint_iam::mobiletargeting::{App, GetApp};
use pinpoint_iam::policy::{Document, PolicyKind};
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Policy, Principal};

use super::teams::Application;
use super::{ACCOUNT, SEED, scope};
use crate::Failure;
use crate::random::Random;

/// How many applications a managed policy covers. With more, it would exceed AWS's length limit.
const APPLICATIONS: usize = 2;

/// Principals, managed policies, and the attachments between them.
///
/// A managed policy has the twenty statements of two applications (see W2), about 5 kB. Each principal has some
/// of the policies, chosen at random.
pub struct ManyPrincipals {
    policies: Vec<Vec<Application>>,
    attached: Vec<Vec<usize>>,
}

impl ManyPrincipals {
    /// Creates `principals`, each with `each` of the `policies`.
    pub fn new(principals: usize, policies: usize, each: usize) -> Self {
        let mut random = Random::new(SEED);
        Self {
            policies: (0..policies)
                .map(|_| {
                    (0..APPLICATIONS)
                        .map(|_| Application::draw(&mut random))
                        .collect()
                })
                .collect(),
            attached: (0..principals)
                .map(|_| {
                    let mut chosen: Vec<usize> = Vec::new();
                    while chosen.len() < each.min(policies) {
                        let policy = random.below(policies);
                        if !chosen.contains(&policy) {
                            chosen.push(policy);
                        }
                    }
                    chosen
                })
                .collect(),
        }
    }

    /// Returns the number of principals.
    pub fn len(&self) -> usize {
        self.attached.len()
    }

    /// Returns whether the number of principals is 0.
    pub fn is_empty(&self) -> bool {
        self.attached.is_empty()
    }

    /// Returns the managed policies as JSON. Their names are `managed-0`, `managed-1` and so on.
    pub fn documents(&self) -> Vec<String> {
        let policies = self.policies.iter();
        policies
            .map(|applications| super::teams::document(applications, false))
            .collect()
    }

    /// Returns each principal's ARN with the numbers of its policies.
    pub fn attachments(&self) -> impl Iterator<Item = (String, &[usize])> {
        let attached = self.attached.iter().enumerate();
        attached.map(|(index, policies)| (arn(index), policies.as_slice()))
    }

    /// Creates an authorizer for all of them.
    ///
    /// # Errors
    ///
    /// If AWS would reject one of the policies.
    pub fn authorizer(&self) -> Result<Authorizer, Failure> {
        let policies = self
            .documents()
            .iter()
            .enumerate()
            .map(|(index, text)| {
                let document = Document::parse(text)?;
                document.validate(PolicyKind::IdentityManaged)?;
                Ok(Policy::new(&format!("managed-{index}"), document))
            })
            .collect::<Result<Vec<_>, Failure>>()?;
        let mut store = PolicyStore::new();
        for (index, attached) in self.attached.iter().enumerate() {
            let identity = store.identity(&arn(index))?;
            for policy in attached.iter().filter_map(|policy| policies.get(*policy)) {
                identity.attach(policy.clone());
            }
        }
        Ok(Authorizer::builder()
            .scope(scope())
            .source(store)
            .warn_about_keys_without_source()
            .build()?)
    }

    /// Returns the question of principal number `index`, about an application that is either in one of its policies or
    /// in another policy.
    ///
    /// # Errors
    ///
    /// If the principal does not exist.
    pub fn question(&self, index: usize) -> Result<(Principal, App), Failure> {
        let attached = self
            .attached
            .get(index)
            .ok_or("there is no such principal")?;
        let policy = if index.is_multiple_of(2) {
            attached.first().copied()
        } else {
            (0..self.policies.len()).find(|policy| !attached.contains(policy))
        };
        let application = policy
            .and_then(|policy| self.policies.get(policy))
            .and_then(|applications| applications.first())
            .ok_or("there is no policy for the question")?;
        Ok((
            Principal::from_arn(&arn(index))?,
            App::new(application.id())?,
        ))
    }

    /// Decides the question of every principal, and returns the number of those that are allowed, which is every second
    /// one.
    ///
    /// # Errors
    ///
    /// If a question cannot be created, or if the number is wrong.
    pub fn ask_all(&self, authorizer: &Authorizer) -> Result<usize, Failure> {
        let context = Context::new();
        let mut allowed = 0;
        for index in 0..self.len() {
            let (principal, app) = self.question(index)?;
            if authorizer
                .guard(&principal, &context)
                .check(GetApp, &app)
                .is_ok()
            {
                allowed += 1;
            }
        }
        if allowed != self.len().div_ceil(2) {
            return Err(format!("{allowed} of {} principals are allowed", self.len()).into());
        }
        Ok(allowed)
    }
}

fn arn(index: usize) -> String {
    format!("arn:aws:iam::{ACCOUNT}:user/user-{index}")
}
