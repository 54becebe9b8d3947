//! Whether the networks of others are here, which tests read while they compile: `../shared/models` beside the workspace.

use std::path::Path;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(shared_models)");
    let models = Path::new("../../shared/models");
    println!("cargo::rerun-if-changed={}", models.display());
    if ["dnsmos_model_v8", "ppocr_mobile_cls", "silero_vad_16k_sequence"]
        .iter()
        .all(|name| models.join(name).with_extension("onnx").is_file())
    {
        println!("cargo::rustc-cfg=shared_models");
    }
}
