//! Errors of the command: exit codes and one-line messages.

use std::fs;
use std::path::Path;

use crate::support::{Place, idx};
use safetensors::tensor::{Dtype, TensorView};

#[test]
fn unknown_names() {
    let place = Place::new();
    let models = models();
    place.fails("train lenet", 1, &format!("error: unknown model `lenet`; did you mean `lenet5`?; {models}"));
    place.fails("summary wavenet", 1, &format!("error: unknown model `wavenet`; {models}"));
    place.fails("eval lenet-5 --checkpoint x", 1, &format!("error: unknown model `lenet-5`; did you mean `lenet5`?; {models}"));
    place.fails("bench resnet-50", 1, &format!("error: unknown model `resnet-50`; did you mean `resnet50`?; {models}"));
    // Old spellings with hyphens.
    for name in ["vgg11_bn", "resnet18_cifar", "dense_block", "unet_256", "gru_cell", "mixer_b16"] {
        let old = name.replace('_', "-");
        place.fails(&format!("summary {old}"), 1, &format!("error: unknown model `{old}`; did you mean `{name}`?; {models}"));
    }
    let sets = "known: digits, mnist, fashion-mnist, cifar-10, camvid-small, tiny-shakespeare, bccd, moons, curve, sums, number-words";
    place.fails("train lenet5 --dataset minst", 1, &format!("error: unknown data set `minst`; did you mean `mnist`?; {sets}"));
    place.fails("train lenet5 --dataset cats", 1, &format!("error: unknown data set `cats`; {sets}"));
    place.fails(
        "eval lenet5 --checkpoint x --dataset digit",
        1,
        &format!("error: unknown data set `digit`; did you mean `digits`?; {sets}"),
    );
    place.fails("trainn lenet5", 2, "error: unrecognized subcommand 'trainn'; a similar subcommand exists: 'train'");
}

#[test]
fn an_unknown_instruction_set() {
    let command =
        std::process::Command::new(env!("CARGO_BIN_EXE_layercake")).arg("list").env("LAYERCAKE_SIMD", "nonsense").output().unwrap();
    assert_eq!((command.status.code(), command.stdout.len()), (Some(1), 0));
    let line =
        "error: LAYERCAKE_SIMD is `nonsense`, which is not an instruction set; it takes `scalar`, `v3` for AVX2 or `v4` for AVX-512\n";
    assert_eq!(String::from_utf8_lossy(&command.stderr), line);
}

/// "known: lenet5, .."
fn models() -> String {
    let names: Vec<&str> = layercake_models::zoo().iter().map(|model| model.name()).collect();
    format!("known: {}", names.join(", "))
}

/// The trainable models.
const TRAINED: [&str; 40] = [
    "lenet5",
    "linear_svm",
    "softmax",
    "maxout",
    "knn",
    "vgg8",
    "resnet20",
    "moons",
    "curve",
    "autoencoder",
    "vae",
    "vae2",
    "conv_vae",
    "conv_vae2",
    "gaussian_vae",
    "pixelcnn",
    "gated_pixelcnn",
    "class_gated_pixelcnn",
    "dcgan",
    "unet",
    "segnet",
    "segnet_nearest",
    "segnet_nails",
    "segnet_transposed",
    "fcn",
    "localizer",
    "sliding_window",
    "rcnn",
    "fast_rcnn",
    "faster_rcnn",
    "row_classifier",
    "seq2seq",
    "captioner",
    "frame_labeler",
    "char_lstm",
    "char_transformer",
    "gridworld",
    "dqn",
    "reinforce",
    "actor_critic",
];

