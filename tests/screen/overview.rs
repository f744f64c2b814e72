//! Journeys of the overview: what comes first with many users, rows by group, the map, the way to the users.

use imtop::presence::{Entry, FetchError, UserStatus};
use imtop::tui::{Colour, Effect, Msg, Screen, Theme};

use crate::stage::{Stage, connection, hidden, named};

/// Users in one batch.
const BATCH: u32 = 60;

fn id(user: u32) -> String {
    format!("user_{user:03}")
}

/// 240 users in three groups and one without; of each ten six are online, one is in background.
fn entries() -> Vec<Entry> {
    let group = |user: u32| ["nurses", "guards", "drivers", "nurses"][(user / 60) as usize];
    let entry = |user| if user % 16 == 15 { Entry::of(&id(user)) } else { named(&id(user), "", group(user)) };
    (0..240).map(entry).collect()
}

fn status(user: u32) -> UserStatus {
    let it = connection([1, 2, 5][user as usize % 3], &format!("c{user}"), None);
    match user % 10 {
        0..=5 => UserStatus::Online(vec![it]),
        6 => UserStatus::Online(vec![hidden(it)]),
        _ => UserStatus::Offline,
    }
}

/// A stage on which all were heard of once, with the overview wherever there are more than 200 users.
fn begin(size: (u16, u16)) -> Stage {
    let mut stage = Stage::tuned(size, BATCH, entries(), |setting| setting.start.overview_from = Some(200));
    answered(&mut stage, 0..4);
    stage
}

fn answered(stage: &mut Stage, batches: std::ops::Range<u32>) {
    for batch in batches {
        let users = batch * BATCH..(batch + 1) * BATCH;
        let ids: Vec<(String, UserStatus)> = users.map(|user| (id(user), status(user))).collect();
        let changed = ids.iter().map(|(id, status)| (id.as_str(), status.clone())).collect();
        stage.answer(batch, changed);
    }
}

/// The third batch gets no answer any more until all its users are unknown.
fn fail(stage: &mut Stage) {
    for attempt in 1..=5 {
        stage.wait(2_000);
        for batch in [0, 1, 3] {
            stage.same(batch);
        }
        stage.fail(2, attempt, FetchError::Timeout { after_ms: 10_000 });
    }
}

#[test]
fn with_many_users_it_comes_first_and_says_whom_it_hits() {
    let mut stage = begin((80, 24));
    stage.wait(20_000);
    answered(&mut stage, 0..4);
    fail(&mut stage);
    stage.picture("overview-80x24");
    stage.keys("<Down><Enter>");
    let screen = stage.screen();
    assert!(screen.contains("filter: group=drivers"), "the worst group is the first:\n{screen}");
    stage.keys("5<Tab>");
    stage.picture("overview-map-80x24");
    stage.keys("<Down><Down><Right>");
    assert!(stage.screen().lines().any(|line| line.contains(" map ") && line.contains("user_")));
    stage.keys("<Enter>");
    assert!(matches!(stage.model.screen(), Screen::Detail { .. }), "{}", stage.screen());
    stage.keys("<Esc>");
    assert!(matches!(stage.model.screen(), Screen::Overview(_)), "back to where it was opened");
}

#[test]
fn users_who_stand_out_are_listed_and_opened() {
    let mut stage = begin((80, 24));
    stage.wait(20_000);
    answered(&mut stage, 0..4);
    let (often, gone) = (id(0), id(1));
    let soon = Some((often.as_str(), 2, 7_200));
    for round in 0..3 {
        stage.wait(2_000);
        let online = UserStatus::Online(vec![connection(2, &format!("c{round}"), soon)]);
        stage.answer(0, vec![(&often, online)]);
        stage.wait(2_000);
        stage.answer(0, vec![(&often, UserStatus::Offline), (&gone, UserStatus::Offline)]);
    }
    stage.keys("<Tab><Tab>");
    stage.picture("overview-top-80x24");
    let tops =
        |stage: &Stage, top| stage.view().picture().tops.first(top).map(|user| user.0).collect::<Vec<_>>();
    assert_eq!(tops(&stage, imtop::presence::Top::Flips).first(), Some(&0));
    stage.keys("<Down><Enter>");
    assert!(matches!(stage.model.screen(), Screen::Detail { user, .. } if user.0 == 0), "{}", stage.screen());
    stage.keys("<Esc><Right><Down>");
    for (width, height) in [(160, 45), (60, 20), (40, 10), (20, 5), (1, 1)] {
        stage.send(imtop::tui::Msg::Resize(width, height));
        stage.screen();
    }
    stage.keys("<Tab>");
    assert!(matches!(stage.model.screen(), Screen::Overview(it) if it.panel == imtop::tui::Panel::Rollups));
}

