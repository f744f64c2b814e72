//! What somebody on call does at three in the morning, key by key, with pictures: finds one user among
//! many, follows a loop, learns why a user is flagged and hands the ID over, holds the picture during an
//! incident, mistypes a filter, goes over to another server.

use imtop::presence::{Connection, Entry, FetchError, UserStatus};
use imtop::tui::{Colour, Effect, Screen, Theme};

use crate::stage::{Stage, connection, named};

const DAY: i64 = 86_400;

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
        assert_eq!(stage.model.rows.matching(), holds, "{typed}");
    }
    stage.keys("<Ctrl-u>小明");
    assert_eq!(stage.model.rows.matching(), 1);
    stage.shows(&[
        " filter: 小明                                            1 of 10000, list order",
        " ▸  u_06789  王小明  ● online        Web              30d            ≥0s",
        " Enter accept  Esc cancel  Up history  Ctrl-u clear",
        "cursor at 13,2",
    ]);
    stage.keys("<Enter><Enter>");
    stage.shows(&[
        " user u_06789",
        " label       王小明",
        " group       客服",
        " presence    ● online",
        " since       at least 0s: it was so already at 12:00:00",
        " last answer 0s ago, 12:00:00",
        " batch       14 of 20",
        " Connections (1)",
        "   Web         foreground  00000000000000000000000000001a85",
        "   seen      at least 0s: it was so already at 12:00:00",
        "   token     6f64ab55  issued for this user on Web",
        "             expires 2027-01-27 12:00:00 (in 30d)",
        "             issued 2026-12-27 12:00:00 (1d ago)",
        " What happened, newest first (0)",
        " ? help  / filter  Esc back  Space pause  d why  yu copy  : command  1-15 of 24",
    ]);
    stage.keys("<Esc><Esc>");
    assert_eq!((stage.model.rows.matching(), *stage.model.screen() == Screen::Users), (10_000, true));
    let selected = stage.model.cursor.as_ref().unwrap().user;
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
    stage.shows(&[
        " problems only                                                                             3 of 4, list order",
        " ▸! 2890713225   王小明         office   ● online        And Win     EXPIRED 1y     ≥10s        ·           █",
        " ▸! kiosk_lobby  Lobby kiosk    kiosks   ● online        Lin         8h soon        ≥10s        ·           █",
        "|▸! u_119        Flaky browser  support  ● online        Web         39d            ≥10s        ·           █",
        " 12:00:06           u_119  reconnecting found, warning: Web: 3 reconnects in 5m without going offline",
    ]);
    stage.keys("/u_119<Enter>je");
    stage.shows(&[
        "  6 events of u_119 Flaky browser, Esc for all",
        "  0s     12:00:08-12:00:10  Web reconnected with the same token                                  replaced",
        "  2s     12:00:06-12:00:08  Web reconnected with the same token                                  replaced",
        "  4s     12:00:06           reconnecting found, warning: Web: 3 reconnects in 5m without going … finding",
        "  4s     12:00:04-12:00:06  Web reconnected with the same token                                  replaced",
        "  6s     12:00:02-12:00:04  Web reconnected with the same token                                  replaced",
        "  8s     12:00:00-12:00:02  Web reconnected with the same token                                  replaced",
    ]);
    stage.keys("<Esc>3");
    stage.picture("on-call-loop-findings");
}

#[test]
fn an_expired_token_why_and_the_id_for_the_chat() {
    let mut stage = shift((80, 24));
    stage.keys("n");
    stage.shows(&[
        " DEGRADED  imtop  http://im.example:10002  ● live 2s  last 0s ago             ▄",
        ">▸! 2890713225   王小明         ● online        And Win    EXPIRED 1y     ≥0s",
        " ? help  / filter  Enter detail  1-5 views  Tab events  Esc unselect        1/4",
    ]);
    stage.keys("d");
    stage.picture("on-call-expired-why");
    stage.keys("yu");
    assert_eq!(stage.effects, [Effect::Copy("2890713225".into())]);
    stage.shows(&[" user 2890713225", " sent to the terminal: 2890713225"]);
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
    stage.shows(&[
        " CRITICAL  ‖ PAUSED at 12:00:00, 5 changes since  htt…  × retrying in 4s (attem…",
        " 4 watched  ● 4 online  ◐ 0 background  ○ 0 offline  ? 0 unknown  ! 2 warning",
        " × no whole answer within 4 s",
        "   the server or one of its gateways may hang; --timeout waits longer",
        ">▸  agent_007    Night desk     ● online        Win        20d            ≥0s",
        " Space go on  ? help  / filter  Enter detail  1-5 views  Tab events         2/4",
    ]);
    let selected = stage.model.cursor.clone();
    stage.wait(2_000);
    stage.answer(0, vec![("agent_007", UserStatus::Offline)]);
    stage.keys(" ");
    assert_eq!(stage.model.cursor.clone(), selected, "the selection stays on its user");
    stage.shows(&[
        " DEGRADED  imtop  http://im.example:10002  ● live 2s  last 0s ago            ▄▄",
        " 4 watched  ● 3 online  ◐ 0 background  ○ 1 offline  ? 0 unknown  ! 2 warning",
        "|▸! 2890713225   王小明         ● online        And Win    EXPIRED 1y     ≥10s",
        ">   agent_007    Night desk     ○ offline       ·          ·              ≤10s",
        "|▸! kiosk_lobby  Lobby kiosk    ● online        Lin        8h soon        ≥10s",
        "|▸  u_119        Flaky browser  ● online        Web        39d            ≥10s",
        " 12:00:00-12:00:06  4 users    unknown: timed out: 2890713225, agent_007 …",
        " 12:00:00-12:00:10  agent_007  unknown → offline (Windows disconnected)",
        " 12:00:00-12:00:10  3 users    unknown → online: 2890713225, kiosk_lobby, u_119",
        " ? help  / filter  Enter detail  1-5 views  Tab events  Esc unselect        2/4",
    ]);
}

