//! The policy playground: the functions that its page calls.
//!
//! [`Session::call`] takes the name of a function and its input as JSON, and returns JSON. The page runs this crate as
//! WebAssembly; tests call the same functions natively. There are no rules here: the evaluator decides, the linter finds,
//! and the comparison proves.
//!
//! Every call contains everything that its result depends on. A session keeps only the parsed catalog, so the page can
//! replace it at any time.

mod access;
mod catalogs;
mod compare;
mod decide;
mod edit;
mod input;
mod policies;
mod request;
mod test_case;
#[cfg(target_arch = "wasm32")]
mod wasm;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use self::catalogs::Catalogs;

/// The maximum length of an input in bytes. The page is not for whole accounts.
pub const LONGEST_INPUT: usize = 4 << 20;

/// Answers the calls of a page.
#[derive(Debug, Default)]
pub struct Session {
    catalogs: Catalogs,
}

impl Session {
    /// Creates a session.
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls a function. The result is an object with the member `ok`, or with the member `error` that contains a message.
    ///
    /// - `catalog`: the findings in a catalog, and the actions and condition keys of all services.
    /// - `check`: the findings in a policy.
    /// - `complete`, `hover`, `fixes`, `format`: for a position or a part of a policy or a catalog.
    /// - `decide`: the decision about a request, with its explanation and the deciding statement.
    /// - `test`: the same as a test case for `pinpoint-iam test`, with the files that it needs.
    /// - `compare`: the relation of two versions of policies, with a request for each difference.
    /// - `access`: for each action and each principal, the verdict of the policies, and a request that shows its reason.
    /// - `request`: the request of a record of a decision log or of an access-denied message.
    pub fn call(&mut self, function: &str, input: &str) -> String {
        self.output(function, input)
            .unwrap_or_else(|message| json!({"error": message}).to_string())
    }

    fn output(&mut self, function: &str, input: &str) -> Result<String, String> {
        if input.len() > LONGEST_INPUT {
            return Err(format!(
                "the input has {} bytes, and at most {LONGEST_INPUT} are accepted",
                input.len()
            ));
        }
        match function {
            "catalog" => run(input, |input| catalogs::catalog(&mut self.catalogs, &input)),
            "check" => run(input, |input| edit::check(&mut self.catalogs, &input)),
            "complete" => run(input, |input| edit::complete(&mut self.catalogs, &input)),
            "hover" => run(input, |input| edit::hover(&mut self.catalogs, &input)),
            "fixes" => run(input, |input| edit::fixes(&mut self.catalogs, &input)),
            "format" => run(input, |input| Ok(edit::format(&input))),
            "decide" => run(input, |input| decide::decide(&input)),
            "test" => run(input, |input| test_case::test(&input)),
            "compare" => run(input, |input| compare::compare(&input)),
            "access" => run(input, |input| access::access(&mut self.catalogs, &input)),
            "request" => run(input, |input| request::read(&input)),
            other => Err(format!("unknown function `{}`", other.escape_debug())),
        }
    }
}

/// The output of a function that has a result.
#[derive(Debug, Serialize)]
struct Output<O> {
    ok: O,
}

fn run<I: DeserializeOwned, O: Serialize>(
    input: &str,
    function: impl FnOnce(I) -> Result<O, String>,
) -> Result<String, String> {
    let input = serde_json::from_str(input).map_err(|error| format!("invalid input: {error}"))?;
    let ok = function(input)?;
    serde_json::to_string(&Output { ok }).map_err(|error| error.to_string())
}
