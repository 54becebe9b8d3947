//! Pictures, read back: they contain everything in the graph, and nothing overlaps. Folding is tested in `repeats.rs`.

use layercake_draw::Drawing;
use layercake_ir::ops::{Linear, Subgraph};
use layercake_ir::{Builder, Graph, INFER, Op, Shape};

use crate::networks;
use crate::picture::Picture;

/// The picture of every network, folded and unfolded.
fn pictures() -> Vec<(Graph, Picture)> {
    let both = |graph: Graph| {
        let drawing = Drawing::of(&graph);
        [drawing.svg(), drawing.full().svg()].map(|svg| (graph.clone(), Picture::read(&svg)))
    };
    networks::all().into_iter().flat_map(both).collect()
}

/// Every layer has a box, every link has a path or a row of a box, and each path connects its two boxes.
#[test]
fn everything_is_drawn() {
    for graph in networks::all() {
        let picture = Picture::read(&Drawing::of(&graph).full().svg());
        let mut links = 0;
        for (index, node) in graph.nodes().iter().enumerate() {
            let value = graph.value_of(index);
            for further in node.values().skip(1) {
                assert!(!picture.boxes.contains_key(&further.to_string()), "{}: {}", graph.name, node.name);
            }
            let own = picture.of(value);
            assert!(own.tip.starts_with(&format!("{}: {}", node.name, kind(node))), "{}: {}", graph.name, own.tip);
            for &from in node.inputs() {
                let from = home(&graph, from);
                let paths = picture.paths(from.0, &value.to_string());
                if paths.is_empty() {
                    assert!(picture.of(from.1).holds_up(own), "{}: {} and {value}", graph.name, from.0);
                } else {
                    let uses = node.inputs().iter().filter(|&&input| input == from.0).count();
                    assert_eq!(paths.len(), uses, "{}: {} and {value}", graph.name, from.0);
                    assert!(paths.iter().all(|path| path.joins(picture.of(from.1), own)), "{}: {} and {value}", graph.name, from.0);
                    links += 1;
                }
            }
        }
        for port in graph.outputs() {
            let from = home(&graph, port.value);
            let [path] = &picture.paths(from.0, &port.name)[..] else { panic!("{}: {}", graph.name, port.name) };
            assert!(path.joins(picture.of(from.1), &picture.pills[&*port.name]), "{}: {}", graph.name, port.name);
            links += 1;
        }
        assert_eq!(picture.links.len(), links, "{}", graph.name);
        assert_eq!(picture.pills.len(), graph.outputs().len(), "{}", graph.name);
    }
}

#[test]
fn nothing_overlaps() {
    for (graph, picture) in pictures() {
        let boxes: Vec<_> = picture.boxes.values().chain(picture.pills.values()).collect();
        for (i, a) in boxes.iter().enumerate() {
            assert!(a.area.within(&picture.page), "{}: {} leaves the page", graph.name, a.tip);
            for b in &boxes[..i] {
                assert!(!a.area.meets(&b.area), "{}: {} on {}", graph.name, a.tip, b.tip);
            }
            for link in &picture.links {
                let through = link.stretches().any(|stretch| stretch.meets(&a.area.shrunk(2.0)));
                assert!(!through, "{}: {} -> {} through {}", graph.name, link.from, link.to, a.tip);
            }
            for label in &picture.labels {
                assert!(!label.area.meets(&a.area), "{}: {} on {}", graph.name, label.text, a.tip);
            }
        }
        for label in &picture.labels {
            assert!(label.area.within(&picture.page), "{}: {} leaves the page", graph.name, label.text);
            let struck = picture.links.iter().find(|link| link.stretches().any(|stretch| stretch.meets(&label.area)));
            assert!(struck.is_none(), "{}: {} is struck through by {:?}", graph.name, label.text, struck);
        }
        assert!(picture.links.iter().flat_map(|link| link.stretches()).all(|stretch| stretch.within(&picture.page)), "{}", graph.name);
    }
}

