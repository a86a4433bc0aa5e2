//! Statements in a small form that every engine can express. The peers' policies are generated from it.

use std::net::Ipv4Addr;

use serde_json::Value;

use crate::Failure;

/// A statement, without the elements that the workloads do not use, such as `NotAction`.
#[derive(Clone, Debug)]
pub struct PlainStatement {
    /// Whether its effect is `Allow`.
    pub allows: bool,
    /// Its action patterns.
    pub actions: Vec<String>,
    /// Its resource patterns.
    pub resources: Vec<String>,
    /// Its conditions; all of them must be met.
    pub conditions: Vec<PlainCondition>,
}

/// One of the conditions that the workloads use.
#[derive(Clone, Debug)]
pub enum PlainCondition {
    /// `StringEquals` on `aws:PrincipalTag/team`
    Team(String),
    /// `Bool` on `aws:MultiFactorAuthPresent`
    MultiFactor(bool),
    /// `StringLike` on `aws:UserAgent`
    UserAgent(String),
    /// `IpAddress` on `aws:SourceIp`
    Network {
        /// The first address.
        address: Ipv4Addr,
        /// The number of leading bits that are compared.
        length: u32,
    },
    /// `NumericLessThan` on `aws:MultiFactorAuthAge`
    YoungerThan(i64),
    /// `DateLessThan` on `aws:CurrentTime`
    Before(String),
}

impl PlainStatement {
    /// Parses the statements of a document.
    ///
    /// # Errors
    ///
    /// If the document contains something that this form cannot express.
    pub fn read_all(document: &str) -> Result<Vec<Self>, Failure> {
        let document: Value = serde_json::from_str(document)?;
        match document.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().map(Self::read).collect(),
            Some(statement) => Ok(vec![Self::read(statement)?]),
            None => Err("the document has no statements".into()),
        }
    }

    fn read(statement: &Value) -> Result<Self, Failure> {
        let statement = statement
            .as_object()
            .ok_or("a statement is not an object")?;
        let mut plain = Self {
            allows: false,
            actions: Vec::new(),
            resources: Vec::new(),
            conditions: Vec::new(),
        };
        for (element, value) in statement {
            match element.as_str() {
                "Sid" => {}
                "Effect" => plain.allows = value == "Allow",
                "Action" => plain.actions = texts(value)?,
                "Resource" => plain.resources = texts(value)?,
                "Condition" => plain.conditions = conditions(value)?,
                other => return Err(format!("`{other}` has no plain form").into()),
            }
        }
        Ok(plain)
    }
}

/// Parses one text or a list of texts.
fn texts(value: &Value) -> Result<Vec<String>, Failure> {
    let text = |value: &Value| {
        value
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| Failure::from(format!("`{value}` is not a string")))
    };
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        value => Ok(vec![text(value)?]),
    }
}

fn conditions(block: &Value) -> Result<Vec<PlainCondition>, Failure> {
    let mut conditions = Vec::new();
    for (operator, keys) in block
        .as_object()
        .ok_or("a condition block is not an object")?
    {
        for (key, value) in keys.as_object().ok_or("a condition is not an object")? {
            let value = value.as_str().ok_or("a condition has several values")?;
            conditions.push(match (operator.as_str(), key.as_str()) {
                ("StringEquals", "aws:PrincipalTag/team") => PlainCondition::Team(value.to_owned()),
                ("Bool", "aws:MultiFactorAuthPresent") => {
                    PlainCondition::MultiFactor(value.parse()?)
                }
                ("StringLike", "aws:UserAgent") => PlainCondition::UserAgent(value.to_owned()),
                ("IpAddress", "aws:SourceIp") => {
                    let (address, length) =
                        value.split_once('/').ok_or("a network has no length")?;
                    PlainCondition::Network {
                        address: address.parse()?,
                        length: length.parse()?,
                    }
                }
                ("NumericLessThan", "aws:MultiFactorAuthAge") => {
                    PlainCondition::YoungerThan(value.parse()?)
                }
                ("DateLessThan", "aws:CurrentTime") => PlainCondition::Before(value.to_owned()),
                _ => return Err(format!("`{operator}` on `{key}` has no plain form").into()),
            });
        }
    }
    Ok(conditions)
}
