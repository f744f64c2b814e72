//! What really was: the life of every socket as its client knows it, and what befell the gateways and
//! the registry. Nothing of it can be asked for over HTTP.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::World;
use super::user::Connection;
use crate::presence::Platform;
use crate::simulator::wire;

/// A client's end of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Whose it is.
    pub user: Arc<str>,
    /// The platform that it logged in with.
    pub platform: Platform,
    /// The connID that its gateway gave it.
    pub conn_id: Box<str>,
}

/// Why a socket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The client closed it.
    Client,
    /// Another device of the platform took over.
    Kicked,
    /// The client is gone without a word (no FIN); its gateway lists the socket for up to 30 s more.
    Vanished,
    /// Its gateway closed it, or died.
    Server,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A client connected.
    Connected,
    /// A client's socket ended.
    Disconnected(Why),
    /// A client went to the background.
    Background,
    /// It came back.
    Foreground,
    /// A gateway stopped answering.
    Hung,
    /// It ran on.
    Resumed,
    /// A gateway died.
    Killed,
    /// A dead gateway was started, empty.
    Started,
    /// The API lost sight of a living gateway.
    Cut,
    /// The API sees it again.
    Rejoined,
    /// A gateway began to close its sockets one by one, and takes no new ones.
    Drained,
    /// From now on the registry hears nothing, or only a part where it overflows.
    RegistryDeaf,
    /// From now on it hears everything again.
    RegistryHears,
    /// It has not heard of a login.
    LoginLost,
}

impl What {
    /// The word of a truth file.
    fn name(self) -> &'static str {
        match self {
            What::Connected => "connected",
            What::Disconnected(_) => "disconnected",
            What::Background => "background",
            What::Foreground => "foreground",
            What::Hung => "gateway_stalled",
            What::Resumed => "gateway_resumed",
            What::Killed => "gateway_killed",
            What::Started => "gateway_started",
            What::Cut => "gateway_cut",
            What::Rejoined => "gateway_rejoined",
            What::Drained => "gateway_drained",
            What::RegistryDeaf => "registry_deaf",
            What::RegistryHears => "registry_hears",
            What::LoginLost => "login_lost",
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TruthEvent {
    /// Unix ms.
    pub at_ms: i64,
    /// What it was.
    pub what: What,
    /// To whose socket, for what happens to sockets.
    pub client: Option<Client>,
    /// On which gateway, by its place in the scenario; none for what befalls the registry.
    pub gateway: Option<usize>,
}

impl TruthEvent {
    /// The event as one line of JSON, without the line's end.
    pub fn line(&self) -> String {
        let mut out = format!("{{\"at\":{}", self.at_ms);
        if let Some(client) = &self.client {
            out.push_str(",\"user\":");
            wire::string(&mut out, &client.user);
            let _ = write!(out, ",\"platform\":{}", client.platform.0);
        }
        if let Some(gateway) = self.gateway {
            let _ = write!(out, ",\"gateway\":{gateway}");
        }
        let _ = write!(out, ",\"event\":\"{}\"", self.what.name());
        if let What::Disconnected(why) = self.what {
            let why = match why {
                Why::Client => "client",
                Why::Kicked => "kicked",
                Why::Vanished => "vanished",
                Why::Server => "server",
            };
            let _ = write!(out, ",\"why\":\"{why}\"");
        }
        if let Some(client) = &self.client {
            let _ = write!(out, ",\"connID\":");
            wire::string(&mut out, &client.conn_id);
        }
        out.push('}');
        out
    }
}

/// How long a client had a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The connID of the socket.
    pub conn_id: Box<str>,
    /// Its platform.
    pub platform: Platform,
    /// The gateway, by its place in the scenario.
    pub gateway: usize,
    /// Since when, unix ms.
    pub from_ms: i64,
    /// Until when, unix ms; none while it lasts.
    pub until_ms: Option<i64>,
}

impl Stay {
    /// Whether the socket was open at `at_ms` (unix ms).
    pub fn covers(&self, at_ms: i64) -> bool {
        self.from_ms <= at_ms && self.until_ms.is_none_or(|until| at_ms < until)
    }
}

/// All that has happened since the world began, or since it was asked to keep it.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    events: Vec<TruthEvent>,
    stays: HashMap<Arc<str>, Vec<Stay>>,
}

impl Truth {
    /// What happened, in its order, without what [`Truth::take`] took.
    pub fn events(&self) -> &[TruthEvent] {
        &self.events
    }

    /// Takes the events out, for whoever writes them away.
    pub fn take(&mut self) -> Vec<TruthEvent> {
        std::mem::take(&mut self.events)
    }

    /// Every socket that `user` had, in the order of their beginning.
    pub fn stays(&self, user: &str) -> &[Stay] {
        self.stays.get(user).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether `user` had an open socket at `at_ms` (unix ms).
    pub fn is_online(&self, user: &str, at_ms: i64) -> bool {
        self.stays(user).iter().any(|stay| stay.covers(at_ms))
    }

    fn note(&mut self, event: TruthEvent) {
        if let (Some(client), Some(gateway)) = (&event.client, event.gateway) {
            let stays = self.stays.entry(Arc::clone(&client.user)).or_default();
            match event.what {
                What::Connected => stays.push(Stay {
                    conn_id: client.conn_id.clone(),
                    platform: client.platform,
                    gateway,
                    from_ms: event.at_ms,
                    until_ms: None,
                }),
                What::Disconnected(_) => {
                    let mut open = stays.iter_mut().rev().filter(|stay| stay.until_ms.is_none());
                    if let Some(stay) = open.find(|stay| stay.conn_id == client.conn_id) {
                        stay.until_ms = Some(event.at_ms);
                    }
                }
                _ => {}
            }
        }
        self.events.push(event);
    }
}

impl World {
    /// From now on the truth is kept, beginning with the sockets that are open.
    pub fn keep_truth(&mut self) {
        let mut truth = Truth::default();
        for user in &self.users {
            for connection in user.connections.iter().filter(|connection| !connection.gone) {
                truth.note(event(self.now, What::Connected, &user.id, connection));
                if connection.background {
                    truth.note(event(self.now, What::Background, &user.id, connection));
                }
            }
        }
        self.truth = Some(Box::new(truth));
    }

    /// What really was; none where nobody asked to keep it.
    pub fn truth(&self) -> Option<&Truth> {
        self.truth.as_deref()
    }

    /// As [`World::truth`], for whoever takes events out.
    pub fn truth_mut(&mut self) -> Option<&mut Truth> {
        self.truth.as_deref_mut()
    }

    /// Notes what happened to a socket of `users[ix]`.
    pub(super) fn note(&mut self, what: What, ix: u32, connection: &Connection) {
        if let Some(truth) = &mut self.truth {
            truth.note(event(self.now, what, &self.users[ix as usize].id, connection));
        }
    }

    /// Notes what happened to a gateway, or to the registry where none is named.
    pub(super) fn note_of(&mut self, what: What, gateway: Option<usize>) {
        if let Some(truth) = &mut self.truth {
            truth.note(TruthEvent { at_ms: self.now, what, client: None, gateway });
        }
    }
}

fn event(at_ms: i64, what: What, user: &Arc<str>, connection: &Connection) -> TruthEvent {
    let client =
        Client { user: Arc::clone(user), platform: connection.platform, conn_id: connection.conn_id.clone() };
    TruthEvent { at_ms, what, client: Some(client), gateway: Some(connection.gateway) }
}
