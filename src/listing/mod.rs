//! How users are listed, whoever writes the list: columns, sort orders, the filter's rows, marks, what users
//! are called, and what happened to them in words. Knows no screen and no format.

mod alert_words;
mod cell;
mod check_words;
mod column;
mod facts;
mod filter;
#[cfg(test)]
mod language_tests;
mod loss_words;
mod marks;
mod names;
mod order;
mod record;
mod rows;
mod sort;
mod theme_name;
mod tokens;
mod words;

pub use alert_words::alert_words;
pub(crate) use cell::{ScreenCell, TextColumn, There};
pub use check_words::{by_registry_words, checking_words, one_in, sample_words};
pub use column::{ColumnName, SPARK_CELLS};
pub(crate) use column::{ColumnRow, ColumnsAsked, Longest, Tells};
pub use facts::Known;
pub(crate) use facts::RowInputs;
pub use loss_words::{LossWords, worst_loss};
pub use marks::Marks;
pub use names::Names;
#[cfg(test)]
pub(crate) use record::sample;
pub use record::{ConnectionRecord, FindingRecord, Time, TokenRecord, UserRecord};
pub use rows::{Cause, Index, Indexed, Row, Rows};
pub use sort::{Sort, SortColumn};
pub use theme_name::ThemeName;
pub use tokens::{Expiry, Foreign, foreign, short_expiry, soonest_expiry, worst_foreign};
pub use words::{
    EventWords, Wording, change_words, clock_words, counted_words, feed_words, short_reasons, why_words,
};
