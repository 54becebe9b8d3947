//! What is refused, and what the messages say.

use layercake::io;

use super::{fixture, temporary};

/// What is said of classes and functions.
const REST: &str = "only tensors, dicts, lists, tuples, texts and numbers are read; save the tensors alone in Python: torch.save(model.state_dict(), 'tensors.pt')";

/// Each file, and the message.
const REFUSED: [(&str, &str); 17] = [
    ("module.pt", "its pickle, at byte 41: it names `torch.nn.modules.container.Sequential`, which is refused: REST"),
    ("function.pt", "its pickle, at byte 13: it names `os.system`, which is refused: REST"),
    (
        "script.pt",
        "a TorchScript archive, which has code; save its tensors in Python: torch.save(torch.jit.load('script.pt').state_dict(), 'tensors.pt')",
    ),
    ("tensor.pt", "it holds a tensor without a name; save a dict of tensors"),
    ("list.pt", "it has no dict of tensors"),
    ("complex.pt", "`spectrum` holds numbers of type complex64, which is not read"),
    ("old_complex.pt", "`spectrum` holds numbers of type complex64, which is not read"),
    ("float8.pt", "`weight` holds numbers of type float8_e4m3fn, which is not read"),
    ("big_endian.pt", "its numbers are big-endian; load and save it on a little-endian machine"),
    ("compressed.pt", "not a valid PyTorch file: the entry `archive/byteorder` is compressed, which torch.save never does"),
    (
        "tar.pt",
        "a tar archive, the format of PyTorch before 0.1.10; if you trust it, save it again in Python: torch.save(torch.load('tar.pt', 'cpu', weights_only=False), 'tar.pt')",
    ),
    ("other.zip", "a zip archive, but not of `torch.save` or of NumPy: it has no entry `data.pkl`, and others than arrays"),
    ("objects.npz", "`names` holds numbers of type |O, which is not read"),
    (
        "texts.npz",
        "`names` holds words, of type <U1, which are not read; `names, y = numpy.unique(words, return_inverse=True)` gives each a number",
    ),
    ("records.npz", "`table` holds numbers of type [('a', '<f4'), ('b', '<i4')], which is not read"),
    ("big_endian.npz", "`numbers` holds numbers of type >f4, which is not read"),
    ("float8.safetensors", "`weight` holds numbers of type F8_E4M3, which is not read"),
];

#[test]
fn by_name() {
    let files = std::fs::read_dir(fixture("refused")).unwrap().count();
    assert_eq!(files, REFUSED.len(), "a line for each file");
    for (name, says) in REFUSED {
        let path = fixture("refused").join(name);
        let error = io::read_arrays(&path).unwrap_err().to_string();
        assert_eq!(error, format!("{}: {}", path.display(), says.replace("REST", REST)));
    }
}

/// Damage that a checksum shows, and sizes that do not fit.
#[test]
fn damage() {
    let read = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = std::fs::read(fixture(name)).unwrap();
        change(&mut bytes);
        let path = temporary("damaged.pt");
        std::fs::write(&path, bytes).unwrap();
        let error = io::read_arrays(&path).unwrap_err().to_string();
        error.strip_prefix(&format!("{}: ", path.display())).unwrap().to_owned()
    };
    let of = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).position(|window| window == part).unwrap();
    let replace = |from: &'static [u8], to: &'static [u8]| {
        move |bytes: &mut Vec<u8>| {
            let at = of(bytes, from);
            bytes.splice(at..at + from.len(), to.iter().copied());
        }
    };
    let says = read("state_dict.pt", &|bytes| bytes[1500] ^= 1);
    assert!(says.contains("is damaged: its checksum is "), "{says}");
    assert_eq!(
        read("state_dict.pt", &|bytes| bytes.truncate(2000)),
        "not a valid zip file: cut off or damaged: Missing end of central directory"
    );
    // Without checksums the sizes are what is compared. `conv.weight` begins with (2, 1, 3, 3).
    let says = read("no_checksums.pt", &replace(b"(K\x02K\x01K\x03K\x03t", b"(K\x02K\x02K\x03K\x03t"));
    assert!(
        says.starts_with("not a valid PyTorch file: `conv.weight`: shape [2, 2, 3, 3], strides [9, 9, 3, 1] and offset 0 do not fit 18 "),
        "{says}"
    );
    let says = read("no_checksums.pt", &replace(b"K\x12t", b"K\x11t"));
    assert_eq!(says, "not a valid PyTorch file: `conv.weight`: its storage states 17 numbers of F32, but has 72 bytes");
    assert_eq!(read("state_dict.pt", &|bytes| bytes[0] = b'?'), "not a valid PyTorch file: it does not begin as what `torch.save` writes");
    let says = read("old_state_dict.pt", &|bytes| bytes.truncate(bytes.len() - 1));
    assert!(says.starts_with("not a valid PyTorch file: storage `") && says.ends_with("` is cut off"), "{says}");
    let says = read("old_state_dict.pt", &replace(b"little_endian", b"LITTLE_ENDIAN"));
    assert_eq!(says, "its numbers are big-endian; load and save it on a little-endian machine");
    let says = read("arrays.npz", &replace(b"\x93NUMPY\x01", b"\x93NUMPY\x04"));
    assert!(says.starts_with("not a valid npz file: the entry `b1.npy` is damaged"), "{says}");
}
