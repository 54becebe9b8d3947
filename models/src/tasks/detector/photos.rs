//! Photos in memory, with their objects and what was proposed.

use layercake_train::TrainError;
use layercake_train::data::readers::VocFolder;
use layercake_train::data::transforms::{ColorJitter, HorizontalFlip, VerticalFlip};
use layercake_train::data::{Array, Collate, DataError, Dataset, HasImage, Image, ImageMut, Loader, Scene, SceneBatch};
use layercake_train::detection::{BBox, Object};
use rayon::prelude::*;

/// Height and width that photos are reduced to.
pub const SIZE: [usize; 2] = [240, 320];

/// A photo with its objects, then what was proposed for it: transforms move both.
#[derive(Clone, Debug)]
pub struct Photo {
    scene: Scene,
    objects: usize,
}

impl Photo {
    /// A photo of [`SIZE`].
    pub fn new(image: Image, mut objects: Vec<Object>, proposals: Vec<BBox>) -> Self {
        let count = objects.len();
        // Their class is not looked at.
        objects.extend(proposals.into_iter().map(|bbox| Object { bbox, class: 0, ignore: true }));
        Self { scene: Scene { image, objects }, objects: count }
    }
}

/// Photos, their objects, and the boxes proposed for each.
#[derive(Clone, Debug)]
pub struct PhotoBatch {
    pub images: Array<f32>,
    pub objects: Vec<Vec<Object>>,
    pub proposals: Vec<Vec<BBox>>,
}

impl HasImage for Photo {
    fn image_mut(&mut self) -> ImageMut<'_> {
        self.scene.image_mut()
    }
}

impl Collate for Photo {
    type Batch = PhotoBatch;
    const UNIT: &'static str = "photos";

    fn collate(photos: Vec<Self>) -> Result<PhotoBatch, DataError> {
        let counts: Vec<usize> = photos.iter().map(|photo| photo.objects).collect();
        let SceneBatch { images, mut objects } = Collate::collate(photos.into_iter().map(|photo| photo.scene).collect())?;
        let proposed = |(all, &count): (&mut Vec<Object>, &usize)| all.split_off(count).iter().map(|object| object.bbox).collect();
        let proposals = objects.iter_mut().zip(&counts).map(proposed).collect();
        Ok(PhotoBatch { images, objects, proposals })
    }
}

/// Photos are read, reduced and searched for proposals once.
#[derive(Clone, Debug, Default)]
pub struct Photos(Vec<Photo>);

impl Photos {
    /// Reads all photos of a data set.
    pub fn read(folder: &VocFolder, proposals: impl Fn(&Image) -> Result<Vec<BBox>, TrainError> + Sync) -> Result<Self, TrainError> {
        let read = |index| -> Result<Photo, TrainError> {
            let mut scene = folder.get(index)?;
            let [down, across] = [0, 1].map(|axis| SIZE[axis] as f32 / scene.image.size()[axis] as f32);
            scene.objects.iter_mut().for_each(|object| object.bbox = object.bbox.scaled(across, down));
            let image = scene.image.resized(SIZE);
            let proposals = proposals(&image)?;
            Ok(Photo::new(image, scene.objects, proposals))
        };
        Ok(Self((0..folder.len()).into_par_iter().map(read).collect::<Result<_, TrainError>>()?))
    }

    /// The photos with these indices.
    pub fn subset(&self, indices: &[usize]) -> Self {
        Self(indices.iter().map(|&index| self.0[index].clone()).collect())
    }
}

impl From<Vec<Photo>> for Photos {
    fn from(photos: Vec<Photo>) -> Self {
        Self(photos)
    }
}

impl Dataset for Photos {
    type Item = Photo;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Result<Photo, DataError> {
        Ok(self.0[index].clone())
    }
}

/// A loader that mirrors and tints the photos. Cells have no upper side.
pub fn varied(loader: Loader<Photos>) -> Loader<Photos> {
    let jitter = ColorJitter { brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.02 };
    loader.transform(HorizontalFlip::default()).transform(VerticalFlip::default()).transform(jitter)
}
