//! The identity of a statement that a decision cites.

use std::fmt;

use pinpoint_iam_core::__private::{OneLine, Quoted};
use serde::Serialize;
use serde::ser::SerializeStruct;

use crate::eval::snapshot::SnapshotGuard;
use crate::policy_stack::{Policy, PolicyType};

/// A statement that decisions cite. Cheap to clone.
#[derive(Clone)]
pub struct StatementId {
    policy_type: PolicyType,
    place: Place,
}

/// The location of a statement. It is resolved on access, because most decisions are never inspected.
#[derive(Clone)]
enum Place {
    InPolicy {
        policy: Policy,
        index: usize,
    },
    /// In the snapshot that decided the request, which the guard keeps alive.
    InSnapshot {
        lease: SnapshotGuard,
        program: u32,
        statement: u32,
    },
}

impl StatementId {
    /// Creates the id of the statement of `policy` with this index.
    pub(crate) const fn new(policy_type: PolicyType, policy: Policy, index: usize) -> Self {
        Self {
            policy_type,
            place: Place::InPolicy { policy, index },
        }
    }

    /// Creates the id of a statement in a program of the snapshot that `lease` keeps alive.
    pub(crate) const fn leased(
        policy_type: PolicyType,
        lease: SnapshotGuard,
        program: u32,
        statement: u32,
    ) -> Self {
        Self {
            policy_type,
            place: Place::InSnapshot {
                lease,
                program,
                statement,
            },
        }
    }

    /// The type of the policy.
    pub const fn policy_type(&self) -> PolicyType {
        self.policy_type
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        self.place().0
    }

    /// Returns the `Sid` of the statement, unless it is missing or empty.
    pub fn sid(&self) -> Option<&str> {
        let (policy, index) = self.place();
        let statement = policy.document().statements().get(index)?;
        statement.sid().filter(|sid| !sid.is_empty())
    }

    /// Returns the position of the statement in the document, counted from 0.
    pub fn index(&self) -> usize {
        self.place().1
    }

    fn place(&self) -> (&Policy, usize) {
        match &self.place {
            Place::InPolicy { policy, index } => (policy, *index),
            Place::InSnapshot {
                lease,
                program,
                statement,
            } => lease.place(*program, *statement),
        }
    }
}

/// Equal if both cite the same statement of equal policies, regardless of how they are stored.
impl PartialEq for StatementId {
    fn eq(&self, other: &Self) -> bool {
        self.policy_type == other.policy_type && self.place() == other.place()
    }
}

impl fmt::Debug for StatementId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StatementId")
            .field("policy_type", &self.policy_type)
            .field("policy", self.policy())
            .field("index", &self.index())
            .finish()
    }
}

impl fmt::Display for StatementId {
    /// Writes the type, the policy, and the number of the statement counted from 1, on one line with control characters
    /// escaped.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (policy, index) = self.place();
        write!(
            formatter,
            "statement {} of the {} `{}`",
            index + 1,
            self.policy_type,
            OneLine(policy.name())
        )?;
        match self.sid() {
            Some(sid) => write!(formatter, " ({})", Quoted(sid)),
            None => Ok(()),
        }
    }
}

impl Serialize for StatementId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("StatementId", 4)?;
        fields.serialize_field("policy_type", self.policy_type.name())?;
        fields.serialize_field("policy", self.policy().name())?;
        fields.serialize_field("sid", &self.sid())?;
        fields.serialize_field("statement", &self.index())?;
        fields.end()
    }
}
