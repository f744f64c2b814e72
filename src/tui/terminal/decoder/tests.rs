//! Answers of terminals and keys of users, in every way that a line can split them.

use proptest::prelude::{any, proptest};
use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::*;

/// What terminals say unasked, or asked by another program.
const ANSWERS: &[&[u8]] = &[
    b"\x1bP>|tmux 3.4\x1b\\",
    b"\x1b[>1;4000;33c",
    b"\x1b]11;rgb:0000/0000/0000\x1b\\",
    b"\x1b]52;c;cTEK\x07",
    b"\x1bP1+r524742=8\x1b\\",
    b"\x1b[?62;1;2;4;22c",
    b"\x1b[?2026;2$y",
    b"\x1b[?1u",
    b"\x1b[12;40R",
    b"\x1b[1;2R",
    b"\x1b[0n",
    b"\x1b[8;30;100t",
    b"\x1b[?997;1n",
    b"\x1b[I",
    b"\x1b[O",
    b"\x1b_Gi=31;OK\x1b\\",
    b"\x1b^quiet\x1b\\",
    b"\x1bXstring\x1b\\",
    b"\x1b]0;\xe6\x95\xb0\xe6\x8d\xae\x1b\\",
    b"\x1b]L\x1b\\",
];

fn press(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

fn typed(text: &str) -> Vec<Event> {
    text.chars().map(|c| press(KeyCode::Char(c), KeyModifiers::NONE)).collect()
}

/// What comes of pieces that are read one after the other, and of silence after the last.
fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
    let mut decoder = Decoder::default();
    let mut done: Vec<Event> = pieces.into_iter().flat_map(|piece| decoder.feed(piece)).collect();
    if decoder.patience().is_some() {
        done.extend(decoder.nothing_came());
    }
    assert_eq!(decoder.patience(), None, "nothing is left to wait for");
    done
}

/// The same for every split in two, and for a byte at a time.
fn in_every_way(bytes: &[u8]) -> Vec<Event> {
    let whole = decode([bytes]);
    for at in 1..bytes.len() {
        let (head, tail) = bytes.split_at(at);
        assert_eq!(decode([head, tail]), whole, "{bytes:?} split at {at}");
    }
    assert_eq!(decode(bytes.chunks(1)), whole, "{bytes:?} a byte at a time");
    whole
}

#[test]
fn no_answer_of_a_terminal_is_a_key_and_the_keys_around_it_are() {
    for answer in ANSWERS {
        assert_eq!(in_every_way(answer), [], "{answer:?}");
        assert_eq!(in_every_way(&[b"a", *answer, b"b"].concat()), typed("ab"), "{answer:?}");
    }
    assert_eq!(in_every_way(&ANSWERS.concat()), []);
}

#[test]
fn a_long_answer_is_swallowed_to_its_end() {
    let text = [&b"\x1b]52;c;"[..], &b"jjqq".repeat(100_000), b"\x1b\\x"].concat();
    assert_eq!(decode([text.as_slice()]), typed("x"));
    assert_eq!(decode(text.chunks(1)), typed("x"));
    let control = [&b"\x1b["[..], &b"1;".repeat(10_000), b"Ax"].concat();
    assert_eq!(decode(control.chunks(7)), typed("x"), "no key is as long");
}

