//! What is asked about one user when somebody wants to know why messages don't arrive: unread messages, and what the
//! push services have counted. Asked by `imtop why` alone, never while many users are watched.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;

use crate::presence::{FetchError, PushCounters, PushUnknown, UnreadMessages};

use super::client::Client;
use super::endpoint::Endpoint;
use super::gateways;
use super::json::{Number, Object};
use super::listing::data;
use super::redact::Redactor;

/// `data` of `get_conversations_has_read_and_max_seq`: of each conversation the last message, and the last one read
/// (open-im-server `internal/rpc/msg/seq.go`).
#[derive(Default, Deserialize)]
struct Conversations {
    #[serde(default)]
    seqs: Option<HashMap<String, Object<Seqs>>>,
}

#[derive(Default, Deserialize)]
struct Seqs {
    #[serde(default, rename = "maxSeq")]
    last: Number,
    #[serde(default, rename = "hasReadSeq")]
    read: Number,
}

/// Counters of a push service (open-im-server `pkg/common/prommetrics/push.go`).
const FAILED: &str = "msg_offline_push_failed_total ";
const SLOW: &str = "msg_long_time_push_total ";

impl Client {
    /// Asks how many messages `user` has not read (`POST /msg/get_conversations_has_read_and_max_seq`, which reads and
    /// changes nothing).
    ///
    /// # Errors
    /// [`FetchError`], as for any question; servers without the question answer 404.
    pub async fn unread(&self, user: &str) -> Result<UnreadMessages, FetchError> {
        let question = json!({ "userID": user, "conversationIDs": [] });
        self.list(Endpoint::ConversationSeqs, &question, |json, redactor| {
            let conversations: Conversations = data(json, Endpoint::ConversationSeqs, redactor)?;
            let all = conversations.seqs.unwrap_or_default();
            let unread = all.values().filter_map(|Object(seqs)| {
                let (last, read) = (seqs.last.0?, seqs.read.0.unwrap_or(0));
                u64::try_from(last.checked_sub(read)?).ok().filter(|unread| *unread > 0)
            });
            Ok(unread.fold(UnreadMessages::default(), |sum, messages| UnreadMessages {
                conversations: sum.conversations + 1,
                messages: sum.messages.saturating_add(messages),
            }))
        })
        .await
    }

    /// Asks the push services for what they have counted: discovery names them (`GET /prometheus_discovery/push`), and
    /// each is asked as a gateway is: only where the rule for gateways allows its address.
    ///
    /// # Errors
    /// Why there are none.
    pub async fn push_counters(&self) -> Result<PushCounters, PushUnknown> {
        let inner = &*self.0;
        if !inner.gateways.may_be_asked() {
            return Err(PushUnknown::Off);
        }
        let redactor = Redactor::default();
        let reply = self.send(Endpoint::PushDiscovery, bytes::Bytes::new(), None, &redactor).await;
        let body = reply.body.and_then(|body| Ok(body.unpack(inner.body_limit)?.into_owned()));
        let (named, _) = gateways::targets(&body?, &redactor)?;
        if named.is_empty() {
            return Err(PushUnknown::NoneListed);
        }
        let pages = inner.gateways.metrics(&named, &inner.destination, inner.timeout).await;
        if pages.is_empty() {
            return Err(PushUnknown::NoneAnswers);
        }
        Ok(pages.iter().fold(PushCounters::default(), |sum, page| PushCounters {
            services: sum.services + 1,
            failed: sum.failed.saturating_add(gateways::counter(page, FAILED)),
            slow: sum.slow.saturating_add(gateways::counter(page, SLOW)),
        }))
    }
}
