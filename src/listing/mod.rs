//! How users are listed, whoever writes the list: columns, sort orders, the filter's rows, marks, what users
//! are called, and what happened to them in words. Knows no screen and no format.

mod column;
mod facts;
mod filter;
mod loss_words;
mod marks;
mod names;
mod order;
mod rows;
mod sort;
mod tokens;
mod words;

pub use column::{ColumnName, SPARK_CELLS};
pub(crate) use column::{ColumnsAsked, Longest};
pub(crate) use facts::RowInputs;
pub use loss_words::{LossWords, worst_loss};
pub use marks::Marks;
pub use names::Names;
pub use rows::{Index, Indexed, Rows};
pub use sort::{Sort, SortColumn};
pub use tokens::{Expiry, Foreign, foreign, short_expiry, soonest_expiry, worst_foreign};
pub use words::{EventWords, Wording, change_words, clock_words, feed_words, why_words};
