//! What the server shows of itself in a TLS handshake, and whether it is accepted.

use super::certificate::Certificate;
use super::step::{Outcome, Part, Step};
use crate::language;
use crate::openim::Handshake;
use crate::presence::{FetchError, visible_bounded};
use crate::say;

/// A certificate with fewer days left is worth a warning.
const SOON: i64 = 21;

/// Judges a handshake with `host` at `now` (unix seconds).
pub(super) fn judge(shown: &Result<Handshake, FetchError>, host: &str, insecure: bool, now: i64) -> Step {
    let shown = match shown {
        Ok(shown) => shown,
        Err(error) => return Step::failed(Part::Tls, say!("no handshake: {error}", error), error.advice()),
    };
    let chain: Vec<Certificate> = shown.chain.iter().filter_map(|der| Certificate::read(der)).collect();
    let own = chain.first();
    let agreed = match (shown.protocol, &shown.cipher) {
        (Some(protocol), Some(cipher)) => format!("{protocol}, {cipher}"),
        (Some(protocol), None) => protocol.to_owned(),
        _ => say!("the handshake was broken off").to_owned(),
    };
    let mut step = if let Some((what, advice)) = &shown.refused {
        let step =
            Step::failed(Part::Tls, say!("no trusted connection: {what}", what), language::say(advice));
        hint(step, own, host, now)
    } else {
        let seen = match own {
            Some(own) => {
                let validity = own.validity_words(now);
                say!("{agreed}; certificate {validity}", agreed, validity)
            }
            None => agreed,
        };
        Step::ok(Part::Tls, seen)
    };
    for (place, certificate) in chain.iter().enumerate() {
        step = step.detail(say!(
            "certificate {number}: {words}",
            number = place + 1,
            words = certificate.words(now)
        ));
    }
    if let Some(soonest) = chain.iter().map(|certificate| certificate.days_left(now)).min() {
        step = step.count("days_left", soonest);
        if shown.refused.is_none() && soonest < SOON && !insecure {
            step = step.but(
                Outcome::Warning,
                say!(
                    "renew the certificate: it expires in {soonest} days, and then nobody can connect",
                    soonest
                ),
            );
        }
    }
    if insecure {
        step = step.but(
            Outcome::Warning,
            say!(
                "--insecure: anybody in between can pose as the server and take the token; give the authority's \
                 certificate to --ca-file instead"
            ),
        );
        if let Some(own) = own {
            step = unchecked(step, own, host, now);
        }
    }
    step
}

/// What there is to say of a certificate that was refused, beside why.
fn hint(step: Step, own: Option<&Certificate>, host: &str, now: i64) -> Step {
    let Some(own) = own else { return step };
    let mut step = step;
    if !own.is_for(host) {
        let host = visible_bounded(host, 100);
        step =
            step.detail(say!("it is for {names}, and {host} was asked for", names = own.names_words(), host));
    }
    if own.signed_itself() {
        step = step.detail(
            say!("it is self-signed: give the certificate itself to --ca-file, if you know that it is the right one"),
        );
    }
    if own.days_left(now) < 0 {
        step = step.detail(say!("by this machine's clock it is {now}", now = super::step::date_words(now)));
    }
    step
}

/// What would be refused if it were looked at.
fn unchecked(step: Step, own: &Certificate, host: &str, now: i64) -> Step {
    let mut step = step;
    if !own.is_for(host) {
        step = step.detail(say!("unchecked: it is for {names}", names = own.names_words()));
    }
    if own.days_left(now) < 0 {
        step = step.detail(say!("unchecked: it {validity}", validity = own.validity_words(now)));
    }
    step
}

/// Judges a connection that is not encrypted. `exposed`: it leaves this machine.
pub(super) fn plain(exposed: bool) -> Step {
    if !exposed {
        return Step::skipped(
            Part::Tls,
            say!("the address is http://, and the connection stays on this machine"),
        );
    }
    Step::ok(Part::Tls, say!("the address is http://: the connection is not encrypted")).but(
        Outcome::Warning,
        say!(
            "everyone in between can read the admin token and every session token: give the API an https:// address, or \
             use a tunnel (ssh -L)"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::super::certificate::DAY;
    use super::super::certificate::tests::{NOW, der};
    use super::*;

    fn shown(refused: Option<(&str, &'static str)>, until: (i32, u8, u8)) -> Handshake {
        Handshake {
            protocol: refused.is_none().then_some("TLS 1.3"),
            cipher: refused.is_none().then(|| "TLS13_AES_256_GCM_SHA384".into()),
            chain: vec![der(&["im.example"], until)],
            refused: refused.map(|(what, advice)| (what.into(), advice)),
        }
    }

    #[test]
    fn protocol_cipher_and_chain_are_named() {
        let step = judge(&Ok(shown(None, (2027, 1, 1))), "im.example", false, NOW);
        assert_eq!(step.outcome, Outcome::Ok);
        assert_eq!(
            step.seen,
            "TLS 1.3, TLS13_AES_256_GCM_SHA384; certificate valid until 2027-01-01 00:00 UTC (365 days left)"
        );
        assert!(step.details[0].starts_with("certificate 1: CN="), "{:?}", step.details);
    }

    #[test]
    fn a_certificate_that_expires_soon_is_warned_of_in_time() {
        let at = |days: i64| judge(&Ok(shown(None, (2027, 1, 1))), "im.example", false, NOW + days * DAY);
        assert_eq!(at(365 - 21).outcome, Outcome::Ok);
        let step = at(365 - 20);
        assert_eq!(step.outcome, Outcome::Warning);
        assert!(step.advice[0].contains("in 20 days"), "{:?}", step.advice);
    }

    #[test]
    fn a_refused_certificate_says_why_and_what_it_is_for() {
        let step = judge(
            &Ok(shown(Some(("the certificate is for another name", "x")), (2025, 6, 1))),
            "other",
            false,
            NOW,
        );
        assert_eq!(step.outcome, Outcome::Failed);
        assert_eq!(step.seen, "no trusted connection: the certificate is for another name");
        let details = step.details.join("\n");
        assert!(details.contains("it is for im.example, and other was asked for"), "{details}");
        assert!(
            details.contains("it is self-signed") && details.contains("by this machine's clock"),
            "{details}"
        );
    }

    #[test]
    fn insecure_is_a_warning_and_says_what_goes_unchecked() {
        let step = judge(&Ok(shown(None, (2025, 6, 1))), "other", true, NOW);
        assert_eq!(step.outcome, Outcome::Warning);
        let details = step.details.join("\n");
        assert!(details.contains("unchecked: it is for im.example"), "{details}");
        assert!(details.contains("unchecked: it expired on 2025-06-01"), "{details}");
    }

    #[test]
    fn a_way_without_encryption_matters_off_this_machine() {
        assert_eq!(plain(false).outcome, Outcome::Skipped);
        assert_eq!(plain(true).outcome, Outcome::Warning);
    }
}
