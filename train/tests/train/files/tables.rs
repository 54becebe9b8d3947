//! CSV files of spreadsheets, pandas and hand-written ones.

use layercake_train::data::Dataset;
use layercake_train::data::readers::{Header, Table, Target};

use super::place::{Place, gzip, words};

/// Columns, classes, labels and numbers of a table.
type Found = (Vec<String>, Vec<String>, Vec<usize>, Vec<f32>);

fn found(table: &Table) -> Found {
    let numbers = (0..table.len()).flat_map(|row| table.get(row).unwrap().features).collect();
    (table.columns().to_vec(), table.classes().to_vec(), table.labels().to_vec(), numbers)
}

fn table(text: &[u8], header: Header) -> Table {
    let place = Place::new();
    Table::read_with(&place.put("x.csv", text), &Target::Last, header).unwrap_or_else(|error| panic!("{error}"))
}

/// The error, without the file's name.
fn fault(text: &[u8], target: &Target, header: Header) -> String {
    let place = Place::new();
    place.text(Table::read_with(&place.put("x.csv", text), target, header)).strip_prefix("x.csv: ").unwrap().to_owned()
}

fn auto_fault(text: &str) -> String {
    fault(text.as_bytes(), &Target::Last, Header::Auto)
}

#[test]
fn the_first_line() {
    let columns = |text: &str, header| {
        let table = table(text.as_bytes(), header);
        (table.columns().to_vec(), table.len())
    };
    let auto = |text| columns(text, Header::Auto);
    assert_eq!(auto("a,b,kind\n1,2,x\n"), (words(&["a", "b"]), 1));
    // The name of the class column may be a number.
    assert_eq!(auto("a,b,7\n1,2,x\n3,4,y\n"), (words(&["a", "b"]), 2));
    assert_eq!(auto("1,2,0\n3,4,1\n"), (words(&["1", "2"]), 2));
    assert_eq!(auto("1,2,x\n3,4,y\n5,6,x\n"), (words(&["1", "2"]), 3));
    // Numeric names, detected by the class.
    assert_eq!(auto("2019,2020,label\n5,6,0\n7,8,1\n"), (words(&["2019", "2020"]), 2));
    assert_eq!(auto("0,1,2\n5,6,cat\n7,8,dog\n"), (words(&["0", "1"]), 2));
    // Not detectable: needs an explicit option.
    let years = "2019,2020,2021\n5,6,0\n7,8,1\n";
    assert_eq!(auto(years).1, 3);
    assert_eq!(columns(years, Header::Yes), (words(&["2019", "2020"]), 2));
    let pandas = "0,1,2,3\n5,6,7,0\n7,8,9,1\n";
    assert_eq!(
        auto_fault(pandas),
        "expected an explicit `Header::Yes` or `Header::No`, since the fields may be names or numbers in row 1, found `0`, `1`, `2`, `3`"
    );
    assert_eq!((columns(pandas, Header::Yes).1, columns(pandas, Header::No).1), (2, 3));
    assert_eq!(
        auto_fault("id,2020,kind\n1,2,x\n"),
        "expected either names or numbers (use `Header::Yes` if they are names) in row 1, found `id`, `2020`"
    );
    assert_eq!(columns("id,2020,kind\n1,2,x\n", Header::Yes), (words(&["id", "2020"]), 1));
    assert_eq!(fault(b"a,b,c\n1,2,x\n", &Target::Last, Header::No), "expected a number in row 1, column 1, found `a`");
}

