//! Files that are made to take much memory or time.

use super::{AROUND, INFLATED, MULTIPLE, Place, alone, archive};

/// A file of PyTorch with this pickle, after its protocol.
fn pt(pickle: &[u8], storages: &[(&str, usize)]) -> Vec<u8> {
    let pickle = [b"\x80\x02", pickle].concat();
    let storages = storages.iter().map(|&(key, size)| (format!("a/data/{key}"), vec![0; size]));
    archive(&[("a/data.pkl".to_owned(), pickle)].into_iter().chain(storages).collect::<Vec<_>>())
}

fn text(text: &str) -> Vec<u8> {
    [b"X", &(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat()
}

/// The instructions that make a tensor of one axis: the storage `0` of bytes, `size` numbers that are `stride` apart.
fn tensor(count: u32, size: u32, stride: u32) -> Vec<u8> {
    let int = |number: u32| [b"J", &number.to_le_bytes()[..]].concat();
    [
        b"ctorch._utils\n_rebuild_tensor_v2\n((".as_slice(),
        &text("storage"),
        b"ctorch\nByteStorage\n",
        &text("0"),
        &text("cpu"),
        &int(count),
        b"tQ",
        &int(0),
        &int(size),
        b"\x85",
        &int(stride),
        b"\x85\x89}tR",
    ]
    .concat()
}

/// A dict, with these instructions after its beginning.
fn dict(inner: &[u8]) -> Vec<u8> {
    [b"}(", inner, b"u."].concat()
}

/// Reads it, in memory that is stated, and gives the error.
fn refused(what: &str, bytes: &[u8], around: usize) -> String {
    let (outcome, room) = Place::new("made").read(bytes);
    let multiple = room as f64 / bytes.len() as f64;
    println!("{what}: {room} bytes of memory for a file of {}, {multiple:.1} times", bytes.len());
    assert!(room <= MULTIPLE * bytes.len() + around, "{what}: {room} bytes for a file of {}", bytes.len());
    outcome.map_or_else(|error| error.to_string(), |()| panic!("{what} is read"))
}

const MANY: usize = 300_000;

#[test]
fn pickles_of_nothing_but_small_values() {
    let _alone = alone();
    for (what, instruction) in [
        ("Nones", &b"N"[..]),
        ("empty tuples", b")"),
        ("empty dicts", b"}"),
        ("empty lists in a memo", b"]\x94"),
        ("classes", b"ctorch\nSize\n"),
        ("marks", b"("),
        ("dicts of a pair", b"}NNs"),
        ("lists of a value", b"]Na"),
        ("tuples of a value", b"N\x85"),
        ("texts", b"U\0"),
        ("copies", b"N2"),
    ] {
        let says = refused(what, &pt(&instruction.repeat(MANY), &[]), AROUND);
        assert!(says.ends_with(&format!("its pickle, at byte {}: it is cut off", 2 + instruction.len() * MANY)), "{says}");
    }
}

#[test]
fn pickles_that_refer_again_and_again() {
    let _alone = alone();
    // A dict of 300,000 keys, each the same text of 100,000 bytes.
    let long = "x".repeat(100_000);
    let items = [&text(&long)[..], b"q\0", b"N", &b"h\0N".repeat(MANY)].concat();
    refused("one long key", &pt(&dict(&items), &[]), AROUND);
    // A tensor whose name is that text, and as many copies of it.
    let items = [&text(&long)[..], b"q\0", &tensor(1, 1, 1), b"q\x01", &b"h\0h\x01".repeat(MANY)].concat();
    let says = refused("one long name", &pt(&dict(&items), &[("0", 1)]), AROUND);
    assert!(says.ends_with("the name of a tensor has 100000 bytes"), "{says}");
    let says = refused("a class with a long name", &pt(&[b"c", long.as_bytes(), b"\n", long.as_bytes(), b"\n."].concat(), &[]), AROUND);
    assert!(says.contains("which is refused"), "{says}");
    // Dicts in dicts, deeper than any stack; and a dict in itself.
    let nested = [&b"}".repeat(MANY)[..], &b"Nas"[..1]].concat();
    refused("deep", &pt(&nested, &[]), AROUND);
    let deep = [b"}".to_vec(), [&text("a")[..], b"}"].concat().repeat(20_000), b"s".repeat(20_000), b".".to_vec()].concat();
    let says = refused("dicts in dicts", &pt(&deep, &[]), AROUND);
    assert!(says.ends_with("it has no dict of tensors"), "{says}");
    let own = [&b"}q\0("[..], &text("a"), b"h\0u."].concat();
    let says = refused("a dict in itself", &pt(&own, &[]), AROUND);
    assert!(says.ends_with("it has no dict of tensors"), "{says}");
}

#[test]
fn tensors_with_more_numbers_than_the_file() {
    let _alone = alone();
    let one = |size, stride| dict(&[&text("a")[..], &tensor(1000, size, stride)].concat());
    let says = refused("a repeated number", &pt(&one(2_000_000_000, 0), &[("0", 1000)]), AROUND);
    assert!(says.contains("its tensors share numbers: they hold 2000000000 bytes, more than 4 times"), "{says}");
    let says = refused("beyond its storage", &pt(&one(2, 1000), &[("0", 1000)]), AROUND);
    assert!(says.contains("do not fit 1000 numbers"), "{says}");
    let says = refused("a negative stride", &pt(&one(2, u32::MAX), &[("0", 1000)]), AROUND);
    assert!(says.contains("a size is -1"), "{says}");
    // 20,000 names for one storage.
    let names: Vec<u8> = (0..20_000).flat_map(|i| [&text(&i.to_string())[..], b"h\x01"].concat()).collect();
    let items = [&text("a")[..], &tensor(100_000, 100_000, 1), b"q\x01", &names].concat();
    let says = refused("one storage", &pt(&dict(&items), &[("0", 100_000)]), AROUND);
    assert!(says.contains("its tensors share numbers"), "{says}");
}

#[test]
fn archives() {
    let _alone = alone();
    let header = |shape: &str| {
        let text = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({shape}), }}\n");
        [b"\x93NUMPY\x01\0", &(text.len() as u16).to_le_bytes()[..], text.as_bytes()].concat()
    };
    let says = refused("a large shape", &archive(&[("a.npy".to_owned(), header("4000000000, 4000000000, 4000000000"))]), AROUND);
    assert!(says.contains("`a`: shape [4000000000, 4000000000, 4000000000] of U8 does not fit its 0 bytes"), "{says}");
    let entries: Vec<_> = (0..20_000).map(|i| (format!("{i}.npy"), Vec::new())).collect();
    let says = refused("many entries", &archive(&entries), AROUND);
    assert!(says.contains("it does not begin as an array of NumPy does"), "{says}");
    // All entries at the place of the first one, and each as long as the file.
    let mut bytes = archive(&[vec![("0.npy".to_owned(), [header("1000000"), vec![0; 1_000_000]].concat())], entries.clone()].concat());
    let places: Vec<usize> = (0..bytes.len() - 4).filter(|&at| bytes[at..].starts_with(b"PK\x01\x02")).collect();
    let sizes = bytes[places[0] + 16..places[0] + 28].to_vec();
    for place in &places[1..] {
        bytes[place + 16..place + 28].copy_from_slice(&sizes);
        bytes[place + 42..place + 46].fill(0);
    }
    let says = refused("entries in one place", &bytes, AROUND);
    assert!(says.contains("two entries have the name `0.npy`") || says.contains("overlaps others"), "{says}");
}

