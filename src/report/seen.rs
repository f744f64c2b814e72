//! Records of what is known: of one user, of everybody, of the last round. The view and the commands
//! without one make theirs here, from what is known and the time alone.
//!
//! Records name users as the screen does, stand-ins included.

use crate::engine::About;
use crate::listing::{Names, Rows};
use crate::presence::history::History;
use crate::presence::{
    Batch, FetchError, Finding, Findings, Gateway, Knowledge, LifeSign, Loss, LossCause, Moment, Presence,
    Roster, Since, Tracked, UserIx, Witness, Witnesses, visible,
};
use crate::report::{
    ConnectionRecord, FailureRecord, FindingRecord, GatewayRecord, LossRecord, Overview, RoundRecord, SCHEMA,
    ServerRecord, Time, TokenRecord, TotalsRecord, UserRecord, WitnessRecord, WitnessesRecord,
};

/// What is known at one moment, and what users and the server are called.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// What is known.
    pub roster: &'a Roster,
    /// What happened to users of late.
    pub history: &'a History,
    /// What is wrong.
    pub findings: &'a Findings,
    /// At which time.
    pub now: Moment,
    /// What users are called.
    pub names: &'a Names,
    /// Which server it is about.
    pub about: &'a About,
}

impl<'a> Seen<'a> {
    /// What is known at `now`.
    pub fn of(knowledge: &'a Knowledge, now: Moment, names: &'a Names, about: &'a About) -> Seen<'a> {
        let Knowledge { roster, history, findings, .. } = knowledge;
        Seen { roster, history, findings, now, names, about }
    }

    /// Everything that is known of one user.
    pub fn user(self, user: UserIx) -> UserRecord {
        let Seen { roster, now, names, .. } = self;
        let list = roster.list();
        let presence = roster.presence(user);
        let past = self.history.of(user);
        UserRecord {
            id: names.user(list.raw_id(user)).into_owned(),
            label: list.label(user).map(|label| names.label(label).into_owned()),
            group: list.group(user).map(|group| names.group(group).into_owned()),
            presence: presence.word(),
            why: match presence {
                Presence::Unknown(why) => Some(why.to_string()),
                _ => None,
            },
            basis: roster.basis(user).words().filter(|_| presence == Presence::Offline),
            stale: roster.is_stale(user, now),
            age_ms: roster.answered(user).map(|answered| now.since(answered.received)),
            since: roster.since(user).and_then(|since| Time::of(now.unix_ms_at(since.before_ms))),
            since_exact: roster.since(user).is_some_and(Since::is_exact),
            flips: past.flips(),
            reconnects: past.reconnects(),
            connections: roster.connections(user).iter().map(|tracked| self.connection(tracked)).collect(),
            findings: self.findings.of(user).iter().map(|finding| self.finding(finding)).collect(),
        }
    }

    /// The users in these rows, in their order.
    pub fn users(self, rows: &'a Rows) -> impl Iterator<Item = UserRecord> + use<'a> {
        (0..rows.len()).filter_map(|row| rows.user_at(row)).map(move |user| self.user(user))
    }

    fn connection(self, tracked: &Tracked) -> ConnectionRecord {
        let server_seconds = self.roster.server_clock().unix_seconds(self.now);
        let connection = &tracked.connection;
        let seconds = |at: i64| Time::of(at.saturating_mul(1_000));
        let token = connection.token.as_ref().map(|token| {
            let fingerprint = token.fingerprint.to_string();
            match &token.claims {
                Err(why) => {
                    TokenRecord { fingerprint, unreadable: Some(why.to_string()), ..TokenRecord::default() }
                }
                Ok(claims) => TokenRecord {
                    user: claims.user.as_deref().map(|user| self.names.shown_user(user).into_owned()),
                    platform_id: claims.platform.map(|platform| platform.0),
                    issued: claims.issued.and_then(seconds),
                    expires: claims.expires.and_then(seconds),
                    exp: claims.expires,
                    expired: claims.expires.is_some_and(|at| at <= server_seconds),
                    fingerprint,
                    unreadable: None,
                },
            }
        });
        ConnectionRecord {
            platform: connection.platform.name().into_owned(),
            platform_id: connection.platform.0,
            conn_id: connection.id.to_string(),
            background: connection.background,
            since: Time::of(self.now.unix_ms_at(tracked.since.before_ms)),
            unseen_since: tracked
                .unseen
                .as_ref()
                .and_then(|unseen| Time::of(unseen.dropped.received.unix_ms)),
            token,
        }
    }

    /// Something that is wrong.
    pub fn finding(self, finding: &Finding) -> FindingRecord {
        let server_seconds = self.roster.server_clock().unix_seconds(self.now);
        FindingRecord {
            rule: finding.rule.name(),
            severity: finding.severity.word(),
            since: Time::of(finding.since.unix_ms),
            evidence: self.names.evidence(finding, server_seconds),
            advice: finding.advice().to_owned(),
        }
    }

    /// All but the users: which server, how the round went, how many users are what.
    pub fn overview(self) -> Overview {
        let batches = self.roster.batches();
        let totals = self.roster.totals(self.now);
        Overview {
            schema: SCHEMA,
            at: Time::of(self.now.unix_ms),
            server: ServerRecord { api: self.about.api.clone(), context: self.about.context.clone() },
            round: RoundRecord {
                batches: batches.len(),
                failed: batches.iter().filter(|batch| batch.failing.is_some()).count(),
                failures: self.failures(),
                took_ms: self.took_ms(),
                operation_ids: batches
                    .iter()
                    .filter_map(|batch| batch.operation.as_ref())
                    .map(|operation| visible(&operation.0).into_owned())
                    .collect(),
            },
            totals: TotalsRecord {
                watched: totals.watched,
                online: totals.online,
                background: totals.background,
                offline: totals.offline,
                unknown: totals.unknown,
                unregistered: totals.unregistered,
                stale: totals.stale,
            },
            witnesses: witnesses(self.roster.witnesses()),
            losses: self.roster.losses().iter().map(loss).collect(),
            findings: self.findings.of_server().iter().map(|finding| self.finding(finding)).collect(),
        }
    }

    /// Why batches get no answers; those that fail alike are one.
    fn failures(self) -> Vec<FailureRecord> {
        let list = self.roster.list();
        let mut errors: Vec<&FetchError> = Vec::new();
        let mut failures: Vec<FailureRecord> = Vec::new();
        for (number, batch) in (0..).zip(self.roster.batches()) {
            let Some(failing) = &batch.failing else { continue };
            let (users, nothing_known) = (list.batch(number).len() as u32, is_void(batch));
            let like = errors.iter().zip(&mut failures).find(|(error, failure)| {
                **error == &failing.error && (failure.unknown == failure.users) == nothing_known
            });
            let failure = if let Some((_, failure)) = like {
                failure
            } else {
                errors.push(&failing.error);
                failures.push(FailureRecord {
                    error: failing.error.to_string(),
                    advice: failing.error.advice(),
                    batches: Vec::new(),
                    users: 0,
                    unknown: 0,
                });
                let Some(last) = failures.last_mut() else { continue };
                last
            };
            failure.batches.push(number + 1);
            failure.users += users;
            failure.unknown += if nothing_known { users } else { 0 };
        }
        failures
    }

    /// From the first question to the last answer of what is known.
    fn took_ms(self) -> Option<u64> {
        let answered = || self.roster.batches().iter().filter_map(|batch| batch.answered);
        let first = answered().map(|it| it.sent.mono_ms).min()?;
        let last = answered().map(|it| it.received.mono_ms).max()?;
        Some(last.saturating_sub(first))
    }
}

fn witnesses(witnesses: &Witnesses) -> WitnessesRecord {
    let Witnesses { registry, tokens, gateways, accounts, signs } = witnesses;
    let witness = |witness: &Witness| match witness {
        Witness::Unasked => WitnessRecord { state: "unasked", why: None },
        Witness::Unheard => WitnessRecord { state: "unheard", why: None },
        Witness::Answers => WitnessRecord { state: "answers", why: None },
        Witness::Fails(trouble) => WitnessRecord { state: "fails", why: Some(trouble.to_string()) },
        Witness::Refuses(trouble) => WitnessRecord { state: "refuses", why: Some(trouble.to_string()) },
    };
    let gateway = |address: &str, gateway: &Gateway| GatewayRecord {
        address: visible(address).into_owned(),
        sign: match gateway.sign {
            LifeSign::Alive => "alive",
            LifeSign::Hung => "hangs",
            LifeSign::Refused => "refuses",
            LifeSign::Unclear => "unclear",
        },
        since: Time::of(gateway.since.unix_ms),
        alive: gateway.alive.and_then(|at| Time::of(at.unix_ms)),
    };
    WitnessesRecord {
        registry: witness(registry),
        tokens: witness(tokens),
        accounts: witness(accounts),
        gateways: witness(gateways),
        signs: signs.iter().map(|(address, it)| gateway(address, it)).collect(),
    }
}

fn loss(loss: &Loss) -> LossRecord {
    LossRecord {
        since: Time::of(loss.begun.unix_ms),
        certain: loss.certain.is_some(),
        cause: match loss.cause {
            LossCause::None => None,
            LossCause::Unknown => Some("lost"),
            LossCause::Hangs => Some("hangs"),
            LossCause::Died => Some("died"),
        },
        gateway: loss.gateway.as_deref().map(|address| visible(address).into_owned()),
        of: loss.of,
        dropped: loss.dropped,
        missing: loss.missing,
        returned: loss.returned,
        took_ms: loss.took_ms,
        platforms: loss
            .platforms
            .iter()
            .map(|(platform, count)| (platform.name().into_owned(), *count))
            .collect(),
    }
}

/// Whether nothing is known of the users of a batch.
fn is_void(batch: &Batch) -> bool {
    batch.answered.is_none() || batch.void_since.is_some()
}
