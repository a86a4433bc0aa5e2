//! The policies and the request that several commands evaluate.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use pinpoint_iam::context::{Context, Value};
use pinpoint_iam::eval::{Decision, DenyReason, Evaluation, Explanation, StatementId, reference};
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::RequestedAction;
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::source::{PolicyStore, PrincipalPolicies};
use pinpoint_iam::{Arn, Policy, PolicyStack, Principal, Request};
use pinpoint_iam_compare::PolicySet;
use pinpoint_iam_core::json;
use serde::Deserialize;

use crate::failure::Failure;
use crate::files::Input;
use crate::{accounts, files, parts, principals};

/// The applicable policies, by type.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PolicyFiles {
    /// The identity-based policies: files, directories, or `-`. The output of `aws iam get-account-authorization-details`
    /// supplies the policies, the permissions boundary and the tags of the principal.
    #[arg(value_name = "PATH")]
    pub(crate) identity: Vec<PathBuf>,
    /// The permissions boundary. It replaces that of account details.
    #[arg(long, value_name = "PATH")]
    pub(crate) boundary: Vec<PathBuf>,
    /// A session policy; can be repeated.
    #[arg(long, value_name = "PATH")]
    pub(crate) session: Vec<PathBuf>,
    /// The policy of the resource.
    #[arg(long, value_name = "PATH")]
    pub(crate) resource_policy: Option<PathBuf>,
    /// The service control policies of one level, as a file or a directory; repeat it for each level.
    #[arg(long, value_name = "PATH")]
    pub(crate) scp: Vec<PathBuf>,
    /// The resource control policies of one level, as a file or a directory; repeat it for each level.
    #[arg(long, value_name = "PATH")]
    pub(crate) rcp: Vec<PathBuf>,
}

impl PolicyFiles {
    /// Returns the paths relative to a directory.
    pub(crate) fn relative_to(mut self, directory: &Path) -> Self {
        let lists = [
            &mut self.identity,
            &mut self.boundary,
            &mut self.session,
            &mut self.scp,
            &mut self.rcp,
        ];
        for path in lists.into_iter().flatten().chain(&mut self.resource_policy) {
            *path = directory.join(&*path);
        }
        self
    }

    pub(crate) fn load(&self) -> Result<Policies, Failure> {
        let limit = |paths: &[PathBuf]| match paths {
            [] => Ok(None),
            paths => load(paths).map(Some),
        };
        let levels = |paths: &[PathBuf]| {
            let paths = paths.iter();
            paths
                .map(|path| load(std::slice::from_ref(path)))
                .collect::<Result<Vec<_>, _>>()
        };
        let resource = match &self.resource_policy {
            None => None,
            Some(path) => {
                let mut policies = load(std::slice::from_ref(path))?;
                if policies.len() > 1 {
                    return Err(Failure::usage(format!(
                        "error: `{}` contains {} policies, and a resource has one",
                        path.display(),
                        policies.len()
                    )));
                }
                policies.pop()
            }
        };
        let identity = load_with_accounts(&self.identity)?;
        let set = PolicySet {
            identity: identity.policies,
            permissions_boundary: limit(&self.boundary)?,
            session: limit(&self.session)?,
            resource,
            vpc_endpoint: None,
            service_control: levels(&self.scp)?,
            resource_control: levels(&self.rcp)?,
        };
        Ok(Policies {
            set,
            accounts: identity.accounts,
        })
    }
}

/// The policies of a command: those of its files, and those of the users and roles of accounts.
#[derive(Debug)]
pub(crate) struct Policies {
    set: PolicySet,
    accounts: Vec<PolicyStore>,
}

/// A caller, and the policies that apply to its requests.
#[derive(Debug)]
pub(crate) struct Caller<'a> {
    principal: Principal,
    set: &'a PolicySet,
    /// The identity-based policies of the account details and of the files.
    identity: Vec<Policy>,
    /// The permissions boundary of the account details.
    boundary: Option<&'a Policy>,
    /// The session policies of the caller's record.
    session: Option<Vec<Policy>>,
}

