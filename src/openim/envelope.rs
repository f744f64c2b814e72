//! The envelope that every OpenIM answer comes in: `errCode`, `errMsg`, `errDlt`, `data`
//! (tools `apiresp/resp.go`).
//!
//! What is wrong with an answer is said by place and kind, never by quoting it: bodies hold tokens.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::presence::FetchError;

use super::endpoint::Endpoint;
use super::error_code::{self, Refusal};
use super::json::{Number, Object, Text};
use super::redact::Redactor;

/// An answer, unpacked as far as its envelope.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a, D> {
    #[serde(default)]
    err_code: Number,
    #[serde(borrow, default)]
    err_msg: Option<&'a RawValue>,
    #[serde(borrow, default)]
    err_dlt: Option<&'a RawValue>,
    #[serde(default = "Option::default")]
    data: Option<D>,
}

/// What an answer turned out to be.
pub(super) enum Opened<'a, D> {
    /// errCode 0, and its `data`, where there is any.
    Data(Option<D>),
    /// Another errCode: the code, `errMsg` and `errDlt`.
    Refused(i32, Text<'a>, Text<'a>),
}

impl<D> Opened<'_, D> {
    /// The `data`, where this is no refusal and there is any.
    pub(super) fn into_data(self) -> Option<D> {
        match self {
            Opened::Data(data) => data,
            Opened::Refused(..) => None,
        }
    }

    /// The refusal in it, as one of an answer from `endpoint` with HTTP `status`.
    pub(super) fn refusal(&self, endpoint: Endpoint, status: u16) -> Option<Refusal<'_>> {
        match self {
            Opened::Data(_) => None,
            Opened::Refused(code, message, detail) => {
                Some(Refusal { endpoint, status, code: *code, message: &message.0, detail: &detail.0 })
            }
        }
    }
}

/// Opens the envelope of `body`.
///
/// # Errors
///
/// [`FetchError::Decode`], where it is not OpenIM's JSON.
pub(super) fn open<'a, D: Deserialize<'a>>(body: &'a [u8]) -> Result<Opened<'a, D>, FetchError> {
    let text = std::str::from_utf8(body).map_err(|error| undecodable(&not_utf8(error.valid_up_to())))?;
    let error = match serde_json::from_str::<Object<Envelope<'a, D>>>(text) {
        Ok(Object(envelope)) => return sort(envelope),
        Err(error) => error,
    };
    // The `data` beside an errCode is of no interest, and may be of any type.
    match serde_json::from_str::<Object<Envelope<'a, IgnoredAny>>>(text)
        .map(|Object(envelope)| sort(envelope))
    {
        Ok(Ok(Opened::Refused(code, message, detail))) => Ok(Opened::Refused(code, message, detail)),
        _ => Err(undecodable(&place(text, &error))),
    }
}

/// The `data` of an answer from `endpoint` with HTTP status 200, where there is any.
///
/// # Errors
///
/// As of [`open`], and the refusal that it is.
pub(super) fn data<'a, D: Deserialize<'a>>(
    body: &'a [u8],
    endpoint: Endpoint,
    redactor: &Redactor,
) -> Result<Option<D>, FetchError> {
    let opened = open::<D>(body)?;
    match opened.refusal(endpoint, 200) {
        Some(refusal) => Err(error_code::fetch_error(&refusal, redactor)),
        None => Ok(opened.into_data()),
    }
}

