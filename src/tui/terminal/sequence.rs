//! Which key, or which deed of the mouse, a whole escape sequence stands for; most stand for none.

use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

/// `ESC O`, what is held down, and this byte.
pub(super) fn function_key(held: &[u8], last: u8, alt: bool) -> Option<Event> {
    let mask = match str::from_utf8(held).ok()?.rsplit(';').next() {
        None | Some("") => 1,
        Some(digits) => digits.parse().ok()?,
    };
    let code = match last {
        b'P'..=b'S' => KeyCode::F(last - b'P' + 1),
        b'M' => KeyCode::Enter,
        _ => arrow(last)?,
    };
    Some(pressed(code, modifiers(mask) | alt_if(alt)))
}

/// `ESC [ [` and this byte, as a Linux console sends F1 to F5.
pub(super) fn console_key(last: u8) -> Option<Event> {
    matches!(last, b'A'..=b'E').then(|| pressed(KeyCode::F(last - b'A' + 1), KeyModifiers::NONE))
}

/// `ESC [ M` and these: the mouse, where a terminal knows only the old form.
pub(super) fn old_mouse(button: u8, column: u8, row: u8) -> Option<Event> {
    let place = |byte: u8| byte.checked_sub(33).map(u16::from);
    let button = u16::from(button.checked_sub(32)?);
    mouse(button, button & 3 != 3 || button >= 64, place(column)?, place(row)?)
}

/// `ESC [`, these parameters, and a last byte.
pub(super) fn control_sequence(parameters: &[u8], last: u8, alt: bool) -> Option<Event> {
    let text = str::from_utf8(parameters).ok()?;
    if let Some(place) = text.strip_prefix('<') {
        let mut numbers = place.split(';').map(|number| number.parse::<u16>().ok());
        let (button, column, row) = (numbers.next()??, numbers.next()??, numbers.next()??);
        let (column, row) = (column.checked_sub(1)?, row.checked_sub(1)?);
        return matches!(last, b'M' | b'm').then(|| mouse(button, last == b'M', column, row)).flatten();
    }
    // Of each parameter only what stands before a colon; the one after it in the second is the kind.
    let mut fields = text.split(';');
    let mut field = || {
        let mut parts = fields.next().unwrap_or_default().split(':');
        let mut part = || match parts.next() {
            None | Some("") => Some(1),
            Some(digits) => digits.parse::<u32>().ok(), // not so in an answer: `?62`, `>1`
        };
        Some((part()?, part()?))
    };
    let ((first, _), (mask, kind)) = (field()?, field()?);
    if last != b'u' && fields.next().is_some() {
        return None;
    }
    let code = match last {
        b'~' => numbered(first)?,
        b'u' => character(first)?,
        b'Z' => KeyCode::BackTab,
        // `ESC [ 1;2R` is where the cursor is, not F3.
        b'P' | b'Q' | b'S' if first == 1 => KeyCode::F(last - b'P' + 1),
        _ if first == 1 => arrow(last)?,
        _ => return None,
    };
    // 3: the key was let go.
    (kind != 3).then(|| pressed(code, modifiers(mask) | alt_if(alt)))
}

fn pressed(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

fn alt_if(alt: bool) -> KeyModifiers {
    if alt { KeyModifiers::ALT } else { KeyModifiers::NONE }
}

fn arrow(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        _ => return None,
    })
}

/// The keys whose sequence ends with `~`.
fn numbered(number: u32) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(number as u8 - 10),
        17..=21 => KeyCode::F(number as u8 - 11),
        23 | 24 => KeyCode::F(number as u8 - 12),
        _ => return None,
    })
}

/// A key by its character, as terminals send it that tell more keys apart.
fn character(code: u32) -> Option<KeyCode> {
    Some(match code {
        9 => KeyCode::Tab,
        13 => KeyCode::Enter,
        27 => KeyCode::Esc,
        127 => KeyCode::Backspace,
        // Keys without a character have numbers for private use.
        0xe000..=0xf8ff => return None,
        _ => KeyCode::Char(char::from_u32(code).filter(|c| !c.is_control())?),
    })
}

fn modifiers(mask: u32) -> KeyModifiers {
    let bits = mask.saturating_sub(1);
    [(1, KeyModifiers::SHIFT), (2, KeyModifiers::ALT), (4, KeyModifiers::CONTROL), (8, KeyModifiers::SUPER)]
        .into_iter()
        .filter(|(bit, _)| bits & bit != 0)
        .fold(KeyModifiers::NONE, |all, (_, one)| all | one)
}

/// Buttons and the wheel; where the mouse only moves, it has done nothing.
fn mouse(button: u16, down: bool, column: u16, row: u16) -> Option<Event> {
    let kind = match button & !0b1_1100 {
        0 if down => MouseEventKind::Down(MouseButton::Left),
        64 if down => MouseEventKind::ScrollUp,
        65 if down => MouseEventKind::ScrollDown,
        _ => return None,
    };
    Some(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
}
