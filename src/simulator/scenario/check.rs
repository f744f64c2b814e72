//! What a file's keys must have to do with one another, beyond their types.

use std::collections::HashSet;
use std::ops::Range;

use toml::Spanned;

use super::model::{Deed, Doer, Event, Model};
use super::value::Millis;

const MOST_USERS: usize = 10_000_000;

/// Keeps their sums far from overflow.
const MOST_SHARE: u32 = 10_000;

/// A mistake and its place.
pub(super) struct Mistake {
    pub(super) span: Option<Range<usize>>,
    pub(super) message: String,
}

fn mistake(span: Range<usize>, message: String) -> Mistake {
    Mistake { span: Some(span), message }
}

fn nowhere(message: &str) -> Mistake {
    Mistake { span: None, message: message.to_owned() }
}

/// Finds the first thing that can't be meant.
pub(super) fn check(model: &Model) -> Result<(), Mistake> {
    if model.gateways.names.is_empty() {
        return Err(nowhere("`gateways.names` is empty: name at least one gateway"));
    }
    if model.gateways.standalone && model.gateways.names.len() > 1 {
        return Err(nowhere("a `gateways.standalone` server has one gateway"));
    }
    if model.poll.batch == 0 || model.poll.interval.0 <= 0 || model.poll.timeout.0 <= 0 {
        return Err(nowhere("`poll` needs a batch of at least 1 and times above 0"));
    }
    if model.admin.ids.is_empty() {
        return Err(nowhere("`admin.ids` is empty: nobody could ask this server"));
    }
    if model.users > MOST_USERS {
        return Err(nowhere(&format!("`users` is {}, at most {MOST_USERS} can be simulated", model.users)));
    }
    check_spread(model.tokens.left, "tokens.left")?;
    check_spread(model.gateways.ghosts, "gateways.ghosts")?;
    let churn = model.churn;
    if [churn.connect, churn.disconnect, churn.background, churn.second]
        .iter()
        .any(|rate| !(0.0..=36_000.0).contains(rate))
    {
        return Err(nowhere("`churn` rates are times an hour for each user, from 0 to 36000"));
    }
    let mut ids = HashSet::new();
    for user in &model.user {
        if !ids.insert(user.id.get_ref().as_str()) {
            return Err(mistake(user.id.span(), format!("user {:?} is there twice", user.id.get_ref())));
        }
        for (nth, connection) in user.connection.iter().enumerate() {
            if let Some(gateway) = &connection.gateway {
                check_gateway(model, gateway)?;
            }
            if connection.same_token && nth == 0 {
                let message = "`same_token` needs a connection of this user before it".to_owned();
                return Err(mistake(user.id.span(), message));
            }
        }
    }
    check_crowds(model)?;
    for event in &model.event {
        check_event(model, &ids, event)?;
    }
    for rule in &model.fault {
        if rule.row == Some(0) || rule.requests.is_some_and(|[first, last]| first == 0 || last < first) {
            return Err(nowhere("a `fault` counts rows and requests from 1, the first before the last"));
        }
    }
    Ok(())
}

fn check_spread([least, most]: [Millis; 2], key: &str) -> Result<(), Mistake> {
    if least > most || least.0 < 0 {
        return Err(nowhere(&format!("`{key}` is [at least, at most], not below 0")));
    }
    Ok(())
}

fn check_gateway(model: &Model, name: &Spanned<String>) -> Result<(), Mistake> {
    if model.gateways.names.contains(name.get_ref()) {
        return Ok(());
    }
    let known = model.gateways.names.join(", ");
    Err(mistake(name.span(), format!("no gateway {:?}, expected one of: {known}", name.get_ref())))
}

fn check_crowds(model: &Model) -> Result<(), Mistake> {
    if model.crowd.len() > MOST_SHARE as usize {
        return Err(nowhere("there are too many crowds"));
    }
    for crowd in &model.crowd {
        let wrong = |message: &str| Err(mistake(crowd.id.span(), message.to_owned()));
        if !crowd.id.get_ref().counts() {
            return wrong("the `id` of a crowd needs a counter: {n} or {n:03}");
        }
        let shares = [crowd.share, crowd.online, crowd.background, crowd.offline];
        if shares.iter().chain(crowd.platforms.values()).any(|&share| share > MOST_SHARE) {
            return wrong("a crowd's shares are at most 10000");
        }
        if crowd.online + crowd.background + crowd.offline == 0 {
            return wrong("a crowd needs a share of `online`, `background` or `offline` above 0");
        }
        if crowd.platforms.values().sum::<u32>() == 0 {
            return wrong("a crowd needs a platform with a share above 0");
        }
        if crowd.share == 0 || crowd.second > 100 {
            return wrong("a crowd needs a `share` above 0, and `second` is a percentage");
        }
    }
    Ok(())
}

fn check_event(model: &Model, ids: &HashSet<&str>, event: &Event) -> Result<(), Mistake> {
    let does = &event.does;
    let known = |user: &Spanned<String>| ids.contains(user.get_ref().as_str());
    match (&event.gateway, &event.user, does.get_ref().doer()) {
        (Some(gateway), None, Doer::Gateway) => check_gateway(model, gateway)?,
        (Some(gateway), Some(user), Doer::User) if known(user) && *does.get_ref() == Deed::Connect => {
            check_gateway(model, gateway)?;
        }
        (None, Some(user), Doer::User) if known(user) => {}
        (None, Some(user), Doer::User) => {
            let message =
                format!("no [[user]] has the id {:?}; events are for users written out", user.get_ref());
            return Err(mistake(user.span(), message));
        }
        (None, None, Doer::Everybody) => {}
        (_, _, Doer::Gateway) => {
            return Err(mistake(does.span(), "this is done by a `gateway`, name one".to_owned()));
        }
        (_, _, Doer::User) => {
            return Err(mistake(does.span(), "this is done by a `user`, name one".to_owned()));
        }
        (_, _, Doer::Everybody) => {
            let message = "this befalls everybody: name neither a `gateway` nor a `user`".to_owned();
            return Err(mistake(does.span(), message));
        }
    }
    if let Some(every) = event.every.as_ref().filter(|every| every.get_ref().0 < 10) {
        return Err(mistake(every.span(), "`every` must be 10ms at least".to_owned()));
    }
    if event.come_back > 100 || event.share > 100 {
        let message = "`come_back` and `share` are percentages, at most 100".to_owned();
        return Err(mistake(does.span(), message));
    }
    if event.lasts.0 < 0 {
        return Err(mistake(does.span(), "`lasts` must not be below 0".to_owned()));
    }
    check_spread(event.after, "event.after")
}
