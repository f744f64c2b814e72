//! What a mistake is called, where it is said to be, and what is none.

use super::*;

#[track_caller]
fn assert_error(text: &str, at: &str, message: &str) {
    let error = Query::parse(text).unwrap_err();
    assert_eq!(error.to_string(), message, "{text}");
    assert_eq!(&text[error.at.clone()], at, "{text}: {message}");
}

#[test]
fn a_mistake_names_what_was_found_and_what_was_probably_meant() {
    assert_error("platfrom=web", "platfrom", "no field \"platfrom\"; did you mean platform?");
    assert_error("state=onlin", "onlin", "invalid value \"onlin\" for state; did you mean state=online?");
    assert_error(
        "finding=token-expird",
        "token-expird",
        "invalid value \"token-expird\" for finding; did you mean finding=token-expired?",
    );
    assert_error(
        "platform=andriod",
        "andriod",
        "invalid value \"andriod\" for platform; did you mean platform=Android?",
    );
    assert_error("flips>many", "many", "invalid value \"many\" for flips; expected a count such as 3");
    assert_error("exp<24", "24", "the time \"24\" has no unit; expected 24s, 24m, 24h, 24d or 24w");
    assert_error("exp<never", "never", "never is not more or less than anything; did you mean exp=never?");
    assert_error(
        "exp=24h",
        "24h",
        "exp never stands still, so it is not = or != \"24h\"; expected <, <=, > or >=",
    );
    assert_error(
        "since=5m",
        "5m",
        "since never stands still, so it is not = or != \"5m\"; expected <, <=, > or >=",
    );
    assert_error(
        "age>-5s",
        "-5s",
        "invalid value \"-5s\" for age; expected a time such as 90s, 5m, 24h, 7d or 2w",
    );
    assert_error("state<online", "<", "state can't be compared with <; expected = or !=");
    assert_error(
        "a or",
        "",
        "the query ends too early; expected a word, a condition such as state=online, or (",
    );
    assert_error(
        "exp<",
        "",
        "nothing follows \"<\"; expected a time such as 24h, expired, never, none or unreadable",
    );
    assert_error("label= and x", "and", "\"and\" stands where a value belongs; expected a label, or none");
    assert_error("=web", "=", "there is no field before \"=\"; expected a condition such as state=online");
    assert_error("(a or b", "(", "this bracket is not closed; expected ) at the end");
    assert_error("a) b", ")", "this bracket closes nothing");
    assert_error(
        ")",
        ")",
        "this bracket closes nothing; expected a word, a condition such as state=online, or (",
    );
    assert_error(
        "()",
        ")",
        "there is nothing between the brackets; expected a word, a condition such as state=online, or (",
    );
    assert_error(
        "and b",
        "and",
        "\"and\" stands between two conditions; expected a word, a condition such as state=online, or (",
    );
    assert_error("x \"a b", "\"a b", "this quote is not closed; expected \" at the end");
    assert_error("a \"\"", "\"\"", "there is nothing between the quotes");
    assert_error("~(a b)", "(a", "\"(a\" is not a pattern: found open group without closing ')'");
    assert_error(
        "\"state\"=online",
        "\"state\"",
        "\"state\" is in quotes, so it is no field; expected the name of a field",
    );
    assert_error("a && b", "&&", "\"&&\" is no operator; did you mean and?");
    assert_error(
        "state:online",
        "state:online",
        "\"state:online\" compares nothing; did you mean state=online, or \"state:online\" as text in quotes?",
    );
}

#[test]
fn what_counts_users_is_told_from_a_filter() {
    let counts = |text: &str, whole: &str, meant: &str| {
        let message =
            format!("\"{whole}\" counts users, and a filter is about one user; did you mean {meant}?");
        assert_error(text, whole, &message);
    };
    counts("unknown>0", "unknown>0", "state=unknown");
    counts("alice and online < 95% or x", "online < 95%", "state=online");
    counts("off=0", "off=0", "state=offline");
    counts("finding:token-expired>0", "finding:token-expired>0", "finding=token-expired");
    counts("unknown>", "unknown>", "state=unknown");
    counts("alice or connected>=1", "connected>=1", "conns>0");
    assert_error("watched>3", "watched>3", "\"watched>3\" counts users, and a filter is about one user");
    assert_error(
        "x count(exp<24h)>0",
        "count",
        "\"count(\" counts users, and a filter is about one user; did you mean what is in the brackets, alone?",
    );
}

#[test]
fn a_bare_word_without_an_operator_is_never_a_mistake() {
    for word in [
        "platform",
        "count",
        "state",
        "unknown",
        "unknown:x",
        "app:42",
        "And",
        "95%",
        "a/b",
        "R&D",
        "&",
        "|",
        "+86",
        "wow!",
        "id:",
    ] {
        assert_eq!(Query::parse(word).unwrap().highlights().collect::<Vec<_>>(), [word.to_lowercase()]);
    }
}

#[test]
fn thousands_of_pasted_ids_are_one_level_and_deep_nesting_is_refused() {
    let ids: Vec<String> = (0..20_000).map(|n| format!("u{n}")).collect();
    let query = Query::parse(&ids.join(" or ")).unwrap();
    assert_eq!(query.evaluate(&alice()), Truth::No);
    assert_eq!(query.highlights().count(), 20_000);
    let deep = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Query::parse(&deep(64)).is_ok());
    for text in [deep(65), "(".repeat(100_000), "!".repeat(100_000), "not ".repeat(50_000)] {
        let message = Query::parse(&text).unwrap_err().to_string();
        assert_eq!(message, "brackets and \"not\" are nested more than 64 deep");
    }
    let endless = Query::parse(&"王".repeat(100_000)).unwrap_err();
    assert!(endless.to_string().starts_with("the query is longer than 256 KiB"), "{endless}");
    assert_eq!(endless.at.start % 3, 0, "on a character boundary");
}
