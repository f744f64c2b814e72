//! Journeys with a prompt: filters, commands, the search in the help, the list of columns; and keys that
//! are none.

use imtop::language::Language;
use imtop::presence::Entry;
use imtop::tui::{Effect, Msg, Screen};

use crate::night::night;
use crate::stage::Stage;

#[test]
fn typing_a_filter_finds_people_and_keeps_the_selection() {
    let mut stage = night((80, 24));
    stage.keys("jjj/ops");
    stage.picture("filter-typing");
    stage.keys("<Enter>j");
    stage.shows(&[
        " filter: ops                                                 2 of 9, list order",
        ">▸  ops_1        Ops phone      ● online        And*2      30d            ≥0s",
        "    ops_2        Ops tablet 😀  ○ offline       ·          ·              ≥0s",
        " ? help  / filter  Esc all users  Enter detail  1-5 views  Tab events       1/2",
    ]);
    stage.keys("/<Ctrl-u>nobody");
    stage.shows(&[
        " filter: nobody                                              0 of 9, list order",
        ">▸  ops_1        Ops phone      ● online        And*2      30d            ≥0s",
        " Enter accept  Esc cancel  Up history  Ctrl-u clear",
        "cursor at 15,2",
    ]);
    stage.keys("<Esc>");
    assert_eq!(stage.model.rows.filter(), "ops", "Esc brings the filter back");
    stage.keys("<Esc><Esc>/zzz<Enter>");
    stage.picture("filter-nothing");
}

#[test]
fn the_help_is_whole_and_scrolls() {
    let mut stage = night((80, 24));
    stage.keys("?");
    stage.picture("help");
    stage.keys("G");
    stage.shows(&[
        "   partial-view      another API endpoint lists more connections of the user",
        "   rate-limited      the server refuses requests because they are too many",
        " ? help  / filter  Esc back  : command  q close                  201-216 of 216",
    ]);
    stage.keys("q");
    assert!(stage.effects.is_empty());
    stage.keys("q");
    assert_eq!(stage.effects, [Effect::Quit]);
}

#[test]
fn hints_for_keys_that_are_none() {
    let mut stage = night((60, 15));
    stage.keys("z");
    stage.shows(&[" z…  R expand all  M collapse all"]);
    stage.keys("<Esc>王");
    stage.shows(&[" 王 is not bound: switch the input method to Latin letters"]);
}

