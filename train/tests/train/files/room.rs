//! The memory bounds in the documentation of `data::readers`: each file is read in a process with limited memory.

use std::path::Path;
use std::time::Instant;

use jpeg_encoder::ColorType;
use layercake::io::{load_graph, load_safetensors, save_safetensors};
use layercake::prelude::*;
use layercake_train::data::read_idx;
use layercake_train::data::readers::{Channels, Header, Table, Target, Text, read_annotation, read_cifar10, read_image};

use super::child::{child, errand, used};
use super::jpeg::jpeg;
use super::place::{Place, gzip};
use super::png::{GRAY, RGB, png};

const MIB: usize = 1 << 20;

/// A file and its memory bound.
struct Case {
    name: &'static str,
    file: fn() -> Vec<u8>,
    /// The base of the multiple: decompressed bytes, or pixels.
    size: usize,
    multiple: usize,
    read: fn(&Path) -> String,
    /// The beginning of the output.
    says: &'static str,
}

/// 4 bytes per row, the minimum.
fn short_rows() -> Vec<u8> {
    "1,2\n3,4\n".repeat(150_000).into_bytes()
}

/// A distinct class in each row, with short names.
fn classes() -> Vec<u8> {
    (0..150_000u32).flat_map(|i| format!("1,{:05x}x\n", (i * 7919) % 150_000).into_bytes()).collect()
}

fn wide_rows() -> Vec<u8> {
    let row = "1,".repeat(1999) + "x\n";
    row.repeat(400).into_bytes()
}

fn numbers() -> Vec<u8> {
    (0..150_000u32).flat_map(|i| format!("1,{:06}\n", (i * 7919) % 150_000).into_bytes()).collect()
}

fn characters() -> Vec<u8> {
    "to be, or not to be\n".repeat(150_000).into_bytes()
}

fn idx() -> Vec<u8> {
    let header = [0x0803u32, 8000, 32, 32].into_iter().flat_map(u32::to_be_bytes);
    header.chain((0..8000 * 1024u32).map(|i| (i % 251) as u8)).collect()
}

fn photo() -> Vec<u8> {
    let pixels: Vec<u8> = (0..3 * 1500 * 1500u32).map(|i| (i / 300 % 256) as u8).collect();
    jpeg([1500, 1500], ColorType::Rgb, &pixels)
}

network! { Net: [1000] -> [1000] { fc: Linear(1000) } }

fn parameters() -> Vec<u8> {
    let place = Place::new();
    save_safetensors(&Net::new(&Cpu::default()), place.path("x")).unwrap();
    std::fs::read(place.path("x")).unwrap()
}

fn of_parameters(path: &Path) -> String {
    let mut net = Net::new(&Cpu::default());
    load_safetensors(&mut net, path).map_or_else(|error| error.to_string(), |_| "loaded".to_owned())
}

fn drawing(depth: u8, color: u8, side: u32, row: usize) -> Vec<u8> {
    let row = vec![0x55; row];
    png([side; 2], depth, color, &vec![&row[..]; side as usize], &[])
}

fn of_table(path: &Path) -> String {
    Table::read_with(path, &Target::Last, Header::No)
        .map_or_else(|error| error.to_string(), |table| format!("{} classes", table.classes().len()))
}

fn of_text(path: &Path) -> String {
    Text::read(path).map_or_else(|error| error.to_string(), |text| format!("{} characters", text.characters().len()))
}

fn of_image(path: &Path) -> String {
    read_image(path, Channels::Rgb).map_or_else(|error| error.to_string(), |image| format!("{:?}", image.shape))
}

const OBJECT: &str = "<object><name>a</name><bndbox><xmin>0</xmin><ymin>0</ymin><xmax>1</xmax><ymax>1</ymax></bndbox></object>";

/// An annotation of 4 MiB.
fn voc(part: &str) -> Vec<u8> {
    let size = "<annotation><size><width>9</width><height>9</height></size>";
    format!("{size}{}</annotation>", part.repeat((4 * MIB - 100) / part.len())).into_bytes()
}

