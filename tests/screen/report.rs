//! What is seen, handed over to files: the users that are shown, in their order, named as on the screen.

use std::os::unix::fs::PermissionsExt as _;

use imtop::language::Language;
use imtop::presence::{Entry, UserStatus};
use imtop::report::user_json;
use imtop::tui::{Effect, Export, ExportFormat};

use crate::stage::{Stage, connection, named};

fn stage() -> Stage {
    let entries = vec![named("alice", "=SUM(A1)", "sales"), Entry::of("bob"), Entry::of("carol")];
    let mut stage = Stage::new((80, 24), 500, entries);
    let own = connection(5, "cafe01", Some(("alice", 5, 3_600)));
    let foreign = connection(2, "cafe02", Some(("alice", 2, -60)));
    stage.answer(
        0,
        vec![
            ("alice", UserStatus::Online(vec![own])),
            ("bob", UserStatus::Online(vec![foreign])),
            ("carol", UserStatus::Missing),
        ],
    );
    stage
}

fn written(stage: &Stage, format: ExportFormat) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seen");
    let path = Export::of(stage.view(), &stage.theme, format).write(Some(&file)).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "for its owner only");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_spreadsheet_gets_the_users_that_are_shown() {
    let mut stage = stage();
    stage.keys("/state=online<Enter>");
    let csv = written(&stage, ExportFormat::Csv);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 3, "a head, and who is online: {csv}");
    assert!(lines[1].starts_with("alice,'=SUM(A1),sales,online,,false,"), "{csv}");
    assert!(lines[2].contains(",token-foreign-user token-expired,"), "{csv}");
}

#[test]
fn json_says_what_is_known_and_what_is_not() {
    let stage = stage();
    let json: serde_json::Value = serde_json::from_str(&written(&stage, ExportFormat::Json)).unwrap();
    assert_eq!(json["schema"], "imtop.snapshot/1");
    assert_eq!(json["at"], "2026-12-28T12:00:00Z");
    assert_eq!(json["totals"]["online"], 2);
    assert_eq!(json["totals"]["unknown"], 1);
    assert_eq!(json["round"]["operation_ids"], serde_json::json!(["imtop-1"]));
    let [alice, bob, carol] = [0, 1, 2].map(|at| json["users"][at].clone());
    assert_eq!((&alice["presence"], &alice["label"]), (&"online".into(), &"=SUM(A1)".into()));
    assert_eq!(alice["connections"][0]["token"]["expires"], "2026-12-28T13:00:00Z");
    assert_eq!(bob["connections"][0]["token"]["expired"], true);
    assert_eq!(bob["findings"][0]["rule"], "token-foreign-user");
    assert!(bob["findings"][0]["advice"].as_str().unwrap().len() > 20);
    assert_eq!((&carol["presence"], &carol["why"]), (&"unknown".into(), &"missing from the answers".into()));
}

#[test]
fn text_is_the_screen() {
    let stage = stage();
    let text = written(&stage, ExportFormat::Txt);
    let screen = stage.screen();
    for line in screen.lines() {
        assert!(text.contains(line), "{line}");
    }
}

#[test]
fn a_file_that_is_there_stays() {
    let stage = stage();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "mine").unwrap();
    let error =
        Export::of(stage.view(), &stage.theme, ExportFormat::Csv).write(Some(file.path())).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read_to_string(file.path()).unwrap(), "mine");
}

#[test]
fn stand_ins_stay_stand_ins_in_files() {
    let mut stage = stage();
    stage.keys("P");
    for format in ExportFormat::ALL {
        let text = written(&stage, format);
        assert!(!["alice", "bob", "SUM", "sales"].iter().any(|name| text.contains(name)), "{text}");
    }
    let alice = stage.live().list().find("alice").unwrap();
    assert!(stage.view().seen().known.user(alice).id.starts_with("user-"));
}

#[test]
fn what_is_for_programs_stays_english_while_the_screen_speaks_chinese() {
    let speaking = |language| {
        let entries = vec![named("alice", "=SUM(A1)", "sales"), Entry::of("bob"), Entry::of("carol")];
        let mut stage = Stage::tuned((80, 24), 500, entries, |setting| setting.start.language = language);
        let foreign = connection(2, "cafe02", Some(("alice", 2, -60)));
        stage.answer(
            0,
            vec![
                ("alice", UserStatus::Offline),
                ("bob", UserStatus::Online(vec![foreign])),
                ("carol", UserStatus::Missing),
            ],
        );
        stage
    };
    let (english, chinese) = (speaking(Language::English), speaking(Language::Chinese));
    assert!(chinese.screen().contains("未知"), "{}", chinese.screen());
    for format in [ExportFormat::Csv, ExportFormat::Json] {
        assert_eq!(written(&chinese, format), written(&english, format));
    }
    // `y` and then `j`: the record is made outside of what is drawn.
    for id in ["alice", "bob", "carol"] {
        let copied = |mut stage: Stage| {
            let user = stage.live().list().find(id).unwrap();
            stage.keys(&format!("/{id}<Enter>yj"));
            assert!(stage.effects.contains(&Effect::CopyRecord(user)), "{:?}", stage.effects);
            user_json(&stage.view().seen().known.user(user))
        };
        let json = copied(speaking(Language::Chinese));
        assert!(json.is_ascii(), "{json}");
        assert_eq!(json, copied(speaking(Language::English)));
    }
}
