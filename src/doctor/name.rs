//! What the host's name resolves to.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::step::{Outcome, Part, Step, time_words};
use crate::openim::Destination;
use crate::presence::visible_bounded;
use crate::say;

/// A name that takes longer is worth a warning: every new connection waits for it.
const SLOW: Duration = Duration::from_secs(1);
/// So many addresses are named and tried.
const MOST: usize = 16;

/// What came of looking a name up.
#[derive(Clone, Debug)]
pub(super) enum Lookup {
    /// These addresses.
    Found(Vec<SocketAddr>),
    /// No answer in time.
    TimedOut,
    /// The name service cannot be asked.
    NoService,
    /// There is no such name, or it has no address.
    Nothing,
}

/// Looks the destination up, within `timeout`.
pub(super) async fn look(destination: &Destination, timeout: Duration) -> Lookup {
    let looked = tokio::net::lookup_host((&*destination.host, destination.port));
    match tokio::time::timeout(timeout, looked).await {
        Err(_) => Lookup::TimedOut,
        Ok(Ok(found)) => {
            let mut addresses: Vec<SocketAddr> = Vec::new();
            for address in found {
                if !addresses.contains(&address) && addresses.len() < MOST {
                    addresses.push(address);
                }
            }
            if addresses.is_empty() { Lookup::Nothing } else { Lookup::Found(addresses) }
        }
        Ok(Err(error)) if error.to_string().contains("Temporary failure") => Lookup::NoService,
        Ok(Err(_)) => Lookup::Nothing,
    }
}

/// Judges what was found in the time that it `took`.
pub(super) fn judge(destination: &Destination, lookup: &Lookup, took: Duration) -> Step {
    let host = if destination.is_proxy {
        say!("the proxy (--proxy)").to_owned()
    } else {
        visible_bounded(&destination.host, 120)
    };
    let found = match lookup {
        Lookup::Found(found) => found,
        Lookup::TimedOut => {
            return Step::failed(
                Part::Name,
                say!(
                    "no answer from the name server about {host} within {took}",
                    host,
                    took = time_words(took)
                ),
                say!(
                    "check /etc/resolv.conf and whether the name server is reachable; --timeout waits longer"
                ),
            );
        }
        Lookup::NoService => {
            return Step::failed(
                Part::Name,
                say!("the name server does not answer about {host}", host),
                say!("check /etc/resolv.conf and whether the name server is reachable"),
            );
        }
        Lookup::Nothing => {
            let option = if destination.is_proxy { "--proxy" } else { "--api" };
            return Step::failed(
                Part::Name,
                say!("there is no address for {host}", host),
                say!(
                    "check the name in {option}; in a private network its name server or VPN may be missing",
                    option
                ),
            );
        }
    };
    let literal = destination.host.parse::<IpAddr>().is_ok();
    let addresses: Vec<String> = found.iter().map(|address| address.ip().to_string()).collect();
    let seen = match (literal, destination.is_proxy) {
        (true, false) => say!("{host} is an address, there is nothing to look up", host),
        (true, true) => say!("{host} is given by its address, there is nothing to look up", host),
        (false, _) => say!(
            "{host} is {addresses}, in {took}",
            host,
            addresses = addresses.join(say!(" and ")),
            took = time_words(took)
        ),
    };
    let step = Step::ok(Part::Name, seen).count("addresses", found.len() as i64).time("lookup_ms", took);
    let step = if destination.is_proxy {
        step.detail(say!("the proxy looks up the server's own name, which is not seen from here"))
    } else {
        step
    };
    if took >= SLOW {
        return step.but(
            Outcome::Warning,
            say!("every new connection waits for this; check the name servers in /etc/resolv.conf"),
        );
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    fn destination(host: &str, is_proxy: bool) -> Destination {
        Destination { host: host.into(), port: 10002, is_proxy }
    }

    fn found(addresses: &[&str]) -> Lookup {
        Lookup::Found(addresses.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn all_addresses_are_named_and_slowness_is_warned_of() {
        let both = found(&["[::1]:10002", "127.0.0.1:10002"]);
        let step = judge(&destination("localhost", false), &both, Duration::from_micros(400));
        assert_eq!((step.outcome, &*step.seen), (Outcome::Ok, "localhost is ::1 and 127.0.0.1, in 0.4 ms"));
        let step = judge(&destination("localhost", false), &both, Duration::from_millis(2_300));
        assert_eq!(step.outcome, Outcome::Warning);
        let step = judge(&destination("127.0.0.1", false), &found(&["127.0.0.1:1"]), Duration::ZERO);
        assert_eq!(step.seen, "127.0.0.1 is an address, there is nothing to look up");
    }

    #[test]
    fn what_was_taken_for_a_proxys_host_is_not_shown() {
        let proxy = destination("hunter2", true);
        for lookup in [found(&["10.0.0.1:3128"]), Lookup::Nothing, Lookup::NoService, Lookup::TimedOut] {
            let step = judge(&proxy, &lookup, Duration::ZERO);
            assert!(!format!("{step:?}").contains("hunter2"));
            assert!(step.seen.contains("the proxy"), "{}", step.seen);
        }
    }

    #[test]
    fn a_name_that_is_not_found_says_what_to_check() {
        let step = judge(&destination("im.exmaple", false), &Lookup::Nothing, Duration::ZERO);
        assert_eq!((step.outcome, &*step.seen), (Outcome::Failed, "there is no address for im.exmaple"));
        assert!(step.advice[0].contains("--api"));
    }

    #[tokio::test]
    async fn an_address_is_found_without_asking_anybody() {
        let lookup = look(&destination("::1", false), Duration::from_secs(10)).await;
        assert!(matches!(lookup, Lookup::Found(found) if found == ["[::1]:10002".parse().unwrap()]));
    }
}
