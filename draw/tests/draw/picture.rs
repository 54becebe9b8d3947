//! A picture, read back from its SVG.

use std::collections::HashMap;

use roxmltree::{Document, Node};

#[derive(Clone, Copy, Debug)]
pub struct Area {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Area {
    /// Whether the interiors have a point in common.
    pub fn meets(&self, other: &Area) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    pub fn within(&self, other: &Area) -> bool {
        self.left >= other.left && self.right <= other.right && self.top >= other.top && self.bottom <= other.bottom
    }

    pub fn shrunk(&self, by: f64) -> Area {
        Area { left: self.left + by, top: self.top + by, right: self.right - by, bottom: self.bottom - by }
    }

    /// Whether two segments are parallel side by side for some distance, closer than the width of a line.
    pub fn runs_along(&self, other: &Area) -> bool {
        let wide = self.right - self.left > self.bottom - self.top;
        let common = |a: f64, b: f64, c: f64, d: f64| b.min(d) - a.max(c);
        let (along, across) = if wide {
            (common(self.left, self.right, other.left, other.right), common(self.top, self.bottom, other.top, other.bottom))
        } else {
            (common(self.top, self.bottom, other.top, other.bottom), common(self.left, self.right, other.left, other.right))
        };
        along > 4.0 && across > -2.0
    }
}

pub struct Text {
    pub text: String,
    pub area: Area,
}

pub struct Shape {
    pub tip: String,
    pub area: Area,
    pub texts: Vec<Text>,
}

impl Shape {
    /// Whether the other shape is directly below, as a row of the same box.
    pub fn holds_up(&self, other: &Shape) -> bool {
        let (a, b) = (&self.area, &other.area);
        a.left == b.left && a.right == b.right && (0.0..3.0).contains(&(b.top - a.bottom))
    }
}

#[derive(Debug)]
pub struct Link {
    pub from: usize,
    pub to: String,
    /// The corners of the path, as if they were not rounded.
    pub points: Vec<[f64; 2]>,
}

impl Link {
    /// The straight segments of the path, each as a thin area.
    pub fn stretches(&self) -> impl Iterator<Item = Area> {
        self.points.windows(2).map(|pair| {
            let [[ax, ay], [bx, by]] = [pair[0], pair[1]];
            Area { left: ax.min(bx) - 0.1, top: ay.min(by) - 0.1, right: ax.max(bx) + 0.1, bottom: ay.max(by) + 0.1 }
        })
    }

    /// Whether the path leads from the bottom of `from` to the border of `to`, up to the arrowhead.
    pub fn joins(&self, from: &Shape, to: &Shape) -> bool {
        let ([x, y], [tx, ty]) = (self.points[0], self.points[self.points.len() - 1]);
        let leaves = (from.area.left..=from.area.right).contains(&x) && (y - from.area.bottom).abs() < 0.5;
        let near = to.area.shrunk(-5.0);
        let reaches = (near.left..=near.right).contains(&tx) && (near.top..=near.bottom).contains(&ty);
        leaves && reaches
    }
}

pub struct Picture {
    pub page: Area,
    /// Inputs and layers, by their values.
    pub boxes: HashMap<String, Shape>,
    /// Outputs, by their names.
    pub pills: HashMap<String, Shape>,
    pub links: Vec<Link>,
    /// The texts at arrows and in frames.
    pub labels: Vec<Text>,
    /// The frames around repeated blocks, each with its text.
    pub frames: Vec<(String, Area)>,
}

impl Picture {
    pub fn read(svg: &str) -> Self {
        let document = Document::parse(svg).expect("well-formed XML");
        let root = document.root_element();
        assert_eq!((root.tag_name().name(), root.tag_name().namespace()), ("svg", Some("http://www.w3.org/2000/svg")));
        let canvas = root.children().find(|node| node.has_tag_name(tag("g"))).expect("a drawing");
        let shift = canvas.attribute("transform").unwrap().trim_start_matches("translate(").trim_end_matches(')');
        let (left, top) = shift.split_once(' ').unwrap();
        let (left, top): (f64, f64) = (left.parse().unwrap(), top.parse().unwrap());
        let page = Area { left: -left, top: -top, right: number(root, "width") - left, bottom: number(root, "height") - top };
        let mut picture =
            Self { page, boxes: HashMap::new(), pills: HashMap::new(), links: Vec::new(), labels: Vec::new(), frames: Vec::new() };
        for node in canvas.children().filter(Node::is_element) {
            match (node.tag_name().name(), node.attribute("data-value")) {
                ("g", Some(value)) => assert!(picture.boxes.insert(value.to_owned(), shape(node)).is_none(), "{value} stands twice"),
                ("g", None) if node.children().any(|child| child.has_tag_name(tag("title"))) => {
                    let name = node.descendants().find(|child| child.has_tag_name(tag("text"))).and_then(|text| text.text()).unwrap();
                    picture.pills.insert(name.to_owned(), shape(node));
                }
                ("g", None) => picture.links.extend(node.children().filter(Node::is_element).map(link)),
                ("text", _) => picture.labels.push(text(node)),
                ("path", _) if node.has_children() => picture.frames.push(frame(node)),
                (name, _) => assert_eq!(name, "path"),
            }
        }
        picture
    }

