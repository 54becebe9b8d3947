//! Texts, of a data set or of the user's own, and their parts.

use std::path::Path;

use layercake_train::TrainError;
use layercake_train::data::KnownDataset;
use layercake_train::data::readers::Text;
use layercake_train::run::{OwnText, Recipe, Source};

use crate::tasks::entry::{Description, Run};
use crate::zoo::{ModelError, TrainOptions};

/// The last tenth of a text is the test part.
const TEST: f64 = 0.1;

/// A text for training.
pub(super) struct Parts {
    pub classes: Vec<String>,
    pub text: Text,
    pub validation: Option<Text>,
    pub test: Text,
}

impl Parts {
    /// Reads a text and splits it.
    pub(super) fn read(options: &TrainOptions, recipe: &Recipe) -> Result<Self, ModelError> {
        let [text, test] = match &options.text {
            Some(own) => of_files(own, None)?,
            None => last_tenth(options.dataset.load_text(options.data_dir.as_deref()).map_err(TrainError::from)?),
        };
        let classes = text.vocabulary().iter().map(char::to_string).collect();
        let (text, validation) = hold_out_text(text, recipe)?;
        Ok(Self { classes, text, validation, test })
    }
}

/// The training and the test part of the user's own text, with the vocabulary of a run or that of the text itself.
fn of_files(own: &OwnText, known: Option<&Text>) -> Result<[Text; 2], ModelError> {
    if own.path.is_dir() {
        let path = own.path.display();
        return Err(ModelError::Option(format!("{path}: expected a text file, found a folder; several texts can be joined to one file")));
    }
    let text = match known {
        Some(known) => Text::read_like(&own.path, known),
        None => Text::read(&own.path),
    };
    let text = text.map_err(TrainError::from)?;
    Ok(match &own.test {
        Some(path) => {
            let test = Text::read_like(path, &text).map_err(TrainError::from)?;
            [text, test]
        }
        None => last_tenth(text),
    })
}

fn last_tenth(text: Text) -> [Text; 2] {
    let (text, test) = text.split(TEST);
    [text, test]
}

/// The test part of a data set, with the vocabulary of the run.
pub(super) fn test_part(run: &Run, dataset: KnownDataset, data_dir: Option<&Path>) -> Result<Text, ModelError> {
    let text = dataset.load_text(data_dir).map_err(TrainError::from)?;
    let [_, test] = last_tenth(text);
    let Some(known) = vocabulary(run).filter(|known| known.vocabulary() != test.vocabulary()) else { return Ok(test) };
    Text::new_like(&test.decode(test.characters()), &known).map_err(|(character, line)| {
        let count = known.vocabulary().len();
        ModelError::Option(format!(
            "{dataset}: expected only the {count} characters of the training text, found {character:?} in line {line} of the test part"
        ))
    })
}

/// A text of the user's own to evaluate a run on: another one as a whole, or the test part of the run's.
pub(super) fn own_test_part(run: &Run, other: Option<&Path>) -> Result<(Source, Text), ModelError> {
    let known = vocabulary(run).ok_or_else(|| ModelError::Option(needs_config(&run.checkpoint)))?;
    if let Some(path) = other {
        let text = Text::read_like(path, &known).map_err(TrainError::from)?;
        return Ok((Source::from(Some(path)), text));
    }
    let own =
        run.config.as_ref().and_then(|config| config.text.as_ref()).ok_or_else(|| ModelError::Option(needs_config(&run.checkpoint)))?;
    let [_, test] = of_files(own, Some(&known))?;
    Ok((Source::from(Some(own.path.as_path())), test))
}

/// The characters that a run was trained on.
pub(super) fn vocabulary(run: &Run) -> Option<Text> {
    run.config.as_ref().map(|config| Text::new(&config.classes.concat()))
}

pub(super) fn needs_config(checkpoint: &Path) -> String {
    format!("{}: expected the config.json of its run beside the checkpoint: it contains the vocabulary", checkpoint.display())
}

/// Refuses a part of the text.
pub(super) fn whole_text(description: &Description, options: &TrainOptions) -> Result<(), ModelError> {
    if options.train_size.is_none() {
        return Ok(());
    }
    let (reason, known) = ("it reads a text from its beginning to its end, in windows", "see `layercake train --help`");
    Err(ModelError::NoEffect { model: description.name, option: "--train-size", reason, known })
}

/// Splits off the end of the training text for validation: by default a twelfth. A text is cut, not sampled, so that windows stay contiguous.
fn hold_out_text(text: Text, recipe: &Recipe) -> Result<(Text, Option<Text>), TrainError> {
    let characters = text.characters().len();
    if recipe.held_out(characters) == 0 {
        return Ok((text, None));
    }
    let held = recipe.validation.unwrap_or(characters.div_ceil(12));
    if held >= characters {
        return Err(TrainError::Setting(format!("cannot hold out {held} of {characters} characters: the training part would be empty")));
    }
    let (text, held) = text.split(held as f64 / characters as f64);
    Ok((text, Some(held)))
}
