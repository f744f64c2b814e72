//! The Prometheus text format, version 0.0.4, made of OpenMetrics text.
//!
//! The samples are the same in both. What differs is said of a family: the name of a counter and of an
//! info has its suffix, there is no type `info` or `unknown`, no unit, and no mark at the end.

/// Rewrites what `openmetrics` says of its families. It has to come from the client library: a HELP
/// line before each TYPE line, no exemplar.
pub(super) fn prometheus_text(openmetrics: &str) -> String {
    let mut out = String::with_capacity(openmetrics.len());
    let mut help = None;
    for line in openmetrics.lines() {
        let Some(comment) = line.strip_prefix("# ") else {
            push(&mut out, &[line]);
            continue;
        };
        let mut words = comment.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some("HELP"), Some(name), text) => help = Some((name, text.unwrap_or_default())),
            (Some("TYPE"), Some(name), Some(kind)) => {
                let (suffix, kind) = match kind {
                    "counter" => ("_total", "counter"),
                    "info" => ("_info", "gauge"),
                    "unknown" => ("", "untyped"),
                    kind => ("", kind),
                };
                if let Some((_, text)) = help.take().filter(|(of, _)| *of == name) {
                    push(&mut out, &["# HELP ", name, suffix, " ", text]);
                }
                push(&mut out, &["# TYPE ", name, suffix, " ", kind]);
            }
            _ => {}
        }
    }
    out
}

fn push(out: &mut String, parts: &[&str]) {
    out.extend(parts.iter().copied());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_named_as_their_samples_are() {
        let openmetrics = "\
# HELP a_seconds What a is.
# TYPE a_seconds counter
# UNIT a_seconds seconds
a_seconds_total{x=\"# TYPE b gauge\"} 1.5
# HELP b About b.
# TYPE b info
b_info{v=\"1\"} 1
# HELP c C.
# TYPE c unknown
c 1
# HELP d D.
# TYPE d histogram
d_bucket{le=\"+Inf\"} 1
# EOF
";
        let expected = "\
# HELP a_seconds_total What a is.
# TYPE a_seconds_total counter
a_seconds_total{x=\"# TYPE b gauge\"} 1.5
# HELP b_info About b.
# TYPE b_info gauge
b_info{v=\"1\"} 1
# HELP c C.
# TYPE c untyped
c 1
# HELP d D.
# TYPE d histogram
d_bucket{le=\"+Inf\"} 1
";
        assert_eq!(prometheus_text(openmetrics), expected);
    }
}
