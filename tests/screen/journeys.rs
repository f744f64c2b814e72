//! Journeys through the live view: what somebody does at three in the morning, with pictures of whole
//! screens that no other test shows, and the rows that a step is about.

use imtop::presence::{Entry, FetchError, Input, UserStatus, WatchList};
use imtop::tui::{Colour, Theme};

use crate::night::{aftermath, blind, incident, night, past, replay};
use crate::stage::{Setting, Stage, connection, named};

#[test]
fn before_the_first_answer_it_says_that_it_waits() {
    let stage = Stage::new((80, 24), 500, vec![Entry::of("alice"), Entry::of("bob")]);
    stage.picture("first-frame");
    let deadline = stage.view().next_deadline(stage.now);
    assert_eq!(deadline, Some(stage.now.mono_ms + 60_000), "nothing moves until that is too long");
    assert!(!stage.view().round_is_complete());
}

#[test]
fn a_night_at_the_usual_size() {
    let mut stage = night((80, 24));
    assert!(stage.view().round_is_complete());
    stage.picture("night-80x24");
    stage.keys("jl");
    stage.shows(&[
        ">▾! 2890713225   王小明         ● online        And Win    EXPIRED 1y!    ≥0s",
        "   ├ Android     bbb7c4da foreground ≥0s   issued for Win, expired 2025-01-27",
        "   └ Windows     f18b67b5 foreground ≥0s   issued for And, expired 2025-01-25",
        "    agent_007    Night desk     ○ offline       ·          ·              ≥0s",
    ]);
    stage.keys("ljjG");
    stage.keys("lj<Enter>");
    stage.picture("night-80x24-detail");
}

#[test]
fn a_night_on_a_wide_screen() {
    let mut stage = incident((120, 40));
    stage.keys("zR");
    stage.wait(4_500);
    stage.picture("incident-120x40-all-expanded");
    stage.keys("t");
    stage.wait(4_500);
    stage.shows(&[
        "    USER         LABEL              GROUP    PRESENCE        PLATFORMS  TOKEN           SINCE         FLIPS  LAST 30 MIN",
        " ▾? 6 users unknown: 2 batches, answer overdue, for 9s",
        ":▾!├2890713225   王小明             sales    ? no answer 9s  ~And Win   EXPIRED 2025!   12:00:08          ·           █",
        "   ├ Android      bbb7c4da  foreground  first seen ≤12:00:00      issued for Windows, not Android, expired 2025-01-27",
        "   └ Windows      f18b67b5  foreground  first seen ≤12:00:00      issued for Android, not Windows, expired 2025-01-25",
        "   └ Android      d00d      foreground  first seen ≤12:00:00      expires 2027-01-27",
        "   └ Bot          b0b0      foreground  first seen ≤12:00:00      expires soon, 2026-12-28 16:01:00",
        "   └ Web          cafe01    foreground  first seen ≤12:00:00      issued for user kiosk_99, expires 2027-03-28",
        "   └ Web          cafe02    foreground  first seen ≤12:00:00      no token shown",
        " 12:00:00-12:00:02  alice    background → offline (iOS disconnected)",
    ]);
}

