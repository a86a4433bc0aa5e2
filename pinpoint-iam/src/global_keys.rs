//! The states of global condition keys without a value.
//!
//! `pinpoint-iam-core` contains the list of the keys, which the linter also uses.

use pinpoint_iam_core::__private::OutsideAws;
pub(crate) use pinpoint_iam_core::__private::{
    GLOBAL_KEYS, GlobalKey, Supplier, is_of_identity_provider,
};

use crate::context::{Lookup, Value};
use crate::principal::{Principal, PrincipalKind};

/// Returns the state of the key in a request of `principal` for which nothing supplied a value.
pub(crate) fn without_value(
    key: &GlobalKey,
    principal: &Principal,
    is_outside_aws: bool,
) -> Lookup<'static> {
    static FALSE: Value = Value::Bool(false);
    let kind = principal.kind();
    let can_have_value = match key.supplier {
        Supplier::Principal => false,
        Supplier::UniqueId => matches!(kind, PrincipalKind::User | PrincipalKind::RoleSession),
        Supplier::Organization => principal.account().is_some(),
        Supplier::ServiceNames => kind == PrincipalKind::Service,
        Supplier::Request | Supplier::Resource | Supplier::RequestTags | Supplier::Application => {
            true
        }
    };
    match key.outside_aws {
        Some(OutsideAws::Absent) if is_outside_aws => Lookup::Absent,
        Some(OutsideAws::False) if is_outside_aws => Lookup::Present(&FALSE),
        _ if can_have_value => Lookup::Unknown,
        _ => Lookup::Absent,
    }
}
