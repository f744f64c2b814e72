//! What a certificate says of itself.

use std::net::IpAddr;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

use super::step::{date_words, grouped};
use crate::presence::visible_bounded;
use crate::say;

/// Longest name that is shown, in characters.
const LONGEST: usize = 100;
/// So many of the names in a certificate are shown.
const SHOWN: usize = 6;
/// Seconds in a day.
pub(super) const DAY: i64 = 86_400;

/// What a certificate says of itself. Texts are visible-safe and bounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Certificate {
    /// Whom it is for, as a distinguished name.
    pub(super) subject: String,
    /// Who signed it.
    pub(super) issuer: String,
    /// Unix seconds.
    pub(super) not_before: i64,
    /// Unix seconds.
    pub(super) not_after: i64,
    /// The names and addresses that it is for (subjectAltName), as they are.
    names: Vec<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    /// In lower case; may begin with `*.`.
    Dns(String),
    Ip(IpAddr),
}

impl Certificate {
    /// Reads one in DER form; `None` where it is damaged.
    pub(super) fn read(der: &[u8]) -> Option<Certificate> {
        let (_, read) = X509Certificate::from_der(der).ok()?;
        let names = read.subject_alternative_name().ok().flatten();
        let names = names.map(|names| names.value.general_names.iter().filter_map(name).collect());
        let shown = |name: String| {
            if name.is_empty() { say!("nobody").to_owned() } else { visible_bounded(&name, LONGEST) }
        };
        Some(Certificate {
            subject: shown(read.subject().to_string()),
            issuer: shown(read.issuer().to_string()),
            not_before: read.validity().not_before.timestamp(),
            not_after: read.validity().not_after.timestamp(),
            names: names.unwrap_or_default(),
        })
    }

    /// Whether it names itself as its authority.
    pub(super) fn signed_itself(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whole days until it expires, rounded down; negative afterwards.
    pub(super) fn days_left(&self, now: i64) -> i64 {
        self.not_after.saturating_sub(now).div_euclid(DAY)
    }

    /// Whether it is for `host` (RFC 6125: a `*` stands for one label, and only at the beginning).
    pub(super) fn is_for(&self, host: &str) -> bool {
        if let Ok(address) = host.parse::<IpAddr>() {
            return self.names.contains(&Name::Ip(address));
        }
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.names.iter().any(|name| match name {
            Name::Ip(_) => false,
            Name::Dns(name) => match name.strip_prefix("*.") {
                None => *name == host,
                Some(rest) => {
                    host.split_once('.').is_some_and(|(first, others)| !first.is_empty() && others == rest)
                }
            },
        })
    }

    /// The names that it is for.
    pub(super) fn names_words(&self) -> String {
        if self.names.is_empty() {
            return say!("no name").to_owned();
        }
        let shown = self.names.iter().take(SHOWN).map(|name| match name {
            Name::Dns(name) => visible_bounded(name, LONGEST),
            Name::Ip(address) => address.to_string(),
        });
        let shown: Vec<String> = shown.collect();
        match self.names.len().saturating_sub(SHOWN) {
            0 => shown.join(", "),
            more => say!("{names} and {more} more", names = shown.join(", "), more),
        }
    }

    /// How long it is still valid, at `now`.
    pub(super) fn validity_words(&self, now: i64) -> String {
        let until = date_words(self.not_after);
        if now < self.not_before {
            return say!("not valid before {date}", date = date_words(self.not_before));
        }
        match self.days_left(now) {
            -1 => say!("expired on {until}, 1 day ago", until),
            days if days < 0 => say!(
                "expired on {until}, {days} days ago",
                until,
                days = grouped(days.unsigned_abs() as usize)
            ),
            1 => say!("valid until {until} (1 day left)", until),
            days => say!("valid until {until} ({days} days left)", until, days = grouped(days as usize)),
        }
    }

    /// All of it in one line.
    pub(super) fn words(&self, now: i64) -> String {
        let (subject, validity, names) = (&self.subject, self.validity_words(now), self.names_words());
        if self.signed_itself() {
            return say!("{subject}, self-signed, {validity}, for {names}", subject, validity, names);
        }
        say!(
            "{subject}, signed by {issuer}, {validity}, for {names}",
            subject,
            issuer = self.issuer,
            validity,
            names
        )
    }
}

fn name(name: &GeneralName<'_>) -> Option<Name> {
    match name {
        GeneralName::DNSName(name) => Some(Name::Dns(name.to_ascii_lowercase())),
        GeneralName::IPAddress(bytes) => {
            let four = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            four.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from)).ok().map(Name::Ip)
        }
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

    use super::*;

    /// 2026-01-01.
    pub(in super::super) const NOW: i64 = 1_767_225_600;

    /// One that signed itself, for `names`, until the end of that day.
    pub(in super::super) fn der(names: &[&str], until: (i32, u8, u8)) -> Vec<u8> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, "im \u{1b}[31m");
        params.not_before = date_time_ymd(2025, 1, 1);
        params.not_after = date_time_ymd(until.0, until.1, until.2);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn a_certificate_is_read_and_safe_to_show() {
        let read = Certificate::read(&der(&["IM.example", "*.kiosk.example", "10.0.0.1"], (2026, 1, 11)));
        let read = read.unwrap();
        assert!(read.signed_itself() && !read.subject.contains('\u{1b}'), "{}", read.subject);
        assert_eq!(read.names_words(), "im.example, *.kiosk.example, 10.0.0.1");
        assert_eq!(read.days_left(NOW), 10);
        assert_eq!(read.validity_words(NOW), "valid until 2026-01-11 00:00 UTC (10 days left)");
        assert_eq!(read.validity_words(NOW + 20 * DAY), "expired on 2026-01-11 00:00 UTC, 10 days ago");
        assert_eq!(read.validity_words(0), "not valid before 2025-01-01 00:00 UTC");
        assert!(read.words(NOW).contains("self-signed"));
        assert_eq!(Certificate::read(b"no certificate"), None);
    }

    #[test]
    fn a_star_stands_for_one_label() {
        let read = Certificate::read(&der(&["im.example", "*.kiosk.example", "10.0.0.1"], (2027, 1, 1)));
        let read = read.unwrap();
        for host in ["im.example", "IM.EXAMPLE.", "a.kiosk.example", "10.0.0.1"] {
            assert!(read.is_for(host), "{host}");
        }
        for host in ["kiosk.example", "a.b.kiosk.example", ".kiosk.example", "10.0.0.2", "im.example.evil"] {
            assert!(!read.is_for(host), "{host}");
        }
    }
}