#[test]
fn a_batch_that_fails_ages_and_then_is_unknown_but_never_offline() {
    let stage = incident((80, 24));
    stage.shows(&[
        " CRITICAL  http://im.example:10002  ▲ degraded: 1 of 3 batches  last 0s ago",
        " 9 watched  ● 6 on  ◐ 0 bg  ○ 3 off  ? 0 unk  ~ 3 stale  ✘ 1 crit  ! 5 warn",
        " × batch 2 of 3: no whole answer within 4 s",
        "   the server or one of its gateways may hang; --timeout waits longer",
        "|   alice        Alice in Acc…  ○ offline       ·          ·              0s",
        " ▸! bot_billing  Billing bot    ● online ~2s    Bot        4h soon        ≥2s",
        " ▸✘ kiosk_14     Lobby          ● online ~2s    Web        of kiosk_99!   ≥2s",
        " ▸  kiosk_15     北京南站二层…  ● online ~2s    Web        ·              ≥2s",
        " 12:00:00-12:00:02  alice  background → offline (iOS disconnected)",
    ]);
    let mut stage = blind((80, 24));
    stage.picture("incident-80x24-unknown");
    stage.keys("!");
    stage.wait(4_100);
    stage.shows(&[
        " CRITICAL  http://im.example:10002  × retrying now (attempt 5)  last 4s ago",
        " 9 watched  ● 3 on  ◐ 0 bg  ○ 3 off  ? 3 unk  ~ 6 stale  ✘ 1 crit  ! 5 warn",
        " problems only                                               9 of 9, list order",
        " ▸! 2890713225   王小明         ● online ~4s    And Win    EXPIRED 1y!    ≥14s",
        "    agent_007    Night desk     ○ offline ~4s   ·          ·              ≥14s",
        ".   alice        Alice in Acc…  ○ offline ~4s   ·          ·              12s",
        ":▸! bot_billing  Billing bot    ? timed out     ~Bot       4h soon        8s",
        ":▸✘ kiosk_14     Lobby          ? timed out     ~Web       of kiosk_99!   8s",
        ":▸  kiosk_15     北京南站二层…  ? timed out     ~Web       ·              8s",
        ":▸  ops_1        Ops phone      ● online ~4s    And        29d            ≥14s",
        "    ops_2        Ops tablet 😀  ○ offline ~4s   ·          ·              ≥14s",
        "    u_119                       ● online ~4s    not named  ·              ≥14s",
    ]);
    stage.keys("jj<Enter>");
    stage.picture("incident-80x24-detail-unknown");
}

#[test]
fn users_of_one_cause_are_one_line_that_opens_and_closes() {
    let users = (0..30).map(|n| named(&format!("user_{n:02}"), "", "")).collect();
    let mut stage = Stage::new((80, 24), 10, users);
    for batch in 0..3 {
        let ids: Vec<String> = (0..10).map(|n| format!("user_{:02}", batch * 10 + n)).collect();
        let online = || UserStatus::Online(vec![connection(2, "c0", None)]);
        stage.answer(batch, ids.iter().map(|id| (id.as_str(), online())).collect());
    }
    for attempt in 1..5 {
        stage.wait(2_000);
        stage.same(0);
        stage.fail(1, attempt, FetchError::Http { status: 500 });
        stage.same(2);
    }
    stage.keys("jjjjjjjjjjj");
    stage.picture("folded-80x24");
    stage.keys("l");
    stage.picture("folded-80x24-open");
    // A member leads back to the line, and the line closes.
    stage.keys("jjjh");
    assert_eq!(stage.model.cursor.as_ref().and_then(imtop::tui::Cursor::one), None);
    stage.keys("h");
    let closed = stage.screen();
    assert!(closed.contains(">▸? 10 users unknown: batch 2, HTTP 500, for 8s"), "{closed}");
    // n goes to the users one by one: who is selected stands alone.
    stage.keys("nn");
    let one = stage.model.cursor.as_ref().and_then(imtop::tui::Cursor::one);
    assert_eq!(one.map(|user| stage.live().list().raw_id(user).to_owned()).as_deref(), Some("user_12"));
    assert!(stage.screen().contains("10 users unknown"), "{}", stage.screen());
    // All of them are exported, and counted.
    assert_eq!(stage.model.rows.len(), 30);
    let cause = stage.model.rows.fold_of(imtop::presence::UserIx(15)).unwrap();
    stage.keys("ggzR");
    assert!(stage.model.rows.is_open(cause));
    stage.keys("zM");
    assert!(!stage.model.rows.is_open(cause));
    stage.keys("/user_13<Enter>");
    assert!(!stage.screen().contains("users unknown: batch"), "{}", stage.screen());
    for (width, height) in [(20, 5), (1, 1), (40, 10), (60, 15)] {
        stage.send(imtop::tui::Msg::Resize(width, height));
        stage.screen();
    }
}

