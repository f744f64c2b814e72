//! Records of what is known: of everybody, of the last round. The view and the commands without one make
//! theirs here, from what is known and the time alone.
//!
//! Records name users as the screen does, stand-ins included.

use crate::engine::About;
use crate::listing::{Known, Names, Rows, Time, UserRecord};
use crate::presence::{
    Batch, By, FetchError, Gateway, Knowledge, LifeSign, Loss, LossCause, Moment, Roster, UserIx, Witness,
    Witnesses, visible,
};
use crate::report::{
    ChecksRecord, FailureRecord, GatewayRecord, LossRecord, RollupRecord, RollupsRecord, RoundRecord, SCHEMA,
    ServerRecord, Summary, WitnessRecord, WitnessesRecord,
};

/// What is known at one moment, and what users and the server are called.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// What is known, and what users are called.
    pub known: Known<'a>,
    /// Which server it is about.
    pub about: &'a About,
}

impl<'a> Seen<'a> {
    /// What is known at `now`.
    pub fn of(knowledge: &'a Knowledge, now: Moment, names: &'a Names, about: &'a About) -> Seen<'a> {
        Seen { known: Known { knowledge, now, names }, about }
    }

    pub(super) fn roster(self) -> &'a Roster {
        &self.known.knowledge.roster
    }

    /// The users in these rows, in their order.
    pub fn users(self, rows: &'a Rows) -> impl Iterator<Item = UserRecord> + use<'a> {
        (0..rows.len()).filter_map(|row| rows.user_at(row)).map(move |user| self.known.user(user))
    }

    /// All but the users: which server, how the round went, how many users are what.
    pub fn summary(self) -> Summary {
        let batches = self.roster().batches();
        Summary {
            schema: SCHEMA,
            at: Time::of(self.known.now.unix_ms),
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
            totals: self.roster().totals(self.known.now),
            rollups: RollupsRecord {
                group: self.rollups(By::Group),
                platform: self.rollups(By::Platform),
                batch: self.rollups(By::Batch),
                gateway: self.rollups(By::Gateway),
            },
            checks: ChecksRecord::of(self.roster()),
            witnesses: witnesses(self.roster().witnesses()),
            losses: self.roster().losses().iter().map(loss).collect(),
            findings: self
                .known
                .knowledge
                .findings
                .of_server()
                .iter()
                .map(|finding| self.known.finding(finding))
                .collect(),
        }
    }

    /// Users counted by this, named as on the screen.
    pub fn rollups(self, by: By) -> Vec<RollupRecord> {
        let rows = self.known.knowledge.rollups.rows(by, self.known.now);
        rows.iter().map(|row| RollupRecord::of(row, self.known.names.rollup(&row.key))).collect()
    }

    /// Why batches get no answers; those that fail alike are one.
    fn failures(self) -> Vec<FailureRecord> {
        let list = self.roster().list();
        let mut errors: Vec<(&FetchError, bool)> = Vec::new();
        let mut failures: Vec<FailureRecord> = Vec::new();
        for (number, batch) in (0..).zip(self.roster().batches()) {
            let Some(failing) = &batch.failing else { continue };
            let (users, nothing_known) = (list.batch(number).len() as u32, is_void(batch));
            let like = errors
                .iter()
                .zip(&mut failures)
                .find(|(error, _)| **error == (&failing.error, nothing_known));
            let failure = if let Some((_, failure)) = like {
                failure
            } else {
                errors.push((&failing.error, nothing_known));
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
            // The registry may tell of some of them.
            let unknown =
                || list.batch(number).map(UserIx).filter(|it| self.roster().presence(*it).is_unknown());
            failure.unknown += if nothing_known { unknown().count() as u32 } else { 0 };
        }
        failures
    }

    /// From the first question to the last answer of what is known.
    fn took_ms(self) -> Option<u64> {
        let answered = || self.roster().batches().iter().filter_map(|batch| batch.answered);
        let first = answered().map(|it| it.sent.mono_ms).min()?;
        let last = answered().map(|it| it.received.mono_ms).max()?;
        Some(last.saturating_sub(first))
    }
}

fn witnesses(witnesses: &Witnesses) -> WitnessesRecord {
    let witness = |witness: Witness| match witness {
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
        each: witnesses.each().into_iter().map(|(question, it)| (question.name(), witness(it))).collect(),
        signs: witnesses.signs.iter().map(|(address, it)| gateway(address, it)).collect(),
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
