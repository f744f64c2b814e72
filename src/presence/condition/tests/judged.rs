//! What holds, of whom, and what is not decided.

use super::*;

#[test]
fn where_everything_is_known_counts_are_what_they_are() {
    let knowledge = nine("oobf Offf o");
    let yes = [
        "online=4",
        "background=1",
        "offline=4",
        "unknown=0",
        "unregistered=0",
        "stale=0",
        "connected=5",
        "watched=9",
        "conns=6",
        "failing=0",
        "finding:token-expired=1",
        "finding:warning=1",
        "finding:critical=0",
        "finding:any>=1",
        "count(exp<0)=1",
        "count(state=online and bg>0)=1",
        "online>44.4%",
        "online<44.5%",
        "connected != 50%",
        "online=60% of group=kiosk",
        "offline>=3 of group=desk",
        "offline=75% of group=desk",
        "finding:any=1 of group=kiosk",
        "conns<6 of group=kiosk",
        "watched=5 of group=kiosk",
        "online=1 and offline=4 or unknown=0",
        "not (online=1) offline=4",
        "！（online＝1）",
        "online《＝45％",
        "on=4 off=4 unk=0 bg=1",
        "connections=6",
        "online=44.444 %  or online<50 %",
    ];
    assert_truth(&knowledge, Truth::Yes, &yes);
    let no = [
        "online>4",
        "online=100%",
        "offline=0",
        "unknown>0",
        "finding:clock-skew>0",
        "finding:any>0 of group=desk",
        "count(platform=web)>0",
        "online<95% of group=kiosk and unknown>0",
    ];
    assert_truth(&knowledge, Truth::No, &no);
}

#[test]
fn an_unknown_user_may_turn_out_to_be_anything() {
    // The second batch of four failed.
    let knowledge = nine("oobf xxxx o");
    assert_truth(
        &knowledge,
        Truth::Undecided,
        &[
            "offline=1",
            "offline!=1",
            "offline<2",
            "online=100% of group=desk",
            "online>50%",
            "connected<80%",
            "conns>4",
            "conns=4",
            "unregistered=0",
            "count(exp<1h)=0",
            "count(not state=online)>2",
            "online>0 of state=background",
            "online=3 and offline=1",
        ],
    );
    assert_truth(
        &knowledge,
        Truth::Yes,
        &[
            "unknown=4",
            "unknown>0",
            "unknown=75% of group=desk",
            "online>2",
            "offline>=1",
            "offline<6",
            "online<80%",
            "conns>3",
            "failing=1",
            "stale=0",
            "finding:critical=0",
            "count(state=unknown)=4",
            "count(id=a)=1",
            "online=3 or unknown>0",
        ],
    );
    assert_truth(
        &knowledge,
        Truth::No,
        &["offline=0", "online=100%", "online<3", "conns<4", "online=3 and unknown=0"],
    );
}

#[test]
fn who_may_not_belong_is_not_held_against_a_share() {
    let knowledge = nine("oobf xxxx o");
    // Three kiosks and a desk are connected; a kiosk and three desks may be.
    assert_truth(&knowledge, Truth::Yes, &["count(group=kiosk)>=40% of conns>0"]);
    assert_truth(&knowledge, Truth::Undecided, &["count(group=kiosk)>=60% of conns>0"]);
    assert_truth(&knowledge, Truth::No, &["count(group=kiosk)<37.5% of conns>0"]);
    // A share of users who may turn out to be nobody, or are, is no figure; a number is.
    assert_truth(&nine("ffff xxxx f"), Truth::Undecided, &["online=100% of state=online"]);
    assert_truth(&nine("ffff ffff f"), Truth::Undecided, &["online=100% of state=online"]);
    assert_truth(&nine("ffff ffff f"), Truth::No, &["online>0 of state=online"]);
}

#[test]
fn who_is_nobody_is_a_mistake_and_no_answer() {
    let knowledge = nine("oooo oooo o");
    let group = Err(Nobody::InGroup("kisok".to_owned()));
    assert_eq!(judge(&knowledge, "online<95% of group=kisok"), group);
    assert_eq!(judge(&knowledge, "unknown>0 or count(state=offline group=Kisok)>0"), group);
    assert_eq!(judge(&knowledge, "online>0 of (not group=kisok)"), Ok(Truth::Yes));
    assert_eq!(judge(&knowledge, "online>0 of zzz"), Err(Nobody::Named("zzz".to_owned())));
    assert_eq!(judge(&knowledge, "count(zzz)=0"), Ok(Truth::Yes), "a count may be none");
    assert_eq!(judge(&known(&watch(""), ""), "unknown=0"), Err(Nobody::Watched));
    let said = judge(&knowledge, "online<95% of group=kisok").unwrap_err().to_string();
    assert_eq!(said, "no watched user is in the group \"kisok\"; groups are in the watch list");
}

#[test]
fn what_was_measured_is_said_with_its_bounds() {
    let said = |batches: &str, text: &str| {
        let condition = Condition::parse(text).unwrap();
        let knowledge = nine(batches);
        let reading = condition.judge(&knowledge, NOW).unwrap();
        reading.measured.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(said("oobf Offf o", "online<95% or finding:any>0 or conns=1"), ["4 of 9 (44.4%)", "1", "6"]);
    assert_eq!(said("oobf xxxx o", "online<95% of group=kiosk or conns>9"), ["2 to 3 of 5", "at least 4"]);
    assert_eq!(said("oobf xxxx o", "online>1 of state=online"), ["3 to 7 of 3 to 7"]);
}

#[test]
fn what_decides_alone_stands_alone_or_between_or() {
    let decisive = |text: &str| {
        let condition = Condition::parse(text).unwrap();
        condition.decisive().map(Aggregate::to_string).collect::<Vec<_>>()
    };
    assert_eq!(decisive("online<95%"), ["online<95%"]);
    assert_eq!(
        decisive("unknown>0 or (stale>0 and online=0) or finding:any>0"),
        ["unknown>0", "finding:any>0"]
    );
    assert_eq!(decisive("unknown>0 and stale>0"), [""; 0]);
    assert_eq!(decisive("not unknown>0"), [""; 0]);
}
