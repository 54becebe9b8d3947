//! Training that begins with the parameters of another run.

use std::collections::BTreeMap;
use std::fs;

use crate::own::picture;
use crate::support::{Place, killed};

/// The bytes of each tensor.
fn tensors(place: &Place, run: &str) -> BTreeMap<String, Vec<u8>> {
    let bytes = fs::read(place.path(run).join("model.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    file.tensors().into_iter().map(|(name, view)| (name, view.data().to_vec())).collect()
}

#[test]
fn frozen_layers_and_a_new_head() {
    let place = Place::new();
    place.works("train lenet5 --epochs 1 --train-size 200 --out a");
    let train = "train lenet5 --from a --freeze conv1 --freeze *.bias --head --epochs 40 --train-size 64 --seed 1";
    let said = place.works(&format!("{train} --out b"));
    let table = "\
layer  parameters  values  training
conv1         156  file    frozen
conv2       2,416  file    partly frozen
fc1        48,120  file    partly frozen
fc2        10,164  file    partly frozen
fc3           850  new     trained
61,706 parameters, 850 of them new, 376 frozen, the others from a/model.safetensors
lenet5 (61,706 parameters) on digits: 64 training images; run folder b\n";
    assert!(said.starts_with(table), "{said}");
    let [before, after] = ["a", "b"].map(|run| tensors(&place, run));
    let same: Vec<&String> = before.keys().filter(|name| before[*name] == after[*name]).collect();
    assert_eq!(same, ["conv1.bias", "conv1.weight", "conv2.bias", "fc1.bias", "fc2.bias"]);
    let config = place.json("b/config.json");
    assert_eq!(config["transfer"]["freeze"], serde_json::json!(["conv1", "*.bias"]));

    // A run that was killed goes on with the same layers frozen, from a checkpoint and from its beginning.
    killed(&place, &format!("{train} --out killed --checkpoint-every 1"), "killed");
    place.works("train --resume killed");
    assert!(tensors(&place, "killed") == after);
    place.put("begun/config.json", place.text("b/config.json").as_bytes());
    assert!(place.works("train --resume begun").starts_with(table.split_once("\n61,706").unwrap().0));
    assert!(tensors(&place, "begun") == after);
    place.put("late/config.json", place.text("b/config.json").as_bytes());
    place.works("train lenet5 --epochs 1 --train-size 100 --out a");
    let output = place.run("train --resume late");
    let line = String::from_utf8(output.stderr).unwrap();
    assert!(line.contains("a/model.safetensors: changed since the run began with it: the checksum was "), "{line}");
}

#[test]
fn a_file_that_does_not_fit() {
    let place = Place::new();
    place.works("train lenet5 --epochs 1 --train-size 30 --out a");
    place.works("train softmax --epochs 1 --train-size 30 --out s");
    place.works("train resnet20 --epochs 1 --train-size 8 --batch-size 8 --out gray");
    for (class, name) in ["high", "low", "middle"].iter().enumerate() {
        for i in 0..8 {
            place.put(&format!("photos/{name}/{i}.png"), &picture([0, 2, 1][class], i));
        }
    }
    let paths = "this model has `conv1.weight`, `conv1.bias`, `conv2.weight`, `conv2.bias`, `fc1.weight`, `fc1.bias`, `fc2.weight`, `fc2.bias`, and 2 more";
    let head = "`--head` takes all other layers from the file and begins with a new last layer";
    for (command, line) in [
        ("train lenet5 --from a --freeze layer9.*", format!("`--freeze`: `layer9.*` matches no parameter; {paths}; `*` stands for any characters")),
        ("train lenet5 --from a --freeze *", "`--freeze` `*` leaves no parameter to be trained; `--head` trains a new last layer".to_owned()),
        (
            "train lenet5 --from s",
            "s/model.safetensors: not the parameters of this network, `LeNet5`: `conv1.weight` of the network is not in the file, `conv1.bias` of the network is not in the file, `conv2.weight` of the network is not in the file, `conv2.bias` of the network is not in the file and 6 more; the file is that of a run of the model `softmax`: begin with a run of the model that is trained".to_owned(),
        ),
        (
            "train lenet5 --data photos --from a",
            format!("a/model.safetensors: the last layer differs: `fc3.weight` has shape [10, 84] in the file, but [3, 84] in the network; {head}"),
        ),
        (
            "train resnet20 --data photos --from gray --head",
            "gray/model.safetensors: not the parameters of this network, `ResNet20`: `conv1.weight` has shape [16, 1, 3, 3] in the file, but [16, 3, 3, 3] in the network; the file's network takes images of 1 channel (gray), this one of 3 channels (color): begin with a run on images of 3 channels (color), or train on images of 1 channel (gray)".to_owned(),
        ),
        ("train vae --from a --head", "`--head` needs a network with one output; `MlpVae` has 3".to_owned()),
        ("train lenet5 --train-size 1438", "`--train-size 1438`: there are only 1437 training items".to_owned()),
    ] {
        let output = place.run(&format!("{command} --out none"));
        let (said, text) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!((text, output.status.code()), (format!("error: {line}\n"), Some(1)), "layercake {command}\n{said}");
        assert!(!place.path("none").exists(), "nothing was begun");
    }
    // Only the new last layer is trained.
    let said = place.works("train lenet5 --data photos --from a --freeze * --head --epochs 2 --batch-size 6 --out p");
    assert!(said.contains("\nfc3           255  new     trained\n61,111 parameters, 255 of them new, 60,856 frozen, "), "{said}");
    let [before, after] = ["a", "p"].map(|run| tensors(&place, run));
    assert!(before["fc2.weight"] == after["fc2.weight"] && before["fc3.bias"].len() != after["fc3.bias"].len());
}
