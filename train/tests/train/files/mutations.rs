//! Fuzzing with fixed seeds: readers of mutated files return data or an error that names the file, in bounded time, without panics.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use jpeg_encoder::ColorType;
use layercake_train::data::readers::{Channels, Table, Target, Text, read_annotation, read_cifar10, read_image, read_mask};
use layercake_train::data::{DataError, rand, read_idx};
use rand::{Rng, SeedableRng, rngs::StdRng};

use super::child::{child, errand};
use super::jpeg::{jpeg, with_exif};
use super::place::{Place, gzip, words};
use super::png::{self, GRAY, PALETTE, RGB, chunk, exif, mended};

type Reader = fn(&Path) -> Result<(), DataError>;

/// Name, valid file, reader, and a function that repairs checksums, which would hide other errors.
type Kind = (&'static str, Vec<u8>, Reader, fn(&[u8]) -> Vec<u8>);

const VOC: &str = "<annotation><size><width>9</width><height>8</height></size><!-- one --><object><name>a &amp; b</name><difficult>1</difficult>\
                   <bndbox><xmin>1</xmin><ymin>2.5</ymin><xmax>7</xmax><ymax>8</ymax></bndbox></object></annotation>";

fn kinds() -> Vec<Kind> {
    let as_it_is = <[u8]>::to_vec;
    let of_idx: Reader = |path| {
        let labels = path.with_extension("labels");
        if !labels.exists() {
            fs::write(&labels, [0, 0, 8, 1, 0, 0, 0, 2, 0, 0]).unwrap();
        }
        read_idx(path, &labels, words(&["a"])).map(drop)
    };
    let of_table: Reader = |path| Table::read(path, &Target::Last).map(drop);
    let of_image: Reader = |path| read_image(path, Channels::Rgb).and(read_image(path, Channels::Gray)).map(drop);
    let idx: Vec<u8> = [0u8, 0, 8, 3].into_iter().chain([2u32, 2, 3].into_iter().flat_map(u32::to_be_bytes)).chain(0..12).collect();
    let csv = "a,\"b, c\",kind\n1,2.5,x\n-4,1e3,\"y \"\"z\"\"\"\n\n0.5,7,x\n".as_bytes().to_vec();
    let pixels: Vec<u8> = (0..3 * 19 * 17).map(|i| (i * 13 % 256) as u8).collect();
    let photo = jpeg([17, 19], ColorType::Rgb, &pixels);
    let turned = chunk(b"eXIf", &exif(6));
    let palette = [chunk(b"PLTE", &[1, 2, 3, 4, 5, 6, 7, 8, 9]), chunk(b"tRNS", &[9, 8]), turned.clone()].concat();
    let kinds: Vec<Kind> = vec![
        ("idx", idx.clone(), of_idx, as_it_is),
        ("idx.gz", gzip(&idx), of_idx, as_it_is),
        ("cifar.gz", gzip(&vec![1; 2 * 3073]), |path| read_cifar10(&[path], words(&["a", "b"])).map(drop), as_it_is),
        ("table", csv.clone(), of_table, as_it_is),
        ("table.gz", gzip(&csv), of_table, as_it_is),
        ("color.png", png::png([3, 2], 8, RGB, &[&[1, 2, 3, 4, 5, 6][..]; 3], &turned), of_image, mended),
        ("palette.png", png::png([2, 5], 4, PALETTE, &[&[0x01, 0x20, 0x10][..]; 2], &palette), of_image, mended),
        ("photo.jpg", with_exif(&photo, 5), of_image, as_it_is),
        ("mask.png", png::png([2, 3], 8, GRAY, &[&[0, 1, 2], &[3, 4, 5]], &turned), |path| read_mask(path, 6).map(drop), mended),
        ("text", "the quick brown fox — naïve".as_bytes().to_vec(), |path| Text::read(path).map(drop), as_it_is),
        ("voc.xml", VOC.as_bytes().to_vec(), |path| read_annotation(path).map(drop), as_it_is),
        ("text.gz", gzip(b"the quick brown fox"), |path| Text::read(path).map(drop), as_it_is),
    ];
    kinds.into_iter().chain(of_a_frame()).collect()
}

/// A table with words and missing values, up to the inputs of a network.
#[cfg(feature = "tables")]
fn of_a_frame() -> Option<Kind> {
    use layercake_train::tables::{Frame, Schema, TableOptions};

    let csv = "size,\"city, land\",kind\n1,Rome,a\n,\"Os\"\"lo\",b\n\n3e2,?,a\n-7.5,Rome,b\n".as_bytes().to_vec();
    let read: Reader = |path| {
        let frame = Frame::read(path)?;
        let options = TableOptions { targets: frame.columns().last().cloned().into_iter().collect(), ..TableOptions::default() };
        let (mut schema, _) = Schema::of(&frame, &options)?;
        let rows: Vec<usize> = (0..frame.rows()).collect();
        schema.measure(&frame, &rows);
        let samples = schema.samples(&frame, &rows)?;
        assert!(samples.0.iter().all(|sample| sample.input.len() == schema.width() && sample.input.iter().all(|x| x.is_finite())));
        Ok(())
    };
    Some(("frame", csv, read, <[u8]>::to_vec))
}

#[cfg(not(feature = "tables"))]
fn of_a_frame() -> Option<Kind> {
    None
}

/// One to four mutations: flipped bits, changed, removed, inserted or copied bytes, truncation.
fn spoiled(good: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..random.gen_range(1..=4) {
        if bytes.is_empty() {
            break;
        }
        let at = random.gen_range(0..bytes.len());
        let end = (at + random.gen_range(1..9)).min(bytes.len());
        match random.gen_range(0..12) {
            0..=2 => bytes[at] ^= 1 << random.gen_range(0..8),
            3..=5 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, random.r#gen()][random.gen_range(0..6)],
            6 => bytes.truncate(at),
            7 => drop(bytes.drain(at..end)),
            8 | 9 => drop(bytes.splice(at..at, (0..random.gen_range(1..9)).map(|_| random.r#gen()).collect::<Vec<u8>>())),
            10 => bytes.splice(at..at, bytes[at..end].to_vec()).for_each(drop),
            _ => {
                let from = random.gen_range(0..bytes.len() - (end - at) + 1);
                bytes.copy_within(from..from + (end - at), at);
            }
        }
    }
    bytes
}

/// Number of mutations per kind; override with `LAYERCAKE_MUTATIONS=20000`.
const TIMES: usize = 500;
/// Time limit for a file of some hundred bytes.
const LONGEST: Duration = Duration::from_secs(10);

#[test]
fn spoiled_files() {
    if let Some((name, path)) = errand() {
        let times = std::env::var("LAYERCAKE_MUTATIONS").map_or(TIMES, |times| times.parse().unwrap());
        let (name, good, read, mend) = kinds().into_iter().find(|(known, ..)| *known == name).unwrap();
        fs::write(&path, &good).unwrap();
        read(&path).unwrap();
        let mut random = StdRng::seed_from_u64(13);
        let (mut errors, begun) = (0, Instant::now());
        for round in 0..times {
            let spoiled = spoiled(&good, &mut random);
            // Half of the files have wrong checksums.
            fs::write(&path, if round % 2 == 0 { mend(&spoiled) } else { spoiled }).unwrap();
            let one = Instant::now();
            if let Err(error) = read(&path) {
                assert!(error.to_string().contains(name), "{error}");
                errors += 1;
            }
            assert!(one.elapsed() < LONGEST, "round {round} takes {:?}", one.elapsed());
        }
        println!("{name}: {errors} errors of {times} in {:.1} s", begun.elapsed().as_secs_f64());
        assert!(errors > times / 10, "{name}: {errors} errors of {times}");
        return;
    }
    let place = Place::new();
    for (name, ..) in kinds() {
        // The memory limit of an image.
        let done = child("files::mutations::spoiled_files", name, &place.path(name), cfg!(target_os = "linux").then_some(2 << 30));
        println!("{}", String::from_utf8_lossy(&done.stdout).lines().find(|line| line.contains(" errors of ")).unwrap_or_default());
        assert!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
    }
}