/// Each network can be shown; graph-only networks cannot be trained, evaluated or benchmarked.
#[test]
fn graph_only_networks() {
    let place = Place::new();
    let list = place.works("list");
    for (name, params) in [("resnet50", "25,557,032"), ("vgg16", "138,357,544"), ("unet_256", "17,263,042"), ("siamese", "38,951,745")] {
        assert!(list.lines().any(|line| line.starts_with(&format!("{name} ")) && line.contains(params)), "{list}");
    }
    for model in layercake_models::zoo() {
        let (name, Some(graph)) = (model.name(), model.graph()) else {
            let line = format!("error: `{0}` cannot be shown: it is not a network", model.name());
            place.fails(&format!("summary {}", model.name()), 1, &line);
            continue;
        };
        let summary = place.works(&format!("summary {name}"));
        let total = layercake::ir::grouped(graph.params() as u64);
        assert!(summary.contains(&*graph.name) && summary.contains(&total), "{summary}");
        place.works(&format!("draw {name} --out {name}.svg"));
        assert!(place.text(&format!("{name}.svg")).starts_with("<svg"), "{name}");
        if TRAINED.contains(&name) {
            continue;
        }
        for (command, what) in [("train", "trained"), ("eval --checkpoint x", "evaluated"), ("bench", "benchmarked")] {
            let words = command.replacen(' ', &format!(" {name} "), 1);
            let words = if words == command { format!("{command} {name}") } else { words };
            let reason = "the zoo defines no data, loss and optimizer for it";
            let line = format!(
                "error: `{name}` cannot be {what}: {reason}; `layercake summary {name}` and `layercake draw {name}` show the network"
            );
            place.fails(&words, 1, &line);
        }
    }
}

#[test]
fn drawings() {
    let place = Place::new();
    place.fails("draw lenet5", 2, "error: the following required arguments were not provided: --out <FILE>");
    place.fails("draw lenet --out a.svg", 1, &format!("error: unknown model `lenet`; did you mean `lenet5`?; {}", models()));
    for name in ["picture.png", "picture"] {
        place.fails(&format!("draw lenet5 --out {name}"), 1, &format!("error: {name}: expected the extension .svg, .dot or .mmd"));
    }
    place.fails("draw lenet5 --out no/folder.svg", 1, "error: no/folder.svg: cannot write it: No such file or directory (os error 2)");
    assert!(place.names(".").is_empty());
    for (name, begin) in [("a.svg", "<svg"), ("a.dot", "digraph"), ("a.mmd", "flowchart")] {
        place.works(&format!("draw lenet5 --out {name}"));
        let text = place.text(name);
        assert!(text.contains(begin) && text.contains("conv2"), "{text}");
    }
    // Repeated blocks are shown once, or in full.
    place.works("draw resnet50 --out folded.svg");
    place.works("draw resnet50 --out full.svg --full");
    let (folded, full) = (place.text("folded.svg"), place.text("full.svg"));
    assert!(folded.contains(">× 5<") && !folded.contains(">layer3.4.conv1<") && full.contains(">layer3.4.conv1<"));
    let high = |svg: &str| svg.split_once("height=\"").and_then(|rest| rest.1.split_once('"')).unwrap().0.parse::<f64>().unwrap();
    assert!(high(&folded) < 0.6 * high(&full), "{} of {}", high(&folded), high(&full));
}

