//! Files with random damage: of the bytes as they are, and of parts whose lengths and checksums are mended, so that the damage reaches the readers within.

use rawzip::ZipArchive;

use super::random::Random;
use super::{AROUND, INFLATED, MULTIPLE, Place, alone, archive, fixture};

/// A format: files, and how they are mended.
struct Format {
    name: &'static str,
    files: &'static [&'static str],
    damage: fn(&mut Random, &[u8]) -> Vec<u8>,
    around: usize,
}

const FORMATS: [Format; 5] = [
    Format {
        name: "pt",
        files: &["state_dict.pt", "checkpoint.pt", "types.pt", "strided.pt", "protocol4.pt"],
        damage: of_an_entry,
        around: AROUND,
    },
    Format {
        name: "old pt",
        files: &["old_state_dict.pt", "old_checkpoint.pt", "old_types.pt", "old_strided.pt", "old_before_hooks.pt"],
        damage: of_a_byte,
        around: AROUND,
    },
    Format { name: "npz", files: &["arrays.npz"], damage: of_an_entry, around: AROUND },
    Format { name: "compressed npz", files: &["compressed.npz"], damage: of_a_byte, around: INFLATED },
    Format { name: "safetensors", files: &["types.safetensors"], damage: of_the_header, around: AROUND },
];

/// The bytes as they are, without checksums, which would notice nearly all.
fn of_a_byte(random: &mut Random, file: &[u8]) -> Vec<u8> {
    let mut bytes = file.to_vec();
    let entries: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(b"PK\x01\x02")).collect();
    for entry in entries {
        bytes[entry + 16..entry + 20].fill(0);
    }
    random.mutate(&mut bytes, true);
    bytes
}

/// One entry of the archive; in half of the cases that of the pickle.
fn of_an_entry(random: &mut Random, file: &[u8]) -> Vec<u8> {
    let zip = ZipArchive::from_slice(file).expect("an archive");
    let mut entries = Vec::new();
    let mut list = zip.entries();
    while let Some(entry) = list.next_entry().expect("an entry") {
        let name = String::from_utf8(entry.file_path().as_bytes().to_vec()).expect("a name");
        entries.push((name, zip.get_entry(entry.wayfinder()).expect("its bytes").data().to_vec()));
    }
    let pickle = entries.iter().position(|(name, _)| name.ends_with("data.pkl")).filter(|_| random.below(2) == 0);
    let chosen = pickle.unwrap_or_else(|| random.below(entries.len()));
    let same_length = random.below(2) == 0;
    random.mutate(&mut entries[chosen].1, same_length);
    archive(&entries)
}

/// The text at the beginning, whose length is mended.
fn of_the_header(random: &mut Random, file: &[u8]) -> Vec<u8> {
    let (length, rest) = file.split_first_chunk().expect("a length");
    let (header, numbers) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let mut header = header.to_vec();
    let same_length = random.below(2) == 0;
    random.mutate(&mut header, same_length);
    [&(header.len() as u64).to_le_bytes()[..], &header, numbers].concat()
}

/// `LAYERCAKE_MUTATIONS` sets how many there are of each format.
#[test]
fn spoiled_files() {
    let _alone = alone();
    let count: u64 = std::env::var("LAYERCAKE_MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(1000);
    for Format { name, files, damage, around } in FORMATS {
        let place = Place::new("mutation");
        let files: Vec<Vec<u8>> = files.iter().map(|file| fixture(file)).collect();
        for file in &files {
            place.read(file).0.expect("a file as it was written");
        }
        let (mut read, mut worst) = (0, (0, 0));
        for number in 0..count {
            let mut random = Random(number);
            let file = &files[number as usize % files.len()];
            let bytes = if random.below(3) == 0 {
                let mut bytes = file.clone();
                random.mutate(&mut bytes, false);
                bytes
            } else {
                damage(&mut random, file)
            };
            let (outcome, room) = place.read(&bytes);
            read += u64::from(outcome.is_ok());
            worst = worst.max((room, bytes.len()));
            assert!(room <= MULTIPLE * bytes.len() + around, "{name}, mutation {number}: {room} bytes for a file of {}", bytes.len());
        }
        println!("{name}: {count} mutations, {read} read; at most {} bytes of memory for a file of {}", worst.0, worst.1);
        assert!(read > 0 && read < count, "{name}: {read} of {count} are read");
    }
}
