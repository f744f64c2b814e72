//! Who is watched: how many, from where, named twice, and whom the server does not know.

use std::time::Duration;

use super::step::{Outcome, Part, Step, grouped, time_words, users};
use crate::openim::Client;
use crate::options::{Examined, Watched};
use crate::presence::{Entry, FetchError, ListBuilder, WatchList, visible_bounded};
use crate::say;

/// The server is asked about so many users at most, spread over the list.
const SAMPLE: usize = 2_000;
/// So many users are named in a sentence.
const NAMED: usize = 5;

/// How many users were read of how many, where that is known, when time was up.
type Reached = Option<(u64, u64)>;

/// The lists as they were read.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Everybody, each once, in order; the first `ours` of them are not from the server.
    pub(super) users: WatchList,
    ours: usize,
    /// Where they come from and how many each time.
    sources: Vec<String>,
    /// What was passed over.
    warnings: Vec<String>,
    /// Lists of the server that could not be read: what happened, and what to do.
    unread: Vec<(Outcome, String, String)>,
}

impl Gathered {
    /// Those that are named on this side: arguments, standard input, the context, the file.
    pub(super) fn ours(watched: &Watched, file: Option<&str>) -> Gathered {
        let mut gathered = Gathered { warnings: watched.warnings.clone(), ..Gathered::default() };
        if !watched.fixed.is_empty() {
            gathered.sources.push(say!("{users} by name", users = grouped(watched.fixed.len())));
        }
        if let Some(file) = file {
            gathered.sources.push(say!("{users} from {file}", users = grouped(watched.of_file.len()), file));
        }
        // Those named twice in one place are warned of by whoever read it.
        let of_file = watched.of_file.users().map(|user| watched.of_file.raw_id(user));
        let across: Vec<&str> = of_file.filter(|id| watched.fixed.find(id).is_some()).collect();
        if !across.is_empty() {
            let names = named(across.into_iter());
            gathered.warnings.push(say!("named by several sources, watched once: {names}", names));
        }
        gathered.add(&watched.fixed);
        gathered.add(&watched.of_file);
        gathered.ours = gathered.users.len();
        gathered
    }

    /// Adds those who are not there yet.
    fn add(&mut self, list: &WatchList) {
        if self.users.is_empty() {
            self.users = list.clone();
        } else if !list.is_empty() {
            let mut users = ListBuilder::default();
            users.extend(self.users.entries().chain(list.entries()));
            self.users = users.build(1, 1);
        }
    }

    /// Adds the lists of the server that are wished for, each read within `timeout`.
    pub(super) async fn read(&mut self, watched: &Watched, client: &Client, timeout: Duration) {
        if let Some(group) = &watched.group {
            let what = say!("the group {group}", group = visible_bounded(group, 64));
            let read = tokio::time::timeout(timeout, client.group_members(group)).await;
            self.take(&what, read.map_err(|_| None), timeout);
        }
        if watched.all {
            let mut reached = None;
            let read =
                tokio::time::timeout(timeout, client.all_users(|progress| reached = Some(progress))).await;
            let reached = reached.map(|progress| (progress.have, progress.total));
            self.take(say!("the server's users"), read.map_err(|_| reached), timeout);
        }
    }

    /// Takes a list of the server, or how far its reading came.
    fn take(
        &mut self,
        what: &str,
        read: Result<Result<Vec<String>, FetchError>, Reached>,
        timeout: Duration,
    ) {
        match read {
            Ok(Ok(users)) => {
                self.sources.push(say!("{users} from {file}", users = grouped(users.len()), file = what));
                if users.is_empty() {
                    self.unread.push((
                        Outcome::Warning,
                        say!("{what}: nobody", what),
                        say!("for the server a group that does not exist is an empty one: check its ID")
                            .to_owned(),
                    ));
                }
                self.add(&WatchList::new(1, 1, users.iter().map(|id| Entry::of(id))));
            }
            Ok(Err(error)) => {
                self.unread.push((Outcome::Failed, format!("{what}: {error}"), error.advice().to_owned()));
            }
            Err(reached) => {
                let (have, total) = reached.unwrap_or_default();
                self.unread.push((
                    Outcome::Note,
                    say!(
                        "{what}: {have} of {total} within {time}",
                        what,
                        have = grouped(have as usize),
                        total = users(total as usize),
                        time = time_words(timeout)
                    ),
                    say!("nothing to do: the live view reads on while it shows those it has; --timeout waits longer here")
                        .to_owned(),
                ));
            }
        }
    }

