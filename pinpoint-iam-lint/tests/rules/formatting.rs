//! The canonical layout.

use pinpoint_iam_core::policy::Document;
use pinpoint_iam_lint::{format, rules};

#[test]
fn members_have_the_order_of_the_grammar() {
    let text = r#"
{"Statement":[{"Condition":{"Bool":{"aws:SecureTransport":false},"NumericLessThan":{"b:n":1.50e+2}},"NotResource":["a","b"],
"NotAction":"s3:\u0047et*","Principal":{"Service":["s"],"AWS":"111122223333"},"Effect":"Deny","Sid":"A"},
{"Other":{},"Resource":[],"Action":[["x"]],"Effect":null}],"Id":"é\/","Version":"2012-10-17"}"#;
    assert_eq!(
        format(text, 1).unwrap(),
        r#"{
  "Version": "2012-10-17",
  "Id": "é\/",
  "Statement": [
    {
      "Sid": "A",
      "Effect": "Deny",
      "Principal": {
        "Service": ["s"],
        "AWS": "111122223333"
      },
      "NotAction": "s3:\u0047et*",
      "NotResource": [
        "a",
        "b"
      ],
      "Condition": {
        "Bool": {
          "aws:SecureTransport": false
        },
        "NumericLessThan": {
          "b:n": 1.50e+2
        }
      }
    },
    {
      "Effect": null,
      "Action": [
        ["x"]
      ],
      "Resource": [],
      "Other": {}
    }
  ]
}
"#
    );
}

/// Around the document, members keep their order, and line ends are kept.
#[test]
fn wrappers_and_line_ends_are_kept() {
    let text = "{\"Version\" : 2,\r\n\"Document\":{\"Statement\":{},\"Version\":\"2012-10-17\"},\"Statement\": 1}";
    assert_eq!(
        format(text, text.find("{\"Statement\"").unwrap()).unwrap(),
        "{\r\n  \"Version\": 2,\r\n  \"Document\": {\r\n    \"Version\": \"2012-10-17\",\r\n    \"Statement\": {}\r\n  },\r\n  \"Statement\": 1\r\n}\r\n"
    );
}

#[test]
fn formatting_keeps_the_policy_and_is_idempotent() {
    let mut count = 0;
    for rule in rules() {
        for text in [rule.example.document, rule.near_miss.document] {
            let Ok(formatted) = format(text, 0) else {
                assert!(
                    ["json-syntax-error", "repeated-element"].contains(&rule.code),
                    "{text}"
                );
                continue;
            };
            assert_eq!(format(&formatted, 0).as_ref(), Ok(&formatted));
            assert_eq!(
                Document::parse(text).ok(),
                Document::parse(&formatted).ok(),
                "{formatted}"
            );
            count += 1;
        }
    }
    assert!(count > 350, "{count}");
}

#[test]
fn what_could_lose_something_is_reported() {
    for (text, expected) in [
        (
            "{\"a\": 1,\n \"\\u0061\": 2}",
            "2:2: the member `a` is written twice; remove one of the two",
        ),
        (
            "{\"a\": 1 // comment\n}",
            "1:9: not valid JSON: expected `,` or `}`; write JSON as in RFC 8259: no comments, double quotes, escapes in strings",
        ),
        ("", "1:1: the text is empty; write a JSON object"),
    ] {
        assert_eq!(format(text, 0).unwrap_err().to_string(), expected);
    }
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(format(&deep, 0).is_err());
}
