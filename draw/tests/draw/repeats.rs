//! Repeated blocks in pictures: each is drawn once, in a frame that shows the number of repetitions.

use layercake_draw::Drawing;
use layercake_ir::Graph;

use crate::networks;
use crate::picture::{self, Picture};

/// The texts of the frames in a picture.
fn frames(graph: &Graph) -> Vec<String> {
    Picture::read(&Drawing::of(graph).svg()).frames.into_iter().map(|frame| frame.0).collect()
}

#[test]
fn blocks_are_folded() {
    let resnet = networks::resnet50(&[3, 4, 6, 3]);
    let told: Vec<String> = frames(&resnet).iter().map(|tip| tip[..8].to_owned()).collect();
    assert_eq!(told, ["2 times:", "3 times:", "5 times:", "2 times:"]);
    let page = |drawing: &Drawing| Picture::read(&drawing.svg()).page;
    let (folded, full) = (page(&Drawing::of(&resnet)), page(&Drawing::of(&resnet).full()));
    assert!(folded.bottom - folded.top < 0.6 * (full.bottom - full.top), "{folded:?} {full:?}");
    assert_eq!(
        frames(&networks::transformer(12)),
        ["12 times: ".to_owned() + &(0..12).map(|i| format!("blocks.{i}")).collect::<Vec<_>>().join(", ")]
    );
    let chain = frames(&networks::chain(30));
    assert_eq!(chain, ["30 times: relu_1, relu_2, relu_3, …, relu_30"]);
    let towers = frames(&networks::towers(3));
    assert_eq!(towers, ["3 times: left.0, left.1, left.2", "3 times: right.0, right.1, right.2"]);
}

/// The outer block is repeated twice, and contains an inner block that is repeated five times.
#[test]
fn frames_stand_in_frames() {
    let picture = Picture::read(&Drawing::of(&networks::stack(5)).svg());
    let [(outer, around), (inner, within)] = &picture.frames[..] else { panic!("{:?}", picture.frames) };
    assert_eq!(outer, "2 times: repeat_1.0, repeat_1.1");
    assert!(inner.starts_with("5 times: repeat_1.0.repeat_1.0, repeat_1.0.repeat_1.1"), "{inner}");
    assert!(within.within(around));
    // The input; the layer, its activation, and the layer between the two stacks.
    assert_eq!(picture.boxes.len(), 1 + 3);
}

/// Blocks are not folded if a value inside is used elsewhere, if they differ in anything, or if they change the shape.
#[test]
fn what_differs_is_drawn() {
    assert_eq!(frames(&networks::skipping(4)), [""; 0]);
    for graph in [networks::densenet(6), networks::inception(), networks::siamese(), networks::vae(), networks::nested()] {
        assert_eq!(frames(&graph), [""; 0], "{}", graph.name);
    }
    assert_eq!(frames(&networks::transformer(1)), [""; 0]);
}

/// The content of a frame lies within it, and nothing else does.
#[test]
fn frames_hold_what_they_say() {
    for graph in networks::all() {
        let picture = Picture::read(&Drawing::of(&graph).svg());
        for (tip, frame) in &picture.frames {
            assert!(frame.within(&picture.page), "{}: {tip}", graph.name);
            let boxes: Vec<_> = picture.boxes.values().filter(|shape| shape.area.meets(frame)).collect();
            assert!(!boxes.is_empty() && boxes.iter().all(|shape| shape.area.within(frame)), "{}: {tip}", graph.name);
            assert!(picture.pills.values().all(|pill| !pill.area.meets(frame)), "{}: {tip}", graph.name);
            assert!(picture.labels.iter().all(|label| !label.area.meets(frame) || label.area.within(frame)), "{}: {tip}", graph.name);
            let ways = |link: &&picture::Link| link.stretches().any(|stretch| stretch.meets(frame));
            for link in picture.links.iter().filter(ways) {
                let ends = [picture.of(link.from).area, picture.boxes.get(&link.to).map_or(picture.page, |shape| shape.area)];
                assert!(ends.iter().any(|end| end.within(frame)), "{}: {} -> {} through {tip}", graph.name, link.from, link.to);
            }
        }
    }
}

#[test]
fn the_other_languages_have_groups() {
    let drawing = Drawing::of(&networks::transformer(3));
    let lines = |text: String| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    let (dot, mermaid) = (lines(drawing.dot()), lines(drawing.mermaid()));
    let at =
        |lines: &[String], text: &str| lines.iter().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text} in {lines:#?}"));
    assert!(at(&dot, "subgraph cluster_0 {") + 1 == at(&dot, r#"label="× 3: blocks.0 … 2""#));
    assert!(at(&dot, "blocks.0.attention") > at(&dot, "subgraph") && at(&dot, "}") > at(&dot, "blocks.0.fc2"));
    assert!(at(&mermaid, r#"subgraph r0 ["× 3: blocks.0 … 2"]"#) < at(&mermaid, "blocks.0.norm1"));
    assert!(at(&mermaid, "end") > at(&mermaid, "blocks.0.fc2") && at(&mermaid, "head: Linear 10") > at(&mermaid, "end"));
    assert!(!drawing.clone().full().dot().contains("subgraph") && drawing.full().mermaid().contains("blocks.2.fc2"));
}
