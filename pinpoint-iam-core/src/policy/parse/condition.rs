//! Parses `Condition`.

use std::collections::HashSet;

use super::{DocumentMember, Places};
use crate::condition::{Condition, ConditionValue, Part};
use crate::json::{self, JsonError, TreeNode, Type};
use crate::policy::statement::{ConditionPlace, Conditions, OperatorBlock};
use crate::quoted::Quoted;
use crate::version::Version;

/// The conditions of a statement, and their grouping.
pub(super) fn read(
    condition: &DocumentMember<'_, '_>,
    version: Version,
    places: &Places,
) -> Result<Conditions, JsonError> {
    let place = places.of_offset(condition.name_offset);
    let mut conditions = Vec::new();
    let mut condition_places = Vec::new();
    let mut blocks = Vec::new();
    for operator in members(
        condition.value,
        "`Condition`",
        "write an object with operators",
        str::to_owned,
    )? {
        let what = format!("the value of {}", Quoted(&operator.name));
        let keys = members(
            operator.value,
            &what,
            "write an object with condition keys",
            str::to_ascii_lowercase,
        )?;
        blocks.push(OperatorBlock {
            operator: (&*operator.name).into(),
            length: keys.len(),
            place: places.of_offset(operator.name_offset),
        });
        for key in &keys {
            let (condition, place) = read_condition(&operator, key, version, places)?;
            conditions.push(condition);
            condition_places.push(place);
        }
    }
    Ok(Conditions {
        conditions: conditions.into(),
        places: condition_places.into(),
        operators: blocks.into(),
        place,
    })
}

/// The members of an object. Their names must differ after `fold`.
fn members<'t, 's>(
    node: TreeNode<'t, 's>,
    what: &str,
    hint: &str,
    fold: fn(&str) -> String,
) -> Result<Vec<DocumentMember<'t, 's>>, JsonError> {
    if node.json_type() != Type::Object {
        return Err(node.wrong_type(what, hint));
    }
    let members: Vec<_> = node.members()?.collect::<Result<_, _>>()?;
    if let [] | [_] = &*members {
        return Ok(members);
    }
    let mut names = HashSet::with_capacity(members.len());
    let mut folded = HashSet::with_capacity(members.len());
    for member in &members {
        if !names.insert(&*member.name) {
            return Err(json::duplicate(member.name_offset, &member.name));
        }
        if !folded.insert(fold(&member.name)) {
            return Err(JsonError::new(
                member.name_offset,
                format!("duplicate condition key {}", Quoted(&member.name)),
                "condition keys are case-insensitive; put all values into one list",
            ));
        }
    }
    Ok(members)
}

fn read_condition(
    operator: &DocumentMember<'_, '_>,
    key: &DocumentMember<'_, '_>,
    version: Version,
    places: &Places,
) -> Result<(Condition, ConditionPlace), JsonError> {
    let is_list = key.value.json_type() == Type::List;
    let nodes = if is_list {
        key.value.elements()?.collect()
    } else {
        vec![key.value]
    };
    let values: Vec<ConditionValue> = nodes
        .iter()
        .map(|node| read_value(node, key, is_list))
        .collect::<Result<_, _>>()?;
    let condition = Condition::parse(&operator.name, &key.name, &values, !is_list, version)
        .map_err(|error| {
            let offset = match error.part() {
                Part::Operator => operator.name_offset,
                Part::Key => key.name_offset,
                Part::Value(index) => nodes.get(index).unwrap_or(&key.value).offset(),
            };
            JsonError::new(offset, error.message(), error.hint())
        })?;
    let place = ConditionPlace {
        key: places.of_offset(key.name_offset),
        values: nodes
            .iter()
            .map(|node| places.of_offset(node.offset()))
            .collect(),
    };
    Ok((condition, place))
}

fn read_value(
    node: &TreeNode<'_, '_>,
    key: &DocumentMember<'_, '_>,
    in_list: bool,
) -> Result<ConditionValue, JsonError> {
    match node.json_type() {
        Type::Text => Ok(ConditionValue::Text(node.text()?.content.into_owned())),
        Type::Bool(value) => Ok(ConditionValue::Bool(value)),
        Type::Number => Ok(ConditionValue::Number(node.node().written().to_owned())),
        Type::Object | Type::List | Type::Null => {
            let (what, hint) = if in_list {
                (
                    "an element of the values",
                    "write strings, numbers, `true` or `false`",
                )
            } else {
                (
                    "the value",
                    "write a string, a number, `true`, `false` or a list of them",
                )
            };
            Err(node.wrong_type(&format!("{what} of {}", Quoted(&key.name)), hint))
        }
    }
}
