//! What somebody on call sees when users leave, and when a gateway hangs, dies, is drained or comes and goes:
//! a small cluster that answers every witness as OpenIM does, through the production `update` and `view`.

use std::collections::{BTreeMap, BTreeSet};

use imtop::engine::Command;
use imtop::presence::{
    Answer, Entry, GatewaySign, LifeSign, Platform, Presence, Question, Rule, Thresholds, UserIx, UserStatus,
    Witnesses,
};
use imtop::tui::{Colour, Theme};

use crate::stage::{Stage, connection, named};

const DAY: i64 = 86_400;
const USERS: u32 = 30;
/// Where each gateway's metrics are.
const GATEWAYS: [&str; 2] = ["10.0.0.6:9090", "10.0.0.7:9090"];
/// A change reaches the registry after so many milliseconds.
const LAG_MS: u64 = 1_000;

/// Users with sockets on two gateways, and what each witness says of them.
struct Cluster {
    stage: Stage,
    /// Who has which socket where: user, gateway, platform, number of the connection.
    sockets: BTreeSet<(u32, usize, i32, u32)>,
    /// The platforms of each user in Redis.
    registry: BTreeMap<u32, BTreeSet<i32>>,
    /// Whose platforms will be written there, and when.
    to_register: BTreeSet<(u64, u32)>,
    /// What comes of asking each gateway; the API gets an answer only from one that is alive.
    signs: [LifeSign; 2],
    /// Whether the API gets an answer from a gateway that is alive.
    reached: [bool; 2],
    /// What the sockets said of each user last.
    said: BTreeMap<u32, UserStatus>,
    /// Who is in doubt, as imtop told the poller.
    doubted: BTreeSet<u32>,
    /// Whether a loss of view is suspected, as imtop told the poller.
    suspected: bool,
    /// Whether a gateway did not answer when they were asked last.
    ailing: bool,
    /// Since the beginning.
    ms: u64,
}

fn id(user: u32) -> String {
    match user {
        0..6 => format!("agent_{user:03}"),
        6..18 => format!("kiosk_{user:02}"),
        _ => format!("u_{}", 2_400 + user * 7),
    }
}

fn platform_of(user: u32) -> i32 {
    [3, 5, 2, 1][user as usize % 4]
}

impl Cluster {
    /// Of 30 users all but every tenth are online, every other one on the second gateway.
    fn new(size: (u16, u16)) -> Cluster {
        let entries = (0..USERS).map(|user| match user {
            0 => named("agent_000", "Night desk", "support"),
            7 => named("kiosk_07", "Lobby", "kiosks"),
            user => Entry::of(&id(user)),
        });
        let stage = Stage::tuned(size, 500, entries.collect(), |setting| {
            let witnesses = Witnesses::to_be_asked(true, true);
            setting.roster = setting.roster.clone().with_witnesses(witnesses, Thresholds::default());
        });
        let online = (0..USERS).filter(|user| user % 10 != 9);
        let mut cluster = Cluster {
            stage,
            sockets: online.map(|user| (user, user as usize % 2, platform_of(user), user)).collect(),
            registry: BTreeMap::new(),
            to_register: BTreeSet::new(),
            signs: [LifeSign::Alive; 2],
            reached: [true; 2],
            said: BTreeMap::new(),
            doubted: BTreeSet::new(),
            suspected: false,
            ailing: false,
            ms: 0,
        };
        cluster.registry = (0..USERS).map(|user| (user, cluster.platforms(user))).collect();
        cluster.hear_gateways();
        cluster.round();
        cluster.pass(60_000);
        cluster
    }

    fn platforms(&self, user: u32) -> BTreeSet<i32> {
        self.sockets.iter().filter(|it| it.0 == user).map(|it| it.2).collect()
    }

    /// Remembers whom the poller is to ask about.
    fn heed(&mut self) {
        let rechecks = std::mem::take(&mut self.stage.fed.hand().rechecks);
        for (_, doubts) in rechecks {
            self.doubted.extend(doubts.begun.iter().map(|user| user.0));
            for user in doubts.settled {
                self.doubted.remove(&user.0);
            }
            self.suspected = doubts.loss.unwrap_or(self.suspected);
        }
    }

