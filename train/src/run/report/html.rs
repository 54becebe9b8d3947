//! Parts of a page.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Duration;

const STYLE: &str = include_str!("style.css");
/// Larger pictures are named, not shown.
const MOST_BYTES: u64 = 8 << 20;

/// A whole page, which a browser loads again after a time.
pub(super) fn document(title: &str, body: &str, refresh: Option<Duration>) -> String {
    let refresh = refresh.map_or_else(String::new, |time| format!("<meta http-equiv=\"refresh\" content=\"{}\">\n", time.as_secs()));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n{refresh}<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(title)
    )
}

/// A section with a heading; nothing if it has no content.
pub(super) fn section(heading: &str, content: &str) -> String {
    if content.is_empty() { String::new() } else { format!("<section>\n<h2>{}</h2>\n{content}</section>\n", escape(heading)) }
}

/// A table that scrolls sideways where it does not fit. The first column names the rows.
pub(super) fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let mut html = "<div class=\"scroll\"><table>\n".to_owned();
    if !head.is_empty() {
        html += "<tr>";
        head.iter().for_each(|cell| html += &format!("<th scope=\"col\">{}</th>", escape(cell)));
        html += "</tr>\n";
    }
    for row in rows {
        html += "<tr>";
        for (i, cell) in row.iter().enumerate() {
            // A percentage stays on one line.
            let cell = escape(cell).replace(" %", "&nbsp;%");
            html += &if i == 0 { format!("<th scope=\"row\">{cell}</th>") } else { format!("<td>{cell}</td>") };
        }
        html += "</tr>\n";
    }
    html + "</table></div>\n"
}

/// A picture of the folder inside the page, with its caption if it has one.
pub(super) fn picture(folder: &Path, name: &str, [alt, caption]: [&str; 2]) -> String {
    let path = folder.join(name);
    let kind = if name.ends_with(".svg") { "image/svg+xml" } else { "image/png" };
    let alt = escape(alt);
    let caption = if caption.is_empty() { String::new() } else { format!("<figcaption>{}</figcaption>", escape(caption)) };
    let note = |reason: String| format!("<p class=\"note\">{}: {}</p>\n", escape(name), escape(&reason));
    match fs::metadata(&path) {
        Err(error) => return note(format!("cannot be read: {error}")),
        Ok(metadata) if metadata.len() > MOST_BYTES => return note(format!("{} MB, too large for this page", metadata.len() >> 20)),
        Ok(_) => {}
    }
    match fs::read(&path) {
        Err(error) => note(format!("cannot be read: {error}")),
        Ok(bytes) => {
            format!("<figure class=\"picture\"><img alt=\"{alt}\" src=\"data:{kind};base64,{}\">{caption}</figure>\n", base64(&bytes))
        }
    }
}

/// Text of a file, which may contain anything, as text of a page.
pub(in super::super) fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => html += "&amp;",
            '<' => html += "&lt;",
            '>' => html += "&gt;",
            '"' => html += "&quot;",
            // A page must not have these, even escaped.
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' => html.push('\u{fffd}'),
            char => html.push(char),
        }
    }
    html
}

/// A number with four significant digits.
pub(super) fn figure(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let digits = value.abs().log10().floor();
    if !(-4.0..7.0).contains(&digits) {
        return format!("{value:.3e}");
    }
    let text = format!("{value:.*}", (3.0 - digits).max(0.0) as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A duration: `0.8 s`, `2 min 5 s`, `1 h 3 min`.
pub(super) fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// RFC 4648, section 4.
pub(in super::super) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().enumerate().fold(0u32, |bits, (i, &byte)| bits | u32::from(byte) << (16 - 8 * i));
        for i in 0..4 {
            let char = if i <= three.len() { char::from(ALPHABET[(bits >> (18 - 6 * i)) as usize & 63]) } else { '=' };
            let _ = text.write_char(char);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of RFC 4648, section 10.
    #[test]
    fn base64_of_the_standard() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")];
        for (bytes, text) in cases {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xbf]), "+/+/");
    }

    #[test]
    fn figures() {
        let cases = [
            (0.0, "0"),
            (0.123_456, "0.1235"),
            (12345.6, "12346"),
            (-2.5, "-2.5"),
            (1e-7, "1.000e-7"),
            (3e9, "3.000e9"),
            (0.000_52, "0.00052"),
            (100.0, "100"),
        ];
        for (value, text) in cases {
            assert_eq!(figure(value), text);
        }
        assert_eq!([0.84, 125.0, 3805.0].map(duration), ["0.8 s", "2 min 5 s", "1 h 3 min"]);
    }
}