#[test]
fn onnx_files() {
    let place = Place::new();
    place.works("export lenet5 --onnx net.onnx");
    let summary = place.works("summary net.onnx");
    assert!(summary.contains("conv2") && summary.contains("61,706"), "{summary}");
    let numbers: Vec<u8> = (0..2 * 784).flat_map(|i| ((i % 5) as f32 * 0.1).to_le_bytes()).collect();
    let images = TensorView::new(Dtype::F32, vec![2, 1, 28, 28], &numbers).unwrap();
    place.put("x.safetensors", &safetensors::serialize([("input", &images)], None).unwrap());
    place.works("run net.onnx --input x.safetensors --output y.safetensors");
    let bytes = fs::read(place.path("y.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.tensor("output").unwrap().shape(), [2, 10]);

    place.put("z.safetensors", &safetensors::serialize([("image", &images)], None).unwrap());
    let line = "error: net.onnx: the file has no input `image`; it has `input`";
    place.fails("run net.onnx --input z.safetensors --output y.safetensors", 1, line);
    place.put("bad.onnx", b"not a model");
    let output = place.run("summary bad.onnx");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("error: bad.onnx: not a valid ONNX file: "));
}

#[test]
fn open_sizes_of_onnx_files_are_given() {
    let place = Place::new();
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/onnx/models");
    for name in ["tagger", "steps_first"] {
        place.put(&format!("{name}.onnx"), &fs::read(models.join(name).with_extension("onnx")).unwrap());
    }
    let line = "error: tagger.onnx: sizes that the file leaves open have to be given: `sequence`, axis 1 of the input `words:0`; \
        they are given by name, `--size length=128`, or for an input as a whole, `--size x=_,3,32,32`";
    place.fails("summary tagger.onnx", 1, line);
    let by_name = place.works("summary tagger.onnx --size sequence=7");
    assert!(by_name.contains("[7, 6]"), "{by_name}");
    assert_eq!(place.works("summary tagger.onnx --size words:0=_,7"), by_name);
    place.works("draw steps_first.onnx --size length=5 --size rate=16000 --out net.svg");
    place.works("export steps_first.onnx --size length=5 --size rate=8000 --json net.json");
    place.works("bench steps_first.onnx --size length=5 --size rate=8000 --batch-size 2 --infer");
    place.fails(
        "summary net.json --size length=5",
        1,
        "error: `--size length=5` has no effect on `net.json`: it gives what an ONNX file leaves open",
    );
    place.fails("summary tagger.onnx --size length=5", 1, "error: tagger.onnx: the file has no size `length`; it has `n`, `sequence`");
    let line = "expected a name and a size, length=128, or an input and the sizes of its axes, x=_,3,32,32";
    for text in ["length", "=5", "length=0", "length=_", "x=_,three"] {
        let output = place.run(&format!("summary tagger.onnx --size {text}"));
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains(line), "{text}");
    }
}

/// The batch is the second axis in the file, and the rate has none.
#[test]
fn onnx_files_run_on_tensors_as_they_state_them() {
    let place = Place::new();
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/onnx/models");
    place.put("net.onnx", &fs::read(models.join("steps_first.onnx")).unwrap());
    let numbers = fs::read(models.join("steps_first.safetensors")).unwrap();
    let numbers = safetensors::SafeTensors::deserialize(&numbers).unwrap();
    let inputs = ["x", "rate"].map(|name| (name, numbers.tensor(&format!("in.{name}")).unwrap()));
    place.put("x.safetensors", &safetensors::serialize(inputs, None).unwrap());
    place.works("run net.onnx --input x.safetensors --output y.safetensors");
    let found = fs::read(place.path("y.safetensors")).unwrap();
    let found = safetensors::SafeTensors::deserialize(&found).unwrap();
    for name in ["y", "last"] {
        let (found, expected) = (found.tensor(name).unwrap(), numbers.tensor(&format!("out.{name}")).unwrap());
        assert_eq!(found.shape(), expected.shape());
        let floats = |bytes: &[u8]| bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect::<Vec<_>>();
        let pairs = floats(found.data()).into_iter().zip(floats(expected.data()));
        assert!(pairs.into_iter().all(|(found, expected)| (found - expected).abs() < 1e-5), "{name}");
    }
    let other = ("x", numbers.tensor("in.x").unwrap());
    place.put("x.safetensors", &safetensors::serialize([other], None).unwrap());
    let line = "error: net.onnx: sizes that the file leaves open have to be given: `rate`, an input that is one number";
    place.fails("run net.onnx --input x.safetensors --output y.safetensors", 1, line);
}

