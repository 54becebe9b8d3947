//! A few steps on canvases and on photos: both losses fall, and boxes are found.

use std::fs;
use std::path::Path;

use layercake::optim::{Adam, AdamConfig};
use layercake_train::data::readers::VocFolder;
use layercake_train::data::{digits, frame};
use layercake_train::{Epoch, Trainer, Until};

use super::*;

fn learned<S: Dataset<Item = Scene>>(
    dataset: KnownDataset,
    train: &Loader<S>,
    mut task: Localization<S>,
    epochs: usize,
    folder: &Path,
) -> Vec<Epoch> {
    let device = Cpu::seed_from_u64(1);
    let mut net = GraphModel::new(Localizer.graph_on(dataset).clone(), &device);
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 2e-3, ..Default::default() });
    let history = Trainer::new(Until::Epochs(epochs)).fit(&mut net, &device, &mut optimizer, &mut task, train).unwrap();
    task.draw(&net, &device, folder, true).unwrap();
    assert!(fs::metadata(folder.join("boxes.png")).unwrap().len() > 1000);
    history
}

fn falls(history: &[Epoch], metric: &str) {
    let values: Vec<f64> = history.iter().map(|epoch| epoch.train.get(metric).unwrap()).collect();
    assert!(values[values.len() - 1] < 0.9 * values[0], "{metric}: {values:?}");
}

#[test]
fn digits_on_canvases() {
    let folder = tempfile::tempdir().unwrap();
    let images = frame(&digits().test, 28);
    let some = Inked(Arc::new(images.subset(&(0..96).collect::<Vec<_>>())));
    let train = on_canvases(Loader::new(some.clone(), 16).shuffle(1));
    let history = learned(KnownDataset::Digits, &train, digit_task(some, Some(3.0)), 5, folder.path());
    ["loss", "class_loss", "box_loss"].iter().for_each(|metric| falls(&history, metric));
    let first = &history[0].train;
    let sum = first.get("class_loss").unwrap() + 3.0 * first.get("box_loss").unwrap();
    assert!((first.get("loss").unwrap() - sum).abs() < 1e-5 * sum);
    assert!(history[4].test.get("accuracy").is_some() && history[4].test.get("mean_iou").unwrap() > 0.1);
}

/// Photos of a dark cell on a light ground, one of them with two cells and one with none.
fn photos(folder: &Path) -> VocFolder {
    for name in ["ImageSets/Main", "Annotations", "JPEGImages"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    let mut names = String::new();
    for i in 0..10usize {
        let [x, y] = [8 + 6 * i, 4 + 5 * (i % 4)];
        let within = |place: usize| (x..x + 24).contains(&(place % 128)) && (y..y + 30).contains(&(place / 128));
        let pixels: Vec<u8> = (0..96 * 128).flat_map(|place| if within(place) { [90, 40, 120] } else { [230, 220, 210] }).collect();
        let mut encoder = png::Encoder::new(fs::File::create(folder.join(format!("JPEGImages/{i}.jpg"))).unwrap(), 128, 96);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
        let cell = format!(
            "<object><name>WBC</name><bndbox><xmin>{x}</xmin><ymin>{y}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>",
            x + 24,
            y + 30
        );
        let cells = cell.repeat(match i {
            8 => 2,
            9 => 0,
            _ => 1,
        });
        let annotation = format!("<annotation><size><width>128</width><height>96</height></size>{cells}</annotation>");
        fs::write(folder.join(format!("Annotations/{i}.xml")), annotation).unwrap();
        names += &format!("{i}\n");
    }
    fs::write(folder.join("ImageSets/Main/train.txt"), names).unwrap();
    VocFolder::open(folder, "train").unwrap()
}

#[test]
fn cells_in_photos() {
    let folder = tempfile::tempdir().unwrap();
    let cells = Cells::read(&photos(folder.path()), "WBC").unwrap();
    assert_eq!(cells.len(), 8, "photos with one cell");
    let train = cells::varied(Loader::new(cells.clone(), 2).shuffle(1));
    let history = learned(KnownDataset::Bccd, &train, cell_task(cells, None), 12, folder.path());
    falls(&history, "box_loss");
    assert_eq!(history[0].train.get("class_loss"), None);
    assert_eq!(history[11].test.get("accuracy"), None);
    assert!(history[11].test.get("mean_iou").unwrap() > 0.1);
}

/// A photo that would be moved until nothing of its cell is left stays where it is.
#[test]
fn cells_stay_in_view() {
    let folder = tempfile::tempdir().unwrap();
    let cells = Cells::read(&photos(folder.path()), "WBC").unwrap();
    for epoch in 1..20 {
        for batch in cells::varied(Loader::new(cells.clone(), 8).shuffle(2)).epoch(epoch) {
            let batch = batch.unwrap();
            assert!(batch.objects.iter().all(|objects| objects.len() == 1 && objects[0].bbox.has_area()));
        }
    }
}
