//! One request in, one answer out, without a socket: the middlewares and handlers of the server, in
//! its order, so that each refusal is the one that a real server would give.
//!
//! Order (server `internal/api/router.go`, tools `mw/gin.go`): redirect of a trailing slash,
//! operationID, token, route, body, rights.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::clock::Clock;
use super::credentials::{Caller, Credentials};
use super::fault::{Fault, Rule, Rules};
use super::gzip;
use super::ledger::Ledger;
use super::question::{Pagination, Question};
use super::refusal::Refusal;
use super::release::Release;
use super::scenario::{Manners, Scenario};
use super::wire;
use super::world::{ACCOUNTS, ONLINE, REGISTRY, TOKENS, World};

/// Where to ask for the gateways' metrics addresses, with GET and without a token.
pub(super) const DISCOVERY: &str = "/prometheus_discovery/msg_gateway";

/// The same for the push services.
const PUSH_DISCOVERY: &str = "/prometheus_discovery/push";

/// A request, as far as the server looks at it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ask<'a> {
    /// Whether it is a POST; else it counts as a GET.
    pub post: bool,
    /// The path, without the query.
    pub path: &'a str,
    /// The header `operationID`.
    pub operation_id: Option<&'a str>,
    /// The header `token`.
    pub token: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

/// What comes of a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// This answer.
    Reply(Reply),
    /// Not yet: a gateway hangs. Ask again with the same request.
    Wait,
}

/// An answer, not yet compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`, where the server sends one.
    pub content_type: Option<&'static str>,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body, plain.
    pub body: Bytes,
    /// Whether the compressed body is empty whatever the plain one is: gin's 404.
    pub empty_when_packed: bool,
}

impl Reply {
    pub(super) fn json(status: u16, body: String) -> Reply {
        Reply {
            status,
            content_type: Some("application/json"),
            headers: Vec::new(),
            body: body.into(),
            empty_when_packed: false,
        }
    }

    pub(super) fn text(status: u16, content_type: &'static str, body: &str) -> Reply {
        Reply { content_type: Some(content_type), ..Reply::json(status, body.to_owned()) }
    }

    pub(super) fn empty(status: u16) -> Reply {
        Reply { content_type: None, ..Reply::json(status, String::new()) }
    }

    pub(super) fn not_found() -> Reply {
        Reply { empty_when_packed: true, ..Reply::text(404, "text/plain", "404 page not found") }
    }
}

/// The simulated server, without its sockets.
pub struct Api {
    release: Release,
    fault_users: bool,
    discovers: bool,
    skew_ms: i64,
    clock: Clock,
    world: Mutex<World>,
    credentials: Mutex<Credentials>,
    /// The scenario's rules, then those set by hand.
    rules: Mutex<[Rules; 2]>,
    packed: Mutex<gzip::Cache>,
    ledger: Mutex<Ledger>,
}

impl Api {
    /// The server of `scenario`, whose world begins at the time that `clock` shows now.
    pub fn new(scenario: Scenario, clock: Clock) -> Api {
        let scenario = Arc::new(scenario);
        let model = &scenario.model;
        let start = clock.now_ms();
        let rows = scenario.watch_list();
        let id_at = |row: usize| rows.get(row).map(|entry| entry.id.clone());
        Api {
            release: model.release,
            fault_users: model.fault_users,
            discovers: model.release.has_discovery() && model.witnesses.gateways != Manners::Missing,
            skew_ms: model.clock_skew.0,
            world: Mutex::new(World::new(&scenario, start)),
            credentials: Mutex::new(Credentials::new(model)),
            rules: Mutex::new([
                Rules::new(model.fault.iter().filter_map(|rule| rule.rule(start, id_at))),
                Rules::default(),
            ]),
            packed: Mutex::default(),
            ledger: Mutex::default(),
            clock,
        }
    }

    /// Whether the request asks for the gateways' addresses, of a server that tells them.
    pub(super) fn asks_gateways(&self, ask: &Ask<'_>) -> bool {
        ask.path == DISCOVERY && self.has_route(ask.post, ask.path)
    }

    /// The same for the addresses of the push services.
    pub(super) fn asks_push_services(&self, ask: &Ask<'_>) -> bool {
        ask.path == PUSH_DISCOVERY && self.has_route(ask.post, ask.path)
    }

    /// The release that is imitated.
    pub fn release(&self) -> Release {
        self.release
    }

    /// The server's clock, unix ms: the virtual one with the scenario's skew.
    pub fn server_time_ms(&self) -> i64 {
        self.clock.now_ms() + self.skew_ms
    }

