//! The evaluation of the programs of a request: search, then statements, then their combination.

use std::sync::Arc;

use crate::context::ConditionKey;
use crate::eval::Truth;
use crate::eval::candidate::{conditions_hold, needs_only_the_resource, statement_matches};
use crate::eval::combine::{
    AccountRelation, CombinedDecision, MatchSummary, ResourcePolicySummary, ResultsByPolicyType,
};
use crate::eval::decision::MissingKeys;
use crate::eval::organization::Organization;
use crate::eval::search::{Search, SearchOnce};
use crate::eval::snapshot::{Identity, Snapshot};
use crate::eval::statement::{StatementMatch, UNKNOWN_RESOURCE, principal_part, resource_part};
use crate::eval::statement_id::StatementId;
use crate::eval::visited::VisitedSet;
use crate::eval::walk::ChosenLayer;
use crate::policy_stack::{Policy, PolicyType};
use crate::program::Program;
use crate::request::Request;

/// A selection of the programs of a snapshot, in the order of their policies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProgramSelection<'p> {
    pub(crate) programs: &'p [Arc<Program>],
    pub(crate) numbers: &'p [u32],
}

impl<'p> ProgramSelection<'p> {
    /// Returns the programs.
    pub(crate) fn arcs(self) -> impl Iterator<Item = &'p Arc<Program>> {
        let Self { programs, numbers } = self;
        // INVARIANT: a snapshot selects only programs that it contains.
        numbers
            .iter()
            .filter_map(|number| programs.get(*number as usize))
    }

    fn iter(self) -> impl Iterator<Item = (u32, &'p Program)> {
        let Self { programs, numbers } = self;
        // INVARIANT: a snapshot selects only programs that it contains.
        numbers
            .iter()
            .filter_map(|number| Some((*number, &**programs.get(*number as usize)?)))
    }
}

/// A [`PolicyStack`](crate::eval::PolicyStack), compiled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProgramStack<'p> {
    pub(crate) identity: ProgramSelection<'p>,
    pub(crate) permissions_boundary: Option<ProgramSelection<'p>>,
    pub(crate) session: Option<&'p Program>,
    pub(crate) resource: Option<&'p Program>,
    pub(crate) vpc_endpoint: Option<&'p Program>,
    /// One program for each level.
    pub(crate) service_control: &'p [Program],
    /// One program for each level.
    pub(crate) resource_control: &'p [Program],
}

/// A reference to a statement in a program. The type of its policy is stored separately.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StatementRef {
    /// The index of the program in the snapshot, or among the levels of an organization.
    pub(crate) program: u32,
    pub(crate) statement: u32,
}

impl<'p> ProgramStack<'p> {
    /// No policies.
    pub(crate) const EMPTY: Self = Self {
        identity: ProgramSelection {
            programs: &[],
            numbers: &[],
        },
        permissions_boundary: None,
        session: None,
        resource: None,
        vpc_endpoint: None,
        service_control: &[],
        resource_control: &[],
    };

    /// The programs of `identity` in `snapshot`.
    #[inline]
    pub(super) fn of(snapshot: &'p Snapshot, identity: &'p Identity) -> Self {
        let chosen = |numbers| ProgramSelection {
            programs: snapshot.programs(),
            numbers,
        };
        Self {
            identity: chosen(identity.identity_programs()),
            permissions_boundary: identity.boundary_programs().map(chosen),
            ..Self::EMPTY
        }
    }

    /// Evaluates all policies, and combines the results for `request`.
    pub(crate) fn combine(&self, request: &Request<'_>) -> CombinedDecision<StatementRef> {
        self.combine_by(&mut SearchOnce, AccountRelation::of(request), request)
    }

    /// Evaluates all policies with `search`, and combines the results for `request`, whose account relation is `sides`.
    #[inline]
    pub(super) fn combine_by(
        &self,
        search: &mut impl Search<'p>,
        sides: AccountRelation,
        request: &Request<'_>,
    ) -> CombinedDecision<StatementRef> {
        if self.limits_nothing() {
            // Most callers have only identity-based policies. The compiler removes the code for other types here.
            let identity =
                evaluate_programs(PolicyType::Identity, self.identity, false, request, search);
            return ResultsByPolicyType {
                identity,
                ..ResultsByPolicyType::NOTHING
            }
            .combine(sides);
        }
        self.combine_all(search, sides, request)
    }