#[test]
fn onnx_files_are_timed_and_trained() {
    let place = Place::new();
    place.works("export lenet5 --onnx net.onnx");
    place.works("export lenet5 --json net.json");
    for name in ["net.onnx", "net.json"] {
        let timed = place.works(&format!("bench {name} --batch-size 2"));
        assert!(timed.starts_with(&format!("{name}, 2 samples per step, ")) && timed.contains(" samples/s, "), "{timed}");
    }
    // A run that takes no step would keep what it began with; one small step keeps it nearly.
    let options = "--from net.onnx --epochs 1 --batch-size 10000 --lr 1e-9";
    place.works(&format!("train lenet5 {options} --out run"));
    place.works("train lenet5 --from run --epochs 1 --batch-size 10000 --lr 1e-9 --out again");
    place.works("export lenet5 --checkpoint again --onnx trained.onnx");
    let weights = |name: &str| {
        let model = layercake::io::onnx::load(place.path(name)).unwrap();
        layercake::Model::tensor_at(&model, "fc3.weight").unwrap().to_vec()
    };
    let (before, after) = (weights("net.onnx"), weights("trained.onnx"));
    assert!(before.iter().zip(&after).all(|(a, b)| (a - b).abs() < 1e-6) && before != after);

    place.works("export row_classifier --onnx rows.onnx");
    place.works("export char_lstm --onnx letters.onnx --dynamic letters:1:length");
    place.fails(
        "export char_lstm --onnx no.onnx --dynamic characters:1:length",
        1,
        "error: no.onnx: no axis 1 of an input `characters` can be left open; `letters` has the axes 1 to 1, `h` has the axes 1 to 2, `c` has the axes 1 to 2",
    );
    place.fails(
        "export lenet5 --onnx no.onnx --dynamic input:2:height",
        1,
        "error: no.onnx: the size `height` cannot be left open: with another one, `fc1` (Linear) expects 400 input features, but receives 1680 from `flatten_1`",
    );
    place.works("export softmax --onnx softmax.onnx");
    let output = place.run("train lenet5 --from softmax.onnx --out other");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("error: softmax.onnx: there is no tensor `conv1.weight`"), "{text}");
    assert!(!place.path("other").exists());
    place.fails(
        "train knn --from net.onnx",
        1,
        "error: `--from` has no effect on `knn`: it stores the training images and takes no optimizer steps; supported options: --dataset, \
         --data-dir, --seed, --validation, --threads, --out",
    );
}

#[test]
fn graph_files() {
    let place = Place::new();
    place.works("export lenet5 --json net.json");
    let text = place.text("net.json");
    assert!(text.contains("\"name\": \"conv2\", \"op\": \"Conv2d\", "), "{text}");
    assert_eq!(place.works("summary net.json"), place.works("summary lenet5"));
    place.works("draw lenet5 --out a.svg");
    place.works("draw net.json --out b.svg");
    assert_eq!(place.text("a.svg"), place.text("b.svg"));
    place.works("export net.json --json again.json");
    assert_eq!(place.text("again.json"), text);

    place.fails("export lenet5", 2, "error: the following required arguments were not provided: <--json <FILE>|--onnx <FILE>>");
    place.fails("export lenet --json x.json", 1, &format!("error: unknown model `lenet`; did you mean `lenet5`?; {}", models()));
    let reason = "cannot write it: No such file or directory (os error 2)";
    place.fails("export lenet5 --json no/folder.json", 1, &format!("error: no/folder.json: {reason}"));
    place.fails("summary absent.json", 1, "error: absent.json: cannot read it: No such file or directory (os error 2)");
    let spoiled = |from: &str, to: &str, says: &str| {
        assert!(text.contains(from));
        place.put("bad.json", text.replacen(from, to, 1).as_bytes());
        place.fails("summary bad.json", 1, &format!("error: bad.json: {says}"));
        place.fails("draw bad.json --out c.svg", 1, &format!("error: bad.json: {says}"));
        place.fails("export bad.json --json c.json", 1, &format!("error: bad.json: {says}"));
    };
    spoiled("\"version\": 1", "\"version\": 9", "expected version 1, found 9");
    spoiled(
        "layercake-graph",
        "graph\\u000a\\u001b[2J",
        "not a graph: expected the format \"layercake-graph\", found \"graph\\n\\u001b[2J\"",
    );
    let help = "help: write `400`, or leave the input size out to infer it";
    let line = format!("`fc1` (Linear) expects 401 input features, but receives 400: [16, 5, 5] flattened by `flatten_1` {help}");
    spoiled("\"in_features\": 400", "\"in_features\": 401", &line);
    spoiled("\"output\": [10]", "\"output\": [11]", "node `fc3`: states the output [11], but the operation returns [10]");
    place.put("bad.json", &[0xff; 9]);
    place.fails("summary bad.json", 1, "error: bad.json: cannot read it: stream did not contain valid UTF-8");
    place.put("bad.json", b"{");
    place.fails("summary bad.json", 1, "error: bad.json: not valid JSON: EOF while parsing an object at line 1 column 1");
    assert_eq!(place.names("."), ["a.svg", "again.json", "b.svg", "bad.json", "net.json"]);
}

