//! Text files.

use layercake_train::data::readers::Text;

use super::place::{Place, gzip};

#[test]
fn a_byte_order_mark_is_skipped() {
    let place = Place::new();
    for bytes in ["\u{feff}abc".as_bytes().to_vec(), gzip("\u{feff}abc".as_bytes()), b"abc".to_vec()] {
        let text = Text::read(&place.put("a.txt", &bytes)).unwrap();
        assert_eq!((text.vocabulary(), text.characters()), (&['a', 'b', 'c'][..], &[0, 1, 2][..]));
    }
    // Within the text it is an ordinary character.
    assert_eq!(Text::read(&place.put("a.txt", "a\u{feff}".as_bytes())).unwrap().vocabulary(), ['a', '\u{feff}']);
    let message = |bytes: &[u8]| place.text(Text::read(&place.put("x.txt", bytes)));
    let found = "found UTF-16 (by its byte order mark); convert it to UTF-8";
    for bytes in [&b"\xff\xfea\0"[..], b"\xfe\xff\0a"] {
        assert_eq!(message(bytes), format!("x.txt: expected text in UTF-8, {found}"));
    }
    assert_eq!(message(b"\xff\xfe\0\0a\0\0\0"), format!("x.txt: expected text in UTF-8, {}", found.replace("16", "32")));
    assert_eq!(message(b"a\0b\0"), "x.txt: expected text in UTF-8, found a zero byte at byte 1");
    assert_eq!(message("\u{feff}".as_bytes()), "x.txt: expected text, found nothing");
}

#[test]
fn another_text_with_the_same_vocabulary() {
    let place = Place::new();
    let train = Text::read(&place.put("train.txt", b"abcd")).unwrap();
    let test = Text::read_like(&place.put("test.txt", b"db"), &train).unwrap();
    assert_eq!((test.characters(), test.vocabulary()), (&[3, 1][..], train.vocabulary()));
    assert_eq!(
        place.text(Text::read_like(&place.put("test.txt", b"dx"), &train)),
        "test.txt: expected only the 4 characters of the training text, found 'x' in line 1"
    );
}
