//! Options whose value is a word: `mode = bilinear`.

/// The words that an option takes, for parsers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// The enum, in [`crate::ops`].
    pub kind: &'static str,
    /// Each word and its variant.
    pub list: &'static [(&'static str, &'static str)],
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub enum $name {
            $($(#[$word_doc])* #[cfg_attr(feature = "serde", serde(rename = $word))] $variant,)*
        }

        impl $name {
            /// All words.
            pub const WORDS: $crate::spec::Words =
                $crate::spec::Words { kind: stringify!($name), list: &[$(($word, stringify!($variant))),*] };

            /// The variant of a word.
            pub fn named(word: &str) -> Option<Self> {
                match word {
                    $($word => Some($name::$variant),)*
                    _ => None,
                }
            }

            /// The word.
            pub const fn word(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)*
                }
            }
        }

        impl $crate::spec::OptionValue for $name {
            const KIND: $crate::spec::Kind = $crate::spec::Kind::Word(&Self::WORDS);

            fn value(&self) -> $crate::spec::Value {
                $crate::spec::Value::Word(self.word())
            }

            fn of(value: $crate::spec::Value) -> Option<Self> {
                match value {
                    $crate::spec::Value::Word(word) => Self::named(word),
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use words;
