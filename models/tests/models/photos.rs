//! `detect` and `segment`, and the models behind them, on small data sets made here.

use std::io::Cursor;

use crate::support::Place;

fn png(width: usize, height: usize, color: png::ColorType, pixels: &[u8]) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let mut encoder = png::Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(color);
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
    file.into_inner()
}

/// A dark cell on a light ground, 160x120.
fn photo(left: usize) -> Vec<u8> {
    let within = |i: usize| (left..left + 60).contains(&(i % 160)) && (20..70).contains(&(i / 160));
    let pixels: Vec<u8> = (0..160 * 120).flat_map(|i| if within(i) { [90, 40, 120] } else { [230, 220, 210] }).collect();
    png(160, 120, png::ColorType::Rgb, &pixels)
}

/// `bccd` with two photos in each part.
fn cells() -> Place {
    let place = Place::new();
    for (i, left) in [10, 40, 70, 90].into_iter().enumerate() {
        place.put(&format!("bccd/JPEGImages/{i}.jpg"), &photo(left));
        let object = |name: &str, [x1, y1, x2, y2]: [usize; 4]| {
            let edges = format!("<xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax>");
            format!("<object><name>{name}</name><bndbox>{edges}</bndbox></object>")
        };
        let objects =
            object("WBC", [left, 20, left + 60, 70]) + &object("RBC", [5, 80, 50, 115]) + &object("Platelets", [140, 100, 152, 112]);
        let text = format!("<annotation><size><width>160</width><height>120</height></size>{objects}</annotation>");
        place.put(&format!("bccd/Annotations/{i}.xml"), text.as_bytes());
    }
    place.put("bccd/ImageSets/Main/trainval.txt", b"0\n1\n").put("bccd/ImageSets/Main/test.txt", b"2\n3\n");
    place
}

#[test]
fn a_detector() {
    let place = cells();
    place.works("train faster_rcnn --data-dir . --epochs 2 --batch-size 1 --seed 2 --out r");
    let summary = place.json("r/summary.json");
    let [map_50, map] = ["test_map_50", "test_map_50_95"].map(|metric| summary[metric].as_f64().unwrap());
    assert!((0.0..=1.0).contains(&map_50) && map <= map_50, "{summary}");
    assert!(
        ["train_rpn_class_loss", "train_rpn_box_loss", "train_class_loss", "train_box_loss"].iter().all(|name| summary[name].is_number())
    );
    let names = place.names("r");
    assert!(["detections.png", "proposals.png"].iter().all(|name| names.contains(&(*name).to_owned())), "{names:?}");
    let said: serde_json::Value = serde_json::from_str(&place.works("eval faster_rcnn --checkpoint r --data-dir . --json")).unwrap();
    assert_eq!((&said["test_map_50"], &said["photos"]), (&summary["test_map_50"], &2.into()));

    place.put("mine/a.png", &photo(50)).put("mine/b.PNG", &photo(0)).put("mine/.hidden.png", b"").put("mine/notes.txt", b"");
    let said = place.works("summary faster_rcnn");
    assert!(said.starts_with("ProposingTrunk") && said.contains("\n\nBoxHead"), "{said}");
    let said = place.works("detect faster_rcnn --checkpoint r/model.safetensors mine/a.png --out boxes.png");
    assert!(said.starts_with("mine/a.png: ") && said.contains(" RBC, ") && said.ends_with("; boxes.png\n"), "{said}");
    assert!(place.path("boxes.png").is_file());
    let said = place.works("detect faster_rcnn --checkpoint r mine --score 0.05 --out found --json");
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let photos = said.as_array().unwrap();
    assert_eq!(photos.iter().map(|photo| &photo["picture"]).collect::<Vec<_>>(), ["found/a.png", "found/b.png"]);
    for photo in photos {
        assert_eq!((&photo["width"], &photo["height"]), (&160.into(), &120.into()));
        assert!(photo["seconds"]["features"].as_f64().unwrap() > 0.0, "{photo}");
        for object in photo["objects"].as_array().unwrap() {
            let edges: Vec<f64> = object["box"].as_array().unwrap().iter().map(|edge| edge.as_f64().unwrap()).collect();
            assert!(edges[0] < edges[2] && edges[1] < edges[3] && edges[2] <= 160.0 && edges[3] <= 120.0, "{object}");
            assert!((0.05..=1.0).contains(&object["score"].as_f64().unwrap()) && object["class"].is_string(), "{object}");
        }
    }
    assert_eq!(place.names("found"), ["a.png", "b.png"]);

    let detect = "detect faster_rcnn --checkpoint r";
    place.fails(&format!("{detect} mine/a.png --out boxes"), 1, "error: boxes: expected the extension .png");
    place.fails(&format!("{detect} found/c.png --out c.png"), 1, "error: found/c.png: No such file or directory (os error 2)");
    place.fails(&format!("{detect} bccd --out b"), 1, "error: bccd: no photo in it; expected files .png, .jpg or .jpeg");
    let line = "error: found/a.png: another photo has the same name, and the pictures are named as the photos are";
    place.fails(&format!("{detect} mine/a.png found --out b"), 1, line);
    place.fails(
        &format!("{detect} mine --out b --score 1.5"),
        2,
        "error: invalid value '1.5' for '--score <X>': expected a number from 0.05 to 1",
    );
    place.fails(
        "detect lenet5 --checkpoint r mine/a.png --out b.png",
        1,
        "error: `lenet5` cannot be used to detect: it finds no objects; sliding_window, rcnn, fast_rcnn and faster_rcnn do",
    );
    place.put("alone/model.safetensors", &std::fs::read(place.path("r/model.safetensors")).unwrap());
    place.fails(
        "detect faster_rcnn --checkpoint alone mine/a.png --out b.png",
        1,
        "error: alone/config.json: there is no such file, which has the names of the classes",
    );
}