#[test]
fn the_target_by_its_name() {
    let place = Place::new();
    let read = |text: &str, name: &str, header| {
        Table::read_with(&place.put("x.csv", text.as_bytes()), &Target::Named(name.to_owned()), header).map(|table| found(&table))
    };
    let one = |columns: &[&str], class: &str, numbers: &[f32]| (words(columns), words(&[class]), vec![0], numbers.to_vec());
    assert_eq!(read("kind,2020,2021\nx,1,2\n", "kind", Header::Auto).unwrap(), one(&["2020", "2021"], "x", &[1.0, 2.0]));
    assert_eq!(read("7,8,9\n", "2", Header::Auto).unwrap(), one(&["1", "3"], "8", &[7.0, 9.0]));
    assert_eq!(read("7,8,9\n", "2", Header::No).unwrap(), one(&["1", "3"], "8", &[7.0, 9.0]));
    assert_eq!(read("7,2,9\n1,2,3\n", "9", Header::Yes).unwrap(), one(&["7", "2"], "3", &[1.0, 2.0]));
    assert_eq!(place.text(read("a,k,k\n1,2,3\n", "k", Header::Auto)), "x.csv: expected one column named `k` in row 1, found several");
    assert_eq!(place.text(read("1,2\n", "k", Header::Auto)), "x.csv: expected a column named `k` in row 1, found `1`, `2`");
    assert_eq!(place.text(read("1,2\n", "3", Header::No)), "x.csv: expected a column named `3` in row 1, found `1`, `2`");
}

#[test]
fn labels_that_are_numbers() {
    let labels = |text: &str| {
        let table = table(text.as_bytes(), Header::No);
        (table.classes().to_vec(), table.labels().to_vec())
    };
    assert_eq!(labels("5,1\n5,1.0\n5,01\n5,2\n5,+1\n5,1e0\n"), (words(&["1", "2"]), vec![0, 0, 0, 1, 0, 0]));
    assert_eq!(labels("5,10\n5,9\n5,-1\n"), (words(&["-1", "9", "10"]), vec![2, 1, 0]));
    // As floats these would be equal.
    assert_eq!(labels("5,9007199254740993\n5,9007199254740992\n").1, [1, 0]);
    assert_eq!(labels("5,1\n5,1.0\n5,one\n").0, ["1", "1.0", "one"]);
    assert_eq!(auto_fault("5,1\n5,2\n5,nan\n"), "expected a finite number in row 3, column 2, since all classes are numbers, found `nan`");
    assert_eq!(
        auto_fault("a,b\n5,-inf\n5,2\n"),
        "expected a finite number in row 2, column 2, since all classes are numbers, found `-inf`"
    );
    assert_eq!(labels("5,nan\n5,zho\n").0, ["nan", "zho"]);
}

#[test]
fn missing_fields() {
    assert_eq!(auto_fault("a,b,c\n1,2,\n"), "expected a class in row 2, column 3, found nothing");
    assert_eq!(auto_fault("a,b,c\n1,2,  \n"), "expected a class in row 2, column 3, found nothing");
    assert_eq!(auto_fault("a,b,c\n1,2,\"\"\n"), "expected a class in row 2, column 3, found nothing");
    assert_eq!(auto_fault("a,b,c\n1,,x\n"), "expected a number in row 2, column 2, found nothing");
    assert_eq!(auto_fault("a,b,c\n1,2,x\n1,NaN,x\n"), "expected a number in row 3, column 2, found `NaN`");
    assert_eq!(auto_fault("a,b,c\n1,-Infinity,x\n"), "expected a number in row 2, column 2, found `-Infinity`");
    assert_eq!(auto_fault("a,b,c\n1,1e39,x\n"), "expected a number in row 2, column 2, found `1e39`");
    // Trailing commas on all lines are an empty class column; on one line they are an additional field.
    assert_eq!(auto_fault("a,b,c,\n1,2,x,\n"), "expected a number in row 2, column 3, found `x`");
    assert_eq!(auto_fault("1,2,x\n1,2,x,\n"), "expected 3 fields in row 2, found 4");
    assert_eq!(auto_fault("1,2,x\n\n\n1,2\n"), "expected 3 fields in row 4, found 2");
}

