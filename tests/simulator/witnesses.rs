//! What can happen to a cluster, what each question says of it, and what really was: in virtual time.

use imtop::presence::{LifeSign, Platform};
use imtop::simulator::{Scenario, What, Why, World};
use serde_json::{Value, json};

use crate::START;

const MINUTE: i64 = 60_000;

fn world(more: &str) -> World {
    let text = format!(
        "name = \"x\"\nabout = \"y\"\nusers = 40\n{more}\n[gateways]\nnames = [\"gw-1\", \"gw-2\"]\nsilence = \"30s\"\n\
         [[crowd]]\nid = \"u{{n}}\"\nonline = 1\nbackground = 0\noffline = 0\nsecond = 0\nplatforms = {{ Web = 1 }}\n"
    );
    let mut world = World::begin(Scenario::parse(&text, "here").unwrap(), 1, START);
    world.keep_truth();
    world
}

fn pass(world: &mut World, ms: i64) {
    world.advance(world.now_ms() + ms);
}

/// Whether the sockets' question shows the user online.
fn shown(world: &mut World, user: &str) -> bool {
    let body: Value = serde_json::from_str(&world.online_status(&[user]).0).unwrap();
    body["data"][0]["status"] == 1
}

fn platforms(world: &mut World, user: &str) -> Value {
    let body: Value = serde_json::from_str(&world.users_status(&[user]).unwrap()).unwrap();
    body["data"]["statusList"][0]["platformIDs"].clone()
}

fn is_online(world: &World, user: &str) -> bool {
    world.truth().unwrap().is_online(user, world.now_ms())
}

#[test]
fn a_gateway_out_of_reach_hides_its_users_whom_all_others_call_online() {
    let mut world = world("");
    world.connect_to("gw-2", "x", Platform(2)).unwrap();
    pass(&mut world, 2_000);
    assert!(world.cut_gateway("gw-2"));
    assert_eq!(world.online_status(&["x"]).1, 0, "the API fails fast");
    assert!(!shown(&mut world, "x"));
    assert_eq!(platforms(&mut world, "x"), json!([2]));
    assert!(world.gateway_signs().iter().all(|it| it.sign == LifeSign::Alive));
    assert!(is_online(&world, "x"));
    assert!(world.connect_to("gw-2", "y", Platform(2)).is_some(), "clients reach it");
    assert!(world.rejoin_gateway("gw-2") && shown(&mut world, "x") && shown(&mut world, "y"));
}

#[test]
fn a_client_that_vanishes_is_shown_for_up_to_thirty_seconds() {
    let mut world = world("");
    world.connect("x", Platform(2)).unwrap();
    pass(&mut world, 2_000);
    assert_eq!(world.vanish("x", None), 1);
    assert!(!is_online(&world, "x") && shown(&mut world, "x"));
    pass(&mut world, 5_000);
    assert!(shown(&mut world, "x"), "it was heard of within 24 s");
    pass(&mut world, 25_000);
    assert!(!shown(&mut world, "x"));
    pass(&mut world, 1_300);
    assert_eq!(platforms(&mut world, "x"), Value::Null);
    assert_eq!(world.disconnect("x", None), 0);
}

#[test]
fn a_registry_that_hears_nothing_errs_for_minutes_and_then_knows() {
    let mut world = world("");
    world.connect("leaves", Platform(1)).unwrap();
    pass(&mut world, 2_000);
    world.deafen_registry(100, 20_000, false);
    world.disconnect("leaves", None);
    world.connect("comes", Platform(5)).unwrap();
    pass(&mut world, 9 * MINUTE);
    assert_eq!(platforms(&mut world, "leaves"), json!([1]), "an offline event is not sent again");
    assert_eq!(platforms(&mut world, "comes"), Value::Null, "nor an online one");
    pass(&mut world, 12 * MINUTE);
    assert_eq!(platforms(&mut world, "comes"), json!([5]), "renewed after 10 to 20 minutes");
    pass(&mut world, 10 * MINUTE);
    assert_eq!(platforms(&mut world, "leaves"), Value::Null, "expired after 10 to 30");
    assert_eq!(platforms(&mut world, "comes"), json!([5]));
}

