//! Times a training step of a character model: embedding 65 -> 64, LSTM 256, 64 steps, linear 65; batch 32. The first argument sets the
//! batch size.

use std::time::Instant;

use layercake_engine::{Engine, Mode};
use layercake_ir::{
    Builder, INFER, Op, Shape,
    ops::{Embedding, Linear, Lstm, Steps},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let batch: usize = std::env::args().nth(1).map_or(Ok(32), |arg| arg.parse())?;
    let mut builder = Builder::new("CharLstm");
    let ids = builder.input("ids", Shape::ids(&[64]))?;
    let table = Embedding { num_embeddings: 65, embedding_dim: 64, padding_idx: INFER };
    let x = builder.add("embedding", Op::Embedding(table), &[ids])?;
    let lstm = Lstm {
        in_features: INFER,
        hidden: 256,
        layers: 1,
        bidirectional: false,
        dropout: 0.0,
        bias: true,
        output: Steps::All,
        states: false,
    };
    let x = builder.add("lstm", Op::Lstm(lstm), &[x])?;
    let x = builder.add("fc", Op::Linear(Linear { in_features: INFER, out_features: 65, bias: true }), &[x])?;
    let graph = builder.finish(&[("logits", x)]);
    let engine = Engine::default();
    let grad = vec![1e-3f32; batch * 64 * 65];
    let ids: Vec<usize> = (0..batch * 64).map(|i| i * 31 % 65).collect();
    let (mut forward, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..30 {
        let mut run = engine.start(&graph, batch, Mode::Train, false)?;
        let mut grads = run.zero_grads();
        run.set_ids(0, &ids);
        for (i, param) in graph.nodes().iter().flat_map(|node| node.params().as_slice().to_vec()).enumerate() {
            let scale = 1.0 / (param.shape.dim(param.shape.rank() - 1) as f32).sqrt();
            run.param_mut(i).iter_mut().enumerate().for_each(|(at, x)| *x = ((at * 37 % 101) as f32 / 50.0 - 1.0) * scale);
        }
        let begin = Instant::now();
        run.forward();
        forward.push(begin.elapsed().as_secs_f64() * 1e3);
        run.backward(&[&grad], &mut grads);
        whole.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    for (what, mut times) in [("forward", forward), ("forward and backward", whole)] {
        times.sort_by(f64::total_cmp);
        println!("{what}: median {:.2} ms, best {:.2} ms", times[times.len() / 2], times[0]);
    }
    Ok(())
}