    /// The users to ask the server about: those named on this side, or a sample of them.
    pub(super) fn sample(&self) -> Vec<String> {
        let every = self.ours.div_ceil(SAMPLE).max(1);
        let ours = self.users.users().take(self.ours).step_by(every);
        ours.map(|user| self.users.raw_id(user).to_owned()).collect()
    }
}

/// What the server said of the users in the list.
#[derive(Debug)]
pub(super) enum Registered {
    /// It was asked about so many, and does not know these.
    Asked(usize, Vec<String>),
    /// It did not answer.
    Failed(FetchError),
    /// It was not asked, and why.
    NotAsked(String),
}

/// Judges the list where it was read.
pub(super) fn judge(gathered: &Gathered, registered: &Registered) -> Step {
    let number = gathered.users.len();
    let sources = gathered.sources.join(say!(", "));
    let mut step = Step::ok(Part::WatchList, say!("{users}: {sources}", users = users(number), sources))
        .count("users", number as i64);
    for (outcome, what, advice) in &gathered.unread {
        step = step.detail(what.as_str()).but(*outcome, advice.as_str());
    }
    for warning in &gathered.warnings {
        step = step.detail(warning.as_str());
    }
    if !gathered.warnings.is_empty() {
        step =
            step.but(Outcome::Warning, say!("nothing breaks, but check whether the list is as you want it"));
    }
    match registered {
        Registered::NotAsked(why) => step.detail(say!("not asked who is registered: {why}", why)),
        Registered::Failed(error) => step
            .detail(say!("not known who is registered: {error}", error))
            .but(Outcome::Note, error.advice()),
        Registered::Asked(0, _) => step,
        Registered::Asked(asked, missing) => unknown(step, gathered.ours, *asked, missing),
    }
}

/// Judges a list that nobody named or that cannot be read.
pub(super) fn without(examined: &Examined) -> Step {
    match &examined.watched {
        Some(Err(why)) => Step::failed(
            Part::WatchList,
            why.to_string(),
            say!("correct it: one user a line, id[,label[,group]], with # comments"),
        ),
        _ => Step::ok(Part::WatchList, say!("no users are named")).but(
            Outcome::Note,
            say!(
                "name users (imtop doctor user_001), a file (--watch FILE), a group (--group-id ID) or all users (--all) to \
                 have them checked too"
            ),
        ),
    }
}

fn unknown(step: Step, ours: usize, asked: usize, missing: &[String]) -> Step {
    let of = if asked < ours {
        say!("a sample of {users} out of {all}", users = users(asked), all = grouped(ours))
    } else {
        users(asked)
    };
    let step = step.count("asked", asked as i64).count("unregistered", missing.len() as i64);
    if missing.is_empty() {
        return step.detail(say!("registered on the server: all of {of}", of));
    }
    let names = named(missing.iter().map(String::as_str));
    let advice = if missing.len() == asked {
        say!(
            "the server knows none of them: is it the right server, and are these user IDs rather than names?"
        )
    } else {
        say!("the server always calls them offline: look for typos, and remove users who no longer exist")
    };
    let missing = missing.len();
    step.detail(say!("not registered on the server: {missing} of {of}: {names}", missing, of, names))
        .but(Outcome::Warning, advice)
}

