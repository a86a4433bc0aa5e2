//! The strict parser: every member must be known and every value is used; everything else is an error with its
//! position.

mod condition;
mod places;
mod scan;

use std::str::FromStr;

use super::action::{ActionElement, KnownActions};
use super::document::{Document, Written};
use super::error::{ParseError, Place, TextError};
use super::limits::Limits;
use super::principal::{PrincipalElement, PrincipalEntries, PrincipalType, PrincipalValue};
use super::resource::ResourceElement;
use super::resource_pattern::ResourcePattern;
use super::statement::Statement;
use super::values::{List, Values};
use crate::effect::Effect;
use crate::json::{self, JsonError, Member, Node, Text, Tree, TreeNode, Type};
use crate::quoted::Quoted;
use crate::suggest::nearest;
use crate::version::Version;
use places::Places;

impl Document {
    /// Parses a document with the default [`Limits`].
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a valid policy document in every detail, or if its meaning is not clear; see
    /// the [module](crate::policy).
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_with(text, &Limits::default())
    }

    /// Parses a document within `limits`.
    ///
    /// # Errors
    ///
    /// Returns an error in the same cases as [`Document::parse`], and if the text exceeds a limit.
    pub fn parse_with(text: &str, limits: &Limits) -> Result<Self, ParseError> {
        read_document(text, limits).map_err(|fault| fault.in_source(text))
    }
}

impl FromStr for Document {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl JsonError {
    /// Converts an error in a string.
    fn in_text(text: &Text<'_>, flaw: TextError) -> Self {
        Self::new(text.offset_of(flaw.offset), flaw.message, flaw.hint)
    }

    fn in_source(self, source: &str) -> ParseError {
        let position = json::position(source, self.offset);
        ParseError::new(position, self.message, self.hint)
    }
}

/// A member of an object in a document.
type DocumentMember<'t, 's> = Member<'s, TreeNode<'t, 's>>;

/// The levels of the grammar: document, statements, statement, condition, operator, values.
const LEVELS: usize = 6;

/// Parses the text, and checks its length and depth.
fn read_tree<'s>(source: &'s str, limits: &Limits) -> Result<Tree<'s>, JsonError> {
    scan::check_length(source, limits)?;
    match Tree::read(source, LEVELS) {
        Ok(tree) if tree.depth() <= limits.max_depth().min(LEVELS) => Ok(tree),
        // That it is too deep comes before all other errors.
        result => {
            scan::check_depth(source, limits)?;
            if source.trim_ascii().is_empty() {
                return Err(JsonError::new(
                    0,
                    "the document is empty",
                    "write a policy document, an object with a `Statement`",
                ));
            }
            result
        }
    }
}

fn read_document(source: &str, limits: &Limits) -> Result<Document, JsonError> {
    let tree = read_tree(source, limits)?;
    let root = tree.root();
    if root.json_type() != Type::Object {
        return Err(root.wrong_type(
            "the document",
            "write an object with `Version` and `Statement`",
        ));
    }
    let [version, id, statement] =
        root.known_members("a policy document", ["Version", "Id", "Statement"])?;
    let places = Places::of(source);
    let version = match version {
        Some(member) => Some(read_version(&member.value.node(), &places)?),
        None => None,
    };
    let id = match id {
        Some(member) => {
            let text = string(&member.value.node(), "`Id`")?;
            let place = places.of_offset(text.offset);
            Some((text.content.into(), place))
        }
        None => None,
    };
    let Some(Member {
        value: statement, ..
    }) = statement
    else {
        return Err(JsonError::new(
            source.len() - source.trim_ascii_start().len(),
            "the document has no `Statement`",
            "add a statement, or a list of statements",
        ));
    };
    let (has_list, count) = match statement.json_type() {
        Type::Object => (false, 1),
        Type::List => (true, statement.elements()?.count()),
        _ => {
            return Err(statement.wrong_type("`Statement`", "write an object or a list of objects"));
        }
    };
    if count == 0 {
        return Err(JsonError::new(
            statement.offset(),
            "the list of statements is empty",
            "add a statement",
        ));
    }
    if count > limits.max_statements() {
        return Err(JsonError::new(
            statement.offset(),
            format!(
                "the document has {count} statements, and {} is the limit",
                limits.max_statements()
            ),
            "split it or raise the limit",
        ));
    }
    let mut reader = StatementReader {
        version: version.map_or(Version::V2008_10_17, |(version, _)| version),
        places,
        actions: KnownActions::default(),
    };
    let mut statements = Vec::with_capacity(count);
    if has_list {
        for (index, node) in statement.elements()?.enumerate() {
            statements.push(reader.read(node, index)?);
        }
    } else {
        statements.push(reader.read(statement, 0)?);
    }
    Ok(Document {
        version,
        id,
        statements: statements.into(),
        has_list,
        written: Written {
            characters: scan::characters(source),
            white_space: tree.white_space(),
            beyond_iam: scan::first_beyond_iam(source),
        },
    })
}

