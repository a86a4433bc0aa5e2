-- The tables from which `pinpoint_iam_sources::postgres` reads the policies of principals.
--
-- Apply it once, as the owner of the database. The user of the services needs only
--     GRANT USAGE ON SCHEMA pinpoint_iam TO ...;
--     GRANT SELECT ON ALL TABLES IN SCHEMA pinpoint_iam TO ...;
--
-- Every change of a row is reported on the channel `pinpoint_iam` when its transaction commits. A statement that changes
-- more than 100 principals, groups or policies reports that everything may have changed.
--
-- Documents are text: `jsonb` drops members with the same name, which must be rejected.

BEGIN;

CREATE SCHEMA pinpoint_iam;

-- Managed policies, which principals and groups share. Decisions cite them by name.
CREATE TABLE pinpoint_iam.managed_policies (
    name text PRIMARY KEY CHECK (octet_length(name) BETWEEN 1 AND 1024),
    -- The version that is in effect. Without one, the requests of all principals with the policy are denied.
    default_version bigint
);

-- The number of a version is never used again, and its document never changes.
CREATE TABLE pinpoint_iam.managed_policy_versions (
    policy text NOT NULL REFERENCES pinpoint_iam.managed_policies ON DELETE CASCADE,
    version bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    document text NOT NULL CHECK (octet_length(document) <= 131072),
    created timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (policy, version)
);

ALTER TABLE pinpoint_iam.managed_policies
    ADD FOREIGN KEY (name, default_version) REFERENCES pinpoint_iam.managed_policy_versions (policy, version);

-- Users and roles.
CREATE TABLE pinpoint_iam.principals (
    -- The ARN without the path: `arn:aws:iam::111122223333:user/ana`.
    arn text PRIMARY KEY
        CHECK (octet_length(arn) <= 1024 AND arn ~ '^arn:[^:/]+:iam::[^:/]+:(user|role)/[^/]+$'),
    path text NOT NULL DEFAULT '/' CHECK (octet_length(path) <= 1024 AND path ~ '^/([^/]+/)*$'),
    unique_id text CHECK (octet_length(unique_id) <= 1024),
    -- The permissions boundary.
    boundary text REFERENCES pinpoint_iam.managed_policies
);
CREATE INDEX ON pinpoint_iam.principals (boundary) WHERE boundary IS NOT NULL;

CREATE TABLE pinpoint_iam.tags (
    principal text NOT NULL REFERENCES pinpoint_iam.principals ON UPDATE CASCADE ON DELETE CASCADE,
    key text NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 1024),
    value text NOT NULL CHECK (octet_length(value) <= 4096),
    PRIMARY KEY (principal, key)
);
-- Tag keys are case-insensitive.
CREATE UNIQUE INDEX ON pinpoint_iam.tags (principal, lower(key));

CREATE TABLE pinpoint_iam.groups (
    name text PRIMARY KEY CHECK (octet_length(name) BETWEEN 1 AND 1024)
);

CREATE TABLE pinpoint_iam.memberships (
    principal text NOT NULL REFERENCES pinpoint_iam.principals ON UPDATE CASCADE ON DELETE CASCADE,
    group_name text NOT NULL REFERENCES pinpoint_iam.groups ON UPDATE CASCADE ON DELETE CASCADE,
    PRIMARY KEY (principal, group_name)
);
CREATE INDEX ON pinpoint_iam.memberships (group_name);

-- Managed policies of users and roles. A policy that is attached cannot be deleted.
CREATE TABLE pinpoint_iam.attachments (
    principal text NOT NULL REFERENCES pinpoint_iam.principals ON UPDATE CASCADE ON DELETE CASCADE,
    policy text NOT NULL REFERENCES pinpoint_iam.managed_policies,
    PRIMARY KEY (principal, policy)
);
CREATE INDEX ON pinpoint_iam.attachments (policy);

CREATE TABLE pinpoint_iam.inline_policies (
    principal text NOT NULL REFERENCES pinpoint_iam.principals ON UPDATE CASCADE ON DELETE CASCADE,
    name text NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 1024),
    document text NOT NULL CHECK (octet_length(document) <= 131072),
    PRIMARY KEY (principal, name)
);

-- Managed policies of groups.
CREATE TABLE pinpoint_iam.group_attachments (
    group_name text NOT NULL REFERENCES pinpoint_iam.groups ON UPDATE CASCADE ON DELETE CASCADE,
    policy text NOT NULL REFERENCES pinpoint_iam.managed_policies,
    PRIMARY KEY (group_name, policy)
);
CREATE INDEX ON pinpoint_iam.group_attachments (policy);

CREATE TABLE pinpoint_iam.group_inline_policies (
    group_name text NOT NULL REFERENCES pinpoint_iam.groups ON UPDATE CASCADE ON DELETE CASCADE,
    name text NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 1024),
    document text NOT NULL CHECK (octet_length(document) <= 131072),
    PRIMARY KEY (group_name, name)
);