#[test]
fn the_first_key_opens_the_first_row_and_esc_leads_back_to_the_rows() {
    let mut stage = begin((80, 24));
    stage.keys("<Enter>");
    let screen = stage.screen();
    assert!(screen.contains("filter: group=") && screen.contains("Esc back"), "{screen}");
    stage.keys("<Enter><Esc>");
    assert_eq!(stage.model.screen(), &Screen::Users, "from a user to the users of the row");
    stage.keys("<Esc>");
    assert!(matches!(stage.model.screen(), Screen::Overview(_)), "{}", stage.screen());
    assert!(stage.model.rows.filter().is_empty());
    stage.keys("<Enter>/user_0<Enter><Esc>");
    assert_eq!(stage.model.screen(), &Screen::Users, "another filter is left for all users");
    stage.keys("5q");
    assert_eq!(stage.effects, [Effect::Quit]);
}

#[test]
fn users_are_counted_by_what_a_command_or_an_arrow_says() {
    let mut stage = begin((100, 30));
    let by = |stage: &Stage| {
        let screen = stage.screen();
        let line = screen.lines().find(|line| line.contains(" map ")).unwrap().to_owned();
        line.trim().split_once("  map").unwrap().0.trim_start_matches("by ").to_owned()
    };
    assert_eq!(by(&stage), "group");
    stage.keys("<Right>");
    assert_eq!(by(&stage), "platform");
    stage.keys("<Right>");
    assert_eq!(by(&stage), "batch");
    stage.keys("<Right>");
    assert_eq!(by(&stage), "group", "no gateway is known");
    stage.keys("<Left>");
    assert_eq!(by(&stage), "batch");
    stage.keys(":by platform<Enter><Down><Enter>");
    assert!(stage.screen().contains("filter: platform="), "{}", stage.screen());
    stage.keys(":by gateway<Enter>");
    assert!(stage.screen().contains("no gateway is known"), "{}", stage.screen());
    stage.keys(":by room<Enter>");
    assert!(stage.screen().contains("expected one of group, platform, batch, gateway"), "{}", stage.screen());
    stage.keys("<Esc>:by batch<Enter><Down><Down><Enter>");
    assert!(stage.screen().contains("of the list are one batch"), "{}", stage.screen());
}

#[test]
fn few_users_or_somebody_who_did_something_begin_with_the_list() {
    let few = Stage::tuned((80, 24), BATCH, entries(), |setting| setting.start.overview_from = Some(240));
    assert_eq!(few.model.screen(), &Screen::Users);
    let once = Stage::tuned((80, 24), BATCH, entries(), |setting| {
        setting.start.overview_from = Some(0);
        setting.start.one_shot = true;
    });
    assert_eq!(once.model.screen(), &Screen::Users, "one picture of the list");
    let mut stage = begin((80, 24));
    stage.keys("q");
    assert_eq!(stage.effects, [Effect::Quit], "it is a first view: q leaves for good");
}

#[test]
fn a_click_selects_a_row_and_then_a_cell() {
    let mut stage = begin((80, 24));
    let row = |stage: &Stage, text: &str| {
        let screen = stage.screen();
        screen.lines().position(|line| line.contains(text)).unwrap() as u16
    };
    let nurses = row(&stage, "nurses");
    stage.send(Msg::Click(4, nurses));
    stage.keys("<Enter>");
    assert!(stage.screen().contains("filter: group=nurses"), "{}", stage.screen());
    stage.keys("5<Tab>");
    let first = row(&stage, " map ") + 1;
    stage.send(Msg::Click(1, first));
    assert!(stage.screen().contains("user_000 of nurses: online"), "{}", stage.screen());
}

