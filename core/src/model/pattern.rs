//! Patterns for paths.

/// Whether a pattern matches a path: the whole path, or the part of it before a dot. `*` matches any characters, including dots.
pub(crate) fn means(pattern: &str, path: &str) -> bool {
    let ends = path.match_indices('.').map(|(dot, _)| dot).chain([path.len()]);
    ends.into_iter().any(|end| matches(pattern.as_bytes(), &path.as_bytes()[..end]))
}

/// Whether the pattern matches the whole text. On a mismatch the last `*` takes one more character, so the time is at most the product of both
/// lengths.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            p = at + 1;
            t = taken + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_patterns_mean() {
        for (pattern, path, expected) in [
            ("encoder", "encoder.conv1.weight", true),
            ("encoder", "encoder", true),
            ("encoder", "encoder2.weight", false),
            ("enc*", "encoder.conv1.weight", true),
            ("conv1", "encoder.conv1.weight", false),
            ("*.conv1", "encoder.conv1.weight", true),
            ("*.bias", "blocks.0.fc.bias", true),
            ("*.bias", "blocks.0.fc.bias.more", true),
            ("*.bias", "bias", false),
            ("*bias", "bias", true),
            ("blocks.*.fc", "blocks.10.fc.weight", true),
            ("blocks.*.fc", "blocks.10.fc1.weight", false),
            ("blocks.1", "blocks.10.fc.weight", false),
            ("*", "scale", true),
            ("a*b*c", "a.b.b.x.c", true),
            ("a*b*c", "a.b.b.x", false),
            ("", "scale", false),
            ("encoder.", "encoder.weight", false),
        ] {
            assert_eq!(means(pattern, path), expected, "`{pattern}` and `{path}`");
        }
    }

    #[test]
    fn many_stars_take_no_long() {
        let (pattern, text) = ("*a".repeat(40) + "b", "a".repeat(5000));
        assert!(!means(&pattern, &text));
    }
}
