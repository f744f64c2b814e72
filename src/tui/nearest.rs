//! Which name somebody meant who mistyped one.

/// The name that is nearest to `text`, where one is near: a letter or two, or a beginning.
pub(super) fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let text = text.to_lowercase();
    let least = if text.chars().count() < 4 { 1 } else { 2 };
    let far = |name: &str| {
        let name = name.to_lowercase();
        if name.starts_with(&text) && text.len() > 2 { 0 } else { strsim::osa_distance(&text, &name) }
    };
    names
        .map(|name| (far(name), name))
        .filter(|(far, _)| *far <= least)
        .min_by_key(|(far, _)| *far)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_another_word_is_not() {
        let near = |text| nearest(text, ["pause", "presence", "token"].into_iter());
        assert_eq!(near("pasue"), Some("pause"));
        assert_eq!(near("Token"), Some("token"));
        assert_eq!(near("pres"), Some("presence"));
        assert_eq!((near("xyz"), near("")), (None, None));
    }
}
