//! Everything that is known of one user.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::language;
use crate::listing::foreign;
use crate::listing::why_words;
use crate::presence::{Claims, Event, EventGroup, Finding, Presence, UnknownReason, UserIx, visible};
use crate::say;
use crate::tui::{Picture, View};

use super::connection_row::connection_state;
use super::detail_lines::{Detail, DetailLine, since_words};
use super::painter::Painter;
use super::theme::Theme;
use super::times;
use super::transition::wording;

/// Columns of the names of facts.
const NAME: u16 = 11;

pub(super) fn draw(
    model: View<'_>,
    theme: &Theme,
    user: UserIx,
    scroll: usize,
    body: Rect,
    buf: &mut Buffer,
) {
    let detail = Detail::new(model, user, body.width);
    let sheet = Sheet { model, theme, picture: model.picture(), user, detail: &detail };
    // The user's name stays at the top, whatever is scrolled.
    let list = sheet.picture.roster.list();
    let id = model.names.user(list.raw_id(user));
    let mut pen = Painter::new(theme, buf, body, 0);
    pen.skip(1).put(say!("user "), theme.plain).rest(&id, theme.glyphs.cut, theme.strong);
    for (row, line) in (1..).zip(detail.window(scroll, body.height.saturating_sub(1))) {
        sheet.line(line, Painter::new(theme, buf, body, row));
    }
}

/// The detail of one user, while it is drawn.
struct Sheet<'a> {
    model: View<'a>,
    theme: &'a Theme,
    picture: Picture<'a>,
    user: UserIx,
    detail: &'a Detail<'a>,
}

