//! Tables in CSV files, as the user has them: numbers, words and missing values, with classes, numbers or labels to predict.
//!
//! A `Frame` has the cells of a file. A [`Schema`] says what they mean: which columns are inputs and how they become numbers, and what is to be predicted. It is learned
//! from the training data and kept with the model, so that the same columns mean the same later.
//!
//! | column | becomes |
//! |---|---|
//! | numbers | one input, with mean 0 and standard deviation 1 in the training rows |
//! | words | an input for each word, 1 for the word of the row and 0 for the others (one-hot) |
//! | missing values (empty, `NA`, `N/A`, `n/a`, `NaN`, `nan`, `NULL`, `null`, `?`) | numbers: the mean; words: 0 for all; and if the column has any in training, one more input that is 1 where the value is missing |
//! | the same value in all rows | left out, with a warning |
//!
//! A column is one of words if at least half of its values are not numbers, or if [`TableOptions::categories`] names it. If fewer are, they are taken for typing mistakes,
//! and are errors.
//!
//! What is to be predicted follows from the target columns, unless [`TableOptions::task`] says it:
//!
//! | targets | task |
//! |---|---|
//! | one column of words, or of at most 20 different whole numbers | classification |
//! | one or several columns of other numbers | regression |
//! | several columns of 0 and 1 | labels |
//!
//! Reading files needs the feature `tables`.
//!
#![cfg_attr(feature = "tables", doc = "```no_run")]
#![cfg_attr(not(feature = "tables"), doc = "```ignore")]
//! use layercake_train::data::split_stratified;
//! use layercake_train::tables::{Frame, Schema, TableOptions};
//!
//! let frame = Frame::read("wine.csv".as_ref())?;
//! let options = TableOptions { targets: vec!["class".to_owned()], ..Default::default() };
//! let (mut schema, warnings) = Schema::of(&frame, &options)?;
//! warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
//! let [train, test] = split_stratified(&schema.labels(&frame)?, 0.2, 0)?;
//! schema.measure(&frame, &train);
//! let (train, test) = (schema.samples(&frame, &train)?, schema.samples(&frame, &test)?);
//! # Ok::<(), layercake_train::TrainError>(())
//! ```

#[cfg(feature = "tables")]
mod encode;
#[cfg(feature = "tables")]
mod frame;
#[cfg(feature = "tables")]
mod learn;
mod schema;
#[cfg(feature = "tables")]
mod target;
#[cfg(feature = "tables")]
mod value;

#[cfg(feature = "tables")]
pub use frame::Frame;
pub use schema::{Column, ColumnKind, Schema, TableOptions, TableTask};

/// The nearest of several names, unless more than a third of the characters differ.
#[cfg(feature = "tables")]
pub(crate) fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let distance = |candidate: &str| strsim::damerau_levenshtein(name, candidate);
    let near = known.iter().map(String::as_str).filter(|candidate| 3 * distance(candidate) <= name.len().max(candidate.len()));
    near.min_by_key(|candidate| distance(candidate))
}
