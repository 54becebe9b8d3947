//! Image decoding compared with PIL.

use jpeg_encoder::ColorType;
use layercake_train::data::Dataset;
use layercake_train::data::readers::{Channels, MaskFolder, read_image, read_mask};

use super::jpeg::{jpeg, with_exif};
use super::place::{Place, words};
use super::png::{self, GRAY, GRAY_ALPHA, PALETTE, RGB, RGBA, chunk, exif};

/// The bytes of the pixels, row by row, one channel after the other.
fn read(place: &Place, file: &[u8], channels: Channels) -> Vec<u8> {
    read_image(&place.put("x.png", file), channels).unwrap().to_bytes()
}

/// Compared with `Image.open(..).convert("L")` and `.convert("RGB")` of Pillow 13; 16-bit gray with its upper 8 bits.
#[test]
fn grays_and_colors_are_those_of_pil() {
    let place = Place::new();
    let sixteen = |samples: &[u16]| samples.iter().flat_map(|sample| sample.to_be_bytes()).collect::<Vec<u8>>();
    let file = |width, depth, color, row: &[u8], more: &[u8]| png::png([1, width], depth, color, &[row], more);
    let palette = chunk(b"PLTE", &[255, 0, 0, 0, 255, 0]);
    let clear = chunk(b"tRNS", &[0]);
    /// Name, file, and the expected pixels in gray and in color.
    type Case<'a> = (&'a str, Vec<u8>, &'a [u8], &'a [u8]);
    let cases: [Case; 12] = [
        ("red, green, blue", file(3, 8, RGB, &[255, 0, 0, 0, 255, 0, 0, 0, 255], &[]), &[76, 150, 29], &[255, 0, 0, 0, 255, 0, 0, 0, 255]),
        ("transparent red", file(1, 8, RGBA, &[255, 0, 0, 0], &[]), &[76], &[255, 0, 0]),
        ("transparent gray", file(1, 8, GRAY_ALPHA, &[200, 0], &[]), &[200], &[200, 200, 200]),
        ("palette", file(2, 8, PALETTE, &[0, 1], &palette), &[76, 150], &[255, 0, 0, 255, 0, 0]),
        ("palette, one of it transparent", file(2, 8, PALETTE, &[0, 1], &[palette, clear].concat()), &[76, 150], &[255, 0, 0, 255, 0, 0]),
        ("one bit", file(4, 1, GRAY, &[0b1010_0000], &[]), &[255, 0, 255, 0], &[255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0]),
        ("two bits", file(2, 2, GRAY, &[0b0001_0000], &[]), &[0, 85], &[0, 85, 0, 85, 0, 85]),
        ("four bits", file(2, 4, GRAY, &[0x3a], &[]), &[51, 170], &[51, 170, 51, 170, 51, 170]),
        (
            "color of 16 bits",
            file(2, 16, RGB, &sixteen(&[0xff00, 0x7fff, 0x0080, 0xab80, 0x12ff, 0x1234]), &[]),
            &[151, 64],
            &[255, 171, 127, 18, 0, 18],
        ),
        ("transparent color of 16 bits", file(1, 16, RGBA, &sixteen(&[0xab80, 0x12ff, 0x1234, 0]), &[]), &[64], &[171, 18, 18]),
        ("transparent gray of 16 bits", file(1, 16, GRAY_ALPHA, &sixteen(&[0xab80, 0]), &[]), &[171], &[171, 171, 171]),
        ("gray of 16 bits", file(3, 16, GRAY, &sixteen(&[0x00ff, 0x0100, 0xab80]), &[]), &[0, 1, 171], &[0, 1, 171, 0, 1, 171, 0, 1, 171]),
    ];
    for (name, file, gray, color) in cases {
        assert_eq!(read(&place, &file, Channels::Gray), gray, "{name}");
        assert_eq!(read(&place, &file, Channels::Rgb), color, "{name}");
    }
    // All colors of a cube, with the formula of PIL's `L`.
    let colors: Vec<u8> = (0..16u32 * 16 * 16).flat_map(|i| [i % 16, i / 16 % 16, i / 256].map(|c| (c * 17) as u8)).collect();
    let expected: Vec<u8> = colors
        .chunks(3)
        .map(|c| ((u32::from(c[0]) * 19595 + u32::from(c[1]) * 38470 + u32::from(c[2]) * 7471 + 0x8000) >> 16) as u8)
        .collect();
    assert_eq!(read(&place, &file(4096, 8, RGB, &colors, &[]), Channels::Gray), expected);
}

