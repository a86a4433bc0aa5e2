//! Rules for the grammar. The reader reports them while it reads.

rules! {
    JSON_SYNTAX_ERROR: "json-syntax-error", Some("JSON_SYNTAX_ERROR"), Error, IdentityManaged,
        "The text is not valid JSON, so nothing in it can be used.",
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",}]}"#,
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    INVALID_POLICY_ELEMENT: "invalid-policy-element", Some("INVALID_POLICY_ELEMENT"), Error, IdentityManaged,
        "The policy grammar has no element with this name. Names are case-sensitive.",
        statements!(r#""Effect": "Allow", "Actions": "s3:GetObject", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    REPEATED_ELEMENT: "repeated-element", Some("JSON_SYNTAX_ERROR"), Error, IdentityManaged,
        "An object contains the same name twice. Programs disagree on which of them counts.",
        statements!(r#""Effect": "Deny", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    DATA_TYPE_MISMATCH: "data-type-mismatch", Some("DATA_TYPE_MISMATCH"), Error, IdentityManaged,
        "An element has the wrong JSON type, such as a number where a string is required.",
        statements!(r#""Effect": "Allow", "Action": 7, "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    MISSING_STATEMENT: "missing-statement", Some("MISSING_STATEMENT"), Error, IdentityManaged,
        "A policy document needs at least one statement.",
        r#"{"Version": "2012-10-17", "Statement": []}"#,
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    MISSING_EFFECT: "missing-effect", Some("MISSING_EFFECT"), Error, IdentityManaged,
        "Every statement needs an `Effect`.",
        statements!(r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    INVALID_EFFECT: "invalid-effect", Some("INVALID_EFFECT"), Error, IdentityManaged,
        "An `Effect` is `Allow` or `Deny`, in exactly this case.",
        statements!(r#""Effect": "allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    MISSING_ACTION: "missing-action", Some("MISSING_ACTION"), Error, IdentityManaged,
        "Every statement needs an `Action` or a `NotAction`.",
        statements!(r#""Effect": "Allow", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    UNSUPPORTED_ELEMENT_COMBINATION: "unsupported-element-combination", Some("UNSUPPORTED_ELEMENT_COMBINATION"), Error, IdentityManaged,
        "A statement has at most one of `Action` and `NotAction`, of `Resource` and `NotResource`, and of `Principal` and `NotPrincipal`.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "NotAction": "s3:GetObject", "Resource": "*""#),
        statements!(r#""Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*""#);
    EMPTY_ARRAY_ACTION: "empty-array-action", Some("EMPTY_ARRAY_ACTION"), Suggestion, IdentityManaged,
        "A statement without actions has no effect. AWS accepts it; pinpoint-iam rejects it, because an empty list is usually the result of an error in a template.",
        statements!(r#""Effect": "Allow", "Action": [], "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::b/*""#);
    EMPTY_ARRAY_RESOURCE: "empty-array-resource", Some("EMPTY_ARRAY_RESOURCE"), Suggestion, IdentityManaged,
        "A statement without resources has no effect. AWS accepts it; pinpoint-iam rejects it, because an empty list is usually the result of an error in a template.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": []"#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::b/*"]"#);
    INVALID_PRINCIPAL_FORMAT: "invalid-principal-format", Some("INVALID_PRINCIPAL_FORMAT"), Error, Resource,
        "A `Principal` is `\"*\"` or an object with a type and one or more entries.",
        statements!(r#""Effect": "Deny", "Principal": "123456789012", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Deny", "Principal": {"AWS": "123456789012"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    INVALID_PRINCIPAL_KEY: "invalid-principal-key", Some("INVALID_PRINCIPAL_KEY"), Error, Resource,
        "The types of principals are `AWS`, `CanonicalUser`, `Federated` and `Service`.",
        statements!(r#""Effect": "Deny", "Principal": {"Aws": "123456789012"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Deny", "Principal": {"AWS": "123456789012"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    EMPTY_OBJECT_PRINCIPAL: "empty-object-principal", Some("EMPTY_OBJECT_PRINCIPAL"), Suggestion, Resource,
        "A statement without principals has no effect. AWS accepts it; pinpoint-iam rejects it.",
        statements!(r#""Effect": "Deny", "Principal": {}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Deny", "Principal": {"AWS": "123456789012"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    EMPTY_ARRAY_PRINCIPAL: "empty-array-principal", Some("EMPTY_ARRAY_PRINCIPAL"), Suggestion, Resource,
        "A statement without principals has no effect. AWS accepts it; pinpoint-iam rejects it.",
        statements!(r#""Effect": "Deny", "Principal": {"AWS": []}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Deny", "Principal": {"AWS": ["123456789012"]}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    INVALID_CONDITION_OPERATOR: "invalid-condition-operator", Some("INVALID_CONDITION_OPERATOR"), Error, IdentityManaged,
        "No condition operator has this name. Names are case-sensitive.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEqual": {"aws:PrincipalTag/team": "a"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "a"}}"#);
    NULL_WITH_IF_EXISTS: "null-with-if-exists", Some("NULL_WITH_IF_EXISTS"), Error, IdentityManaged,
        "`Null` tests whether a key exists, so it has no `IfExists`.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"NullIfExists": {"aws:PrincipalTag/team": "true"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"aws:PrincipalTag/team": "true"}}"#);
    DUPLICATE_KEYS_WITH_DIFFERENT_CASE: "duplicate-keys-with-different-case", Some("DUPLICATE_KEYS_WITH_DIFFERENT_CASE"), Error, IdentityManaged,
        "The case of a condition key does not matter, so the same key is written twice under one operator.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "111122223333", "aws:principalaccount": "444455556666"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": ["111122223333", "444455556666"]}}"#);
    EMPTY_OBJECT_CONDITION: "empty-object-condition", Some("EMPTY_OBJECT_CONDITION"), Suggestion, IdentityManaged,
        "An empty `Condition`, or an operator without keys, tests nothing.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*""#);
    EMPTY_ARRAY_CONDITION: "empty-array-condition", Some("EMPTY_ARRAY_CONDITION"), Suggestion, IdentityManaged,
        "A condition key is compared with no values.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": []}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": ["111122223333"]}}"#);
    EMPTY_ARRAY_CONDITION_FORALLVALUES: "empty-array-condition-forallvalues", Some("EMPTY_ARRAY_CONDITION_FORALLVALUES"), Suggestion, IdentityManaged,
        "`ForAllValues` with no values holds only for requests without the key. `Null` expresses this.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": []}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"aws:TagKeys": "true"}}"#);
    EMPTY_ARRAY_CONDITION_FORANYVALUE: "empty-array-condition-foranyvalue", Some("EMPTY_ARRAY_CONDITION_FORANYVALUE"), Suggestion, IdentityManaged,
        "`ForAnyValue` with no values never holds.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": []}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}}"#);
    EMPTY_ARRAY_CONDITION_IFEXISTS: "empty-array-condition-ifexists", Some("EMPTY_ARRAY_CONDITION_IFEXISTS"), Suggestion, IdentityManaged,
        "`IfExists` with no values holds only for requests without the key. `Null` expresses this.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEqualsIfExists": {"aws:PrincipalAccount": []}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"aws:PrincipalAccount": "true"}}"#);
}
