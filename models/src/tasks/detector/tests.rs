//! Targets and detections are inverse to each other, and each detector learns.

use std::fs;

use layercake::optim::{Adam, AdamConfig};
use layercake_train::data::rand::SeedableRng;
use layercake_train::data::rand::rngs::StdRng;
use layercake_train::detection::{Object, iou};
use layercake_train::{Trainer, Until};

use super::head::{Lesson, found};
use super::photos::Photo;
use super::proposer::{Kept, Proposer, boxes};
use super::*;

fn object(x1: f32, y1: f32, x2: f32, y2: f32, class: usize) -> Object {
    Object { bbox: BBox::new(x1, y1, x2, y2), class, ignore: false }
}

fn close(found: &BBox, expected: &BBox) -> bool {
    <[f32; 4]>::from(*found).iter().zip(<[f32; 4]>::from(*expected)).all(|(found, expected)| (found - expected).abs() < 0.01)
}

/// Maps that are as the targets say propose the objects; each photo's maps are its own.
#[test]
fn proposals_are_what_the_targets_say() {
    let photos = [
        vec![object(30.0, 40.0, 82.0, 90.0, 0), object(200.0, 100.0, 219.0, 121.0, 2), object(300.0, 0.0, 320.0, 15.0, 2)],
        vec![object(5.0, 130.0, 100.0, 235.0, 1), Object { ignore: true, ..object(150.0, 50.0, 200.0, 100.0, 0) }],
        vec![],
    ];
    let truths: Vec<Vec<BBox>> = photos.iter().map(|objects| boxes(objects)).collect();
    assert_eq!(truths[1].len(), 1, "what is ignored is not to be learned");
    let proposer = Proposer::new().unwrap();
    let [objectness, offsets] = proposer.targets(&truths, &mut StdRng::seed_from_u64(1)).unwrap();
    // 128 anchors of each photo are drawn, and the weights are of a mean.
    let drawn: Vec<f32> = objectness.weights.iter().copied().filter(|&weight| weight > 0.0).collect();
    assert_eq!(drawn, vec![1.0 / 384.0; 384]);
    assert_eq!(offsets.weights.iter().filter(|&&weight| weight > 0.0).count() % 4, 0);
    for (photo, truths) in truths.iter().enumerate() {
        let drawn = truths.len();
        let found = proposer.propose(photo, &objectness.values, &offsets.values, Kept { before: 200, after: 200 });
        let first: Vec<&BBox> = found.iter().take(drawn).collect();
        assert!(truths.iter().all(|truth| first.iter().any(|bbox| close(bbox, truth))), "photo {photo}: {first:?}");
        assert!(found.iter().all(|bbox| *bbox == bbox.clipped(SIZE)));
    }
    let few = proposer.propose(0, &objectness.values, &offsets.values, Kept { before: 200, after: 2 });
    assert_eq!(few.len(), 2);
}

/// Scores and offsets that are as the lesson says find the objects.
#[test]
fn detections_are_what_the_lesson_says() {
    let objects = [
        object(30.0, 40.0, 82.0, 90.0, 0),
        object(100.0, 100.0, 190.0, 190.0, 1),
        Object { ignore: true, ..object(5.0, 5.0, 40.0, 30.0, 2) },
    ];
    let proposals: Vec<BBox> = [
        object(34.0, 38.0, 80.0, 95.0, 0),
        object(105.0, 90.0, 195.0, 180.0, 0),
        object(220.0, 20.0, 260.0, 70.0, 0),
        object(6.0, 6.0, 41.0, 31.0, 0),
    ]
    .map(|object| object.bbox)
    .to_vec();
    let mut lesson = Lesson::default();
    lesson.add(7, &objects, &proposals, 16, &mut StdRng::seed_from_u64(1)).unwrap();
    assert_eq!(lesson.images, [7; 6], "four proposals and two objects");
    assert_eq!(lesson.classes.iter().filter(|&&class| class == 0).count(), 2);
    let targets = lesson.offsets(3);
    assert_eq!(targets.weights.iter().sum::<f32>(), 4.0 * 4.0 / 6.0);
    let scores: Vec<f32> = lesson.classes.iter().flat_map(|&class| (0..4).map(move |k| if k == class { 9.0 } else { 0.0 })).collect();
    let all = found(&scores, &targets.values, &lesson.boxes, 3, true);
    assert_eq!(all.len(), 2);
    for truth in &objects[..2] {
        assert!(all.iter().any(|found| found.class == truth.class && close(&found.bbox, &truth.bbox) && found.score > 0.99), "{all:?}");
    }
    // Without offsets the proposals are what is found.
    let plain = found(&scores, &targets.values, &lesson.boxes, 3, false);
    assert!(plain.iter().all(|found| lesson.boxes.contains(&found.bbox)));
    // Numbers of a network that diverged.
    assert_eq!(found(&[f32::NAN; 4], &[f32::NAN; 12], &proposals[..1], 3, true), []);
    assert_eq!(found(&[], &[], &[], 3, true), []);
}

