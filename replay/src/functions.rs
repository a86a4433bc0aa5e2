//! The functions.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray as _, StringBuilder};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::scalar::ScalarValue;
use pinpoint_iam::action::ServiceMetadata;
use pinpoint_iam_replay::{Change, DecidedRecord, Records};

use crate::error::{execution, plan};
use crate::policies::Loaded;

/// The functions `iam_decide` and `iam_compare`.
///
/// Functions that were created together share the policies: each text is read once.
#[derive(Clone, Debug)]
pub struct Functions {
    decide: Arc<ScalarUDF>,
    compare: Arc<ScalarUDF>,
}

impl Functions {
    /// Creates the functions. Events of CloudTrail are replayable if they are of one of these services.
    pub fn new(services: impl IntoIterator<Item = &'static ServiceMetadata>) -> Self {
        let loaded = Arc::new(Loaded::with_services(services.into_iter().collect()));
        let function = |kind| {
            Arc::new(ScalarUDF::from(Function {
                kind,
                signature: Signature::user_defined(Volatility::Immutable),
                loaded: Arc::clone(&loaded),
            }))
        };
        Self {
            decide: function(Kind::Decide),
            compare: function(Kind::Compare),
        }
    }

    /// Returns `iam_decide`.
    pub const fn decide(&self) -> &Arc<ScalarUDF> {
        &self.decide
    }

    /// Returns `iam_compare`.
    pub const fn compare(&self) -> &Arc<ScalarUDF> {
        &self.compare
    }

    /// Registers the functions, for example with a session.
    ///
    /// # Errors
    ///
    /// Fails if the registry does not accept functions.
    pub fn register(&self, registry: &mut dyn FunctionRegistry) -> Result<()> {
        registry.register_udf(Arc::clone(&self.decide))?;
        registry.register_udf(Arc::clone(&self.compare))?;
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Decide,
    Compare,
}

#[derive(Debug)]
struct Function {
    kind: Kind,
    signature: Signature,
    loaded: Arc<Loaded>,
}

// Functions with different services are different functions.
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && Arc::ptr_eq(&self.loaded, &other.loaded)
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
        Arc::as_ptr(&self.loaded).hash(state);
    }
}

impl Function {
    /// The number of arguments that are policies.
    const fn policies(&self) -> usize {
        match self.kind {
            Kind::Decide => 1,
            Kind::Compare => 2,
        }
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Decide => "iam_decide",
            Kind::Compare => "iam_compare",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let (name, policies) = (self.name(), self.policies());
        let Some((record, texts)) = given
            .split_last()
            .filter(|(_, texts)| texts.len() == policies)
        else {
            let expected = policies + 1;
            return Err(plan(format!(
                "`{name}` has {expected} arguments, and {} are given",
                given.len()
            )));
        };
        let is_text = |given: &DataType| {
            matches!(
                given,
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
            )
        };
        if let Some(other) = texts.iter().find(|given| !is_text(given)) {
            return Err(plan(format!(
                "the policies of `{name}` are texts, and {other} is given"
            )));
        }
        let record = match record {
            DataType::Dictionary(_, value) => value,
            other => other,
        };
        let record = match record {
            DataType::Null => DataType::Utf8,
            text if is_text(text) => text.clone(),
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => record.clone(),
            other => {
                return Err(plan(format!(
                    "the record of `{name}` is text or bytes, and {other} is given"
                )));
            }
        };
        let mut coerced = vec![DataType::Utf8; policies];
        coerced.push(record);
        Ok(coerced)
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let name = self.name();
        let Some((record, texts)) = call.args.split_last() else {
            return Err(execution(format!("`{name}` has no arguments")));
        };
        let texts: Vec<&str> = texts
            .iter()
            .map(|text| match text {
                ColumnarValue::Scalar(ScalarValue::Utf8(Some(text))) => Ok(text.as_str()),
                _ => Err(execution(format!(
                    "the policies of `{name}` must be texts that are the same for all rows, and not NULL"
                ))),
            })
            .collect::<Result<_>>()?;
        let (Some(old), Some(new)) = (texts.first(), texts.last()) else {
            return Err(execution(format!("`{name}` has no policies")));
        };
        let replay = self.loaded.replay(old, new)?;
        let is_scalar = matches!(record, ColumnarValue::Scalar(_));
        let rows = match is_scalar {
            true => 1,
            false => call.number_rows,
        };
        let lines = record.to_array(rows)?;
        let text = match self.kind {
            Kind::Decide => decision,
            Kind::Compare => |decided: DecidedRecord| decided.change.member(),
        };
        let results: ArrayRef = replay.with_records(|records| each(&lines, records, text))?;
        Ok(match is_scalar {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&results, 0)?),
            false => ColumnarValue::Array(results),
        })
    }
}

/// Decides each of the records.
fn each(
    lines: &ArrayRef,
    records: &mut Records,
    text: fn(DecidedRecord) -> &'static str,
) -> Result<ArrayRef> {
    const LONGEST: usize = "not_replayable".len();
    let mut results = StringBuilder::with_capacity(lines.len(), lines.len() * LONGEST);
    let mut decide = |line: Option<&[u8]>| {
        results.append_value(match line {
            Some(line) => text(records.decide(line)),
            None => Change::NotReplayable.member(),
        });
    };
    match lines.data_type() {
        DataType::Utf8 => lines
            .as_string::<i32>()
            .iter()
            .for_each(|line| decide(line.map(str::as_bytes))),
        DataType::LargeUtf8 => lines
            .as_string::<i64>()
            .iter()
            .for_each(|line| decide(line.map(str::as_bytes))),
        DataType::Utf8View => lines
            .as_string_view()
            .iter()
            .for_each(|line| decide(line.map(str::as_bytes))),
        DataType::Binary => lines.as_binary::<i32>().iter().for_each(decide),
        DataType::LargeBinary => lines.as_binary::<i64>().iter().for_each(decide),
        DataType::BinaryView => lines.as_binary_view().iter().for_each(decide),
        other => {
            return Err(execution(format!(
                "the records are {other}, which is neither text nor bytes"
            )));
        }
    }
    Ok(Arc::new(results.finish()))
}

/// The decision of the new policies.
fn decision(decided: DecidedRecord) -> &'static str {
    match (decided.change, decided.new) {
        (Change::NotReplayable, _) => Change::NotReplayable.member(),
        (_, Some(true)) => "allow",
        (_, Some(false)) => "deny",
        (_, None) => Change::Depends.member(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// DataFusion evaluates equal functions with the same arguments once.
    #[test]
    fn functions_with_other_services_are_not_equal() {
        let (one, other) = (Functions::new([]), Functions::new([]));
        assert_eq!(one.decide, one.clone().decide);
        assert_ne!(one.decide, one.compare);
        assert_ne!(one.decide, other.decide);
    }
}
