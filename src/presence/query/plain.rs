//! Queries of nothing but words: answered by searching one text of all ids and labels, not user by user.

use super::expression::{Criterion, Expression};
use crate::presence::UserIx;

/// A query that is nothing but bare words joined by `and`, `or` and `not`.
#[derive(Clone, Copy, Debug)]
pub struct PlainWords<'q>(Option<&'q Expression>);

impl<'q> PlainWords<'q> {
    /// `None` if `expression` asks anything else; no expression asks nothing.
    pub(super) fn of(expression: Option<&'q Expression>) -> Option<PlainWords<'q>> {
        let mut plain = true;
        if let Some(expression) = expression {
            expression.visit(false, &mut |condition, _| plain &= matches!(condition, Criterion::Word(_)));
        }
        plain.then_some(PlainWords(expression))
    }

    /// The users for whom the query holds, in list order.
    ///
    /// `users` is the length of the watch list; `find` gives the users whose ID or label contains a
    /// word, in list order, letter case ignored. The word is in lower case and visible-safe, and
    /// `find` is called once for each place where it stands in the query.
    pub fn select(&self, users: u32, mut find: impl FnMut(&str) -> Vec<UserIx>) -> Vec<UserIx> {
        match self.0 {
            Some(expression) => select(expression, users, &mut find),
            None => (0..users).map(UserIx).collect(),
        }
    }
}

fn select(expression: &Expression, users: u32, find: &mut dyn FnMut(&str) -> Vec<UserIx>) -> Vec<UserIx> {
    match expression {
        Expression::Is(Criterion::Word(word)) => find(word),
        Expression::Is(_) => Vec::new(),
        Expression::Any(parts) => {
            let mut found: Vec<UserIx> = parts.iter().flat_map(|part| select(part, users, find)).collect();
            found.sort_unstable();
            found.dedup();
            found
        }
        Expression::All(parts) => {
            let mut parts = parts.iter();
            let mut left = parts.next().map_or_else(Vec::new, |part| select(part, users, find));
            for part in parts {
                if left.is_empty() {
                    break;
                }
                let mut also = select(part, users, find).into_iter().peekable();
                left.retain(|user| {
                    while also.next_if(|other| other < user).is_some() {}
                    also.peek() == Some(user)
                });
            }
            left
        }
        Expression::Not(inner) => {
            let mut except = select(inner, users, find).into_iter().peekable();
            (0..users).map(UserIx).filter(|user| except.next_if_eq(user).is_none()).collect()
        }
    }
}
