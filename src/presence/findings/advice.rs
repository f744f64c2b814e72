//! What each rule means and what to do about it, in plain words.

use super::rule::Rule;

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
            assert!(says.len() <= 180 && advice.len() <= 220, "{rule}: too long");
        }
    }
}
