//! Whether the addresses take connections.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::step::{Outcome, Part, Step, time_words};
use crate::say;

/// Why an address takes no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nobody listens there.
    Refused,
    /// No answer at all.
    TimedOut,
    /// There is no way to it.
    Unreachable,
    /// This system forbids it, or anything else.
    Other(io::ErrorKind),
}

impl Refusal {
    fn of(error: &io::Error) -> Refusal {
        use io::ErrorKind;
        match error.kind() {
            ErrorKind::ConnectionRefused => Refusal::Refused,
            ErrorKind::TimedOut => Refusal::TimedOut,
            ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::AddrNotAvailable => Refusal::Unreachable,
            other => Refusal::Other(other),
        }
    }

    fn words(self) -> String {
        match self {
            Refusal::Refused => say!("refused").to_owned(),
            Refusal::TimedOut => say!("timed out").to_owned(),
            Refusal::Unreachable => say!("unreachable").to_owned(),
            Refusal::Other(kind) => kind.to_string(),
        }
    }

    fn advice(self, port: u16) -> String {
        match self {
            Refusal::Refused => say!(
                "nothing listens on port {port} there: check that the server runs, and the port (the API's is usually \
                 10002, 10001 is the WebSocket gateway's)",
                port
            ),
            Refusal::TimedOut => {
                say!("the host is down, or a firewall in between drops the packets: ask whoever runs it")
                    .to_owned()
            }
            Refusal::Unreachable => {
                say!("there is no route to it from this machine: check network, routes and VPN").to_owned()
            }
            Refusal::Other(_) => say!("check whether this system lets programs connect at all").to_owned(),
        }
    }
}

/// An address and what came of connecting to it: how long that took, or why it failed.
pub(super) type Attempt = (SocketAddr, Result<Duration, Refusal>);

/// Connects to all addresses at once, each within `timeout`; in their order.
pub(super) async fn look(addresses: &[SocketAddr], timeout: Duration) -> Vec<Attempt> {
    let mut tries = JoinSet::new();
    for (place, address) in addresses.iter().copied().enumerate() {
        tries.spawn(async move {
            let began = Instant::now();
            let came = match tokio::time::timeout(timeout, TcpStream::connect(address)).await {
                Ok(Ok(_)) => Ok(began.elapsed()),
                Ok(Err(error)) => Err(Refusal::of(&error)),
                Err(_) => Err(Refusal::TimedOut),
            };
            (place, (address, came))
        });
    }
    let mut attempts = tries.join_all().await;
    attempts.sort_by_key(|(place, _)| *place);
    attempts.into_iter().map(|(_, attempt)| attempt).collect()
}

/// Judges the attempts.
pub(super) fn judge(attempts: &[Attempt]) -> Step {
    let words = |(address, came): &Attempt| match came {
        Ok(took) => say!("{address} connects in {took}", address, took = time_words(*took)),
        Err(refusal) => format!("{address} {}", refusal.words()),
    };
    let seen: Vec<String> = attempts.iter().map(words).collect();
    let mut step = Step::ok(Part::Tcp, seen.join(", "));
    if let Some(quickest) = attempts.iter().filter_map(|(_, came)| came.ok()).min() {
        step = step.time("quickest_ms", quickest);
    }
    let answering = attempts.iter().filter(|(_, came)| came.is_ok()).count();
    step = step.count("answering", answering as i64).count("tried", attempts.len() as i64);
    let mut said = Vec::new();
    for (address, came) in attempts {
        let Err(refusal) = came else { continue };
        if said.contains(refusal) {
            continue;
        }
        said.push(*refusal);
        let outcome = match refusal {
            _ if answering == 0 => Outcome::Failed,
            // The next address is tried at once.
            Refusal::Refused | Refusal::Unreachable => Outcome::Note,
            Refusal::TimedOut | Refusal::Other(_) => Outcome::Warning,
        };
        let advice = if answering == 0 {
            refusal.advice(address.port())
        } else {
            say!(
                "{address} does not answer, another one does: it works, but maybe with a delay; if it should not be \
                 used, take it out of the DNS",
                address
            )
        };
        step = step.but(outcome, advice);
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(address: &str, came: Result<u64, Refusal>) -> Attempt {
        (address.parse().unwrap(), came.map(Duration::from_micros))
    }

    #[test]
    fn refused_timed_out_and_unreachable_are_told_apart() {
        let told = |refusal| {
            let step = judge(&[attempt("10.0.0.1:10002", Err(refusal))]);
            assert_eq!(step.outcome, Outcome::Failed);
            format!("{}: {}", step.seen, step.advice.join(" "))
        };
        assert!(told(Refusal::Refused).starts_with("10.0.0.1:10002 refused: nothing listens on port 10002"));
        assert!(told(Refusal::TimedOut).starts_with("10.0.0.1:10002 timed out: the host is down"));
        assert!(
            told(Refusal::Unreachable).starts_with("10.0.0.1:10002 unreachable: there is no route to it")
        );
        assert!(told(Refusal::Other(io::ErrorKind::PermissionDenied)).contains("permission denied"));
    }

    #[test]
    fn one_address_that_answers_is_enough() {
        let both = |refusal| judge(&[attempt("[::1]:1", Err(refusal)), attempt("127.0.0.1:1", Ok(200))]);
        let step = both(Refusal::Refused);
        assert_eq!(step.outcome, Outcome::Note, "as with localhost, which is two addresses");
        assert_eq!(step.seen, "[::1]:1 refused, 127.0.0.1:1 connects in 0.2 ms");
        assert_eq!(both(Refusal::TimedOut).outcome, Outcome::Warning, "connections wait for that");
    }

    #[tokio::test]
    async fn real_sockets_are_judged_in_their_order() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listening = listener.local_addr().unwrap();
        let gone = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap()
        };
        let attempts = look(&[gone, listening], Duration::from_secs(10)).await;
        assert_eq!(attempts[0], (gone, Err(Refusal::Refused)));
        assert!(attempts[1].0 == listening && attempts[1].1.is_ok());
    }
}
