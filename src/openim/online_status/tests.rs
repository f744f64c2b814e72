//! The sieves let nothing through that has changed, whatever a server sends, and in whatever order.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::presence::Entry as Watched;

const IDS: [&str; 4] = ["a", "b<c", "王", "d"];

fn list(generation: u32) -> WatchList {
    WatchList::new(generation, 500, IDS.iter().map(|id| Watched::of(id)))
}

fn body(entries: &[String]) -> String {
    format!(r#"{{"errCode":0,"errMsg":"","errDlt":"","data":[{}]}}"#, entries.join(","))
}

fn off(id: &str) -> String {
    let id = id.replace('<', "\\u003c"); // as Go's encoder writes it
    format!(r#"{{"userID":"{id}","status":0,"detailPlatformStatus":null}}"#)
}

fn on(id: &str, conn: &str) -> String {
    let id = id.replace('<', "\\u003c");
    format!(
        r#"{{"userID":"{id}","status":1,"detailPlatformStatus":[{{"platformID":2,"connID":"{conn}","isBackground":false,"token":"x.{conn}.y"}}]}}"#
    )
}

struct Bench {
    list: WatchList,
    keys: Keys,
    sieve: DeltaDecoder,
}

impl Bench {
    fn new() -> Bench {
        Bench { list: list(1), keys: Keys::random(), sieve: DeltaDecoder::default() }
    }

    fn read(&mut self, body: &str) -> Result<(Answer, Oddities), FetchError> {
        read_online_status(body.as_bytes(), &self.list, 0, &mut self.sieve, &self.keys)
    }

    /// The users that an answer lists, each with a letter.
    fn listed(&mut self, entries: &[String]) -> String {
        let (answer, oddities) = self.read(&body(entries)).expect("an answer");
        let listed = match answer {
            Answer::Same => "same".to_owned(),
            Answer::Changed(changed) => changed.iter().map(|(user, status)| letter(*user, status)).collect(),
            other => unreachable!("{other:?}"),
        };
        match (oddities.foreign, oddities.repeated, oddities.unreadable) {
            (0, 0, 0) => listed,
            (foreign, repeated, unreadable) => format!("{listed} {foreign}f {repeated}r {unreadable}u"),
        }
    }
}

fn letter(user: UserIx, status: &UserStatus) -> String {
    let what = match status {
        UserStatus::Online(connections) => format!("+{}", connections.len()),
        UserStatus::Offline => "-".to_owned(),
        UserStatus::Missing => "?".to_owned(),
        UserStatus::Unclear => "!".to_owned(),
    };
    format!("{}{what}", user.0)
}

#[test]
fn only_what_has_changed_comes_through() {
    let mut bench = Bench::new();
    let mut entries = vec![off("a"), on("b<c", "1"), off("王"), off("d")];
    assert_eq!(bench.listed(&entries), "0-1+12-3-");
    assert_eq!(bench.listed(&entries), "same");
    entries[2] = on("王", "2");
    assert_eq!(bench.listed(&entries), "2+1");
    entries[1] = on("b<c", "3");
    entries[2] = off("王");
    assert_eq!(bench.listed(&entries), "1+12-");
    assert_eq!(bench.listed(&entries), "same");
}

#[test]
fn tokens_are_decoded_once_and_not_at_all_in_an_unchanged_round() {
    let mut bench = Bench::new();
    let mut entries = vec![off("a"), on("b<c", "1"), on("王", "2"), off("d")];
    bench.listed(&entries);
    assert_eq!(bench.sieve.claims_decoded(), 2);
    for _ in 0..10 {
        bench.listed(&entries);
        entries.swap(0, 3); // out of order: everything is read, but the tokens are known
    }
    assert_eq!(bench.sieve.claims_decoded(), 2);
}

#[test]
fn irregular_answers_are_read_in_full_and_remembered_by_nothing_but_their_bytes() {
    let mut bench = Bench::new();
    let regular = vec![off("a"), on("b<c", "1"), off("王"), off("d")];
    let reversed: Vec<_> = regular.iter().rev().cloned().collect();
    assert_eq!(bench.listed(&regular), "0-1+12-3-");
    assert_eq!(bench.listed(&reversed), "0-1+12-3-");
    assert_eq!(bench.listed(&reversed), "same");
    assert_eq!(bench.listed(&regular), "0-1+12-3-");
    assert_eq!(bench.listed(&regular[..2]), "0-1+12?3?");
    let foreign = [&regular[..], &[on("e", "9")]].concat();
    assert_eq!(bench.listed(&foreign), "0-1+12-3- 1f 0r 0u");
    assert_eq!(bench.listed(&foreign), "same 1f 0r 0u");
    let repeated = [off("a"), on("a", "1"), on("a", "2"), on("a", "1")];
    assert_eq!(bench.listed(&repeated), "0+21?2?3? 0f 3r 0u");
    assert!(bench.read(&body(&[])).is_err(), "an answer about nobody is none");
    assert_eq!(bench.listed(&repeated), "same 0f 3r 0u", "and changes nothing");
    assert_eq!(bench.listed(&regular), "0-1+12-3-");
}

#[test]
fn an_entry_that_cannot_be_read_spoils_no_other() {
    let mut bench = Bench::new();
    for broken in [
        r#"{"userID":"a","status":[1]}"#,
        r#"{"userID":"a","status":0,"status":1}"#,
        r#"{"userID":"a","status":1e999}"#,
        r#"{"userID":"a","status":1,"detailPlatformStatus":[{"platformID":2,"connID":5}]}"#,
        r#"{"userID":"a","status":1,"detailPlatformStatus":[[2]]}"#,
        r#"{"userID":"a","status":1,"detailPlatformStatus":{}}"#,
    ] {
        let entries = [broken.to_owned(), off("b<c"), on("王", "1"), off("d")];
        assert_eq!(bench.listed(&entries), "0!1-2+13- 0f 0r 1u", "{broken}");
    }
    for broken in ["5", "null", "[]", r#"{"userID":5}"#, r#"{"status":0}"#, r#"{"userID":"a","userID":"d"}"#]
    {
        let entries = [broken.to_owned(), off("b<c"), on("王", "1"), off("d")];
        assert_eq!(bench.listed(&entries), "0?1-2+13- 0f 0r 1u", "{broken}");
    }
    let doubt = [off("a"), r#"{"userID":"a","status":[]}"#.to_owned(), off("b<c"), off("王"), off("d")];
    assert_eq!(bench.listed(&doubt), "0!1-2-3- 0f 1r 1u");
}

#[test]
fn nothing_asked_and_nothing_answered() {
    let keys = Keys::random();
    let nobody = WatchList::new(1, 500, []);
    for data in ["null", "[]"] {
        let body = format!(r#"{{"errCode":0,"data":{data}}}"#);
        let read = |list| read_online_status(body.as_bytes(), list, 0, &mut DeltaDecoder::default(), &keys);
        assert_eq!(read(&nobody), Ok((Answer::Changed(Vec::new()), Oddities::default())));
        let error = read(&list(1)).expect_err("nobody is answered for");
        assert!(error.to_string().ends_with("it says nothing of the users that were asked about"), "{error}");
    }
}

#[test]
fn another_list_or_batch_starts_afresh() {
    let mut bench = Bench::new();
    let entries = [off("a"), off("b<c"), off("王"), off("d")];
    assert_eq!(bench.listed(&entries), "0-1-2-3-");
    bench.list = list(2);
    assert_eq!(bench.listed(&entries), "0-1-2-3-");
    let refusal = read_online_status(b"{\"errCode\":500}", &bench.list, 0, &mut bench.sieve, &bench.keys);
    assert!(refusal.is_err());
    assert_eq!(bench.listed(&entries), "same");
}

/// An entry of an answer that need not make sense.
fn any_entry() -> impl Strategy<Value = String> {
    let id = prop::sample::select(vec!["a", "b<c", "王", "d", "e"]);
    prop_oneof![
        4 => id.clone().prop_map(off),
        4 => (id.clone(), 0..3_u8).prop_map(|(id, conn)| on(id, &conn.to_string())),
        1 => id.prop_map(|id| format!(r#"{{"userID":"{id}","status":[]}}"#)),
        1 => Just("7".to_owned()),
    ]
}

/// The four users in their order, each on or off.
fn in_order() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(0..3, 4).prop_map(|conns| {
        let entry = |(id, conn): (&&str, i32)| if conn == 0 { off(id) } else { on(id, &conn.to_string()) };
        IDS.iter().zip(conns).map(entry).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_sifted_answer_leaves_the_same_picture_as_one_read_in_full(
        answers in prop::collection::vec(prop_oneof![in_order(), prop::collection::vec(any_entry(), 0..6)], 1..12)
    ) {
        let mut bench = Bench::new();
        let mut picture: HashMap<UserIx, UserStatus> = HashMap::new();
        for entries in answers {
            let body = body(&entries);
            let sifted = bench.read(&body);
            let full = read_online_status(body.as_bytes(), &bench.list, 0, &mut DeltaDecoder::default(), &bench.keys);
            prop_assert_eq!(sifted.is_err(), full.is_err());
            let (Ok((answer, oddities)), Ok((full, full_oddities))) = (sifted, full) else { continue };
            if let Answer::Changed(changed) = answer {
                picture.extend(changed);
            }
            let Answer::Changed(full) = full else { panic!("a first answer is never the same") };
            prop_assert_eq!(full.len(), IDS.len());
            prop_assert_eq!(&picture, &full.into_iter().collect());
            prop_assert_eq!(oddities, full_oddities);
        }
    }

    #[test]
    fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let bench = Bench::new();
        let _ = read_online_status(&body, &bench.list, 0, &mut DeltaDecoder::default(), &bench.keys);
    }
}