    pub fn of(&self, value: usize) -> &Shape {
        self.boxes.get(&value.to_string()).unwrap_or_else(|| panic!("value {value} is not drawn"))
    }

    pub fn paths(&self, from: usize, to: &str) -> Vec<&Link> {
        self.links.iter().filter(|link| link.from == from && link.to == to).collect()
    }
}

fn tag(name: &str) -> (&str, &str) {
    ("http://www.w3.org/2000/svg", name)
}

fn number(node: Node, name: &str) -> f64 {
    node.attribute(name).unwrap_or_else(|| panic!("no {name}")).parse().unwrap()
}

/// A box, circle or pill with its text. A network is drawn as two sheets, of which the upper one is used.
fn shape(group: Node) -> Shape {
    let find = |name: &str| group.children().rfind(|node| node.has_tag_name(tag(name)));
    let area = match (find("rect"), find("circle")) {
        (Some(rect), _) => {
            let (left, top) = (number(rect, "x"), number(rect, "y"));
            Area { left, top, right: left + number(rect, "width"), bottom: top + number(rect, "height") }
        }
        (None, Some(circle)) => {
            let (x, y, radius) = (number(circle, "cx"), number(circle, "cy"), number(circle, "r"));
            Area { left: x - radius, top: y - radius, right: x + radius, bottom: y + radius }
        }
        _ => panic!("a group without a shape"),
    };
    let texts = group.children().filter(|node| node.has_tag_name(tag("text"))).map(text).collect();
    Shape { tip: find("title").unwrap().text().unwrap().to_owned(), area, texts }
}

/// A rectangle with rounded corners: the path starts at the left of the upper edge, with relative lengths to the right and down.
fn frame(path: Node) -> (String, Area) {
    let numbers = |text: &str| text.split([' ', 'h', 'q', 'v', 'z', 'M']).filter_map(|word| word.parse().ok()).collect::<Vec<f64>>();
    let d = numbers(path.attribute("d").unwrap());
    let [x, top, wide, round] = [d[0], d[1], d[2], d[5]];
    let high = d[7];
    let (left, right) = (x - round, x + wide + round);
    (path.children().find_map(|child| child.text()).unwrap().to_owned(), Area { left, top, right, bottom: top + high + 2.0 * round })
}

fn link(path: Node) -> Link {
    // A corner is the control point of a curve: `L` before it, then the control point and the end of the curve.
    let mut points: Vec<[f64; 2]> = Vec::new();
    let d = path.attribute("d").unwrap();
    let mut parts = d.split(['M', 'L', 'Q']).skip(1).map(|part| part.split(' ').map(|word| word.parse().unwrap()).collect::<Vec<f64>>());
    for (letter, numbers) in d.chars().filter(char::is_ascii_alphabetic).zip(&mut parts) {
        if letter == 'Q' {
            points.pop();
        }
        if letter == 'Q' || points.len() < 2 || points[points.len() - 1] != [numbers[0], numbers[1]] {
            points.push([numbers[0], numbers[1]]);
        }
    }
    Link { from: number(path, "data-from") as usize, to: path.attribute("data-to").unwrap().to_owned(), points }
}

fn text(node: Node) -> Text {
    let text: String = node.descendants().filter_map(|part| part.text().filter(|_| part.is_text())).collect();
    let size = number(node, "font-size");
    let bold = |node: Node| node.attribute("font-weight").is_some();
    let mut width = 0.0;
    for part in node.descendants().filter(Node::is_text) {
        let parent = part.parent_element().unwrap();
        let own = parent.attribute("font-size").map_or(size, |size| size.parse().unwrap());
        width += part.text().unwrap().chars().map(helvetica).sum::<f64>() * own * if bold(parent) { 1.1 } else { 1.0 };
        width += parent.attribute("dx").map_or(0.0, |dx| dx.parse::<f64>().unwrap());
    }
    let (x, y) = (number(node, "x"), number(node, "y"));
    let left = match node.attribute("text-anchor") {
        Some("end") => x - width,
        Some("middle") => x - width / 2.0,
        _ => x,
    };
    Text { text, area: Area { left, top: y - 0.75 * size, right: left + width, bottom: y + 0.22 * size } }
}

/// The width of a letter in units of the font size.
fn helvetica(letter: char) -> f64 {
    match letter {
        'i' | 'j' | 'l' => 0.222,
        ' ' | ',' | '.' | '[' | ']' | 'f' | 't' | ':' | 'I' => 0.278,
        'r' | '(' | ')' | '-' => 0.333,
        'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' | 'J' => 0.5,
        'm' | 'M' => 0.833,
        'w' | 'C' | 'D' | 'H' | 'N' | 'R' | 'U' => 0.722,
        'A' | 'B' | 'E' | 'K' | 'P' | 'S' | 'V' | 'X' | 'Y' => 0.667,
        'W' => 0.944,
        '…' => 1.0,
        '×' | '+' | '−' | '=' => 0.584,
        _ => 0.6,
    }
}