fn of_voc(path: &Path) -> String {
    read_annotation(path).map_or_else(|error| error.to_string(), |found| format!("{} objects", found.objects.len()))
}

/// The least bytes for a cell.
#[cfg(feature = "tables")]
fn cells() -> Vec<u8> {
    ["a,b\n", &",\n".repeat(600_000)].concat().into_bytes()
}

/// Reads a table, and decides what its columns mean.
#[cfg(feature = "tables")]
fn of_frame(path: &Path) -> String {
    use layercake_train::tables::{Frame, Schema, TableOptions};
    let frame = Frame::read(path).unwrap();
    let options = TableOptions { targets: vec![frame.columns()[1].clone()], ..TableOptions::default() };
    let (schema, _) = Schema::of(&frame, &options).unwrap_or_else(|error| panic!("{error}"));
    format!("{} rows, {} inputs", frame.rows(), schema.width())
}

fn cases() -> Vec<Case> {
    #[allow(unused_mut, reason = "the feature adds cases")]
    let mut cases = plain_cases();
    #[cfg(feature = "tables")]
    cases.extend([
        Case {
            name: "numbers of a frame",
            file: named_numbers,
            size: 1_350_000,
            multiple: 20,
            read: of_frame,
            says: "150000 rows, 1 inputs",
        },
        Case { name: "cells of a frame", file: cells, size: 1_200_000, multiple: 20, read: of_cells, says: "600000 rows" },
    ]);
    cases
}

#[cfg(feature = "tables")]
fn named_numbers() -> Vec<u8> {
    let rows = (0..150_000u32).map(|i| format!("{},{:06}\n", i % 10, (i * 7919) % 150_000));
    ["a,b\n".to_owned()].into_iter().chain(rows).collect::<String>().into_bytes()
}

#[cfg(feature = "tables")]
fn of_cells(path: &Path) -> String {
    format!("{} rows", layercake_train::tables::Frame::read(path).unwrap().rows())
}