    /// The world, advanced to now. Hold it briefly: no request is answered meanwhile.
    pub fn world(&self) -> MutexGuard<'_, World> {
        let mut world = lock(&self.world);
        world.advance(self.clock.now_ms());
        world
    }

    /// A good token of the first admin. On main it ends the older ones after five minutes.
    pub fn admin_token(&self) -> String {
        let mut credentials = lock(&self.credentials);
        let admin = credentials.first_admin();
        credentials.issue(&admin, self.server_time_ms()).to_string()
    }

    /// A good token of `user`, who is no admin.
    pub fn user_token(&self, user: &str) -> String {
        lock(&self.credentials).issue(user, self.server_time_ms()).to_string()
    }

    /// Replaces the rules set by hand; those of the scenario stay.
    pub fn set_rules(&self, rules: impl IntoIterator<Item = Rule>) {
        lock(&self.rules)[1] = Rules::new(rules);
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    /// The fault that this request meets: one that it asks for by name, by hand, or by scenario.
    pub(super) fn fault(&self, ask: &Ask<'_>) -> Option<Fault> {
        let mut rules = lock(&self.rules);
        if !self.fault_users && rules.iter().all(Rules::is_empty) {
            return None;
        }
        let question = Question::read(ask.body).unwrap_or_default();
        let ids: Vec<&str> = question.ids().collect();
        if self.fault_users {
            let named =
                ids.iter().filter_map(|id| id.strip_prefix("fault:")).find_map(|name| name.parse().ok());
            if named.is_some() {
                return named;
            }
        }
        let now = self.clock.now_ms();
        let [scenario, by_hand] = &mut *rules;
        by_hand.meet(now, ask.path, &ids).or_else(|| scenario.meet(now, ask.path, &ids))
    }

    /// The body compressed, as it was the last time for the same body.
    pub(super) fn pack(&self, body: &Bytes) -> Bytes {
        let key = lock(&self.packed).key(body);
        if let Some(packed) = lock(&self.packed).find(key) {
            return packed;
        }
        let packed = gzip::compress(body).unwrap_or_default();
        lock(&self.packed).keep(key, packed.clone());
        packed
    }

    /// Answers a request as a healthy server does.
    pub fn answer(&self, ask: &Ask<'_>) -> Answer {
        match self.route(ask) {
            Ok(answer) => answer,
            Err(refusal) => Answer::Reply(Reply::json(200, refusal.body())),
        }
    }

    fn route(&self, ask: &Ask<'_>) -> Result<Answer, Refusal> {
        if let Some(path) = ask.path.strip_suffix('/').filter(|path| self.has_route(ask.post, path)) {
            let status = if ask.post { 307 } else { 301 };
            let headers = vec![("Location", path.to_owned())];
            return Ok(Answer::Reply(Reply { headers, ..Reply::empty(status) }));
        }
        if !ask.post {
            return Ok(Answer::Reply(if self.asks_push_services(ask) {
                Reply::json(200, wire::discovery(std::iter::empty()))
            } else if self.has_route(false, ask.path) {
                let signs = self.world().listed_gateways();
                Reply::json(200, wire::discovery(signs.into_iter().map(|(address, _)| address)))
            } else {
                Reply::not_found()
            }));
        }
        if ask.operation_id.is_none_or(str::is_empty) {
            return Err(self.refusal(1001, "header must have operationID"));
        }
        if ask.path == self.release.login_path() {
            return self.login(ask.body);
        }
        let Some(token) = ask.token.filter(|token| !token.is_empty()) else {
            return Err(self.refusal(1001, "header must have token"));
        };
        let mut world = self.world();
        let caller = lock(&self.credentials).check(token, self.server_time_ms(), &world)?;
        let Some(Endpoint(_, asks_gateways, write)) = self.endpoint(ask.path) else {
            return Ok(Answer::Reply(Reply::not_found()));
        };
        if let Some(reply) = world.turned_down(ask.path) {
            return Ok(Answer::Reply(reply));
        }
        let question = match Question::read(ask.body) {
            Ok(question) => question,
            Err(error) => return Ok(Answer::Reply(self.bad_body(*asks_gateways, &error))),
        };
        if *asks_gateways && world.blocks() {
            return Ok(Answer::Wait);
        }
        let ids: Vec<&str> = question.ids().collect();
        let mut out = String::with_capacity(64 + ids.len() * 360);
        out.push_str(wire::GOOD);
        let told = Told { api: self, caller: &caller, question: &question, ids: &ids };
        write(&told, &mut world, &mut out)?;
        out.push('}');
        Ok(Answer::Reply(Reply::json(200, out)))
    }

    fn login(&self, body: &[u8]) -> Result<Answer, Refusal> {
        // An a2r endpoint: bad JSON is 200, errCode 1001 and the reason as errMsg.
        let question = Question::read(body).map_err(|error| Refusal {
            code: 1001,
            message: error,
            detail: String::new(),
        })?;
        let (user, secret) = (question.user.unwrap_or_default(), question.secret.unwrap_or_default());
        let mut credentials = lock(&self.credentials);
        let token = credentials.login(&user, &secret, self.server_time_ms())?;
        let mut out = String::from(wire::GOOD);
        out.push_str("{\"token\":");
        wire::string(&mut out, &token);
        let _ = write!(out, ",\"expireTimeSeconds\":{}}}}}", credentials.lifetime_s());
        Ok(Answer::Reply(Reply::json(200, out)))
    }

    /// What answers at a path, where there is something.
    fn endpoint(&self, path: &str) -> Option<&'static Endpoint> {
        let known = path != REGISTRY || self.release.has_registry();
        ENDPOINTS.iter().find(|endpoint| endpoint.0 == path && known)
    }

    fn has_route(&self, post: bool, path: &str) -> bool {
        if post {
            self.endpoint(path).is_some() || path == self.release.login_path()
        } else {
            matches!(path, DISCOVERY | PUSH_DISCOVERY) && self.discovers
        }
    }

    /// The answer to a body that is not JSON: 400 where gin binds it, else 200 with errCode 1001.
    fn bad_body(&self, is_bound: bool, error: &str) -> Reply {
        match (is_bound, self.release) {
            (false, _) => Reply::json(200, wire::refusal(1001, error, "")),
            (true, Release::V3_0_0) => Reply::json(400, self.refusal(1001, error).body()),
            (true, _) => Reply::json(400, Refusal::new(500, error).body()),
        }
    }

    /// A refusal in the words of the release: up to v3.6 the detail ends with code and name.
    fn refusal(&self, code: i32, detail: &str) -> Refusal {
        let mut refusal = Refusal::new(code, detail);
        if self.release == Release::V3_0_0 {
            refusal.detail = format!("{detail}: {code} {}", refusal.message);
        }
        refusal
    }
}

