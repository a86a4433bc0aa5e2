//! The global condition keys of AWS, with the type of their values and who supplies each.
//!
//! The list follows
//! [AWS global condition context keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).

/// The type of a condition key's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// ARNs.
    Arn,
    /// Binary data, in base64.
    Binary,
    /// `true` or `false`.
    Bool,
    /// Dates, or seconds since 1970.
    Date,
    /// IP addresses.
    Ip,
    /// Numbers.
    Number,
    /// Any text.
    Text,
}

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
    /// The type of its values.
    pub value_type: ValueType,
    /// Who supplies it.
    pub supplier: Supplier,
    /// What the preset for services outside AWS declares.
    pub outside_aws: Option<OutsideAws>,
}

const fn key(name: &'static str, value_type: ValueType, supplier: Supplier) -> GlobalKey {
    GlobalKey {
        name,
        value_type,
        supplier,
        outside_aws: None,
    }
}

/// A key that only requests inside AWS can have.
const fn of_aws(name: &'static str, value_type: ValueType, outside_aws: OutsideAws) -> GlobalKey {
    GlobalKey {
        name,
        value_type,
        supplier: Supplier::Application,
        outside_aws: Some(outside_aws),
    }
}

/// Every global key, sorted by name in lower case.
pub const GLOBAL_KEYS: &[GlobalKey] = {
    use ValueType::{Arn, Bool, Date, Ip, Number, Text};
    &[
        of_aws("aws:AssumedRoot", Bool, OutsideAws::Absent),
        of_aws("aws:CalledVia", Text, OutsideAws::Absent),
        of_aws("aws:CalledViaAWSMCP", Text, OutsideAws::Absent),
        of_aws("aws:CalledViaFirst", Text, OutsideAws::Absent),
        of_aws("aws:CalledViaLast", Text, OutsideAws::Absent),
        of_aws("aws:ChatbotSourceArn", Arn, OutsideAws::Absent),
        key("aws:CurrentTime", Date, Supplier::Request),
        of_aws("aws:Ec2InstanceSourcePrivateIPv4", Ip, OutsideAws::Absent),
        of_aws("aws:Ec2InstanceSourceVpc", Text, OutsideAws::Absent),
        key("aws:EpochTime", Date, Supplier::Request),
        key("aws:FederatedProvider", Text, Supplier::Principal),
        of_aws("aws:IsMcpServiceAction", Bool, OutsideAws::False),
        key("aws:MultiFactorAuthAge", Number, Supplier::Application),
        key("aws:MultiFactorAuthPresent", Bool, Supplier::Application),
        key("aws:PrincipalAccount", Text, Supplier::Principal),
        key("aws:PrincipalArn", Arn, Supplier::Principal),
        key("aws:PrincipalIsAWSService", Bool, Supplier::Principal),
        key("aws:PrincipalOrgID", Text, Supplier::Organization),
        key("aws:PrincipalOrgPaths", Text, Supplier::Organization),
        key("aws:PrincipalServiceName", Text, Supplier::Principal),
        key(
            "aws:PrincipalServiceNamesList",
            Text,
            Supplier::ServiceNames,
        ),
        key("aws:PrincipalTag/", Text, Supplier::Principal),
        key("aws:PrincipalType", Text, Supplier::Principal),
        key("aws:Referer", Text, Supplier::Request),
        key("aws:RequestedRegion", Text, Supplier::Request),
        key("aws:RequestTag/", Text, Supplier::RequestTags),
        key("aws:ResourceAccount", Text, Supplier::Application),
        key("aws:ResourceOrgID", Text, Supplier::Application),
        key("aws:ResourceOrgPaths", Text, Supplier::Application),
        key("aws:ResourceTag/", Text, Supplier::Resource),
        key("aws:SecureTransport", Bool, Supplier::Request),
        of_aws("aws:SignInSessionArn", Arn, OutsideAws::Absent),
        of_aws("aws:SourceAccount", Text, OutsideAws::Absent),
        of_aws("aws:SourceArn", Arn, OutsideAws::Absent),
        key("aws:SourceIdentity", Text, Supplier::Application),
        key("aws:SourceIp", Ip, Supplier::Request),
        of_aws("aws:SourceOrgID", Text, OutsideAws::Absent),
        of_aws("aws:SourceOrgPaths", Text, OutsideAws::Absent),
        of_aws("aws:SourceVpc", Text, OutsideAws::Absent),
        of_aws("aws:SourceVpcArn", Arn, OutsideAws::Absent),
        of_aws("aws:SourceVpce", Text, OutsideAws::Absent),
        key("aws:TagKeys", Text, Supplier::RequestTags),
        key("aws:TokenIssueTime", Date, Supplier::Application),
        key("aws:UserAgent", Text, Supplier::Request),
        key("aws:userid", Text, Supplier::UniqueId),
        key("aws:username", Text, Supplier::Principal),
        of_aws("aws:ViaAWSMCPService", Bool, OutsideAws::False),
        of_aws("aws:ViaAWSService", Bool, OutsideAws::False),
        of_aws("aws:VpceAccount", Text, OutsideAws::Absent),
        of_aws("aws:VpceOrgID", Text, OutsideAws::Absent),
        of_aws("aws:VpceOrgPaths", Text, OutsideAws::Absent),
        of_aws("aws:VpcSourceIp", Ip, OutsideAws::Absent),
    ]
};

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
