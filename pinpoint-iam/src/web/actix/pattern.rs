//! Paths in actix-web's notation.

/// The path of a route of the catalog as actix-web writes it, where names of parameters are identifiers:
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

#[cfg(test)]
mod tests {
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
}
