//! How deep the elements of an XML text are nested, and how long its tags are. `roxmltree` follows elements by recursion and compares each attribute of an element
//! with those before it, so a file could exhaust the stack or time.

/// Pascal VOC nests four deep.
const DEEPEST: usize = 64;
/// Pascal VOC has no attributes.
const LONGEST: usize = 1024;

/// What a text has too much of, if anything.
pub(super) fn exceeded(text: &str) -> Option<String> {
    match measure(text) {
        [depth, _] if depth > DEEPEST => Some(format!("elements nested more than {DEEPEST} deep")),
        [_, tag] if tag > LONGEST => Some(format!("a tag of more than {LONGEST} bytes")),
        _ => None,
    }
}

/// The depth of the deepest element and the length of the longest tag, up to the first place that is not well-formed, where a parser stops too. The time is linear
/// in the length.
fn measure(text: &str) -> [usize; 2] {
    let (mut rest, mut depth, mut deepest, mut longest) = (text, 0usize, 0, 0);
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let skipped =
            [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("</", ">")].into_iter().find(|(begin, _)| rest.starts_with(begin));
        let end = match skipped {
            Some((begin, end)) => {
                depth = if begin == "</" { depth.saturating_sub(1) } else { depth };
                rest[begin.len()..].find(end).map(|at| begin.len() + at + end.len())
            }
            None => {
                let end = end_of_tag(rest);
                longest = longest.max(end.unwrap_or(rest.len()));
                if end.is_some_and(|end| !rest[..end].ends_with("/>")) {
                    depth += 1;
                    deepest = deepest.max(depth);
                }
                end
            }
        };
        let Some(end) = end else { break };
        rest = &rest[end..];
    }
    [deepest, longest]
}

/// The length of a tag with its `>`, which may also be in the value of an attribute.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        for (text, expected) in [
            ("", 0),
            ("<a/>", 0),
            ("<?xml version='1.0'?><a><b/><c>text</c></a>", 2),
            // What looks like an end or like an empty element is none.
            ("<a><!-- </a> --><b><![CDATA[</b>]]><c x='/>'><?p </c>?><d y=\"'/>\"></d></c></b></a>", 4),
            ("<a><b/ ><c></c></a>", 3),
            ("<a><b <c>", 2),
            ("<a><b x='>", 1),
            ("</a></a><a>", 1),
        ] {
            assert_eq!(measure(text)[0], expected, "{text}");
        }
        assert_eq!(measure("<a>text<bc d='>'/></a>")[1], 11);
        assert_eq!(measure("<a b='never closed")[1], 18);
    }
}
