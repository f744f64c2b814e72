//! One line for each comparison: the ratio, what is to be reached, and whether it is.

/// What a ratio is to be.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// Measured to know it; nothing is to be reached.
    None,
}

/// Prints what the columns are.
pub(crate) fn heading() {
    println!("{:<62} {:>8} {:>19}   {:>8}", "", "median", "(least .. most)", "to reach");
}

/// Prints what was measured, turn by turn.
pub(crate) fn row(what: &str, mut ratios: Vec<f64>, goal: Goal) {
    ratios.sort_by(f64::total_cmp);
    let [Some(least), Some(most)] = [ratios.first(), ratios.last()] else { return };
    let middle = median(ratios.clone());
    let spread = format!("({} .. {})", short(*least), short(*most));
    let (goal, met) = match goal {
        Goal::AtLeast(goal) => (format!(">= {goal}"), Some(middle >= goal)),
        Goal::AtMost(goal) => (format!("<= {goal}"), Some(middle <= goal)),
        Goal::None => (String::new(), None),
    };
    let met = met.map_or("", |met| if met { "PASS" } else { "MISS" });
    println!("{what:<62} {:>8} {spread:>19}   {goal:>8} {met}", short(middle));
}

/// A sentence about what the rows before came from.
pub(crate) fn note(what: &str) {
    println!("  {what}");
}

pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

fn short(ratio: f64) -> String {
    if ratio < 0.1 { format!("{ratio:.4}") } else { format!("{ratio:.2}") }
}
