//! What a keyframe says of what is not certain: users in doubt, losses of view, and how it is with the
//! witnesses beside the sockets.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::failure::WireTrouble;
use super::question::{WireListed, WireSign, read_listed, read_platforms, write_listed, write_platforms};
use super::text::Text;
use super::time::{
    WireAnswered, WireMoment, read_answered, read_interval, read_moment, read_mono, write_answered,
    write_moment,
};
use crate::presence::{
    Basis, Doubt, Gateway, Loss, Lost, Presence, Registry, Sockets, Thresholds, Verdict, Why, Witness,
    Witnesses,
};

/// Nothing is counted beyond this, so that it may be counted on.
const MOST: u32 = 1 << 30;

/// A number of something that is counted on.
pub(super) fn read_count(count: u32) -> Result<u32, String> {
    if count > MOST { Err("a number out of all bounds".to_owned()) } else { Ok(count) }
}

/// A [`Why`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum WireWhy {
    NotAnswered,
    Slow,
    Failed(WireTrouble),
    Missing,
    Unclear,
    Checking,
    RegistrySilent,
    Leaving,
    RegistryOnline,
    GatewayLost,
    GatewayHangs,
    GatewayLostMaybe,
}

impl WireWhy {
    pub(super) fn write(why: Why) -> WireWhy {
        match why {
            Why::NotAnswered => WireWhy::NotAnswered,
            Why::Slow => WireWhy::Slow,
            Why::Failed(trouble) => WireWhy::Failed(WireTrouble::write(trouble)),
            Why::Missing => WireWhy::Missing,
            Why::Unclear => WireWhy::Unclear,
            Why::Checking => WireWhy::Checking,
            Why::RegistrySilent => WireWhy::RegistrySilent,
            Why::Leaving => WireWhy::Leaving,
            Why::RegistryOnline => WireWhy::RegistryOnline,
            Why::GatewayLost => WireWhy::GatewayLost,
            Why::GatewayHangs => WireWhy::GatewayHangs,
            Why::GatewayLostMaybe => WireWhy::GatewayLostMaybe,
        }
    }

    pub(super) fn read(self) -> Why {
        match self {
            WireWhy::NotAnswered => Why::NotAnswered,
            WireWhy::Slow => Why::Slow,
            WireWhy::Failed(trouble) => Why::Failed(trouble.read()),
            WireWhy::Missing => Why::Missing,
            WireWhy::Unclear => Why::Unclear,
            WireWhy::Checking => Why::Checking,
            WireWhy::RegistrySilent => Why::RegistrySilent,
            WireWhy::Leaving => Why::Leaving,
            WireWhy::RegistryOnline => Why::RegistryOnline,
            WireWhy::GatewayLost => Why::GatewayLost,
            WireWhy::GatewayHangs => Why::GatewayHangs,
            WireWhy::GatewayLostMaybe => Why::GatewayLostMaybe,
        }
    }
}

/// A [`Presence`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WirePresence {
    Online,
    Background,
    Offline,
    Unknown(WireWhy),
    Unregistered,
}

impl WirePresence {
    fn write(presence: Presence) -> WirePresence {
        match presence {
            Presence::Online => WirePresence::Online,
            Presence::Background => WirePresence::Background,
            Presence::Offline => WirePresence::Offline,
            Presence::Unknown(why) => WirePresence::Unknown(WireWhy::write(why)),
            Presence::Unregistered => WirePresence::Unregistered,
        }
    }

    fn read(self) -> Presence {
        match self {
            WirePresence::Online => Presence::Online,
            WirePresence::Background => Presence::Background,
            WirePresence::Offline => Presence::Offline,
            WirePresence::Unknown(why) => Presence::Unknown(why.read()),
            WirePresence::Unregistered => Presence::Unregistered,
        }
    }
}

/// A [`Registry`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WireRegistry {
    Unasked,
    Unheard,
    Silent,
    Offline,
    Online,
    Hides,
}

