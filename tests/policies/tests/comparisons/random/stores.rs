//! Random pairs of stores: no accepted change of an authorizer's policies allows a new request.

use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, BuildError, Evaluation, MismatchLevel, Policy, Scope};
use pinpoint_iam_compare::NoNewAccess;

use super::*;

const IDENTITIES: [&str; 3] = [
    "arn:aws:iam::111122223333:user/ana",
    "arn:aws:iam::111122223333:user/staff/bob",
    "arn:aws:iam::111122223333:role/worker",
];
const GROUPS: [&str; 2] = ["readers", "writers"];
const DOCUMENTS: usize = 6;

#[derive(Clone, Default)]
struct Entry {
    policies: Vec<usize>,
    boundary: Option<usize>,
    tag: Option<&'static str>,
}

/// A store, with the numbers of its documents.
#[derive(Clone)]
struct Model {
    documents: Vec<Draft>,
    identities: [Option<Entry>; 3],
    groups: [Option<Vec<usize>>; 2],
}

impl Model {
    fn of(documents: Vec<Draft>, dice: &mut Dice) -> Self {
        let groups_exist = dice.chance(2);
        let some = |dice: &mut Dice| (0..dice.below(3)).map(|_| dice.below(DOCUMENTS)).collect();
        let identities = [0, 1, 2].map(|number| {
            // Without the role and the groups, nothing can be combined.
            let is_in_store = (number < 2 || groups_exist) && !dice.chance(5);
            is_in_store.then(|| Entry {
                policies: some(dice),
                boundary: dice.chance(3).then(|| dice.below(DOCUMENTS)),
                tag: dice.chance(3).then_some("ana"),
            })
        });
        let groups = [0, 1].map(|_| groups_exist.then(|| some(dice)));
        Self {
            documents,
            identities,
            groups,
        }
    }

    /// Changes one part.
    fn change(&mut self, dice: &mut Dice) {
        let document = dice.below(DOCUMENTS);
        match dice.below(8) {
            0 => {
                let statements = &mut self.documents[document].statements;
                if statements.len() > 1 {
                    statements.remove(0);
                }
            }
            1 => {
                let other = self.documents[dice.below(DOCUMENTS)].statements[0].clone();
                self.documents[document].statements.push(other);
            }
            2 => {
                let place = dice.below(3);
                self.identities[place] = match self.identities[place] {
                    Some(_) => None,
                    None => Some(Entry::default()),
                };
            }
            3 => {
                let place = dice.below(2);
                if let Some(group) = &mut self.groups[place] {
                    match group.pop() {
                        Some(_) if dice.chance(2) => {}
                        _ => group.push(document),
                    }
                }
            }
            change => {
                let Some(entry) = self.identities[dice.below(3)].as_mut() else {
                    return;
                };
                match change {
                    4 => entry.policies.push(document),
                    5 => drop(entry.policies.pop()),
                    6 => entry.boundary = (!dice.chance(4)).then_some(document),
                    _ => entry.tag = *dice.one(&[None, Some("x")]),
                }
            }
        }
    }

    fn store(&self) -> PolicyStore {
        let documents = self.documents.iter().enumerate();
        let policies: Vec<Policy> = documents
            .map(|(number, draft)| {
                let text = draft.to_json(Lists::WhereNeeded).to_string();
                Policy::new(&format!("p{number}"), Document::parse(&text).unwrap())
            })
            .collect();
        let mut store = PolicyStore::new();
        for (arn, entry) in IDENTITIES.iter().zip(&self.identities) {
            let Some(entry) = entry else { continue };
            let identity = store.identity(arn).unwrap();
            for number in &entry.policies {
                identity.attach(policies[*number].clone());
            }
            if let Some(number) = entry.boundary {
                identity.set_permissions_boundary(policies[number].clone());
            }
            if let Some(tag) = entry.tag {
                identity.set_tag("team", tag);
            }
        }
        for (name, numbers) in GROUPS.iter().zip(&self.groups) {
            for number in numbers.iter().flatten() {
                store.group(name).attach(policies[*number].clone());
            }
        }
        store
    }

    fn set(&self) -> PolicySet {
        let texts = self.documents.iter();
        let texts = texts.map(|draft| draft.to_json(Lists::WhereNeeded).to_string());
        let documents = texts.map(|text| Document::parse(&text).unwrap());
        PolicySet::of_identity(documents.map(|document| Policy::new("policy", document)))
    }
}

fn authorizer(store: PolicyStore) -> Authorizer {
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "111122223333"))
        .source(store)
        .warn_about_keys_without_source()
        .catalog_mismatches(MismatchLevel::Warn)
        .check_changes(NoNewAccess::new())
        .build()
        .unwrap()
}

#[test]
fn no_accepted_change_of_a_store_allows_a_new_request() {
    let mut runner = TestRunner::deterministic();
    let mut dice = Dice::new(13);
    let plain = generate::identity_statement().prop_map(|mut statement| {
        statement.principal = None;
        statement
    });
    let strategy = vec(vec(plain, 1..3).prop_map(Draft::of), DOCUMENTS);
    let (mut accepted, mut shown) = (0, 0);
    let pairs = pairs();
    for _ in 0..pairs {
        let drafts = strategy.new_tree(&mut runner).unwrap().current();
        let model = Model::of(drafts, &mut dice);
        let mut changed = model.clone();
        changed.change(&mut dice);
        let pool = Pool::of([&model.set(), &changed.set()]);
        let [before, after] = [&model, &changed].map(|model| authorizer(model.store()));
        let mut new_request = None;
        for _ in 0..REQUESTS / 4 {
            let mut who = pool.asker(&mut dice);
            let groups = GROUPS.iter().filter(|_| dice.chance(2)).copied();
            who.caller = who.caller.with_groups(groups.collect::<Vec<_>>());
            if dice.chance(2) {
                who.caller = who.caller.with_roles([IDENTITIES[2]]);
            }
            let action = RequestedAction::parse(dice.one::<String>(&pool.actions)).unwrap();
            let resource = match dice.one(&pool.resources).as_str() {
                "*" => RequestedResource::All,
                arn => RequestedResource::Arn(Arn::parse(arn).unwrap()),
            };
            let request = who.request(action, resource);
            let is_new = match (before.evaluate(&request), after.evaluate(&request)) {
                (Evaluation::Decided(before), Evaluation::Decided(after)) => {
                    after.is_allowed() && !before.is_allowed()
                }
                _ => false,
            };
            if is_new {
                new_request = Some(format!("{request:?}"));
                break;
            }
        }
        shown += usize::from(new_request.is_some());
        match before.replace(changed.store()) {
            Ok(()) => {
                accepted += 1;
                let documents = [documents(&model.set()), documents(&changed.set())];
                assert_eq!(new_request, None, "{documents:#?}");
            }
            Err(BuildError::ChangeRejected(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert!(accepted * 4 > pairs, "{accepted} of {pairs} are accepted");
    assert!(shown * 20 > pairs, "{shown} of {pairs} show a new request");
}