impl Sheet<'_> {
    fn finding(&self, mut pen: Painter<'_>, finding: &Finding) {
        let theme = self.theme;
        let cut = theme.glyphs.cut;
        let (sign, style) = theme.severity(finding.severity);
        let aside = self.model.is_acknowledged(finding.number);
        let (sign, style) = if aside { (theme.glyphs.acknowledged, theme.dim) } else { (sign, style) };
        let age = times::age_ms(self.picture.now.since(finding.since));
        pen.skip(2).put(sign, style).skip(1).put(finding.severity.word(), style).skip(1);
        pen.put(finding.rule.name(), theme.strong).skip(2);
        let what = self.model.evidence(finding);
        let text = if aside {
            say!("{what} (found {age} ago, acknowledged)", what, age)
        } else {
            say!("{what} (found {age} ago)", what, age)
        };
        pen.rest(&text, cut, theme.plain);
    }

    fn line(&self, line: DetailLine<'_>, mut pen: Painter<'_>) {
        let theme = self.theme;
        let cut = theme.glyphs.cut;
        let roster = self.picture.roster;
        let now = self.picture.now;
        pen.skip(1);
        let is_of_connections = line.is_of_connections();
        match line {
            DetailLine::Blank => {}
            DetailLine::Heading(text, count) => {
                pen.put(language::say(text), theme.strong).skip(1).put(&format!("({count})"), theme.dim);
                let answered = roster.answered_by_sockets(self.user);
                let answered = answered.filter(|_| is_of_connections && self.is_old());
                if let Some(answered) = answered {
                    let age = times::age_ms(now.since(answered.received));
                    pen.put(&say!(", as of {age} ago", age), theme.doubt);
                }
            }
            DetailLine::Nothing(text) => {
                pen.skip(2).rest(text, cut, theme.dim);
            }
            DetailLine::Fact(name, text) => self.fact(pen, name, &text),
            DetailLine::Presence => self.presence(pen),
            DetailLine::Missing(text) => {
                pen.skip(NAME + 1).rest(&text, cut, theme.doubt);
            }
            DetailLine::Connection(at) => {
                let Some(tracked) = roster.connections(self.user).get(at) else { return };
                let connection = &tracked.connection;
                let (state, style) = connection_state(theme, tracked, now);
                let old = self.is_old() || tracked.unseen.is_some();
                let (name, style) = if old { (theme.dim, theme.dim) } else { (theme.strong, style) };
                pen.skip(2).field(&connection.platform.name(), NAME, cut, name).skip(1);
                pen.put(&state, style).skip(2).rest(&connection.id.to_string(), cut, theme.plain);
            }
            DetailLine::FirstSeen(at) => {
                let Some(tracked) = roster.connections(self.user).get(at) else { return };
                self.fact(pen, say!("  seen"), &since_words(self.model, tracked.since));
            }
            DetailLine::Finding(finding) => self.finding(pen, finding),
            DetailLine::Advice(text) => {
                pen.skip(5).rest(&text, cut, theme.dim);
            }
            DetailLine::TokenHolder(at) => self.token_holder(pen, at),
            DetailLine::TokenEnds(at) => self.token_ends(pen, at),
            DetailLine::TokenIssued(at) => self.token_issued(pen, at),
            DetailLine::TokenShared(at) => {
                pen.skip(NAME + 1);
                let uses = self.detail.uses(at);
                pen.rest(&say!("! the same token on {uses} connections", uses), cut, theme.warn);
            }
            DetailLine::Happened(event) => self.happened(pen, event),
            DetailLine::Seen(event) => {
                pen.skip(6).rest(&self.seen(event), cut, theme.dim);
            }
        }
    }

    /// The presence, and what there is to know of how it is known.
    fn presence(&self, mut pen: Painter<'_>) {
        let (theme, roster, now) = (self.theme, self.picture.roster, self.picture.now);
        let cut = theme.glyphs.cut;
        let presence = roster.presence(self.user);
        let (sign, _, style) = theme.presence(presence);
        pen.field(say!("presence"), NAME, cut, theme.dim).skip(1);
        pen.put(&format!("{sign} {}", presence.word()), style).skip(1);
        if let Presence::Unknown(why) = presence {
            let mut texts = unknown(&self.picture, theme, self.user, why);
            let fitting = texts.iter().position(|text| theme.width(text) <= pen.left());
            let shortest = texts.len().saturating_sub(1);
            // That answers come without the user is said in whole sentences below.
            if fitting.is_some() || why != UnknownReason::Missing {
                let text = texts.swap_remove(fitting.unwrap_or(shortest));
                pen.rest(&text, cut, theme.plain);
            }
        } else if roster.doubt(self.user).is_some_and(|doubt| doubt.verdict.stale) {
            pen.rest(say!("(stale: the registry is being asked)"), cut, theme.doubt);
        } else if roster.is_stale(self.user, now) {
            pen.rest(say!("(stale: an answer is due)"), cut, theme.doubt);
        } else if let Some(basis) = roster.basis(self.user).words() {
            pen.rest(&say!("({basis})", basis = basis), cut, theme.plain);
        }
    }

    fn happened(&self, mut pen: Painter<'_>, event: &EventGroup) {
        let theme = self.theme;
        let when = times::between(event.after, event.before, self.picture.now, &self.model.zone);
        pen.skip(2).put(&when, theme.plain).skip(2);
        let text = wording(self.model, theme).group(event).what;
        let seen = if self.detail.is_roomy() { self.seen(event) } else { String::new() };
        let room = pen.left().saturating_sub(theme.width(&seen) + 2);
        pen.field(&text, theme.width(&text).min(room), theme.glyphs.cut, theme.plain);
        pen.skip(pen.left().saturating_sub(theme.width(&seen) + 1)).put(&seen, theme.dim);
    }

    /// How long ago something happened, and which request showed it.
    fn seen(&self, event: &EventGroup) -> String {
        let age = times::age_ms(self.picture.now.since(event.before));
        let operation = match &event.event {
            Event::Story(story) => story.first().operation.as_ref(),
            _ => None,
        };
        match operation {
            Some(id) => say!("{age} ago, operationID {id}", age, id = visible(&id.0)),
            None => say!("{age} ago", age),
        }
    }

    /// Whether what is shown is the last word from before an answer that is due.
    fn is_old(&self) -> bool {
        let roster = self.picture.roster;
        roster.is_old(self.user, self.picture.now) || roster.presence(self.user).is_unknown()
    }

    /// A colour for facts; old news has none.
    fn hue(&self, style: Style) -> Style {
        if self.is_old() { self.theme.dim } else { style }
    }

    fn fact(&self, mut pen: Painter<'_>, name: &str, text: &str) {
        let theme = self.theme;
        pen.field(name, NAME, theme.glyphs.cut, theme.dim).skip(1);
        pen.rest(text, theme.glyphs.cut, theme.plain);
    }

    fn token_holder(&self, mut pen: Painter<'_>, at: usize) {
        let (theme, roster) = (self.theme, self.picture.roster);
        let Some(tracked) = roster.connections(self.user).get(at) else { return };
        let Some(token) = &tracked.connection.token else { return };
        let cut = theme.glyphs.cut;
        pen.field(say!("  token"), NAME, cut, theme.dim).skip(1);
        pen.put(&token.fingerprint.to_string(), theme.plain).skip(2);
        let claims = match &token.claims {
            Ok(claims) => claims,
            Err(unreadable) => {
                pen.rest(&format!("! {unreadable}"), cut, theme.warn);
                return;
            }
        };
        let found = foreign(&tracked.connection, roster.list().raw_id(self.user));
        let names = &self.model.names;
        let user = claims.user.as_deref().map_or(say!("nobody named").into(), |user| names.shown_user(user));
        let platform =
            claims.platform.map_or(say!("no platform named").into(), crate::presence::Platform::name);
        let text = match (found.user, found.platform) {
            (None, None) => say!("issued for this user on {platform}", platform),
            (None, Some(_)) => {
                say!("! issued for {platform}, not {own}", platform, own = tracked.connection.platform.name())
            }
            (Some(_), _) => say!("! issued for another user: {user} on {platform}", user, platform),
        };
        pen.rest(&text, cut, self.hue(theme.foreign(&found)));
    }

    fn token_ends(&self, mut pen: Painter<'_>, at: usize) {
        let theme = self.theme;
        let Some(claims) = self.claims(at) else { return };
        let (words, style) = match claims.expires {
            None => (say!("never expires").to_owned(), theme.plain),
            Some(at) if Claims::is_far_future(at) => {
                let when = language::say(Claims::FAR_FUTURE);
                (say!("expires: {when}, exp is {at}", when, at), theme.plain)
            }
            Some(at) => {
                let left = at.saturating_sub(self.server_now());
                let when = self.both_readings(at);
                let words = match left {
                    ..=0 => say!("expired {when}", when),
                    1..times::SOON => say!("expires soon, {when}", when),
                    _ => say!("expires {when}", when),
                };
                (words, theme.expiry(left))
            }
        };
        pen.skip(NAME + 1).rest(&words, theme.glyphs.cut, self.hue(style));
    }

    fn token_issued(&self, mut pen: Painter<'_>, at: usize) {
        let Some(claims) = self.claims(at) else { return };
        let issued = claims.issued.map(|at| say!("issued {when}", when = self.both_readings(at)));
        // Only older servers say from when on a token is good: their clock and a little before.
        let date = |at| times::date_time(at, &self.model.zone);
        let good = claims.not_before.map(|at| say!("good from {when}", when = date(at)));
        let words: Vec<String> = [issued, good].into_iter().flatten().collect();
        pen.skip(NAME + 1).rest(&words.join(say!(", ")), self.theme.glyphs.cut, self.theme.plain);
    }

    fn claims(&self, at: usize) -> Option<&Claims> {
        let tracked = self.picture.roster.connections(self.user).get(at)?;
        tracked.connection.token.as_ref()?.claims()
    }

    fn server_now(&self) -> i64 {
        self.picture.roster.server_clock().unix_seconds(self.picture.now)
    }

    /// A time of the server's as a date and as an age: `2024-01-08 12:01:05 (2y ago)`.
    fn both_readings(&self, unix_seconds: i64) -> String {
        let date = times::date_time(unix_seconds, &self.model.zone);
        let left = unix_seconds.saturating_sub(self.server_now());
        let age = times::age(left.unsigned_abs());
        if left <= 0 { say!("{date} ({age} ago)", date, age) } else { say!("{date} (in {age})", date, age) }
    }
}

