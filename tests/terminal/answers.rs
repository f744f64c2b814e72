//! What a terminal answers on the line of the keys: nothing comes of it, and the keys go on working.

use super::demo;
use super::pty::Session;

/// Unasked by imtop: a multiplexer, a program that ended before, or an editor asked.
const ANSWERS: &[&str] = &[
    "\u{1b}P>|tmux 3.4\u{1b}\\",
    "\u{1b}[>1;4000;33c",
    "\u{1b}]11;rgb:0000/0000/0000\u{1b}\\",
    "\u{1b}]52;c;cTEK\u{7}",
    "\u{1b}P1+r524742=8\u{1b}\\",
    "\u{1b}_Gi=31;OK\u{1b}\\",
    "\u{1b}[12;40R",
    "\u{1b}[I",
];

/// Sends each answer byte by byte, but for its ESC, which alone would be the key.
fn answer(session: &mut Session) {
    for answer in ANSWERS {
        let mut bytes: Vec<String> = answer.chars().map(String::from).collect();
        let head = bytes.remove(0);
        bytes[0].insert_str(0, &head);
        for byte in bytes {
            session.press(&byte);
        }
    }
}

/// The headings of the table, which say how it is sorted, and the users below in their order.
fn table(text: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| !line.contains("USER")).take(12);
    let cells = lines.filter(|line| !line.contains('─')).map(|line| line.chars().skip(4).take(14).collect());
    cells.collect()
}

#[test]
fn answers_of_the_terminal_do_nothing_in_the_table() {
    let mut session = demo();
    session.press(":sort user\r");
    // A frame may be on its way: only a whole one is in order.
    let in_order = |screen: &vt100::Screen| {
        let table = table(&screen.contents());
        table.len() == 12 && table[0].starts_with("USER▼") && table[1..].is_sorted()
    };
    session
        .until("sorted, without a prompt", |screen| in_order(screen) && !screen.contents().contains(":sort"));
    answer(&mut session);
    // The next key comes after all of that: what it finds is what there was, with nothing on top.
    session.press("\u{1b}[1;5A");
    session.until("the same order, and no word of an answer", |screen| {
        in_order(screen) && screen.contents().contains("Ctrl-Up is not bound")
    });
    session.press("q");
    assert_eq!(session.end(), 0);
    session.expect_restored();
}

#[test]
fn answers_of_the_terminal_do_nothing_in_a_prompt() {
    let mut session = demo();
    session.press("/kio");
    session.until_shows("filter: kio");
    answer(&mut session);
    session.press("sk_lobby");
    session.until_shows("filter: kiosk_lobby ");
    session.press("\r");
    session.until("only the kiosk", |screen| {
        screen.contents().contains("kiosk_lobby") && !screen.contents().contains("agent_007")
    });
    session.press("\u{3}");
    assert_eq!(session.end(), 130);
}

/// Terminals write a function key with Shift in more than one way; no part of any is typed.
#[test]
fn a_key_that_means_nothing_here_types_nothing_into_a_prompt() {
    let mut session = demo();
    session.press("/kio");
    session.until_shows("filter: kio");
    for key in ["\u{1b}O2R", "\u{1b}[1;2R", "\u{1b}O1;5P", "\u{1b}[25~", "\u{1b}[13;2~", "\u{1b}[57441u"] {
        session.press(key);
    }
    session.press("sk_lobby");
    session.until_shows("filter: kiosk_lobby ");
    session.press("\u{3}");
    assert_eq!(session.end(), 130);
}

#[test]
fn a_lone_esc_and_a_paste_work_beside_them() {
    let mut session = demo();
    session.press("?");
    session.until("help", |screen| !screen.contents().contains("agent_007"));
    session.press("\u{1b}");
    session.until_shows("agent_007");
    session.press("\u{1b}]11;rgb:0000/0000/0000\u{1b}\\\u{1b}[200~kiosk_lobby\u{1b}[201~");
    session.until_shows("filter: kiosk_lobby");
    session.press("\u{1b}");
    session.until("no prompt", |screen| !screen.contents().contains("filter:"));
    // Without its end a string lasts only as long as bytes come.
    session.press("\u{1b}P>|tm");
    session.press("\u{3}");
    assert_eq!(session.end(), 130);
}