impl WireRegistry {
    fn write(registry: Registry) -> WireRegistry {
        match registry {
            Registry::Unasked => WireRegistry::Unasked,
            Registry::Unheard => WireRegistry::Unheard,
            Registry::Silent => WireRegistry::Silent,
            Registry::Offline => WireRegistry::Offline,
            Registry::Online => WireRegistry::Online,
            Registry::Hides => WireRegistry::Hides,
        }
    }

    fn read(self) -> Registry {
        match self {
            WireRegistry::Unasked => Registry::Unasked,
            WireRegistry::Unheard => Registry::Unheard,
            WireRegistry::Silent => Registry::Silent,
            WireRegistry::Offline => Registry::Offline,
            WireRegistry::Online => Registry::Online,
            WireRegistry::Hides => Registry::Hides,
        }
    }
}

/// What the sockets say: [`Sockets`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WireSockets {
    Silent,
    None,
    Foreground,
    Background,
}

impl WireSockets {
    fn write(sockets: Sockets) -> WireSockets {
        match sockets {
            Sockets::Silent => WireSockets::Silent,
            Sockets::None => WireSockets::None,
            Sockets::Foreground => WireSockets::Foreground,
            Sockets::Background => WireSockets::Background,
        }
    }

    fn read(self) -> Sockets {
        match self {
            WireSockets::Silent => Sockets::Silent,
            WireSockets::None => Sockets::None,
            WireSockets::Foreground => Sockets::Foreground,
            WireSockets::Background => Sockets::Background,
        }
    }
}

/// A [`Basis`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WireBasis {
    #[default]
    Agreed,
    SocketsAlone,
    GatewayDied,
}

impl WireBasis {
    fn write(basis: Basis) -> WireBasis {
        match basis {
            Basis::Agreed => WireBasis::Agreed,
            Basis::SocketsAlone => WireBasis::SocketsAlone,
            Basis::GatewayDied => WireBasis::GatewayDied,
        }
    }

    fn read(self) -> Basis {
        match self {
            WireBasis::Agreed => Basis::Agreed,
            WireBasis::SocketsAlone => Basis::SocketsAlone,
            WireBasis::GatewayDied => Basis::GatewayDied,
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "asked for by serde")]
    fn is_agreed(&self) -> bool {
        *self == WireBasis::Agreed
    }
}

/// A [`Lost`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WireLost {
    None,
    Lost,
    Hangs,
    Died,
}

impl WireLost {
    fn write(lost: Lost) -> WireLost {
        match lost {
            Lost::None => WireLost::None,
            Lost::Lost => WireLost::Lost,
            Lost::Hangs => WireLost::Hangs,
            Lost::Died => WireLost::Died,
        }
    }

    fn read(self) -> Lost {
        match self {
            WireLost::None => Lost::None,
            WireLost::Lost => Lost::Lost,
            WireLost::Hangs => Lost::Hangs,
            WireLost::Died => Lost::Died,
        }
    }
}

/// A [`Doubt`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireDoubt {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<WireAnswered>,
    dropped: WireAnswered,
    sockets: WireSockets,
    before: WirePresence,
    registry: WireRegistry,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked: Option<WireMoment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    platforms: Vec<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    listed: Option<WireListed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    loss: Option<u32>,
    says: WirePresence,
    #[serde(default, skip_serializing_if = "WireBasis::is_agreed")]
    basis: WireBasis,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    stale: bool,
}

impl WireDoubt {
    pub(super) fn write(doubt: &Doubt) -> WireDoubt {
        let Verdict { presence, basis, stale } = doubt.verdict;
        WireDoubt {
            last: doubt.last.map(write_answered),
            dropped: write_answered(doubt.dropped),
            sockets: WireSockets::write(doubt.sockets),
            before: WirePresence::write(doubt.before),
            registry: WireRegistry::write(doubt.registry),
            asked: doubt.asked.map(write_moment),
            platforms: write_platforms(&doubt.platforms),
            listed: doubt.listed.as_deref().map(write_listed),
            loss: doubt.loss,
            says: WirePresence::write(presence),
            basis: WireBasis::write(basis),
            stale,
        }
    }

