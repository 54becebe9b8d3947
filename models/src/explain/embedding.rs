//! Test images by what a layer gives for them: nearest neighbors, principal components, t-SNE.

use layercake::hook::{At, Hooks};
use layercake::ir::{Graph, Op};
use layercake::prelude::*;
use layercake_train::data::Image;
use layercake_train::embedding::{Pca, Points, TsneOptions, trustworthiness, tsne};
use layercake_train::run::{Canvas, Line};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::index::sample;

use super::panels::image;
use super::subject::{Subject, of_test};
use super::{ExplainMethod, ExplainOptions, Made};
use crate::zoo::ModelError;

/// The number of neighbors of a picture.
const NEAR: usize = 6;
/// The number of pictures whose neighbors are drawn, and that of those that the figures are worked out for.
const ROWS: usize = 8;
const ASKED: usize = 500;
/// The number of images in a plane, unless `--samples` says another.
const SHOWN: usize = 2000;
/// The number of neighbors that trustworthiness is about: scikit-learn's default is 5, and that of papers 12.
const TRUSTED: usize = 12;
/// The side of a plane, and the longer side of a picture in it.
const SIDE: usize = 840;
const SMALL: usize = 28;
/// The least side of a picture among neighbors, and the width of the frame of one of another class.
const LARGE: usize = 56;
const FRAME: usize = 4;
const ANOTHER: [u8; 3] = [213, 94, 0];

/// Some test images: their numbers, and what a layer gives for each.
struct Sampled {
    numbers: Vec<usize>,
    features: Points,
    /// The layer, and how many numbers it gives.
    name: String,
}

impl Sampled {
    fn of(subject: &Subject, options: &ExplainOptions, most: usize) -> Result<Self, ModelError> {
        let count = subject.test_images().len();
        let amount = options.settings.samples.unwrap_or(most).min(count);
        let mut numbers = sample(&mut StdRng::seed_from_u64(options.settings.seed.unwrap_or(0)), count, amount).into_vec();
        numbers.sort_unstable();
        let (at, name) = place(subject, options)?;
        let mut features = Vec::new();
        subject.each_batch(&numbers, |batch| {
            features.extend(values(subject, &at, batch)?);
            Ok(())
        })?;
        let dims = features.len() / amount.max(1);
        Ok(Self { numbers, features: Points::new(features, dims)?, name: format!("{name} ({dims} features)") })
    }

    fn class(&self, subject: &Subject, position: usize) -> usize {
        subject.test_images().labels()[self.numbers[position]]
    }
}

/// The layer that was asked for, or what the classifier receives.
fn place(subject: &Subject, options: &ExplainOptions) -> Result<(At, String), ModelError> {
    match &options.layer {
        Some(layer) => Ok((At::output(layer.as_str()), layer.clone())),
        None => {
            let last = classifier(subject.network.graph());
            let last =
                last.ok_or_else(|| ModelError::Option(format!("`--method {}` needs `--layer`: no layer classifies", options.method)))?;
            let name = format!("the input of {last}");
            Ok((At::input(last), name))
        }
    }
}

/// The last layer with weights.
fn classifier(graph: &Graph) -> Option<String> {
    let flat = graph.inlined();
    flat.nodes().iter().rev().find(|node| matches!(node.op, Op::Linear(_) | Op::Conv2d(_))).map(|node| node.name.to_string())
}

/// What the layer gives for a batch.
fn values(subject: &Subject, at: &At, batch: &DynTensor<f32, Cpu>) -> Result<Vec<f32>, ModelError> {
    let mut hooks = Hooks::new();
    hooks.until([at.clone()]);
    let found: Vec<DynTensor<f32, Cpu>> = hooks.try_forward(&subject.network, vec![batch.clone()])?;
    Ok(found[0].to_vec())
}

/// The test images nearest to some, in what a layer gives and in their pixels.
pub(super) fn neighbors(subject: &Subject, options: &ExplainOptions) -> Result<Made, ModelError> {
    let sampled = Sampled::of(subject, options, usize::MAX)?;
    let (test, count) = (subject.test_images(), sampled.numbers.len());
    let pixels = sampled.numbers.iter().flat_map(|&number| test.image(number)).map(|&pixel| f32::from(pixel)).collect();
    if count < 2 {
        return Err(ModelError::Option("`--method neighbors` needs at least 2 test images".to_owned()));
    }
    let near = NEAR.min(count - 1);
    let spaces = [&sampled.features, &Points::new(pixels, test.shape().iter().product())?];
    // The queries, and what is near in each space.
    let mut cells: [Vec<Canvas>; 3] = Default::default();
    let (mut right, mut asked) = ([0_u32; 2], 0);
    let mut ask = |picture: &Image, class: Option<usize>, itself: Option<usize>, coordinates: [&[f32]; 2]| -> Result<(), ModelError> {
        let [queries, found @ ..] = &mut cells;
        let drawn = asked < ROWS;
        if drawn {
            queries.push(framed(picture, false));
        }
        for (space, cells) in found.iter_mut().enumerate() {
            for near in spaces[space].nearest(coordinates[space], near, itself) {
                let same = class.is_none_or(|class| class == sampled.class(subject, near.index));
                right[space] += u32::from(same);
                if drawn {
                    cells.push(framed(&of_test(test, sampled.numbers[near.index])?.0, !same));
                }
            }
        }
        asked += 1;
        Ok(())
    };
    match subject.picture() {
        Some(picture) => {
            let (at, _) = place(subject, options)?;
            let class = options.index.map(|index| test.labels()[index]);
            let itself = options.index.and_then(|index| sampled.numbers.iter().position(|number| *number == index));
            let bytes: Vec<f32> = picture.to_bytes().into_iter().map(f32::from).collect();
            let features = values(subject, &at, &subject.tensor(picture)?)?;
            ask(picture, class, itself, [&features, &bytes])?;
        }
        None => {
            let mut random = StdRng::seed_from_u64(options.settings.seed.unwrap_or(0));
            for position in sample(&mut random, count, ASKED.min(count)) {
                let (picture, _) = of_test(test, sampled.numbers[position])?;
                let class = sampled.class(subject, position);
                ask(&picture, Some(class), Some(position), spaces.map(|space| space.row(position)))?;
            }
        }
    }
    let mut text = format!("the {near} nearest of {count} test images in {} and in pixels, for {asked} pictures", sampled.name);
    if options.image.is_none() {
        let [features, pixels] = right.map(|right| 100.0 * f64::from(right) / (asked * near) as f64);
        text += &format!("; {features:.1} % and {pixels:.1} % have the class of the picture, the others are framed");
    }
    let [queries, features, pixels] = cells;
    let blocks = [
        Canvas::grid(&queries, 1),
        Canvas::grid(&features, near).captioned("nearest in the layer"),
        Canvas::grid(&pixels, near).captioned("nearest in pixels"),
    ];
    Ok(Made { picture: Some(side_by_side(&blocks)), text })
}

