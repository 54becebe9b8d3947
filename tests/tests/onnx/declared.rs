//! Networks that others trained, as types: their files are read while this compiles.

#[cfg(not(shared_models))]
#[test]
fn networks_from_elsewhere_as_types() {
    use std::io::Write;
    // Past the capture of passing tests' output.
    let _ = std::io::stderr().write_all(b"SKIPPED: networks of others as types: their files are not in ../shared/models\n");
}

#[cfg(shared_models)]
mod read {
    use std::path::Path;

    use layercake::prelude::*;
    use layercake_tests::{Numbers, difference};

    network! {
        /// Is it speech?
        Vad = onnx("../../shared/models/silero_vad_16k_sequence.onnx", sequence_length = 5)
        /// Is a line of text upside down?
        Direction = onnx("../../shared/models/ppocr_mobile_cls.onnx", x = [_, 3, 48, 192])
        /// How good does speech sound?
        Quality = onnx("../../shared/models/dnsmos_model_v8.onnx")
        /// A network of one's own around one of them.
        Twice: [3, 48, 384] -> [4] {
            Slice(axis = 2, end = 192) as left, from input, Slice(axis = 2, start = 192), right: Direction as b, from left, left: Direction, Concat(b),
        }
    }

    fn agree(file: &str, found: &[(&str, Numbers)]) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/models").join(file);
        let expected = Numbers::read(&path);
        for (name, found) in found {
            let expected = &expected[&format!("out.{name}")];
            let found = Numbers { dims: expected.dims.clone(), values: found.values.clone() };
            let worst = difference(&found, expected);
            assert!(worst < 1e-4, "{file}, {name}: {worst:e}");
        }
    }

    fn numbers(file: &str, name: &str) -> Numbers {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/models").join(file);
        Numbers::read(&path).remove(name).unwrap_or_else(|| panic!("{file} has no {name}"))
    }

    #[test]
    fn networks_from_elsewhere_as_types() {
        let device = Cpu::default();

        let file = "dnsmos_model_v8.safetensors";
        let sound: Tensor<(usize, Const<900>, Const<120>), f32, _> = numbers(file, "in.input_1").tensor(&device);
        let quality = Quality::pretrained(&device).unwrap().forward(sound);
        agree(file, &[("Identity:0", Numbers::of(&quality))]);

        let file = "ppocr_mobile_cls.safetensors";
        let image: Tensor<(usize, Const<3>, Const<48>, Const<192>), f32, _> = numbers(file, "in.x").tensor(&device);
        let direction = Direction::pretrained(&device).unwrap();
        agree(file, &[("save_infer_model/scale_0.tmp_1", Numbers::of(&direction.forward(image)))]);

        // The file has no batch: its tensors are one sample.
        let file = "silero_vad_16k_sequence.safetensors";
        let whole = |name: &str| {
            let numbers = numbers(file, name);
            Numbers { dims: [&[1], &numbers.dims[..]].concat(), ..numbers }
        };
        let sound: Tensor<Rank3<1, 5, 576>, f32, _> = whole("in.input").tensor(&device);
        let [h, c]: [Tensor<Rank4<1, 1, 1, 128>, f32, _>; 2] = ["in.h", "in.c"].map(|name| whole(name).tensor(&device));
        let (speech, h, c) = Vad::pretrained(&device).unwrap().forward(sound, h, c);
        agree(file, &[("speech_probs", Numbers::of(&speech)), ("hn", Numbers::of(&h)), ("cn", Numbers::of(&c))]);
    }

    #[test]
    fn facts_of_networks_from_elsewhere() {
        const { assert!(Vad::PARAMS > 200_000 && Vad::OUTPUT.0[0] == 5 && Direction::OUTPUT[0] == 2 && Quality::INPUT[0] == 900) }
        const { assert!(Twice::PARAMS == 2 * Direction::PARAMS) }
        assert!(Direction::draw().svg().contains("Conv2d") && Vad::summary().to_string().contains("LSTM"));
    }
}
