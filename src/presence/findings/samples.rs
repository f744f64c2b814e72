//! One of each thing that the rules find, in each of its forms, to hold the words against the languages.

use std::collections::BTreeMap;

use super::*;
use crate::language::{Language, speaking};
use crate::presence::departures::Departed;
use crate::presence::recoveries::Recovery;
use crate::presence::{
    ConnId, Counted, ErrorKind, Fingerprint, LifeSign, Logins, Loss, LossCause, Moment, Platform, Question,
    Unreadable, Witness,
};

/// The server's clock, in unix seconds.
const NOW: i64 = 1_800_000_000;
const PHONE: Platform = Platform(2);

#[expect(clippy::too_many_lines, reason = "a sample of each rule")]
fn samples() -> Vec<Evidence> {
    let connection = || ConnId::new("cafe01");
    let mut all = vec![
        Evidence::TokenExpired(token_expired::Found {
            platform: PHONE,
            connection: connection(),
            expires: NOW - 90,
        }),
        Evidence::TokenExpiring(token_expiring::Found {
            platform: PHONE,
            connection: connection(),
            expires: NOW + 90,
        }),
        Evidence::TokenForeignUser(token_foreign_user::Found {
            platform: PHONE,
            connection: connection(),
            user: "bob".into(),
        }),
        Evidence::TokenForeignPlatform(token_foreign_platform::Found {
            platform: PHONE,
            connection: connection(),
            issued_for: Platform(13),
        }),
        Evidence::DefaultSecret(default_secret::Found { platform: PHONE, connection: connection() }),
        Evidence::ClockSkew(clock_skew::Found::Apart { ahead: 90 }),
        Evidence::ClockSkew(clock_skew::Found::Apart { ahead: -90 }),
        Evidence::ClockSkew(clock_skew::Found::IssuedAhead { issued: NOW + 90 }),
        Evidence::Reconnecting(reconnecting::Found { platform: PHONE, times: 3, within_ms: 300_000 }),
        Evidence::Flapping(flapping::Found { times: 4, within_ms: 600_000 }),
        Evidence::Policy(policy::Found { policy: 4, platforms: vec![PHONE, Platform(1)] }),
        Evidence::ExpiryCliff(expiry_cliff::Found { tokens: 30, of: 50, first: NOW + 600 }),
        Evidence::ExpiryCliff(expiry_cliff::Found { tokens: 30, of: 50, first: NOW }),
        Evidence::PartialView(partial_view::Found { by: Question::TokenDetail, platforms: vec![PHONE] }),
        Evidence::PartialView(partial_view::Found { by: Question::UsersStatus, platforms: vec![PHONE] }),
        Evidence::RegistryLoss(registry_loss::Found { users: 3, of: 50 }),
        Evidence::Unregistered(unregistered::Found),
        Evidence::ApiSlow(api_slow::Found { slow: 4, of: 50, p95_ms: 3_100 }),
        Evidence::RateLimited(rate_limited::Found { times: 3, of: 50 }),
    ];
    all.extend([PHONE, Platform(5)].map(|other| {
        let token = Fingerprint(7 << 96);
        Evidence::TokenShared(token_shared::Found { token, connections: 2, platforms: [PHONE, other] })
    }));
    let unreadable = [Unreadable::NotAJwt, Unreadable::NotBase64, Unreadable::NotClaims, Unreadable::TooLong];
    all.extend(unreadable.map(|why| {
        Evidence::TokenUnreadable(token_unreadable::Found { platform: PHONE, connection: connection(), why })
    }));
    let classes = (1..=11).filter_map(|platform| Platform(platform).terminal_class());
    all.extend(classes.map(|class| {
        let tokens = [Fingerprint(7 << 96).short(), Fingerprint(8 << 96).short()];
        Evidence::KickWar(kick_war::Found { class, turns: 3, within_ms: 120_000, tokens })
    }));
    let gateways = [(LifeSign::Refused, Some(1)), (LifeSign::Hung, Some(49)), (LifeSign::Hung, None)];
    for (sign, users) in gateways {
        for (alive, since) in [(NOW - 60, NOW), (NOW - 60, NOW - 59), (NOW - 90, NOW - 31)] {
            let address = "10.0.0.7:9090".into();
            all.push(Evidence::GatewayDown(gateway_down::Found { address, sign, alive, since, users }));
        }
    }
    let counted = |[by_gateways, shown]: [u32; 2]| Counted { by_gateways, shown };
    for (first, now) in [([110, 100], [130, 100]), ([110, 100], [110, 100]), ([90, 100], [90, 100])] {
        all.push(Evidence::GaugeDrift(gauge_drift::Found { first: counted(first), now: counted(now) }));
    }
    for (times, whole_user) in [(1, true), (1, false), (2, true)] {
        all.push(Evidence::FalseOffline(false_offline::Found {
            platform: PHONE,
            times,
            longest_ms: 4_000,
            whole_user,
            within_ms: 600_000,
        }));
    }
    for (platforms, several) in [(vec![], 0), (vec![PHONE], 0), (vec![], 5), (vec![PHONE], 5)] {
        all.push(Evidence::Ghost(ghost::Found { platforms, several, over_ms: 60_000 }));
    }
    all.extend([true, false].map(|whole| Evidence::Deaf(deaf::Found { platforms: vec![PHONE], whole })));
    all.extend(
        [(1, 1), (0, 2), (2, 2), (3, 0)]
            .map(|(made, displaced)| Evidence::Observer(Logins { made, displaced })),
    );
    for (failing, trouble) in [(5, None), (1, Some(ErrorKind::Timeout)), (3, Some(ErrorKind::Unreachable))] {
        all.push(Evidence::ApiFailing(api_failing::Found { since: NOW - 61, failing, of: 5, trouble }));
    }
    let troubles = [
        ErrorKind::Unreachable,
        ErrorKind::Timeout,
        ErrorKind::Tls,
        ErrorKind::Redirect { status: 302 },
        ErrorKind::Http { status: 502 },
        ErrorKind::RateLimited,
        ErrorKind::TooLarge,
        ErrorKind::Decode,
        ErrorKind::Auth { code: 1501 },
        ErrorKind::Denied { code: 1002 },
        ErrorKind::Api { code: 500 },
        ErrorKind::Credentials,
    ];
    all.extend(
        troubles.map(|trouble| Evidence::RegistrySilent(registry_silent::Found { since: NOW - 12, trouble })),
    );
    all.extend(waves().map(|departed| Evidence::MassDisconnect(Box::new(departed))));
    for (same, anew, is_over) in [(20, 0, true), (0, 20, false), (15, 5, true)] {
        let (begun, last) = (Moment::default(), Moment { mono_ms: 9_000, unix_ms: 0 });
        let recovery = Recovery { number: 1, begun, last, is_over, same, anew };
        all.push(Evidence::PastLoss(past_loss::Found { recovery, last: NOW - 60 }));
    }
    for (loss, registry, all_answer) in losses() {
        all.push(Evidence::ViewLoss(view_loss::Found { loss: Box::new(loss), registry, all_answer }));
    }
    all
}

