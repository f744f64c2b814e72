//! The one table of everything that a key can do.
//!
//! The keymap, the help screen, the footer and the table of keys in docs/screen-and-keys.md come from it.

use std::fmt::Write as _;

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
    /// What it is called in the help.
    pub fn heading(self) -> &'static str {
        match self {
            Scope::Users => "List of users",
            Scope::Views => "Every view",
            Scope::Prompt => "While typing",
            Scope::Everywhere => "Always",
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
    /// One word for the footer; empty: not shown there.
    pub brief: &'static str,
    /// What it does, for the help.
    pub help: &'static str,
}

macro_rules! actions {
    ($($scope:ident $action:ident $name:literal [$($key:literal)+] $brief:literal $help:literal;)+) => {
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
            brief: $brief,
            help: $help,
        }),+];
    };
}

actions! {
    Views Help "help" ["?"] "help" "this help; again to leave it";
    Views Filter "filter" ["/"] "filter" "filter the users, the events or the help";
    Views Detail "detail" ["Enter"] "detail" "everything that is known of the selected user";
    Views Back "back" ["Esc"] "back" "one level back: a view, then the filter, then problems or marked only, then the selection";
    Users ProblemsOnly "problems-only" ["!"] "problems" "only users with problems; again for everybody";
    Views Pause "pause" ["Space"] "pause" "freeze the picture; imtop goes on asking";
    Views Why "why" ["d"] "why" "why the selected user is flagged";
    Users Expand "expand" ["l" "Right"] "expand" "show the user's connections, then step into them";
    Users Collapse "collapse" ["h" "Left"] "collapse" "hide them; from a connection, go to its user";
    Views CopyUser "copy-user" ["y u"] "copy" "copy the user ID";
    Views CopyConnection "copy-connection" ["y c"] "" "copy the connID";
    Views CopyOperation "copy-operation" ["y o"] "" "copy the operationID of the last request about the user";
    Views CopyJson "copy-json" ["y j"] "" "copy what is known of the user as JSON, without tokens";
    Views CopyRequest "copy-request" ["y r"] "" "copy the request as a curl command, without the token";
    Views Command "command" [":"] "command" "commands: :add :rm :goto :sort :cols :export and more";
    Views ShowUsers "users" ["1"] "views" "the users";
    Views ShowEvents "events" ["2"] "" "the events";
    Views ShowFindings "findings" ["3"] "" "the findings";
    Views ShowServer "server" ["4"] "" "API latency and errors, presence sources, token expiry";
    Views ShowOverview "overview" ["5"] "" "everybody together: over time, by group, as a map";
    Users Pane "pane" ["Tab"] "events" "from the list to the events at its foot, and back; in the overview, rows or map";
    Views NextProblem "next-problem" ["n"] "next problem" "to the next user with a problem";
    Views PreviousProblem "previous-problem" ["N"] "" "to the user with a problem before";
    Views Close "close" ["q"] "quit" "close the view; in the list, quit";
    Views QuitKeeping "quit-keeping" ["Q"] "" "quit and leave the last picture on the screen";
    Users SortBy "sort-by" ["s"] "sort" "sort by a column: a letter names it, the same again inverts the order";
    Users SortNext "sort-next" [">"] "" "sort by the next column";
    Users SortPrevious "sort-previous" ["<"] "" "sort by the column before";
    Users Invert "invert" ["I"] "" "turn the order round";
    Users Wide "wide" ["w"] "" "all columns that there are, or those that fit well";
    Users Mark "mark" ["m"] "" "mark the user, for this run";
    Users MarkedOnly "marked-only" ["M"] "" "only marked users; again for everybody";
    Views UserEvents "user-events" ["e"] "user's events" "the events of the selected user";
    Views Acknowledge "acknowledge" ["a"] "ack" "acknowledge a finding; again to undo";
    Views Bell "bell" ["b"] "" "ring when something critical is found, or be silent";
    Views Export "export" ["x"] "" "write what is seen to a file: csv, json or txt";
    Views Mask "mask" ["P"] "" "mask user IDs and names; again to show them";
    Views StepBack "step-back" ["["] "back in time" "one round back in time";
    Views StepForward "step-forward" ["]"] "" "one round forward in time";
    Views PreviousIncident "previous-incident" ["{"] "incidents" "back to the incident before";
    Views NextIncident "next-incident" ["}"] "" "on to the next incident";
    Views Live "live" ["."] "live" "back to now; in a replay, play on";
    Views Record "record" ["R"] "record" "record everything observed to a file; again to stop";
    Views PollNow "poll-now" ["r"] "poll" "ask the server now";
    Views Slower "slower" ["+"] "" "ask less often";
    Views Faster "faster" ["-"] "" "ask more often";
    Views TimeStyle "time-style" ["t"] "" "times as ages or as dates";
    Views NextTheme "next-theme" ["T"] "" "the next theme";
    Views Mouse "mouse" ["F12"] "" "take the mouse: click a row or a heading, wheel scrolls; again to leave it to the terminal";
    Users ExpandAll "expand-all" ["z R"] "expand all" "show all connections";
    Users CollapseAll "collapse-all" ["z M"] "collapse all" "hide all connections";
    Views Down "down" ["j" "Down"] "scroll" "one line down";
    Views Up "up" ["k" "Up"] "" "one line up";
    Views Top "top" ["g" "Home"] "" "to the first line";
    Views Bottom "bottom" ["G" "End"] "" "to the last line";
    Views HalfPageDown "half-page-down" ["Ctrl-d"] "" "half a page down";
    Views HalfPageUp "half-page-up" ["Ctrl-u"] "" "half a page up";
    Views PageDown "page-down" ["PgDn"] "" "a page down";
    Views PageUp "page-up" ["PgUp"] "" "a page up";
    Prompt Accept "accept" ["Enter"] "take" "take what is typed";
    Prompt Cancel "cancel" ["Esc"] "cancel" "go back to what was before";
    Prompt Complete "complete" ["Tab"] "complete" "complete the word; again for the next candidate";
    Prompt HistoryBack "history-back" ["Up"] "history" "what was typed before";
    Prompt HistoryForward "history-forward" ["Down"] "" "what was typed after that";
    Prompt DeleteBack "delete-back" ["Backspace" "Ctrl-h"] "" "delete the character before the cursor";
    Prompt DeleteForward "delete-forward" ["Delete"] "" "delete the character under the cursor";
    Prompt DeleteWord "delete-word" ["Ctrl-w"] "" "delete the word before the cursor";
    Prompt DeleteAll "delete-all" ["Ctrl-u"] "clear" "delete all";
    Prompt CursorLeft "cursor-left" ["Left"] "" "one character to the left";
    Prompt CursorRight "cursor-right" ["Right"] "" "one character to the right";
    Prompt CursorHome "cursor-home" ["Home" "Ctrl-a"] "" "to the beginning";
    Prompt CursorEnd "cursor-end" ["End" "Ctrl-e"] "" "to the end";
    Everywhere Repaint "repaint" ["Ctrl-l"] "" "draw the screen again";
    Everywhere Suspend "suspend" ["Ctrl-z"] "" "stop, as the shell's job; fg goes on";
    Everywhere Quit "quit" ["Ctrl-c"] "" "quit now, whatever is open";
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
        assert!(table.contains("| `zR` | show all connections | list of users |"), "{table}");
    }
}
