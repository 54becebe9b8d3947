//! Options whose value is a word: `mode = bilinear`.

/// The words that an option takes, for who reads them from text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// The enum, in [`crate::ops`].
    pub kind: &'static str,
    /// Each word, and the variant that it stands for.
    pub list: &'static [(&'static str, &'static str)],
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub enum $name {
            $($(#[$word_doc])* #[cfg_attr(feature = "serde", serde(rename = $word))] $variant,)*
        }

        impl $name {
            /// The words.
            pub const WORDS: $crate::ops::Words =
                $crate::ops::Words { kind: stringify!($name), list: &[$(($word, stringify!($variant))),*] };

            /// What a word stands for.
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

        // With the enum's name: generated code is printed in this form.
        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(match self {
                    $($name::$variant => concat!(stringify!($name), "::", stringify!($variant)),)*
                })
            }
        }
    };
}

pub(crate) use words;