/// Squares and disks on a light ground, and what is proposed for them: the windows and the boxes a little off.
fn photos(count: usize) -> Photos {
    let photo = |index: usize| {
        let [x, y] = [20 + 30 * (index % 8), 30 + 17 * (index % 5)];
        let objects = vec![
            object(x as f32, y as f32, (x + 50) as f32, (y + 50) as f32, 0),
            object(240.0, 150.0 - y as f32 / 2.0, 310.0, 220.0 - y as f32 / 2.0, 1),
        ];
        let color = |row: usize, column: usize| {
            let [square, disk] = [0, 1].map(|i| {
                let bbox: &BBox = &objects[i].bbox;
                (bbox.x1..bbox.x2).contains(&(column as f32)) && (bbox.y1..bbox.y2).contains(&(row as f32))
            });
            if square {
                [0.7, 0.3, 0.3]
            } else if disk {
                [0.3, 0.2, 0.7]
            } else {
                [0.85, 0.8, 0.8]
            }
        };
        let pixels = (0..3).flat_map(|channel| (0..SIZE[0] * SIZE[1]).map(move |i| color(i / SIZE[1], i % SIZE[1])[channel]));
        let image = Image { shape: [3, SIZE[0], SIZE[1]], pixels: pixels.collect() };
        let near = objects.iter().flat_map(|object| [-6.0, 5.0].map(|far| object.bbox.shifted(far, 4.0)));
        Photo::new(image, objects.clone(), near.chain(windows().unwrap().into_iter().step_by(60)).collect())
    };
    Photos::from((0..count).map(photo).collect::<Vec<_>>())
}

#[test]
fn each_generation_learns() {
    for (kind, epochs) in [(Detector::Rcnn, 3), (Detector::FastRcnn, 4), (Detector::FasterRcnn, 4)] {
        let device = Cpu::seed_from_u64(1);
        let classes = ["square", "disk", "none"].map(str::to_owned);
        let recipe = Recipe { epochs, ..Recipe::default() };
        let mut task = Detecting { learned: 12, ..kind.task(photos(1), &classes, Some(&recipe)).unwrap() };
        let mut net = kind.build(&device).unwrap();
        let train = varied(Loader::new(photos(4), 2).shuffle(1));
        let mut optimizer = Adam::new(&net, AdamConfig { lr: 2e-3, ..Default::default() });
        let history = Trainer::new(Until::Epochs(epochs)).fit(&mut net, &device, &mut optimizer, &mut task, &train).unwrap();
        let losses: Vec<f64> = history.iter().map(|epoch| epoch.train.get("loss").unwrap()).collect();
        assert!(losses[epochs - 1] < 0.9 * losses[0], "{kind:?}: {losses:?}");
        let parts = ["rpn_class_loss", "rpn_box_loss", "class_loss", "box_loss"].map(|name| history[0].train.get(name));
        assert_eq!(parts.map(|part| part.is_some()), [kind == Detector::FasterRcnn, kind == Detector::FasterRcnn, true, true]);
        let sum: f64 = parts.into_iter().flatten().sum();
        assert!((losses[0] - sum).abs() < 1e-5 * sum, "{kind:?}: {} of {parts:?}", losses[0]);
        // A thousand crops are tried once, the features of a photo after each epoch.
        let tested: Vec<bool> = history.iter().map(|epoch| epoch.test.get("map_50").is_some()).collect();
        assert_eq!(tested, (1..=epochs).map(|epoch| !kind.crops() || epoch == epochs).collect::<Vec<_>>(), "{kind:?}");
        let folder = tempfile::tempdir().unwrap();
        Task::<_, Cpu>::draw(&mut task, &net, &device, folder.path(), true).unwrap();
        for name in ["detections.png", "proposals.png"] {
            assert!(fs::metadata(folder.path().join(name)).unwrap().len() > 1000, "{kind:?}: {name}");
        }
    }
}

/// Flips move what is proposed with the photo.
#[test]
fn proposals_move_with_the_photo() {
    let all = photos(4);
    for epoch in 1..4 {
        for batch in varied(Loader::new(all.clone(), 2).seed(3)).epoch(epoch) {
            let batch = batch.unwrap();
            for (objects, proposals) in batch.objects.iter().zip(&batch.proposals) {
                let near = objects
                    .iter()
                    .zip(proposals.chunks_exact(2))
                    .all(|(object, near)| near.iter().all(|bbox| iou(bbox, &object.bbox) > 0.6));
                assert!(near && objects.len() == 2 && proposals.len() > 10);
            }
        }
    }
}

#[test]
fn windows_cover_a_photo() {
    let windows = windows().unwrap();
    assert_eq!(windows.len(), 946);
    for (size, least) in [(20.0, 0.35), (50.0, 0.35), (95.0, 0.35)] {
        let places = (0..12).map(|i| BBox::new(17.0 * i as f32, 11.0 * i as f32, 17.0 * i as f32 + size, 11.0 * i as f32 + size));
        for place in places {
            let best = windows.iter().map(|window| iou(window, &place)).fold(0.0, f32::max);
            assert!(best > least, "{place:?}: {best}");
        }
    }
}