    /// `losses` is how many losses of view there have been.
    pub(super) fn read(self, losses: u32) -> Result<Doubt, String> {
        if self.loss.is_some_and(|number| number == 0 || number > losses) {
            return Err("a doubt about a loss of view that never was".to_owned());
        }
        Ok(Doubt {
            last: self.last.map(read_answered).transpose()?,
            dropped: read_answered(self.dropped)?,
            sockets: self.sockets.read(),
            before: self.before.read(),
            registry: self.registry.read(),
            asked: self.asked.map(read_moment).transpose()?,
            platforms: read_platforms(self.platforms)?,
            listed: self.listed.map(read_listed).transpose()?,
            loss: self.loss,
            verdict: Verdict { presence: self.says.read(), basis: self.basis.read(), stale: self.stale },
        })
    }
}

/// A [`Loss`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireLoss<'a> {
    number: u32,
    begun: WireMoment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<WireMoment>,
    of: u32,
    dropped: u32,
    missing: u32,
    returned: u32,
    platforms: WireListed,
    took_ms: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    suspected: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certain: Option<WireMoment>,
    cause: WireLost,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    gateway: Option<Text<'a>>,
}

impl<'a> WireLoss<'a> {
    pub(super) fn write(loss: &'a Loss) -> WireLoss<'a> {
        WireLoss {
            number: loss.number,
            begun: write_moment(loss.begun),
            after: loss.after.map(write_moment),
            of: loss.of,
            dropped: loss.dropped,
            missing: loss.missing,
            returned: loss.returned,
            platforms: loss.platforms.iter().map(|(platform, users)| (platform.0, *users)).collect(),
            took_ms: loss.took_ms,
            suspected: loss.suspected,
            certain: loss.certain.map(write_moment),
            cause: WireLost::write(loss.cause),
            gateway: loss.gateway.as_deref().map(Text::of),
        }
    }

    fn read(self) -> Result<Loss, String> {
        let platforms = read_listed(self.platforms)?.into_vec();
        let platforms = platforms.into_iter().map(|(platform, users)| Ok((platform, read_count(users)?)));
        Ok(Loss {
            number: self.number,
            begun: read_moment(self.begun)?,
            after: self.after.map(read_moment).transpose()?,
            of: read_count(self.of)?,
            dropped: read_count(self.dropped)?,
            missing: read_count(self.missing)?,
            returned: read_count(self.returned)?,
            platforms: platforms.collect::<Result<_, String>>()?,
            took_ms: read_mono(self.took_ms)?,
            suspected: self.suspected,
            certain: self.certain.map(read_moment).transpose()?,
            cause: self.cause.read(),
            gateway: self.gateway.as_ref().map(Text::boxed),
        })
    }
}

/// Losses of view, each once; `so_far` is how many there have been.
pub(super) fn read_losses(losses: Vec<WireLoss<'_>>, so_far: u32) -> Result<Vec<Loss>, String> {
    let mut numbers = BTreeSet::new();
    let mut fits = |number| (1..=so_far).contains(&number) && numbers.insert(number);
    if !losses.iter().all(|loss| fits(loss.number)) {
        return Err("a loss of view that never was, or is there twice".to_owned());
    }
    losses.into_iter().map(WireLoss::read).collect()
}

/// A [`Witness`]; nobody asks one that is left out.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WireWitness {
    Unheard,
    Answers,
    Fails(WireTrouble),
    Refuses(WireTrouble),
}