    fn wait(&mut self, ms: u64) {
        self.ms += ms;
        self.stage.wait(ms);
        self.heed();
        let due: Vec<_> = self.to_register.range(..=(self.ms, u32::MAX)).copied().collect();
        for (at, user) in due {
            self.to_register.remove(&(at, user));
            self.registry.insert(user, self.platforms(user));
        }
    }

    /// Lets so much time pass: a round of the sockets every 2 s, the registry after it and every half
    /// second while somebody is in doubt, the gateways once a minute, in each round of a loss, and every 5 s while one
    /// of them does not answer.
    fn pass(&mut self, ms: u64) {
        let end = self.ms + ms;
        while self.ms < end {
            let step = (500 - self.ms % 500).min(end - self.ms);
            self.wait(step);
            if self.ms.is_multiple_of(2_000) {
                self.round();
            }
            let every = match (self.suspected, self.ailing) {
                (true, _) => 2_000,
                (false, true) => 5_000,
                (false, false) => 60_000,
            };
            if self.ms.is_multiple_of(every) {
                self.hear_gateways();
            }
            if self.ms.is_multiple_of(500) && !self.doubted.is_empty() {
                self.hear_registry();
            }
        }
    }

    /// The sockets of the gateways that answer.
    fn round(&mut self) {
        let status = |user: u32| {
            let seen = |it: &&(u32, usize, i32, u32)| {
                it.0 == user && self.reached[it.1] && self.signs[it.1] == LifeSign::Alive
            };
            let open = self.sockets.iter().filter(seen).map(|(_, _, platform, number)| {
                let token = Some((id(user), 20 * DAY));
                let token = token.as_ref().map(|(user, expires)| (user.as_str(), *platform, *expires));
                let told = connection(*platform, &format!("token of {user}"), token).token;
                imtop::presence::Connection {
                    token: told,
                    ..connection(*platform, &format!("{:032x}", u128::from(*number) << 96), None)
                }
            });
            let open: Vec<_> = open.collect();
            if open.is_empty() { UserStatus::Offline } else { UserStatus::Online(open) }
        };
        let now: BTreeMap<u32, UserStatus> = (0..USERS).map(|user| (user, status(user))).collect();
        let changed: Vec<(String, UserStatus)> = now
            .iter()
            .filter(|(user, status)| self.said.get(user) != Some(status))
            .map(|(user, status)| (id(*user), status.clone()))
            .collect();
        self.said = now;
        if changed.is_empty() {
            self.stage.same(0);
        } else {
            self.stage.answer(0, changed.iter().map(|(id, status)| (id.as_str(), status.clone())).collect());
        }
        self.heed();
    }

    fn hear_registry(&mut self) {
        self.wait(40);
        let users: Vec<u32> = self.doubted.iter().copied().collect();
        let platforms = |user: &u32| self.registry[user].iter().map(|it| Platform(*it)).collect();
        let said = users.iter().map(|user| (UserIx(*user), platforms(user))).collect();
        self.stage.hear(Question::UsersStatus, &users, Ok(Answer::Registry(said)));
        self.heed();
    }

    fn hear_gateways(&mut self) {
        self.ailing = self.signs != [LifeSign::Alive; 2];
        let signs =
            GATEWAYS.into_iter().zip(self.signs).map(|(at, sign)| GatewaySign::new(at, sign)).collect();
        self.stage.hear(Question::Gateways, &[], Ok(Answer::Gateways(signs)));
        self.heed();
    }

    /// Those with a socket on a gateway.
    fn users_of(&self, gateway: usize) -> Vec<u32> {
        self.sockets.iter().filter(|it| it.1 == gateway).map(|it| it.0).collect()
    }

    /// Their clients close their sockets, and the registry hears of it.
    fn leave(&mut self, users: &[u32]) {
        self.sockets.retain(|it| !users.contains(&it.0));
        self.to_register.extend(users.iter().map(|user| (self.ms + LAG_MS, *user)));
    }

    /// Their clients open new sockets on a gateway.
    fn come(&mut self, users: &[u32], gateway: usize) {
        let number = 1_000 + self.ms as u32 * 100;
        self.sockets.extend(users.iter().map(|user| (*user, gateway, platform_of(*user), number + user)));
        self.to_register.extend(users.iter().map(|user| (self.ms + LAG_MS, *user)));
    }

