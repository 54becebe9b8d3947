//! Animated PNG files.

use std::path::Path;

use layercake::io::write_atomically;

use super::Canvas;
use crate::TrainError;
use crate::checkpoint::at;

/// Writes pictures of one size as an animated PNG file that repeats without end. Each is shown for `milliseconds`, the last one for a second more.
/// Viewers without animation show the first picture.
///
/// # Errors
/// Returns an error if there are no pictures, their sizes differ, or the file cannot be written.
pub fn save_animation(frames: &[Canvas], milliseconds: u16, path: &Path) -> Result<(), TrainError> {
    let wrong = |reason: String| TrainError::Drawing { path: path.to_owned(), reason };
    let Some(first) = frames.first() else { return Err(wrong("there are no pictures".to_owned())) };
    if let Some(other) = frames.iter().find(|frame| frame.size() != first.size()) {
        return Err(wrong(format!("pictures of {:?} and {:?} pixels", first.size(), other.size())));
    }
    let file = encoded(frames, milliseconds).map_err(|error| wrong(error.to_string()))?;
    write_atomically(path, &file).map_err(|source| at(path, source))
}

fn encoded(frames: &[Canvas], milliseconds: u16) -> Result<Vec<u8>, png::EncodingError> {
    const PAUSE: u16 = 1000;
    let mut file = Vec::new();
    let [height, width] = frames[0].size().map(|side| side as u32);
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    encoder.set_animated(frames.len() as u32, 0)?;
    encoder.set_frame_delay(milliseconds, 1000)?;
    let mut writer = encoder.write_header()?;
    for (i, frame) in frames.iter().enumerate() {
        if i + 1 == frames.len() {
            writer.set_frame_delay(milliseconds.saturating_add(PAUSE), 1000)?;
        }
        writer.write_image_data(frame.bytes())?;
    }
    writer.finish()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_animated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let message = |frames: &[Canvas]| save_animation(frames, 20, &path).unwrap_err().to_string();
        assert!(message(&[]).ends_with("a.png: cannot draw it: there are no pictures"));
        assert!(message(&[Canvas::blank([2, 3]), Canvas::blank([3, 2])]).ends_with("pictures of [2, 3] and [3, 2] pixels"));
    }
}