#[test]
fn commands_are_found_by_typing_a_part_of_them() {
    let mut stage = night((80, 24));
    stage.keys("jj:");
    stage.picture("palette");
    stage.keys("so");
    stage.shows(&[
        " :so",
        "  sort COLUMN [asc|desc]  sort the users by a column                          >",
        "  sort-next               sort by the next column                             >",
        "  sort-previous           sort by the previous column                         <",
        "  copy-json               copy all that is known about the user as JSON, wi… yj",
        " Enter run  Esc cancel  Tab complete  Up history  Ctrl-u clear",
        "cursor at 4,2",
    ]);
    stage.keys("rt <Tab><Tab>");
    stage.shows(&[
        " :sort list",
        "  sort COLUMN [asc|desc]  sort the users by a column                          >",
        "  problems                problems first",
        "> list                    list order",
        "  user                    by user",
        "  label                   by label",
        "  group                   by group",
        "  presence                by presence",
        "  platforms               by platform",
        "  token                   by token expiry",
        "  since                   latest change first",
        "  +6 more",
        "cursor at 11,2",
    ]);
    stage.keys("x<Enter>");
    stage.shows(&[
        " :sort listx",
        "       ^^^^^ unknown name `listx`; did you mean `list`?",
        "  sort COLUMN [asc|desc]  sort the users by a column                          >",
        " Enter run  Esc cancel  Up history  Ctrl-u clear",
        "cursor at 12,2",
    ]);
    stage.keys("<Ctrl-u>sort token<Enter>");
    stage.shows(&[
        "    USER         LABEL          PRESENCE        PLATFORMS  TOKEN▼         SINCE",
        " ▸! 2890713225   王小明         ● online        And Win    EXPIRED 1y!    ≥0s",
        " ▸! bot_billing  Billing bot    ● online        Bot        4h soon        ≥0s",
        " ▸  alice        Alice in Acc…  ◐ background    iOS        22d            ≥0s",
        " ▸  ops_1        Ops phone      ● online        And*2      30d            ≥0s",
        " ▸✘ kiosk_14     Lobby          ● online        Web        of kiosk_99!   ≥0s",
        ">   agent_007    Night desk     ○ offline       ·          ·              ≥0s",
        " ▸  kiosk_15     北京南站二层…  ● online        Web        ·              ≥0s",
        "    ops_2        Ops tablet 😀  ○ offline       ·          ·              ≥0s",
        "    u_119                       ● online        not named  ·              ≥0s",
        " sorted by token expiry",
    ]);
    let exported: [(u16, u16, &[&str]); 2] = [
        (
            60,
            15,
            &[
                " :exp",
                "  export csv|json|txt [FILE]  export what is shown to a … x",
                "  expand                      show the user's conn… l Right",
                "  expand-all                  show the connections of a… zR",
                "  next-problem                go to the next user with a… n",
                " Enter run  Esc cancel  Tab complete  Up history",
                "cursor at 5,2",
            ],
        ),
        (20, 5, &[" :exp", "  export csv|json|t…", "  +4 more", " Enter run", "cursor at 5,1"]),
    ];
    for (width, height, rows) in exported {
        let mut stage = night((width, height));
        stage.keys(":exp");
        stage.shows(rows);
    }
}

#[test]
fn the_help_is_searched_and_esc_ends_the_search_before_the_help() {
    let mut stage = night((80, 24));
    stage.keys("?/offline");
    stage.picture("help-search");
    stage.keys("<Enter><Esc>");
    assert!(matches!(stage.model.screen(), Screen::Help { search, .. } if search.is_empty()));
    stage.keys("/zzz<Enter>");
    stage.shows(&[
        " filter: zzz                                                            nothing",
        "   Nothing in the help contains \"zzz\".",
        " ? help  / filter  Esc all help  : command  q close",
    ]);
    stage.keys("<Esc><Esc>");
    assert_eq!(*stage.model.screen(), Screen::Users);
}

#[test]
fn the_help_in_chinese_is_found_by_what_it_shows_and_by_english_names() {
    let mut stage = Stage::tuned((80, 24), 500, vec![Entry::of("alice")], |setting| {
        setting.start.language = Language::Chinese;
    });
    for (search, found) in [
        ("暂停", "   Space             暂停画面；imtop 继续查询"),
        ("pause", "   Space             暂停画面；imtop 继续查询"),
        ("PageDown", ""),
        ("page-down", "   PgDn              向下一页"),
        ("stale", "   ~ 陈旧            最后已知的状态及其时长：新的应答还没到"),
        ("Filters", "   conns bg          连接数和后台连接数：conns>1"),
        (":rm", "   :rm               [ID]... - 不再监视这些用户，或所选用户"),
    ] {
        stage.keys(&format!("?/{search}<Enter>"));
        let screen = stage.screen();
        let is_found = screen.lines().any(|line| line.trim_end() == found && !found.is_empty());
        assert_eq!(is_found, !found.is_empty(), "{search}: {screen}");
        stage.keys("q");
    }
    stage.keys(":exp");
    let screen = stage.screen();
    assert!(screen.contains("把显示的内容导出到文件") && screen.contains("展开全部用户的连接"), "{screen}");
    stage.keys("<Esc>:srot<Enter>");
    assert!(stage.screen().contains("没有命令 `srot`；是不是 `sort`？"), "{}", stage.screen());
}