impl Policies {
    /// The policies of the files.
    pub(crate) fn stack(&self) -> PolicyStack<'_> {
        self.set.stack()
    }

    /// Finds a caller: by name or ARN if there are account details, otherwise as [`principals::parse`].
    pub(crate) fn caller(&self, text: &str) -> Result<Caller<'_>, String> {
        let (principal, own) = match self.accounts.as_slice() {
            [] => (principals::parse(text)?, None),
            accounts => accounts::find(accounts, text)?,
        };
        Ok(self.with_own(principal, own))
    }

    /// Finds the policies of the caller of a record, whose facts remain those of the record.
    pub(crate) fn recorded_caller(&self, principal: Principal) -> Result<Caller<'_>, String> {
        let own = match (self.accounts.as_slice(), principal.arn()) {
            ([], _) | (_, None) => None,
            (accounts, Some(arn)) => accounts::find_principal(accounts, &principal, arn)?,
        };
        Ok(self.with_own(principal, own))
    }

    fn with_own<'a>(
        &'a self,
        principal: Principal,
        own: Option<&'a PrincipalPolicies>,
    ) -> Caller<'a> {
        let of_account = own.map(|own| own.identity()).unwrap_or_default();
        let identity = of_account.iter().chain(&self.set.identity);
        // Session policies are part of a record.
        let session = principal.session_policies();
        Caller {
            identity: identity.cloned().collect(),
            boundary: own.and_then(|own| own.permissions_boundary()),
            session: session.map(<[Policy]>::to_vec),
            principal,
            set: &self.set,
        }
    }
}

impl Caller<'_> {
    /// The policies that apply to the caller's requests.
    pub(crate) fn stack(&self) -> PolicyStack<'_> {
        let stack = self.set.stack();
        PolicyStack {
            identity: &self.identity,
            permissions_boundary: stack
                .permissions_boundary
                .or(self.boundary.map(std::slice::from_ref)),
            session: stack.session.or(self.session.as_deref()),
            ..stack
        }
    }

    /// Evaluates a request of this caller.
    pub(crate) fn answer(&self, request: &Request<'_>) -> Answer {
        let stack = self.stack();
        Answer {
            evaluation: reference::decide(&stack, request),
            explanation: reference::explain(&stack, request),
        }
    }
}

/// Policy documents and account details.
pub(crate) struct Loaded {
    pub(crate) policies: Vec<Policy>,
    pub(crate) accounts: Vec<PolicyStore>,
}

/// Reads policies from files and directories.
fn load(paths: &[PathBuf]) -> Result<Vec<Policy>, Failure> {
    read(paths, |_| false).map(|loaded| loaded.policies)
}

/// Reads policies from files and directories: for each file, its policy or why there is none.
///
/// # Errors
///
/// If there are no files.
pub(crate) fn load_each(paths: &[PathBuf]) -> Result<Vec<Result<Policy, Failure>>, Failure> {
    let inputs = files::collect(paths)?;
    if inputs.is_empty() {
        return Err(contains_none(paths));
    }
    let inputs = inputs.into_iter();
    Ok(inputs
        .map(|input| policy(&input.name, text(&input)?))
        .collect())
}

fn text(input: &Input) -> Result<&str, Failure> {
    let text = input.text.as_deref();
    text.map_err(|error| Failure::new(format!("error: cannot read `{}`: {error}", input.name)))
}

fn contains_none(paths: &[PathBuf]) -> Failure {
    let shown = paths.first().map(|path| path.display().to_string());
    Failure::no_input(format!(
        "error: `{}` contains no policies",
        shown.unwrap_or_default()
    ))
}

/// Reads policies and account details from files and directories.
pub(crate) fn load_with_accounts(paths: &[PathBuf]) -> Result<Loaded, Failure> {
    read(paths, accounts::is_account)
}

fn read(paths: &[PathBuf], is_account: impl Fn(&str) -> bool) -> Result<Loaded, Failure> {
    let mut loaded = Loaded {
        policies: Vec::new(),
        accounts: Vec::new(),
    };
    for input in files::collect(paths)? {
        let text = text(&input)?;
        if is_account(text) {
            loaded.accounts.push(accounts::parse(&input.name, text)?);
        } else {
            loaded.policies.push(policy(&input.name, text)?);
        }
    }
    match loaded.policies.is_empty() && loaded.accounts.is_empty() && !paths.is_empty() {
        true => Err(contains_none(paths)),
        false => Ok(loaded),
    }
}

/// Reads the policy in a text.
pub(crate) fn policy(name: &str, text: &str) -> Result<Policy, Failure> {
    let documents = parts::documents(text);
    let [part] = documents.as_slice() else {
        return Err(Failure::new(format!(
            "error: {name}: these are the details of an account, and not one policy"
        )));
    };
    match Document::parse(&part.document) {
        Ok(document) => Ok(Policy::new(name, document)),
        Err(error) => {
            let place = error.position();
            let lines = part.document.split_inclusive('\n');
            let before: usize = lines.clone().take(place.line() - 1).map(str::len).sum();
            let line = lines.clone().nth(place.line() - 1).unwrap_or_default();
            let characters = line.chars().take(place.column() - 1);
            let offset = before + characters.map(char::len_utf8).sum::<usize>();
            let place = json::position(text, part.offset(offset));
            Err(Failure::new(format!(
                "error: {name}:{}:{}: {}; {}",
                place.line(),
                place.column(),
                error.message(),
                error.hint()
            )))
        }
    }
}

