//! Readers on valid and invalid files: results, errors and memory.

mod child;
mod folders;
mod jpeg;
mod mutations;
mod pictures;
mod place;
mod png;
mod room;
mod tables;
mod texts;
mod voc;