/// The test images in the plane of the first two principal components.
pub(super) fn pca(subject: &Subject, options: &ExplainOptions) -> Result<Made, ModelError> {
    let sampled = Sampled::of(subject, options, SHOWN)?;
    let pca = Pca::fit(&sampled.features, 2)?;
    let [first, second] = [0, 1].map(|i| 100.0 * pca.explained_variance_ratio[i]);
    let note = format!("the first two components have {first:.1} % and {second:.1} % of the variance");
    plane(subject, options, &sampled, &pca.transform(&sampled.features), &note)
}

/// The test images in a plane where neighbors stay neighbors.
pub(super) fn tsne_map(subject: &Subject, options: &ExplainOptions) -> Result<Made, ModelError> {
    let sampled = Sampled::of(subject, options, SHOWN)?;
    let defaults = TsneOptions::default();
    let settings = TsneOptions {
        perplexity: options.settings.perplexity.unwrap_or(defaults.perplexity),
        max_iter: options.settings.iterations.unwrap_or(defaults.max_iter),
        seed: options.settings.seed.unwrap_or(0),
        ..defaults
    };
    let found = tsne(&sampled.features, &settings)?;
    plane(subject, options, &sampled, &found.embedding, &format!("KL divergence {:.3}", found.kl_divergence))
}

/// Images in a plane: points by class, and a map of the pictures.
fn plane(subject: &Subject, options: &ExplainOptions, sampled: &Sampled, places: &[[f64; 2]], note: &str) -> Result<Made, ModelError> {
    let test = subject.test_images();
    let mut classes: Vec<Line> = test.classes().iter().map(|name| (name.clone(), Vec::new())).collect();
    for (position, [x, y]) in places.iter().enumerate() {
        classes[sampled.class(subject, position)].1.push((*x, *y));
    }
    let pictures = sampled.numbers.iter().map(|&number| Ok(small(&of_test(test, number)?.0))).collect::<Result<Vec<_>, ModelError>>()?;
    let blocks = [Canvas::scatter(&classes, SIDE), Canvas::picture_map(&pictures, places, SIDE)];
    let trust = match trustworthiness(&sampled.features, places, TRUSTED) {
        Ok(trust) => format!(", trustworthiness {trust:.3} of {TRUSTED} neighbors"),
        // With so few images all are neighbors.
        Err(_) => String::new(),
    };
    let method = if options.method == ExplainMethod::Pca { "principal components" } else { "t-SNE" };
    let text = format!("{method} of {}, {} test images: {note}{trust}", sampled.name, places.len());
    let height = blocks.iter().map(|block| block.size()[0]).sum::<usize>() + SMALL;
    let mut picture = Canvas::blank([height, blocks.iter().map(|block| block.size()[1]).max().unwrap_or(SIDE)]);
    picture.put(&blocks[0], 0, 0);
    picture.put(&blocks[1], blocks[0].size()[0] + SMALL, 0);
    Ok(Made { picture: Some(picture), text })
}

/// A picture that is at least `LARGE` wide or high, with a frame or the space for one.
fn framed(picture: &Image, frame: bool) -> Canvas {
    let canvas = image(picture);
    let canvas = canvas.enlarged(LARGE.div_ceil(canvas.size().into_iter().max().unwrap_or(1)).max(1));
    let [height, width] = canvas.size().map(|side| side + 2 * FRAME);
    let mut whole = Canvas::blank([height, width]);
    if frame {
        whole.rectangle([0.0; 2], [height as f64, width as f64], ANOTHER);
    }
    whole.put(&canvas, FRAME, FRAME);
    whole
}

/// A picture for a map.
fn small(picture: &Image) -> Canvas {
    let [height, width] = picture.size();
    let longer = height.max(width).max(1);
    if longer > SMALL {
        return image(&picture.resized([height, width].map(|side| (side * SMALL / longer).max(1))));
    }
    image(picture).enlarged((SMALL / longer).max(1))
}

/// Blocks beside each other, their lower edges in line.
fn side_by_side(blocks: &[Canvas]) -> Canvas {
    let height = blocks.iter().map(|block| block.size()[0]).max().unwrap_or_default();
    let apart = SMALL;
    let mut canvas = Canvas::blank([height, blocks.iter().map(|block| block.size()[1] + apart).sum::<usize>() - apart]);
    let mut left = 0;
    for block in blocks {
        canvas.put(block, height - block.size()[0], left);
        left += block.size()[1] + apart;
    }
    canvas
}
