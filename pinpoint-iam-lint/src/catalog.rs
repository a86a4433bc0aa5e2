//! Compares policy documents with parsed catalogs.
//!
//! The rules are those of [`pinpoint_iam_core::catalog`], which an authorizer also applies to the policies that it loads.

use pinpoint_iam_catalog::{
    Action, Catalog, Component, IdFormat, Piece, ResourceType, Service, nearest,
};
use pinpoint_iam_core::catalog::{
    ActionEntry, ArnComponent, CatalogChecker, ResourceTypeEntry, ServiceCatalog,
};
pub use pinpoint_iam_core::catalog::{Finding, Subject, limits_access};
use pinpoint_iam_core::pattern::characters::IdCharacters;
use pinpoint_iam_core::policy::Document;
use pinpoint_iam_core::resource::{Ids, TemplatePiece};

/// Returns all elements of `document` that cannot match anything according to `catalog`, statement by statement.
pub fn findings(catalog: &Catalog, document: &Document) -> Vec<Finding> {
    checker(catalog).findings(document)
}

/// The message for a `name` that is not an action of `service`, with names as policies write them.
pub fn unknown_action<'c>(catalog: &'c Catalog, service: &'c Service, name: &str) -> String {
    let (hint, _) = checker(catalog).suggest_action(Parsed(service), name);
    format!("unknown action `{}`; {hint}", name.escape_debug())
}

/// A checker with parsed catalogs.
pub(crate) type ParsedChecker<'c> = CatalogChecker<'c, Parsed<'c, Service>>;

/// The checker with the services of a catalog.
pub(crate) fn checker(catalog: &Catalog) -> ParsedChecker<'_> {
    CatalogChecker::new(catalog.services().iter().map(Parsed))
}

/// A part of a parsed catalog.
#[derive(Debug)]
pub(crate) struct Parsed<'c, T>(pub(crate) &'c T);

impl<T> Clone for Parsed<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Parsed<'_, T> {}

impl<'c> ServiceCatalog<'c> for Parsed<'c, Service> {
    type Action = Parsed<'c, Action>;

    fn prefix(self) -> &'c str {
        &self.0.prefix
    }

    fn partitions(self) -> Vec<&'c str> {
        self.0.partitions.iter().map(String::as_str).collect()
    }

    fn actions(self) -> impl ExactSizeIterator<Item = Self::Action> {
        self.0.actions().iter().map(Parsed)
    }

    fn arn_services(self) -> impl Iterator<Item = &'c str> {
        let resource_types = self.0.resources().iter();
        resource_types.map(|resource_type| resource_type.arn.service.as_str())
    }

    fn condition_keys(self) -> impl ExactSizeIterator<Item = &'c str> {
        self.0.condition_keys().iter().map(|key| key.name.as_str())
    }

    fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
        nearest(name, names)
    }
}

impl<'c> ActionEntry<'c> for Parsed<'c, Action> {
    fn name(self) -> &'c str {
        &self.0.name
    }

    fn former_names(self) -> impl Iterator<Item = &'c str> {
        self.0.former_names.iter().map(String::as_str)
    }

    fn resource_types(self) -> impl Iterator<Item = ResourceTypeEntry<'c>> {
        let resource_types = self.0.resources.iter();
        resource_types.map(|resource_type| entry(resource_type))
    }

    fn pinned(self) -> Vec<(&'c str, &'c str)> {
        let pinned = self.0.pinned.iter();
        pinned
            .map(|(placeholder, value)| (placeholder.as_str(), value.as_str()))
            .collect()
    }

    fn condition_keys(self) -> impl Iterator<Item = &'c str> {
        let of_resources = self.0.resources.iter();
        let of_resources = of_resources.flat_map(|resource_type| &resource_type.condition_keys);
        let keys = self.0.condition_keys.iter().chain(of_resources);
        keys.map(String::as_str)
    }
}

fn entry(resource_type: &ResourceType) -> ResourceTypeEntry<'_> {
    let template = &resource_type.arn;
    let pieces = template.pieces.iter().map(|piece| match piece {
        Piece::Literal(text) => TemplatePiece::Literal(text),
        Piece::Field(index) => match resource_type.fields.get(*index) {
            Some(field) => TemplatePiece::Placeholder {
                name: &field.name,
                ids: ids(&field.accepts),
            },
            // The resource type has no such field, so that anything is possible.
            None => TemplatePiece::Anything,
        },
    });
    ResourceTypeEntry {
        arn: &template.text,
        partition: component(&template.partition),
        service: &template.service,
        region: component(&template.region),
        account: component(&template.account),
        pieces: pieces.collect(),
    }
}

fn ids(accepts: &IdFormat) -> Ids<'_> {
    match accepts {
        IdFormat::Identifier => Ids::Of(IdCharacters::Identifier),
        IdFormat::Opaque => Ids::Of(IdCharacters::Opaque),
        IdFormat::OneOf(values) => Ids::OneOf(values.iter().map(String::as_str).collect()),
    }
}

