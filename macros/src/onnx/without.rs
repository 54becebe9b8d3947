//! What is said of a file where Layercake was built without its reader.

use super::Found;
use crate::ast::File;
use crate::report::Report;

/// Reports that the feature is off.
pub fn graph(file: &File, report: &mut Report) -> Option<Found> {
    let text = "this reads an ONNX file, for which Layercake needs its feature `onnx`\nnote: in Cargo.toml, `layercake = { .., features = [\"onnx\"] }`";
    report.add(&file.kind, text);
    None
}

#[cfg(test)]
mod tests {
    use quote::format_ident;

    use super::*;

    #[test]
    fn the_feature_is_named() {
        let file = File { kind: format_ident!("onnx"), path: None, options: Vec::new(), illegible: false };
        let mut report = Report::default();
        assert_eq!(graph(&file, &mut report), None);
        assert!(report.texts()[0].contains("its feature `onnx`"));
    }
}
