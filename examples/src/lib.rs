//! The examples are the files in the parent folder.
