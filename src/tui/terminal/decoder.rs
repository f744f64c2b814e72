//! From the bytes of the terminal to what the user did: keys, pastes, the mouse.
//!
//! A terminal also answers questions on the same line: who it is, its colours, its clipboard. Whoever
//! asked, here or in a program before, what it says must not run as keys. So everything from `ESC P`,
//! `ESC ]`, `ESC _`, `ESC ^` or `ESC X` up to its end is swallowed, and so is a control sequence that is
//! no key. A sequence comes in as many reads as the line pleases: every state stands between two bytes.
//!
//! There is no clock here. Whoever feeds the decoder asks how long the next byte may take, and says so
//! when it did not come.

use std::time::Duration;

use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

use super::sequence;

/// After a lone ESC this long, it is the key. A hand is slower, a line that is worth its name faster.
const AFTER_ESC: Duration = Duration::from_millis(50);
/// A sequence in which nothing comes for this long has no more to come: what follows are keys again.
const AFTER_PART: Duration = Duration::from_millis(500);
/// A paste may stall for longer: what is left of it would run as keys.
const AFTER_PASTE: Duration = Duration::from_secs(5);

/// No sequence that means anything has longer parameters.
const LONGEST_PARAMETERS: usize = 64;
/// As much of a paste is kept; no prompt has room for more.
const LONGEST_PASTE: usize = 1 << 20;
const END_OF_PASTE: &[u8] = b"\x1b[201~";

const BEL: u8 = 0x07;
const ESC: u8 = 0x1b;

/// Reads what a terminal sends, byte by byte.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    state: State,
    /// What the state has gathered: a character, parameters, a paste.
    held: Vec<u8>,
}

/// What the last bytes have begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing.
    #[default]
    Ground,
    /// `ESC`, or two of them.
    Escape { twice: bool },
    /// A character of several bytes.
    Character { alt: bool },
    /// `ESC O`: a byte that is no digit says which key.
    Function { alt: bool },
    /// `ESC [`, and parameters.
    Control { alt: bool },
    /// `ESC [ [` of a Linux console: one more byte says which key.
    Console,
    /// `ESC [ M`: three bytes say where the mouse is.
    Mouse,
    /// One of the strings, which its second byte has opened.
    Text { opened_by: u8, empty: bool },
    /// `ESC` within a string: its end, if a backslash follows.
    TextEscape,
    /// What is pasted.
    Paste,
}

