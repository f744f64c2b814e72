//! Whole screens in Chinese: nothing that matters is cut, columns stand under their heads, no size panics.

use imtop::language::Language;
use imtop::presence::{Entry, LifeSign, Thresholds, Witnesses};
use imtop::tui::Msg;
use unicode_width::UnicodeWidthStr as _;

use crate::stage::Stage;
use crate::verdicts_shown::{ALIVE, HUNG, LOST, hang, id, online, signs, take};

/// Users in two groups, of whom some are on a gateway that hangs.
fn in_an_incident(size: (u16, u16)) -> Stage {
    let users = 58;
    let entry = |user: u32| Entry {
        label: Some(["王小明", "李雷", "韩梅梅"][user as usize % 3].into()),
        group: Some(if user < LOST { "客服" } else { "运营" }.into()),
        ..Entry::of(&id(user))
    };
    let mut stage = Stage::tuned(size, 500, (0..users).map(entry).collect(), |setting| {
        setting.start.language = Language::Chinese;
        setting.roster =
            setting.roster.clone().with_witnesses(Witnesses::to_be_asked(true, true), Thresholds::default());
    });
    take(&mut stage, |now| signs(now, &[(ALIVE, LifeSign::Alive), (HUNG, LifeSign::Alive)]));
    let all: Vec<String> = (0..users).map(id).collect();
    stage.answer(0, all.iter().zip(0..).map(|(id, user)| (id.as_str(), online(user))).collect());
    hang(&mut stage);
    stage
}

#[test]
fn an_incident_in_chinese() {
    let mut stage = in_an_incident((80, 24));
    stage.keys("1");
    stage.picture("zh-users-80x24");
    stage.keys("j<Enter>j<Enter>");
    stage.picture("zh-detail-80x24");
    stage.keys("3");
    stage.picture("zh-findings-80x24");
    stage.keys("4");
    stage.picture("zh-server-80x24");
    stage.keys("5");
    stage.picture("zh-overview-80x24");
}

#[test]
fn no_size_panics_in_chinese_and_no_row_is_wider_than_the_screen() {
    let mut stage = in_an_incident((80, 24));
    for key in ["1", "2", "3", "4", "5", "1j<Enter>", "?", ":", "<Esc>s"] {
        stage.keys(key);
        for size in [(20, 5), (1, 1), (40, 10), (60, 15), (120, 40)] {
            stage.send(Msg::Resize(size.0, size.1));
            for row in stage.screen().lines() {
                assert!(row.width() <= usize::from(size.0), "{key} {size:?}: {row}");
            }
        }
    }
}
