//! Detection is torchvision's, and average precision that of pycocotools: `tests/pytorch/detection.py` writes the files.

use std::path::Path;

use layercake_train::data::{Dataset, KnownDataset};
use layercake_train::detection::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;

fn read<T: DeserializeOwned>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pytorch/detection").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[derive(Deserialize)]
struct Operations {
    pairs: Pairs,
    nms: Suppression,
    coder: Coder,
    anchors: Vec<Anchors>,
    matcher: Matching,
}

#[derive(Deserialize)]
struct Pairs {
    a: Vec<BBox>,
    b: Vec<BBox>,
    areas: Vec<f32>,
    iou: Vec<Vec<f32>>,
    giou: Vec<Vec<f32>>,
    clipped: Vec<BBox>,
}

fn close(found: f32, expected: f32) {
    assert!((found - expected).abs() <= 2e-6 * expected.abs().max(1.0), "{found} instead of {expected}");
}

fn close_boxes(found: &[BBox], expected: &[BBox]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let [found, expected] = [*found, *expected].map(<[f32; 4]>::from);
        found.iter().zip(expected).for_each(|(found, expected)| close(*found, expected));
    }
}

#[test]
fn pairs() {
    let Pairs { a, b, areas, iou: overlaps, giou: generalized, clipped } = read::<Operations>("operations.json").pairs;
    a.iter().zip(&areas).for_each(|(bbox, area)| close(bbox.area(), *area));
    iou_matrix(&a, &b).iter().zip(overlaps.concat()).for_each(|(found, expected)| close(*found, expected));
    let found = a.iter().flat_map(|a| b.iter().map(move |b| giou(a, b)));
    found.zip(generalized.concat()).for_each(|(found, expected)| close(found, expected));
    let found: Vec<BBox> = a.iter().map(|bbox| bbox.clipped([48, 64])).collect();
    assert_eq!(found, clipped);
}

#[derive(Deserialize)]
struct Suppression {
    boxes: Vec<BBox>,
    scores: Vec<f32>,
    groups: Vec<usize>,
    kept: Vec<Kept>,
}

#[derive(Deserialize)]
struct Kept {
    threshold: f32,
    single: Vec<usize>,
    batched: Vec<usize>,
}

#[test]
fn suppression() {
    let Suppression { boxes, scores, groups, kept } = read::<Operations>("operations.json").nms;
    for Kept { threshold, single, batched } in kept {
        assert_eq!(nms(&boxes, &scores, threshold), single, "at {threshold}");
        assert_eq!(batched_nms(&boxes, &scores, &groups, threshold), batched, "at {threshold}");
    }
}

#[derive(Deserialize)]
struct Coder {
    proposals: Vec<BBox>,
    truths: Vec<BBox>,
    offsets: Vec<[f32; 4]>,
    cases: Vec<Coded>,
}

#[derive(Deserialize)]
struct Coded {
    weights: [f32; 4],
    encoded: Vec<[f32; 4]>,
    decoded: Vec<BBox>,
}

#[test]
fn offsets() {
    let Coder { proposals, truths, offsets, cases } = read::<Operations>("operations.json").coder;
    for Coded { weights, encoded, decoded } in cases {
        let coder = BoxCoder { weights, ..Default::default() };
        for ((proposal, truth), expected) in proposals.iter().zip(&truths).zip(&encoded) {
            let found = coder.encode(proposal, truth).unwrap();
            found.iter().zip(expected).for_each(|(found, expected)| close(*found, *expected));
            close_boxes(&[coder.decode(found, proposal)], &[*truth]);
        }
        let found: Vec<BBox> = offsets.iter().zip(&proposals).map(|(offsets, proposal)| coder.decode(*offsets, proposal)).collect();
        close_boxes(&found, &decoded);
    }
}

#[derive(Deserialize)]
struct Anchors {
    sizes: Vec<Vec<f32>>,
    ratios: Vec<Vec<f32>>,
    image: [usize; 2],
    maps: Vec<[usize; 2]>,
    anchors: Vec<BBox>,
}

#[test]
fn anchors() {
    for Anchors { sizes, ratios, image, maps, anchors } in read::<Operations>("operations.json").anchors {
        let generator = AnchorGenerator { sizes, aspect_ratios: ratios };
        assert_eq!(generator.anchors(image, &maps).unwrap(), anchors);
        let cells = maps.iter().enumerate().map(|(level, map)| generator.per_cell(level) * map[0] * map[1]);
        assert_eq!(cells.sum::<usize>(), anchors.len());
    }
}

#[derive(Deserialize)]
struct Matching {
    quality: Vec<Vec<f32>>,
    cases: Vec<Matched>,
}

#[derive(Deserialize)]
struct Matched {
    low_quality: bool,
    matches: Vec<i64>,
}

#[test]
fn matching() {
    let Matching { quality, cases } = read::<Operations>("operations.json").matcher;
    for Matched { low_quality, matches } in cases {
        let matcher = Matcher { high: 0.7, low: 0.3, allow_low_quality: low_quality };
        let found = matcher.by_quality(4, 24, |object, proposal| quality[object][proposal]).unwrap();
        let numbers: Vec<i64> = found
            .into_iter()
            .map(|found| match found {
                Match::Object(object) => object as i64,
                Match::Background => -1,
                Match::Between => -2,
            })
            .collect();
        assert_eq!(numbers, matches, "with low quality: {low_quality}");
    }
}