#[test]
fn a_filter_with_a_mistake_says_where_and_leaves_the_last_good_one() {
    let mut stage = shift((80, 24));
    stage.keys("/state=online<Enter>");
    let before = stage.model.rows.matching();
    stage.keys("/ a");
    assert_eq!(stage.model.rows.matching(), before, "it may become an and");
    stage.keys("nd (platfrom=web<Enter>");
    stage.shows(&[
        " filter: state=online and (platfrom=web          4 of 4 by the last good filter",
        "                           ^^^^^^^^ no field \"platfrom\"; did you mean platform?",
        " Enter accept  Esc cancel  Up history  Ctrl-u clear",
        "cursor at 39,2",
    ]);
    assert!(stage.model.prompt.as_ref().is_some(), "nothing that was typed is lost");
    assert_eq!(stage.model.rows.matching(), before);
    stage.keys("<Esc>");
    assert_eq!((stage.model.prompt.as_ref().is_none(), stage.model.rows.filter()), (true, "state=online"));
}

#[test]
fn the_night_shift_in_a_light_room_without_colours_and_in_ascii() {
    let light = Theme::new(Colour::Ansi16, false);
    let ascii = Theme::new(Colour::None, true);
    let night = |size, theme: &Theme| {
        let mut stage = shift(size);
        stage.theme = theme.clone();
        reconnect(&mut stage, 1..6);
        stage.keys(":sort problems<Enter>");
        stage.wait(5_000);
        stage.answer(0, vec![]);
        stage
    };
    night((160, 45), &light).picture("on-call-shift-light-160x45");
    night((60, 15), &light).shows(&[
        " DEGRADED  http://im.example:10002  ● live 2s  last 0s ago",
        " 4 watched  ● 4 on  ◐ 0 bg  ○ 0 off  ? 0 unk  ! 3 warn",
        "    USER       LABEL     PRESENCE      TOKEN          SINCE",
        " ▸! 2890…3225  王小明    ● online      EXPIRED 1y     ≥15s",
        " ▸! kios…obby  Lobby k…  ● online      8h soon        ≥15s",
        ":▸! u_119      Flaky b…  ● online      39d            ≥15s",
        " ▸  agent_007  Night d…  ● online      19d            ≥15s",
        " 12:00:08-12:00:10  u_119  Web reconnected with the same to…",
    ]);
    night((20, 5), &light).shows(&[
        " DEGR  ● live 2s",
        " ▸! 2890713225 ● on",
        " ▸! kiosk…obby ● on",
        ":▸! u_119      ● on",
        " ? help  / filter",
    ]);
    let stages = [(160, 45), (60, 15), (20, 5)].map(|size| night(size, &ascii));
    for screen in stages.iter().map(Stage::screen) {
        assert!(screen.is_ascii() || screen.contains("王小明"), "{screen}");
    }
    let [wide, low, least] = stages;
    wide.shows(&[
        " DEGRADED  imtop  http://im.example:10002  * live 2s  last 0s ago  p95 30 ms (5m)                                                                       .......",
        "    USER         LABEL          GROUP    PRESENCE           PLATFORMS        TOKEN          SINCE   FLIPS  LAST 30 MIN  FINDINGS",
        " +! 2890713225   王小明         office   * online           And Win          EXPIRED 1y     >=15s       -           #   token-expired",
        " +! kiosk_lobby  Lobby kiosk    kiosks   * online           Lin              8h soon        >=15s       -           #   token-expiring",
        ":+! u_119        Flaky browser  support  * online           Web              39d            >=15s       -           #   reconnecting",
        " +  agent_007    Night desk     support  * online           Win              19d            >=15s       -           #",
        " 12:00:06           u_119  reconnecting found, warning: Web: 3 reconnects in 5m without going offline",
    ]);
    low.shows(&[
        " DEGRADED  http://im.example:10002  * live 2s  last 0s ago",
        " 4 watched  * 4 on  % 0 bg  o 0 off  ? 0 unk  ! 3 warn",
        "    USER       LABEL     PRESENCE      TOKEN          SINCE",
        " +! 2890~3225  王小明    * online      EXPIRED 1y     >=15s",
        " +! kios~obby  Lobby k~  * online      8h soon        >=15s",
        ":+! u_119      Flaky b~  * online      39d            >=15s",
        " +  agent_007  Night d~  * online      19d            >=15s",
        " 12:00:08-12:00:10  u_119  Web reconnected with the same to~",
    ]);
    least.shows(&[
        " DEGR  * live 2s",
        " +! 2890713225 * on",
        " +! kiosk~obby * on",
        ":+! u_119      * on",
        " ? help  / filter",
    ]);
}
