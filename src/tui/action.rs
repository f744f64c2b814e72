//! The one table of everything that a key can do.
//!
//! The keymap, the help screen, the footer and the table of keys in docs/screen-and-keys.md come from it.

use std::fmt::Write as _;

use crate::words;

/// How far a key goes in a list or a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Walk {
    /// So many lines down, or up where negative; by pages: the list moves under the selection.
    Lines(i64, bool),
    Top,
    Bottom,
}

impl Action {
    /// How far this goes where so many rows list something; `None` for what is no walk.
    pub(super) fn walk(self, rows: u16) -> Option<Walk> {
        let page = i64::from(rows.max(1));
        let half = (page / 2).max(1);
        Some(match self {
            Action::Down => Walk::Lines(1, false),
            Action::Up => Walk::Lines(-1, false),
            Action::HalfPageDown => Walk::Lines(half, true),
            Action::HalfPageUp => Walk::Lines(-half, true),
            Action::PageDown => Walk::Lines(page, true),
            Action::PageUp => Walk::Lines(-page, true),
            Action::Top => Walk::Top,
            Action::Bottom => Walk::Bottom,
            _ => return None,
        })
    }
}

/// Where a key does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In the list of users.
    Users,
    /// Wherever no text is being typed.
    Views,
    /// While text is being typed.
    Prompt,
    /// Always.
    Everywhere,
}

impl Scope {
    /// What it is called in the help, in English.
    pub fn heading(self) -> &'static str {
        match self {
            Scope::Users => words!("List of users"),
            Scope::Views => words!("Every view"),
            Scope::Prompt => words!("While typing"),
            Scope::Everywhere => words!("Always"),
        }
    }

    /// Whether keys of the two can meet.
    pub fn meets(self, other: Scope) -> bool {
        match (self, other) {
            (Scope::Everywhere, _) | (_, Scope::Everywhere) => true,
            (Scope::Prompt, _) | (_, Scope::Prompt) => self == other,
            _ => true,
        }
    }
}

/// One row of [`ACTIONS`].
#[derive(Clone, Copy, Debug)]
pub struct ActionRow {
    /// What it does.
    pub action: Action,
    /// What it is called in a configuration.
    pub name: &'static str,
    /// Keys, as [`super::KeyPress::parse`] reads them; several in a row with a space between.
    pub keys: &'static [&'static str],
    /// Where they work.
    pub scope: Scope,
    /// One word for the footer, in English; empty: not shown there.
    pub brief: &'static str,
    /// What it does, for the help, in English.
    pub help: &'static str,
}

macro_rules! actions {
    ($(
        $scope:ident $action:ident $name:literal [$($key:literal)+]
        ($(words!($brief:literal))?) words!($help:literal);
    )+) => {
        /// Something that a key can do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action {
            $(#[doc = $help] $action,)+
        }

        /// Everything that a key can do. The order is that of the footer, which shows as many as fit.
        pub const ACTIONS: &[ActionRow] = &[$(ActionRow {
            action: Action::$action,
            name: $name,
            keys: &[$($key),+],
            scope: Scope::$scope,
            brief: concat!($($brief)?),
            help: $help,
        }),+];
    };
}

