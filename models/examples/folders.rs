//! Writes pictures of a known data set into a folder for each class, as `layercake train MODEL --data FOLDER` reads them:
//!
//!     cargo run --release -p layercake-models --example folders -- bccd DATA_DIR cells
//!     cargo run --release -p layercake-models --example folders -- cifar-10 DATA_DIR small-photos
//!
//! Of photos with boxes, what is in each box is a picture.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use layercake_train::data::readers::VocFolder;
use layercake_train::data::{Dataset, Image, Images, KnownDataset, Scene, Split};
use layercake_train::run::Canvas;

/// Saves the pictures of one part of the data, numbered by class.
struct Part {
    folder: PathBuf,
    classes: Vec<String>,
    counts: Vec<usize>,
}

impl Part {
    fn new(folder: PathBuf, classes: &[String]) -> Result<Self, Box<dyn Error>> {
        for class in classes {
            fs::create_dir_all(folder.join(class))?;
        }
        Ok(Self { folder, counts: vec![0; classes.len()], classes: classes.to_vec() })
    }

    fn save(&mut self, image: &Image, class: usize) -> Result<(), Box<dyn Error>> {
        self.counts[class] += 1;
        let name = format!("{:05}.png", self.counts[class]);
        Ok(Canvas::from_image(image).save(&self.folder.join(&self.classes[class]).join(name))?)
    }

    fn print(&self) {
        let counts: Vec<String> = self.classes.iter().zip(&self.counts).map(|(class, count)| format!("{count} of {class}")).collect();
        println!("{}: {}", self.folder.display(), counts.join(", "));
    }
}

/// What a picture shows from `top` to `bottom` and from `left` to `right`.
fn cut(image: &Image, [top, bottom, left, right]: [usize; 4]) -> Image {
    let [channels, height, width] = image.shape;
    let row = |channel: usize, y: usize| &image.pixels[(channel * height + y) * width..][left..right];
    let pixels = (0..channels).flat_map(|channel| (top..bottom).flat_map(move |y| row(channel, y).to_vec())).collect();
    Image { shape: [channels, bottom - top, right - left], pixels }
}

/// The objects of photos, without those that do not count and those that are cut off to nothing.
fn objects(folder: PathBuf, photos: &VocFolder) -> Result<(), Box<dyn Error>> {
    let mut part = Part::new(folder, photos.classes())?;
    for index in 0..photos.len() {
        let Scene { image, objects } = photos.get(index)?;
        let [_, height, width] = image.shape;
        for object in objects.iter().filter(|object| !object.ignore) {
            let within = |edge: f32, most: usize| (edge.round().max(0.0) as usize).min(most);
            let (left, right) = (within(object.bbox.x1, width), within(object.bbox.x2, width));
            let (top, bottom) = (within(object.bbox.y1, height), within(object.bbox.y2, height));
            if left < right && top < bottom {
                part.save(&cut(&image, [top, bottom, left, right]), object.class)?;
            }
        }
    }
    part.print();
    Ok(())
}

fn pictures(folder: PathBuf, images: &Images) -> Result<(), Box<dyn Error>> {
    let mut part = Part::new(folder, images.classes())?;
    for index in 0..images.len() {
        let item = images.get(index)?;
        part.save(&item.image, item.label)?;
    }
    part.print();
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, data, out] = &arguments[..] else {
        return Err("expected a data set, the folder of the data sets and the folder to write: folders bccd DATA_DIR OUT".into());
    };
    let (data, out) = (Path::new(data), Path::new(out));
    if out.exists() {
        return Err(format!("{}: exists already; expected a new folder", out.display()).into());
    }
    match name.as_str() {
        "bccd" => {
            let [train, test] = KnownDataset::Bccd.load_objects(Some(data))?;
            objects(out.join("train"), &train)?;
            objects(out.join("test"), &test)
        }
        "cifar-10" => {
            let Split { train, test } = KnownDataset::Cifar10.load(Some(data), [3, 32, 32])?;
            pictures(out.join("train"), &train)?;
            pictures(out.join("test"), &test)
        }
        other => Err(format!("{other}: expected bccd or cifar-10").into()),
    }
}