/// The paths of two values never share a line, so that they can be told apart.
#[test]
fn links_of_two_values_do_not_share_a_way() {
    for (graph, picture) in pictures() {
        for (i, a) in picture.links.iter().enumerate() {
            for b in picture.links[..i].iter().filter(|b| b.from != a.from) {
                let shared = a.stretches().any(|one| b.stretches().any(|other| one.runs_along(&other)));
                assert!(!shared, "{}: {} -> {} and {} -> {}", graph.name, a.from, a.to, b.from, b.to);
            }
        }
    }
}

/// The widths are measured independently: those of Liberation Sans, which equal Helvetica's.
#[test]
fn texts_fit_their_boxes() {
    for (graph, picture) in pictures() {
        for shape in picture.boxes.values().chain(picture.pills.values()) {
            for (i, text) in shape.texts.iter().enumerate() {
                assert!(text.area.within(&shape.area), "{}: {} in {}", graph.name, text.text, shape.tip);
                assert!(shape.texts[..i].iter().all(|other| !other.area.meets(&text.area)), "{}: {}", graph.name, shape.tip);
            }
        }
    }
}

/// The paths down the middle of a residual network are straight, and its skips have two corners.
#[test]
fn the_longest_way_is_straight() {
    let graph = networks::resnet50(&[3, 4]);
    let picture = Picture::read(&Drawing::of(&graph).full().svg());
    let skips: Vec<_> = picture.links.iter().filter(|link| link.points.len() > 2).collect();
    // Two projections, each with a path to it and one from it; five identities.
    assert_eq!(skips.len(), 2 * 2 + 5);
    assert!(skips.iter().all(|link| link.points.len() <= 6), "{skips:?}");
    let x = picture.links.iter().filter(|link| link.points.len() == 2).map(|link| link.points[0][0]);
    assert_eq!(x.clone().fold(f64::INFINITY, f64::min), x.fold(0.0, f64::max));
}

