//! `detect` and `segment`: trained models on photos of the user's own.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use clap::Args;
use layercake_models::{DeviceKind, ModelError, PhotoDetector, PhotoSegmenter, class_key, outlined};
use layercake_train::TrainError;
use layercake_train::data::Image;
use layercake_train::data::readers::{Channels, read_image};
use layercake_train::detection::Detection;
use layercake_train::run::Canvas;
use serde_json::{Value, json};

use crate::args::{Device, threads};
use crate::commands::{Outcome, device, use_threads};
use crate::error::CommandError;
use crate::named::named;

/// How strong the colors of classes are over a photo.
const STRENGTH: f32 = 0.6;

/// Find objects in photos with a trained detector, and draw their boxes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  layercake detect faster_rcnn --checkpoint runs/faster_rcnn-bccd-1 photo.jpg --out boxes.png
  layercake detect faster_rcnn --checkpoint runs/faster_rcnn-bccd-1 photos/ --out found --json > found.json")]
pub(crate) struct DetectArgs {
    #[command(flatten)]
    photos: PhotoArgs,
    /// The least score of an object, from 0.05 to 1.
    #[arg(long, value_name = "X", default_value_t = 0.5, value_parser = score)]
    score: f32,
}

/// Give each pixel of photos a class with a trained network, and lay the classes over them in colors.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  layercake segment unet --checkpoint runs/unet-camvid-small-1 street.jpg --out overlay.png")]
pub(crate) struct SegmentArgs {
    #[command(flatten)]
    photos: PhotoArgs,
}

#[derive(Debug, Args)]
struct PhotoArgs {
    /// The model (see `layercake list`).
    model: String,
    /// A run folder, or the file of parameters in one.
    #[arg(long, value_name = "PATH")]
    checkpoint: PathBuf,
    /// Photos, or folders of photos: .png and .jpg.
    #[arg(required = true, value_name = "PHOTO")]
    photos: Vec<PathBuf>,
    /// The picture to write; of several photos, the folder of the pictures, named as the photos are.
    #[arg(long, value_name = "FILE.png")]
    out: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// The device; cuda needs a build with the feature `cuda`.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    device: Device,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = threads)]
    threads: Option<usize>,
}

fn score(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(score) if (0.05..=1.0).contains(&score) => Ok(score),
        _ => Err("expected a number from 0.05 to 1".to_owned()),
    }
}

/// What is told of a photo: a line, and JSON.
struct Told {
    line: String,
    json: Value,
}

pub(crate) fn detect(args: DetectArgs) -> Outcome {
    let DetectArgs { photos, score } = args;
    let model = named(&photos.model)?;
    photos.each(|checkpoint, device| model.detector(checkpoint, device), |detector, photo| objects(detector, photo, score))
}

pub(crate) fn segment(args: SegmentArgs) -> Outcome {
    let model = named(&args.photos.model)?;
    args.photos.each(|checkpoint, device| model.segmenter(checkpoint, device), classes)
}

impl PhotoArgs {
    /// Loads a model, and draws and tells what it says of each photo. A fault of an argument is found before the first photo is drawn.
    fn each<M>(
        &self,
        load: impl FnOnce(&Path, DeviceKind) -> Result<M, ModelError>,
        of_photo: impl Fn(&M, &Image) -> Result<(Canvas, Told), TrainError>,
    ) -> Outcome {
        use_threads(self.threads)?;
        let model = load(&self.checkpoint, device(self.device))?;
        let files = self.files()?;
        let single = matches!(&self.photos[..], [photo] if !photo.is_dir());
        let outs = self.outs(&files, single)?;
        let mut all = Vec::new();
        for (file, out) in files.iter().zip(&outs) {
            let photo = read_image(file, Channels::Rgb).map_err(TrainError::from).map_err(ModelError::from)?;
            let (canvas, Told { line, json }) = of_photo(&model, &photo).map_err(ModelError::from)?;
            canvas.save(out).map_err(ModelError::from)?;
            if !self.json {
                writeln!(stdout(), "{}: {line}; {}", file.display(), out.display())?;
                continue;
            }
            let [height, width] = photo.size();
            let mut entry = json!({ "photo": file, "picture": out, "width": width, "height": height });
            if let (Value::Object(entry), Value::Object(json)) = (&mut entry, json) {
                entry.extend(json);
            }
            all.push(entry);
        }
        if self.json { Ok(writeln!(stdout(), "{:#}", Value::Array(all))?) } else { Ok(()) }
    }

