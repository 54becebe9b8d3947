//! The command, and the pictures of the zoo. The tests with a CUDA device are a program of their own: `cuda.rs`.

mod agents;
mod command;
mod doctor;
mod explain;
mod files;
mod fmt;
mod folders;
mod interrupt;
mod new;
mod options;
mod own;
mod own_list;
mod own_text;
mod photos;
mod pictures;
#[cfg(feature = "mpi")]
mod ranks;
mod run;
mod search;
mod study;
mod support;
mod transfer;
