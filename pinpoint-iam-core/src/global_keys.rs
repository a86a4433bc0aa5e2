//! The global condition keys of AWS, and who supplies each.
//!
//! The list follows
//! [AWS global condition context keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).

/// Who supplies a global key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supplier {
    /// The principal and the policy source. If they have no value, there is none.
    Principal,
    /// The unique id of a user or role, which every user and role has.
    UniqueId,
    /// The organization of the principal's account.
    Organization,
    /// The names of a service.
    ServiceNames,
    /// The web layer, from the request.
    Request,
    /// The source of the keys of resources.
    Resource,
    /// The attribute of the handler, from the tags in the request.
    RequestTags,
    /// Only the application.
    Application,
}

/// What the preset for services outside AWS declares about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutsideAws {
    /// No request has the key.
    Absent,
    /// The value is `false`.
    False,
}

/// A global key.
#[derive(Clone, Copy, Debug)]
pub struct GlobalKey {
    /// The name; it ends in `/` if the rest is the key of a tag.
    pub name: &'static str,
    /// Who supplies it.
    pub supplier: Supplier,
    /// What the preset for services outside AWS declares.
    pub outside_aws: Option<OutsideAws>,
}

const fn key(name: &'static str, supplier: Supplier) -> GlobalKey {
    GlobalKey {
        name,
        supplier,
        outside_aws: None,
    }
}

/// A key that only requests inside AWS can have.
const fn of_aws(name: &'static str, outside_aws: OutsideAws) -> GlobalKey {
    GlobalKey {
        name,
        supplier: Supplier::Application,
        outside_aws: Some(outside_aws),
    }
}

/// Every global key, sorted by name in lower case.
pub const GLOBAL_KEYS: &[GlobalKey] = &[
    of_aws("aws:AssumedRoot", OutsideAws::Absent),
    of_aws("aws:CalledVia", OutsideAws::Absent),
    of_aws("aws:CalledViaAWSMCP", OutsideAws::Absent),
    of_aws("aws:CalledViaFirst", OutsideAws::Absent),
    of_aws("aws:CalledViaLast", OutsideAws::Absent),
    of_aws("aws:ChatbotSourceArn", OutsideAws::Absent),
    key("aws:CurrentTime", Supplier::Request),
    of_aws("aws:Ec2InstanceSourcePrivateIPv4", OutsideAws::Absent),
    of_aws("aws:Ec2InstanceSourceVpc", OutsideAws::Absent),
    key("aws:EpochTime", Supplier::Request),
    key("aws:FederatedProvider", Supplier::Principal),
    of_aws("aws:IsMcpServiceAction", OutsideAws::False),
    key("aws:MultiFactorAuthAge", Supplier::Application),
    key("aws:MultiFactorAuthPresent", Supplier::Application),
    key("aws:PrincipalAccount", Supplier::Principal),
    key("aws:PrincipalArn", Supplier::Principal),
    key("aws:PrincipalIsAWSService", Supplier::Principal),
    key("aws:PrincipalOrgID", Supplier::Organization),
    key("aws:PrincipalOrgPaths", Supplier::Organization),
    key("aws:PrincipalServiceName", Supplier::Principal),
    key("aws:PrincipalServiceNamesList", Supplier::ServiceNames),
    key("aws:PrincipalTag/", Supplier::Principal),
    key("aws:PrincipalType", Supplier::Principal),
    key("aws:Referer", Supplier::Request),
    key("aws:RequestedRegion", Supplier::Request),
    key("aws:RequestTag/", Supplier::RequestTags),
    key("aws:ResourceAccount", Supplier::Application),
    key("aws:ResourceOrgID", Supplier::Application),
    key("aws:ResourceOrgPaths", Supplier::Application),
    key("aws:ResourceTag/", Supplier::Resource),
    key("aws:SecureTransport", Supplier::Request),
    of_aws("aws:SourceAccount", OutsideAws::Absent),
    of_aws("aws:SourceArn", OutsideAws::Absent),
    key("aws:SourceIdentity", Supplier::Application),
    key("aws:SourceIp", Supplier::Request),
    of_aws("aws:SourceOrgID", OutsideAws::Absent),
    of_aws("aws:SourceOrgPaths", OutsideAws::Absent),
    of_aws("aws:SourceVpc", OutsideAws::Absent),
    of_aws("aws:SourceVpcArn", OutsideAws::Absent),
    of_aws("aws:SourceVpce", OutsideAws::Absent),
    key("aws:TagKeys", Supplier::RequestTags),
    key("aws:TokenIssueTime", Supplier::Application),
    key("aws:UserAgent", Supplier::Request),
    key("aws:userid", Supplier::UniqueId),
    key("aws:username", Supplier::Principal),
    of_aws("aws:ViaAWSMCPService", OutsideAws::False),
    of_aws("aws:ViaAWSService", OutsideAws::False),
    of_aws("aws:VpceAccount", OutsideAws::Absent),
    of_aws("aws:VpceOrgID", OutsideAws::Absent),
    of_aws("aws:VpceOrgPaths", OutsideAws::Absent),
    of_aws("aws:VpcSourceIp", OutsideAws::Absent),
];

impl GlobalKey {
    /// The key with this name, in lower case; `None` if AWS has no such key.
    pub fn of(folded: &str) -> Option<&'static Self> {
        // A tag is named by the part up to its key.
        let name = match folded.split_once('/') {
            Some((start, tag)) if !tag.is_empty() => folded.get(..=start.len())?,
            _ => folded,
        };
        let place = GLOBAL_KEYS.binary_search_by(|key| {
            let key = key.name.bytes().map(|byte| byte.to_ascii_lowercase());
            key.cmp(name.bytes())
        });
        GLOBAL_KEYS.get(place.ok()?)
    }

    /// Whether the web layer supplies the key with this name, in lower case, or knows that it is absent.
    pub fn is_of_request(folded: &str) -> bool {
        Self::of(folded).is_some_and(|key| key.supplier == Supplier::Request)
    }
}

/// Whether a key with this prefix comes from an identity provider: `saml`, or the domain of an OpenID Connect provider.
pub fn is_of_identity_provider(prefix: &str) -> bool {
    prefix == "saml" || prefix.contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_by_their_names() {
        for key in GLOBAL_KEYS {
            let mut name = key.name.to_ascii_lowercase();
            if name.ends_with('/') {
                name.push_str("team/of");
            }
            let found = GlobalKey::of(&name).map(|found| found.name);
            assert_eq!(found, Some(key.name), "the list is sorted");
        }
        for name in [
            "aws:sorceip",
            "aws:sourceip/x",
            "aws:resourcetag",
            "aws:resourcetag/",
            "aws:",
        ] {
            let found = GlobalKey::of(name).map(|found| found.name);
            assert_eq!(
                found,
                (name == "aws:resourcetag/").then_some("aws:ResourceTag/")
            );
        }
    }
}
