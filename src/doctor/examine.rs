//! Runs the steps in their order, each only when what it needs worked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::time::Instant;

use super::files::Wanted;
use super::latency::{REQUESTS, Sample};
use super::name::Lookup;
use super::step::{Outcome, Part, Step};
use super::terminal::{Screen, Through};
use super::watch_list::{Gathered, Registered};
use super::{clock, configuration, dialogue, files, http, latency, name, rights, shape, tcp, terminal, tls};
use super::{token, watch_list};
use crate::language;
use crate::openim::{Asked, Client, Credentials, DeltaDecoder, Identity, SetupError};
use crate::options::{Environment, Examined, no_screen};
use crate::presence::{Entry, Moment, Observation, Platform, ServerClock, WatchList, visible_bounded};
use crate::say;

/// Asked about where neither a watch list nor the token names anybody; servers since v3.7 have this one.
const SHIPPED_ADMIN: &str = "imAdmin";

/// Looks at one thing after the other, and keeps what the next ones need.
pub struct Doctor<'a> {
    examined: Examined,
    client: Result<Client, SetupError>,
    screen: Screen,
    files: Vec<Wanted>,
    env: Environment<'a>,
    now: Arc<dyn Fn() -> Moment + Send + Sync>,
    done: usize,
    /// What did not work, or could not be looked at: each with the step that is to blame.
    broken: BTreeMap<Part, Part>,
    addresses: Vec<SocketAddr>,
    /// Whether an answer came at all, so that there was a chance to see a clock.
    answered: bool,
    clock: ServerClock,
    identity: Option<Identity>,
    sockets: Option<Observation>,
    gathered: Option<Gathered>,
}