    /// The process of a gateway ends, and all its sockets with it; the registry is not told.
    fn kill(&mut self, gateway: usize) {
        self.sockets.retain(|it| it.1 != gateway);
        self.signs[gateway] = LifeSign::Refused;
    }

    /// Goes to the view of findings, and back to the list when that was looked at.
    #[track_caller]
    fn in_findings(&mut self, look: impl FnOnce(&Stage)) {
        self.stage.keys("3");
        look(&self.stage);
        self.stage.keys("<Esc>");
    }

    fn presence(&self, user: u32) -> Presence {
        self.stage.live().presence(UserIx(user))
    }

    fn found(&self, rule: Rule) -> usize {
        self.stage.view().picture().findings.count_of(rule)
    }
}

#[test]
fn many_who_log_out_at_once_are_offline_within_two_seconds_and_that_is_found() {
    let mut cluster = Cluster::new((80, 24));
    let leaving: Vec<u32> = (0..USERS).filter(|user| user % 3 == 0 && user % 10 != 9).collect();
    cluster.pass(1_500);
    cluster.leave(&leaving);
    cluster.pass(700);
    cluster.stage.shows(&[
        " DEGRADED  imtop  http://im.example:10002  ● live 2s  last 0s ago",
        " 30 watched  ● 18 online  ◐ 0 background  ○ 3 offline  ? 9 unknown",
        " ! view loss suspected: 9 of 27 users gone at once, asking Redis",
        "   Until more is known, nobody of them is called offline.",
        "|▸  agent_000  Night desk  ? checking      ~Win            19d            0s",
        "|▸  agent_003              ? checking      ~iOS            19d            0s",
        "|▸  kiosk_06               ? checking      ~And            19d            0s",
    ]);
    let is_problem = |user: &u32| cluster.stage.view().is_problem(UserIx(*user));
    assert!(!leaving.iter().any(is_problem), "rows stay where they are while people come and go");
    assert!(leaving.iter().all(|user| cluster.presence(*user) != Presence::Offline), "nobody agreed yet");
    cluster.pass(1_800);
    cluster.stage.picture("gateway-logout-settled");
    assert!(leaving.iter().all(|user| cluster.presence(*user) == Presence::Offline));
    assert_eq!((cluster.found(Rule::ViewLoss), cluster.doubted.len()), (0, 0));
    assert_eq!(cluster.found(Rule::MassDisconnect), 1);
    cluster.in_findings(|stage| {
        stage.shows(&[
            " CRITICAL: mass-disconnect, 9 users, for 1s  http://im.example:10002  ● live 2s",
            " ▾ ✘ critical  mass-disconnect        server      at least 5 users, and more th…",
            "     ✘ 1s   9 of 27 connected users (33 %) went offline within 2.6s (iOS 3, Win…",
            " 9 of 27 connected users (33 %) went offline within 2.6s (iOS 3, Windows 3,",
            " Do: Look whether a gateway or a load balancer was restarted, then at the",
            " network. One platform alone points at a client or its push service, one group",
            " at a site. At the end of a shift nothing is wrong.",
            " 12:01:02           imtop    mass-disconnect found, critical: 9 of 27 connected…",
            " 12:00:59-12:01:02  9 users  online → offline: agent_000, agent_003, kiosk_06 …",
        ]);
    });
}

#[test]
fn a_user_who_is_lost_is_not_said_to_be_well_and_the_past_says_what_was_lost_then() {
    let mut cluster = Cluster::new((100, 30));
    let lost = cluster.users_of(1);
    cluster.signs[1] = LifeSign::Hung;
    cluster.pass(10_500);
    assert!(cluster.presence(lost[0]).is_unknown());
    cluster.stage.keys(&format!("/{}<Enter>ggd", id(lost[0])));
    let screen = cluster.stage.screen();
    assert!(
        screen.contains("is unknown, so no rule can judge") && !screen.contains("anything wrong"),
        "{screen}"
    );
    let then = cluster.stage.now.mono_ms;
    cluster.signs[1] = LifeSign::Alive;
    cluster.pass(6_500);
    for loss in [" DOWN: ", "NOT RESPONDING", "VIEW LOSS"] {
        assert!(!cluster.stage.screen().contains(loss), "{}", cluster.stage.screen());
    }
    cluster.stage.command(&Command::GoTo(then));
    let screen = cluster.stage.screen();
    assert!(screen.contains("PAST") && screen.contains("then: GATEWAY"), "{screen}");
}

