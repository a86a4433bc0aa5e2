//! The policies and the request that several commands evaluate.

use std::path::{Path, PathBuf};

use clap::Args;
use pinpoint_iam::source::{PolicyStore, PrincipalPolicies};
use pinpoint_iam::{Policy, PolicyStack, Principal};
use pinpoint_iam_compare::PolicySet;
use pinpoint_iam_tools::{parts, principals};
use serde::Deserialize;

use crate::failure::Failure;
use crate::files::Input;
use crate::{accounts, files};

/// The applicable policies, by type.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PolicyFiles {
    /// The identity-based policies: files, directories, or `-`. The output of `aws iam get-account-authorization-details`,
    /// or a directory with `attachments.json`, supplies the policies, the permissions boundary and the tags of the principal.
    #[arg(value_name = "PATH")]
    pub(crate) identity: Vec<PathBuf>,
    /// The permissions boundary. It replaces that of account details or attachments.
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

    /// Finds a caller: by name or ARN if there are account details or attachments, otherwise as [`principals::parse`].
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
    /// The caller.
    pub(crate) const fn principal(&self) -> &Principal {
        &self.principal
    }

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
}

/// Policy documents and account details.
pub(crate) struct Loaded {
    pub(crate) policies: Vec<Policy>,
    pub(crate) accounts: Vec<PolicyStore>,
}

/// Reads policies from files and directories.
fn load(paths: &[PathBuf]) -> Result<Vec<Policy>, Failure> {
    parse(files::collect(paths)?, paths, |_| false).map(|loaded| loaded.policies)
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

/// Reads policies and account details from files and directories. A directory with attachments is the account of its users
/// and roles.
///
/// # Errors
///
/// If there are attachments elsewhere: without them, the policies would be those of every caller.
pub(crate) fn load_with_accounts(paths: &[PathBuf]) -> Result<Loaded, Failure> {
    let mut accounts = Vec::new();
    let mut others = Vec::new();
    for path in paths {
        match accounts::of_directory(path) {
            Some(store) => accounts.push(store?),
            None => others.push(path.clone()),
        }
    }
    let inputs = files::collect_all(&others)?;
    if let Some(input) = inputs.iter().find(|input| input.is_attachments()) {
        return Err(Failure::usage(format!(
            "error: `{}` attaches policies to users and roles; write the path of its directory, or of the single documents",
            input.name
        )));
    }
    let mut loaded = parse(inputs, &others, parts::is_account)?;
    loaded.accounts.extend(accounts);
    Ok(loaded)
}

/// Reads the policies of inputs, and account details where `is_account` is true.
fn parse(
    inputs: Vec<Input>,
    paths: &[PathBuf],
    is_account: impl Fn(&str) -> bool,
) -> Result<Loaded, Failure> {
    let mut loaded = Loaded {
        policies: Vec::new(),
        accounts: Vec::new(),
    };
    for input in inputs {
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
    parts::policy(name, text).map_err(|error| Failure::new(format!("error: {error}")))
}
