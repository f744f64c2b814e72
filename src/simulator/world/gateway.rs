//! The gateways: which of them answer, in which order the API asks them, how long it waits for one
//! that hangs.
//!
//! As seen on a running server: the first request to meet a hung gateway waits for about 11 s, those
//! that come later wait no longer than it does; after that every answer comes at once, without the
//! users of that gateway. A dead one is left out from the next request on.

use crate::presence::LifeSign;

/// One gateway.
#[derive(Clone, Debug)]
struct Gateway {
    name: String,
    state: State,
    /// How often it has been started.
    starts: u32,
    /// Takes no new sockets.
    draining: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Up,
    /// Since when, and since the first request to it, if there was one.
    Hung {
        since: i64,
        met: Option<i64>,
    },
    /// Alive for its clients, out of the API's reach: a call to it fails at once.
    Cut,
    Dead,
}

/// All gateways of a server.
#[derive(Clone, Debug)]
pub(super) struct Gateways {
    all: Vec<Gateway>,
    /// In which the API asks them: one that is started again comes last.
    order: Vec<usize>,
    wait_ms: i64,
    listed: Vec<Listed>,
}

/// A metrics address that discovery lists.
#[derive(Clone, Debug)]
struct Listed {
    address: String,
    gateway: usize,
    /// Unix ms; [`FOR_EVER`] while the process that listens there lives.
    until: i64,
}

const FOR_EVER: i64 = i64::MAX;

/// How long discovery still lists a gateway that died, ms: etcd's lease of 300 s (server
/// `discovery/etcd`), renewed in time while it lived.
const LEASE: i64 = 300_000;

/// A made-up address: by place, and which start of the gateway it is.
fn address(at: usize, start: u32) -> String {
    format!("10.{}.{}.{}:{}", at / 250, at % 250, start % 250 + 1, 12_140 + start / 250)
}

impl Gateways {
    pub(super) fn new(names: &[String], wait_ms: i64) -> Gateways {
        let all: Vec<_> = names
            .iter()
            .map(|name| Gateway { name: name.clone(), state: State::Up, starts: 1, draining: false })
            .collect();
        let listed =
            (0..all.len()).map(|at| Listed { address: address(at, 0), gateway: at, until: FOR_EVER });
        Gateways { order: (0..all.len()).collect(), listed: listed.collect(), all, wait_ms }
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.all.iter().position(|gateway| gateway.name == name)
    }

