use super::*;
use crate::data::seed::stream;
use crate::data::{HasImage, Image, Mask, Masked};

/// Each pixel's number, in three channels, and as its class.
fn numbered(height: usize, width: usize) -> Masked {
    let size = height * width;
    let pixels = (0..3).flat_map(|channel| (0..size).map(move |i| (1 + i + 100 * channel) as f32)).collect();
    let classes = (0..size).map(|i| (1 + i) as u8).collect();
    Masked { image: Image { shape: [3, height, width], pixels }, mask: Mask { size: [height, width], classes } }
}

fn applied(transform: &impl Transform, seed: u64) -> Masked {
    let mut item = numbered(5, 7);
    transform.apply(&mut item.image_mut(), &mut stream("test", seed, [0, 0])).unwrap();
    item
}

/// Wherever a pixel goes, its class goes too; margins are 0 and the class that was chosen for them.
#[test]
fn masks_go_along() {
    let all: [(&str, Box<dyn Transform>); 5] = [
        ("crop", Box::new(RandomCrop::new([4, 6]).padding(2).mask_fill(99))),
        ("center", Box::new(CenterCrop { size: [3, 3] })),
        ("horizontal", Box::new(HorizontalFlip::default())),
        ("vertical", Box::new(VerticalFlip::default())),
        ("all", Box::new(Compose::new().then(HorizontalFlip { p: 1.0 }).then(VerticalFlip { p: 1.0 }).then(RandomCrop::new([4, 4])))),
    ];
    for (name, transform) in all {
        let transform: Arc<dyn Transform> = transform.into();
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..40 {
            let item = applied(&transform, seed);
            assert_eq!(item.image.size(), item.mask.size, "{name}");
            let size = item.mask.classes.len();
            for (i, &class) in item.mask.classes.iter().enumerate() {
                for channel in 0..3 {
                    let pixel = item.image.pixels[channel * size + i];
                    let expected = if class == 99 { 0.0 } else { f32::from(class) + 100.0 * channel as f32 };
                    assert_eq!(pixel, expected, "{name}");
                }
            }
            seen.insert(item.mask.classes);
        }
        assert_eq!(seen.len() > 1, name != "center", "{name} is random");
    }
}