#[test]
fn smaller_screens_shed_columns_and_regions() {
    let opened: [(u16, u16, &[&str]); 3] = [
        (
            60,
            15,
            &[
                "    USER       LABEL     PRESENCE      TOKEN          SINCE",
                ">▾! 2890…3225  王小明    ● online      EXPIRED 1y!    ≥0s",
                "   ├ Android     bbb7c4da foreground ≥0s   for Win, expired…",
                "   └ Windows     f18b67b5 foreground ≥0s   for And, expired…",
                " ? help  / filter  Enter detail  1-5 views  Tab events  1/9",
            ],
        ),
        (
            40,
            10,
            &[
                "    USER      PRESENCE     TOKEN",
                ">▾! 2890…3225 ● online     EXPIRED 1y!",
                "   ├ And  bbb7c4da fg for Win, expired …",
                "   └ Win  f18b67b5 fg for And, expired …",
                " ? help  / filter  Enter detail     1/9",
            ],
        ),
        (
            20,
            5,
            &[
                " CRIT  ● live 2s",
                ">▾! 2890713225 ● on",
                "   ├ And  bbb7c4da …",
                "   └ Win  f18b67b5 …",
                " ? help         1/9",
            ],
        ),
    ];
    for (width, height, rows) in opened {
        blind((width, height)).picture(&format!("incident-{width}x{height}"));
        let mut stage = night((width, height));
        stage.keys("jl");
        stage.shows(rows);
    }
    blind((19, 5)).shows(&["too small", "for imtop:", "20x5 at least"]);
}

#[test]
fn ascii_and_no_colour_lose_nothing() {
    let mut stage = blind((80, 24));
    stage.theme = Theme::new(Colour::None, true);
    stage.keys("jl");
    stage.picture("incident-80x24-ascii");
}

#[test]
fn a_paused_picture_stands_and_counts_what_it_hides() {
    let mut stage = night((80, 24));
    stage.keys("jl ");
    let standing = stage.screen();
    stage.wait(2_000);
    stage.answer(0, vec![("2890713225", UserStatus::Offline)]);
    stage.picture("paused");
    let body = |screen: &str| screen.lines().skip(3).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(body(&stage.screen())[..17], body(&standing)[..17]);
    stage.keys(" ");
    stage.shows(&[
        " 9 watched  ● 5 on  ◐ 1 bg  ○ 3 off  ? 0 unk  ✘ 1 crit  ! 1 warn",
        ">   2890713225   王小明         ○ offline       ·          ·              0s",
        " 12:00:02  2890713225  token-expired cleared",
        " 12:00:02  2890713225  token-foreign-platform cleared",
    ]);
}

#[test]
fn the_server_is_gone() {
    let mut stage = night((80, 24));
    for attempt in 1..=4 {
        stage.wait(2_000);
        for batch in 0..3 {
            stage.fail(batch, attempt, FetchError::Unreachable { what: "connection refused".into() });
        }
    }
    stage.picture("server-gone");
}

#[test]
fn nobody_is_watched() {
    Stage::new((80, 24), 500, vec![]).picture("nobody");
}

#[test]
fn a_new_list_keeps_the_selection_on_its_user() {
    let mut stage = night((80, 24));
    stage.keys("jjjjjl");
    let entries = vec![named("kiosk_14", "Lobby", "kiosks"), Entry::of("new"), Entry::of("alice")];
    stage.input(Input::Rebased(WatchList::new(2, 3, entries).into()));
    stage.shows(&[
        " 3 watched  ● 1 on  ◐ 1 bg  ○ 0 off  ? 1 unk  ~ 2 stale  ✘ 1 crit",
        ">▾✘ kiosk_14  Lobby  ● online ~0s    Web              of kiosk_99!   ≥0s",
        "   └ Web         cafe01   foreground ≥0s   for user kiosk_99, expires in 90d",
        "    new              ? no answer     ·                ·              ·",
        " ▸  alice            ◐ bg ~0s        iOS              22d            ≥0s",
        " 3 users are watched now",
    ]);
}

