//! What a mistake is called, where it is said to be, and what is offered.

use super::*;

#[track_caller]
fn assert_error(text: &str, at: &str, message: &str) {
    let error = Condition::parse(text).map(|condition| condition.to_string()).unwrap_err();
    assert_eq!(error.to_string(), message, "{text}");
    assert_eq!(&text[error.at.clone()], at, "{text}: {message}");
}

#[test]
fn a_filter_is_told_from_a_count() {
    let about_one = |text: &str, whole: &str, meant: &str| {
        let message =
            format!("\"{whole}\" is about one user, and a condition counts users; did you mean {meant}?");
        assert_error(text, whole, &message);
    };
    about_one("state=online", "state=online", "count(state=online)>0 or online=100%");
    about_one("unknown=0 and state = off", "state = off", "count(state = off)>0 or offline=100%");
    about_one("state!=online", "state!=online", "count(state!=online)>0");
    about_one("exp<24h", "exp<24h", "count(exp<24h)>0");
    about_one("flips>3 or x", "flips>3", "count(flips>3)>0");
    about_one("finding=kick-war", "finding=kick-war", "finding:kick-war>0");
    about_one("findings>0", "findings>0", "finding:any>0");
    about_one("group=", "group=", "count(group=)>0");
    about_one(
        "online<95% of group=kiosk and platform=web",
        "platform=web",
        "count(platform=web)>0, or brackets around all that belongs to \"of\"",
    );
}

#[test]
fn a_mistake_names_what_was_found_and_what_was_probably_meant() {
    assert_error("onlin>0", "onlin", "\"onlin\" is no count; did you mean online?");
    assert_error("onlin", "onlin", "\"onlin\" is no count; did you mean online?");
    assert_error(
        "alice",
        "alice",
        "\"alice\" is no count; did you mean count(alice)>0, users with that in ID or label?",
    );
    assert_error("state:online>0", "state:online", "\"state:online\" is no count; did you mean online>0?");
    assert_error(
        "zebra>0",
        "zebra",
        "\"zebra\" is no count; expected a count such as unknown>0 or online<95%, or (",
    );
    assert_error("online and x", "online", "\"online\" is compared with nothing; did you mean online>0?");
    assert_error("count(a)", "count(a)", "\"count(a)\" is compared with nothing; did you mean count(a)>0?");
    assert_error(
        "finding:kick-wars>0",
        "finding:kick-wars",
        "there are no findings \"kick-wars\"; did you mean finding:kick-war?",
    );
    assert_error(
        "finding:zebra>0",
        "finding:zebra",
        "there are no findings \"zebra\"; expected finding:any, a severity such as finding:critical or a rule such as finding:token-expired",
    );
    assert_error("online~9", "~", "a count can't be compared with ~; expected =, !=, <, <=, > or >=");
    let number = "expected a number such as 3, or a percentage such as 95%";
    assert_error("online>", "", &format!("nothing follows \">\"; {number}"));
    assert_error("online>\"3\"", "\"3\"", &format!("\"\"3\"\" stands where a number belongs; {number}"));
    assert_error("online>many", "many", &format!("\"many\" is no number; {number}"));
    assert_error("online>-1", "-1", &format!("\"-1\" is no number; {number}"));
    assert_error(
        "online>=101%",
        "101%",
        "\"101%\" is no percentage; expected one from 0% to 100%, with up to 3 decimals",
    );
    assert_error(
        "finding:warning>5%",
        "5%",
        "percentages are of users, and finding:warning counts no users; did you mean count(finding=warning or finding=critical)>5%?",
    );
    assert_error(
        "failing>5%",
        "5%",
        "percentages are of users, and failing counts no users; expected a number such as 3",
    );
    assert_error("failing>5 of a", "of", "failing counts batches, so it is not of users");
    assert_error(
        "conns>5 of online",
        "online",
        "\"online\" would be looked for in ID and label; did you mean of state=online?",
    );
}

#[test]
fn what_is_wrong_with_brackets_and_with_the_filter_inside_is_said_as_in_a_filter() {
    let expected = "expected a count such as unknown>0 or online<95%, or (";
    assert_error("", "", &format!("there is no condition; {expected}"));
    assert_error("unknown>0 or", "", &format!("the condition ends too early; {expected}"));
    assert_error("()", ")", &format!("there is nothing between the brackets; {expected}"));
    assert_error("(unknown>0", "(", "this bracket is not closed; expected ) at the end");
    assert_error("unknown>0)", ")", "this bracket closes nothing");
    assert_error("\"online\">0", "\"online\"", &format!("\"\"online\"\" is no count; {expected}"));
    assert_error(">0", ">", &format!("\">\" is no count; {expected}"));
    assert_error("count(platfrom=web)>0", "platfrom", "no field \"platfrom\"; did you mean platform?");
    assert_error(
        "count(a>0",
        "a",
        "no field \"a\"; expected state, platform, conns, bg, exp, age, since, flips, reconnects, finding, group, label or id",
    );
    assert_error(
        "online>0 of",
        "",
        "the query ends too early; expected a word, a condition such as state=online, or (",
    );
    assert_error(
        "online>0 of unknown=0",
        "unknown=0",
        "\"unknown=0\" counts users, and a filter is about one user; did you mean state=unknown?",
    );
    let deep = format!("{}unknown>0{}", "(".repeat(65), ")".repeat(65));
    assert!(Condition::parse(&deep).is_err());
    let deep = format!("{}count({}a{})>0{}", "(".repeat(40), "(".repeat(40), ")".repeat(40), ")".repeat(40));
    assert!(Condition::parse(&deep).is_err(), "brackets outside and inside count together");
}