-- Reports that a principal, a group or a policy has changed. `kind` is `principal`, `group` or `policy`. A payload is
-- shorter than 8,000 bytes, so a longer name reports that everything may have changed.
CREATE FUNCTION pinpoint_iam.report(kind text, name text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_notify(
        'pinpoint_iam',
        CASE WHEN octet_length(kind || ' ' || name) < 8000 THEN kind || ' ' || name ELSE 'everything' END
    )
$$;

-- The trigger of all tables. Its arguments are the kind and the column with the name.
CREATE FUNCTION pinpoint_iam.report_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kind text := TG_ARGV[0];
    changed_rows text := CASE TG_OP
        WHEN 'INSERT' THEN 'SELECT %1$I FROM new_rows'
        WHEN 'DELETE' THEN 'SELECT %1$I FROM old_rows'
        WHEN 'UPDATE' THEN 'SELECT %1$I FROM old_rows UNION SELECT %1$I FROM new_rows'
    END;
    changed text[];
BEGIN
    IF TG_OP <> 'TRUNCATE' THEN
        EXECUTE format(
            'SELECT array_agg(name) FROM (SELECT DISTINCT name FROM ('
                || changed_rows || ') AS changed_rows (name) LIMIT 101) AS bounded',
            TG_ARGV[1]
        ) INTO changed;
    END IF;
    IF TG_OP = 'TRUNCATE' OR cardinality(changed) > 100 THEN
        PERFORM pg_notify('pinpoint_iam', 'everything');
    ELSE
        PERFORM pinpoint_iam.report(kind, name) FROM unnest(changed) AS changed_names (name);
    END IF;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    trigger_of record;
BEGIN
    FOR trigger_of IN
        SELECT * FROM (VALUES
            ('managed_policies', 'policy', 'name'),
            ('managed_policy_versions', 'policy', 'policy'),
            ('principals', 'principal', 'arn'),
            ('tags', 'principal', 'principal'),
            ('groups', 'group', 'name'),
            ('memberships', 'principal', 'principal'),
            ('attachments', 'principal', 'principal'),
            ('inline_policies', 'principal', 'principal'),
            ('group_attachments', 'group', 'group_name'),
            ('group_inline_policies', 'group', 'group_name')
        ) AS triggers (table_name, kind, column_name)
    LOOP
        EXECUTE format(
            'CREATE TRIGGER report_insert AFTER INSERT ON pinpoint_iam.%1$I'
                ' REFERENCING NEW TABLE AS new_rows'
                ' FOR EACH STATEMENT EXECUTE FUNCTION pinpoint_iam.report_change(%2$L, %3$L);'
            'CREATE TRIGGER report_update AFTER UPDATE ON pinpoint_iam.%1$I'
                ' REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'
                ' FOR EACH STATEMENT EXECUTE FUNCTION pinpoint_iam.report_change(%2$L, %3$L);'
            'CREATE TRIGGER report_delete AFTER DELETE ON pinpoint_iam.%1$I'
                ' REFERENCING OLD TABLE AS old_rows'
                ' FOR EACH STATEMENT EXECUTE FUNCTION pinpoint_iam.report_change(%2$L, %3$L);'
            'CREATE TRIGGER report_truncate AFTER TRUNCATE ON pinpoint_iam.%1$I'
                ' FOR EACH STATEMENT EXECUTE FUNCTION pinpoint_iam.report_change(%2$L, %3$L);',
            trigger_of.table_name, trigger_of.kind, trigger_of.column_name
        );
    END LOOP;
END
$$;

-- The document of a version never changes. Publish a new version instead.
CREATE FUNCTION pinpoint_iam.reject_change_of_document() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'version % of the policy % cannot be changed; insert a new version', OLD.version, OLD.policy;
END
$$;

CREATE TRIGGER immutable BEFORE UPDATE OF version, document ON pinpoint_iam.managed_policy_versions
    FOR EACH ROW WHEN (OLD.version <> NEW.version OR OLD.document <> NEW.document)
    EXECUTE FUNCTION pinpoint_iam.reject_change_of_document();

-- Creates a managed policy, or a new version of it, which takes effect. Returns the version.
CREATE FUNCTION pinpoint_iam.put_policy(policy_name text, policy_document text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_version bigint;
BEGIN
    INSERT INTO pinpoint_iam.managed_policies (name) VALUES (policy_name) ON CONFLICT DO NOTHING;
    INSERT INTO pinpoint_iam.managed_policy_versions (policy, document)
        VALUES (policy_name, policy_document) RETURNING version INTO new_version;
    UPDATE pinpoint_iam.managed_policies SET default_version = new_version WHERE name = policy_name;
    RETURN new_version;
END
$$;

COMMIT;
