//! Words of lists in each language, held against the places that they have to fit in.

use unicode_width::UnicodeWidthStr as _;

use super::column::{ColumnsAsked, Longest};
use super::*;
use crate::language::{Language, say, speaking};
use crate::presence::{Basis, Change, Claims, ConnId, ErrorKind, Presence, Severity, Socket, UnknownReason};

const STATES: [Presence; 5] = [
    Presence::Online,
    Presence::Background,
    Presence::Offline,
    Presence::Unknown(UnknownReason::NotAnswered),
    Presence::Unregistered,
];

const REASONS: [UnknownReason; 12] = [
    UnknownReason::NotAnswered,
    UnknownReason::Slow,
    UnknownReason::Failed(ErrorKind::Timeout),
    UnknownReason::Missing,
    UnknownReason::Unclear,
    UnknownReason::Checking,
    UnknownReason::RegistrySilent,
    UnknownReason::Leaving,
    UnknownReason::RegistryOnline,
    UnknownReason::GatewayLost,
    UnknownReason::GatewayHangs,
    UnknownReason::GatewayLostMaybe,
];

fn is_chinese(text: &str) -> bool {
    text.chars().any(|it| matches!(it, '\u{4e00}'..='\u{9fff}'))
}

#[test]
fn the_head_of_a_column_fits_in_it() {
    let longest = Longest { id: 9, label: 8, group: 8 };
    let asked = ColumnsAsked { longest, ..ColumnsAsked::default() };
    for language in Language::ALL {
        for column in ColumnName::ALL {
            let (least, _) = (column.row().widths)(120, &asked);
            let head = speaking(language, || say(column.head()));
            assert!(head.width() <= usize::from(least), "{head} in {least}");
        }
    }
}

#[test]
fn what_stands_in_a_cell_fits_in_it() {
    let asked = ColumnsAsked::default();
    let width = |column: ColumnName| usize::from((column.row().widths)(60, &asked).0);
    speaking(Language::Chinese, || {
        // A sign and a blank come before the word.
        for state in STATES {
            assert!(state.word().width() + 2 <= width(ColumnName::Presence), "{}", state.word());
        }
        for left in [-100, -86_400 * 365 * 60, 1, 3_599, 86_399, 86_400, 86_400 * 365 * 99] {
            let text = short_expiry(left);
            assert!(text.width() <= width(ColumnName::Token), "{text}");
        }
        assert!(say(Claims::FAR_FUTURE).width() <= Claims::FAR_FUTURE.len());
        assert!(say("not named").width() <= width(ColumnName::Platforms));
        // What stands beside a word has at most the room that it takes in English.
        for severity in Severity::ALL {
            assert!(severity.word().width() <= severity.name().width(), "{}", severity.word());
        }
    });
    let why = |language| REASONS.map(|why| speaking(language, || why.to_string()));
    for (english, chinese) in why(Language::English).iter().zip(why(Language::Chinese)) {
        assert!(is_chinese(&chinese) && chinese.width() <= english.width(), "{english} = {chinese}");
    }
}

#[test]
fn names_of_states_stay_and_their_words_are_chinese() {
    speaking(Language::Chinese, || {
        for state in STATES {
            assert!(state.name().is_ascii() && is_chinese(state.word()), "{}", state.word());
        }
        for severity in Severity::ALL {
            assert!(severity.name().is_ascii() && is_chinese(severity.word()), "{}", severity.word());
        }
        assert_eq!(Basis::SocketsAlone.name(), Some("one witness"), "as the schema has it");
        assert_eq!(Basis::SocketsAlone.words(), Some("单一来源"));
    });
}

#[test]
fn what_happened_is_told_in_chinese() {
    let socket = || Socket { platform: crate::presence::Platform(2), id: ConnId::new("a"), token: None };
    let replaced = |same_token| Change::Replaced { old: socket(), new: socket(), same_token };
    let changes = [
        Change::Presence { from: Presence::Online, to: Presence::Offline },
        Change::Connected(socket()),
        Change::SeenAgain { socket: socket(), absent_ms: 4_000, whole_user: true },
        Change::Retracted { of: 1, socket: socket() },
        Change::Disconnected(socket()),
        replaced(true),
        replaced(false),
        Change::MovedBackground(socket()),
        Change::MovedForeground(socket()),
    ];
    let unknown = REASONS.map(|why| Change::Presence { from: Presence::Online, to: Presence::Unknown(why) });
    for change in changes.iter().chain(&unknown) {
        let words = speaking(Language::Chinese, || change_words(change, "->"));
        let rest = words.replace("Android", "").replace("Redis", "").replace("API", "");
        assert!(is_chinese(&words) && !rest.bytes().any(|it| it.is_ascii_alphabetic()), "{words}");
    }
    let feed = |count, of, trouble| speaking(Language::Chinese, || feed_words(count, 1, of, trouble, 65_000));
    assert_eq!(feed(1, 1, None), "1m 后恢复应答");
    assert_eq!(feed(1, 9, Some(ErrorKind::Timeout)), "批次 2/9：超时");
    assert_eq!(feed(3, 9, Some(ErrorKind::Http { status: 502 })), "9 个批次中 3 个：HTTP 502");
    assert_eq!(speaking(Language::Chinese, || clock_words(-65_000)), "本机时钟倒退 1m");
}

#[test]
fn a_mistake_in_a_query_is_told_in_chinese_and_names_what_is_typed_in_english() {
    let told = |text: &str| {
        speaking(Language::Chinese, || crate::presence::query::Query::parse(text).unwrap_err().to_string())
    };
    assert_eq!(told("state=onlne"), "state 的值 \"onlne\" 无效；是否想写 state=online？");
    assert!(told("age>5").starts_with("时间 \"5\" 缺少单位；应为 5s，5m，"), "{}", told("age>5"));
}