#[test]
fn keys_are_read_in_every_form_and_split() {
    let (none, alt, ctrl) = (KeyModifiers::NONE, KeyModifiers::ALT, KeyModifiers::CONTROL);
    for (bytes, code, modifiers) in [
        (&b"\x1b"[..], KeyCode::Esc, none),
        (b"\x1b[A", KeyCode::Up, none),
        (b"\x1bOB", KeyCode::Down, none),
        (b"\x1b[1;5C", KeyCode::Right, ctrl),
        (b"\x1b[1;3D", KeyCode::Left, alt),
        (b"\x1b\x1b[A", KeyCode::Up, alt),
        (b"\x1b[H", KeyCode::Home, none),
        (b"\x1b[1~", KeyCode::Home, none),
        (b"\x1b[4~", KeyCode::End, none),
        (b"\x1b[3~", KeyCode::Delete, none),
        (b"\x1b[5~", KeyCode::PageUp, none),
        (b"\x1b[6;5~", KeyCode::PageDown, ctrl),
        (b"\x1bOP", KeyCode::F(1), none),
        (b"\x1bO2R", KeyCode::F(3), KeyModifiers::SHIFT),
        (b"\x1bO1;5A", KeyCode::Up, ctrl),
        (b"\x1b[[A", KeyCode::F(1), none),
        (b"\x1b[15~", KeyCode::F(5), none),
        (b"\x1b[17~", KeyCode::F(6), none),
        (b"\x1b[24~", KeyCode::F(12), none),
        (b"\x1b[1;2P", KeyCode::F(1), KeyModifiers::SHIFT),
        (b"\x1b[Z", KeyCode::BackTab, none),
        (b"\r", KeyCode::Enter, none),
        (b"\t", KeyCode::Tab, none),
        (b"\x7f", KeyCode::Backspace, none),
        (b"\x1b\x7f", KeyCode::Backspace, alt),
        (b"\x03", KeyCode::Char('c'), ctrl),
        (b"\0", KeyCode::Char(' '), ctrl),
        (b"\x1bx", KeyCode::Char('x'), alt),
        (b"\x1b[97;5u", KeyCode::Char('a'), ctrl),
        (b"\x1b[27u", KeyCode::Esc, none),
        (b"\x1b[13;1:2u", KeyCode::Enter, none),
        ("ä".as_bytes(), KeyCode::Char('ä'), none),
        ("王".as_bytes(), KeyCode::Char('王'), none),
        ("😀".as_bytes(), KeyCode::Char('😀'), none),
        ("\u{1b}ä".as_bytes(), KeyCode::Char('ä'), alt),
    ] {
        assert_eq!(in_every_way(bytes), [press(code, modifiers)], "{bytes:?}");
    }
    for nothing in [
        &b"\x1b[13;1:3u"[..],
        b"\x1b[57441u",
        b"\xff\xc3",
        b"\x1b[1;9",
        b"\x1b[1;5;9A",
        b"\x1bO5z",
        b"\x1bO5",
    ] {
        assert_eq!(in_every_way(nothing), [], "{nothing:?}");
    }
}

#[test]
fn an_introducer_that_nothing_follows_is_a_key_with_alt() {
    for c in ['P', ']', '_', '^', 'X', '[', 'O'] {
        let bytes = format!("\u{1b}{c}");
        assert_eq!(in_every_way(bytes.as_bytes()), [press(KeyCode::Char(c), KeyModifiers::ALT)]);
    }
}

#[test]
fn esc_is_quick_and_two_of_them_are_two() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.feed(b"\x1b"), []);
    assert!(decoder.patience().unwrap() <= Duration::from_millis(50));
    let esc = press(KeyCode::Esc, KeyModifiers::NONE);
    assert_eq!(decoder.nothing_came(), std::slice::from_ref(&esc));
    assert_eq!(decode([&b"\x1b\x1b\x1b"[..]]), vec![esc.clone(); 3]);
    assert_eq!(decode([&b"\x1b"[..], b"\x1bP>|tmux 3.4\x1b\\"]), [esc], "a key before an answer");
}