/// Why nothing is known, and what was seen last: in many words, then in fewer. What was seen goes
/// last but for the reason.
fn unknown(picture: &Picture<'_>, theme: &Theme, user: UserIx, why: UnknownReason) -> Vec<String> {
    let roster = picture.roster;
    let whole = why_words(picture.roster, user, why);
    let doubt = roster.doubt(user).filter(|doubt| doubt.verdict.presence == Presence::Unknown(why));
    let seen = match doubt {
        // The sockets say something of a user in doubt, but the last that was certain is from before.
        Some(doubt) => doubt.last.map(|last| (doubt.before, last)),
        None => roster.answered(user).map(|answered| (roster.last_word(user), answered)),
    };
    let Some((last, answered)) = seen.filter(|(last, _)| !last.is_unknown()) else {
        return vec![say!("({whole})", whole), say!("({why})", why)];
    };
    let age = times::age_ms(picture.now.since(answered.received));
    let (word, (_, short, _)) = (last.word(), theme.presence(last));
    vec![
        say!("({whole}, seen {word} {age} ago)", whole, word, age),
        say!("({why}, seen {word} {age} ago)", why, word, age),
        say!("({why}, seen {short} {age} ago)", why, short, age),
        say!("({why}, {short} {age} ago)", why, short, age),
        say!("({why})", why),
    ]
}