    #[inline(never)]
    fn combine_all(
        &self,
        search: &mut impl Search<'p>,
        sides: AccountRelation,
        request: &Request<'_>,
    ) -> CombinedDecision<StatementRef> {
        self.results(search, request).combine(sides)
    }

    /// Whether there are only identity-based policies, or none.
    const fn limits_nothing(&self) -> bool {
        let Self {
            identity: _,
            permissions_boundary,
            session,
            resource,
            vpc_endpoint,
            service_control,
            resource_control,
        } = self;
        permissions_boundary.is_none()
            && session.is_none()
            && resource.is_none()
            && vpc_endpoint.is_none()
            && service_control.is_empty()
            && resource_control.is_empty()
    }

    fn results(
        &self,
        search: &mut impl Search<'p>,
        request: &Request<'_>,
    ) -> ResultsByPolicyType<StatementRef> {
        let has_boundary = self.permissions_boundary.is_some();
        let mut chosen = |policy_type, chosen| {
            evaluate_programs(policy_type, chosen, has_boundary, request, search)
        };
        let mut findings = ResultsByPolicyType {
            identity: chosen(PolicyType::Identity, self.identity),
            ..ResultsByPolicyType::NOTHING
        };
        if let Some(boundary) = self.permissions_boundary {
            findings.permissions_boundary = Some(chosen(PolicyType::PermissionsBoundary, boundary));
        }
        let mut one = |policy_type, number, program: &'p Program| {
            evaluate_program(program, number, policy_type, has_boundary, request, search)
        };
        if let Some(program) = self.session {
            findings.session = Some(one(PolicyType::Session, 0, program));
        }
        if let Some(program) = self.vpc_endpoint {
            findings.vpc_endpoint = Some(one(PolicyType::VpcEndpoint, 0, program));
        }
        if let Some(program) = self.resource {
            findings.resource = Some(evaluate_resource_policy(program, has_boundary, request));
        }
        let mut levels = |policy_type, programs: &'p [Program], join: fn(_, _) -> _| {
            (0..)
                .zip(programs)
                .map(|(level, program)| one(policy_type, level, program))
                .reduce(join)
        };
        let organization = Organization::of(request.principal());
        if organization.resource_control && !self.resource_control.is_empty() {
            findings.resource_control = levels(
                PolicyType::ResourceControl,
                self.resource_control,
                MatchSummary::or,
            );
        }
        if organization.service_control && !self.service_control.is_empty() {
            findings.service_control = levels(
                PolicyType::ServiceControl,
                self.service_control,
                MatchSummary::and,
            );
        }
        findings
    }

    /// Returns the statements that cover the action of `request`, by layer. No other statement can match, whatever the
    /// resource is.
    pub(crate) fn about_action(&self, request: &Request<'_>) -> Vec<ChosenLayer<'p>> {
        let mut layers: Vec<ChosenLayer<'p>> = Vec::new();
        let mut add = |policy_type, programs: &mut dyn Iterator<Item = &'p Program>| {
            let mut policies: Vec<(&'p Policy, Vec<usize>)> = Vec::new();
            for program in programs {
                for number in program.statements_about_action(request) {
                    let Some((policy, index)) = program.place(number) else {
                        continue;
                    };
                    match policies.last_mut() {
                        Some((last, indexes)) if last.is(policy) => indexes.push(index),
                        _ => policies.push((policy, vec![index])),
                    }
                }
            }
            // A layer without such statements allows nothing, which differs from no layer.
            layers.push((policy_type, policies));
        };
        let Self {
            identity,
            permissions_boundary,
            session,
            resource,
            vpc_endpoint,
            service_control,
            resource_control,
        } = *self;
        for level in resource_control {
            add(PolicyType::ResourceControl, &mut std::iter::once(level));
        }
        for level in service_control {
            add(PolicyType::ServiceControl, &mut std::iter::once(level));
        }
        if vpc_endpoint.is_some() {
            add(PolicyType::VpcEndpoint, &mut vpc_endpoint.into_iter());
        }
        if resource.is_some() {
            add(PolicyType::Resource, &mut resource.into_iter());
        }
        let mut programs = identity.iter().map(|(_, program)| program);
        add(PolicyType::Identity, &mut programs);
        if let Some(boundary) = permissions_boundary {
            let mut programs = boundary.iter().map(|(_, program)| program);
            add(PolicyType::PermissionsBoundary, &mut programs);
        }
        if session.is_some() {
            add(PolicyType::Session, &mut session.into_iter());
        }
        layers
    }

    /// Returns the statement id for a decision.
    pub(crate) fn cite(&self, policy_type: PolicyType, found: StatementRef) -> StatementId {
        let level = found.program as usize;
        let program = match policy_type {
            PolicyType::Identity => self.identity.programs.get(level).map(|program| &**program),
            PolicyType::PermissionsBoundary => self
                .permissions_boundary
                .and_then(|boundary| boundary.programs.get(level))
                .map(|program| &**program),
            PolicyType::Session => self.session,
            PolicyType::Resource => self.resource,
            PolicyType::VpcEndpoint => self.vpc_endpoint,
            PolicyType::ServiceControl => self.service_control.get(level),
            PolicyType::ResourceControl => self.resource_control.get(level),
        };
        match program.and_then(|program| program.place(found.statement)) {
            Some((policy, index)) => StatementId::new(policy_type, policy.clone(), index),
            // INVARIANT: statement references are valid.
            None => StatementId::new(policy_type, Policy::unavailable(), 0),
        }
    }

    /// Returns the unknown keys that the statements for `request` depend on.
    pub(crate) fn needs<'a>(&self, request: &'a Request<'a>) -> MissingKeys
    where
        'p: 'a,
    {
        let has_boundary = self.permissions_boundary.is_some();
        let mut keys: Vec<ConditionKey> = Vec::new();
        let mut is_resource_needed = false;
        for (policy_type, program) in self.by_type(Organization::of(request.principal())) {
            for number in program.statements_about(request) {
                let Some((policy, index)) = program.place(number) else {
                    continue;
                };
                let Some(statement) = policy.document().statements().get(index) else {
                    continue;
                };
                if needs_only_the_resource(statement, policy_type, request) {
                    is_resource_needed = true;
                    continue;
                }
                let trace =
                    StatementMatch::of(statement, index, policy_type, has_boundary, request);
                if trace.matches == Truth::Unknown {
                    keys.extend(trace.needs().cloned());
                }
            }
        }
        keys.extend(is_resource_needed.then(|| UNKNOWN_RESOURCE.clone()));
        MissingKeys::new(keys)
    }

    fn by_type(
        &self,
        organization: Organization,
    ) -> impl Iterator<Item = (PolicyType, &'p Program)> {
        let several = |policy_type, programs: &'p [Program], apply| {
            let programs = if apply { programs } else { &[] };
            programs.iter().map(move |program| (policy_type, program))
        };
        let chosen = |policy_type, chosen: ProgramSelection<'p>| {
            chosen
                .iter()
                .map(move |(_, program)| (policy_type, program))
        };
        let one = |policy_type, program: Option<&'p Program>| {
            program
                .into_iter()
                .map(move |program| (policy_type, program))
        };
        let Organization {
            service_control,
            resource_control,
        } = organization;
        several(
            PolicyType::ResourceControl,
            self.resource_control,
            resource_control,
        )
        .chain(several(
            PolicyType::ServiceControl,
            self.service_control,
            service_control,
        ))
        .chain(one(PolicyType::VpcEndpoint, self.vpc_endpoint))
        .chain(one(PolicyType::Resource, self.resource))
        .chain(chosen(PolicyType::Identity, self.identity))
        .chain(
            self.permissions_boundary
                .into_iter()
                .flat_map(move |boundary| chosen(PolicyType::PermissionsBoundary, boundary)),
        )
        .chain(one(PolicyType::Session, self.session))
    }
}

