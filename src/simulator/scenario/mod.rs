//! Scenarios: what a simulated server is like and what happens to it, as a TOML file says.
//!
//! Some are built in (`assets/scenarios`), any other can be loaded from a file. A wrong key or value
//! is an error with its line.

mod check;
mod error;
mod model;
mod value;

use std::path::Path;
use std::time::Duration;

pub use error::ScenarioError;
pub(crate) use model::{Connection, Crowd, Deed, Event, Manners, Model, User};
pub(crate) use value::Millis;

use super::population;
use super::release::Release;
use crate::presence::Entry;

const BUILT_IN: [(&str, &str); 16] = [
    ("night", include_str!("../../../assets/scenarios/night.toml")),
    ("calm", include_str!("../../../assets/scenarios/calm.toml")),
    ("faults", include_str!("../../../assets/scenarios/faults.toml")),
    ("logout", include_str!("../../../assets/scenarios/logout.toml")),
    ("vanish", include_str!("../../../assets/scenarios/vanish.toml")),
    ("kill", include_str!("../../../assets/scenarios/kill.toml")),
    ("registry-lag", include_str!("../../../assets/scenarios/registry-lag.toml")),
    ("cut", include_str!("../../../assets/scenarios/cut.toml")),
    ("overflow", include_str!("../../../assets/scenarios/overflow.toml")),
    ("hang", include_str!("../../../assets/scenarios/hang.toml")),
    ("drain", include_str!("../../../assets/scenarios/drain.toml")),
    ("flapping", include_str!("../../../assets/scenarios/flapping.toml")),
    ("silent", include_str!("../../../assets/scenarios/silent.toml")),
    ("deaf", include_str!("../../../assets/scenarios/deaf.toml")),
    ("release", include_str!("../../../assets/scenarios/release.toml")),
    ("api-down", include_str!("../../../assets/scenarios/api-down.toml")),
];

/// A server to simulate: its users, its rules, and what will happen.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub(crate) model: Model,
}

