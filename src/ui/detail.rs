//! Everything that is known of one user.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::{DetailLine, Model, Picture, detail_lines, foreign};
use crate::presence::{Presence, Since, Story, UserIx, visible};

use super::pen::{Pen, width};
use super::theme::Theme;
use super::times;
use super::transition::story_words;
use super::user_row::unknown;

/// Columns of the names of facts.
const NAME: u16 = 11;

pub(super) fn draw(model: &Model, theme: &Theme, user: UserIx, scroll: usize, body: Rect, buf: &mut Buffer) {
    let sheet = Sheet { model, theme, picture: model.picture(), user };
    let lines = detail_lines(&sheet.picture, user);
    // The user's name stays at the top, whatever is scrolled.
    let list = sheet.picture.roster.list();
    let id = visible(list.raw_id(user));
    let mut pen = Pen::new(buf, body, 0);
    pen.skip(1).put("user ", theme.plain).rest(&id, theme.glyphs.cut, theme.strong);
    for (row, line) in (1..body.height).zip(lines.iter().skip(scroll)) {
        sheet.line(*line, Pen::new(buf, body, row));
    }
}

/// The detail of one user, while it is drawn.
struct Sheet<'a> {
    model: &'a Model,
    theme: &'a Theme,
    picture: Picture<'a>,
    user: UserIx,
}