/// Evaluates the statements of several programs.
#[inline]
fn evaluate_programs<'p>(
    policy_type: PolicyType,
    chosen: ProgramSelection<'p>,
    has_boundary: bool,
    request: &Request<'_>,
    search: &mut impl Search<'p>,
) -> MatchSummary<StatementRef> {
    let mut programs = chosen.iter();
    let Some((number, program)) = programs.next() else {
        return MatchSummary::NOTHING;
    };
    let mut one = |number, program| {
        evaluate_program(program, number, policy_type, has_boundary, request, search)
    };
    let first = one(number, program);
    programs.fold(first, |said, (number, program)| {
        said.or(one(number, program))
    })
}

/// Evaluates the statements of a program.
fn evaluate_program<'p>(
    program: &'p Program,
    number: u32,
    policy_type: PolicyType,
    has_boundary: bool,
    request: &Request<'_>,
    search: &mut impl Search<'p>,
) -> MatchSummary<StatementRef> {
    if request.resource_is_unknown() {
        return hear_of_any_resource(program, number, policy_type, has_boundary, request);
    }
    let mut denies = EffectMatches::default();
    let mut allows = EffectMatches::default();
    let mut seen = VisitedSet::of(program.dedup_slots());
    let plain = !policy_type.names_principals();
    search.candidates(program, request, |entry| {
        if entry.is_plain() && plain {
            let side = if entry.denies() {
                &mut denies
            } else {
                &mut allows
            };
            side.matches(entry.statement);
            return;
        }
        // After a statement that certainly matches, later ones change nothing. After a matching `Deny`, no `Allow`
        // does.
        let settled = if entry.denies() {
            denies.is_settled_before(entry.statement)
        } else {
            denies.first.is_some() || allows.is_settled_before(entry.statement)
        };
        if settled {
            return;
        }
        let Some(statement) = program.statement(entry.statement) else {
            return;
        };
        let truth = statement_matches(
            statement,
            entry,
            policy_type,
            has_boundary,
            request,
            &mut seen,
        );
        let side = if entry.denies() {
            &mut denies
        } else {
            &mut allows
        };
        side.record(truth, entry.statement);
    });
    said_by(&denies, &allows, number)
}

