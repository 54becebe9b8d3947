//! The forward passes of a network with hooks.

use std::any::type_name;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use dfdx::tensor::{NoneTape, OwnedTape};
use layercake_engine::Mode;
use layercake_ir::{Graph, Port, Shape};

use super::at::Point;
use super::rewrite::{Cut, point_of, with_points};
use super::{Action, At, Carried, HookError, Hookable, Hooks, point};
use crate::graph_model::check_inputs;
use crate::run::backend::Backend;
use crate::run::call::{Call, Pass};
use crate::run::edge::{Inputs, Outputs};
use crate::run::plan::{Plan, Ran};
use crate::run::slot::store;
use crate::run::value::Value;
use crate::tape::{Recording, Reel};
use crate::tensors::Tensors;
use crate::{GraphError, Scalar};

/// The plan of a network with hooks.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The network as it was given, and the sizes of its inputs without the batch axis.
    whole: Graph,
    shapes: Vec<Shape>,
    /// The network up to the values that are asked for, without hooks.
    cut: Graph,
    tensors: Vec<usize>,
    plan: Plan,
    /// For each point, the indices of its hooks.
    actions: Vec<Vec<usize>>,
}

/// The outputs of a recorded pass, and a tape for each.
type Recorded<E, D> = (Vec<Value<E, D>>, Vec<OwnedTape<E, D>>);

/// The tensors of a pass, and what made copies of them.
type Copied<E, D> = (Vec<Value<E, D>>, Recording<E, D>);

/// The first hook that gave another shape.
type Wrong<Err> = RefCell<Option<HookError<Err>>>;

impl<E: Scalar, D: Backend<E>> Hooks<E, D> {
    /// Inference, without a tape: dropout does nothing, and batch normalization uses its running statistics.
    ///
    /// # Errors
    /// Returns an error if a layer does not exist, if the inputs do not fit the network, if the outputs do not have the type `Out`, if a hook gives a tensor of
    /// another shape, or if the device is out of memory.
    pub fn try_forward<In, Out>(&self, network: &dyn Hookable<E, D>, inputs: In) -> Result<Out, HookError<D::Err>>
    where
        In: Inputs<E, D, NoneTape>,
        Out: Outputs<E, D, NoneTape>,
    {
        let (inputs, _) = inputs.erase()?;
        let values = self.infer(network, inputs)?;
        fits::<E, D, Out, NoneTape>(network.graph(), &values)?;
        let tapes = values.iter().map(|_| NoneTape).collect();
        Ok(Out::restore(values, tapes)?)
    }

    /// Inference, recorded on the tapes of the inputs. The hooks of gradients run when the tape does.
    ///
    /// # Errors
    /// The same as [`Hooks::try_forward`]. If a hook of a gradient gives another shape, `backward` panics.
    pub fn try_forward_eval<In, Out>(&self, network: &dyn Hookable<E, D>, inputs: In) -> Result<Out, HookError<D::Err>>
    where
        In: Inputs<E, D, OwnedTape<E, D>>,
        Out: Outputs<E, D, OwnedTape<E, D>>,
    {
        let (inputs, tape) = inputs.erase()?;
        let (values, tapes) = self.record(network, inputs, tape)?;
        fits::<E, D, Out, OwnedTape<E, D>>(network.graph(), &values)?;
        Ok(Out::restore(values, tapes)?)
    }

    /// Training, recorded on the tapes of the inputs: dropout is active, and batch normalization uses the batch and updates its running statistics.
    ///
    /// # Errors
    /// The same as [`Hooks::try_forward_eval`].
    pub fn try_forward_mut<In, Out>(&self, network: &mut dyn Hookable<E, D>, inputs: In) -> Result<Out, HookError<D::Err>>
    where
        In: Inputs<E, D, OwnedTape<E, D>>,
        Out: Outputs<E, D, OwnedTape<E, D>>,
    {
        let (inputs, tape) = inputs.erase()?;
        let (values, tapes) = self.train(network, inputs, tape)?;
        fits::<E, D, Out, OwnedTape<E, D>>(network.graph(), &values)?;
        Ok(Out::restore(values, tapes)?)
    }

    /// [`Hooks::try_forward`] on values.
    pub(crate) fn infer(&self, network: &dyn Hookable<E, D>, inputs: Vec<Value<E, D>>) -> Result<Vec<Value<E, D>>, HookError<D::Err>> {
        let prepared = self.prepared(network, &inputs, Mode::Infer)?;
        let (tensors, _) = tensors(network, &prepared)?;
        let wrong = Wrong::default();
        let pass = Pass { tensors, inputs, mode: Mode::Infer, input_grad: false };
        let (outputs, ..) = prepared.plan.run(pass, NoneTape, infer_part, &mut |path, value, tape| {
            let (value, _) = match point_of(path) {
                Some(number) => self.at(&prepared, number, value, OwnedTape::default(), &wrong)?,
                None => network.call_custom(path, value, OwnedTape::default())?,
            };
            Ok((value, tape))
        })?;
        reported(&wrong)?;
        Ok(outputs)
    }