#[test]
fn what_happened_newest_first() {
    let mut stage = aftermath((80, 24));
    stage.keys("2jj");
    stage.picture("events-80x24");
    stage.keys("t/off");
    stage.shows(&[
        " filter: off",
        "  3 of 11 events with off                                                   1/3",
        "> 12:00:10-12:00:13  ops_2 Ops tablet…  offline → online (Android connected)",
        "  12:00:00-12:00:12  2 users            unknown → offline, was online",
        "  12:00:00-12:00:02  alice Alice in A…  background → offline (iOS disconnected)",
        " Enter accept  Esc cancel  Up history  Ctrl-u clear",
        "cursor at 12,2",
    ]);
    stage.keys("<Enter>k<Enter>");
    stage.picture("events-80x24-detail");
    let mut stage = aftermath((140, 24));
    stage.keys("2j");
    stage.picture("events-140x24");
    stage.keys("e");
    stage.shows(&[
        "  2 events of ops_2 Ops tablet 😀, Esc for all",
        "  0s     12:00:13           token-foreign-user found, critical: Android: the token was issued for the us… finding",
        "  0s     12:00:10-12:00:13  offline → online (Android connected)                                          presence                 imtop-20",
    ]);
    stage.keys("/nothing<Enter>");
    stage.shows(&[
        "  0 of 2 events of ops_2 Ops tablet 😀 with nothing",
        "   No event matches \"nothing\".",
        "   Esc leaves the filter.",
    ]);
}

#[test]
fn what_happened_on_small_screens_and_without_colour() {
    let events = |size| {
        let mut stage = aftermath(size);
        stage.theme = Theme::new(Colour::None, true);
        stage.keys("2j");
        stage
    };
    events((60, 15)).picture("events-60x15-ascii");
    events((40, 10)).shows(&[
        " *5on %0bg o4off ?0unk X1 !5",
        "  11 events, newest first          1/11",
        "> 0s   ops_2       token-foreign-user f~",
        "  0s   ops_2       offline -> online (A~",
        "  0s   ops_1       Android replaced by ~",
        "  1s   kiosk_14    token-foreign-user c~",
        "  1s   bot_billing unknown -> online",
        "  1s   2 users     unknown -> offline, ~",
        " ? help  Enter user  e this user",
    ]);
    events((20, 5)).shows(&[
        " CRIT  * live 2s",
        "> 0s   ops_2 token-~",
        "  0s   ops_2 offlin~",
        "  0s   ops_1 Androi~",
        " ? help",
    ]);
}

#[test]
fn the_events_at_the_foot_take_half_of_the_body() {
    let mut stage = aftermath((80, 24));
    stage.keys("jjj<Tab>jj");
    stage.picture("pane-80x24");
}

#[test]
fn stand_ins_for_a_screen_that_others_see() {
    let mut stage = aftermath((100, 30));
    stage.keys("PzRj");
    stage.picture("masked-100x30");
}

#[test]
fn before_anything_happens_the_events_say_so() {
    let mut stage = night((60, 15));
    stage.keys("2");
    stage.shows(&[
        "  0 events",
        "   Nothing has changed since 12:00:00.",
        " ? help  Enter user  e this user  / filter  Esc back",
    ]);
}

#[test]
fn the_keys_that_fit_are_told_from_the_first_picture() {
    for (width, height) in [(80, 24), (20, 5)] {
        let stage = Stage::new((width, height), 500, vec![Entry::of("alice")]);
        if width == 80 {
            stage.picture("greeting-80x24");
        } else {
            stage.shows(&[" UNK  ◌ connecting", "    alice ? unk", " ? help  / filter"]);
        }
    }
}