#[test]
fn quotes_end_on_their_line() {
    assert_eq!(auto_fault("a,b\n1,\"x\n2,y\n3,z\n"), "expected a closing quote in row 2, column 2, found the end of the line");
    // Other readers would read a class with a line break here.
    assert_eq!(auto_fault("a,b\n1,\"x\n2,\"y\"\n"), "expected a closing quote in row 2, column 2, found the end of the line");
    assert_eq!(auto_fault("a,b\n1,\"x\" y\n"), "expected a comma after the closing quote in row 2, column 2, found text");
    let quoted = table(b"\"a, or b\",kind\n\"1.5\",\"say \"\"no\"\"\"\n2,say\n", Header::Auto);
    assert_eq!(found(&quoted), (words(&["a, or b"]), words(&["say", "say \"no\""]), vec![1, 0], vec![1.5, 2.0]));
}

#[test]
fn line_endings_and_spaces() {
    let plain = found(&table(b"a,b\n1,x\n2,y\n", Header::Auto));
    for text in
        ["\u{feff}a,b\n1,x\n2,y", "a,b\r\n1,x\r\n2,y\r\n", "a,b\r1,x\r2,y\r", "\n\na,b\n\n1,x\n  \n2,y\n\n", " a ,\tb\n 1 , x\n2,y \n"]
    {
        assert_eq!(found(&table(text.as_bytes(), Header::Auto)), plain, "{text:?}");
        assert_eq!(found(&table(&gzip(text.as_bytes()), Header::Auto)), plain, "{text:?}");
    }
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let message = |bytes: &[u8]| fault(bytes, &Target::Last, Header::Auto);
    assert_eq!(message(&utf16("\u{feff}a,b\n1,x\n")), "expected text in UTF-8, found UTF-16 (by its byte order mark); convert it to UTF-8");
    assert_eq!(message(&utf16("a,b\n1,x\n")), "expected text in UTF-8, found a zero byte at byte 1");
    assert_eq!(message(b"a,b\n1,x\n2,\xe4\n"), "expected fields of text in row 3, found bytes that are not UTF-8");
    assert_eq!(message("\u{feff}".as_bytes()), "expected rows of numbers, found none");
}

/// The test part lacks a class of the training part; labels do not change.
#[test]
fn another_part_of_the_set() {
    let place = Place::new();
    let train = Table::read(&place.put("train.csv", b"a,b,kind\n1,2,ant\n1,2,bee\n1,2,cow\n"), &Target::Named("kind".to_owned())).unwrap();
    let like = |text: &[u8]| Table::read_like(&place.put("test.csv", text), &train);
    let test = like(b"a,b,kind\n3,4,cow\n5,6,bee\n").unwrap();
    assert_eq!((test.labels(), test.classes()), (&[2, 1][..], train.classes()));
    let message = |text: &[u8]| place.text(like(text));
    assert_eq!(
        message(b"a,b,kind\n3,4,dog\n"),
        "test.csv: expected a class of the training part (`ant`, `bee`, `cow`) in row 2, column 3, found `dog`"
    );
    assert_eq!(message(b"a,c,kind\n3,4,cow\n"), "test.csv: expected the columns `a`, `b` of the training part, found `a`, `c`");
    assert_eq!(message(b"3,4,cow\n"), "test.csv: expected a column named `kind` in row 1, found `3`, `4`, `cow`");

    let train = Table::read(&place.put("train.csv", b"1,10\n2,9\n3,9.5\n"), &Target::Last).unwrap();
    let test = Table::read_like(&place.put("test.csv", b"1,10.0\n2,9\n"), &train).unwrap();
    assert_eq!((train.labels(), test.labels()), (&[2, 0, 1][..], &[2, 0][..]));
}

/// The time must not be quadratic in the number of classes.
#[test]
fn as_many_classes_as_rows() {
    let text: String = (0..80_000).map(|i| format!("{},class{}\n", i % 7, (i * 7919) % 80_000)).collect();
    let begun = std::time::Instant::now();
    let table = table(text.as_bytes(), Header::No);
    assert_eq!(table.classes().len(), 80_000);
    assert!(table.labels().iter().enumerate().all(|(i, &label)| table.classes()[label] == format!("class{}", (i * 7919) % 80_000)));
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}
