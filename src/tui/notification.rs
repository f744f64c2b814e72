//! The words in which a program asks the terminal to notify its user: a bell, OSC 9, OSC 777, also through tmux and GNU
//! screen. Bytes only. A terminal that does not know them shows nothing.

use super::clipboard::Multiplexer;
use crate::alerts::Ring;
use crate::presence::visible_within;

/// So many columns of a notification are sent.
const LONGEST: usize = 240;

/// The bytes that make the terminal do it.
pub fn notification(ring: &Ring, multiplexer: Multiplexer) -> Vec<u8> {
    let text = |text: &str| visible_within(text, LONGEST);
    let words = match ring {
        // A multiplexer rings by itself.
        Ring::Bell => return b"\x07".to_vec(),
        Ring::Notify(words) => format!("9;{}", text(words)),
        // What stands before the second semicolon is the title.
        Ring::NotifyTitled { title, body } => {
            format!("777;notify;{};{}", text(title).replace(';', ","), text(body))
        }
    };
    multiplexer.handed_on(&words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(ring: &Ring, multiplexer: Multiplexer) -> String {
        String::from_utf8(notification(ring, multiplexer)).unwrap()
    }

    #[test]
    fn the_terminal_is_told_also_through_a_multiplexer() {
        let ring = Ring::Notify("imtop FIRING critical: down".to_owned());
        assert_eq!(words(&ring, Multiplexer::None), "\x1b]9;imtop FIRING critical: down\x1b\\");
        assert_eq!(
            words(&ring, Multiplexer::Tmux),
            "\x1bPtmux;\x1b\x1b]9;imtop FIRING critical: down\x1b\x1b\\\x1b\\",
            "once, as it would be shown twice"
        );
        assert_eq!(words(&ring, Multiplexer::Screen), "\x1bP\x1b]9;imtop FIRING critical: down\x07\x1b\\");
        assert_eq!(words(&Ring::Bell, Multiplexer::Tmux), "\x07");
    }

    #[test]
    fn nothing_in_a_notification_is_for_the_terminal_to_do() {
        let ring =
            Ring::NotifyTitled { title: "a;b\x1b]52;c;eA==\x07".to_owned(), body: "c;d\r\n".to_owned() };
        assert_eq!(words(&ring, Multiplexer::None), "\x1b]777;notify;a,b^[]52,c,eA==^G;c;d^M^J\x1b\\");
    }
}
