//! Every change of one bit of a signed request is rejected.

use pinpoint_iam_sigv4::Error;

use crate::request::{Request, SECRET, credentials};
use crate::vectors::Vector;

/// Changes that a web framework cannot see, because both requests decode to the same values.
fn is_same_request(vector: &Vector, left: &Request, right: &Request) -> bool {
    let normalized = |path: &str| {
        if !vector.normalize {
            return path.to_owned();
        }
        let mut kept = Vec::new();
        for segment in path.split('/').filter(|it| !matches!(*it, "" | ".")) {
            if segment == ".." {
                kept.pop();
            } else {
                kept.push(segment);
            }
        }
        let is_folder = path.ends_with('/') && !kept.is_empty();
        format!("/{}{}", kept.join("/"), if is_folder { "/" } else { "" })
    };
    let lower = |request: &Request| {
        let names = request.headers.iter();
        let mut headers: Vec<_> = names
            .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
            .collect();
        headers.sort_by(|(left, _), (right, _)| left.cmp(right));
        headers
    };
    let query = |request: &Request| {
        let query = request.query.clone().unwrap_or_default();
        let mut pairs: Vec<_> = query
            .split('&')
            .map(|part| {
                let (name, value) = part.split_once('=').unwrap_or((part, ""));
                (decoded(name), decoded(value))
            })
            .collect();
        pairs.sort();
        pairs
    };
    left.method == right.method
        && normalized(&left.path) == normalized(&right.path)
        && query(left) == query(right)
        && lower(left) == lower(right)
        && left.body == right.body
}

/// Percent-decodes; leaves what is malformed as it is.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes();
    let mut out = Vec::new();
    while let [first, rest @ ..] = bytes {
        let code = rest
            .get(..2)
            .filter(|digits| *first == b'%' && digits.iter().all(u8::is_ascii_hexdigit))
            .map(|digits| std::str::from_utf8(digits).unwrap());
        match code {
            Some(digits) => {
                out.push(u8::from_str_radix(digits, 16).unwrap());
                bytes = &rest[2..];
            }
            None => {
                out.push(if *first == b'+' { b' ' } else { *first });
                bytes = rest;
            }
        }
    }
    out
}

/// All texts that differ from `bytes` in one bit of one byte.
fn one_bit_changes(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len()).flat_map(move |index| {
        (0..7).map(move |bit| {
            let mut changed = bytes.to_vec();
            changed[index] ^= 1 << bit;
            changed
        })
    })
}

/// All one-bit changes of the request, each with the name of the part that was changed.
fn changes(request: &Request) -> Vec<(&'static str, Request)> {
    let mut all = Vec::new();
    let mut add = |part, change: &dyn Fn(&mut Request)| {
        let mut changed = request.clone();
        change(&mut changed);
        all.push((part, changed));
    };
    let texts = |text: &str| {
        let changed: Vec<_> = one_bit_changes(text.as_bytes())
            .filter_map(|bytes| String::from_utf8(bytes).ok())
            .collect();
        changed
    };
    for method in texts(&request.method) {
        add("method", &|it| it.method.clone_from(&method));
    }
    for path in texts(&request.path) {
        add("path", &|it| it.path.clone_from(&path));
    }
    for query in texts(request.query.as_deref().unwrap_or_default()) {
        add("query", &|it| it.query = Some(query.clone()));
    }
    for (index, (name, value)) in request.headers.iter().enumerate() {
        for name in texts(name) {
            add("header name", &|it| it.headers[index].0.clone_from(&name));
        }
        for value in one_bit_changes(value) {
            add("header value", &|it| it.headers[index].1.clone_from(&value));
        }
        add("missing header", &|it| drop(it.headers.remove(index)));
    }
    for body in one_bit_changes(&request.body) {
        add("body", &|it| it.body.clone_from(&body));
    }
    add("longer body", &|it| it.body.push(b'x'));
    add("added parameter", &|it| {
        let query = it.query.take().unwrap_or_default();
        it.query = Some(format!("{query}&x=1"));
    });
    add("added header", &|it| {
        it.headers.push(("x-amz-target".into(), b"Other".to_vec()));
    });
    all
}

#[test]
fn rejects_every_change_of_one_bit() {
    let (mut tried, mut equal) = (0, 0);
    for vector in Vector::all() {
        let (verifier, credentials) = (
            vector.verifier(),
            credentials(vector.session_token.as_deref()),
        );
        for request in vector.requests() {
            for (part, changed) in changes(&request) {
                if is_same_request(&vector, &request, &changed) {
                    equal += 1;
                    continue;
                }
                tried += 1;
                let name = &vector.name;
                match changed.verify(&verifier, &credentials) {
                    Ok(Some(_)) => panic!("{name}: accepts a changed {part}: {changed:?}"),
                    Ok(None) => assert!(!part.contains("body"), "{name}: {part}"),
                    Err(error) => assert_reveals_nothing(&error, &request),
                }
            }
        }
    }
    assert!(tried > 150_000, "{tried}");
    // Mostly the case of the names of headers.
    assert!(equal < tried / 20, "{equal} of {tried}");
}

/// An error contains neither the secret nor the right signature.
fn assert_reveals_nothing(error: &Error, request: &Request) {
    let json = error.to_json();
    assert!(!json.contains(SECRET));
    let authorization = request.headers.iter().map(|(_, value)| value.as_slice());
    let query = request.query.iter().map(String::as_bytes);
    for part in authorization.chain(query) {
        let text = String::from_utf8_lossy(part);
        if let Some((_, signature)) = text.split_once("Signature=") {
            assert!(!json.contains(&signature[..64]), "{json}");
        }
    }
}
