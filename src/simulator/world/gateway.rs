//! The gateways: which of them answer, in which order the API asks them, how long it waits for one
//! that hangs.
//!
//! As seen on a running server: the first request to meet a hung gateway waits for about 11 s, those
//! that come later wait no longer than it does; after that every answer comes at once, without the
//! users of that gateway. A dead one is left out from the next request on.

/// One gateway.
#[derive(Clone, Debug)]
struct Gateway {
    name: String,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Up,
    /// Since the first request to it, if there was one.
    Hung(Option<i64>),
    Dead,
}

/// All gateways of a server.
#[derive(Clone, Debug)]
pub(super) struct Gateways {
    all: Vec<Gateway>,
    /// In which the API asks them: one that is started again comes last.
    order: Vec<usize>,
    wait_ms: i64,
}

impl Gateways {
    pub(super) fn new(names: &[String], wait_ms: i64) -> Gateways {
        let all: Vec<_> = names.iter().map(|name| Gateway { name: name.clone(), state: State::Up }).collect();
        Gateways { order: (0..all.len()).collect(), all, wait_ms }
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

    /// Whether a gateway was stopped that ran; its sockets stay.
    pub(super) fn hang(&mut self, at: usize) -> bool {
        self.step(at, State::Hung(None), |state| state == State::Up)
    }

    /// Whether a gateway ran on that hung.
    pub(super) fn recover(&mut self, at: usize) -> bool {
        self.step(at, State::Up, |state| matches!(state, State::Hung(_)))
    }

    /// Whether a gateway died that was alive.
    pub(super) fn kill(&mut self, at: usize) -> bool {
        self.order.retain(|&other| other != at);
        self.step(at, State::Dead, |state| state != State::Dead)
    }

    /// Whether a gateway was started that was dead.
    pub(super) fn restart(&mut self, at: usize) -> bool {
        let started = self.step(at, State::Up, |state| state == State::Dead);
        if started {
            self.order.push(at);
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

    /// Whether a request that needs every gateway has to wait at `now` (unix ms).
    pub(super) fn blocks(&mut self, now: i64) -> bool {
        let wait_ms = self.wait_ms;
        let mut blocked = false;
        for gateway in &mut self.all {
            if let State::Hung(first) = &mut gateway.state {
                blocked |= now < *first.get_or_insert(now) + wait_ms;
            }
        }
        blocked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_requests_wait_for_a_hung_gateway() {
        let mut gateways = Gateways::new(&["a".into(), "b".into()], 11_400);
        assert!(!gateways.blocks(0));
        assert!(gateways.hang(1) && !gateways.hang(1));
        assert!(gateways.blocks(1_000) && gateways.blocks(12_399));
        assert!(!gateways.blocks(12_400));
        assert_eq!(gateways.answering().collect::<Vec<_>>(), [0]);
        assert!(gateways.recover(1));
        assert_eq!(gateways.answering().collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn a_gateway_that_is_started_again_is_asked_last() {
        let mut gateways = Gateways::new(&["a".into(), "b".into()], 0);
        assert!(gateways.kill(0) && !gateways.kill(0) && !gateways.recover(0));
        assert!(gateways.restart(0) && !gateways.restart(0));
        assert_eq!(gateways.answering().collect::<Vec<_>>(), [1, 0]);
    }
}
