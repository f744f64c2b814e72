//! Properties of any text, and of conditions on users of whom some are unknown.

use proptest::prelude::*;

use super::*;

/// Texts out of pieces of the language, right and wrong.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "online", "unknown", "finding:", "any", "count(", "of", "state", "=", "!=", "<", ">=", "~", "!", "(",
        ")", "\"", "“", "（", "＝", "》", " ", "　", "and", "or", "not", "95%", "％", "3", "99.5", "王", "|",
        ":", "a", "\u{202e}", "group", "kiosk",
    ]);
    prop_oneof![prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat()), any::<String>()]
}

/// Filters that ask for names and for what an unknown user may turn out to be; not for what is known
/// of our own knowledge (`unknown`, `stale`, `age`), nor for findings, which stay those that were found.
fn a_filter() -> impl Strategy<Value = String> {
    let one = prop::sample::select(vec![
        "state=online",
        "state=offline",
        "state!=background",
        "platform=android",
        "platform~i",
        "conns>0",
        "conns<2",
        "bg=0",
        "exp<1h",
        "exp=expired",
        "group=kiosk",
        "group!=kiosk",
        "id=a",
        "b",
        "flips=0",
    ]);
    one.prop_map(str::to_owned).prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} and {right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} or {right})")),
            inner.prop_map(|inner| format!("not {inner}")),
        ]
    })
}

fn a_condition() -> impl Strategy<Value = String> {
    let users = prop_oneof![
        prop::sample::select(vec!["online", "background", "offline", "unregistered", "connected", "watched"])
            .prop_map(str::to_owned),
        a_filter().prop_map(|filter| format!("count({filter})")),
    ];
    let sign = || prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]);
    let share = prop::sample::select(vec!["0%", "25%", "33.333%", "50%", "62.5%", "100%"]);
    let amount = prop_oneof![(0..7_u32).prop_map(|number| number.to_string()), share.prop_map(str::to_owned)];
    let of = || prop::option::of(a_filter());
    let of_users = (users, sign(), amount, of());
    let of_connections = (sign(), 0..5_u32, of())
        .prop_map(|(sign, number, of)| ("conns".to_owned(), sign, number.to_string(), of));
    let one =
        prop_oneof![4 => of_users, 1 => of_connections].prop_map(|(users, sign, amount, of)| match of {
            None => format!("{users}{sign}{amount}"),
            Some(of) => format!("{users} {sign} {amount} of {of}"),
        });
    one.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} and {right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} or {right})")),
            inner.prop_map(|inner| format!("!{inner}")),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_a_condition_or_has_a_mistake_at_a_place_in_it(text in any_text()) {
        match Condition::parse(&text) {
            Ok(condition) => {
                let printed = condition.to_string();
                prop_assert!(crate::presence::visible(&printed) == printed, "{printed:?}");
                prop_assert!(!printed.is_empty());
            }
            Err(error) => {
                prop_assert!(text.get(error.at.clone()).is_some(), "{:?} in {:?}", error.at, text);
                let message = error.to_string();
                prop_assert!(!message.is_empty() && crate::presence::visible(&message) == message, "{message:?}");
            }
        }
    }

    #[test]
    fn what_is_printed_is_read_as_the_same(text in a_condition()) {
        let condition = Condition::parse(&text).unwrap();
        let printed = condition.to_string();
        prop_assert_eq!(Condition::parse(&printed), Ok(condition), "{} printed as {}", text, printed);
    }

    #[test]
    fn what_is_decided_stays_so_however_the_unknown_users_turn_out(
        text in a_condition(), letters in "[oObf]{5}", unknown in prop::collection::vec(any::<bool>(), 5),
        turned_out in prop::collection::vec("[oObf]{5}", 12),
    ) {
        let condition = Condition::parse(&text).unwrap();
        let list = watch("a,kiosk b,kiosk c,kiosk d,desk e,desk");
        let seen: String =
            letters.chars().zip(&unknown).map(|(letter, unknown)| if *unknown { '-' } else { letter }).collect();
        let judge = |letters: &str| {
            let batches = format!("{} {}", &letters[..4], &letters[4..]);
            condition.judge(&known(&list, &batches), NOW).map(|reading| reading.truth)
        };
        // Whom the answers leave out is unknown.
        let judged = judge(&seen);
        for outcome in turned_out {
            let whole: String = seen.chars().zip(outcome.chars())
                .map(|(seen, outcome)| if seen == '-' { outcome } else { seen })
                .collect();
            match judged {
                Ok(Truth::Undecided) => {}
                ref decided => prop_assert_eq!(&judge(&whole), decided, "{} for {} as {}", text, seen, whole),
            }
        }
    }

    #[test]
    fn counting_by_totals_and_user_by_user_is_the_same(
        count in prop::sample::select(vec![
            "online", "background", "offline", "unknown", "unregistered", "stale", "connected", "watched", "conns",
            "finding:token-expired",
        ]),
        letters in "[oObf-]{5}",
    ) {
        let list = watch("a,kiosk b,kiosk c,kiosk d,desk e,desk");
        let knowledge = known(&list, &format!("{} {}", &letters[..4], &letters[4..]));
        let count_of = |text: &str| {
            Condition::parse(text).unwrap().judge(&knowledge, NOW).unwrap().measured[0].count
        };
        let all = "(group=kiosk or group=desk)";
        prop_assert_eq!(count_of(&format!("{count}>0")), count_of(&format!("{count}>0 of {all}")));
    }
}
