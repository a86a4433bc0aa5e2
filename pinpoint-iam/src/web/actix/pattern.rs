//! Paths in the notation of actix-web.

use std::cmp::Reverse;

/// Converts the path of a catalog route to the notation of actix-web, where names of parameters are identifiers:
/// `/v1/apps/{application-id}` becomes `/v1/apps/{application_id}`, and `/files/{*rest}` becomes `/files/{rest:.+}`.
///
/// ```
/// use pinpoint_iam::mobiletargeting::GetCampaign;
/// use pinpoint_iam::web::actix::pattern;
///
/// assert_eq!(
///     pattern(GetCampaign::ROUTE.path),
///     "/v1/apps/{application_id}/campaigns/{campaign_id}"
/// );
/// ```
pub fn pattern(path: &str) -> String {
    let mut pattern = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((literal, behind)) = rest.split_once('{') {
        let Some((name, after)) = behind.split_once('}') else {
            break;
        };
        let (name, expression) = match name.strip_prefix('*') {
            Some(name) => (name, ":.+"),
            None => (name, ""),
        };
        let name = name.replace('-', "_");
        pattern.extend([literal, "{", &name, expression, "}"]);
        rest = after;
    }
    pattern.push_str(rest);
    pattern
}

/// The maximum number of placeholders in one path.
const MOST_PLACEHOLDERS: usize = 16;

/// Checks that actix-web serves the path as intended. It panics on some other paths, and matches too much on some.
///
/// Rules for all frameworks are checked elsewhere: braces match, and names are unique.
///
/// # Errors
///
/// Returns the reason.
pub(super) fn is_servable(path: &str) -> Result<(), String> {
    if path.contains("{{") || path.contains("}}") {
        return Err("braces are allowed in placeholders only".to_owned());
    }
    if path.ends_with('*') {
        return Err("a `*` at the end would match every suffix".to_owned());
    }
    let mut placeholders = 0;
    for name in path.split('{').skip(1) {
        let name = name.split_once('}').map_or(name, |(name, _)| name);
        let bare = name.strip_prefix('*').unwrap_or(name);
        let starts_well = !bare.starts_with(|first: char| first.is_ascii_digit());
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if bare.is_empty() || !starts_well || !bare.bytes().all(is_part) {
            return Err(format!("`{name}` is not a valid name of a placeholder"));
        }
        placeholders += 1;
    }
    if placeholders > MOST_PLACEHOLDERS {
        return Err(format!(
            "at most {MOST_PLACEHOLDERS} placeholders are allowed"
        ));
    }
    Ok(())
}

/// The sort key of a path. If a request matches two paths, the one with the smaller key must be served: literal
/// segments precede placeholders, and longer literals before a placeholder precede shorter ones. actix-web itself
/// serves the first path that matches.
pub(super) fn precedence(path: &str) -> Vec<(u8, Reverse<usize>)> {
    path.split('/')
        .map(|segment| match segment.split_once('{') {
            None => (0, Reverse(0)),
            Some((_, name)) if name.starts_with('*') => (2, Reverse(0)),
            Some((word, _)) => (1, Reverse(word.len())),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use actix_web::dev::ResourceDef;

    use super::*;

    #[test]
    fn only_placeholders_are_written_anew() {
        for (path, expected) in [
            ("/", "/"),
            ("/v1/phone-number/validate", "/v1/phone-number/validate"),
            ("/a-b/{c-d}/e-f/{g}", "/a-b/{c_d}/e-f/{g}"),
            ("/{*rest-of-it}", "/{rest_of_it:.+}"),
            ("/{open", "/{open"),
            ("", ""),
        ] {
            assert_eq!(pattern(path), expected);
        }
    }

    #[test]
    fn what_is_servable_makes_no_panic_and_fits_what_is_written() {
        for path in [
            "/",
            "/a-b/{c-d}/v{e}/{*f}",
            "/{_x}",
            "/a%20b/.*/(x",
            "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}/{p}",
        ] {
            assert_eq!(is_servable(path), Ok(()), "{path}");
            let resource = ResourceDef::new(pattern(path));
            let sample = path
                .replace(['{', '}'], "")
                .replace("/*f", "/more/and/more");
            assert!(resource.is_match(&sample), "{path} {sample}");
            assert!(!resource.is_match(&format!("{sample}/")) || path.contains('*'));
        }
        for (path, said) in [
            ("/{{a}}/{b}", "brace"),
            ("/a*", "every suffix"),
            ("/{a.b}", "`a.b`"),
            ("/{1st}", "`1st`"),
            ("/{a b}", "`a b`"),
            ("/{ä}", "`ä`"),
            (
                "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}/{p}/{q}",
                "16",
            ),
        ] {
            let fault = is_servable(path).unwrap_err();
            assert!(fault.contains(said), "{path}: {fault}");
        }
    }

    #[test]
    fn words_go_before_placeholders() {
        let mut paths = ["/{a}/b", "/a/{*b}", "/a/{b}", "/a/x{b}", "/a/xy{b}", "/a/b"];
        paths.sort_by_key(|path| precedence(path));
        assert_eq!(
            paths,
            ["/a/b", "/a/xy{b}", "/a/x{b}", "/a/{b}", "/a/{*b}", "/{a}/b"]
        );
    }
}