fn plain_cases() -> Vec<Case> {
    let plane = 1500 * 1500;
    vec![
        Case { name: "short rows", file: short_rows, size: 1_200_000, multiple: 20, read: of_table, says: "2 classes" },
        Case { name: "wide rows", file: wide_rows, size: 1_600_000, multiple: 20, read: of_table, says: "1 classes" },
        Case { name: "many classes", file: classes, size: 1_350_000, multiple: 20, read: of_table, says: "150000 classes" },
        Case { name: "many numbers", file: numbers, size: 1_350_000, multiple: 20, read: of_table, says: "150000 classes" },
        Case { name: "rows, gzipped", file: || gzip(&short_rows()), size: 1_200_000, multiple: 20, read: of_table, says: "2 classes" },
        Case { name: "empty lines", file: || vec![b'\n'; 4 * MIB], size: 4 * MIB, multiple: 2, read: of_table, says: "" },
        Case { name: "text", file: characters, size: 3_000_000, multiple: 10, read: of_text, says: "3000000 characters" },
        Case {
            name: "text, gzipped",
            file: || gzip(&characters()),
            size: 3_000_000,
            multiple: 10,
            read: of_text,
            says: "3000000 characters",
        },
        // 500 MiB of one character.
        Case { name: "a bomb", file: || gzip(&vec![b'a'; 500 * MIB]), size: 64 * MIB, multiple: 3, read: of_text, says: "" },
        Case {
            name: "idx",
            file: idx,
            size: 8_192_016,
            multiple: 2,
            read: |path| read_idx(path, path, Vec::new()).unwrap_err().to_string(),
            says: "",
        },
        Case {
            name: "cifar",
            file: || vec![0; 3073 * 4000],
            size: 3073 * 4000,
            multiple: 4,
            read: |path| {
                read_cifar10(&[path], vec!["only".to_owned()]).map_or_else(|error| error.to_string(), |set| format!("{} images", set.len()))
            },
            says: "4000 images",
        },
        Case { name: "photo", file: photo, size: plane, multiple: 20, read: of_image, says: "[3, 1500, 1500]" },
        Case { name: "color", file: || drawing(8, RGB, 1500, 4500), size: plane, multiple: 20, read: of_image, says: "[3, 1500, 1500]" },
        Case { name: "16 bits", file: || drawing(16, RGB, 1500, 9000), size: plane, multiple: 20, read: of_image, says: "[3, 1500, 1500]" },
        Case { name: "one bit", file: || drawing(1, GRAY, 1500, 188), size: plane, multiple: 20, read: of_image, says: "[3, 1500, 1500]" },
        // Four bytes for each element, and an object's elements without their text.
        Case { name: "elements of voc", file: || voc("<a/>"), size: 4 * MIB, multiple: 40, read: of_voc, says: "" },
        Case { name: "attributes of voc", file: || voc("<a b=''/>"), size: 4 * MIB, multiple: 40, read: of_voc, says: "" },
        Case { name: "objects of voc", file: || voc(OBJECT), size: 4 * MIB, multiple: 40, read: of_voc, says: "" },
        // In addition to the network.
        Case { name: "parameters", file: parameters, size: 4_004_200, multiple: 4, read: of_parameters, says: "loaded" },
        Case {
            name: "graph",
            file: || format!("{{\"nodes\":[{}0]}}", "0,".repeat((4 * MIB - 20) / 2)).into_bytes(),
            size: 4 * MIB,
            multiple: 24,
            read: |path| load_graph(path).map_or_else(|error| error.to_string(), |_| "a graph".to_owned()),
            says: "",
        },
        // 33 KB, which would take 4 GiB.
        Case { name: "a large drawing", file: || drawing(1, GRAY, 16384, 2048), size: MIB, multiple: 8, read: of_image, says: "" },
    ]
}

/// Memory of a process besides the file: allocator and stacks.
const AROUND: usize = 12 * MIB;

#[test]
fn no_file_takes_more_than_is_stated() {
    match errand() {
        Some((name, path)) => return measured(&name, &path),
        None if used("VmPeak").is_none() => return eprintln!("SKIPPED: this system does not tell how much memory a process has reserved"),
        None => {}
    }
    let place = Place::new();
    let test = "files::room::no_file_takes_more_than_is_stated";
    let run = |case: &str, path: &Path, room| {
        let done = child(test, case, path, room);
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        let line = said.lines().find_map(|line| Some(line.split_once(&format!("{case}: "))?.1.to_owned())).unwrap_or_default();
        (done.status.success(), line, String::from_utf8_lossy(&done.stderr).into_owned())
    };
    let base: usize = run("nothing", &place.path(""), None).1.parse().unwrap();
    for case in cases() {
        let path = place.put("file", &(case.file)());
        let room = base + AROUND + case.size * case.multiple;
        let (success, line, errors) = run(case.name, &path, Some(room));
        println!("{:16}{line}", case.name);
        assert!(success && line.contains(&format!("held: {}", case.says)), "{}: {line} {errors}", case.name);
    }
}

/// Reads the file and prints the memory used.
fn measured(name: &str, path: &Path) {
    let Some(case) = cases().into_iter().find(|case| case.name == name) else {
        return println!("{name}: {}", used("VmPeak").unwrap());
    };
    let (reserved, held, begun) = (used("VmPeak").unwrap(), used("VmHWM").unwrap(), Instant::now());
    let said = (case.read)(path);
    let seconds = begun.elapsed().as_secs_f64();
    let times = |metric, before| (used(metric).unwrap() - before) as f64 / case.size as f64;
    println!("{name}: {seconds:.2} s, {:.1} times reserved, {:.1} held: {said}", times("VmPeak", reserved), times("VmHWM", held));
}