#[test]
fn a_segmenter() {
    let place = Place::new();
    for part in ["train", "test"] {
        for i in 0..2usize {
            let horizon = 30 + 20 * i;
            let rows = |above: &[u8], below: &[u8]| [above.repeat(120 * horizon), below.repeat(120 * (90 - horizon))].concat();
            let photo = png(120, 90, png::ColorType::Rgb, &rows(&[200, 120, 100], &[50, 120, 100]));
            place.put(&format!("camvid-small/{part}/{i}.png"), &photo);
            place.put(&format!("camvid-small/{part}annot/{i}.png"), &png(120, 90, png::ColorType::Grayscale, &rows(&[0], &[3])));
        }
    }
    place.works("train unet --data-dir . --epochs 1 --batch-size 2 --out r");
    place.put("mine.png", &photo(50));
    let said = place.works("segment unet --checkpoint r mine.png --out overlay.png --json");
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let shares = said[0]["shares"].as_object().unwrap();
    let sum: f64 = shares.values().map(|share| share.as_f64().unwrap()).sum();
    assert!(shares.len() == 11 && (sum - 1.0).abs() < 1e-9, "{said}");
    assert!(place.works("segment unet --checkpoint r mine.png --out overlay.png").ends_with("; overlay.png\n"));
    // The normalization of gray images.
    let mut config = place.json("r/config.json");
    config["normalize"] = serde_json::json!({ "mean": [0.5], "std": [0.5] });
    place.put("r/config.json", config.to_string().as_bytes());
    let line = "error: r/config.json: `normalize` needs a mean and a positive std for each channel; the images have 3 channels";
    place.fails("segment unet --checkpoint r mine.png --out b.png", 1, line);
    place.fails(
        "segment resnet20 --checkpoint r mine.png --out b.png",
        1,
        "error: `resnet20` cannot be used to segment: it does not give each pixel a class; unet, segnet and fcn do",
    );
}