actions! {
    Views Help "help" ["?"] (words!("help")) words!("show this help; again to close it");
    Views Filter "filter" ["/"] (words!("filter")) words!("filter the users, the events or the help");
    Views Detail "detail" ["Enter"] (words!("detail")) words!("everything known about the selected user");
    Views Back "back" ["Esc"] (words!("back")) words!("one level back: close the view, then clear the filter, show all users, unselect");
    Users ProblemsOnly "problems-only" ["!"] (words!("problems")) words!("show only users with problems; again for all users");
    Views Pause "pause" ["Space"] (words!("pause")) words!("freeze the screen; imtop goes on polling");
    Views Why "why" ["d"] (words!("why")) words!("why the selected user is flagged");
    Views Delivery "delivery" ["W"] () words!("whether messages reach the selected user, link by link");
    Users Expand "expand" ["l" "Right"] (words!("expand")) words!("show the user's connections, then step into them");
    Users Collapse "collapse" ["h" "Left"] (words!("collapse")) words!("hide the connections; on a connection, back to its user");
    Views CopyUser "copy-user" ["y u"] (words!("copy")) words!("copy the user ID");
    Views CopyConnection "copy-connection" ["y c"] () words!("copy the connID");
    Views CopyOperation "copy-operation" ["y o"] () words!("copy the operationID of the last request about the user");
    Views CopyJson "copy-json" ["y j"] () words!("copy all that is known about the user as JSON, without tokens");
    Views CopyRequest "copy-request" ["y r"] () words!("copy the request as a curl command, without the token");
    Views Command "command" [":"] (words!("command")) words!("commands: :add :rm :goto :sort :cols :export and more");
    Views ShowUsers "users" ["1"] (words!("views")) words!("view: users");
    Views ShowEvents "events" ["2"] () words!("view: events");
    Views ShowFindings "findings" ["3"] () words!("view: findings");
    Views ShowServer "server" ["4"] () words!("view: server (API latency and errors, presence sources, token expiry)");
    Views ShowOverview "overview" ["5"] () words!("view: overview (all users over time, by group, as a map)");
    Users Pane "pane" ["Tab"] (words!("events")) words!("switch between list and events (overview: rows, map and top lists)");
    Views NextProblem "next-problem" ["n"] (words!("next problem")) words!("go to the next user with a problem");
    Views PreviousProblem "previous-problem" ["N"] () words!("go to the previous user with a problem");
    Views Close "close" ["q"] (words!("quit")) words!("close the view; in the list, quit");
    Views QuitKeeping "quit-keeping" ["Q"] () words!("quit and leave the last screen in the terminal");
    Users SortBy "sort-by" ["s"] (words!("sort")) words!("sort by a column: press its letter; again inverts the order");
    Users SortNext "sort-next" [">"] () words!("sort by the next column");
    Users SortPrevious "sort-previous" ["<"] () words!("sort by the previous column");
    Users Invert "invert" ["I"] () words!("invert the sort order");
    Users Wide "wide" ["w"] () words!("show all columns; again for those that fit");
    Users Mark "mark" ["m"] () words!("mark the user for this run");
    Users MarkedOnly "marked-only" ["M"] () words!("show only marked users; again for all users");
    Views UserEvents "user-events" ["e"] (words!("user's events")) words!("the events of the selected user");
    Views Acknowledge "acknowledge" ["a"] (words!("ack")) words!("acknowledge a finding; again to undo");
    Views Bell "bell" ["b"] () words!("ring the bell on a critical finding; again to switch it off");
    Views Export "export" ["x"] () words!("export what is shown to a file: csv, json or txt");
    Views Mask "mask" ["P"] () words!("mask user IDs and names; again to show them");
    Views StepBack "step-back" ["["] (words!("back in time")) words!("one poll round back in time");
    Views StepForward "step-forward" ["]"] () words!("one poll round forward in time");
    Views PreviousIncident "previous-incident" ["{"] (words!("incidents")) words!("go to the previous incident");
    Views NextIncident "next-incident" ["}"] () words!("go to the next incident");
    Views Live "live" ["."] (words!("live")) words!("back to now; in a replay, play on");
    Views Record "record" ["R"] (words!("record")) words!("record all answers of the server to a file; again to stop");
    Views PollNow "poll-now" ["r"] (words!("poll")) words!("poll the server now");
    Views Slower "slower" ["+"] () words!("poll less often");
    Views Faster "faster" ["-"] () words!("poll more often");
    Views TimeStyle "time-style" ["t"] () words!("show times as ages or as dates");
    Views NextTheme "next-theme" ["T"] () words!("switch to the next theme");
    Views Mouse "mouse" ["F12"] () words!("switch the mouse on: click a row or a heading, scroll with the wheel; again to switch it off");
    Users ExpandAll "expand-all" ["z R"] (words!("expand all")) words!("show the connections of all users");
    Users CollapseAll "collapse-all" ["z M"] (words!("collapse all")) words!("hide the connections of all users");
    Views Down "down" ["j" "Down"] (words!("scroll")) words!("one line down");
    Views Up "up" ["k" "Up"] () words!("one line up");
    Views Top "top" ["g" "Home"] () words!("to the first line");
    Views Bottom "bottom" ["G" "End"] () words!("to the last line");
    Views HalfPageDown "half-page-down" ["Ctrl-d"] () words!("half a page down");
    Views HalfPageUp "half-page-up" ["Ctrl-u"] () words!("half a page up");
    Views PageDown "page-down" ["PgDn"] () words!("a page down");
    Views PageUp "page-up" ["PgUp"] () words!("a page up");
    Prompt Accept "accept" ["Enter"] (words!("accept")) words!("accept what is typed");
    Prompt Cancel "cancel" ["Esc"] (words!("cancel")) words!("cancel; what was before applies again");
    Prompt Complete "complete" ["Tab"] (words!("complete")) words!("complete the word; again for the next candidate");
    Prompt HistoryBack "history-back" ["Up"] (words!("history")) words!("the previous entry of the history");
    Prompt HistoryForward "history-forward" ["Down"] () words!("the next entry of the history");
    Prompt DeleteBack "delete-back" ["Backspace" "Ctrl-h"] () words!("delete the character before the cursor");
    Prompt DeleteForward "delete-forward" ["Delete"] () words!("delete the character under the cursor");
    Prompt DeleteWord "delete-word" ["Ctrl-w"] () words!("delete the word before the cursor");
    Prompt DeleteAll "delete-all" ["Ctrl-u"] (words!("clear")) words!("clear the line");
    Prompt CursorLeft "cursor-left" ["Left"] () words!("one character to the left");
    Prompt CursorRight "cursor-right" ["Right"] () words!("one character to the right");
    Prompt CursorHome "cursor-home" ["Home" "Ctrl-a"] () words!("to the beginning");
    Prompt CursorEnd "cursor-end" ["End" "Ctrl-e"] () words!("to the end");
    Everywhere Repaint "repaint" ["Ctrl-l"] () words!("redraw the screen");
    Everywhere Suspend "suspend" ["Ctrl-z"] () words!("suspend to the shell; fg resumes");
    Everywhere Quit "quit" ["Ctrl-c"] () words!("quit now, whatever is open");
}

