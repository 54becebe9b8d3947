//! The fields of layers whose names come from a file.

use std::collections::HashSet;

use proc_macro2::{Ident, Span};
use quote::format_ident;

use crate::lower::{RUNTIME, snake};

/// The fields so far.
#[derive(Default)]
pub struct Fields {
    taken: HashSet<String>,
}

impl Fields {
    /// The field of a layer: `layer1.0.Conv` becomes `layer1_0_conv`. The names of two layers may differ in their signs alone: the second gets a number.
    pub fn field(&mut self, path: &str, place: Span) -> Ident {
        let plain: String = path.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
        let words: Vec<String> = plain.split('_').filter(|word| !word.is_empty()).map(snake).collect();
        let mut word = words.join("_");
        if word.starts_with(|first: char| first.is_ascii_digit()) {
            word.insert(0, '_');
        }
        if syn::parse_str::<Ident>(&word).is_err() {
            // A keyword, or letters that no name of Rust has.
            word.push('_');
        }
        if syn::parse_str::<Ident>(&word).is_err() || word == RUNTIME || word == "_" {
            word = "layer".to_owned();
        }
        let (mut name, mut number) = (word.clone(), 1);
        while !self.taken.insert(name.clone()) {
            number += 1;
            name = format!("{word}_{number}");
        }
        format_ident!("{name}", span = place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_field() {
        let mut fields = Fields::default();
        let names = [
            ("layer1.0.conv1", "layer1_0_conv1"),
            ("layer1_0.conv1", "layer1_0_conv1_2"),
            ("Conv_12", "conv_12"),
            ("onnx::Conv_12", "onnx_conv_12"),
            ("0", "_0"),
            ("type", "type_"),
            ("self", "self_"),
            ("__runtime", "runtime"),
            ("/", "layer"),
            ("\u{1f600}", "layer_2"),
            ("größe", "größe"),
            ("", "layer_3"),
        ];
        for (path, field) in names {
            assert_eq!(fields.field(path, Span::call_site()).to_string(), field, "{path}");
        }
    }
}
