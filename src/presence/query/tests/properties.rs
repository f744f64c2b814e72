//! Properties of any text and of any expression.

use proptest::prelude::*;

use super::*;
use crate::presence::query::Operator;
use crate::presence::query::expression::{Figure, Name, Named, StateWord, WantedFinding};
use crate::presence::query::field::{RULES, SEVERITIES, STATES, TOKEN_STATES};
use crate::presence::query::pattern::Pattern;

/// Writes an expression as it could be typed.
fn written(expression: &Expression) -> String {
    let inner = |part: &Expression| match part {
        Expression::All(_) | Expression::Any(_) => format!("({})", written(part)),
        _ => written(part),
    };
    let joined = |parts: &[Expression], with: &str| parts.iter().map(inner).collect::<Vec<_>>().join(with);
    match expression {
        Expression::All(parts) => joined(parts, " "),
        Expression::Any(parts) => joined(parts, " or "),
        Expression::Not(negated) => format!("!{}", inner(negated)),
        Expression::Is(condition) => written_condition(condition),
    }
}

fn written_condition(condition: &Criterion) -> String {
    let sign = |comparison: &Operator| comparison.symbol();
    let always_quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    match condition {
        Criterion::Word(word) => quote(word).into_owned(),
        Criterion::Matches(pattern) => format!("~{}", always_quoted(&pattern.source)),
        Criterion::State(state) => {
            format!("state={}", STATES.iter().find(|(.., known)| known == state).unwrap().0)
        }
        Criterion::Platform(platform) => format!("platform={}", platform.0),
        Criterion::PlatformMatches(pattern) => format!("platform~{}", always_quoted(&pattern.source)),
        Criterion::Count(counted, comparison, count) => {
            let field = match counted {
                Figure::Connections => "conns",
                Figure::BackgroundConnections => "bg",
                Figure::Flips => "flips",
                Figure::Reconnects => "reconnects",
            };
            format!("{field}{}{count}", sign(comparison))
        }
        Criterion::Expiry(comparison, seconds) => format!("exp{}{seconds}s", sign(comparison)),
        Criterion::Token(state) => {
            format!("exp={}", TOKEN_STATES.iter().find(|(_, known)| known == state).unwrap().0)
        }
        Criterion::Elapsed(Elapsed::Age, comparison, seconds) => format!("age{}{seconds}s", sign(comparison)),
        Criterion::Elapsed(Elapsed::Since, comparison, seconds) => {
            format!("since {} {seconds}s", sign(comparison))
        }
        Criterion::Finding(finding) => match finding {
            WantedFinding::Any => "finding=any".to_owned(),
            WantedFinding::None => "finding=none".to_owned(),
            WantedFinding::Rule(name) | WantedFinding::Severity(name) => format!("finding={name}"),
            WantedFinding::Matches(pattern) => format!("finding~{}", always_quoted(&pattern.source)),
        },
        Criterion::Name(name, named) => {
            let field = match name {
                Name::Group => "group",
                Name::Label => "label",
                Name::Id => "id",
            };
            match named {
                Named::Absent => format!("{field}=none"),
                Named::Equal(text) => format!("{field}={}", quote(text)),
                Named::Matches(pattern) => format!("{field} ~{}", always_quoted(&pattern.source)),
            }
        }
    }
}

/// Words of every kind: ids, words with a meaning, signs, quotes, CJK, hidden characters.
fn a_word() -> impl Strategy<Value = Box<str>> {
    let odd = prop::sample::select(vec![
        "and", "or", "not", "state", "none", "a:b", "id:x", "&&", "|", "（", "“", "!",
    ]);
    prop_oneof![
        "[a-z0-9_.@:+/%-]{1,8}",
        "[a-z \"()=!<>~（＝王é\u{202e}\u{1b}]{1,6}",
        odd.prop_map(str::to_owned)
    ]
    .prop_map(|word| value::folded(&word))
}

fn a_pattern() -> impl Strategy<Value = Pattern> {
    prop::sample::select(vec!["a", "^u_\\d+$", "(a|b) c", "say \"x\"", "[^)]", "王.", "\\\\", "a{2,3}=!"])
        .prop_map(|source| Pattern::new(source).unwrap())
}

fn an_order() -> impl Strategy<Value = Operator> {
    prop::sample::select(vec![Operator::Less, Operator::AtMost, Operator::More, Operator::AtLeast])
}

