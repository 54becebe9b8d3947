//! Losses on the GPU, fused with their gradients: code that is generic over devices asks at run time whether it runs on one.

use std::any::Any;
use std::rc::Rc;

use cudarc::driver::CudaDevice;
use dfdx::shapes::Rank0;
use dfdx::tensor::{Cuda, Gradients, HasErr, PutTape, Storage, Tape, Tensor, TensorFromVec, ZerosTensor};
use dfdx::tensor_ops::Device;
use layercake_engine_cuda::Plan;

use crate::Scalar;
use crate::cuda::generic::same;
use crate::cuda::launch::Loaded;
use crate::cuda::places::{Memory, Places};
use crate::host;
use crate::run::value::{Rank1, Value};

type Error = <Cuda as HasErr>::Err;
type Flat = Tensor<Rank1, f32, Cuda>;

/// In place of a class: a row without one has no loss. It is below 0, and its bits are those of a number.
pub(super) const NO_CLASS: i32 = i32::MIN;

/// What a row's probabilities are compared with.
pub(super) struct Target<'a> {
    /// The class of each row, or [`NO_CLASS`].
    pub ids: Vec<i32>,
    /// The target at the class, besides what is spread over all.
    pub share: f64,
    pub spread: f64,
    /// The weight of each class; none if they are equal.
    pub weight: &'a [f64],
}

/// The sum of the rows' losses, times `scale`, recorded. Only for types that [`on_engine`].
pub(super) fn cross_entropy<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Value<E, D>,
    target: Target<'_>,
    dims: [usize; 3],
    scale: f64,
    mut tape: T,
) -> Result<Tensor<Rank0, E, D, T>, D::Err> {
    let options = [target.share, target.spread].map(host::number::<f32>);
    let plan = layercake_engine_cuda::cross_entropy(dims, host::number::<f32>(scale), options, !target.weight.is_empty());
    let (loss, pass) = forward(plan, same(x), target).map_err(same::<Error, D::Err>)?;
    if T::OWNS_TAPE {
        tape.add_backward_op(move |gradients| {
            let gradients: &mut dyn Any = gradients;
            let gradients = gradients.downcast_mut().unwrap_or_else(|| unreachable!("`on_engine` says so"));
            pass.backward(gradients).map_err(same::<Error, D::Err>)
        });
    }
    let loss: Value<E, D> = same(loss);
    Ok(loss.restore(&())?.put_tape(tape))
}

/// What the backward pass needs.
struct Pass {
    plan: Plan,
    loaded: Rc<Loaded>,
    x: Flat,
    loss: Flat,
    slopes: Flat,
}

fn forward(plan: Plan, x: Value<f32, Cuda>, target: Target<'_>) -> Result<(Value<f32, Cuda>, Pass), Error> {
    let device = x.device().clone();
    let upload = |numbers: Vec<f32>| -> Result<Flat, Error> {
        let len = (numbers.len(),);
        device.try_tensor_from_vec(numbers, len)
    };
    // In a tensor of numbers, whose memory dfdx may keep: the kernel reads the bits as integers.
    let mut given = vec![upload(target.ids.into_iter().map(|id| f32::from_bits(id.cast_unsigned())).collect())?];
    if !target.weight.is_empty() {
        given.push(upload(target.weight.iter().map(|&weight| host::number(weight)).collect())?);
    }
    let fresh = |output: usize| -> Result<Flat, Error> { device.try_zeros_like(&(plan.outputs[output],)) };
    let (loss, slopes) = (fresh(0)?, fresh(1)?);
    // dfdx gives cudarc's device away with an allocation only, so the losses of the rows are one.
    let losses: <Cuda as Storage<f32>>::Vec = device.try_alloc_len(plan.outputs[2])?;
    let of_driver: std::sync::Arc<CudaDevice> = losses.device();
    let loaded = Rc::new(Loaded::new(of_driver, &plan.kernels)?);
    let places = Places {
        inputs: std::iter::once(x.memory()).chain(given.iter().map(Memory::of_tensor)).collect(),
        outputs: vec![Memory::of_tensor(&loss), Memory::of_tensor(&slopes), Memory::of_storage(&losses)],
        ..Places::default()
    };
    assert!(places.fit(&plan), "there are a class for each row and a weight for each class");
    plan.forward.iter().try_for_each(|task| loaded.run(&plan, &task.work, &places, 0))?;
    let value = Value::erase(loss.clone())?.0.with_dims(Vec::new());
    Ok((value, Pass { plan, loaded, x: x.flat(), loss, slopes }))
}

impl Pass {
    fn backward(self, gradients: &mut Gradients<f32, Cuda>) -> Result<(), Error> {
        let Self { plan, loaded, x, loss, slopes } = self;
        let of_loss = Memory::of_storage(gradients.get_or_alloc_mut(&loss)?);
        let of_x = Memory::of_storage(gradients.get_or_alloc_mut(&x)?);
        let places = Places {
            // The losses of the rows are not read again.
            outputs: vec![Memory::of_tensor(&loss), Memory::of_tensor(&slopes)],
            input_grads: vec![Some(of_x)],
            output_grads: vec![of_loss],
            ..Places::default()
        };
        assert!(of_x.len() == plan.outputs[1] && of_loss.len() == 1, "a gradient is as long as its tensor");
        plan.backward.iter().try_for_each(|task| loaded.run(&plan, &task.work, &places, 0))?;
        Ok(())
    }
}