fn read_version(node: &Node<'_>, places: &Places) -> Result<(Version, Place), JsonError> {
    let text = string(node, "`Version`")?;
    let version = Version::ALL
        .iter()
        .find(|version| version.name() == text.content);
    match version {
        Some(version) => Ok((*version, places.of_offset(text.offset))),
        None => Err(JsonError::new(
            text.offset,
            format!("unknown version {}", Quoted(&text.content)),
            "the versions of the policy language are `2012-10-17` and `2008-10-17`",
        )),
    }
}

struct StatementReader {
    version: Version,
    places: Places,
    actions: KnownActions,
}

impl StatementReader {
    fn read(&mut self, node: TreeNode<'_, '_>, index: usize) -> Result<Statement, JsonError> {
        if node.json_type() != Type::Object {
            return Err(node.wrong_type(
                "the statement",
                "write an object with `Effect`, `Action` and `Resource`",
            ));
        }
        let [
            sid,
            effect,
            principal,
            not_principal,
            action,
            not_action,
            resource,
            not_resource,
            condition,
        ] = node.known_members(
            "a statement",
            [
                "Sid",
                "Effect",
                "Principal",
                "NotPrincipal",
                "Action",
                "NotAction",
                "Resource",
                "NotResource",
                "Condition",
            ],
        )?;
        let place = self.places.of_offset(node.offset());
        let sid = match sid {
            Some(member) => Some(self.read_sid(&member.value.node())?),
            None => None,
        };
        let Some(effect) = effect else {
            return Err(JsonError::new(
                node.offset(),
                "the statement has no `Effect`",
                "add `\"Effect\": \"Allow\"` or `\"Effect\": \"Deny\"`",
            ));
        };
        let (effect, effect_place) = self.read_effect(&effect.value.node())?;
        let principal = match either(principal, not_principal)? {
            Some(member) => Some(self.read_principal(&member)?.into()),
            None => None,
        };
        let Some(action) = either(action, not_action)? else {
            return Err(JsonError::new(
                node.offset(),
                "the statement has neither `Action` nor `NotAction`",
                "add the actions that it is about",
            ));
        };
        let action = ActionElement {
            is_negated: is_negated(&action),
            values: values(&action, &self.places, Nulls::Refused, &mut |text, place| {
                self.actions.parse(text, place)
            })?,
        };
        let version = self.version;
        let resource = match either(resource, not_resource)? {
            Some(member) => Some(ResourceElement {
                is_negated: is_negated(&member),
                values: values(&member, &self.places, Nulls::Skipped, &mut |text, place| {
                    ResourcePattern::parse(text, version, place)
                })?,
            }),
            None => None,
        };
        let conditions = match condition {
            Some(member) => Some(condition::read(&member, self.version, &self.places)?.into()),
            None => None,
        };
        Ok(Statement {
            index,
            place,
            sid,
            effect,
            effect_place,
            principal,
            action,
            resource,
            conditions,
        })
    }

    /// Any string: the names that AWS accepts, and whether it accepts duplicates, depend on the kind of the policy.
    fn read_sid(&self, node: &Node<'_>) -> Result<(Box<str>, Place), JsonError> {
        let text = string(node, "`Sid`")?;
        Ok((
            text.content.as_ref().into(),
            self.places.of_offset(text.offset),
        ))
    }

    fn read_effect(&self, node: &Node<'_>) -> Result<(Effect, Place), JsonError> {
        let text = string(node, "`Effect`")?;
        let effects = [Effect::Allow, Effect::Deny];
        let effect = effects
            .into_iter()
            .find(|effect| effect.name() == text.content);
        match effect {
            Some(effect) => Ok((effect, self.places.of_offset(text.offset))),
            None => Err(JsonError::new(
                text.offset,
                format!("unknown effect {}", Quoted(&text.content)),
                match nearest(&text.content, effects.map(Effect::name)) {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => "write `Allow` or `Deny`".to_owned(),
                },
            )),
        }
    }