#[test]
fn a_string_without_its_end_gives_the_keys_back() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.feed(b"\x1b]11;rgb:00"), []);
    assert!(decoder.patience().unwrap() <= Duration::from_secs(1));
    assert_eq!(decoder.nothing_came(), []);
    assert_eq!(decoder.feed(b"j"), typed("j"));
    // Nor does it keep what is no text, whatever the time.
    let ctrl_c = press(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(decode([&b"\x1bP>|tm"[..], b"\x03"]), [ctrl_c]);
    let up = press(KeyCode::Up, KeyModifiers::NONE);
    assert_eq!(in_every_way(b"\x1b]11;rgb\x1b[A"), [up]);
    assert_eq!(decode([&b"\x1bP>|tm"[..], b"\x1b"]), [press(KeyCode::Esc, KeyModifiers::NONE)]);
}

#[test]
fn a_paste_is_text_whatever_it_holds() {
    let paste = |text: &str| [Event::Paste(text.to_owned())];
    for text in ["k1\rk2", "q\u{1b}]11;rgb\u{1b}\\:quit\r", "王\u{1b}[201", ""] {
        assert_eq!(in_every_way(format!("\u{1b}[200~{text}\u{1b}[201~").as_bytes()), paste(text), "{text:?}");
    }
    // Half of it is text too, once nothing comes any more.
    assert_eq!(decode([&b"\x1b[200~q"[..], b"q"]), paste("qq"));
    let long = [&b"\x1b[200~"[..], &b"q".repeat(LONGEST_PASTE + 1_000), b"\x1b[201~x"].concat();
    let expected = [paste(&"q".repeat(LONGEST_PASTE)).to_vec(), typed("x")].concat();
    assert!(decode([long.as_slice()]) == expected, "what is too much is dropped, not run");
}

#[test]
fn the_mouse_is_read_in_both_forms() {
    let at =
        |kind, column, row| [Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })];
    let down = MouseEventKind::Down(MouseButton::Left);
    assert_eq!(in_every_way(b"\x1b[<0;3;5M"), at(down, 2, 4));
    assert_eq!(in_every_way(b"\x1b[M #%"), at(down, 2, 4));
    assert_eq!(in_every_way(b"\x1b[<64;1;1M"), at(MouseEventKind::ScrollUp, 0, 0));
    assert_eq!(in_every_way(b"\x1b[Ma!!"), at(MouseEventKind::ScrollDown, 0, 0));
    for nothing in [&b"\x1b[<0;3;5m"[..], b"\x1b[M#!!", b"\x1b[<2;3;5M", b"\x1b[<0;0;0M", b"\x1b[<1;1M"] {
        assert_eq!(in_every_way(nothing), [], "{nothing:?}");
    }
}

proptest! {
    /// However bytes come, they mean the same, and no byte is one that fails.
    #[test]
    fn splits_make_no_difference(bytes: Vec<u8>, sizes in proptest::collection::vec(1_usize..5, 0..40)) {
        let mut rest = bytes.as_slice();
        let mut pieces = Vec::new();
        for size in sizes {
            let (piece, tail) = rest.split_at(size.min(rest.len()));
            pieces.push(piece);
            rest = tail;
        }
        pieces.push(rest);
        assert_eq!(decode(pieces), decode([bytes.as_slice()]));
    }

    /// Text of a string has no bytes that end it, and then none of it is a key.
    #[test]
    fn a_string_swallows_any_text(text in "[ -~]{1,300}", opened_by in 0_usize..5, bell: bool) {
        let mut bytes = vec![ESC, b"P]_^X"[opened_by]];
        bytes.extend(text.bytes());
        bytes.extend_from_slice(if bell { b"\x07" } else { b"\x1b\\" });
        assert_eq!(decode(bytes.chunks(1)), []);
    }

    /// After silence every key is a key again, whatever came before.
    #[test]
    fn nothing_is_stuck_after_silence(bytes: Vec<u8>, key in any::<char>()) {
        proptest::prop_assume!(!key.is_control());
        let mut decoder = Decoder::default();
        decoder.feed(&bytes);
        decoder.nothing_came();
        let mut text = [0; 4];
        assert_eq!(decoder.feed(key.encode_utf8(&mut text).as_bytes()), typed(&key.to_string()));
    }
}