#[test]
fn a_wide_screen_has_the_columns_of_the_past_and_what_is_wrong() {
    let mut stage = aftermath((159, 24));
    stage.keys("jmjjjm<Ctrl-d>");
    stage.shows(&[
        "    USER         LABEL                     GROUP    PRESENCE        PLATFORMS  TOKEN          SINCE   FLIPS  LAST 30 MIN  FINDINGS",
        " ▸!◆2890713225   王小明                    sales    ● online        And Win    EXPIRED 1y!    ≥13s        ·           █   token-expired, token-foreign-platform",
        ".   alice        Alice in Accounting       sales    ○ offline       ·          ·              11s         1           ◐",
        "|▸!◆bot_billing  Billing bot               bots     ● online        Bot        4h soon        ≥13s        ·           █   token-expiring",
        "|▸✘ ops_2        Ops tablet 😀             support  ● online        And        of ops_1!      0s          1           ▃   token-foreign-user",
        ">   u_119                                           ● online        not named  ·              ≥13s        ·           █",
    ]);
    let mut stage = aftermath((160, 24));
    stage.keys("jmjjjm<Ctrl-d>");
    assert!(stage.screen().contains("user u_119"), "the detail stands beside the table: {}", stage.screen());
    stage.keys("w");
    stage.picture("users-160x24-wide");
    stage.keys("aG!M");
    stage.shows(&[
        " problems only, marked only                                                                                                                  2 of 9, list order",
        "    USER         LABEL                 GROUP    PRESENCE        PLATFORMS  TOKEN          SINCE   FLIPS  RECON  CONNS  DELIVERY  LAST 30 MIN  FINDINGS",
        " ▸!◆2890713225   王小明                sales    ● online        And Win    EXPIRED 1y!    ≥13s        ·      ·      2  now                █   token-expired +1",
        "|▸!◆bot_billing  Billing bot           bots     ● online        Bot        4h soon        ≥13s        ·      ·      1  now                █   token-expiring",
        ">   u_119                                       ● online        not named  ·              ≥13s        ·      ·      ·  unknown            █   only as selected",
    ]);
    let mut stage = aftermath((100, 24));
    stage.keys("w");
    stage.shows(&[
        "    USER        LABEL        GROUP   PRESENCE       PLATFORMS TOKEN         SINCE  FLIPS LAST 30 MIN",
        " ▸! 2890713225  王小明       sales   ● online       And Win   EXPIRED 1y!   ≥13s       ·          █",
        "    agent_007   Night desk   support ○ offline      ·         ·             ≥13s       ·          ▁",
        "|▸✘ ops_2       Ops tablet … support ● online       And       of ops_1!     0s         1          ▃",
    ]);
    stage.theme = Theme::new(Colour::None, true);
    stage.keys(":cols user last30 findings<Enter>");
    stage.wait(4_100);
    stage.same(0);
    stage.same(1);
    stage.same(2);
    stage.shows(&[
        "    USER         PRESENCE        LAST 30 MIN  FINDINGS",
        "|+! 2890713225   * online                 #   token-expired, token-foreign-platform",
        "|   agent_007    o offline                _",
        "|   alice        o offline                %",
        ":+X ops_2        * online                 .   token-foreign-user",
    ]);
}

#[test]
fn production_is_in_sight() {
    let production = |size| {
        let tune = |setting: &mut Setting| {
            setting.about.production = true;
            setting.about.context = Some("im-eu".into());
        };
        let mut stage = Stage::tuned(size, 500, vec![Entry::of("alice")], tune);
        stage.fail(0, 1, FetchError::Timeout { after_ms: 4_000 });
        stage
    };
    production((80, 24)).picture("production-80x24");
    production((40, 10)).shows(&[
        " CRITICAL   PROD im-eu   htt…  × retryi…",
        " × no whole answer within 4 s - the ser…",
        "    alice ? timed out  ·",
    ]);
    production((20, 5)).shows(&[" CRIT   PROD   × re…", " × no whole answer …", "    alice ? unk"]);
}

