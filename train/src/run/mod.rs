//! Run folders: configuration, metrics, parameters and pictures of a training run.

mod animation;
mod axis;
mod classes;
mod conduct;
mod config;
mod confusion;
mod curves;
mod folder;
mod heat_map;
mod lettering;
mod panels;
mod pictures;
mod recipe;
pub mod report;
mod scatter;
mod shapes;
mod source;
mod style;

pub use animation::save_animation;
pub use classes::class_table;
pub use conduct::{RUNS, RunOptions, Trainee, conduct, has_effect};
pub use config::{OwnData, RunConfig, RunSummary, command, verify_parameters};
pub use confusion::draw_confusion_matrix;
pub use curves::{draw_curves, draw_lines};
pub use folder::RunFolder;
pub(crate) use folder::write_text;
pub(crate) use heat_map::heat_map_color;
pub use heat_map::{heat_map, heat_picture};
pub(crate) use lettering::{LETTER, cut};
pub use panels::Line;
pub(crate) use pictures::filter_pictures;
pub use pictures::{Canvas, filter_grid, image_grid};
pub use recipe::Recipe;
pub use source::Source;