#[test]
fn masked_groups_are_neither_named_nor_filtered_by() {
    let mut stage = begin((100, 30));
    stage.keys("P");
    assert!(!stage.screen().contains("nurses"), "{}", stage.screen());
    stage.keys("<Down><Enter>");
    let screen = stage.screen();
    assert!(!screen.contains("nurses") && screen.contains("groups are masked"), "{screen}");
}

#[test]
fn every_size_holds_also_without_colours_and_in_ascii() {
    let mut stage = begin((120, 36));
    stage.wait(20_000);
    answered(&mut stage, 0..4);
    fail(&mut stage);
    stage.picture("overview-120x36");
    stage.theme = Theme::new(Colour::None, true);
    for keys in ["", "<Tab><Down>"] {
        stage.keys(keys);
        for (width, height) in
            (1..=60).step_by(3).flat_map(|height| [1, 20, 39, 80, 200].map(|width| (width, height)))
        {
            stage.send(Msg::Resize(width, height));
            assert!(stage.screen().is_ascii(), "{width}x{height}:\n{}", stage.screen());
        }
    }
    stage.send(Msg::Resize(60, 20));
    stage.keys("<Tab>");
    stage.picture("overview-60x20-ascii");
}

#[test]
fn with_a_filter_the_counts_are_those_of_who_is_shown_and_follow_them() {
    let mut stage = begin((120, 30));
    stage.keys("1/group=guards<Enter>");
    let counts = |stage: &Stage| stage.screen().lines().nth(1).unwrap().trim_end().to_owned();
    let shown = " 56 of 240 shown  ● 33 online 58%  ◐ 6 background 10%  ○ 17 offline 30%  ? 0 unknown";
    assert_eq!(counts(&stage), shown);
    stage.wait(2_000);
    stage.answer(1, vec![("user_060", UserStatus::Offline)]);
    assert!(counts(&stage).contains("● 32 online 57%"), "{}", counts(&stage));
    stage.keys("<Esc>/user_06<Enter>");
    assert!(counts(&stage).starts_with(" 10 of 240 shown  ● 5 online 50%"), "{}", counts(&stage));
    stage.wait(2_000);
    stage.answer(1, vec![("user_061", UserStatus::Offline)]);
    assert!(counts(&stage).contains("● 4 online 40%"), "words alone are followed, too: {}", counts(&stage));
    stage.keys("2");
    assert!(counts(&stage).starts_with(" 240 watched"), "events are everybody's: {}", counts(&stage));
}

#[test]
fn what_is_wrong_is_said_once() {
    let mut stage = begin((100, 24));
    let refused = || FetchError::Http { status: 502 };
    stage.wait(2_000);
    for batch in 0..4 {
        stage.fail(batch, 1, refused());
    }
    let screen = stage.screen();
    assert!(screen.starts_with(" DEGRADED") && !screen.contains("DEGRADED:"), "{screen}");
    assert!(screen.contains("\n no answer: counts are as last seen"), "{screen}");
    for attempt in 2..=8 {
        stage.wait(2_000);
        for batch in 0..4 {
            stage.fail(batch, attempt, refused());
        }
    }
    let screen = stage.screen();
    assert!(screen.starts_with(" CRITICAL: no answer, 240 users"), "{screen}");
    assert_eq!(screen.matches("CRITICAL").count(), 1, "{screen}");
    assert!(screen.contains("\n 240 of 240 users unknown"), "{screen}");
}

#[test]
fn the_charts_of_the_server_begin_where_the_run_began() {
    let mut stage = begin((100, 34));
    for _ in 0..30 {
        stage.wait(2_000);
        answered(&mut stage, 0..4);
    }
    stage.keys("4");
    let screen = stage.screen();
    let line = screen.lines().find(|line| line.starts_with(" failures")).unwrap();
    assert!(line.matches('·').count() > 30, "a minute of two fills half of the row:\n{screen}");
    assert!(screen.lines().any(|line| line.contains(':') && line.trim_end().ends_with(" now")), "{screen}");
}