#[test]
fn users_of_a_gateway_that_hangs_are_unknown_until_it_is_back_and_never_offline() {
    let mut cluster = Cluster::new((80, 24));
    let lost = cluster.users_of(1);
    cluster.signs[1] = LifeSign::Hung;
    cluster.pass(2_500);
    cluster.stage.shows(&[
        " DEGRADED  imtop  http://im.example:10002  ● live 2s  last 0s ago",
        " 30 watched  ● 15 online  ◐ 0 background  ○ 3 offline  ? 12 unknown",
        " ! view loss suspected: 12 of 27 users gone at once, asking Redis",
        "   Until more is known, nobody of them is called offline.",
        "|▸  agent_001              ? checking      ~Web            19d            0s",
    ]);
    cluster.pass(8_000);
    cluster.stage.picture("gateway-hang");
    assert!(lost.iter().all(|user| cluster.presence(*user).is_unknown()));
    cluster.in_findings(|stage| stage.picture("gateway-hang-finding"));
    cluster.stage.keys("/kiosk_07<Enter>gg<Enter>");
    cluster.stage.picture("gateway-hang-detail");
    cluster.stage.keys("<Esc><Esc>");
    cluster.signs[1] = LifeSign::Alive;
    cluster.pass(4_000);
    cluster.stage.shows(&[
        " DEGRADED  imtop  http://im.example:10002  ● live 2s  last 0s ago",
        " 30 watched  ● 27 online  ◐ 0 background  ○ 3 offline  ? 0 unknown  ! 1 warning",
        ">▸  kiosk_07   Lobby       ● online        iOS             19d            ≥1m",
        ":▸  kiosk_11               ● online        iOS             19d            ≥1m",
        " 12:00:59-12:01:07  12 users  unknown: a gateway hangs: agent_001, agent_003 …",
        " 12:01:12           imtop     view-loss over after 10s: of 12 users, 12 came ba…",
        " 12:01:09-12:01:12  12 users  unknown → online, the same connections as before",
    ]);
    assert!(lost.iter().all(|user| cluster.presence(*user) == Presence::Online));
    assert!(cluster.stage.live().losses().is_empty());
    assert_eq!(cluster.found(Rule::FalseOffline), 0, "they are told with the loss");
}

#[test]
fn users_of_a_gateway_that_died_are_offline_until_they_come_back_on_another() {
    let mut cluster = Cluster::new((80, 24));
    let lost = cluster.users_of(1);
    cluster.kill(1);
    cluster.pass(3_000);
    cluster.stage.shows(&[
        " DEGRADED  imtop  http://im.example:10002  ● live 2s  last 1s ago",
        " 30 watched  ● 15 online  ◐ 0 background  ○ 3 offline  ? 12 unknown  ! 1 warning",
        " ! view loss suspected: 12 of 27 users gone at once, asking Redis",
        "   Until more is known, nobody of them is called offline.",
        "|▸  agent_001              ? checking      ~Web            19d            1s",
    ]);
    cluster.pass(6_000);
    cluster.stage.picture("gateway-kill");
    assert!(lost.iter().all(|user| cluster.presence(*user) == Presence::Offline));
    cluster.in_findings(|stage| {
        stage.shows(&[
            " CRITICAL: gateway down, 12 users, for 7s  http://im.example:10002  ● live 2s",
            " ✘ GATEWAY 10.0.0.7:9090 DOWN: 12 users offline (7s)",
            "   Their connections ended with it. Clients that can reach another one come back",
            "   by themselves.",
            " ▾ ✘ critical  view-loss              server      many users vanished from the …",
            "     ✘ 2s   12 of 27 online users (44 %) vanished from the API's answer at once…",
            " 12 of 27 online users (44 %) vanished from the API's answer at once (iOS 6,",
            " Web 6); 12 still online in Redis; the answer took 30ms; gateway 10.0.0.7:9090",
            " is down",
            " Do: Start that gateway again, and see from its log why it died (docker ps -a,",
            " journalctl). Its users have lost their connections and have to reconnect:",
            " watch `online` rise again. Until they do, messages reach them by push alone,",
            " and Redis shows them as online for up to 30 minutes.",
        ]);
    });
    cluster.come(&lost[..9], 0);
    cluster.pass(4_000);
    cluster.stage.shows(&[
        " 30 watched  ● 24 on  ◐ 0 bg  ○ 6 off  ? 0 unk  ✘ 1 crit  ! 1 warn",
        " ✘ GATEWAY 10.0.0.7:9090 DOWN: 3 users offline, 9 back (11s)",
        "   Their connections ended with it. Clients that can reach another one come back",
        "   by themselves. 3 shows what to do.",
        ":▸  agent_001              ● online        Web             19d            3s",
        ":▸  agent_003              ● online        iOS             19d            3s",
        " 12:01:07-12:01:10  9 users   offline → online: agent_001, agent_003 …",
    ]);
    assert!(lost[..9].iter().all(|user| cluster.presence(*user) == Presence::Online));
    assert!(lost[9..].iter().all(|user| cluster.presence(*user) == Presence::Offline));
}