/// The table of keys for docs/screen-and-keys.md.
pub fn key_table() -> String {
    let mut text = String::from("| keys | do | where |\n|---|---|---|\n");
    for row in ACTIONS {
        let keys: Vec<String> = row.keys.iter().map(|keys| format!("`{}`", keys.replace(' ', ""))).collect();
        // Writing to a String cannot fail.
        let _ =
            writeln!(text, "| {} | {} | {} |", keys.join(" "), row.help, row.scope.heading().to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::keymap::KeyPress;
    use super::*;

    #[test]
    fn every_key_can_be_read_and_no_two_actions_share_one() {
        let mut seen: Vec<(Vec<KeyPress>, &ActionRow)> = Vec::new();
        for row in ACTIONS {
            for keys in row.keys {
                let keys: Vec<KeyPress> =
                    keys.split(' ').map(|key| KeyPress::parse(key).expect(key)).collect();
                for (other_keys, other) in &seen {
                    let overlap = keys.starts_with(other_keys) || other_keys.starts_with(&keys);
                    assert!(!overlap || !row.scope.meets(other.scope), "{} and {}", row.name, other.name);
                }
                seen.push((keys, row));
            }
        }
    }

    #[test]
    fn every_action_and_name_stands_in_the_table_once() {
        for (at, row) in ACTIONS.iter().enumerate() {
            assert!(!ACTIONS[..at].iter().any(|other| other.action == row.action || other.name == row.name));
            assert!(!row.help.is_empty() && !row.help.ends_with('.'), "{}", row.name);
        }
    }

    #[test]
    fn the_table_for_readers_has_a_row_for_each() {
        let table = key_table();
        assert_eq!(table.lines().count(), ACTIONS.len() + 2);
        assert!(table.contains("| `zR` | show the connections of all users | list of users |"), "{table}");
    }
}