    /// [`Hooks::try_forward_eval`] on values.
    pub(crate) fn record(
        &self,
        network: &dyn Hookable<E, D>,
        inputs: Vec<Value<E, D>>,
        tape: OwnedTape<E, D>,
    ) -> Result<Recorded<E, D>, HookError<D::Err>> {
        let prepared = self.prepared(network, &inputs, Mode::Eval)?;
        let (tensors, copies) = tensors(network, &prepared)?;
        let wrong = Wrong::default();
        let pass = Pass { tensors, inputs, mode: Mode::Eval, input_grad: true };
        let (outputs, reel, _) = prepared.plan.run(pass, Reel::new(tape, copies), record_part, &mut |path, value, reel| {
            let (value, tape) = match point_of(path) {
                Some(number) => self.at(&prepared, number, value, reel.into_tape(), &wrong)?,
                None => network.call_custom(path, value, reel.into_tape())?,
            };
            Ok((value, Reel::new(tape, Recording::default())))
        })?;
        reported(&wrong)?;
        let tapes = reel.tapes(&prepared.whole.name, &outputs)?;
        Ok((outputs, tapes))
    }

    fn train(
        &self,
        network: &mut dyn Hookable<E, D>,
        inputs: Vec<Value<E, D>>,
        tape: OwnedTape<E, D>,
    ) -> Result<Recorded<E, D>, HookError<D::Err>> {
        let prepared = self.prepared(network, &inputs, Mode::Train)?;
        let (tensors, copies) = tensors(network, &prepared)?;
        let wrong = Wrong::default();
        let pass = Pass { tensors, inputs, mode: Mode::Train, input_grad: true };
        let (outputs, reel, updates) = prepared.plan.run(pass, Reel::new(tape, copies), record_part, &mut |path, value, reel| {
            let (value, tape) = match point_of(path) {
                Some(number) => self.at(&prepared, number, value, reel.into_tape(), &wrong)?,
                None => network.call_custom_mut(path, value, reel.into_tape())?,
            };
            Ok((value, Reel::new(tape, Recording::default())))
        })?;
        reported(&wrong)?;
        let updates = updates.into_iter().map(|(tensor, value)| (prepared.tensors[tensor], value)).collect();
        store(updates, |work| network.each_slot(work))?;
        let tapes = reel.tapes(&prepared.whole.name, &outputs)?;
        Ok((outputs, tapes))
    }

    /// Runs the hooks of a point.
    fn at(
        &self,
        prepared: &Prepared,
        number: usize,
        value: Value<E, D>,
        tape: OwnedTape<E, D>,
        wrong: &Wrong<D::Err>,
    ) -> Result<Carried<E, D>, D::Err> {
        let hooks = &prepared.actions[number];
        let actions: Vec<Action<E, D>> = hooks.iter().map(|&hook| self.list[hook].1.clone()).collect();
        let at = &self.list[hooks[0]].0;
        point::run(&actions, value, tape, &at.to_string(), &mut |(expected, found)| {
            let error = HookError::Shape { graph: prepared.whole.name.to_string(), at: at.clone(), expected, found };
            wrong.borrow_mut().get_or_insert(error);
        })
    }

    /// Checks the inputs, and begins a pass with nothing kept.
    fn prepared(&self, network: &dyn Hookable<E, D>, inputs: &[Value<E, D>], mode: Mode) -> Result<Rc<Prepared>, HookError<D::Err>> {
        let graph = network.graph();
        let has_rank = |(input, port): (&Value<E, D>, &Port)| input.dims().len() == port.shape.rank() + 1;
        if inputs.len() != graph.inputs().len() || !inputs.iter().zip(graph.inputs()).all(has_rank) {
            // Says which input is wrong.
            check_inputs(graph, inputs).map_err(HookError::Run)?;
        }
        let shapes: Vec<Shape> = inputs.iter().map(|input| Shape::new(input.dims().get(1..).unwrap_or_default())).collect();
        let known = self.prepared.borrow().clone().filter(|known| known.shapes == shapes && known.whole == *graph);
        let prepared = match known {
            Some(known) => known,
            None => Rc::new(self.prepare(graph, shapes)?),
        };
        *self.prepared.borrow_mut() = Some(Rc::clone(&prepared));
        let batch = check_inputs(&prepared.cut, inputs).map_err(HookError::Run)?;
        let fits = D::fits(&prepared.cut, batch).and_then(|()| crate::run::portable::check(&prepared.cut, batch, mode));
        fits.map_err(|reason| HookError::Run(GraphError::Run { graph: graph.name.to_string(), batch, reason }))?;
        for (_, action) in &self.list {
            if let Action::Keep(kept) = action {
                *kept.0.borrow_mut() = super::Seen::default();
            }
        }
        Ok(prepared)
    }

