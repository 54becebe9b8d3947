//! A group of images, with all buffers for taking them through the network.

use crate::{
    kernels::{batch_norm::Moments, layout, memory::zeros},
    layers::{Buffers, Place, Shared, Site, channels::Order},
    plan::{Param, Plan, Span, Step, Task, Value, Writes},
};

/// An id that is no row of any table, and whose bits are those of an ordinary number.
const MOST_ID: u32 = 1 << 30;

/// A lane's own buffers.
pub struct Lane {
    /// Its images.
    pub span: Span,
    /// The values and their gradients.
    pub slots: Vec<Vec<f32>>,
    /// See [`Site`].
    pub scratch: Vec<f32>,
    /// See [`Site`].
    pub spare: Vec<f32>,
    /// For each step, what its forward pass keeps for its backward pass.
    pub kept: Vec<Vec<f32>>,
    /// The gradients of the trained tensors over this lane's images; empty for those that all threads compute together.
    pub grads: Vec<Vec<f32>>,
    /// For each batch normalization, the statistics of this lane's images.
    pub moments: Vec<Vec<Moments>>,
    /// For each batch normalization, the sums that its backward pass needs.
    pub sums: Vec<Vec<[f64; 2]>>,
}

impl Lane {
    /// Buffers for a plan, zeroed; none if there is not enough memory.
    pub fn new(plan: &Plan, span: Span) -> Option<Self> {
        let [scratch, spare] = scratch(plan, span.images);
        Some(Self {
            span,
            slots: plan.slots.iter().map(|len| zeros(len * span.images)).collect::<Option<_>>()?,
            scratch: zeros(scratch)?,
            spare: zeros(spare)?,
            kept: plan.steps.iter().map(|step| zeros(step.layer.keeps(span.images))).collect::<Option<_>>()?,
            grads: plan.params.iter().map(|param| zeros(own(plan, param))).collect::<Option<_>>()?,
            moments: plan.norms.iter().map(|&channels| vec![Moments::default(); channels]).collect(),
            sums: plan.norms.iter().map(|&channels| vec![[0.0; 2]; channels]).collect(),
        })
    }

    /// A step on this lane, and where the gradients of its tensors go.
    pub fn site<'a>(&'a mut self, shared: Shared<'a>, task: Task) -> (Site<'a>, &'a mut [Vec<f32>]) {
        let first_param = shared.plan.steps[task.step].first_param;
        let Lane { span, slots, scratch, spare, kept, grads, moments, sums } = self;
        let site =
            Site::new(shared, task.step, task.part, *span, slots, Buffers { moments, sums, scratch, spare, kept: &mut kept[task.step] });
        (site, &mut grads[first_param..])
    }

    /// Copies this lane's part of the outputs' gradients.
    pub fn take_output_grads(&mut self, plan: &Plan, grads: &[&[f32]]) {
        for (output, grad) in plan.outputs.iter().zip(grads) {
            let value = &plan.values[output.value];
            if let Some(slot) = value.grad {
                self.take(value, grad, slot, output.again);
            }
        }
    }

    /// Copies (adds) this lane's part of a batch-major slice to a buffer.
    pub fn take(&mut self, value: &Value, from: &[f32], slot: usize, add: bool) {
        let (Span { start, images }, len) = (self.span, value.len());
        if value.order == Order::Batch {
            return layout::put(&from[start * len..][..images * len], &mut self.slots[slot][..images * len], add);
        }
        layout::transpose(images, len, &from[start * len..][..images * len], &mut self.slots[slot][..images * len], add);
    }

    /// Copies this lane's part of batch-major token ids to a buffer, as the bits of its numbers.
    pub fn take_ids(&mut self, len: usize, ids: &[usize], slot: usize) {
        let Span { start, images } = self.span;
        let to = &mut self.slots[slot][..images * len];
        for (image, ids) in ids[start * len..][..images * len].chunks_exact(len).enumerate() {
            for (to, &id) in to[image..].iter_mut().step_by(images).zip(ids) {
                // An id that does not fit into the type is larger than any table.
                *to = f32::from_bits(u32::try_from(id).map_or(MOST_ID, |id| id.min(MOST_ID)));
            }
        }
    }
}

/// The number of elements in the buffers of a lane with this number of images.
pub fn numbers(plan: &Plan, images: usize) -> u128 {
    let slots = plan.slots.iter().map(|&len| len as u128 * images as u128).sum::<u128>();
    let kept = plan.steps.iter().map(|step| step.layer.keeps(images) as u128).sum::<u128>();
    let grads = plan.params.iter().map(|param| own(plan, param) as u128).sum::<u128>();
    slots + kept + grads + scratch(plan, images).iter().map(|&len| len as u128).sum::<u128>()
}

/// The number of elements of a gradient that a lane computes by itself.
fn own(plan: &Plan, param: &Param) -> usize {
    if param.trained && !param.wide && !plan.backward.is_empty() { param.len } else { 0 }
}

/// The largest sizes of the two scratch buffers that a step needs.
fn scratch(plan: &Plan, images: usize) -> [usize; 2] {
    plan.steps.iter().fold([0; 2], |most, step| {
        let [scratch, spare] = step.layer.scratch(images, step.backward);
        [most[0].max(scratch), most[1].max(spare).max(moved(plan, step) * images)]
    })
}

/// A gradient that is computed in place and added to another is computed in the second scratch buffer.
fn moved(plan: &Plan, step: &Step) -> usize {
    let adds = step.layer.place() != Place::Apart && step.writes.contains(&Writes::Add);
    if adds { plan.values[step.output].len() } else { 0 }
}