/// A question with a token, as far as it was read.
struct Told<'a> {
    api: &'a Api,
    caller: &'a Caller,
    question: &'a Question<'a>,
    ids: &'a [&'a str],
}

impl Told<'_> {
    fn refused(&self, code: i32, detail: &str) -> Result<(), Refusal> {
        Err(self.api.refusal(code, detail))
    }

    /// Whether the caller may know who is connected.
    fn may_look(&self) -> bool {
        *self.caller == Caller::Admin || !self.api.release.checks_admin()
    }
}

/// Something that is asked with POST and a token: its path, whether the API asks every gateway about it (then
/// it waits for one that hangs, and gin binds the body), and what writes the value of `data`.
struct Endpoint(&'static str, bool, fn(&Told<'_>, &mut World, &mut String) -> Result<(), Refusal>);

/// Everything that can be asked so.
const ENDPOINTS: [Endpoint; 9] = [
    Endpoint(ONLINE, true, |told, world, out| {
        // The check lives in the gateway, behind that for an empty list.
        if !told.may_look() && !told.ids.is_empty() && world.any_gateway() {
            return told.refused(1002, "only app manager");
        }
        world.write_online(told.ids, out);
        Ok(())
    }),
    Endpoint(TOKENS, true, |told, world, out| {
        if told.may_look() {
            world.write_tokens(told.ids, out);
        } else {
            out.push_str("null"); // refused by every gateway, and the API does not say so
        }
        Ok(())
    }),
    Endpoint(REGISTRY, false, |told, world, out| {
        if told.ids.is_empty() {
            return told.refused(1001, "UserIDs is empty");
        }
        world.write_registry(told.ids, out);
        Ok(())
    }),
    Endpoint(ACCOUNTS, false, |told, world, out| {
        if *told.caller != Caller::Admin {
            return told.refused(1002, "only app manager");
        }
        let distinct: std::collections::HashSet<_> = told.ids.iter().collect();
        if distinct.len() < told.ids.len() {
            return told.refused(1001, "userID repeated");
        }
        world.write_accounts(told.ids, out);
        Ok(())
    }),
    Endpoint("/user/get_users_info", false, |told, world, out| {
        world.write_infos(told.ids, out);
        Ok(())
    }),
    Endpoint("/user/get_all_users_uid", false, |told, world, out| {
        let Pagination { page_number, show_number } = told.question.pagination;
        let Some(before) = page_number.checked_sub(1).and_then(|pages| usize::try_from(pages).ok()) else {
            return told.refused(1001, "pageNumber is invalid");
        };
        let size = usize::try_from(show_number).unwrap_or(0);
        let _ = write!(out, "{{\"total\":{},\"userIDs\":", world.everybody().count());
        wire::list(out, world.everybody().skip(before.saturating_mul(size)).take(size), wire::string);
        out.push('}');
        Ok(())
    }),
    Endpoint("/group/get_group_member_user_id", false, |told, world, out| {
        let group = told.question.group.as_deref().unwrap_or_default();
        if let Caller::User(user) = told.caller
            && world.members(group).all(|member| member != user)
        {
            return told.refused(1002, "opUser no permission");
        }
        out.push_str("{\"userIDs\":");
        wire::list(out, world.members(group), wire::string);
        out.push('}');
        Ok(())
    }),
    Endpoint("/msg/get_conversations_has_read_and_max_seq", false, |told, world, out| {
        let user = told.question.user.as_deref().unwrap_or_default();
        if *told.caller != Caller::Admin && *told.caller != Caller::User(user.to_owned()) {
            return told.refused(1002, "no permission");
        }
        world.write_seqs(user, out);
        Ok(())
    }),
    Endpoint("/msg/get_server_time", false, |told, _, out| {
        let _ = write!(out, "{{\"serverTime\":{}}}", told.api.server_time_ms());
        Ok(())
    }),
];

/// A lock that outlives a panic of another holder: the data is whole at every step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