fn component(component: &Component) -> ArnComponent<'_> {
    match component {
        Component::FromScope => ArnComponent::FromScope,
        Component::Fixed(text) => ArnComponent::Fixed(text),
    }
}

#[cfg(test)]
mod tests {
    use pinpoint_iam_catalog::SourceFile;

    use super::*;

    #[test]
    fn condition_keys_are_found_as_policies_write_them() {
        let text = include_str!("../../catalog/tests/golden/shelf.toml");
        let catalog = Catalog::load([SourceFile::new("shelf.toml", text)]).unwrap();
        let checker = checker(&catalog);
        for (name, is_defined) in [
            ("shelf:Genre", true),
            ("SHELF:genre", true),
            ("aws:resourcetag/team", true),
            ("aws:ResourceTag/${TagKey}", true),
            ("shelf:Notes/print/by.ana.name", true),
            ("shelf:Genres", false),
            ("aws:ResourceTag/", false),
            ("aws:ResourceTag", false),
            ("aws:ResuorceTag/team", false),
            ("shelf:Notes/print/by.ana", false),
            ("shelf:Weather", false),
            ("", false),
        ] {
            assert_eq!(checker.defines(name), is_defined, "{name}");
        }
    }

    #[test]
    fn actions_are_suggested_as_policies_write_them() {
        for (name, expected) in [
            (
                "GetCampagin",
                "did you mean `mobiletargeting:GetCampaign` or `mobiletargeting:GetCampaigns`?",
            ),
            ("PutEvent", "did you mean `mobiletargeting:PutEvents`?"),
            (
                "GetFinancialReports",
                "write `mobileanalytics:GetFinancialReports`",
            ),
            (
                "CreateExportJobs",
                "it was renamed to `mobiletargeting:CreateExportJob`",
            ),
            (
                "Teleport",
                "see the actions in the catalog of `mobiletargeting`",
            ),
        ] {
            let text = format!(
                r#"{{"Version": "2012-10-17", "Statement":
                    {{"Effect": "Allow", "Action": "mobiletargeting:{name}", "Resource": "*"}}}}"#
            );
            let document = Document::parse(&text).unwrap();
            let findings = findings(Catalog::builtin().unwrap(), &document);
            let hints: Vec<&str> = findings
                .iter()
                .map(|finding| finding.hint.as_str())
                .collect();
            assert_eq!(hints, [expected], "{name}");
        }
    }

    /// A catalog may list global keys that matter for an action. Requests for other actions have them as well.
    #[test]
    fn global_keys_belong_to_all_actions() {
        let text = r#"
            format = 1
            [service]
            prefix = "shop"
            name = "Shop"
            [condition-keys."aws:SourceIp"]
            type = "IPAddress"
            summary = "The address of the caller."
            [actions.Buy]
            summary = "Buys."
            condition-keys = ["aws:SourceIp"]
            [actions.Look]
            summary = "Looks."
        "#;
        let catalog = Catalog::load([SourceFile::new("shop.toml", text)]).unwrap();
        let document = Document::parse(
            r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "shop:Look", "Resource": "*",
                "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}}"#,
        );
        assert_eq!(findings(&catalog, &document.unwrap()), []);
    }

    #[test]
    fn conditions_for_requests_without_the_key_are_not_reported() {
        let statement = |effect: &str, operator: &str| {
            format!(
                r#"{{"Effect": "{effect}", "Action": "mobiletargeting:GetApp", "Resource": "*",
                    "Condition": {{"{operator}": {{"aws:RequestTag/team": "a"}}}}}}"#
            )
        };
        for (operator, so) in [
            ("StringEquals", Some("it denies nothing")),
            ("StringNotEquals", Some("the condition always holds")),
            ("ForAnyValue:StringNotEquals", Some("it denies nothing")),
            (
                "ForAllValues:StringEquals",
                Some("the condition always holds"),
            ),
            ("StringEqualsIfExists", None),
            ("StringNotEqualsIfExists", None),
        ] {
            for effect in ["Deny", "Allow"] {
                let text = format!(
                    r#"{{"Version": "2012-10-17", "Statement": {}}}"#,
                    statement(effect, operator)
                );
                let document = Document::parse(&text).unwrap();
                let findings = findings(Catalog::builtin().unwrap(), &document);
                let so = so.map(|so| {
                    so.replace("denies", if effect == "Deny" { "denies" } else { "allows" })
                });
                let expected = so.map(|so| {
                    format!("requests for the statement's actions never have `aws:RequestTag/team`, so {so}")
                });
                let messages: Vec<&str> = findings
                    .iter()
                    .map(|finding| finding.message.as_str())
                    .collect();
                assert_eq!(
                    messages,
                    expected.iter().map(String::as_str).collect::<Vec<_>>(),
                    "{operator}"
                );
                assert!(
                    findings
                        .iter()
                        .all(|finding| finding.is_in_restriction == (effect == "Deny"))
                );
            }
        }
    }
}