fn a_condition() -> impl Strategy<Value = Criterion> {
    let counted = prop::sample::select(vec![
        Figure::Connections,
        Figure::BackgroundConnections,
        Figure::Flips,
        Figure::Reconnects,
    ]);
    let name = || prop::sample::select(vec![Name::Group, Name::Label, Name::Id]);
    let absent = prop::sample::select(vec![Name::Group, Name::Label]);
    let elapsed = prop::sample::select(vec![Elapsed::Age, Elapsed::Since]);
    prop_oneof![
        4 => a_word().prop_map(Criterion::Word),
        1 => a_pattern().prop_map(Criterion::Matches),
        2 => prop::sample::select(STATES.map(|(.., state): (_, _, StateWord)| state).to_vec()).prop_map(Criterion::State),
        1 => (-3..20_i32).prop_map(|number| Criterion::Platform(Platform(number))),
        1 => a_pattern().prop_map(Criterion::PlatformMatches),
        1 => (counted, prop_oneof![Just(Operator::Equal), an_order()], 0..5_u32)
            .prop_map(|(counted, comparison, count)| Criterion::Count(counted, comparison, count)),
        1 => (an_order(), -100_000..100_000_i64).prop_map(|(order, seconds)| Criterion::Expiry(order, seconds)),
        1 => prop::sample::select(TOKEN_STATES.map(|(_, state): (_, TokenState)| state).to_vec())
            .prop_map(Criterion::Token),
        1 => (elapsed, an_order(), 0..100_000_u64)
            .prop_map(|(elapsed, order, seconds)| Criterion::Elapsed(elapsed, order, seconds)),
        1 => prop::sample::select(RULES.to_vec()).prop_map(|rule| Criterion::Finding(WantedFinding::Rule(rule))),
        1 => prop::sample::select(SEVERITIES.to_vec()).prop_map(|word| Criterion::Finding(WantedFinding::Severity(word))),
        1 => prop::sample::select(vec![WantedFinding::Any, WantedFinding::None]).prop_map(Criterion::Finding),
        1 => a_pattern().prop_map(|pattern| Criterion::Finding(WantedFinding::Matches(pattern))),
        1 => (name(), a_word()).prop_map(|(name, text)| Criterion::Name(name, Named::Equal(text))),
        1 => (name(), a_pattern()).prop_map(|(name, pattern)| Criterion::Name(name, Named::Matches(pattern))),
        1 => absent.prop_map(|name| Criterion::Name(name, Named::Absent)),
    ]
}

fn an_expression() -> impl Strategy<Value = Expression> {
    a_condition().prop_map(Expression::Is).prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..5).prop_map(Expression::All),
            prop::collection::vec(inner.clone(), 2..5).prop_map(Expression::Any),
            inner.prop_map(|inner| Expression::Not(Box::new(inner))),
        ]
    })
}

/// Texts out of pieces of the language, right and wrong.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "state", "exp", "label", "unknown", "finding:", "=", "!=", "<", ">=", "~", "!", "(", ")", "\"", "“",
        "”", "（", "＝", "》", " ", "　", "and", "or", "not", "24h", "-2h", "online", "王", "\\", "[", "|",
        "&&", ":", "a", "\u{202e}", "none", "95%", "é",
    ]);
    prop_oneof![prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat()), any::<String>()]
}

proptest! {
    #[test]
    fn any_text_is_a_query_or_has_a_mistake_at_a_place_in_it(text in any_text(), cursor in 0..60_usize) {
        match Query::parse(&text) {
            Ok(query) => {
                for person in [alice(), offline(), unknown()] {
                    let truth = query.evaluate(&person);
                    if let Ok(negated) = Query::parse(&format!("not ({text})")) && !query.is_empty() {
                        prop_assert_eq!(negated.evaluate(&person), !truth);
                    }
                }
            }
            Err(error) => {
                prop_assert!(text.get(error.at.clone()).is_some(), "{:?} in {:?}", error.at, text);
                let caret = error.caret(&text);
                prop_assert_eq!(caret.line.len(), caret.column + caret.width);
                let message = error.to_string();
                prop_assert!(!message.is_empty() && crate::presence::visible(&message) == message, "{message:?}");
            }
        }
        let completion = complete(&text, cursor, &Vocabulary { groups: vec!["王 x".to_owned()] });
        prop_assert!(text.get(completion.range).is_some());
    }

    #[test]
    fn what_is_written_is_read_as_it_was_meant(expression in an_expression()) {
        let text = written(&expression);
        let query = Query::parse(&text);
        prop_assert_eq!(query.as_ref().map(|query| query.expression.as_ref()), Ok(Some(&expression)), "{}", text);
    }

    #[test]
    fn a_search_for_words_selects_whom_the_query_holds_for(
        expression in a_word().prop_map(|word| Expression::Is(Criterion::Word(word))).prop_recursive(4, 20, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::All),
                prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::Any),
                inner.prop_map(|inner| Expression::Not(Box::new(inner))),
            ]
        }),
        ids in prop::collection::vec("[a-zA-Z0-9_=王É]{0,6}", 0..12),
    ) {
        let people: Vec<Person> = ids.iter().map(|id| Person { id: id.clone(), label: None, ..alice() }).collect();
        let query = Query::parse(&written(&expression)).unwrap();
        let holds = |query: &Query| -> Vec<u32> {
            (0..).zip(&people).filter(|(_, it)| query.evaluate(*it).is_yes()).map(|(ix, _)| ix).collect()
        };
        let find = |word: &str| -> Vec<UserIx> {
            (0..).zip(&ids).filter(|(_, id)| id.to_lowercase().contains(word)).map(|(ix, _)| UserIx(ix)).collect()
        };
        let selected = query.plain_words().unwrap().select(people.len() as u32, find);
        prop_assert_eq!(selected.into_iter().map(|ix| ix.0).collect::<Vec<_>>(), holds(&query));
    }
}