impl Scenario {
    /// One of those that are built in.
    ///
    /// # Errors
    /// [`ScenarioError::Unknown`] for any other name.
    pub fn named(name: &str) -> Result<Scenario, ScenarioError> {
        match BUILT_IN.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => Scenario::parse(text, name),
            None => Err(ScenarioError::Unknown { name: name.to_owned() }),
        }
    }

    /// The names of those that are built in.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// The name of each that is built in, and what it shows. Read off the line that says so: whoever asks for help
    /// needs no more of it.
    pub fn abouts() -> impl Iterator<Item = (&'static str, &'static str)> {
        let about = |text: &'static str| text.lines().find_map(|line| line.strip_prefix("about = "));
        BUILT_IN.iter().map(move |(name, text)| (*name, about(text).unwrap_or_default().trim_matches('"')))
    }

    /// Reads a scenario from a file.
    ///
    /// # Errors
    /// [`ScenarioError::Unreadable`] or [`ScenarioError::Invalid`], with the line.
    pub fn load(path: &Path) -> Result<Scenario, ScenarioError> {
        let text = std::fs::read_to_string(path).map_err(|error| ScenarioError::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        Scenario::parse(&text, &path.display().to_string())
    }

    /// Reads a scenario from `text`; `source` names it in errors.
    ///
    /// # Errors
    /// [`ScenarioError::Invalid`] with line, column, and what was expected.
    pub fn parse(text: &str, source: &str) -> Result<Scenario, ScenarioError> {
        let model: Model = toml::from_str(text)
            .map_err(|error| ScenarioError::at(source, text, error.span(), error.message()))?;
        check::check(&model).map_err(|wrong| ScenarioError::at(source, text, wrong.span, &wrong.message))?;
        Ok(Scenario { model })
    }

    /// The same with `users` users in all: fewer cut the list's end, more are made by its crowds.
    #[must_use]
    pub fn with_users(mut self, users: usize) -> Scenario {
        self.model.users = users;
        self
    }

    /// The same with other chances.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Scenario {
        self.model.seed = seed;
        self
    }

    /// The same as another release of the server would answer it.
    #[must_use]
    pub fn with_release(mut self, release: Release) -> Scenario {
        self.model.release = release;
        self
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.model.name
    }

    /// What it shows, in a sentence or two.
    pub fn about(&self) -> &str {
        &self.model.about
    }

    /// Its name, what it shows, and when that begins: `kill: A gateway is killed. (after 8 s)`.
    pub fn announcement(&self) -> String {
        let Model { name, about, event, fault, .. } = &self.model;
        let faulty = fault.iter().map(|fault| fault.from.map_or(0, |from| from.0));
        let begins = match event.iter().map(|event| event.at.0).chain(faulty).min() {
            Some(begins) if begins > 0 => format!(" (after {} s)", begins / 1_000),
            _ => String::new(),
        };
        format!("{name}: {about}{begins}")
    }

    /// How many users it has.
    pub fn users(&self) -> usize {
        self.model.users
    }

    /// Which release of the server it imitates.
    pub fn release(&self) -> Release {
        self.model.release
    }

    /// How long from one poll round to the next, where the viewer has no wish of its own.
    pub fn poll_interval(&self) -> Duration {
        self.model.poll.interval.duration()
    }

    /// How many users in one request.
    pub fn poll_batch(&self) -> usize {
        self.model.poll.batch
    }

    /// How long to wait for an answer.
    pub fn poll_timeout(&self) -> Duration {
        self.model.poll.timeout.duration()
    }

    /// All its users in their order, the most telling first.
    pub fn watch_list(&self) -> Vec<Entry> {
        population::rows(&self.model).map(|row| row.entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "name = \"x\"\nabout = \"y\"\nusers = 3\n";

    fn wrong(more: &str) -> String {
        Scenario::parse(&format!("{LEAST}{more}"), "my.toml").unwrap_err().to_string()
    }

    #[test]
    fn three_lines_are_a_scenario() {
        let scenario = Scenario::parse(LEAST, "my.toml").unwrap();
        let ids: Vec<_> = scenario.watch_list().into_iter().map(|entry| entry.id).collect();
        assert_eq!(ids, ["user_00001", "user_00002", "user_00003"]);
        assert_eq!(scenario.with_users(100).watch_list().len(), 100);
    }

    #[test]
    fn every_built_in_scenario_can_be_read() {
        for name in Scenario::names() {
            let scenario = Scenario::named(name).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(scenario.name(), name);
            assert_eq!(scenario.watch_list().len(), scenario.users());
            assert!(Scenario::abouts().any(|it| it == (name, scenario.about())), "{name}");
        }
        assert_eq!(
            Scenario::named("nigth").unwrap_err().to_string(),
            format!(
                "no scenario is called \"nigth\": there are {}, or name a .toml file",
                Scenario::names().collect::<Vec<_>>().join(", ")
            )
        );
    }

    #[test]
    fn what_a_scenario_shows_begins_within_ten_seconds() {
        for name in Scenario::names() {
            let said = Scenario::named(name).unwrap().announcement();
            assert_eq!(said.ends_with(" (after 8 s)"), !["calm", "faults"].contains(&name), "{said}");
            assert!(said.starts_with(&format!("{name}: ")) && said.len() <= 110, "{said}");
        }
    }

    #[test]
    fn a_mistake_is_shown_with_its_line_and_what_was_expected() {
        assert!(
            wrong("user = 4").starts_with("my.toml:4:8: invalid type: integer `4`, expected"),
            "{}",
            wrong("user = 4")
        );
        let unknown = wrong("usres = 4");
        assert!(
            unknown.starts_with("my.toml:4:1: unknown field `usres`, expected one of `name`,"),
            "{unknown}"
        );
        assert_eq!(
            wrong("clock_skew = \"5 weeks\""),
            "my.toml:4:14: invalid value: string \"5 weeks\", expected a time such as \"1.5s\" or \"5m\""
        );
        assert_eq!(
            wrong("[[event]]\nat = \"1s\"\ngateway = \"gw-9\"\ndoes = \"hang\""),
            "my.toml:6:11: no gateway \"gw-9\", expected one of: gw-1"
        );
        assert_eq!(
            wrong("[[event]]\nat = \"1s\"\ngateway = \"gw-1\"\ndoes = \"connect\""),
            "my.toml:7:8: this is done by a `user`, name one"
        );
        assert_eq!(
            wrong("[[event]]\nat = \"1s\"\ngateway = \"gw-1\"\ndoes = \"logout\""),
            "my.toml:7:8: this befalls everybody: name neither a `gateway` nor a `user`"
        );
        let deed = wrong("[[event]]\nat = \"1s\"\nuser = \"a\"\ndoes = \"sleep\"");
        assert!(deed.starts_with("my.toml:7:8: unknown variant `sleep`, expected one of `hang`"), "{deed}");
        let fault = wrong("[[fault]]\nwhat = \"explode\"");
        assert!(
            fault.starts_with("my.toml:5:8: no fault is called \"explode\", expected one of: delay, hang"),
            "{fault}"
        );
        assert_eq!(
            wrong("[[user]]\nid = \"a\"\n[[user]]\nid = \"a\""),
            "my.toml:7:6: user \"a\" is there twice"
        );
        assert_eq!(
            wrong("[[crowd]]\nid = \"same\""),
            "my.toml:5:6: the `id` of a crowd needs a counter: {n} or {n:03}"
        );
    }

    #[test]
    fn numbers_that_no_machine_could_hold_are_refused() {
        let huge = LEAST.replace('3', "99999999999");
        let error = Scenario::parse(&huge, "my.toml").unwrap_err().to_string();
        assert_eq!(error, "my.toml: `users` is 99999999999, at most 10000000 can be simulated");
        let crowd = "[[crowd]]\nid = \"a{n}\"\nonline = 4294967295\nbackground = 1";
        assert!(wrong(crowd).contains("at most 10000"), "{}", wrong(crowd));
        assert!(wrong("[churn]\nconnect = nan").contains("from 0 to 36000"));
    }

    #[test]
    fn the_description_of_the_format_names_every_fault_and_every_scenario() {
        let text = include_str!("../../../assets/scenarios/README.md");
        for name in Scenario::names() {
            assert!(text.contains(&format!("`{name}`")), "{name}");
        }
        for name in crate::simulator::Fault::names() {
            assert!(text.contains(&format!("`{name}")), "{name}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = Scenario::load(Path::new("/nowhere/x.toml")).unwrap_err().to_string();
        assert!(error.starts_with("can't read the scenario /nowhere/x.toml: "), "{error}");
    }
}