#[test]
fn invalid_numbers() {
    let place = Place::new();
    let whole =
        |option, value, most| format!("error: invalid value '{value}' for '--{option} <N>': expected a whole number from 1 to {most}");
    for value in ["0", "-1", "1.5", "many", "100001", "99999999999999999999999"] {
        for option in ["batch-size", "epochs"] {
            place.fails(&format!("train lenet5 --{option}={value}"), 2, &whole(option, value, 100_000));
        }
        place.fails(&format!("bench lenet5 --batch-size={value}"), 2, &whole("batch-size", value, 100_000));
    }
    for command in ["train lenet5", "eval lenet5 --checkpoint x", "bench lenet5"] {
        place.fails(&format!("{command} --threads 0"), 2, &whole("threads", "0", 1024));
    }
    for value in ["0", "-0.1", "nan", "inf", "fast"] {
        let line = format!("error: invalid value '{value}' for '--lr <X>': expected a positive number such as 0.001");
        place.fails(&format!("train lenet5 --lr {value}"), 2, &line);
    }
    place.fails("train lenet5 --seed=-1", 2, "error: invalid value '-1' for '--seed <N>': invalid digit found in string");
    assert!(place.names(".").is_empty(), "nothing was begun");
}

#[test]
fn options_that_are_missing_or_unknown() {
    let place = Place::new();
    place.fails("train", 2, "error: the following required arguments were not provided: <MODEL>");
    place.fails("eval lenet5", 2, "error: the following required arguments were not provided: --checkpoint <PATH>");
    place.fails("train lenet5 --epoch 3", 2, "error: unexpected argument '--epoch' found; a similar argument exists: '--epochs'");
    place.fails(
        "train lenet5 --device gpu",
        2,
        "error: invalid value 'gpu' for '--device <DEVICE>' [possible values: cpu, cuda]; a similar value exists: 'cpu'",
    );
}

#[cfg(not(feature = "cuda"))]
#[test]
fn cuda_in_a_build_without_it() {
    let how = "build with `cargo build --release -p layercake-models --features cuda`";
    for command in ["train", "bench"] {
        let line = format!("error: this build runs on the CPU only; for CUDA, {how}");
        Place::new().fails(&format!("{command} lenet5 --device cuda"), 1, &line);
    }
}

/// Three training images and two test images, which each case modifies.
fn mnist() -> Place {
    let place = Place::new();
    place
        .put("d/mnist/train-images-idx3-ubyte", &idx(&[3, 28, 28], &[7; 3 * 784]))
        .put("d/mnist/train-labels-idx1-ubyte", &idx(&[3], &[0, 5, 9]))
        .put("d/mnist/t10k-images-idx3-ubyte", &idx(&[2, 28, 28], &[7; 2 * 784]))
        .put("d/mnist/t10k-labels-idx1-ubyte", &idx(&[2], &[1, 2]));
    place
}

const TRAIN: &str = "train lenet5 --epochs 1 --dataset mnist --data-dir d";

