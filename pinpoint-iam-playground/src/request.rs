//! The request in a text that was pasted.

use pinpoint_iam::decision_log::{Record, RecordedRequest};
use pinpoint_iam_tools::messages;
use serde::{Deserialize, Serialize};

use crate::input::WrittenRequest;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    text: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Output {
    Written(WrittenRequest),
    Record(String),
}

pub(crate) fn read(input: &Input) -> Result<Output, String> {
    let text = input.text.trim();
    if let Some(denied) = messages::denied_request(text) {
        return Ok(Output::Written(WrittenRequest {
            principal: denied.principal.to_owned(),
            action: denied.action.to_owned(),
            resource: denied.resource.to_owned(),
            resource_account: None,
            context: Default::default(),
            unknown_keys: Vec::new(),
        }));
    }
    let record = Record::parse(text).map_err(|error| {
        format!("this is neither an access-denied message nor a record of a decision log: {error}")
    })?;
    RecordedRequest::of(&record).map_err(|error| error.to_string())?;
    Ok(Output::Record(text.to_owned()))
}
