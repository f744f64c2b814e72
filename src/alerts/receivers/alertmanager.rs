//! Prometheus' Alertmanager: <https://prometheus.io/docs/alerting/latest/alerts_api/>. Labels say which alert it is and
//! have to stay the same; one that is not sent again is over at its `endsAt`.

use reqwest::Url;
use serde_json::{Value, json};

use super::Request;
use crate::alerts::notice::{Notice, Status};
use crate::listing::Time;

/// Below the address of an Alertmanager.
const PATH: &str = "api/v2/alerts";

/// An alert that is not sent again for so many milliseconds is over: four times the pause between two.
const LASTS_MS: i64 = 4 * 60_000;

/// A test is over after so many milliseconds.
const TEST_LASTS_MS: i64 = 60_000;

pub(super) fn request(url: &Url, notices: &[&Notice], unix_ms: i64) -> Request {
    let mut url = url.clone();
    if !url.path().ends_with(PATH) {
        let below = format!("{}/{PATH}", url.path().trim_end_matches('/'));
        url.set_path(&below);
    }
    let alerts: Vec<Value> = notices.iter().map(|notice| alert(notice, unix_ms)).collect();
    Request { url, body: super::body(&Value::Array(alerts)) }
}

fn alert(notice: &Notice, unix_ms: i64) -> Value {
    let ends = match notice.status {
        Status::Firing => Time::of(unix_ms + LASTS_MS),
        Status::Resolved => notice.at,
        Status::Test => Time::of(unix_ms + TEST_LASTS_MS),
    };
    let mut labels = json!({
        "alertname": notice.alert,
        "severity": notice.severity,
        "job": "imtop",
        "instance": notice.server.api,
    });
    if let (Some(context), Some(labels)) = (&notice.server.context, labels.as_object_mut()) {
        labels.insert("context".to_owned(), context.clone().into());
    }
    if let (Status::Test, Some(labels)) = (notice.status, labels.as_object_mut()) {
        labels.insert("test".to_owned(), "true".into());
    }
    let mut annotations = json!({"summary": notice.title(), "description": notice.text});
    if let (Some(when), Some(annotations)) = (&notice.when, annotations.as_object_mut()) {
        annotations.insert("when".to_owned(), when.clone().into());
    }
    json!({"labels": labels, "annotations": annotations, "startsAt": notice.fired, "endsAt": ends})
}