    /// Those that answer, in the order of asking.
    pub(super) fn answering(&self) -> impl Iterator<Item = usize> + '_ {
        self.order.iter().copied().filter(|&at| self.answers(at))
    }

    pub(super) fn answers(&self, at: usize) -> bool {
        self.all[at].state == State::Up
    }

    /// Those that take new sockets.
    pub(super) fn taking(&self) -> impl Iterator<Item = usize> + '_ {
        self.order.iter().copied().filter(|&at| self.takes(at))
    }

    /// Whether it takes new sockets.
    pub(super) fn takes(&self, at: usize) -> bool {
        let gateway = &self.all[at];
        matches!(gateway.state, State::Up | State::Cut) && !gateway.draining
    }

    pub(super) fn hangs(&self, at: usize) -> bool {
        matches!(self.all[at].state, State::Hung { .. })
    }

    pub(super) fn dead(&self, at: usize) -> bool {
        self.all[at].state == State::Dead
    }

    /// Whether a gateway was stopped that ran; its sockets stay.
    pub(super) fn hang(&mut self, at: usize, now: i64) -> bool {
        self.step(at, State::Hung { since: now, met: None }, |state| state == State::Up)
    }

    /// For how long a gateway hung that runs on at `now`, ms; none where it did not hang.
    pub(super) fn recover(&mut self, at: usize, now: i64) -> Option<i64> {
        let State::Hung { since, .. } = self.all[at].state else { return None };
        self.all[at].state = State::Up;
        Some(now - since)
    }

    /// Whether a gateway got out of the API's reach that ran.
    pub(super) fn cut(&mut self, at: usize) -> bool {
        self.step(at, State::Cut, |state| state == State::Up)
    }

    /// Whether a gateway that was cut is within reach again.
    pub(super) fn rejoin(&mut self, at: usize) -> bool {
        self.step(at, State::Up, |state| state == State::Cut)
    }

    /// Whether a gateway takes no new sockets from now on, and did so far.
    pub(super) fn drain(&mut self, at: usize) -> bool {
        !self.dead(at) && !std::mem::replace(&mut self.all[at].draining, true)
    }

    /// Whether a gateway died that was alive.
    pub(super) fn kill(&mut self, at: usize, now: i64) -> bool {
        self.listed.retain(|listed| listed.until > now);
        self.order.retain(|&other| other != at);
        for listed in self.listed.iter_mut().filter(|listed| listed.gateway == at) {
            listed.until = listed.until.min(now + LEASE);
        }
        self.step(at, State::Dead, |state| state != State::Dead)
    }

    /// Whether a gateway was started that was dead.
    pub(super) fn restart(&mut self, at: usize) -> bool {
        let started = self.step(at, State::Up, |state| state == State::Dead);
        if started {
            self.all[at].draining = false;
            self.order.push(at);
            let address = address(at, self.all[at].starts);
            self.all[at].starts += 1;
            self.listed.push(Listed { address, gateway: at, until: FOR_EVER });
        }
        started
    }

    fn step(&mut self, at: usize, to: State, may: impl FnOnce(State) -> bool) -> bool {
        let gateway = &mut self.all[at];
        let steps = may(gateway.state);
        if steps {
            gateway.state = to;
        }
        steps
    }

    /// For how long a request that needs every gateway still has to wait at `now` (unix ms), in ms.
    pub(super) fn wait_ms(&mut self, now: i64) -> i64 {
        let wait_ms = self.wait_ms;
        let mut longest = 0;
        for gateway in &mut self.all {
            if let State::Hung { met, .. } = &mut gateway.state {
                longest = longest.max(*met.get_or_insert(now) + wait_ms - now);
            }
        }
        longest
    }

    /// The metrics addresses that discovery lists at `now` (unix ms), and the sign of life there: a
    /// dead gateway stays listed for as long as its lease, one that is started again is listed anew.
    pub(super) fn signs(&self, now: i64) -> Vec<(String, LifeSign)> {
        let listed = self.listed.iter().filter(|listed| listed.until > now);
        listed.map(|listed| (listed.address.clone(), self.sign(listed))).collect()
    }

    /// Which gateway has the address, and its sign of life.
    pub(super) fn at_address(&self, address: &str, now: i64) -> Option<(usize, LifeSign)> {
        let mut listed = self.listed.iter().filter(|listed| listed.until > now);
        let listed = listed.find(|listed| listed.address == address)?;
        Some((listed.gateway, self.sign(listed)))
    }

    fn sign(&self, listed: &Listed) -> LifeSign {
        match self.all[listed.gateway].state {
            _ if listed.until != FOR_EVER => LifeSign::Refused,
            State::Up | State::Cut => LifeSign::Alive,
            State::Hung { .. } => LifeSign::Hung,
            State::Dead => LifeSign::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_requests_wait_for_a_hung_gateway() {
        let mut gateways = Gateways::new(&["a".into(), "b".into()], 11_400);
        assert!(gateways.wait_ms(0) == 0);
        assert!(gateways.hang(1, 0) && !gateways.hang(1, 0));
        assert_eq!((gateways.wait_ms(1_000), gateways.wait_ms(12_399)), (11_400, 1));
        assert_eq!(gateways.wait_ms(12_400), 0);
        assert_eq!(gateways.answering().collect::<Vec<_>>(), [0]);
        assert_eq!(gateways.recover(1, 20_000), Some(20_000));
        assert_eq!(gateways.answering().collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn a_gateway_that_is_started_again_is_asked_last() {
        let mut gateways = Gateways::new(&["a".into(), "b".into()], 0);
        assert!(gateways.kill(0, 0) && !gateways.kill(0, 0) && gateways.recover(0, 0).is_none());
        assert!(gateways.restart(0) && !gateways.restart(0));
        assert_eq!(gateways.answering().collect::<Vec<_>>(), [1, 0]);
    }

    #[test]
    fn a_dead_gateway_stays_listed_for_its_lease_and_a_new_one_is_there_at_once() {
        let mut gateways = Gateways::new(&["a".into(), "b".into()], 11_400);
        let [a, b] = [address(0, 0), address(1, 0)];
        assert!(gateways.kill(0, 1_000) && gateways.hang(1, 1_000));
        assert_eq!(gateways.signs(2_000), [(a.clone(), LifeSign::Refused), (b.clone(), LifeSign::Hung)]);
        assert!(gateways.restart(0) && gateways.recover(1, 3_000).is_some() && gateways.cut(1));
        let again = address(0, 1);
        let signs = gateways.signs(300_999);
        assert_eq!(
            signs,
            [(a, LifeSign::Refused), (b.clone(), LifeSign::Alive), (again.clone(), LifeSign::Alive)]
        );
        assert_eq!(gateways.signs(301_000), [(b, LifeSign::Alive), (again, LifeSign::Alive)]);
        assert_eq!(gateways.answering().collect::<Vec<_>>(), [0], "the API does not reach the other");
        assert_eq!(gateways.taking().collect::<Vec<_>>(), [1, 0], "clients do");
    }
}
