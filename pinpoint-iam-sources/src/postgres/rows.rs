//! Turns rows into records.

use std::collections::HashMap;
use std::fmt;

use pinpoint_iam::freshness::Revision;
use pinpoint_iam::source::{GroupRecord, IdentityRecord, PolicyRecord, PrincipalRecords};

/// A row of the statement for principals.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub(super) item: String,
    pub(super) owner: Option<String>,
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) value: Option<String>,
}

impl Item {
    fn owner(&self) -> Result<&str, String> {
        let owner = self.owner.as_deref();
        owner.ok_or_else(|| format!("returned {self} without an owner"))
    }

    fn name(&self) -> Result<&str, String> {
        let name = self.name.as_deref();
        name.ok_or_else(|| format!("returned {self} without a name"))
    }

    fn value(&self) -> Result<&str, String> {
        let value = self.value.as_deref();
        value.ok_or_else(|| format!("returned {self} without a value"))
    }

    fn inline(&self) -> Result<PolicyRecord, String> {
        Ok(PolicyRecord::inline(self.name()?, self.value()?))
    }

    /// A policy without a version is an error: leaving it out could widen access, if it denies something.
    fn managed(&self) -> Result<PolicyRecord, String> {
        let version = self.version.as_deref().ok_or_else(|| {
            format!("returned {self} without a version; does the policy have a default version?")
        })?;
        let record = PolicyRecord::managed(self.name()?, version);
        Ok(match &self.value {
            Some(document) => record.with_document(document),
            None => record,
        })
    }
}

impl fmt::Display for Item {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the row `{}`", self.item)?;
        if let Some(owner) = &self.owner {
            write!(formatter, " of `{owner}`")?;
        }
        match &self.name {
            Some(name) => write!(formatter, ", `{name}`,"),
            None => Ok(()),
        }
    }
}