impl WireWitness {
    fn write(witness: Witness) -> Option<WireWitness> {
        match witness {
            Witness::Unasked => None,
            Witness::Unheard => Some(WireWitness::Unheard),
            Witness::Answers => Some(WireWitness::Answers),
            Witness::Fails(trouble) => Some(WireWitness::Fails(WireTrouble::write(trouble))),
            Witness::Refuses(trouble) => Some(WireWitness::Refuses(WireTrouble::write(trouble))),
        }
    }

    fn read(witness: Option<WireWitness>) -> Witness {
        match witness {
            None => Witness::Unasked,
            Some(WireWitness::Unheard) => Witness::Unheard,
            Some(WireWitness::Answers) => Witness::Answers,
            Some(WireWitness::Fails(trouble)) => Witness::Fails(trouble.read()),
            Some(WireWitness::Refuses(trouble)) => Witness::Refuses(trouble.read()),
        }
    }
}

/// [`Witnesses`].
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct WireWitnesses<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    registry: Option<WireWitness>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tokens: Option<WireWitness>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gateways: Option<WireWitness>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    accounts: Option<WireWitness>,
    /// `[address, sign, since, last alive]`.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    signs: Vec<(Text<'a>, WireSign, WireMoment, Option<WireMoment>)>,
}

impl<'a> WireWitnesses<'a> {
    pub(super) fn write(witnesses: &'a Witnesses) -> WireWitnesses<'a> {
        let sign = |(address, gateway): (&'a str, &Gateway)| {
            let Gateway { sign, since, alive } = *gateway;
            (Text::of(address), WireSign::write(sign), write_moment(since), alive.map(write_moment))
        };
        WireWitnesses {
            registry: WireWitness::write(witnesses.registry),
            tokens: WireWitness::write(witnesses.tokens),
            gateways: WireWitness::write(witnesses.gateways),
            accounts: WireWitness::write(witnesses.accounts),
            signs: witnesses.signs.iter().map(|(address, gateway)| sign((address, gateway))).collect(),
        }
    }

    pub(super) fn read(self) -> Result<Witnesses, String> {
        let mut signs = BTreeMap::new();
        for (address, sign, since, alive) in self.signs {
            let since = read_moment(since)?;
            let gateway = Gateway { sign: sign.read(), since, alive: alive.map(read_moment).transpose()? };
            if signs.insert(address.boxed(), gateway).is_some() {
                return Err("a gateway is there twice".to_owned());
            }
        }
        Ok(Witnesses {
            registry: WireWitness::read(self.registry),
            tokens: WireWitness::read(self.tokens),
            gateways: WireWitness::read(self.gateways),
            accounts: WireWitness::read(self.accounts),
            signs,
        })
    }

    /// Whether nobody asks any of them.
    pub(super) fn none(&self) -> bool {
        let all = [self.registry, self.tokens, self.gateways, self.accounts];
        all.iter().all(Option::is_none) && self.signs.is_empty()
    }
}

/// [`Thresholds`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct WireThresholds {
    leaving_ms: u64,
    checking_ms: u64,
    unseen_ms: u64,
    ghost_ms: u64,
    loss_users: u32,
    loss_percent: u32,
}

impl WireThresholds {
    pub(super) fn write(thresholds: &Thresholds) -> WireThresholds {
        let Thresholds { leaving_ms, checking_ms, unseen_ms, ghost_ms, loss_users, loss_percent } =
            *thresholds;
        WireThresholds { leaving_ms, checking_ms, unseen_ms, ghost_ms, loss_users, loss_percent }
    }

    pub(super) fn read(self) -> Result<Thresholds, String> {
        if self.loss_percent > 100 {
            return Err("more than all users".to_owned());
        }
        Ok(Thresholds {
            leaving_ms: read_interval(self.leaving_ms)?,
            checking_ms: read_interval(self.checking_ms)?,
            unseen_ms: read_interval(self.unseen_ms)?,
            ghost_ms: read_interval(self.ghost_ms)?,
            loss_users: read_count(self.loss_users)?,
            loss_percent: self.loss_percent,
        })
    }
}