#[test]
fn the_good_files_are_read() {
    mnist().works(TRAIN);
}

#[test]
fn missing_data() {
    let place = Place::new();
    let line = "error: the data set `mnist` is read from files; name the folder that contains `mnist` (--data-dir)";
    place.fails("train lenet5 --dataset mnist", 1, line);
    let line = "error: d/mnist: no such folder; the data folder must contain the data set's folder `mnist`";
    place.fails(TRAIN, 1, line);

    let place = mnist();
    fs::remove_file(place.path("d/mnist/t10k-labels-idx1-ubyte")).unwrap();
    place.fails(TRAIN, 1, "error: d/mnist: contains neither `t10k-labels-idx1-ubyte` nor `t10k-labels-idx1-ubyte.gz`");
    assert_eq!(place.names("."), ["d"], "no run was begun");
}

#[test]
fn damaged_data() {
    let spoiled = |name: &str, bytes: &[u8], says: &str| {
        let place = mnist();
        place.put(&format!("d/mnist/{name}"), bytes).fails(TRAIN, 1, &format!("error: d/mnist/{name}: {says}"));
        assert_eq!(place.names("."), ["d"], "no run was begun");
    };
    let images = "train-images-idx3-ubyte";
    spoiled(images, &idx(&[3, 28, 28], &[7; 100]), "truncated: the header says 3x28x28, which is 2352 bytes, but only 100 follow it");
    spoiled(images, &idx(&[3, 28, 28], &[7; 2353]), "the header says 3x28x28, which is 2352 bytes, but more follow it");
    spoiled(images, &idx(&[3], &[7; 3]), "expected the magic number 0x00000803 (bytes in three axes: images), found 0x00000801");
    spoiled(images, &[0, 0, 8, 3, 0], "truncated: expected a header of 16 bytes, found 5 bytes in all");
    let huge = "the header says 4294967295x4294967295x4294967295; at most 4294967296 bytes are read into memory";
    spoiled(images, &idx(&[u32::MAX; 3], &[]), huge);
    // A gzip header without data, and with invalid data.
    let cut_off = "damaged or truncated: the gzip data cannot be decompressed beyond 0 bytes";
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    spoiled(images, &header, &format!("{cut_off} (incomplete deflate stream)"));
    spoiled(images, &[&header[..], &[0xff; 20]].concat(), &format!("{cut_off} (corrupt deflate stream)"));

    let labels = "t10k-labels-idx1-ubyte";
    spoiled(labels, &idx(&[2], &[1, 10]), "label 10 at position 1 (counted from 0) is out of range; there are 10 classes, 0..=9");
    let place = mnist();
    place.put("d/mnist/t10k-labels-idx1-ubyte", &idx(&[3], &[1, 2, 3]));
    let line = "error: d/mnist/t10k-images-idx3-ubyte contains 2 images, but d/mnist/t10k-labels-idx1-ubyte contains 3 labels";
    place.fails(TRAIN, 1, line);
}

#[test]
fn images_of_another_size() {
    let place = mnist();
    place.put("d/mnist/t10k-images-idx3-ubyte", &idx(&[2, 28, 27], &[7; 2 * 28 * 27]));
    place.fails(TRAIN, 1, "error: mnist, test images: expected images of 1x28x28 (channels x height x width), found 1x28x27");
}

#[test]
fn folders_with_other_files() {
    let place = Place::new();
    place.put("home/letter.txt", b"dear").put("file", b"");
    let line =
        "error: home: contains files that do not belong to a run; expected a new or empty folder, or that of an earlier run to replace";
    place.fails("train lenet5 --out home", 1, line);
    assert_eq!(place.names("home"), ["letter.txt"]);
    place.fails("train lenet5 --out file", 1, "error: file: File exists (os error 17)");
}