    fn read_principal(
        &self,
        member: &DocumentMember<'_, '_>,
    ) -> Result<PrincipalElement, JsonError> {
        let place = self.places.of_offset(member.value.offset());
        let hint = "write `\"*\"` for everyone, or an object such as `{\"AWS\": \"123456789012\"}`";
        let value = match member.value.json_type() {
            Type::Text => {
                let text = member.value.text()?;
                if text.content != "*" {
                    return Err(JsonError::new(
                        text.offset,
                        format!("the principal {} has no type", Quoted(&text.content)),
                        hint,
                    ));
                }
                PrincipalValue::Everyone
            }
            Type::Object => PrincipalValue::Listed(self.read_principals(member.value)?),
            _ => {
                return Err(member.value.wrong_type(&format!("`{}`", member.name), hint));
            }
        };
        Ok(PrincipalElement {
            is_negated: is_negated(member),
            value,
            place,
        })
    }

    fn read_principals(
        &self,
        node: TreeNode<'_, '_>,
    ) -> Result<Box<[PrincipalEntries]>, JsonError> {
        // Checks the names; the entries keep the order of the text.
        node.known_members("a principal", PrincipalType::ALL.map(PrincipalType::name))?;
        let mut listed = Vec::new();
        for member in node.members()? {
            let member = member?;
            for principal_type in PrincipalType::ALL {
                if principal_type.name() == member.name {
                    let entries = values(&member, &self.places, Nulls::Refused, &mut |text, _| {
                        principal_type.check(text).map(|()| text.into())
                    })?;
                    listed.push((principal_type, entries));
                }
            }
        }
        if listed.is_empty() {
            return Err(JsonError::new(
                node.offset(),
                "the principal is empty",
                "write `\"*\"` for everyone, or an object such as `{\"AWS\": \"123456789012\"}`",
            ));
        }
        Ok(listed.into())
    }
}

/// The treatment of `null` in a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nulls {
    Refused,
    /// As in AWS's lists of resources.
    Skipped,
}

/// The value of a member that is a string or a non-empty list of strings.
fn values<T>(
    member: &DocumentMember<'_, '_>,
    places: &Places,
    nulls: Nulls,
    read: &mut dyn FnMut(&str, Place) -> Result<T, TextError>,
) -> Result<Values<T>, JsonError> {
    let mut read_text = |text: &Text<'_>| {
        let place = places.of_offset(text.offset);
        read(&text.content, place).map_err(|flaw| JsonError::in_text(text, flaw))
    };
    match member.value.json_type() {
        Type::Text => Ok(Values::One(read_text(&member.value.text()?)?)),
        Type::List => {
            let place = places.of_offset(member.value.offset());
            let elements = member.value.elements()?;
            let mut items = Vec::with_capacity(elements.clone().count());
            let mut skipped = Vec::new();
            for (index, element) in elements.enumerate() {
                match element.json_type() {
                    Type::Text => items.push(read_text(&element.text()?)?),
                    Type::Null if nulls == Nulls::Skipped => {
                        skipped.push((index, places.of_offset(element.offset())));
                    }
                    _ => {
                        return Err(element.wrong_type(
                            &format!("an element of `{}`", member.name),
                            "write strings only",
                        ));
                    }
                }
            }
            if items.is_empty() {
                return Err(JsonError::new(
                    member.value.offset(),
                    format!("`{}` is empty", member.name),
                    "add an element, or remove the statement",
                ));
            }
            Ok(Values::List(Box::new(List {
                items: items.into(),
                nulls: skipped.into(),
                place,
            })))
        }
        _ => Err(member.value.wrong_type(
            &format!("`{}`", member.name),
            "write a string or a list of strings",
        )),
    }
}

fn string<'s>(node: &Node<'s>, what: &str) -> Result<Text<'s>, JsonError> {
    match node.json_type() {
        Type::Text => node.text(),
        _ => Err(node.wrong_type(what, "write a string")),
    }
}

/// Returns the one of two members that the statement has.
fn either<'t, 's>(
    positive: Option<DocumentMember<'t, 's>>,
    negated: Option<DocumentMember<'t, 's>>,
) -> Result<Option<DocumentMember<'t, 's>>, JsonError> {
    match (positive, negated) {
        (Some(positive), Some(negated)) => Err(JsonError::new(
            positive.name_offset.max(negated.name_offset),
            format!(
                "the statement has both `{}` and `{}`",
                positive.name, negated.name
            ),
            "keep one of them",
        )),
        (one, None) | (None, one) => Ok(one),
    }
}

fn is_negated(member: &DocumentMember<'_, '_>) -> bool {
    member.name.starts_with("Not")
}
