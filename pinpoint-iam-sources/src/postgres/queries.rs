//! The statements that read the tables.

/// The largest row that is read, in bytes.
pub(super) const MOST_BYTES_OF_ROW: usize = 200_000;

/// The number of rows that are read for one principal.
pub(super) const MOST_ROWS: usize = 10_000;

/// The statements that read the policies of principals. See the [module](super#your-own-tables) for their results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queries {
    /// Returns the records of users, roles and groups. The parameters are the ARNs without paths (`$1`) and the names of
    /// groups (`$2`), both of the type `text[]`.
    pub principals: String,
    /// Returns the name, the version and the document of managed policies. The parameters are their names (`$1`) and, in
    /// the same order, their versions (`$2`), both of the type `text[]`.
    pub documents: String,
}

impl Queries {
    /// Creates the statements that read the tables or views of a schema, which have the names and columns of
    /// [`SCHEMA`](super::SCHEMA).
    pub fn of_schema(schema: &str) -> Self {
        let schema = format!("\"{}\"", schema.replace('"', "\"\""));
        let principals = PRINCIPALS.replace("{schema}", &schema);
        let documents = DOCUMENTS.replace("{schema}", &schema);
        Self {
            principals,
            documents,
        }
    }

    /// The statement for principals, with bounded rows. A row that is too large has no item.
    pub(super) fn bounded_principals(&self) -> String {
        let rows = MOST_ROWS + 1;
        format!(
            "SELECT CASE WHEN fits THEN item::text END, CASE WHEN fits THEN owner::text END, \
             CASE WHEN fits THEN name::text END, CASE WHEN fits THEN version::text END, \
             CASE WHEN fits THEN value::text END \
             FROM (\n{}\n) AS records (item, owner, name, version, value) \
             CROSS JOIN LATERAL (SELECT octet_length(concat(item, owner, name, version, value)) \
             <= {MOST_BYTES_OF_ROW} AS fits) AS size LIMIT {rows}",
            self.principals
        )
    }

    /// The statement for documents, with bounded rows. A row that is too large has no document.
    pub(super) fn bounded_documents(&self) -> String {
        let rows = MOST_ROWS + 1;
        format!(
            "SELECT name::text, version::text, \
             CASE WHEN octet_length(document::text) <= {MOST_BYTES_OF_ROW} THEN document::text END \
             FROM (\n{}\n) AS documents (name, version, document) LIMIT {rows}",
            self.documents
        )
    }
}

const PRINCIPALS: &str = "\
WITH wanted AS MATERIALIZED (
    SELECT unnest($2::text[]) AS name
    UNION
    SELECT group_name FROM {schema}.memberships WHERE principal = ANY ($1)
)
SELECT 'identity', arn, split_part(arn, '/', 1) || path || split_part(arn, '/', 2), NULL, unique_id
    FROM {schema}.principals WHERE arn = ANY ($1)
UNION ALL
SELECT 'tag', principal, key, NULL, value
    FROM {schema}.tags WHERE principal = ANY ($1)
UNION ALL
SELECT 'inline', principal, name, NULL, document
    FROM {schema}.inline_policies WHERE principal = ANY ($1)
UNION ALL
SELECT 'managed', a.principal, a.policy, m.default_version::text, NULL
    FROM {schema}.attachments AS a LEFT JOIN {schema}.managed_policies AS m ON m.name = a.policy
    WHERE a.principal = ANY ($1)
UNION ALL
SELECT 'boundary', p.arn, p.boundary, m.default_version::text, NULL
    FROM {schema}.principals AS p LEFT JOIN {schema}.managed_policies AS m ON m.name = p.boundary
    WHERE p.arn = ANY ($1) AND p.boundary IS NOT NULL
UNION ALL
SELECT 'member', principal, group_name, NULL, NULL
    FROM {schema}.memberships WHERE principal = ANY ($1)
UNION ALL
SELECT 'group', g.name, NULL, NULL, NULL
    FROM wanted JOIN {schema}.groups AS g ON g.name = wanted.name
UNION ALL
SELECT 'group inline', i.group_name, i.name, NULL, i.document
    FROM wanted JOIN {schema}.group_inline_policies AS i ON i.group_name = wanted.name
UNION ALL
SELECT 'group managed', a.group_name, a.policy, m.default_version::text, NULL
    FROM wanted JOIN {schema}.group_attachments AS a ON a.group_name = wanted.name
    LEFT JOIN {schema}.managed_policies AS m ON m.name = a.policy
UNION ALL
SELECT 'revision', NULL, NULL, NULL, pg_snapshot_xmax(pg_current_snapshot())::text";

const DOCUMENTS: &str = "\
SELECT v.policy, v.version::text, v.document
    FROM unnest($1::text[], $2::text[]) AS wanted (name, version)
    JOIN {schema}.managed_policy_versions AS v
        ON v.policy = wanted.name AND v.version = wanted.version::bigint";