fn sort<D>(envelope: Envelope<'_, D>) -> Result<Opened<'_, D>, FetchError> {
    let code = envelope.err_code.0.ok_or_else(|| undecodable("JSON without an errCode"))?;
    if code == 0 {
        return Ok(Opened::Data(envelope.data));
    }

    let clamped = code.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
    Ok(Opened::Refused(clamped, string(envelope.err_msg), string(envelope.err_dlt)))
}

/// The string in `raw`; empty where it is none.
fn string(raw: Option<&RawValue>) -> Text<'_> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

/// A [`FetchError::Decode`] with these words, which quote nothing.
pub(super) fn undecodable(what: &str) -> FetchError {
    FetchError::Decode { what: what.into() }
}

fn not_utf8(byte: usize) -> String {
    format!("not UTF-8 from byte {}", byte + 1)
}

/// Kind and place of an error. The library's own words are not used: they quote the body.
fn place(body: &str, error: &serde_json::Error) -> String {
    let start = body.trim_start();
    if start.is_empty() {
        return "an empty body".to_owned();
    }
    if start.starts_with('<') {
        return "HTML or XML in place of JSON".to_owned();
    }
    let (line, column) = (error.line(), error.column());
    let kind = match error.classify() {
        Category::Eof => "the JSON ends too early",
        Category::Data => "JSON, but not of an OpenIM answer",
        Category::Syntax | Category::Io => "not JSON",
    };
    if column == 0 {
        return kind.to_owned();
    }
    format!("{kind}, line {line} column {column}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(body: &str) -> String {
        match open::<Vec<&RawValue>>(body.as_bytes()) {
            Ok(Opened::Data(None)) => "no data".to_owned(),
            Ok(Opened::Data(Some(data))) => format!("{} entries", data.len()),
            Ok(Opened::Refused(code, message, detail)) => format!("{code} {} {}", message.0, detail.0),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn data_may_be_null_or_absent_and_fields_may_be_unknown() {
        assert_eq!(opened(r#"{"errCode":0,"errMsg":"","errDlt":"","data":null}"#), "no data");
        assert_eq!(opened(r#"{"errCode":0}"#), "no data");
        assert_eq!(opened(r#" {"more":[{}],"data":[1,{"a":2}],"errCode":0} "#), "2 entries");
    }

    #[test]
    fn a_refusal_counts_whatever_stands_beside_it() {
        assert_eq!(opened(r#"{"errCode":1002,"errMsg":"No","errDlt":"\u003cb\u003e"}"#), "1002 No <b>");
        assert_eq!(opened(r#"{"errCode":500,"errMsg":null,"errDlt":5,"data":{"a":1}}"#), "500  ");
        assert_eq!(opened(r#"{"errCode":99999999999}"#), "2147483647  ");
    }

    #[test]
    fn what_is_not_an_answer_says_where_and_quotes_nothing() {
        for (body, text) in [
            ("", "an empty body"),
            ("  \n", "an empty body"),
            ("<html>secret</html>", "HTML or XML in place of JSON"),
            ("secret", "not JSON, line 1 column 1"),
            ("{}", "JSON without an errCode"),
            (r#"{"errCode":null}"#, "JSON without an errCode"),
            (r#"{"errCode":"secret"}"#, "JSON, but not of an OpenIM answer, line 1 column 19"),
            (r#"{"errCode":0,"data":"secret"}"#, "JSON, but not of an OpenIM answer, line 1 column 28"),
            ("[1]", "JSON, but not of an OpenIM answer"),
            (r#"{"errCode":0,"errCode":1}"#, "JSON, but not of an OpenIM answer, line 1 column 22"),
            (r#"{"errCode":0,"data":[{"a":"#, "the JSON ends too early, line 1 column 26"),
            ("{\"errCode\":0,\n\"data\":[]}x", "not JSON, line 2 column 11"),
        ] {
            assert_eq!(opened(body), format!("the answer is not understood: {text}"), "{body}");
        }
        let invalid = open::<IgnoredAny>(b"{\"errCode\":0,\"a\":\"\xff\"}").map(|_| ());
        assert_eq!(invalid, Err(undecodable("not UTF-8 from byte 19")));
    }

    #[test]
    fn deep_nesting_is_passed_over() {
        let deep = format!(r#"{{"errCode":0,"x":{}{},"data":[]}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(opened(&deep), "0 entries");
    }
}
