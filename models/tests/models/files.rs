//! Files of PyTorch and NumPy on the command line.

use std::path::Path;

use crate::support::Place;
use layercake::io::{self, Array, Arrays};

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pytorch/files");
    std::fs::read(folder.join(name)).unwrap()
}

#[test]
fn convert() {
    let place = Place::new();
    place.put("x.pt", &fixture("checkpoint.pt")).put("two.pt", &fixture("two.pt")).put("half.pt", &fixture("half.pt"));
    let said = place.works("convert x.pt --out x.safetensors");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "x.safetensors: 9 tensors: 1 I64, 8 F32");
    assert!(lines.contains(&"`optimizer` left out: a dict, not in the dict `state_dict`") && lines.len() == 9, "{said}");
    assert_eq!(io::read_arrays(place.path("x.safetensors")).unwrap()["conv.weight"].shape(), [2, 1, 3, 3]);

    place.works("convert x.safetensors --out x.npz");
    assert_eq!(place.works("convert x.npz --out y.safetensors"), "y.safetensors: 9 tensors: 1 I64, 8 F32\n");
    assert_eq!(std::fs::read(place.path("x.safetensors")).unwrap(), std::fs::read(place.path("y.safetensors")).unwrap());
    assert_eq!(
        place.works("convert half.pt --out half.safetensors --f32"),
        "half.safetensors: 9 tensors: 1 I64, 8 F32\n8 converted from F16 to F32\n"
    );
    assert_eq!(
        place.works("convert two.pt --out critic.safetensors --key critic"),
        "critic.safetensors: 1 tensor: 1 F32\n`generator` left out: a dict, not in the dict `critic`\n"
    );

    let line = "error: two.pt: it has several dicts of tensors; choose one by its key: `generator`, `critic`";
    place.fails("convert two.pt --out z.safetensors", 1, line);
    place.fails("convert two.pt --out z.safetensors --key actor", 1, "error: two.pt: it has no dict of tensors at `actor`");
    place.fails("convert half.npz --out z.npz", 1, "error: half.npz: cannot read it: No such file or directory (os error 2)");
    place.fails(
        "convert x.npz --out z.safetensors --key a",
        1,
        "error: x.npz: it has no dict `a`: only files of PyTorch have dicts of tensors",
    );
    place.fails("convert half.pt --out z.bin", 1, "error: z.bin: expected the extension .safetensors or .npz");
    place.put("f.pt", &fixture("refused/function.pt"));
    let refusal = "only tensors, dicts, lists, tuples, texts and numbers are read";
    let remedy = "save the tensors alone in Python: torch.save(model.state_dict(), 'tensors.pt')";
    place.fails(
        "convert f.pt --out z.safetensors",
        1,
        &format!("error: f.pt: its pickle, at byte 13: it names `os.system`, which is refused: {refusal}; {remedy}"),
    );
    place.put("text.pt", b"not a file of tensors");
    let line = "error: text.pt: not a valid PyTorch file: it does not begin as what `torch.save` writes";
    place.fails("convert text.pt --out z.safetensors", 1, line);
    assert!(!place.path("z.safetensors").exists() && !place.path("z.npz").exists());
}

#[cfg(feature = "onnx")]
#[test]
fn run_on_npz() {
    let place = Place::new();
    place.works("export lenet5 --onnx net.onnx");
    let images: Vec<f32> = (0..2 * 784).map(|i| (i % 5) as f32).collect();
    let input = Array::new(&[2, 1, 28, 28], &images).unwrap();
    io::write_arrays(place.path("x.npz"), &Arrays::from([("input".to_owned(), input)])).unwrap();
    place.works("run net.onnx --input x.npz --output y.npz");
    place.works("run net.onnx --input x.npz --output y.safetensors");
    let [one, other] = ["y.npz", "y.safetensors"].map(|name| io::read_arrays(place.path(name)).unwrap());
    assert_eq!((one["output"].shape(), one["output"].to_vec::<f32>()), (&[2, 10][..], other["output"].to_vec::<f32>()));
    place.fails("run net.onnx --input x.npz --output y.txt", 1, "error: y.txt: expected the extension .safetensors or .npz");
}

/// Parameters from any format.
#[test]
fn checkpoints() {
    let place = Place::new();
    place.works("convert --help");
    let zeros = |shape: &[usize]| Array::new(shape, &vec![0f32; shape.iter().product()]).unwrap();
    let tensors = crate::command::LENET5.iter().map(|&(name, shape)| (name.to_owned(), zeros(shape)));
    io::write_arrays(place.path("m.npz"), &tensors.collect()).unwrap();
    assert_eq!(place.works("eval lenet5 --checkpoint m.npz"), "digits: test accuracy 10.00 % of 360 images, test loss 2.3026\n");
    place.put("m.pt", &fixture("state_dict.pt"));
    let line = "error: m.pt: `conv1.weight` is missing; the network has it with shape [6, 1, 5, 5]";
    place.fails("eval lenet5 --checkpoint m.pt", 1, line);
}