/// The first few of them, and how many more there are.
fn named<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    let ids: Vec<&str> = ids.collect();
    let shown: Vec<String> = ids.iter().take(NAMED).map(|id| visible_bounded(id, 40)).collect();
    match ids.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => say!("{names} and {more} more", names = shown.join(", "), more),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(fixed: &[&str], file: &[&str]) -> Watched {
        let list = |ids: &[&str]| WatchList::new(1, 1, ids.iter().map(|id| Entry::of(id)));
        Watched { of_file: list(file), ..Watched::fixed(list(fixed)) }
    }

    fn gathered(fixed: &[&str], file: &[&str]) -> Gathered {
        Gathered::ours(&watched(fixed, file), (!file.is_empty()).then_some("users.csv"))
    }

    #[test]
    fn sources_are_counted_and_users_of_several_named() {
        let step = judge(&gathered(&["a", "b"], &["b", "c"]), &Registered::NotAsked("x".into()));
        assert_eq!(step.seen, "3 users: 2 by name, 2 from users.csv");
        assert_eq!(step.outcome, Outcome::Warning);
        assert_eq!(step.details[0], "named by several sources, watched once: b");
        let step = judge(&gathered(&["a"], &["b"]), &Registered::Asked(2, Vec::new()));
        assert_eq!(
            (step.outcome, &*step.details[0]),
            (Outcome::Ok, "registered on the server: all of 2 users")
        );
    }

    #[test]
    fn whoever_is_not_registered_is_named_up_to_a_few() {
        let ids: Vec<String> = (0..9).map(|n| format!("u{n}\u{1b}")).collect();
        let refs: Vec<&str> = ids.iter().map(String::as_str).collect();
        let step = judge(&gathered(&refs, &[]), &Registered::Asked(9, ids[1..].to_vec()));
        assert_eq!(step.outcome, Outcome::Warning);
        assert_eq!(
            step.details[0],
            "not registered on the server: 8 of 9 users: u1^[, u2^[, u3^[, u4^[, u5^[ and 3 more"
        );
        let step = judge(&gathered(&["a"], &[]), &Registered::Asked(1, vec!["a".into()]));
        assert!(step.advice[0].contains("is it the right server"));
    }

    #[test]
    fn of_a_long_list_a_sample_is_asked_about() {
        let ids: Vec<String> = (0..5_000).map(|n| n.to_string()).collect();
        let refs: Vec<&str> = ids.iter().map(String::as_str).collect();
        let gathered = gathered(&refs, &[]);
        let sample = gathered.sample();
        assert_eq!((sample.len(), &*sample[1]), (1_667, "3"));
        let step = judge(&gathered, &Registered::Asked(sample.len(), Vec::new()));
        assert_eq!(step.details[0], "registered on the server: all of a sample of 1,667 users out of 5,000");
    }

    #[test]
    fn lists_of_the_server_say_how_far_they_were_read() {
        let mut gathered = gathered(&["a"], &[]);
        let second = Duration::from_secs(1);
        gathered.take("the group g", Ok(Ok(vec!["a".into(), "b".into()])), second);
        gathered.take("the group h", Ok(Ok(Vec::new())), second);
        gathered.take("the server's users", Err(Some((1_000, 5_000))), second);
        let step = judge(&gathered, &Registered::NotAsked("x".into()));
        assert_eq!(step.seen, "2 users: 1 by name, 2 from the group g, 0 from the group h");
        assert_eq!(step.outcome, Outcome::Warning);
        assert_eq!(
            step.details[..2],
            ["the group h: nobody", "the server's users: 1,000 of 5,000 users within 1.0 s"]
        );
        let denied = FetchError::Denied { code: 1002, what: "no".into(), advice: "x" };
        gathered.take("the group i", Ok(Err(denied)), second);
        assert_eq!(judge(&gathered, &Registered::NotAsked("x".into())).outcome, Outcome::Failed);
        assert_eq!(gathered.sample(), ["a"], "the server knows whom it names");
    }
}
