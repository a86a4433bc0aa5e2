//! A request and policies, one per line of text.
//!
//! ```text
//! caller arn:aws:iam::111122223333:user/ana
//! action mobiletargeting:GetCampaign
//! resource arn:aws:mobiletargeting:us-east-1:111122223333:apps/a1/campaigns/c1
//! known aws:TagKeys=team|stage
//! later aws:ResourceTag/team=red
//! identity {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
//! ```
//!
//! `keyless-caller` is a caller without condition keys of its own, and `account` is the resource's account. A `later`
//! key is initially unknown; without `=`, it turns out to be absent. The other lines are policies by type, one document
//! each. Each `scp` and `rcp` is a separate level.

use pinpoint_iam::context::Context;
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Arn, Policy, PolicyStack, Principal};

/// A request and its applicable policies.
pub struct Asked<'a> {
    caller: Principal,
    action: RequestedAction<'a>,
    resource: RequestedResource<'a>,
    account: Option<&'a str>,
    /// The keys that are known from the start.
    pub known: Vec<Key<'a>>,
    /// The keys that are initially unknown.
    pub later: Vec<Key<'a>>,
    /// The applicable policies.
    pub policies: Policies,
}

/// A condition key and its values.
#[derive(Clone)]
pub struct Key<'a> {
    /// The name of the key.
    pub name: &'a str,
    /// The values, separated by `|`; `None` if the key is absent.
    pub values: Option<&'a str>,
}

/// The owned policies that a [`PolicyStack`] borrows.
#[derive(Clone, Default)]
pub struct Policies {
    /// Identity-based policies.
    pub identity: Vec<Policy>,
    boundary: Option<Vec<Policy>>,
    session: Option<Vec<Policy>>,
    resource: Option<Policy>,
    vpc_endpoint: Option<Policy>,
    service_control: Vec<Vec<Policy>>,
    resource_control: Vec<Vec<Policy>>,
}

impl<'a> Asked<'a> {
    /// Parses the text, and returns `None` if a part of it is not valid in a request.
    pub fn read(text: &'a str) -> Option<Self> {
        let mut caller = Principal::anonymous();
        let mut action = RequestedAction::parse("mobiletargeting:GetApp").ok()?;
        let mut resource = RequestedResource::All;
        let mut account = None;
        let (mut known, mut later) = (Vec::new(), Vec::new());
        let mut policies = Policies::default();
        for line in text.lines() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "caller" => caller = caller_of(rest)?,
                "keyless-caller" => caller = caller_of(rest)?.with_keys(Context::new()),
                "action" => action = RequestedAction::parse(rest).ok()?,
                "resource" if rest == "*" => resource = RequestedResource::All,
                "resource" => resource = RequestedResource::Arn(Arn::parse(rest).ok()?),
                "account" => account = Some(rest),
                "known" => known.push(Key::read(rest)),
                "later" => later.push(Key::read(rest)),
                _ => policies.add(word, rest)?,
            }
        }
        // A key cannot be both known and unknown.
        later.retain(|key: &Key<'_>| {
            !known
                .iter()
                .any(|other: &Key<'_>| other.name.eq_ignore_ascii_case(key.name))
        });
        Some(Self {
            caller,
            action,
            resource,
            account,
            known,
            later,
            policies,
        })
    }

    /// Returns the request with these condition keys.
    pub fn request<'b>(&'b self, context: &'b Context) -> Request<'b> {
        let request = Request::new(&self.caller, self.action, self.resource, context);
        match self.account {
            Some(account) => request.with_resource_account(account),
            None => request,
        }
    }

    /// Returns a context with the known keys, the keys in `found`, and `unknown` ones.
    pub fn context<'k>(
        &self,
        found: impl IntoIterator<Item = &'k Key<'k>>,
        unknown: impl IntoIterator<Item = &'k Key<'k>>,
    ) -> Context {
        let mut context = Context::new();
        for key in &self.known {
            key.insert_into(&mut context);
        }
        for key in found {
            if key.values.is_some() {
                key.insert_into(&mut context);
            }
        }
        for key in unknown {
            context.insert_unknown(key.name);
        }
        context
    }
}

impl<'a> Key<'a> {
    fn read(text: &'a str) -> Self {
        match text.split_once('=') {
            Some((name, values)) => Self {
                name,
                values: Some(values),
            },
            None => Self {
                name: text,
                values: None,
            },
        }
    }

    /// Inserts one value as that of a single-valued key, and several values as a list.
    fn insert_into(&self, context: &mut Context) {
        let values: Vec<&str> = self.values().collect();
        match values.as_slice() {
            [value] => context.insert(self.name, *value),
            values => context.insert_all(self.name, values.iter().copied()),
        }
    }

    fn values(&self) -> impl Iterator<Item = &'a str> {
        self.values.into_iter().flat_map(|values| values.split('|'))
    }

    /// Returns whether `other` is unknown if this key is.
    pub fn stands_for(&self, other: &str) -> bool {
        let name = self.name.to_ascii_lowercase();
        name == other || (name.ends_with('/') && other.starts_with(&name))
    }
}

impl Policies {
    fn add(&mut self, policy_type: &str, text: &str) -> Option<()> {
        let policy = Policy::new(policy_type, Document::parse(text).ok()?);
        match policy_type {
            "identity" => self.identity.push(policy),
            "boundary" => self.boundary.get_or_insert_default().push(policy),
            "session" => self.session.get_or_insert_default().push(policy),
            "resource-policy" => self.resource = Some(policy),
            "vpc-endpoint" => self.vpc_endpoint = Some(policy),
            "scp" => self.service_control.push(vec![policy]),
            "rcp" => self.resource_control.push(vec![policy]),
            _ => return None,
        }
        Some(())
    }

    /// Returns the same policies after each has been written and parsed again.
    ///
    /// # Panics
    ///
    /// If a written policy cannot be parsed.
    pub fn written_and_read(&self) -> Self {
        let again = |policy: &Policy| {
            let written = policy.document().to_string();
            let read = Document::parse(&written).expect("a written document can be parsed");
            Policy::new(policy.name(), read)
        };
        let all = |policies: &Vec<Policy>| policies.iter().map(again).collect();
        Self {
            identity: all(&self.identity),
            boundary: self.boundary.as_ref().map(all),
            session: self.session.as_ref().map(all),
            resource: self.resource.as_ref().map(again),
            vpc_endpoint: self.vpc_endpoint.as_ref().map(again),
            service_control: self.service_control.iter().map(all).collect(),
            resource_control: self.resource_control.iter().map(all).collect(),
        }
    }

    /// Returns the policies in the form that the evaluators accept.
    pub fn stack(&self) -> PolicyStack<'_> {
        PolicyStack {
            identity: &self.identity,
            permissions_boundary: self.boundary.as_deref(),
            session: self.session.as_deref(),
            resource: self.resource.as_ref(),
            vpc_endpoint: self.vpc_endpoint.as_ref(),
            service_control: &self.service_control,
            resource_control: &self.resource_control,
        }
    }
}

fn caller_of(text: &str) -> Option<Principal> {
    match text {
        "" => Some(Principal::anonymous()),
        arn if arn.starts_with("arn:") => Principal::from_arn(arn).ok(),
        service => Some(Principal::service(service)),
    }
}