/// Returns the records of the rows, which may be in any order. Every row is used, or is an error.
pub(super) fn records(rows: &[Item]) -> Result<PrincipalRecords, String> {
    let mut revision = None;
    let mut identities: HashMap<&str, IdentityRecord> = HashMap::new();
    let mut groups: HashMap<&str, GroupRecord> = HashMap::new();
    for row in rows {
        let is_new = match row.item.as_str() {
            "identity" => {
                let mut record = IdentityRecord::new(row.name()?);
                record.unique_id.clone_from(&row.value);
                identities.insert(row.owner()?, record).is_none()
            }
            "group" => {
                let name = row.owner()?;
                groups.insert(name, GroupRecord::new(name)).is_none()
            }
            "revision" => revision.replace(row.value()?).is_none(),
            _ => true,
        };
        if !is_new {
            return Err(format!("returned {row} twice"));
        }
    }
    for row in rows {
        if matches!(row.item.as_str(), "identity" | "group" | "revision") {
            continue;
        }
        let owner = row.owner()?;
        let identity = identities.get_mut(owner);
        let group = groups.get_mut(owner);
        match (row.item.as_str(), identity, group) {
            ("tag", Some(record), _) => {
                let tag = (row.name()?.to_owned(), row.value()?.to_owned());
                record.tags.push(tag);
            }
            ("member", Some(record), _) => record.groups.push(row.name()?.to_owned()),
            ("inline", Some(record), _) => record.policies.push(row.inline()?),
            ("managed", Some(record), _) => record.policies.push(row.managed()?),
            ("boundary", Some(record), _) if record.boundary.is_none() => {
                record.boundary = Some(row.managed()?);
            }
            ("inline boundary", Some(record), _) if record.boundary.is_none() => {
                record.boundary = Some(row.inline()?);
            }
            ("boundary" | "inline boundary", Some(_), _) => {
                return Err(format!("returned two boundaries of `{owner}`"));
            }
            ("group inline", _, Some(record)) => record.policies.push(row.inline()?),
            ("group managed", _, Some(record)) => record.policies.push(row.managed()?),
            ("tag" | "member" | "inline" | "managed" | "boundary" | "inline boundary", None, _) => {
                return Err(format!("returned {row} without a row `identity`"));
            }
            ("group inline" | "group managed", _, None) => {
                return Err(format!("returned {row} without a row `group`"));
            }
            _ => return Err(format!("returned {row}, which is not an item")),
        }
    }
    let revision = revision.ok_or("returned no row `revision`")?;
    let mut records = PrincipalRecords::new(Revision::new(revision));
    records.identities = identities.into_values().collect();
    records.groups = groups.into_values().collect();
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(text: &str) -> Item {
        let mut parts = text.split('|').map(|part| match part {
            "" => None,
            part => Some(part.to_owned()),
        });
        Item {
            item: parts.next().flatten().unwrap_or_default(),
            owner: parts.next().flatten(),
            name: parts.next().flatten(),
            version: parts.next().flatten(),
            value: parts.next().flatten(),
        }
    }

    fn read(rows: &[&str]) -> Result<PrincipalRecords, String> {
        let rows: Vec<Item> = rows.iter().map(|row| item(row)).collect();
        records(&rows)
    }

    const ANA: &str = "identity|ana|arn:aws:iam::1:user/ana||AIDA1";

    #[test]
    fn rows_become_records_in_any_order() {
        let rows = [
            "managed|ana|read|7|",
            "inline|ana|own||{}",
            "boundary|ana|limit|8|",
            "tag|ana|team||a",
            "member|ana|staff||",
            "group managed|staff|write|9|{}",
            "group inline|staff|more||{}",
            "group|staff|||",
            ANA,
            "revision||||740",
        ];
        let mut reversed = rows;
        reversed.reverse();
        for rows in [rows, reversed] {
            let records = read(&rows).unwrap();
            assert_eq!(records.revision.as_str(), "740");
            let [ana] = records.identities.as_slice() else {
                panic!("{records:?}");
            };
            assert_eq!(ana.arn, "arn:aws:iam::1:user/ana");
            assert_eq!(ana.unique_id.as_deref(), Some("AIDA1"));
            assert_eq!(ana.policies.len(), 2);
            assert!(ana.boundary.is_some());
            assert_eq!(ana.tags, [("team".to_owned(), "a".to_owned())]);
            assert_eq!(ana.groups, ["staff"]);
            assert_eq!(records.groups.len(), 1);
            assert_eq!(records.groups[0].policies.len(), 2);
        }
    }

    #[test]
    fn every_row_is_used_or_rejected() {
        let revision = "revision||||1";
        let cases: [(&[&str], &str); 14] = [
            (&[ANA], "no row `revision`"),
            (&[revision, revision], "twice"),
            (&["revision||||"], "without a value"),
            (&[ANA, ANA, revision], "twice"),
            (&["group|g|||", "group|g|||", revision], "twice"),
            (
                &["inline|ana|own||{}", revision],
                "without a row `identity`",
            ),
            (
                &["group inline|g|own||{}", revision],
                "without a row `group`",
            ),
            (&[ANA, "managed|ana|read||", revision], "without a version"),
            (&[ANA, "inline|ana|own||", revision], "without a value"),
            (&[ANA, "inline|ana|||{}", revision], "without a name"),
            (&[ANA, "inline||own||{}", revision], "without an owner"),
            (&[ANA, "policy|ana|own||{}", revision], "not an item"),
            (
                &[
                    ANA,
                    "boundary|ana|a|1|",
                    "inline boundary|ana|b||{}",
                    revision,
                ],
                "two boundaries",
            ),
            (
                &[ANA, "boundary|ana|a|1|", "boundary|ana|b|1|", revision],
                "two boundaries",
            ),
        ];
        for (rows, expected) in cases {
            let error = read(rows).unwrap_err();
            assert!(error.contains(expected), "{rows:?}: {error}");
        }
    }
}