#[test]
fn foreign_names_stay_text() {
    let mut b = Builder::new("<b> & \"c\"");
    let x = b.input("in\u{1}put]", Shape::new(&[4])).unwrap();
    let linear = Op::Linear(Linear { in_features: INFER, out_features: 3, bias: false });
    let x = b.add("a<b>&\"\\`é", linear, &[x]).unwrap();
    let x = b.add(&"long".repeat(60), linear, &[x]).unwrap();
    let drawing = Drawing::of(&b.finish(&[("</svg>", x)]));
    let picture = Picture::read(&drawing.svg());
    assert_eq!(picture.of(1).tip, "a<b>&\"\\`é: Linear 3, no bias, [4] → [3], 12 params");
    assert!(picture.page.right < 700.0);
    assert!(picture.pills.contains_key("</svg>"));
    assert!(drawing.dot().contains(r#"[label="a<b>&\"\\`é: Linear 3, no bias (12 params)\nlong"#), "{}", drawing.dot());
    let mermaid = drawing.mermaid();
    assert!(mermaid.contains(r##"("a#60;b#62;#38;#34;\#96;é: Linear 3, no bias (12 params)<br/>"##), "{mermaid}");
}

#[test]
fn the_other_languages() {
    let drawing = Drawing::of(&networks::siamese());
    let dot = drawing.dot();
    let lines: Vec<&str> = dot.lines().skip(5).collect();
    assert_eq!(
        lines,
        [
            r##"  b0 [label="left", fillcolor="#eef1f5", color="#64748b", shape=oval, style=filled];"##,
            r##"  b1 [label="right", fillcolor="#eef1f5", color="#64748b", shape=oval, style=filled];"##,
            r##"  b2 [label="conv: Conv2d 8, 5×5, stride 2, pad 2 (208 params)\nReLU\nFlatten", fillcolor="#d9e8fb", color="#3f79bd"];"##,
            r##"  b3 [label="embed: Linear 32 (50,208 params)", fillcolor="#e7def7", color="#7d5bb5"];"##,
            r##"  b4 [label="conv: Conv2d 8, 5×5, stride 2, pad 2 (= conv)\nReLU\nFlatten", fillcolor="#d9e8fb", color="#3f79bd"];"##,
            r##"  b5 [label="embed: Linear 32 (= embed)", fillcolor="#e7def7", color="#7d5bb5"];"##,
            r##"  b6 [label="−", fillcolor="#fde5cf", color="#cb7a2c", shape=circle, style=filled, margin=0, width=0.35];"##,
            r##"  b7 [label="judge: Linear 1 (33 params)\nSigmoid", fillcolor="#e7def7", color="#7d5bb5"];"##,
            r##"  b8 [label="same", fillcolor="#eef1f5", color="#64748b", shape=oval, style=filled];"##,
            r#"  b0 -> b2 [label="[1, 28, 28]"];"#,
            r#"  b2 -> b3 [label="[1568]"];"#,
            r#"  b1 -> b4 [label="[1, 28, 28]"];"#,
            r#"  b4 -> b5 [label="[1568]"];"#,
            r#"  b3 -> b6 [label="[32]", headlabel="+"];"#,
            r#"  b5 -> b6 [label="[32]", headlabel="−"];"#,
            r#"  b6 -> b7 [label="[32]"];"#,
            r#"  b7 -> b8 [label="[1]"];"#,
            "}",
        ]
    );
    let mermaid = drawing.mermaid();
    for line in [
        r#"b0(["left"]):::port"#,
        r#"b2("conv: Conv2d 8, 5×5, stride 2, pad 2 (208 params)<br/>ReLU<br/>Flatten"):::convolution"#,
        r#"b6(("Sub")):::join"#,
        r#"b3 -- "[32]" --> b6"#,
        r#"b5 -- "[32] subtracted" --> b6"#,
        "classDef dense fill:#e7def7,stroke:#7d5bb5,color:#1f2733",
    ] {
        assert!(mermaid.lines().any(|other| other.trim() == line), "{line} in {mermaid}");
    }
}

/// All three formats have the same links, and the same graph has the same text.
#[test]
fn the_languages_agree() {
    for graph in networks::all() {
        let (one, other) = (Drawing::of(&graph), Drawing::of(&graph.clone()));
        assert_eq!((one.svg(), one.dot(), one.mermaid()), (other.svg(), other.dot(), other.mermaid()));
        for drawing in [one.clone(), one.full()] {
            let links = drawing.svg().matches("data-from=").count();
            assert_eq!(
                (drawing.dot().matches(" -> ").count(), drawing.mermaid().matches(" --> ").count()),
                (links, links),
                "{}",
                graph.name
            );
            let frames = drawing.svg().matches("stroke-dasharray").count();
            assert_eq!((drawing.dot().matches("subgraph ").count(), drawing.mermaid().matches("subgraph ").count()), (frames, frames));
        }
    }
}

#[test]
fn an_empty_network_has_a_picture() {
    let mut b = Builder::new("Nothing");
    let x = b.input("input", Shape::new(&[4])).unwrap();
    let picture = Picture::read(&Drawing::of(&b.finish(&[("output", x)])).svg());
    assert_eq!((picture.boxes.len(), picture.pills.len(), picture.links.len()), (1, 1, 1));
    let less = Graph { name: "Less".into(), inputs: (&[]).into(), nodes: (&[]).into(), outputs: (&[]).into() };
    let picture = Picture::read(&Drawing::of(&less).svg());
    assert_eq!((picture.boxes.len(), picture.links.len()), (0, 0));
}

/// The value, and the value of the box it leaves from: all outputs of a layer leave from the box of the first.
fn home(graph: &Graph, value: usize) -> (usize, usize) {
    (value, graph.producer(value).map_or(value, |(index, _)| graph.value_of(index)))
}

fn kind(node: &layercake_ir::Node) -> &str {
    match node.op {
        Op::Subgraph(Subgraph { graph, .. }) => &graph.name,
        _ => node.op.kind(),
    }
}
