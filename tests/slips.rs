//! Slips of whoever runs imtop: each is refused, or said, and nothing is lost without a word.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

mod common;

use common::binary::{imtop, run};
use common::scratch::Scratch;

#[test]
fn a_watch_list_with_an_open_quote_or_in_another_form_is_refused() {
    let files = Scratch::new();
    let long: String = (0..1_000).map(|number| format!("k{number},x\n")).collect();
    let open = format!("k,\"Front desk,g\n{long}");
    for (name, text, said) in [
        ("open.csv", &*open, "line 1: the quote before Front desk,g is still open at the end of the line"),
        ("last.csv", "k1,x\nk2,\"Front desk\n", "line 2: the quote before Front desk is still open"),
        ("users.json", "[\"k1\",\"k2\"]\n", "line 1: this looks like JSON"),
        ("semicolons.csv", "k1;Front desk;kiosks\n", "line 1: there are semicolons between the fields"),
        ("tabs.csv", "k1\tFront desk\n", "line 1: there are tabs between the fields"),
    ] {
        let list = files.secret(name, text);
        let list = list.to_str().unwrap();
        let server = ["--api", "http://127.0.0.1:1", "--token-command", "true", "--watch", list];
        for (command, code) in
            [(&["snapshot"] as &[&str], 2), (&["check"], 3), (&["wait", "--for", "online>0"], 2)]
        {
            let ended = run(&[command, &server].concat());
            assert_eq!(ended.code, Some(code), "{name}: {ended:?}");
            assert!(format!("{}{}", ended.out, ended.err).contains(&format!("{name}, {said}")), "{ended:?}");
        }
        // Standard input is no other: there is nothing to fall back to.
        let mut command = imtop(&["snapshot", "--token-command", "true", "-"]);
        command.stdin(std::fs::File::open(list).unwrap());
        let ended = common::binary::Said::from(command.output().unwrap());
        assert!(ended.code == Some(2) && ended.err.contains(&format!("standard input, {said}")), "{ended:?}");
    }
}