#[derive(Deserialize)]
struct Coco {
    images: Vec<Picture>,
    stats: Vec<f64>,
    /// `[thresholds, recalls, classes]`
    precision: Vec<Vec<Vec<f64>>>,
    /// `[thresholds, classes]`
    recall: Vec<Vec<f64>>,
    /// For objects of medium size and ten detections.
    precision_medium_10: Vec<Vec<Vec<f64>>>,
}

#[derive(Deserialize)]
struct Picture {
    objects: Vec<Thing>,
    detections: Vec<Thing>,
}

#[derive(Deserialize)]
struct Thing {
    #[serde(rename = "box")]
    bbox: BBox,
    class: usize,
    #[serde(default)]
    ignore: bool,
    #[serde(default)]
    score: f32,
}

/// The average precisions of the file's pictures with these options.
fn measured(coco: &Coco, max_detections: usize, areas: [f64; 2]) -> AveragePrecisions {
    let mut metric = AveragePrecision::new(4);
    (metric.max_detections, metric.areas) = (max_detections, areas);
    for Picture { objects, detections } in &coco.images {
        let objects: Vec<Object> = objects.iter().map(|&Thing { bbox, class, ignore, .. }| Object { bbox, class, ignore }).collect();
        let found: Vec<Detection> = detections.iter().map(|&Thing { bbox, class, score, .. }| Detection { bbox, class, score }).collect();
        metric.add(&objects, &found);
    }
    metric.evaluate()
}

/// Every number of every curve; pycocotools has -1 for a class without objects.
fn same_curves(found: &AveragePrecisions, precision: &[Vec<Vec<f64>>]) {
    for (class, curves) in found.classes.iter().enumerate() {
        for (threshold, expected) in precision.iter().enumerate() {
            let expected: Vec<f64> = expected.iter().map(|row| row[class]).collect();
            match curves {
                None => assert!(expected.iter().all(|x| *x == -1.0), "class {class}"),
                Some(curves) => {
                    let off = curves[threshold].precisions.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                    assert!(off < 1e-12 && expected.len() == 101, "class {class} at {threshold}: off by {off:.1e}");
                }
            }
        }
    }
}

#[test]
fn average_precision_of_coco() {
    const MEDIUM: [f64; 2] = [1024.0, 9216.0];
    let coco: Coco = read("coco.json");
    let found = measured(&coco, 100, [0.0, 1e10]);
    same_curves(&found, &coco.precision);
    for (threshold, expected) in coco.recall.iter().enumerate() {
        let recalls = found.classes.iter().map(|curves| curves.as_ref().map_or(-1.0, |curves| curves[threshold].recall));
        assert_eq!(recalls.collect::<Vec<_>>(), *expected);
    }
    same_curves(&measured(&coco, 10, MEDIUM), &coco.precision_medium_10);
    // AP, AP50, AP75, AP small, medium and large, AR with 1, 10 and 100 detections, AR small, medium and large.
    let figures = [
        found.mean(),
        found.at_50(),
        found.at_75(),
        measured(&coco, 100, [0.0, 1024.0]).mean(),
        measured(&coco, 100, MEDIUM).mean(),
        measured(&coco, 100, [9216.0, 1e10]).mean(),
        measured(&coco, 1, [0.0, 1e10]).mean_recall(),
        measured(&coco, 10, [0.0, 1e10]).mean_recall(),
        found.mean_recall(),
        measured(&coco, 100, [0.0, 1024.0]).mean_recall(),
        measured(&coco, 100, MEDIUM).mean_recall(),
        measured(&coco, 100, [9216.0, 1e10]).mean_recall(),
    ];
    for (i, (found, expected)) in figures.into_iter().zip(&coco.stats).enumerate() {
        let found = found.unwrap_or(-1.0);
        assert!((found - expected).abs() < 1e-9, "figure {i}: {found} instead of {expected}");
    }
}

/// The share of the cells in BCCD's test photos, reduced to 320x240, that a proposal overlaps by half.
#[test]
fn proposals_cover_the_cells() {
    let Some(folder) = layercake_tests::shared_data("bccd") else { return };
    let [_, test] = KnownDataset::Bccd.load_objects(Some(&folder)).unwrap();
    let (mut found, mut all, mut proposed) = ([0; 3], [0; 3], 0);
    for index in (0..test.len()).step_by(36) {
        let scene = test.get(index).unwrap();
        let proposals = SelectiveSearch::default().propose(&scene.image.resized([240, 320]));
        assert!(proposals.len() <= 1000);
        proposed += proposals.len();
        for object in &scene.objects {
            let object_box = object.bbox.scaled(0.5, 0.5);
            all[object.class] += 1;
            found[object.class] += usize::from(proposals.iter().any(|bbox| iou(bbox, &object_box) >= 0.5));
        }
    }
    println!("{found:?} of {all:?}, {proposed} proposals for 2 photos");
    let share = |classes: std::ops::Range<usize>| {
        let sum = |counts: [usize; 3]| counts[classes.clone()].iter().sum::<usize>() as f64;
        sum(found) / sum(all)
    };
    assert!(share(0..3) > 0.85, "{found:?} of {all:?}");
}