#[test]
fn a_registry_that_overflows_hears_a_part() {
    let mut world = world("");
    world.deafen_registry(50, 60_000, false);
    for nth in 1..=40 {
        world.disconnect(&format!("u{nth}"), None);
    }
    pass(&mut world, 3_000);
    let kept = (1..=40).filter(|nth| platforms(&mut world, &format!("u{nth}")) != Value::Null).count();
    assert!((10..=30).contains(&kept), "about half, not {kept}");
}

#[test]
fn a_registry_can_fail_too_for_a_time() {
    let mut world = world("");
    world.deafen_registry(100, 20_000, true);
    let refused: Value = serde_json::from_slice(&world.users_status(&["u1"]).unwrap_err().body).unwrap();
    assert_eq!(refused["errCode"], 500);
    pass(&mut world, 20_000);
    assert_eq!(platforms(&mut world, "u1"), json!([5]));
}

#[test]
fn witnesses_can_be_missing_or_refused() {
    let mut world = world(
        "[witnesses]\nusers_status = \"missing\"\ntoken_detail = \"refused\"\naccount_check = \"missing\"\n",
    );
    assert_eq!(world.users_status(&["u1"]).unwrap_err().status, 404);
    let refused = world.token_detail(&["u1"]).unwrap_err();
    assert_eq!(serde_json::from_slice::<Value>(&refused.body).unwrap()["errCode"], 1002);
    assert_eq!(world.account_check(&["u1"]).unwrap_err().status, 404);
    assert!(shown(&mut world, "u1"));
}

#[test]
fn a_long_hang_costs_most_sockets_and_a_short_one_none() {
    let mut world = world("");
    let on_two = |world: &World| {
        let stays = (1..=40).flat_map(|nth| world.truth().unwrap().stays(&format!("u{nth}")).to_vec());
        stays.filter(|stay| stay.gateway == 1 && stay.until_ms.is_none()).count()
    };
    let before = on_two(&world);
    assert!(before > 5);
    world.hang_gateway("gw-2");
    pass(&mut world, 5_000);
    world.recover_gateway("gw-2");
    assert_eq!(on_two(&world), before);
    world.hang_gateway("gw-2");
    let user = (1..=40).map(|nth| format!("u{nth}"));
    let user = user.into_iter().find(|user| world.truth().unwrap().stays(user)[0].gateway == 1).unwrap();
    world.disconnect(&user, None);
    assert!(!is_online(&world, &user));
    assert_eq!(world.conn_ids(&user).len(), 1, "the gateway has not noticed");
    assert!(world.online_status(&["u1"]).1 == 11_400);
    pass(&mut world, 11_400);
    assert_eq!((world.online_status(&["u1"]).1, platforms(&mut world, &user)), (0, json!([5])));
    pass(&mut world, 48_600);
    world.recover_gateway("gw-2");
    assert!(on_two(&world) < before / 2);
    assert_eq!(world.conn_ids(&user).len(), 0);
    pass(&mut world, 1_300);
    assert_eq!(platforms(&mut world, &user), Value::Null);
}

#[test]
fn a_gateway_that_drains_sends_its_clients_elsewhere() {
    let mut world = world("");
    let many = world.drain_gateway("gw-2", 10_000, 100, [100, 2_000]);
    assert!(many > 5);
    pass(&mut world, 5_000);
    let open = |world: &World, gateway| {
        let stays = (1..=40).flat_map(|nth| world.truth().unwrap().stays(&format!("u{nth}")).to_vec());
        stays.filter(|stay| stay.gateway == gateway && stay.until_ms.is_none()).count()
    };
    assert!((1..many).contains(&open(&world, 1)), "one after another");
    pass(&mut world, 10_000);
    assert_eq!((open(&world, 0), open(&world, 1)), (40, 0));
    assert!(world.connect_to("gw-2", "u1", Platform(1)).is_none(), "takes no new ones");
    for nth in 1..=40 {
        assert_eq!(platforms(&mut world, &format!("u{nth}")), json!([5]));
    }
}