    /// The photos; those of a folder by their names, without hidden ones.
    fn files(&self) -> Result<Vec<PathBuf>, CommandError> {
        let mut files = Vec::new();
        for photo in &self.photos {
            if !photo.is_dir() {
                files.push(photo.clone());
                continue;
            }
            let unreadable = |reason| CommandError::Read { path: photo.clone(), reason };
            let mut found = Vec::new();
            for entry in fs::read_dir(photo).map_err(unreadable)? {
                let path = entry.map_err(unreadable)?.path();
                if is_photo(&path) {
                    found.push(path);
                }
            }
            if found.is_empty() {
                return Err(CommandError::Option(format!("{}: no photo in it; expected files .png, .jpg or .jpeg", photo.display())));
            }
            found.sort();
            files.extend(found);
        }
        Ok(files)
    }

    /// Where each picture is written.
    fn outs(&self, files: &[PathBuf], single: bool) -> Result<Vec<PathBuf>, CommandError> {
        if single {
            return match self.out.extension() {
                Some(ending) if ending.eq_ignore_ascii_case("png") => Ok(vec![self.out.clone()]),
                _ => Err(CommandError::Option(format!("{}: expected the extension .png", self.out.display()))),
            };
        }
        let (mut seen, mut outs) = (BTreeSet::new(), Vec::new());
        for file in files {
            let name = file.file_stem().unwrap_or_default();
            if !seen.insert(name) {
                let text = format!("{}: another photo has the same name, and the pictures are named as the photos are", file.display());
                return Err(CommandError::Option(text));
            }
            outs.push(self.out.join(name).with_added_extension("png"));
        }
        fs::create_dir_all(&self.out).map_err(|reason| CommandError::Write { path: self.out.clone(), reason })?;
        Ok(outs)
    }
}

fn is_photo(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let ending = path.extension().is_some_and(|ending| ["png", "jpg", "jpeg"].iter().any(|known| ending.eq_ignore_ascii_case(known)));
    ending && !hidden && path.is_file()
}

/// The objects of a photo of at least this score.
fn objects(detector: &PhotoDetector, photo: &Image, score: f32) -> Result<(Canvas, Told), TrainError> {
    let mut found = detector.detect(photo)?;
    found.detections.retain(|object| object.score >= score);
    let classes = detector.classes();
    let count = |class: usize| found.detections.iter().filter(|object| object.class == class).count();
    let line: Vec<String> = classes.iter().enumerate().map(|(class, name)| format!("{} {name}", count(class))).collect();
    let object =
        |&Detection { bbox, class, score }: &Detection| json!({ "class": classes[class], "score": score, "box": <[f32; 4]>::from(bbox) });
    let objects: Vec<Value> = found.detections.iter().map(object).collect();
    let canvas = outlined(photo, 1, &found.detections, score, true).with_key(&class_key(classes));
    Ok((canvas, Told { line: line.join(", "), json: json!({ "objects": objects, "seconds": found.seconds }) }))
}

/// The classes of a photo's pixels.
fn classes(segmenter: &PhotoSegmenter, photo: &Image) -> Result<(Canvas, Told), TrainError> {
    let mask = segmenter.segment(photo)?;
    let mut counts = vec![0u64; segmenter.classes().len()];
    mask.classes.iter().for_each(|&class| counts[usize::from(class)] += 1);
    let share = |count: u64| count as f64 / mask.classes.len() as f64;
    let mut found: Vec<(&String, f64)> = segmenter.classes().iter().zip(counts.iter().map(|&count| share(count))).collect();
    let json: serde_json::Map<String, Value> = found.iter().map(|(name, share)| ((*name).clone(), json!(share))).collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    let line: Vec<String> = found.iter().take(3).map(|(name, share)| format!("{:.0} % {name}", 100.0 * share)).collect();
    let canvas = Canvas::overlay(photo, &mask, STRENGTH, None).with_key(&class_key(segmenter.classes()));
    Ok((canvas, Told { line: line.join(", "), json: json!({ "shares": json }) }))
}