#[test]
fn flips_by_hand() {
    let classes = |transform: &dyn Fn(&mut Masked)| {
        let mut item = numbered(3, 2);
        transform(&mut item);
        item.mask.classes
    };
    let random = || stream("test", 0, [0, 0]);
    let left_right = |item: &mut Masked| HorizontalFlip { p: 1.0 }.apply(&mut item.image_mut(), &mut random()).unwrap();
    assert_eq!(classes(&left_right), [2, 1, 4, 3, 6, 5]);
    let upside_down = |item: &mut Masked| VerticalFlip { p: 1.0 }.apply(&mut item.image_mut(), &mut random()).unwrap();
    assert_eq!(classes(&upside_down), [5, 6, 3, 4, 1, 2]);
    let never = |item: &mut Masked| HorizontalFlip { p: 0.0 }.apply(&mut item.image_mut(), &mut random()).unwrap();
    assert_eq!(classes(&never), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn colors_change_and_masks_do_not() {
    let gray =
        |value: f32| Masked { image: Image { shape: [3, 1, 2], pixels: vec![value; 6] }, mask: Mask { size: [1, 2], classes: vec![3, 4] } };
    let jitter = ColorJitter { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 };
    let mut pixels = Vec::new();
    for seed in 0..200 {
        let mut item = gray(0.5);
        jitter.apply(&mut item.image_mut(), &mut stream("test", seed, [0, 0])).unwrap();
        assert_eq!(item.mask, gray(0.5).mask);
        // Gray stays gray, and an even image has no contrast: only its brightness can change.
        assert!(item.image.pixels.iter().all(|&pixel| (pixel - item.image.pixels[0]).abs() < 1e-6));
        pixels.push(item.image.pixels[0]);
    }
    let (least, most) = pixels.iter().fold((1.0f32, 0.0f32), |(least, most), &pixel| (least.min(pixel), most.max(pixel)));
    assert!((0.3..0.33).contains(&least) && (0.67..=0.7001).contains(&most), "{least} to {most}");
    assert_eq!(ColorJitter::default(), ColorJitter { brightness: 0.0, contrast: 0.0, saturation: 0.0, hue: 0.0 });
    assert_eq!(applied(&Resize { size: [5, 7] }, 0), numbered(5, 7));
}

#[test]
fn what_does_not_fit_is_refused() {
    let message = |transform: &dyn Transform| {
        transform.apply(&mut numbered(5, 7).image_mut(), &mut stream("test", 0, [0, 0])).unwrap_err().to_string()
    };
    assert_eq!(message(&RandomCrop::new([10, 4]).padding(2)), "a crop of 10x4 is larger than an image of 5x7 with padding 2");
    assert_eq!(message(&CenterCrop { size: [5, 8] }), "a crop of 5x8 is larger than an image of 5x7 with padding 0");
    assert_eq!(message(&Normalize { mean: vec![0.0], std: vec![1.0] }), "expected images of 1 channels, found 3");
    assert_eq!(message(&Resize { size: [0, 3] }), "cannot resize an image of 5x7 to 0x3");
    let mean = MeanImage(Image { shape: [3, 5, 5], pixels: vec![0.0; 75] });
    assert_eq!(message(&mean), "the mean image is 3x5x5, but the image is 3x5x7");
}

/// A scene whose objects are filled rectangles: the pixels tell where they are after any transform.
mod boxes {
    use super::*;
    use crate::data::{Collate, Scene};
    use crate::detection::{BBox, Object};

    /// Object `i` is the rectangle of pixels of value `i + 1` in plane `i`.
    fn scene(size: [usize; 2], rectangles: &[[usize; 4]]) -> Scene {
        let [height, width] = size;
        let mut pixels = vec![0.0; rectangles.len() * height * width];
        let mut objects = Vec::new();
        for (i, &[x1, y1, x2, y2]) in rectangles.iter().enumerate() {
            for y in y1..y2 {
                pixels[(i * height + y) * width..][x1..x2].fill((i + 1) as f32);
            }
            let bbox = BBox::new(x1 as f32, y1 as f32, x2 as f32, y2 as f32);
            objects.push(Object { bbox, class: i, ignore: i == 1 });
        }
        Scene { image: Image { shape: [rectangles.len(), height, width], pixels }, objects }
    }

    /// The rectangle of the pixels of a plane that are not 0.
    fn seen(image: &Image, plane: usize) -> Option<BBox> {
        let [height, width] = image.size();
        let lit: Vec<usize> = (0..height * width).filter(|i| image.pixels[plane * height * width + i] != 0.0).collect();
        let edges = |of: fn(usize, usize) -> usize| {
            let all = lit.iter().map(|&i| of(i, width));
            Some((all.clone().min()? as f32, all.max()? as f32 + 1.0))
        };
        let (x, y) = (edges(|i, width| i % width)?, edges(|i, width| i / width)?);
        Some(BBox::new(x.0, y.0, x.1, y.1))
    }

    fn applied(transform: &dyn Transform, seed: u64) -> Scene {
        let mut item = scene([12, 9], &[[1, 2, 4, 5], [6, 0, 9, 12], [0, 9, 2, 11]]);
        transform.apply(&mut item.image_mut(), &mut stream("test", seed, [0, 0])).unwrap();
        item
    }

    #[test]
    fn boxes_go_along() {
        let all: [(&str, Box<dyn Transform>); 6] = [
            ("crop", Box::new(RandomCrop::new([5, 4]).padding(3))),
            ("center", Box::new(CenterCrop { size: [4, 5] })),
            ("shift", Box::new(Shift { by: [-3, 2] })),
            ("horizontal", Box::new(HorizontalFlip::default())),
            ("vertical", Box::new(VerticalFlip::default())),
            ("all", Box::new(Compose::new().then(HorizontalFlip { p: 1.0 }).then(VerticalFlip { p: 1.0 }).then(RandomCrop::new([6, 6])))),
        ];
        for (name, transform) in all {
            let (mut removed, mut kept) = (0, 0);
            for seed in 0..40 {
                let item = applied(&*transform, seed);
                for plane in 0..3 {
                    let object = item.objects.iter().find(|object| object.class == plane);
                    assert_eq!(object.map(|object| object.bbox), seen(&item.image, plane), "{name}, object {plane}");
                    assert!(object.is_none_or(|object| object.ignore == (plane == 1)));
                    *(if object.is_some() { &mut kept } else { &mut removed }) += 1;
                }
            }
            assert!(kept > 0 && (removed > 0) == ["crop", "center", "all"].contains(&name), "{name}: {removed} removed");
        }
    }

    #[test]
    fn sizes_and_colors() {
        // Three times as high and twice as wide; interpolation blurs the pixels at the edges.
        let found = applied(&Resize { size: [36, 18] }, 0);
        let boxes: Vec<BBox> = found.objects.iter().map(|object| object.bbox).collect();
        assert_eq!(boxes, [BBox::new(2.0, 6.0, 8.0, 15.0), BBox::new(12.0, 0.0, 18.0, 36.0), BBox::new(0.0, 27.0, 4.0, 33.0)]);
        let jitter = ColorJitter { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 };
        assert_eq!(applied(&jitter, 0).objects, applied(&Compose::new(), 0).objects);
    }

    #[test]
    fn different_numbers_of_objects() {
        let mut none = scene([4, 4], &[[0, 0, 2, 2]]);
        none.objects.clear();
        let one = scene([4, 4], &[[1, 1, 3, 4]]);
        let batch = Scene::collate(vec![none, one.clone()]).unwrap();
        assert_eq!(batch.images.shape(), [2, 1, 4, 4]);
        assert_eq!(batch.objects, [vec![], one.objects.clone()]);
        let error = Scene::collate(vec![one, scene([5, 4], &[[0, 0, 1, 1]])]).unwrap_err();
        assert_eq!(error.to_string(), "images of a batch must have the same size: the first is 1x4x4, another 1x5x4; resize or crop them");
    }
}