impl<'a> Doctor<'a> {
    /// Prepares to look at what is configured so; `now` reads the clocks.
    pub fn new(
        examined: Examined,
        screen: Screen,
        files: Vec<Wanted>,
        env: Environment<'a>,
        now: Arc<dyn Fn() -> Moment + Send + Sync>,
    ) -> Doctor<'a> {
        let client = Client::new(examined.server.clone());
        Doctor {
            examined,
            client,
            screen,
            files,
            env,
            now,
            done: 0,
            broken: BTreeMap::new(),
            addresses: Vec::new(),
            answered: false,
            clock: ServerClock::default(),
            identity: None,
            sockets: None,
            gathered: None,
        }
    }

    /// What comes next; `None` at the end.
    pub fn upcoming(&self) -> Option<Part> {
        Part::ALL.get(self.done).map(|(part, _)| *part)
    }

    /// Takes the next step; `None` at the end.
    pub async fn step(&mut self) -> Option<Step> {
        let part = self.upcoming()?;
        self.done += 1;
        let began = Instant::now();
        let needs = self.needs(part);
        let blamed = needs.into_iter().find_map(|need| self.broken.get(&need).copied());
        let mut step = match blamed {
            Some(blamed) => {
                self.broken.insert(part, blamed);
                Step::skipped(part, say!("{part} failed", part = language::say(blamed.name())))
            }
            None => Box::pin(self.look(part)).await,
        };
        if step.outcome == Outcome::Failed {
            self.broken.insert(part, part);
        }
        step.took = began.elapsed();
        Some(step)
    }

    /// What has to work for a step to be worth while.
    fn needs(&self, part: Part) -> Vec<Part> {
        match part {
            Part::Tcp => vec![Part::Name],
            Part::Tls if self.examined.server.api.is_https() => vec![Part::Tcp],
            Part::Http => vec![Part::Tcp, Part::Tls],
            Part::Clock if !self.answered => vec![Part::Http],
            Part::Token if matches!(self.examined.server.credentials, Credentials::Login { .. }) => {
                vec![Part::Configuration, Part::Http]
            }
            Part::Token => vec![Part::Configuration],
            Part::Rights => vec![Part::Http, Part::Token],
            Part::Shape | Part::Latency => vec![Part::Rights],
            _ => Vec::new(),
        }
    }

    async fn look(&mut self, part: Part) -> Step {
        // Terminal and files need no server, and the watch list has its own sentences without one.
        match part {
            Part::Configuration => return self.configuration(),
            Part::WatchList => return self.watch_list().await,
            Part::Terminal => return self.terminal().await,
            Part::Files => return files::judge(&self.files),
            _ => {}
        }
        let Ok(client) = self.client.clone() else {
            self.broken.insert(part, Part::Configuration);
            return Step::skipped(
                part,
                say!("{part} failed", part = language::say(Part::Configuration.name())),
            );
        };
        match part {
            Part::Name => self.name(&client).await,
            Part::Tcp => self.tcp().await,
            Part::Tls => self.tls(&client).await,
            Part::Http => self.http(&client).await,
            Part::Clock => clock::judge(&self.clock),
            Part::Token => self.token(&client).await,
            Part::Rights => self.rights(&client).await,
            Part::Shape => match &self.sockets {
                Some(seen) => shape::judge(seen),
                None => Step::skipped(part, say!("nothing was asked")),
            },
            _ => self.latency(&client).await,
        }
    }

    fn configuration(&self) -> Step {
        let step = configuration::judge(&self.examined);
        match &self.client {
            Ok(_) => step,
            Err(error) => {
                let mut step =
                    step.but(Outcome::Failed, say!("fix it first: nothing else can be checked before"));
                step.seen = format!("{}; {error}", step.seen);
                step
            }
        }
    }

    async fn name(&mut self, client: &Client) -> Step {
        let began = Instant::now();
        let lookup = name::look(client.destination(), self.examined.values.timeout).await;
        if let Lookup::Found(found) = &lookup {
            self.addresses.clone_from(found);
        }
        name::judge(client.destination(), &lookup, began.elapsed())
    }

    async fn tcp(&mut self) -> Step {
        let attempts = tcp::look(&self.addresses, self.examined.values.timeout).await;
        self.addresses =
            attempts.iter().filter(|(_, came)| came.is_ok()).map(|(address, _)| *address).collect();
        tcp::judge(&attempts)
    }

    async fn tls(&self, client: &Client) -> Step {
        let server = &self.examined.server;
        if !server.api.is_https() {
            return tls::plain(server.api.is_exposed());
        }
        if client.destination().is_proxy {
            return Step::skipped(
                Part::Tls,
                say!(
                    "the handshake goes through the proxy; the next step says whether the certificate is accepted"
                ),
            );
        }
        let Some(address) = self.addresses.first() else {
            return Step::skipped(Part::Tls, say!("there is no address"));
        };
        let shown = client.handshake(*address).await;
        let now = (self.now)().unix_ms.div_euclid(1_000);
        tls::judge(&shown, &client.destination().host, server.tls.insecure, now)
    }

    async fn http(&mut self, client: &Client) -> Step {
        let whom = self.somebody();
        let (began, sent) = (Instant::now(), (self.now)());
        let probe = client.probe(&whom).await;
        let took = began.elapsed();
        self.answered = probe.status.is_some();
        self.observe(probe.server_date, sent);
        http::judge(&probe, took)
    }

    async fn token(&mut self, client: &Client) -> Step {
        let identity = client.identity().await;
        let now = self.clock.unix_seconds((self.now)());
        let step = token::judge(&self.examined.server.credentials, &identity, now);
        self.identity = identity.ok();
        step
    }

    async fn rights(&mut self, client: &Client) -> Step {
        // One user, and never an empty list, which some servers accept from anybody.
        let whom = self.somebody();
        let list = WatchList::new(1, 1, [Entry::of(&whom)]);
        let sent = (self.now)();
        let seen = client.ask(&list, &Asked::sockets(0), &mut DeltaDecoder::default()).await;
        self.observe(seen.server_date, sent);
        let step = rights::judge(&seen, &visible_bounded(&whom, 40), self.platform());
        self.sockets = Some(seen);
        step
    }

    async fn latency(&mut self, client: &Client) -> Step {
        self.gather(Some(client)).await;
        let pace = self.examined.values.clone();
        let users = self.gathered.as_ref().map(|gathered| &gathered.users).filter(|users| !users.is_empty());
        let Some(users) = users else { return Step::skipped(Part::Latency, say!("nobody is watched")) };
        let list = users.remade(2, pace.batch);
        let asked = list.batch(0).len();
        let mut sieve = DeltaDecoder::default();
        let mut samples: Vec<Sample> = Vec::new();
        for _ in 0..REQUESTS {
            let began = Instant::now();
            let seen = client.ask(&list, &Asked::sockets(0), &mut sieve).await;
            let took = began.elapsed();
            let failed = seen.answer.is_err();
            samples.push(seen.answer.map(|_| (took, seen.wire_bytes)));
            // Each may take as long as a request may; a server that hangs is not asked five times.
            if failed {
                break;
            }
        }
        latency::judge(&samples, asked, list.len(), &pace)
    }

    async fn watch_list(&mut self) -> Step {
        let usable = !self.broken.contains_key(&Part::Rights);
        let client = self.client.clone().ok().filter(|_| usable);
        self.gather(client.as_ref()).await;
        let Some(gathered) = &self.gathered else { return watch_list::without(&self.examined) };
        let sample = gathered.sample();
        let registered = match client {
            None => Registered::NotAsked(say!("the server cannot be asked").to_owned()),
            Some(_) if sample.is_empty() => Registered::Asked(0, Vec::new()),
            Some(client) => match client.unregistered(&sample).await {
                Ok(missing) => Registered::Asked(sample.len(), missing),
                Err(error) => Registered::Failed(error),
            },
        };
        watch_list::judge(gathered, &registered)
    }

    async fn terminal(&self) -> Step {
        // A terminal that calls itself dumb would show the question.
        let speaks = no_screen(self.env, true).is_none();
        let answers = if self.screen.interactive && speaks {
            dialogue::ask(self.examined.values.timeout).await
        } else {
            None
        };
        let clipboard = match self.screen.through {
            // Only within one: from another machine it is not ours to ask.
            Through::Tmux if self.screen.interactive && (self.env)("TMUX").is_some() => {
                terminal::set_clipboard().await
            }
            _ => None,
        };
        let wide = self.examined.values.ambiguous_width == 2;
        terminal::judge(&self.screen, answers.as_ref(), clipboard.as_deref(), wide, self.env)
    }

    /// Puts the watch list together, once; the server's lists only where there is a client to ask.
    async fn gather(&mut self, client: Option<&Client>) {
        let Some(Ok(watched)) = &self.examined.watched else { return };
        if self.gathered.is_some() {
            return;
        }
        let mut gathered = Gathered::ours(watched, self.examined.watch_file.as_deref());
        if let Some(client) = client {
            gathered.read(watched, client, self.examined.values.timeout).await;
        }
        self.gathered = Some(gathered);
    }

    /// A user to ask about: the first that is watched, or else the admin.
    fn somebody(&self) -> String {
        if let Some(Ok(watched)) = &self.examined.watched
            && let Some(id) = watched.first()
        {
            return id.to_owned();
        }
        let claims = self.identity.as_ref().and_then(|identity| identity.claims.as_ref().ok());
        match (claims.and_then(|claims| claims.user.as_deref()), &self.examined.server.credentials) {
            (Some(user), _) if !user.is_empty() => user.to_owned(),
            (_, Credentials::Login { admin_id, .. }) => admin_id.clone(),
            _ => SHIPPED_ADMIN.to_owned(),
        }
    }

    fn platform(&self) -> Option<Platform> {
        self.identity.as_ref()?.claims.as_ref().ok()?.platform
    }

    fn observe(&mut self, date: Option<i64>, sent: Moment) {
        if let Some(date) = date {
            self.clock.observe(date, sent, (self.now)());
        }
    }
}