#[test]
fn a_moment_of_the_past_has_its_place_in_time() {
    past((80, 24)).picture("past-80x24");
    past((40, 10)).shows(&[
        " now: CRITICAL  ‖ PAST at 12:00:02  htt…",
        " ●6on ◐0bg ○3off ?0unk ~ 3 stale ✘1 !5",
        " ‖ 12:00:02 12s ago  ▆▆!▅▅▅▅▅▅▅!▃▃▃▃▃▃▃",
        " × now: batch 2 of 3: no whole answer w…",
        "|   alice     ○ offline    ·",
        " ▸! bot_…ling ● on ~2s     4h soon",
        " ? help  [ ] step  { } incidents",
    ]);
    past((20, 5)).shows(&[
        " now: CRIT  ‖ PAST",
        " ‖ 12:00:02 12s ago",
        " ▸! 2890713225 ● on",
        "    agent_007  ○ off",
        " ? help  [ ] step",
    ]);
    let mut stage = past((80, 24));
    stage.theme = Theme::new(Colour::None, true);
    stage.shows(&[
        " now: CRITICAL  = PAST at 12:00:02, 3 changes since  htt~  ! now: degraded: 1 o~",
        " 9 watched  * 6 on  % 0 bg  o 3 off  ? 0 unk  ~ 3 stale  X 1 crit  ! 5 warn",
        " = 12:00:02 12s ago  12:00:00 -----!----------------!................. 12:00:14",
        " x now: batch 2 of 3: no whole answer within 4 s",
        "   the server or one of its gateways may hang; --timeout waits longer",
        "|   alice        Alice in Acc~  o offline       -          -              0s",
        " +! bot_billing  Billing bot    * online ~2s    Bot        4h soon        >=2s",
        " ? help  [ ] step  { } incidents  . now  / filter  Enter detail  1-5 views",
    ]);
    stage.keys(".");
    assert!(!stage.view().is_in_past() && stage.view().strip().is_none());
}

#[test]
fn a_recording_that_is_played_says_where_it_is_and_how_far_it_was_read() {
    replay((80, 24), true, 100).picture("replay-80x24");
    replay((80, 24), false, 40).shows(&[
        " CRITICAL  REPLAY  http://im.example:10002  ▲ degraded: 1 of 3 batches",
        " ‖ 12:00:14 still, 40 % read  11:59:14 ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 12:05:14",
        " ? help  Space play  [ ] step  { } incidents  / filter  Enter detail",
    ]);
    replay((40, 10), true, 40).shows(&[
        " CRITICAL  REPLAY  htt…  ▲ degraded: 1 …",
        " ▸ 12:00:14 x2, 40 % read  ░░░░░░░░░░░░",
        " × batch 2 of 3: no whole answer within…",
        " ? help  Space stand still  [ ] step",
    ]);
    replay((20, 5), false, 100).shows(&[
        " CRIT  REPLAY  ▲ de…",
        " ‖ 12:00:14 still",
        " ▸! 2890713225 ● on",
        "    agent_007  ○ off",
        " ? help",
    ]);
    let mut stage = replay((80, 24), false, 100);
    stage.theme = Theme::new(Colour::None, true);
    stage.shows(&[
        " CRITICAL  REPLAY  http://im.example:10002  ! degraded: 1 of 3 batches",
        " = 12:00:14 still  11:59:14 ?????????????????????????????????????????? 12:05:14",
        ":+X kiosk_14     Lobby          ? timed out     ~Web       of kiosk_99!   7s",
        " ? help  Space play  [ ] step  { } incidents  / filter  Enter detail",
    ]);
}