impl Decoder {
    /// Takes what was read; gives what the user has done by it.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut done = Vec::new();
        for byte in bytes {
            self.take(*byte, &mut done);
        }
        done
    }

    /// How long the next byte may take before [`Decoder::nothing_came`]; `None`: for ever.
    pub(super) fn patience(&self) -> Option<Duration> {
        match self.state {
            State::Ground => None,
            State::Escape { .. } => Some(AFTER_ESC),
            State::Paste => Some(AFTER_PASTE),
            _ => Some(AFTER_PART),
        }
    }

    /// Ends what was begun: a lone ESC is the key, `ESC P` is Alt-P, half a sequence is nothing.
    pub(super) fn nothing_came(&mut self) -> Vec<Event> {
        let mut done = Vec::new();
        match self.state {
            State::Escape { twice } => {
                done.push(key(KeyCode::Esc, false));
                done.extend(twice.then(|| key(KeyCode::Esc, false)));
            }
            State::TextEscape => done.push(key(KeyCode::Esc, false)),
            State::Function { .. } if self.held.is_empty() => done.push(key(KeyCode::Char('O'), true)),
            State::Control { .. } if self.held.is_empty() => done.push(key(KeyCode::Char('['), true)),
            State::Text { opened_by, empty: true } => {
                done.push(key(KeyCode::Char(char::from(opened_by)), true));
            }
            State::Paste => done.push(self.pasted()),
            _ => {}
        }
        self.turn(State::Ground);
        done
    }

    fn take(&mut self, byte: u8, done: &mut Vec<Event>) {
        match self.state {
            State::Ground => self.begin(byte, false, done),
            State::Escape { twice } => self.escaped(byte, twice, done),
            State::Character { alt } => self.continue_character(byte, alt, done),
            // Some terminals put what is held down with the key between: `ESC O 2 R`.
            State::Function { .. } if matches!(byte, b'0'..=b'9' | b';') => self.keep(byte),
            State::Function { alt } => {
                let held = self.end();
                done.extend(sequence::function_key(&held, byte, alt));
            }
            State::Control { alt } => self.continue_control(byte, alt, done),
            State::Console => {
                self.turn(State::Ground);
                done.extend(sequence::console_key(byte));
            }
            State::Mouse => {
                self.held.push(byte);
                if let [button, column, row] = *self.held.as_slice() {
                    self.turn(State::Ground);
                    done.extend(sequence::old_mouse(button, column, row));
                }
            }
            State::Text { opened_by, empty } => match byte {
                BEL => self.turn(State::Ground),
                ESC => self.turn(State::TextEscape),
                // No answer holds any other control character: it is a key, and the string was none.
                0..0x20 | 0x7f => {
                    done.extend(empty.then(|| key(KeyCode::Char(char::from(opened_by)), true)));
                    self.turn(State::Ground);
                    self.begin(byte, false, done);
                }
                _ => self.state = State::Text { opened_by, empty: false },
            },
            State::TextEscape if byte == b'\\' => self.turn(State::Ground),
            // The string was cut off by the beginning of something else.
            State::TextEscape => self.escaped(byte, false, done),
            State::Paste => {
                self.held.push(byte);
                if self.held.ends_with(END_OF_PASTE) {
                    self.held.truncate(self.held.len() - END_OF_PASTE.len());
                    done.push(self.pasted());
                    self.turn(State::Ground);
                } else if self.held.len() >= LONGEST_PASTE + 2 * END_OF_PASTE.len() {
                    // What follows counts only as the end.
                    let end = self.held.split_off(self.held.len() - END_OF_PASTE.len());
                    self.held.truncate(LONGEST_PASTE);
                    self.held.extend(end);
                }
            }
        }
    }

    fn turn(&mut self, state: State) {
        self.state = state;
        self.held.clear();
    }

    /// Keeps a byte of the parameters. Of those that are too long to mean anything the rest is dropped.
    fn keep(&mut self, byte: u8) {
        if self.held.len() <= LONGEST_PARAMETERS {
            self.held.push(byte);
        }
    }

    /// What was held of a sequence that ends.
    fn end(&mut self) -> Vec<u8> {
        let held = std::mem::take(&mut self.held);
        self.turn(State::Ground);
        held
    }

    /// A byte that nothing is before, or only the ESC of Alt.
    fn begin(&mut self, byte: u8, alt: bool, done: &mut Vec<Event>) {
        self.turn(State::Ground);
        match byte {
            ESC => self.turn(State::Escape { twice: false }),
            b'\r' => done.push(key(KeyCode::Enter, alt)),
            b'\t' => done.push(key(KeyCode::Tab, alt)),
            0x7f => done.push(key(KeyCode::Backspace, alt)),
            0 => done.push(control(' ', alt)),
            1..=0x1a => done.push(control(char::from(byte - 1 + b'a'), alt)),
            0x1c..=0x1f => done.push(control(char::from(byte - 0x1c + b'4'), alt)),
            0x20..=0x7e => done.push(key(KeyCode::Char(char::from(byte)), alt)),
            0xc2..=0xf4 => {
                self.turn(State::Character { alt });
                self.held.push(byte);
            }
            _ => {} // no UTF-8 begins so
        }
    }

    fn escaped(&mut self, byte: u8, twice: bool, done: &mut Vec<Event>) {
        match byte {
            // Before an arrow, an ESC too many is Alt; before all else it was the key.
            b'[' => self.turn(State::Control { alt: twice }),
            b'O' => self.turn(State::Function { alt: twice }),
            ESC => {
                done.extend(twice.then(|| key(KeyCode::Esc, false)));
                self.turn(State::Escape { twice: true });
            }
            _ => {
                done.extend(twice.then(|| key(KeyCode::Esc, false)));
                if matches!(byte, b'P' | b']' | b'_' | b'^' | b'X') {
                    self.turn(State::Text { opened_by: byte, empty: true });
                } else {
                    self.begin(byte, true, done);
                }
            }
        }
    }

    fn continue_character(&mut self, byte: u8, alt: bool, done: &mut Vec<Event>) {
        if !matches!(byte, 0x80..=0xbf) {
            self.begin(byte, false, done);
            return;
        }
        self.held.push(byte);
        let read = str::from_utf8(&self.held).map(|text| text.chars().next());
        match read {
            Ok(character) => done.extend(character.map(|c| key(KeyCode::Char(c), alt))),
            Err(error) if error.error_len().is_none() => return, // more is to come
            Err(_) => {}
        }
        self.turn(State::Ground);
    }

    fn continue_control(&mut self, byte: u8, alt: bool, done: &mut Vec<Event>) {
        match byte {
            0x20..=0x3f => self.keep(byte),
            b'[' if self.held.is_empty() => self.turn(State::Console),
            b'M' if self.held.is_empty() => self.turn(State::Mouse),
            b'~' if self.held == b"200" => self.turn(State::Paste),
            0x40..=0x7e => {
                let parameters = self.end();
                done.extend(sequence::control_sequence(&parameters, byte, alt));
            }
            _ => self.begin(byte, false, done),
        }
    }

    /// What was pasted so far.
    fn pasted(&mut self) -> Event {
        let bytes = std::mem::take(&mut self.held);
        let bytes = bytes.get(..LONGEST_PASTE).unwrap_or(&bytes);
        Event::Paste(String::from_utf8_lossy(bytes).into_owned())
    }
}

fn key(code: KeyCode, alt: bool) -> Event {
    let modifiers = if alt { KeyModifiers::ALT } else { KeyModifiers::NONE };
    Event::Key(KeyEvent::new(code, modifiers))
}

fn control(character: char, alt: bool) -> Event {
    let modifiers = if alt { KeyModifiers::CONTROL | KeyModifiers::ALT } else { KeyModifiers::CONTROL };
    Event::Key(KeyEvent::new(KeyCode::Char(character), modifiers))
}

#[cfg(test)]
mod tests;
