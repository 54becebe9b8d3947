//! Trains a network on handwritten digits, which are built in, or on data of your own:
//!
//! ```text
//! cargo run --release -- train
//! cargo run --release -- train --data photos/       a folder with a subfolder of pictures for each class
//! cargo run --release -- eval --checkpoint runs/Net-own-1
//! cargo run --release -- predict --checkpoint runs/Net-own-1 picture.png
//! cargo run --release -- help
//! ```

use std::process::ExitCode;

use layercake::prelude::*;
use layercake_train::cli::Program;
use layercake_train::data::digits;
use layercake_train::run::Recipe;

network! {
    /// From gray pictures of 8x8 to ten classes. Other pictures are resized.
    pub Net: [1, 8, 8] -> [10] {
        conv1: Conv2d(16, kernel = 3, padding = 1), ReLU, MaxPool2d(2),
        conv2: Conv2d(32, kernel = 3, padding = 1), ReLU, MaxPool2d(2),
        Flatten,
        fc: Linear(10),
    }
}

fn program() -> Program<Net> {
    Program::new().data(digits).recipe(Recipe { epochs: 10, batch_size: 32, lr: 3e-3, weight_decay: 0.05, ..Recipe::default() })
}

fn main() -> ExitCode {
    program().main()
}

#[cfg(test)]
mod tests {
    use layercake_train::run::RunSummary;

    #[test]
    fn it_learns() {
        let folder = std::env::temp_dir().join(format!("layercake-net-{}", std::process::id()));
        let arguments = ["net", "train", "--epochs", "5", "--out", folder.to_str().expect("a path in UTF-8")];
        let done = super::program().try_run(arguments);
        let summary = done.and_then(|()| RunSummary::read(&folder.join("summary.json")));
        std::fs::remove_dir_all(&folder).expect("the run folder");
        let accuracy = summary.expect("a run").metrics.get("test_accuracy");
        assert!(accuracy > Some(0.9), "{accuracy:?}");
    }
}
