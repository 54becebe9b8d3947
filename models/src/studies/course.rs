//! `docs/course.md`, the studies in the order of a course.

use std::fmt::Write;
use std::path::Path;

use layercake_train::TrainError;

use super::{Report, studies};

const INTRODUCTION: &str = "\
# The course, runnable

What courses on neural networks say, each claim as an experiment: `layercake study NAME` runs one, `layercake study --all --data-dir DIR` all of them, and
`layercake study` lists them. A study is one file in [models/src/studies](../models/src/studies) and an example of the public API. The figures and pictures here are of one
run with seed 0, and a test holds this page to them; a claim that did not come out in this run says so. The same claims are tested at a smaller size.
";

/// The page of the studies whose reports are in a folder; `prefix` is the folder from the page's place, with a slash.
///
/// # Errors
/// Returns an error if a report cannot be read.
pub fn page(folder: &Path, prefix: &str) -> Result<String, TrainError> {
    let mut page = INTRODUCTION.to_owned();
    for study in studies() {
        let Some(report) = Report::read(folder, study.name())? else { continue };
        let _ = write!(page, "\n## {}: {}\n\n", study.name(), study.about().trim_end_matches('.'));
        let _ = writeln!(page, "{}\n", study.text());
        if !study.networks().is_empty() {
            let _ = writeln!(page, "```rust\n{}\n```\n", study.networks());
        }
        page += &report.markdown_in(study.name(), prefix);
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `LAYERCAKE_WRITE=1 cargo test -p layercake-models --lib course` writes the page from the reports in `docs/course`, which `layercake study --all` writes.
    #[test]
    fn the_page_is_that_of_the_reports() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
        let page = page(&docs.join("course"), "course/").unwrap();
        if std::env::var_os("LAYERCAKE_WRITE").is_some() {
            std::fs::write(docs.join("course.md"), &page).unwrap();
        }
        let written = std::fs::read_to_string(docs.join("course.md")).unwrap();
        assert!(written == page, "docs/course.md differs from the reports in docs/course");
        for study in studies() {
            let report = Report::read(&docs.join("course"), study.name()).unwrap().unwrap_or_else(|| panic!("no run of {}", study.name()));
            let settings = report.settings.expect("the command wrote it");
            assert!(!settings.small && settings.seed == 0 && settings.files, "{}: {settings:?}", study.name());
            for picture in &report.pictures {
                let bytes = std::fs::metadata(docs.join("course").join(Report::file(study.name(), &picture.name))).unwrap().len();
                assert!(bytes < 65_000, "{} {}: {bytes} bytes", study.name(), picture.name);
            }
        }
    }
}