/// The values of condition keys.
pub(crate) type Keys = BTreeMap<String, KeyValues>;

/// The value of a condition key: one, or a list for a multivalued key.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum KeyValues {
    One(Scalar),
    Many(Vec<Scalar>),
}

/// One value.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Scalar {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
}

impl From<&Scalar> for Value {
    fn from(scalar: &Scalar) -> Self {
        match scalar {
            Scalar::Bool(value) => (*value).into(),
            Scalar::Integer(value) => value.to_string().into(),
            Scalar::Float(value) => value.to_string().into(),
            Scalar::Text(text) => text.as_str().into(),
        }
    }
}

/// A request in its written form.
#[derive(Clone, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) caller: &'a Caller<'a>,
    pub(crate) action: &'a str,
    /// An ARN, or `*`.
    pub(crate) resource: &'a str,
    pub(crate) resource_account: Option<&'a str>,
    pub(crate) keys: &'a Keys,
    /// Keys that exist, but whose values are not available.
    pub(crate) unknown_keys: &'a [String],
}

/// The evaluation of a request.
pub(crate) struct Answer {
    pub(crate) evaluation: Evaluation,
    pub(crate) explanation: Explanation,
}

impl Question<'_> {
    /// Evaluates the request. The error is a message without `error: `.
    pub(crate) fn ask(&self) -> Result<Answer, String> {
        let (action, resource) = check(self.action, self.resource)?;
        let mut context = Context::new();
        for (key, values) in self.keys {
            match values {
                KeyValues::One(value) => context.insert(key, value),
                KeyValues::Many(values) => context.insert_all(key, values),
            }
        }
        for key in self.unknown_keys {
            context.insert_unknown(key);
        }
        let mut request = Request::new(&self.caller.principal, action, resource, &context);
        if let Some(account) = self.resource_account {
            request = request.with_resource_account(account);
        }
        Ok(self.caller.answer(&request))
    }
}

/// Parses an action and a resource.
pub(crate) fn check<'a>(
    action: &'a str,
    resource: &'a str,
) -> Result<(RequestedAction<'a>, RequestedResource<'a>), String> {
    let action = RequestedAction::parse(action).map_err(|error| error.to_string())?;
    let resource = match resource {
        "*" => RequestedResource::All,
        text => RequestedResource::Arn(Arn::parse(text).map_err(|error| {
            format!(
                "`{}` is not the ARN of a resource: {error}",
                text.escape_debug()
            )
        })?),
    };
    Ok((action, resource))
}

/// The result of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Expectation {
    /// The request is allowed.
    Allowed,
    /// The request is denied, for any reason.
    Denied,
    /// A `Deny` statement matches.
    ExplicitlyDenied,
    /// No `Allow` statement matches, although one must.
    ImplicitlyDenied,
    /// The decision depends on a key that is unknown. The request is denied.
    Undecided,
}

impl Expectation {
    pub(crate) fn of(evaluation: &Evaluation) -> Self {
        match evaluation {
            Evaluation::Indeterminate(_) => Self::Undecided,
            Evaluation::Decided(Decision::Allow(_)) => Self::Allowed,
            Evaluation::Decided(Decision::Deny(by)) => match by.reason() {
                DenyReason::ExplicitDeny(_) => Self::ExplicitlyDenied,
                DenyReason::Indeterminate(_) => Self::Undecided,
                _ => Self::ImplicitlyDenied,
            },
        }
    }

    /// Whether a result is as expected.
    pub(crate) fn is_met_by(self, result: Self) -> bool {
        match self {
            Self::Denied => result != Self::Allowed,
            expected => expected == result,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::ExplicitlyDenied => "explicitly-denied",
            Self::ImplicitlyDenied => "implicitly-denied",
            Self::Undecided => "undecided",
        }
    }
}

/// The statement that allows or denies a request.
pub(crate) fn deciding(evaluation: &Evaluation) -> Option<&StatementId> {
    match evaluation {
        Evaluation::Decided(Decision::Allow(by)) => by.statement(),
        Evaluation::Decided(Decision::Deny(by)) => by.statement(),
        Evaluation::Indeterminate(_) => None,
    }
}