/// The eight EXIF orientations of an image with the rows 1 2 3 and 4 5 6, as in `ImageOps.exif_transpose`.
#[test]
fn exif_orientation_is_applied() {
    let turned: [(u8, [usize; 2], [u8; 6]); 10] = [
        (1, [2, 3], [1, 2, 3, 4, 5, 6]),
        (2, [2, 3], [3, 2, 1, 6, 5, 4]),
        (3, [2, 3], [6, 5, 4, 3, 2, 1]),
        (4, [2, 3], [4, 5, 6, 1, 2, 3]),
        (5, [3, 2], [1, 4, 2, 5, 3, 6]),
        (6, [3, 2], [4, 1, 5, 2, 6, 3]),
        (7, [3, 2], [6, 3, 5, 2, 4, 1]),
        (8, [3, 2], [3, 6, 2, 5, 1, 4]),
        // Invalid orientations are ignored.
        (0, [2, 3], [1, 2, 3, 4, 5, 6]),
        (9, [2, 3], [1, 2, 3, 4, 5, 6]),
    ];
    let place = Place::new();
    for (orientation, [height, width], pixels) in turned {
        let file = png::png([2, 3], 8, GRAY, &[&[1, 2, 3], &[4, 5, 6]], &chunk(b"eXIf", &exif(orientation)));
        let path = place.put("images/a.png", &file);
        for (channels, count) in [(Channels::Gray, 1), (Channels::Rgb, 3)] {
            let image = read_image(&path, channels).unwrap();
            assert_eq!((image.shape, image.to_bytes()), ([count, height, width], pixels.repeat(count)), "{orientation}");
        }
        let mask = read_mask(&path, 7).unwrap();
        assert_eq!((mask.size, mask.classes), ([height, width], pixels.to_vec()), "{orientation}");
        // A mask without EXIF data must match the rotated image.
        place.put("masks/a.png", &png::png([2, 3], 8, GRAY, &[&[1, 2, 3], &[4, 5, 6]], &[]));
        let pair = MaskFolder::open(&place.path("images"), &place.path("masks"), Channels::Rgb, words(&["x"; 7])).unwrap();
        assert_eq!(pair.get(0).is_ok(), height == 2, "{orientation}");

        // A JPEG with a white and a black half.
        let halves: Vec<u8> = (0..16 * 32).map(|i| if i % 32 < 16 { 255 } else { 0 }).collect();
        let jpeg = jpeg([16, 32], ColorType::Luma, &halves);
        let image = read_image(&place.put("photo.jpg", &with_exif(&jpeg, orientation)), Channels::Gray).unwrap();
        assert_eq!(image.shape, if height == 2 { [1, 16, 32] } else { [1, 32, 16] }, "{orientation}");
        let is_white_first = image.pixels[0] > 0.5;
        assert_eq!(is_white_first, ![2, 3, 7, 8].contains(&orientation), "{orientation}");
    }
}

/// The crate `png` panics on a palette whose length is not a multiple of three.
#[test]
fn palettes_of_any_length() {
    let place = Place::new();
    let file = |length: usize, depth| {
        let row: &[u8] = if depth == 8 { &[0, 5, 200] } else { &[0b0001_1000] };
        png::png([1, 3], depth, PALETTE, &[row], &chunk(b"PLTE", &vec![9; length]))
    };
    let mut caught = 0;
    for length in 0..780 {
        for depth in [2, 8] {
            if let Err(error) = read_image(&place.put("x.png", &file(length, depth)), Channels::Rgb) {
                let text = error.to_string();
                assert!(text.contains("x.png: expected a PNG or JPEG image, found an image "), "{text}");
                caught += usize::from(text.contains("on which the decoder panics: "));
            } else {
                assert!(length % 3 == 0 && (3..=768).contains(&length), "{length}");
            }
        }
    }
    assert!(caught > 0, "the crate `png` is fixed: remove the comment in `picture_file.rs`");
    assert_eq!(read(&place, &file(3, 8), Channels::Gray), [9, 0, 0], "black beyond the palette's end, as in PIL");
}

/// Small files with large sizes in their headers are rejected.
#[test]
fn images_too_large_to_be_read() {
    let place = Place::new();
    let message = |height, width, depth, color, more: &[u8]| {
        let file = png::png([height, width], depth, color, &[], more);
        place.text(read_image(&place.put("x.png", &file), Channels::Rgb))
    };
    let large = "x.png: expected an image that needs at most 1024 MiB of memory, found 16384x16384 pixels, which need";
    assert_eq!(message(16384, 16384, 1, GRAY, &[]), format!("{large} 3328 MiB"));
    assert_eq!(message(16384, 16384, 16, RGBA, &[]), format!("{large} 4096 MiB"));
    assert_eq!(message(16384, 16384, 8, PALETTE, &chunk(b"PLTE", &[0; 3])), format!("{large} 3840 MiB"));
    assert_eq!(message(1, 16385, 8, GRAY, &[]), "x.png: expected at most 16384 pixels per side, found 1x16385 pixels");
    // Below the limit: the error is about the missing pixels.
    assert!(message(8192, 8192, 8, RGB, &[]).contains("an image that cannot be decoded: "));
}

/// Truncated photos are rejected, as in PIL, not filled with gray.
#[test]
fn truncated_photos() {
    let place = Place::new();
    let pixels: Vec<u8> = (0..3 * 64 * 64).map(|i| (i * 31 % 251) as u8).collect();
    let jpeg = jpeg([64, 64], ColorType::Rgb, &pixels);
    let jpeg = with_exif(&jpeg, 1);
    let read = |bytes: &[u8]| read_image(&place.put("photo.jpg", bytes), Channels::Rgb);
    for length in (3..jpeg.len()).step_by(7).chain([jpeg.len() - 1]) {
        let message = place.text(read(&jpeg[..length]));
        assert_eq!(message, "photo.jpg: expected a PNG or JPEG image, found a truncated image", "{length}");
    }
    let whole = read(&jpeg).unwrap();
    assert_eq!(read(&[&jpeg[..], b"what cameras put behind it\xff\xda"].concat()).unwrap(), whole);
}