#[test]
fn a_filter_before_the_first_answer_says_that_nobody_has_answered() {
    let mut stage = Stage::new((80, 24), 500, vec![Entry::of("alice"), Entry::of("bob")]);
    stage.keys("/zzz<Enter>");
    stage.shows(&[
        " filter: zzz                                                 0 of 2, list order",
        "   No answer yet: asking http://im.example:10002 about 2 users since 12:00:00.",
        "   4 shows how the server does.",
    ]);
}

#[test]
fn a_filter_is_helped_along_and_corrected_in_its_place() {
    let mut stage = night((80, 24));
    stage.keys("/");
    stage.shows(&[
        " filter:                                                     9 of 9, list order",
        "  Tab       lists fields, as in state=online; other words match ID and label",
        " Enter accept  Esc cancel  Up history  Ctrl-u clear",
        "cursor at 9,2",
    ]);
    stage.keys("state=on");
    stage.shows(&[
        " filter: state=on                                            6 of 9, list order",
        "  online",
        " ▸! 2890713225   王小明         ● online        And Win    EXPIRED 1y!    ≥0s",
        " Enter accept  Esc cancel  Tab complete  Up history  Ctrl-u clear",
        "cursor at 17,2",
    ]);
    stage.keys("<Tab> and 王 pltform=web");
    stage.picture("filter-mistake");
    stage.send(Msg::Resize(40, 10));
    stage.shows(&[
        " filter: tate=online and 王 pltform=web",
        "                            ^^^^^^^",
        " no field \"pltform\"; did you mean",
        " platform?",
        " Enter accept  Esc cancel  Up history",
        "cursor at 39,2",
    ]);
    stage.send(Msg::Resize(20, 5));
    stage.shows(&[
        " filter: ltform=web",
        " no field",
        " \"pltform\"; did you",
        " Enter accept",
        "cursor at 19,1",
    ]);
    stage.send(Msg::Resize(80, 24));
    stage.keys("<Esc>/exp<lt>30d and not state=stale or finding=token-foreign-user or ops<Enter>");
    stage.shows(&[
        " filter: exp<30d and not state=stale or finding=token-fore…   6 of 9, list order",
        " ▸! 2890713225   王小明         ● online        And Win    EXPIRED 1y!    ≥0s",
        " ▸  alice        Alice in Acc…  ◐ background    iOS        22d            ≥0s",
        " ▸! bot_billing  Billing bot    ● online        Bot        4h soon        ≥0s",
        " ▸✘ kiosk_14     Lobby          ● online        Web        of kiosk_99!   ≥0s",
        " ▸  ops_1        Ops phone      ● online        And*2      30d            ≥0s",
        "    ops_2        Ops tablet 😀  ○ offline       ·          ·              ≥0s",
        " ? help  / filter  Esc all users  Enter detail  1-5 views  Tab events",
    ]);
}

#[test]
fn columns_are_chosen_from_a_list() {
    let mut stage = night((100, 24));
    stage.keys(":cols<Enter><Down><Down><Tab>");
    stage.picture("chooser");
    stage.keys("con<Tab><Enter>");
    stage.wait(4_100);
    stage.shows(&[
        " 9 watched  ● 6 online  ◐ 1 background  ○ 2 offline  ? 0 unknown  ~ 9 stale  ✘ 1 crit  ! 5 warn",
        "    USER       LABEL     PRESENCE        PLATFORMS  TOKEN          SINCE   FLIPS  CONNS  LAST 30 MIN",
        " ▸! 2890…3225  王小明    ● online ~4s    And Win    EXPIRED 1y!    ≥4s         ·      2           █",
        "    agent_007  Night d…  ○ offline ~4s   ·          ·              ≥4s         ·      ·           ▁",
        "    ops_2      Ops tab…  ○ offline ~4s   ·          ·              ≥4s         ·      ·           ▁",
    ]);
}