fn said_by(
    denies: &EffectMatches,
    allows: &EffectMatches,
    program: u32,
) -> MatchSummary<StatementRef> {
    let found = |statement| StatementRef { program, statement };
    MatchSummary {
        denies: denies.truth(),
        allows: allows.truth(),
        first_deny: denies.first.map(found),
        first_allow: allows.first.map(found),
    }
}

/// Evaluates the statements of a program for a resource that only the body of the request identifies.
#[inline(never)]
fn hear_of_any_resource(
    program: &Program,
    number: u32,
    policy_type: PolicyType,
    has_boundary: bool,
    request: &Request<'_>,
) -> MatchSummary<StatementRef> {
    let mut denies = EffectMatches::default();
    let mut allows = EffectMatches::default();
    program.candidates_for_any_resource(request, |entry, resource| {
        let is_refused = denies.first.is_some();
        let side = if entry.denies() {
            &mut denies
        } else {
            &mut allows
        };
        let is_settled = side.is_settled_before(entry.statement) || (is_refused && !entry.denies());
        if is_settled || (resource == Some(Truth::Unknown) && side.may_match) {
            return;
        }
        let Some(statement) = program.statement(entry.statement) else {
            return;
        };
        let effect = statement.effect();
        let resource = resource
            .unwrap_or_else(|| resource_part(statement, policy_type, request).truth(effect));
        let principal = || principal_part(statement, policy_type, has_boundary, request);
        let truth = match resource {
            Truth::False => Truth::False,
            resource => {
                conditions_hold(statement, resource.and(principal().truth(effect)), request)
            }
        };
        side.record(truth, entry.statement);
    });
    said_by(&denies, &allows, number)
}

/// Evaluates the statements of the resource-based policy. There are few, and the specificity of their principals
/// matters.
fn evaluate_resource_policy(
    program: &Program,
    has_boundary: bool,
    request: &Request<'_>,
) -> ResourcePolicySummary<StatementRef> {
    let mut said = ResourcePolicySummary::NOTHING;
    for number in program.statements_about(request) {
        let Some(statement) = program.statement(number) else {
            continue;
        };
        let trace = StatementMatch::of(statement, 0, PolicyType::Resource, has_boundary, request);
        let found = StatementRef {
            program: 0,
            statement: number,
        };
        said.record(statement.effect(), trace.matches, trace.closeness(), found);
    }
    said
}

/// The matching statements with one effect.
#[derive(Default)]
struct EffectMatches {
    first: Option<u32>,
    may_match: bool,
}

impl EffectMatches {
    #[inline]
    fn matches(&mut self, statement: u32) {
        if self.first.is_none_or(|first| statement < first) {
            self.first = Some(statement);
        }
    }

    fn record(&mut self, truth: Truth, statement: u32) {
        match truth {
            Truth::True => self.matches(statement),
            Truth::Unknown => self.may_match = true,
            Truth::False => {}
        }
    }

    fn is_settled_before(&self, statement: u32) -> bool {
        self.first.is_some_and(|first| first <= statement)
    }

    const fn truth(&self) -> Truth {
        match (self.first, self.may_match) {
            (Some(_), _) => Truth::True,
            (None, true) => Truth::Unknown,
            (None, false) => Truth::False,
        }
    }
}