#[test]
fn users_of_a_gateway_that_is_drained_go_over_to_the_other_without_an_alarm() {
    let mut cluster = Cluster::new((80, 24));
    let moving = cluster.users_of(1);
    for some in moving.chunks(2) {
        cluster.leave(some);
        cluster.pass(500);
        cluster.come(some, 0);
        cluster.pass(1_000);
        if some.contains(&moving[6]) {
            cluster.stage.shows(&[
                " OK  imtop  http://im.example:10002  ● live 2s  last 0s ago  p95 30 ms (5m)",
                " 30 watched  ● 27 online  ◐ 0 background  ○ 3 offline  ? 0 unknown",
                ":▸  agent_005              ● online        Web             19d            ≥2s",
                " 12:00:59-12:01:04  2 users   iOS reconnected with the same token: kiosk_07 …",
                " 12:01:03-12:01:06  kiosk_15  iOS reconnected with the same token",
                " 12:01:03-12:01:06  kiosk_17  Web reconnected with the same token",
            ]);
        }
    }
    cluster.pass(4_000);
    cluster.stage.shows(&[
        " OK  imtop  http://im.example:10002  ● live 2s  last 1s ago  p95 30 ms (5m)",
        " 30 watched  ● 27 online  ◐ 0 background  ○ 3 offline  ? 0 unknown",
        ":▸  agent_005              ● online        Web             19d            ≥9s",
        ":▸  kiosk_07   Lobby       ● online        iOS             19d            ≥9s",
        " 12:01:05-12:01:08  u_2561  iOS reconnected with the same token",
        " 12:01:05-12:01:10  u_2575  Web reconnected with the same token",
        " 12:01:05-12:01:10  u_2589  iOS reconnected with the same token",
    ]);
    assert!(moving.iter().all(|user| cluster.presence(*user) == Presence::Online));
    assert_eq!((cluster.found(Rule::ViewLoss), cluster.found(Rule::FalseOffline)), (0, 0));
}

