//! Photos with one white blood cell.

use layercake_train::data::readers::VocFolder;
use layercake_train::data::transforms::{ColorJitter, Compose, HorizontalFlip, RandomCrop, Transform, VerticalFlip};
use layercake_train::data::{DataError, Dataset, HasImage, Loader, Scene};
use layercake_train::detection::Object;

/// Height and width that the photos are reduced to.
pub const SIZE: [usize; 2] = [96, 128];
/// How far a photo is moved in training, with black at its edges.
const PADDING: usize = 16;

/// Scenes in memory: photos are read and reduced once.
#[derive(Clone, Debug)]
pub struct Cells(Vec<Scene>);

impl Cells {
    /// The photos with exactly one object of this class, of which only that one is kept.
    pub fn read(photos: &VocFolder, class: &str) -> Result<Self, DataError> {
        let class = photos.classes().iter().position(|name| name == class);
        let one = |index: &usize| {
            let mut cells = photos.objects(*index).iter().filter(|object| Some(object.class) == class && !object.ignore);
            cells.next().filter(|_| cells.next().is_none()).copied()
        };
        let scenes = (0..photos.len()).filter_map(|index| Some((index, one(&index)?))).map(|(index, object)| {
            let image = photos.get(index)?.image;
            let [down, across] = [0, 1].map(|axis| SIZE[axis] as f32 / image.size()[axis] as f32);
            let object = Object { bbox: object.bbox.scaled(across, down), class: 0, ignore: false };
            Ok(Scene { image: image.resized(SIZE), objects: vec![object] })
        });
        Ok(Self(scenes.collect::<Result<_, DataError>>()?))
    }

    /// The scenes with these indices.
    pub fn subset(&self, indices: &[usize]) -> Self {
        Self(indices.iter().map(|&index| self.0[index].clone()).collect())
    }
}

impl Dataset for Cells {
    type Item = Scene;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Result<Scene, DataError> {
        Ok(self.0[index].clone())
    }
}

/// A loader that mirrors, moves and tints the photos. A photo is moved only if its cell remains in view.
pub fn varied(loader: Loader<Cells>) -> Loader<Cells> {
    let jitter = ColorJitter { brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.02 };
    let flips = Compose::new().then(HorizontalFlip::default()).then(VerticalFlip::default()).then(jitter);
    loader.transform(flips).map(|scene, random| {
        let mut moved = scene.clone();
        RandomCrop::new(SIZE).padding(PADDING).apply(&mut moved.image_mut(), random)?;
        if !moved.objects.is_empty() {
            *scene = moved;
        }
        Ok(())
    })
}
