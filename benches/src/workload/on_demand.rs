//! Many principals whose policies are loaded on demand.

use std::collections::HashMap;
use std::time::Duration;

use pinpoint_iam::freshness::Revision;
use pinpoint_iam::source::{
    IdentityRecord, PolicyRecord, PrincipalFuture, PrincipalRecords, PrincipalRequest,
    PrincipalSource,
};
use pinpoint_iam::{Authorizer, PrincipalCache};

use super::many_principals::ManyPrincipals;
use super::scope;
use crate::Failure;

/// The records of all principals.
struct Memory(HashMap<String, IdentityRecord>);

impl Memory {
    fn of(many: &ManyPrincipals) -> Self {
        let documents = many.documents();
        let records = many.attachments().map(|(arn, attached)| {
            let mut record = IdentityRecord::new(&*arn);
            for (number, document) in attached
                .iter()
                .filter_map(|number| Some((number, documents.get(*number)?)))
            {
                let policy = PolicyRecord::managed(format!("managed-{number}"), "v1");
                record.policies.push(policy.with_document(document.clone()));
            }
            (arn, record)
        });
        Self(records.collect())
    }
}

impl PrincipalSource for Memory {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn policies_of<'a>(&'a self, request: PrincipalRequest<'a>) -> PrincipalFuture<'a> {
        Box::pin(async move {
            let mut records = PrincipalRecords::new(Revision::new("1"));
            let found = request.identities.iter().filter_map(|arn| self.0.get(arn));
            records.identities = found.cloned().collect();
            Ok(records)
        })
    }
}

/// Creates an authorizer whose cache contains all of these principals.
///
/// # Errors
///
/// If they cannot be loaded, or if a decision is wrong.
pub fn authorizer(many: &ManyPrincipals) -> Result<Authorizer, Failure> {
    let day = Duration::from_secs(86_400);
    let cache = PrincipalCache::new().max_bytes(1 << 30).time_to_live(day);
    let authorizer = Authorizer::builder()
        .scope(scope())
        .principal_source(Memory::of(many), cache)
        .build()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for index in 0..many.len() {
        let (principal, _) = many.question(index)?;
        if !runtime.block_on(authorizer.load(&principal)) {
            return Err(format!("{principal} was not loaded").into());
        }
    }
    many.ask_all(&authorizer)?;
    Ok(authorizer)
}