    fn prepare(&self, whole: &Graph, shapes: Vec<Shape>) -> Result<Prepared, HookError<D::Err>> {
        let flat = whole.inlined();
        let outputs = match &self.until {
            None => flat.outputs().to_vec(),
            Some(places) => places.iter().map(|at| port(&flat, at)).collect::<Result<_, _>>()?,
        };
        // A misspelled name is an error, also where the values that are asked for do not need the layer.
        self.list.iter().try_for_each(|(at, _)| at.points(&flat).map(|_: Vec<Point>| ()))?;
        let Cut { graph: mut cut, tensors } = Cut::of(&flat, &outputs);
        if shapes.iter().zip(cut.inputs()).any(|(shape, port)| shape.dims() != port.shape.dims()) {
            cut = cut.resized(&shapes).map_err(|mistake| HookError::Size { graph: whole.name.to_string(), mistake: Box::new(mistake) })?;
        }
        let mut points: BTreeMap<Point, Vec<usize>> = BTreeMap::new();
        for (hook, (at, _)) in self.list.iter().enumerate() {
            let found = match at.points(&cut) {
                Ok(points) => points,
                // It is behind the values that are asked for.
                Err(HookError::UnknownLayer { .. }) => Vec::new(),
                Err(error) => return Err(error),
            };
            for point in found {
                if cut.shape(point.value(&cut)).is_ids() {
                    return Err(HookError::TokenIds { graph: whole.name.to_string(), at: at.clone() });
                }
                points.entry(point).or_default().push(hook);
            }
        }
        let (points, actions): (Vec<Point>, Vec<Vec<usize>>) = points.into_iter().unzip();
        let plan = Plan::of(Cow::Owned(with_points(&cut, &points)));
        Ok(Prepared { whole: whole.clone(), shapes, cut, tensors, plan, actions })
    }
}

/// The value at a place as an output.
fn port<Err: std::fmt::Display>(graph: &Graph, at: &At) -> Result<Port, HookError<Err>> {
    let value = at.value_in(graph)?;
    if graph.shape(value).is_ids() {
        return Err(HookError::TokenIds { graph: graph.name.to_string(), at: at.clone() });
    }
    Ok(Port { name: at.to_string().into(), shape: *graph.shape(value), value })
}

/// The tensors that a pass needs, and what made copies of them.
fn tensors<E: Scalar, D: Backend<E>>(network: &dyn Hookable<E, D>, prepared: &Prepared) -> Result<Copied<E, D>, D::Err> {
    let mut all = Tensors::new();
    network.append_tensors(&mut all)?;
    let (all, copies) = all.recorded();
    Ok((prepared.tensors.iter().map(|&tensor| all[tensor].clone()).collect(), copies))
}

fn infer_part<E: Scalar, D: Backend<E>>(call: Call<'_, E, D>, tape: NoneTape) -> Result<Ran<E, D, NoneTape>, D::Err> {
    Ok((D::run(call)?, tape))
}

fn record_part<E: Scalar, D: Backend<E>>(call: Call<'_, E, D>, reel: Reel<E, D>) -> Result<Ran<E, D, Reel<E, D>>, D::Err> {
    let (done, recording) = D::record(call)?.split_tape();
    Ok((done, reel.with(recording)))
}

fn reported<Err: std::fmt::Display>(wrong: &Wrong<Err>) -> Result<(), HookError<Err>> {
    wrong.borrow_mut().take().map_or(Ok(()), Err)
}

/// Checks that the caller's type fits the outputs.
fn fits<E: Scalar, D: Backend<E>, Out: Outputs<E, D, T>, T>(graph: &Graph, values: &[Value<E, D>]) -> Result<(), HookError<D::Err>> {
    let found: Vec<Vec<usize>> = values.iter().map(|value| value.dims().to_vec()).collect();
    if Out::fit(&found) {
        return Ok(());
    }
    Err(HookError::Run(GraphError::Output { graph: graph.name.to_string(), found, asked: type_name::<Out>() }))
}
