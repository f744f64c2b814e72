//! The believing reader: whoever takes the `status` of the last answer for the truth.

use super::lines::{Line, Said};
use super::reader::{Reader, Sight, Word};
use imtop::presence::Question;

/// The platforms that the last answer showed of each user; none before the first.
pub struct Believing(Vec<Option<Box<[i32]>>>);

impl Believing {
    /// Knows nothing of so many users.
    pub fn new(users: usize) -> Believing {
        Believing(vec![None; users])
    }

    /// Takes an answer.
    pub fn take(&mut self, line: &Line) {
        if let (Question::OnlineStatus, Some(Said::Users(said))) = (line.question, &line.said) {
            for (user, platforms) in line.users.iter().zip(said) {
                if let Some(platforms) = platforms {
                    self.0[*user as usize] = Some(platforms.clone());
                }
            }
        }
    }
}

impl Reader for Believing {
    fn word(&self, user: u32) -> Word {
        match &self.0[user as usize] {
            None => Word::Unheard,
            Some(platforms) if platforms.is_empty() => Word::Offline,
            Some(_) => Word::Online,
        }
    }

    fn connection(&self, user: u32, platform: i32) -> Sight {
        match &self.0[user as usize] {
            Some(platforms) if platforms.contains(&platform) => Sight::Open,
            _ => Sight::Absent,
        }
    }
}
