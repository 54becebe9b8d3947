//! Files as strangers have them: what is read of them, what is refused by name, and what that costs.

mod child;
mod folders;
mod mutations;
mod pictures;
mod place;
mod png;
mod room;
mod tables;
mod texts;