#[test]
fn a_share_of_all_logs_out_or_vanishes() {
    let mut world = world("");
    let out = world.log_out(50, 3_000);
    assert!((10..=30).contains(&out), "{out}");
    pass(&mut world, 3_000);
    assert_eq!(world.online(), 40 - out);
    let gone = world.black_out(100);
    assert_eq!((gone, world.online()), (40 - out, 40 - out), "still shown");
    pass(&mut world, 30_000);
    assert_eq!(world.online(), 0);
}

#[test]
fn a_second_connection_on_another_gateway_is_hidden_from_the_first_question_only() {
    let mut world = world("");
    world.connect_to("gw-1", "x", Platform(1)).unwrap();
    let hidden = world.connect_to("gw-2", "x", Platform(2)).unwrap();
    pass(&mut world, 2_000);
    assert!(!world.online_status(&["x"]).0.contains(&hidden));
    assert_eq!(platforms(&mut world, "x"), json!([1, 2]));
    let (tokens, _) = world.token_detail(&["x"]).unwrap();
    assert!(tokens.contains("\"platformID\":1,") && tokens.contains("\"platformID\":2,"), "{tokens}");
    world.kill_gateway("gw-1");
    world.restart_gateway("gw-1");
    world.connect_to("gw-1", "x", Platform(1)).unwrap();
    assert!(world.online_status(&["x"]).0.contains(&hidden), "gw-2 is first now");
}

#[test]
fn one_platform_on_two_gateways_is_away_from_the_registry_for_a_moment_when_one_of_them_leaves() {
    let mut world = world("");
    world.connect_to("gw-1", "x", Platform(1)).unwrap();
    pass(&mut world, 2_000);
    // Moves to the other gateway, sooner or later than the first one tells that it has left.
    let mut away = false;
    for _ in 0..20 {
        world.reconnect("x", None);
        for _ in 0..30 {
            pass(&mut world, 100);
            away |= platforms(&mut world, "x") == Value::Null;
        }
        assert_eq!(platforms(&mut world, "x"), json!([1]));
    }
    assert!(away);
}

#[test]
fn the_truth_is_what_the_clients_know() {
    let mut world = world("");
    let conn_id = world.connect_to("gw-1", "x", Platform(1)).unwrap();
    pass(&mut world, 1_000);
    world.set_background("x", None, true);
    world.replace("x", None);
    pass(&mut world, 1_000);
    world.kill_gateway("gw-1");
    world.kill_gateway("gw-2");
    let truth = world.truth().unwrap();
    assert_eq!(truth.events().iter().filter(|event| event.what == What::Connected).count(), 42);
    let of_x: Vec<_> = truth
        .events()
        .iter()
        .filter(|event| event.client.as_ref().is_some_and(|client| &*client.user == "x"))
        .map(|event| event.what)
        .collect();
    assert_eq!(
        of_x,
        [
            What::Connected,
            What::Background,
            What::Disconnected(Why::Kicked),
            What::Connected,
            What::Disconnected(Why::Server)
        ]
    );
    assert_eq!(
        (&*truth.stays("x")[0].conn_id, truth.stays("x")[0].until_ms),
        (&*conn_id, Some(START + 1_000))
    );
    assert!(truth.is_online("x", START + 1_000) && !truth.is_online("x", START + 2_000));
    let line: Value = serde_json::from_str(&truth.events()[41].line()).unwrap();
    assert_eq!((&line["event"], &line["gateway"]), (&json!("background"), &json!(0)));
    let killed = truth.events().iter().find(|event| event.what == What::Killed).unwrap();
    assert_eq!(
        killed.line(),
        format!("{{\"at\":{},\"gateway\":0,\"event\":\"gateway_killed\"}}", START + 2_000)
    );
}
