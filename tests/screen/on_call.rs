//! What somebody on call does at three in the morning, key by key, with pictures: finds one user among
//! many, follows a loop, learns why a user is flagged and hands the ID over, holds the picture during an
//! incident, mistypes a filter, goes over to another server.
//!
//! The pictures are in `tests/journeys/`; `UPDATE_JOURNEYS=1 cargo test --test screen on_call` writes them.

use imtop::presence::{Connection, Entry, FetchError, UserStatus};
use imtop::tui::{Colour, Theme};
use imtop::tui::{Effect, Screen};

use crate::stage::{Stage, connection, named};

const DAY: i64 = 86_400;

#[track_caller]
fn picture(stage: &Stage, name: &str) {
    let path = format!("{}/tests/journeys/on-call-{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let screen = stage.screen();
    if std::env::var_os("UPDATE_JOURNEYS").is_some() {
        std::fs::write(&path, screen).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(screen, expected, "\n{name}: is\n{screen}\nexpected\n{expected}");
}

fn online(connections: Vec<Connection>) -> UserStatus {
    UserStatus::Online(connections)
}

/// Ten thousand users in batches of 500; every third is online, one has a label.
fn crowd(size: (u16, u16)) -> Stage {
    let entries = (0..10_000).map(|n| match n {
        6_789 => named("u_06789", "王小明", "客服"),
        n => Entry::of(&format!("u_{n:05}")),
    });
    let mut stage = Stage::new(size, 500, entries.collect());
    stage.wait(300);
    for batch in 0..20 {
        let users: Vec<(String, UserStatus)> = (batch * 500..(batch + 1) * 500)
            .map(|n| {
                let id = format!("u_{n:05}");
                let platform = 1 + n as i32 % 5;
                let token = Some((id.as_str(), platform, 30 * DAY));
                let there = online(vec![connection(platform, &format!("{n:032x}"), token)]);
                let status = if n % 3 == 0 { there } else { UserStatus::Offline };
                (id, status)
            })
            .collect();
        stage.answer(batch, users.iter().map(|(id, status)| (id.as_str(), status.clone())).collect());
    }
    stage
}

#[test]
fn one_user_among_ten_thousand_is_found_by_typing() {
    let mut stage = crowd((80, 24));
    stage.keys("/");
    for typed in ["0", "06", "067", "0678", "06789"] {
        stage.keys(&typed[typed.len() - 1..]);
        let holds = (0..10_000).filter(|n| format!("u_{n:05}").contains(typed)).count();
        assert_eq!(stage.model.rows().matching(), holds, "{typed}");
    }
    stage.keys("<Ctrl-u>小明");
    assert_eq!(stage.model.rows().matching(), 1);
    picture(&stage, "found");
    stage.keys("<Enter><Enter>");
    picture(&stage, "found-detail");
    stage.keys("<Esc><Esc>");
    assert_eq!((stage.model.rows().matching(), *stage.model.screen() == Screen::Users), (10_000, true));
    let selected = stage.model.cursor().unwrap().user;
    assert_eq!(stage.live().list().raw_id(selected), "u_06789", "still selected among all");
}

/// A small night shift; one browser opens its connection anew with every answer.
fn shift(size: (u16, u16)) -> Stage {
    let entries = vec![
        named("2890713225", "王小明", "office"),
        named("agent_007", "Night desk", "support"),
        named("kiosk_lobby", "Lobby kiosk", "kiosks"),
        named("u_119", "Flaky browser", "support"),
    ];
    let mut stage = Stage::new(size, 500, entries);
    stage.wait(300);
    stage.answer(
        0,
        vec![
            (
                "2890713225",
                online(vec![
                    connection(2, "bbb7c4da159b1ec6beb81c9e4129b075", Some(("2890713225", 2, -700 * DAY))),
                    connection(3, "f18b67b5f57f01604b9f7c338238f43d", Some(("2890713225", 3, 40 * DAY))),
                ]),
            ),
            ("agent_007", online(vec![connection(3, "a007", Some(("agent_007", 3, 20 * DAY)))])),
            ("kiosk_lobby", online(vec![connection(7, "cafe01", Some(("kiosk_lobby", 7, 9 * 3_600)))])),
            ("u_119", online(vec![web(0)])),
        ],
    );
    stage
}

/// The n-th connection of the flaky browser; its session token stays the same.
fn web(n: u32) -> Connection {
    let token = connection(5, "flaky", Some(("u_119", 5, 40 * DAY))).token;
    Connection { token, ..connection(5, &format!("{n:032x}"), None) }
}

fn reconnect(stage: &mut Stage, times: std::ops::Range<u32>) {
    for n in times {
        stage.wait(2_000);
        stage.answer(0, vec![("u_119", online(vec![web(n)]))]);
    }
}

#[test]
fn a_reconnect_loop_is_found_named_and_followed() {
    let mut stage = shift((110, 30));
    reconnect(&mut stage, 1..3);
    assert_eq!(stage.view().picture().findings.count_of(imtop::presence::Rule::Reconnecting), 0);
    reconnect(&mut stage, 3..6);
    stage.keys("!");
    picture(&stage, "loop-problems");
    stage.keys("/u_119<Enter>je");
    picture(&stage, "loop-events");
    stage.keys("<Esc>3");
    picture(&stage, "loop-findings");
}

#[test]
fn an_expired_token_why_and_the_id_for_the_chat() {
    let mut stage = shift((80, 24));
    stage.keys("n");
    picture(&stage, "expired-found");
    stage.keys("d");
    picture(&stage, "expired-why");
    stage.keys("yu");
    assert_eq!(stage.effects, [Effect::Copy("2890713225".into())]);
    picture(&stage, "expired-copied");
    stage.keys("a<Esc>");
    assert!(!stage.view().is_problem(stage.live().list().find("2890713225").unwrap()), "put aside");
    stage.keys("yr");
    let [Effect::Copy(request)] = stage.effects.as_slice() else { panic!("{:?}", stage.effects) };
    assert!(
        request.starts_with("curl -sS 'http://im.example:10002/user/get_users_online_status'"),
        "{request}"
    );
    assert!(
        request.contains("$IMTOP_TOKEN") && request.ends_with("-d '{\"userIDs\":[\"2890713225\"]}'"),
        "{request}"
    );
}

#[test]
fn the_picture_stands_during_an_incident_and_says_what_it_hides() {
    let mut stage = shift((80, 24));
    stage.keys("jj ");
    for attempt in 1..5 {
        stage.wait(2_000);
        stage.fail(0, attempt, FetchError::Timeout { after_ms: 4_000 });
    }
    picture(&stage, "held");
    let selected = stage.model.cursor().cloned();
    stage.wait(2_000);
    stage.answer(0, vec![("agent_007", UserStatus::Offline)]);
    stage.keys(" ");
    assert_eq!(stage.model.cursor().cloned(), selected, "the selection stays on its user");
    picture(&stage, "let-go");
}

#[test]
fn a_filter_with_a_mistake_says_where_and_leaves_the_last_good_one() {
    let mut stage = shift((80, 24));
    stage.keys("/state=online<Enter>");
    let before = stage.model.rows().matching();
    stage.keys("/ a");
    assert_eq!(stage.model.rows().matching(), before, "it may become an and");
    stage.keys("nd (platfrom=web<Enter>");
    picture(&stage, "mistake");
    assert!(stage.model.prompt().is_some(), "nothing that was typed is lost");
    assert_eq!(stage.model.rows().matching(), before);
    stage.keys("<Esc>");
    assert_eq!((stage.model.prompt().is_none(), stage.model.rows().filter()), (true, "state=online"));
}

#[test]
fn the_night_shift_in_a_light_room_without_colours_and_in_ascii() {
    for (name, theme) in
        [("light", Theme::new(Colour::Ansi16, false)), ("ascii", Theme::new(Colour::None, true))]
    {
        for (width, height) in [(160, 45), (60, 15), (20, 5)] {
            let mut stage = shift((width, height));
            stage.theme = theme.clone();
            reconnect(&mut stage, 1..6);
            stage.keys(":sort problems<Enter>");
            stage.wait(5_000);
            stage.answer(0, vec![]);
            if name == "ascii" {
                assert!(stage.screen().is_ascii() || stage.screen().contains("王小明"), "{}", stage.screen());
            }
            picture(&stage, &format!("shift-{name}-{width}x{height}"));
        }
    }
}