fn waves() -> [Departed; 4] {
    let wave = |platforms: &[(Platform, u32)], group: Option<u32>, back| Departed {
        users: 20,
        of: 50,
        back,
        within_ms: 30_000,
        platforms: platforms.to_vec(),
        group: group.map(|users| ("sales".into(), users)),
    };
    let many: Vec<(Platform, u32)> = (1..=5).map(|platform| (Platform(platform), 4)).collect();
    [
        wave(&[(PHONE, 20)], Some(20), 0),
        wave(&[(PHONE, 19), (Platform(1), 1)], Some(19), 1),
        wave(&many[..2], Some(4), 2),
        wave(&many, None, 0),
    ]
}

fn losses() -> Vec<(Loss, Witness, Option<u32>)> {
    let loss = |cause, gateway: bool, dropped, returned, is_first: bool| Loss {
        number: 1,
        begun: Moment::default(),
        after: is_first.then(Moment::default),
        of: 58,
        dropped,
        missing: 29,
        returned,
        same: returned / 2,
        platforms: BTreeMap::from([(PHONE, dropped)]),
        took_ms: 8_500,
        suspected: true,
        certain: Some(Moment::default()),
        cause,
        gateway: gateway.then(|| "10.0.0.7:9090".into()),
    };
    vec![
        (loss(LossCause::Unknown, false, 31, 0, true), Witness::Answers, None),
        (loss(LossCause::Unknown, false, 31, 1, false), Witness::Unheard, Some(1)),
        (loss(LossCause::Unknown, false, 1, 0, true), Witness::Unasked, Some(2)),
        (loss(LossCause::Hangs, true, 31, 12, true), Witness::Fails(ErrorKind::Timeout), Some(3)),
        (loss(LossCause::Hangs, false, 31, 0, true), Witness::Answers, None),
        (loss(LossCause::Died, true, 31, 12, true), Witness::Answers, None),
        (loss(LossCause::Died, false, 31, 0, true), Witness::Answers, None),
    ]
}