/// A megabyte that inflates to a gigabyte.
#[test]
fn a_bomb() {
    let _alone = alone();
    use std::io::Write;
    let mut zip = rawzip::ZipArchiveWriter::new(Vec::new());
    let (mut entry, config) = zip.new_file("a.npy").compression_method(rawzip::CompressionMethod::DEFLATE).start().unwrap();
    let mut writer = config.wrap(flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast()));
    let zeros = vec![0; 1 << 20];
    (0..1024).for_each(|_| writer.write_all(&zeros).unwrap());
    let (encoder, descriptor) = writer.finish().unwrap();
    encoder.finish().unwrap();
    entry.finish(descriptor).unwrap();
    let mut bytes = zip.finish().unwrap();
    let says = refused("a bomb", &bytes, INFLATED);
    assert!(says.contains("its compressed entries inflate to more than 16 times its size and 64 MiB"), "{says}");
    // It states that it is small.
    let place = (0..bytes.len() - 4).rfind(|&at| bytes[at..].starts_with(b"PK\x01\x02")).unwrap();
    bytes[place + 24..place + 28].copy_from_slice(&1000u32.to_le_bytes());
    let says = refused("a bomb that states to be small", &bytes, AROUND);
    assert!(says.contains("does not inflate to the 1000 bytes that it states"), "{says}");
}

#[test]
fn headers_of_safetensors() {
    let _alone = alone();
    let file = |header: &str| [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat();
    let tensors: Vec<String> = (0..20_000).map(|i| format!("\"{i}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}")).collect();
    let (outcome, room) = Place::new("made").read(&file(&format!("{{{}}}", tensors.join(","))));
    assert!(outcome.is_ok() && room <= MULTIPLE * tensors.join(",").len(), "{room}");
    refused("deep", &file(&format!("{{\"a\":{}", "[".repeat(100_000))), AROUND);
    refused("a length of no file", &u64::MAX.to_le_bytes(), AROUND);
}