#[test]
fn users_of_a_gateway_that_the_api_reaches_now_and_then_are_never_offline() {
    let mut cluster = Cluster::new((80, 24));
    let lost = cluster.users_of(1);
    for (time, down) in [3_000, 9_000, 5_000].into_iter().enumerate() {
        cluster.reached[1] = false;
        cluster.pass(down);
        assert!(lost.iter().all(|user| cluster.presence(*user) != Presence::Offline), "{time}");
        match time {
            1 => {
                cluster.stage.shows(&[
                    " CRITICAL: view loss, 12 users, for 8s  http://im.example:10002  ● live 2s",
                    " 30 watched  ● 15 online  ◐ 0 background  ○ 3 offline  ? 12 unknown  ✘ 1 crit",
                    " ✘ VIEW LOSS: 12 users unknown (8s)",
                    "   Nobody can tell whether they are offline: a gateway is out of the API's",
                    "   sight, or Redis lags behind. 3 shows what to do.",
                    " ▸? 12 users unknown: lost from view at once, for 8s",
                    " 12:01:15           imtop     view-loss found, critical: 12 of 27 online users …",
                    " 12:01:07-12:01:15  12 users  unknown: a gateway is lost: agent_001, agent_003 …",
                ]);
                cluster.in_findings(|stage| {
                    stage.shows(&[
                        " ▾ ✘ critical  view-loss              server      many users vanished from the …",
                        "     ✘ 3s   12 of 27 online users (44 %) vanished from the API's answer at once…",
                        " ▾ i info      past-loss              server      many users were lost at once …",
                        "     i 14s  12 users lost within 2.0s: all are back with the same connections; …",
                        " 12 of 27 online users (44 %) vanished from the API's answer at once (iOS 6,",
                        " Web 6); 12 still online in Redis; the answer took 30ms; both gateways answer",
                        " imtop",
                        " Do: Look at the gateways first: does each one run, and does the API's machine",
                        " reach it (curl -m 2 http://GATEWAY:PORT/metrics)? If all is well there, look",
                        " at the user service and Redis: it may lag behind. Don't restart the API or",
                        " clients: the users may be connected.",
                    ]);
                });
            }
            2 => cluster.stage.shows(&[
                " DEGRADED  imtop  http://im.example:10002  ● live 2s  last 1s ago",
                " 30 watched  ● 15 online  ◐ 0 background  ○ 3 offline  ? 12 unknown",
                " ! view loss suspected: 12 of 27 users gone at once, asking Redis",
                "   Until more is known, nobody of them is called offline.",
                ":▸  agent_001              ? checking      ~Web            19d            3s",
                " 12:01:07-12:01:15  12 users  unknown: a gateway is lost: agent_001, agent_003 …",
                " 12:01:20           imtop     view-loss over after 10s: of 12 users, 12 came ba…",
                " 12:01:17-12:01:20  12 users  unknown → online, the same connections as before",
            ]),
            _ => {}
        }
        cluster.reached[1] = true;
        cluster.pass(6_000);
    }
    cluster.stage.shows(&[
        " 30 watched  ● 27 online  ◐ 0 background  ○ 3 offline  ? 0 unknown",
        ".▸  agent_001              ● online        Web             19d            ≥1m",
        " 12:01:07-12:01:15  12 users  unknown: a gateway is lost: agent_001, agent_003 …",
        " 12:01:20           imtop     view-loss over after 10s: of 12 users, 12 came ba…",
        " 12:01:17-12:01:20  12 users  unknown → online, the same connections as before",
    ]);
    assert!(lost.iter().all(|user| cluster.presence(*user) == Presence::Online));
    assert_eq!((cluster.found(Rule::FalseOffline), cluster.found(Rule::Flapping)), (0, 0));
    assert_eq!(cluster.found(Rule::PastLoss), 1, "one row for one cause");
}

#[test]
fn a_small_screen_without_colour_says_the_same() {
    let mut cluster = Cluster::new((60, 15));
    cluster.stage.theme = Theme::new(Colour::None, true);
    cluster.signs[1] = LifeSign::Hung;
    cluster.pass(10_000);
    cluster.stage.picture("gateway-hang-60x15-ascii");
    assert!(cluster.stage.screen().is_ascii());
    cluster.in_findings(|stage| {
        stage.shows(&[
            " CRITICAL  http://im.example:10002  * live 2s  last 0s ago",
            " X GATEWAY 10.0.0.7:9090 NOT RESPONDING: 12 users unknown",
            "   (8s)",
            " - X critical  view-loss              server      many user~",
            "     X 3s   12 of 27 online users (44 %) vanished from the ~",
            " Do: Look at that gateway's process and machine first",
            " (docker ps, top, its log), and keep what they show. Don't",
            " restart clients or the API: the users are probably still",
            " connected, but messages to them may not arrive. If it",
            " doesn't come back, restart that gateway alone.",
            " ? help  Enter open  a ack  d why  / filter  Esc back",
        ]);
    });
}