impl Sheet<'_> {
    fn line(&self, line: DetailLine<'_>, mut pen: Pen<'_>) {
        let theme = self.theme;
        let cut = theme.glyphs.cut;
        let roster = self.picture.roster;
        let now = self.picture.now;
        pen.skip(1);
        match line {
            DetailLine::Blank => {}
            DetailLine::Heading(text, count) => {
                pen.put(text, theme.strong).skip(1).put(&format!("({count})"), theme.dim);
                let answered =
                    roster.answered(self.user).filter(|_| line.is_of_connections() && self.is_old());
                if let Some(answered) = answered {
                    let age = times::age_ms(now.since(answered.received));
                    pen.put(&format!(", as of {age} ago"), theme.warn);
                }
            }
            DetailLine::Nothing(text) => {
                pen.skip(2).rest(text, cut, theme.dim);
            }
            DetailLine::Names => {
                let list = roster.list();
                let names: Vec<&str> =
                    [list.label(self.user), list.group(self.user)].into_iter().flatten().collect();
                self.fact(pen, "called", &names.join(", "));
            }
            DetailLine::Presence => {
                let presence = roster.presence(self.user);
                let (sign, _, style) = theme.presence(presence);
                pen.field("presence", NAME, cut, theme.dim).skip(1);
                pen.put(&format!("{sign} {}", presence.word()), style).skip(1);
                if let Presence::Unknown(why) = presence {
                    let texts = unknown(&self.picture, theme, self.user, why);
                    let fitting = texts.into_iter().find(|text| width(text) <= pen.left());
                    pen.rest(&fitting.unwrap_or_default(), cut, theme.plain);
                } else if roster.is_stale(self.user, now) {
                    pen.rest("(stale: an answer is due)", cut, theme.warn);
                }
            }
            DetailLine::Since => {
                let text =
                    roster.since(self.user).map_or("never known".to_owned(), |since| self.since(since));
                self.fact(pen, "since", &text);
            }
            DetailLine::Answered => {
                let text = roster.answered(self.user).map_or("not yet".to_owned(), |answered| {
                    let age = times::age_ms(now.since(answered.received));
                    format!("{age} ago, {}", self.clock(answered.received.unix_ms))
                });
                self.fact(pen, "last answer", &text);
            }
            DetailLine::Batch => {
                let list = roster.list();
                self.fact(pen, "batch", &format!("{} of {}", list.batch_of(self.user) + 1, list.batches()));
            }
            DetailLine::Connection(at) => {
                let Some(tracked) = roster.connections(self.user).get(at) else { return };
                let connection = &tracked.connection;
                let (state, style) = if connection.background {
                    ("background", theme.calm)
                } else {
                    ("foreground", theme.good)
                };
                let (name, style) =
                    if self.is_old() { (theme.dim, theme.dim) } else { (theme.strong, style) };
                pen.skip(2).field(&connection.platform.name(), NAME, cut, name).skip(1);
                pen.put(state, style).skip(2).rest(&connection.id.to_string(), cut, theme.plain);
            }
            DetailLine::FirstSeen(at) => {
                let Some(tracked) = roster.connections(self.user).get(at) else { return };
                self.fact(pen, "  seen", &self.since(tracked.since));
            }
            DetailLine::TokenHolder(at) => self.token_holder(pen, at),
            DetailLine::TokenTimes(at) => self.token_times(pen, at),
            DetailLine::TokenShared(_) => {
                pen.skip(NAME + 1);
                pen.rest("! the same token on several connections", cut, theme.warn);
            }
            DetailLine::Story(story) => self.story(pen, story),
        }
    }

    fn story(&self, mut pen: Pen<'_>, story: &Story) {
        let (theme, now) = (self.theme, self.picture.now);
        let first = story.first();
        let when = times::between(first.after, first.before, now, self.model.zone());
        let age = times::age_ms(now.since(first.before));
        pen.skip(2).put(&when, theme.plain).skip(1).put(&format!("({age} ago)"), theme.dim);
        let text = story_words(&self.picture, theme, story);
        let operation = first.operation.as_ref().map_or_else(String::new, |it| visible(&it.0).into_owned());
        // The name of the request stands at the line's end, whole or not at all.
        pen.skip(2).field(&text, width(&text), theme.glyphs.cut, theme.plain);
        let room = pen.left();
        if room > width(&operation) + 2 {
            pen.skip(room - width(&operation) - 1).put(&operation, theme.dim);
        }
    }

    /// Whether what is shown is the last word from before an answer that is due.
    fn is_old(&self) -> bool {
        let roster = self.picture.roster;
        roster.is_stale(self.user, self.picture.now) || roster.presence(self.user).is_unknown()
    }

    /// A colour for facts; old news has none.
    fn hue(&self, style: Style) -> Style {
        if self.is_old() { self.theme.dim } else { style }
    }

    fn fact(&self, mut pen: Pen<'_>, name: &str, text: &str) {
        let theme = self.theme;
        pen.field(name, NAME, theme.glyphs.cut, theme.dim).skip(1);
        pen.rest(text, theme.glyphs.cut, theme.plain);
    }

    fn clock(&self, unix_ms: i64) -> String {
        times::clock(unix_ms, self.picture.now, self.model.zone())
    }

    fn since(&self, since: Since) -> String {
        let now = self.picture.now;
        let age = times::age_ms(since.age_ms(now));
        let end = self.clock(times::unix_ms_of(since.before_ms, now));
        match since.after_ms {
            Some(after) => {
                let start = self.clock(times::unix_ms_of(after, now));
                if let Some(blind) = times::blind_since(since, self.model.gap_ms()) {
                    let most = times::age_ms(now.mono_ms.saturating_sub(blind));
                    format!("{age} to {most} ago, between {start} and {end}")
                } else if start == end {
                    format!("{age} ago, at {end}")
                } else {
                    format!("{age} ago, between {start} and {end}")
                }
            }
            None => format!("at least {age}: it was so already at {end}"),
        }
    }

    fn token_holder(&self, mut pen: Pen<'_>, at: usize) {
        let (theme, roster) = (self.theme, self.picture.roster);
        let Some(tracked) = roster.connections(self.user).get(at) else { return };
        let Some(token) = &tracked.connection.token else { return };
        let cut = theme.glyphs.cut;
        pen.field("  token", NAME, cut, theme.dim).skip(1);
        pen.put(&token.fingerprint.to_string(), theme.plain).skip(2);
        let claims = match &token.claims {
            Ok(claims) => claims,
            Err(unreadable) => {
                pen.rest(&format!("! {unreadable}"), cut, theme.warn);
                return;
            }
        };
        let found = foreign(&tracked.connection, roster.list().raw_id(self.user));
        let user = claims.user.as_deref().unwrap_or("nobody named");
        let platform = claims.platform.map_or("no platform named".into(), crate::presence::Platform::name);
        let text = match (found.user, found.platform) {
            (None, None) => format!("issued for this user on {platform}"),
            (None, Some(_)) => {
                format!("! issued for {platform}, not {}", tracked.connection.platform.name())
            }
            (Some(_), _) => format!("! issued for another user: {user} on {platform}"),
        };
        pen.rest(&text, cut, self.hue(theme.foreign(&found)));
    }

    fn token_times(&self, mut pen: Pen<'_>, at: usize) {
        let (theme, roster) = (self.theme, self.picture.roster);
        let zone = self.model.zone();
        let Some(tracked) = roster.connections(self.user).get(at) else { return };
        let Some(claims) = tracked.connection.token.as_ref().and_then(|token| token.claims()) else { return };
        let server_now = roster.server_clock().unix_seconds(self.picture.now);
        pen.skip(NAME + 1);
        let (end, style) = match claims.expires {
            None => ("never expires".to_owned(), theme.plain),
            Some(at) => {
                let left = at.saturating_sub(server_now);
                let age = times::age(left.unsigned_abs());
                let date = times::date_time(at, zone);
                let words = match left {
                    ..=0 => format!("expired {date} ({age} ago)"),
                    1..times::SOON => format!("expires soon, {date} (in {age})"),
                    _ => format!("expires {date} (in {age})"),
                };
                (words, theme.expiry(left))
            }
        };
        pen.put(&end, self.hue(style));
        if let Some(issued) = claims.issued {
            pen.rest(&format!(", issued {}", times::date(issued, zone)), theme.glyphs.cut, theme.plain);
        }
    }
}