/// Whether two words in a row are written in small letters, as those of a sentence are; what is in back quotes or
/// looks like a command, a name or a field is not.
fn has_english(text: &str) -> bool {
    let is_word =
        |word: &str| word.len() > 1 && word.bytes().all(|it| it.is_ascii_lowercase() || it == b'\'');
    let words =
        |text: &str| text.split([' ', '，', '：', '；', '。', '（', '）']).map(is_word).collect::<Vec<_>>();
    let mut plain = text.to_owned();
    for command in COMMANDS {
        plain = plain.replace(command, "");
    }
    words(&plain).windows(2).any(|pair| pair == [true, true])
}

/// What somebody types, as it stands in advice.
const COMMANDS: [&str; 4] = ["docker ps -a", "docker ps", "chronyc tracking", "redis-cli ping"];

fn is_chinese(text: &str) -> bool {
    text.chars().any(|it| matches!(it, '\u{4e00}'..='\u{9fff}')) && !has_english(text)
}

#[test]
fn there_is_a_sample_of_each_rule() {
    let samples = samples();
    for rule in Rule::ALL {
        assert!(samples.iter().any(|it| it.rule() == rule), "{rule}");
    }
}

#[test]
fn what_is_found_is_said_in_chinese_and_in_english() {
    for evidence in samples() {
        let english = evidence.words(NOW);
        assert!(english.is_ascii() && !english.ends_with('.'), "{english}");
        let (words, advice) = speaking(Language::Chinese, || (evidence.words(NOW), evidence.advice()));
        assert!(is_chinese(&words), "{}: {english} = {words}", evidence.rule());
        assert!(!words.contains('{') && !words.ends_with('。'), "{words}");
        assert!(is_chinese(advice) && advice.ends_with('。'), "{}: {advice}", evidence.rule());
    }
}

#[test]
fn what_a_rule_means_is_said_in_chinese() {
    for rule in Rule::ALL {
        let told = speaking(Language::Chinese, || [rule.says(), rule.brief(), rule.advice()]);
        assert!(told.into_iter().all(is_chinese), "{rule}: {told:?}");
        assert_eq!(speaking(Language::Chinese, || rule.name()), rule.name(), "names stay");
    }
}

#[test]
fn how_a_loss_ended_is_said_in_chinese() {
    for (loss, ..) in losses() {
        let text = FindingText::Ended(Box::new(loss), Moment { mono_ms: 133_000, unix_ms: 0 });
        let words = speaking(Language::Chinese, || text.words()).unwrap();
        assert!(is_chinese(&words), "{words}");
    }
}

#[test]
fn english_is_found_where_there_is_any() {
    assert!(has_english("网关 10.0.0.7 does not answer"));
    assert!(!has_english("先看 API 是否在运行（docker ps、journalctl）"));
    assert!(!has_english("Android：{} online_user_num"));
}
