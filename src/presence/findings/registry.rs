//! Makes of one list of rules: [`super::Rule`], and [`super::Evidence`] with what each of them finds.

/// `Name: file`, in the order in which they are explained. The file has a `Found`, which is
/// [`OfRule`](super::rule::OfRule).
macro_rules! rules {
    ($($name:ident: $file:ident,)*) => {
        /// Something that can be wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[doc = concat!("See `findings/", stringify!($file), ".rs`.")] $name,)*
        }

        impl Rule {
            /// All rules, in the order in which they are explained.
            pub const ALL: [Rule; [$(Rule::$name),*].len()] = [$(Rule::$name),*];

            const fn row(self) -> &'static rule::RuleRow {
                match self {
                    $(Rule::$name => &<$file::Found as OfRule>::RULE,)*
                }
            }
        }

        /// What a rule has found.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Evidence {
            $(#[doc = concat!("See `findings/", stringify!($file), ".rs`.")] $name($file::Found),)*
        }

        impl Evidence {
            /// The rule that found it.
            pub fn rule(&self) -> Rule {
                match self {
                    $(Evidence::$name(_) => Rule::$name,)*
                }
            }

            /// How serious it is, when the server's clock shows `server_seconds`.
            pub fn severity(&self, server_seconds: i64) -> Severity {
                match self {
                    $(Evidence::$name(found) => found.severity(server_seconds),)*
                }
            }

            /// One sentence, without a full stop, as it reads when the server's clock shows
            /// `server_seconds`: `Android: expired 2y ago`.
            pub fn words(&self, server_seconds: i64) -> String {
                match self {
                    $(Evidence::$name(found) => found.words(server_seconds),)*
                }
            }

            /// Whether both are about the same thing, though their figures may differ: the finding
            /// lasts.
            pub fn same_as(&self, other: &Evidence) -> bool {
                match (self, other) {
                    $((Evidence::$name(one), Evidence::$name(other)) => one.same_as(other),)*
                    _ => false,
                }
            }

            /// What to do about it, in the order in which to do it.
            fn advice(&self) -> &'static str {
                $crate::language::say(match self {
                    $(Evidence::$name(found) => found.advice(),)*
                })
            }
        }
    };
}
