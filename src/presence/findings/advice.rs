//! What each rule means and what to do about it, in plain words.

use super::evidence::Evidence;
use super::finding::Finding;
use super::rule::Rule;
use super::view_loss;
use crate::presence::Lost;

impl Finding {
    /// What to do about it, in the order in which to do it: that of its rule, where what was found
    /// doesn't tell more.
    pub fn advice(&self) -> &'static str {
        match &self.evidence {
            Evidence::ViewLoss { loss, .. } => view_loss::advice(loss.cause),
            _ => self.rule.advice(),
        }
    }
}

impl Rule {
    /// What the rule means, in a clause without a full stop.
    pub fn says(self) -> &'static str {
        match self {
            Rule::TokenExpired => {
                "connected with a session token that has expired; the server looks at it only when a client connects, so it works until the connection drops"
            }
            Rule::TokenExpiring => {
                "the session token expires within a week (within a day: a warning); the client can't connect again after that without a new one"
            }
            Rule::TokenForeignUser => "the connection's session token was issued for another user",
            Rule::TokenForeignPlatform => {
                "the connection's session token was issued for another platform than the one the client named"
            }
            Rule::TokenShared => {
                "several connections of the user hold one session token, for longer than a reconnect explains"
            }
            Rule::TokenUnreadable => "the session token is not a JWT that imtop can read",
            Rule::ClockSkew => {
                "the server's clock and ours are 10 s or more apart, or a session token was issued in the server's future; expiry is judged by the server's clock"
            }
            Rule::DefaultSecret => {
                "the session token is signed with the secret that OpenIM is shipped with, or one that you named: anybody who knows it can log in as anybody"
            }
            Rule::Reconnecting => {
                "the connection of one platform is opened anew again and again, while the user seems to be online all the time"
            }
            Rule::Flapping => "the user goes on- and offline again and again",
            Rule::KickWar => "two devices throw each other out, again and again",
            Rule::Policy => "more connections than the multi-login policy of the server allows",
            Rule::ExpiryCliff => {
                "at least 20 of the watched session tokens, and 30 % of all, expire within the same 10 minutes of the coming week"
            }
            Rule::ViewLoss => {
                "many users left the answers at once whom the registry still calls online: a gateway is likely gone, hung or out of the API's reach"
            }
            Rule::FalseOffline => {
                "the server called the user offline, or left out a connection, that had been there all the time; what was told of it is taken back"
            }
            Rule::PartialView => "another endpoint lists more connections of the user than the answers show",
            Rule::Ghost => {
                "no gateway shows the user and the registry goes on saying online: an entry that lives on in Redis, for up to 30 minutes"
            }
            Rule::Unregistered => "the server has no such user, and calls the ID offline like any other",
            Rule::Observer => {
                "imtop's own admin login displaces, or is displaced by, another program with the same admin ID"
            }
            Rule::MassDisconnect => {
                "at least 5 users, and more than 20 % of those who were connected within the last 10 minutes, went offline; the registry agrees, where it is asked"
            }
            Rule::ApiSlow => "more than one of 20 answers of the last 5 minutes took longer than 2.5 s",
            Rule::ApiFailing => {
                "no request has had a usable answer for a minute (critical), or some have had none for 5 minutes"
            }
            Rule::RateLimited => {
                "the server or a proxy refused at least 3 requests within 10 minutes because they are too many"
            }
        }
    }

    /// What to do about it, in the order in which to do it.
    pub fn advice(self) -> &'static str {
        match self {
            Rule::TokenExpired => {
                "Have the user log in again before the connection drops: with this token it can't come back. Where there are many, check that the app renews tokens in time."
            }
            Rule::TokenExpiring => {
                "Nothing is broken yet. Check that the app fetches a new token before this one ends, or have the user log in again."
            }
            Rule::TokenForeignUser => {
                "Log both users out on that platform (/auth/force_logout), then find out how the client came by the token. A gateway as it is shipped refuses such a connection, so look for one that was changed."
            }
            Rule::TokenForeignPlatform => {
                "Compare the platform that the app asks a token for with the one it connects with, and make them the same. Until then a logout of one platform hits the other one's connection."
            }
            Rule::TokenShared => {
                "Look whether the client opens a second connection without closing the first. If the connections are of two devices, the token was copied: log the user out on that platform (/auth/force_logout)."
            }
            Rule::TokenUnreadable => {
                "Find out what issued the token, as OpenIM issues JWTs. Neither its end nor its owner is checked here, so check those there."
            }
            Rule::ClockSkew => {
                "Check that the clocks are kept in step (timedatectl, chronyc tracking), on all machines of the server first, then here. Until then don't hold times of day here against the server's log."
            }
            Rule::DefaultSecret => {
                "Change `secret` in config/share.yml and restart every service: all tokens become void and everybody logs in again. Then look through the logins since the server went up."
            }
            Rule::Reconnecting => {
                "Look at the client's log and its network first, then at time-outs of proxies between it and the gateway. If it hits many users of one gateway, look at that gateway."
            }
            Rule::Flapping => {
                "Look at the client's network first; if many users flap at the same time, look at the gateway and the load balancer before it."
            }
            Rule::KickWar => {
                "Ask the user which two devices are logged in, and have one of them log out. If it is one device, the app logs in twice: look at its log."
            }
            Rule::Policy => {
                "Compare the policy given to imtop with `multiLogin.policy` in config/share.yml. If they are the same, look for a second gateway that missed the kick, and log the user out on that platform."
            }
            Rule::ExpiryCliff => {
                "Expect a wave of logins at that time, and see that the server can take it. Better: have the app renew tokens earlier, each at a time of its own."
            }
            Rule::ViewLoss => view_loss::advice(Lost::Lost),
            Rule::FalseOffline => {
                "Tell whoever asks that the user was connected meanwhile, though messages may not have arrived. If it hits many users, look at the gateways and at the network between them and the API."
            }
            Rule::PartialView => {
                "Nothing is broken for the user. Keep in mind that a message to a connection on the other gateway doesn't show here; the API lists one gateway's connections alone."
            }
            Rule::Ghost => {
                "Ask the user, or wait: an entry without a connection runs out within 30 minutes. If there are many, look whether a gateway died without a word, or is out of the API's reach."
            }
            Rule::Unregistered => {
                "Compare the ID in the watch list with the server's. A user who was deleted can be taken off the list."
            }
            Rule::Observer => {
                "Give imtop an admin ID of its own (`imAdminUser` in config/share.yml), or a token of the other program (--token-file). Until then don't restart imtop again and again: each login throws the other one out."
            }
            Rule::MassDisconnect => {
                "Look whether a gateway or a load balancer was restarted, then at the network. One platform alone points at a client or its push service, one group at a site. At the end of a shift nothing is wrong."
            }
            Rule::ApiSlow => {
                "Look at the load of the API, of its Redis and of the gateways: one that hangs makes all answers slow. A smaller --batch makes answers shorter."
            }
            Rule::ApiFailing => {
                "Look whether the API runs and what its log says (docker ps, journalctl), then at proxy and network. Don't act on who is missing here: they are unknown, not offline."
            }
            Rule::RateLimited => {
                "Ask less often (--interval) or for more users at a time (--batch), or have the limit raised for imtop's address. Until then answers come late and users turn unknown."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_meaning_and_whole_sentences_of_advice() {
        for rule in Rule::ALL {
            let (says, advice) = (rule.says(), rule.advice());
            assert!(!says.is_empty() && !says.ends_with('.'), "{rule}: {says}");
            assert!(advice.ends_with('.') && advice.matches(". ").count() <= 2, "{rule}: {advice}");
            // Of a loss of view it is read once, and in a hurry.
            let longest = if rule == Rule::ViewLoss { 300 } else { 220 };
            assert!(says.len() <= 180 && advice.len() <= longest, "{rule}: too long");
        }
    }
}