#[test]
fn training_that_diverges() {
    let place = mnist();
    let output = place.run("train lenet5 --dataset mnist --data-dir d --lr 1e30 --batch-size 1 --epochs 3");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!place.path("runs/lenet5-mnist-1/summary.json").exists(), "a failed run has no summary");
    assert!(stderr.starts_with("error: the loss became ") && stderr.lines().count() == 1, "{stderr}");
    assert!(stderr.ends_with(": training diverged; try a smaller learning rate\n"), "{stderr}");
}

/// A safetensors file of zeros.
fn checkpoint(tensors: &[(&str, &[usize])]) -> Vec<u8> {
    let zeros = vec![0; 4 * 1_000_000];
    let views = tensors
        .iter()
        .map(|&(name, shape)| (name, TensorView::new(Dtype::F32, shape.to_vec(), &zeros[..4 * shape.iter().product::<usize>()]).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

/// LeNet-5's tensors.
pub(crate) const LENET5: [(&str, &[usize]); 10] = [
    ("conv1.weight", &[6, 1, 5, 5]),
    ("conv1.bias", &[6]),
    ("conv2.weight", &[16, 6, 5, 5]),
    ("conv2.bias", &[16]),
    ("fc1.weight", &[120, 400]),
    ("fc1.bias", &[120]),
    ("fc2.weight", &[84, 120]),
    ("fc2.bias", &[84]),
    ("fc3.weight", &[10, 84]),
    ("fc3.bias", &[10]),
];

#[test]
fn checkpoints_of_other_models() {
    let place = Place::new();
    let eval = "eval lenet5 --checkpoint m.safetensors";
    // All zeros: the first class is predicted for every image; the loss is ln 10.
    place.put("m.safetensors", &checkpoint(&LENET5));
    assert_eq!(place.works(eval), "digits: test accuracy 10.00 % of 360 images, test loss 2.3026\n");

    let mut other = LENET5;
    other[4].1 = &[128, 400];
    other[6].1 = &[84, 128];
    place.put("m.safetensors", &checkpoint(&other));
    let line = "error: m.safetensors: `fc1.weight` has shape [128, 400] in the file, but [120, 400] in the network";
    place.fails(eval, 1, line);

    place.put("m.safetensors", &checkpoint(&LENET5[..9]));
    place.fails(eval, 1, "error: m.safetensors: `fc3.bias` is missing; the network has it with shape [10]");
    place.put("m.safetensors", &checkpoint(&[&LENET5[..], &[("fc4.weight", &[10, 10])]].concat()));
    place.fails(eval, 1, "error: m.safetensors: `fc4.weight` with shape [10, 10] is not in the network");
}

#[test]
fn checkpoints_that_cannot_be_read() {
    let place = Place::new();
    let eval = "eval lenet5 --checkpoint m.safetensors";
    place.fails(eval, 1, "error: m.safetensors: cannot read it: No such file or directory (os error 2)");
    place.put("m.safetensors", b"no tensors");
    let output = place.run(eval);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("error: m.safetensors: not a valid safetensors file: ") && stderr.lines().count() == 1, "{stderr}");
    assert_eq!(output.status.code(), Some(1));

    place.put("m.safetensors", &checkpoint(&LENET5)).put("config.json", b"{}");
    let reason = "not the config.json of a run: missing field `layercake` at line 1 column 2";
    place.fails(eval, 1, &format!("error: config.json: {reason}"));
}

/// Names with control characters.
#[cfg(unix)]
#[test]
fn one_line_whatever_the_names() {
    let place = Place::new();
    let output = place.run_words(["eval", "lenet5", "--checkpoint", "a\nb\u{1b}[2Jc"]);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "error: a b [2Jc: cannot read it: No such file or directory (os error 2)\n");
    let output = place.run_words(["train", "len\net5"]);
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        format!("error: unknown model `len et5`; did you mean `lenet5`?; {}\n", models())
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_not_success() {
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for command in [&["list"][..], &["summary", "lenet5"], &["--help"]] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_layercake")).args(command).stdout(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{command:?}");
    }
}
