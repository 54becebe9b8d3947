use super::on_threads;
use crate::kernels::{
    channels::{
        Tail,
        frame::{Frame, pad},
        gate,
    },
    testing::{close, numbers},
};

#[test]
fn frames_are_zero_around_maps() {
    for (size, before, framed) in [([3, 4], [1, 1], [5, 6]), ([5, 2], [0, 3], [4, 9]), ([1, 1], [2, 2], [3, 3]), ([4, 4], [1, 2], [3, 4])] {
        for (images, row) in [(1, 1), (2, 3), (3, 17)] {
            let frame = Frame { size, before, framed, row };
            let from = numbers(images * size[0] * size[1] * row, 1);
            let found = on_threads(|| {
                let mut to = vec![9.0; images * frame.len()];
                pad(&frame, &from, &mut to);
                to
            });
            for (at, found) in found.iter().enumerate() {
                let (image, y, x, i) = (at / frame.len(), at / row / framed[1] % framed[0], at / row % framed[1], at % row);
                let place = y.checked_sub(before[0]).zip(x.checked_sub(before[1])).filter(|&(y, x)| y < size[0] && x < size[1]);
                let wanted = place.map_or(0.0, |(y, x)| from[((image * size[0] + y) * size[1] + x) * row + i]);
                assert_eq!(*found, wanted);
            }
        }
    }
}

#[test]
fn scales_and_shifts_belong_to_channels() {
    for (channels, positions, images) in [(1, 5, 2), (17, 9, 3), (64, 100, 1)] {
        let (x, each) = (numbers(images * positions * channels, 1), numbers(images * channels, 2));
        let shift = numbers(channels, 3);
        for (scale, shift) in [(&each[..channels], &shift[..]), (&each[..], &[][..])] {
            let tail = Tail { limits: Some([-0.5, 1.5]), ..Tail::default() };
            let found = on_threads(|| {
                let mut y = vec![0.0; x.len()];
                gate::scale(channels, [scale, shift], tail, &x, &mut y);
                y
            });
            let wanted = |(at, x): (usize, &f32)| {
                let image = if scale.len() == channels { 0 } else { at / channels / positions };
                (x * scale[image * channels + at % channels] + shift.get(at % channels).unwrap_or(&0.0)).clamp(-0.5, 1.5)
            };
            close(&found, &x.iter().enumerate().map(wanted).collect::<Vec<_>>(), 1e-6);
        }
    }
}
