//! Tables that layers derive from their sizes: which element goes where, which places are padding, by what elements are multiplied.
//!
//! They are made when they are first needed and stay on the device for later passes. The key of a table says all that it depends on, so equal layers
//! of a network share it.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::sync::{Arc, Weak};

use dfdx::shapes::{Axis, HasShape};
use dfdx::tensor::{NoneTape, Tape, Tensor, TensorFromVec};
use dfdx::tensor_ops::{BroadcastTo, Device, GatherTo, TryAdd, TryGt, TryMul};

use crate::host::number;
use crate::{Scalar, bounds};

/// Elements in rows.
pub(crate) type Rows<E, D, T = NoneTape> = Tensor<(usize, usize), E, D, T>;

/// A table as a layer makes it.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// The number of rows that there are.
    pub of: usize,
    /// For each row of the result, the row that it is.
    pub index: Vec<usize>,
    /// For each row of the result, whether it is inside the input; a row that is not is 0.
    pub inside: Option<Vec<bool>>,
    /// By what each row of the result is multiplied.
    pub factors: Option<Vec<f64>>,
}

impl Table {
    /// Rows of the input and nothing else.
    pub fn pick(of: usize, index: Vec<usize>) -> Self {
        Self { of, index, inside: None, factors: None }
    }
}

/// A [`Table`] on a device.
pub(crate) struct Lookup<E: Scalar, D: Device<E>> {
    /// `None` if every row stays where it is.
    index: Option<Tensor<(usize,), usize, D>>,
    /// `None` if all are inside.
    inside: Option<Tensor<(usize,), bool, D>>,
    factors: Factors<E, D>,
    /// The number of rows of the result.
    len: usize,
}

enum Factors<E: Scalar, D: Device<E>> {
    None,
    /// dfdx computes the gradient of a tensor of factors too, which nobody needs; that of a number it does not.
    Same(E),
    Each(Tensor<(usize,), E, D>),
}

impl<E: Scalar, D: Device<E>> Lookup<E, D> {
    /// Puts a table on a device.
    pub fn new(device: &D, table: Table) -> Result<Self, D::Err> {
        let Table { of, index, inside, factors } = table;
        let len = (index.len(),);
        let stays = index.len() == of && index.iter().enumerate().all(|(i, &row)| i == row);
        let index = match stays {
            true => None,
            false => Some(<D as TensorFromVec<usize>>::try_tensor_from_vec(device, index, len)?),
        };
        let factors = match factors {
            None => Factors::None,
            Some(all) if all.iter().all(|&factor| factor == all[0]) => Factors::Same(number(all[0])),
            Some(all) => Factors::Each(<D as TensorFromVec<E>>::try_tensor_from_vec(device, all.into_iter().map(number).collect(), len)?),
        };
        let inside = match inside.filter(|all| all.contains(&false)) {
            None => None,
            Some(all) => {
                let ones = all.into_iter().map(|inside| if inside { E::ONE } else { E::zero() }).collect();
                Some(<D as TensorFromVec<E>>::try_tensor_from_vec(device, ones, len)?.try_gt(E::zero())?)
            }
        };
        Ok(Self { index, inside, factors, len: len.0 })
    }

    /// The rows that the table picks, multiplied by their factors.
    pub fn rows<T: Tape<E, D>>(&self, x: Rows<E, D, T>) -> Result<Rows<E, D, T>, D::Err> {
        let x = self.picked(x)?;
        let shape = *x.shape();
        match &self.factors {
            Factors::None => Ok(x),
            Factors::Same(factor) => x.try_mul(*factor),
            Factors::Each(factors) => x.try_mul(factors.clone().try_broadcast_like::<_, Axis<1>>(&shape)?),
        }
    }

    /// [`Lookup::rows`] without their factors.
    pub fn picked<T: Tape<E, D>>(&self, x: Rows<E, D, T>) -> Result<Rows<E, D, T>, D::Err> {
        let x = match &self.index {
            Some(index) => x.try_gather(index.clone())?,
            None => x,
        };
        let Some(inside) = &self.inside else { return Ok(x) };
        let shape = *x.shape();
        bounds::where_inside(x, inside.clone().try_broadcast_like::<_, Axis<1>>(&shape)?)
    }

    /// The factors of the rows, for rows of so many elements.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub fn factors(&self, device: &D, columns: usize) -> Result<Rows<E, D>, D::Err> {
        let zeros = |rows: usize| device.try_zeros_like(&(rows, columns));
        match &self.factors {
            Factors::Each(factors) => factors.clone().try_broadcast_like::<_, Axis<1>>(&(self.len, columns)),
            Factors::Same(factor) => zeros(self.len)?.try_add(*factor),
            Factors::None => zeros(self.len)?.try_add(E::ONE),
        }
    }

    /// The factor of all rows, if they have the same one.
    pub fn factor(&self) -> Option<E> {
        match self.factors {
            Factors::Same(factor) => Some(factor),
            _ => None,
        }
    }
}

/// The tables of one key.
pub(crate) type Shared<E, D> = Rc<Vec<Lookup<E, D>>>;

/// The tables of one plan on a device.
pub struct Tables<E: Scalar, D: Device<E>> {
    lookups: RefCell<HashMap<String, Shared<E, D>>>,
    numbers: RefCell<HashMap<usize, Tensor<(), usize, D>>>,
    /// What else a backend keeps for the plan.
    #[cfg(feature = "cuda")]
    kept: RefCell<Option<Rc<dyn Any>>>,
}

impl<E: Scalar, D: Device<E>> Default for Tables<E, D> {
    fn default() -> Self {
        Self {
            lookups: RefCell::default(),
            numbers: RefCell::default(),
            #[cfg(feature = "cuda")]
            kept: RefCell::default(),
        }
    }
}

impl<E: Scalar, D: Device<E>> Tables<E, D> {
    /// The tables of a key, made by `make` if there are none yet.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub(crate) fn get(&self, device: &D, key: String, make: impl FnOnce() -> Vec<Table>) -> Result<Shared<E, D>, D::Err> {
        if let Some(known) = self.lookups.borrow().get(&key) {
            return Ok(Rc::clone(known));
        }
        let made = make().into_iter().map(|table| Lookup::new(device, table)).collect::<Result<Vec<_>, _>>()?;
        let made = Rc::new(made);
        self.lookups.borrow_mut().insert(key, Rc::clone(&made));
        Ok(made)
    }

    /// An index.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub(crate) fn number(&self, device: &D, number: usize) -> Result<Tensor<(), usize, D>, D::Err> {
        if let Some(known) = self.numbers.borrow().get(&number) {
            return Ok(known.clone());
        }
        let made = <D as TensorFromVec<usize>>::try_tensor_from_vec(device, vec![number], ())?;
        self.numbers.borrow_mut().insert(number, made.clone());
        Ok(made)
    }
}

#[cfg(feature = "cuda")]
impl<E: Scalar, D: Device<E>> Tables<E, D> {
    /// What a backend keeps for the plan, made on first use.
    pub(crate) fn kept<T: Default + 'static>(&self) -> Rc<T> {
        let mut kept = self.kept.borrow_mut();
        if let Some(Ok(known)) = kept.clone().map(Rc::downcast::<T>) {
            return known;
        }
        let made = Rc::new(T::default());
        *kept = Some(made.clone());
        made
    }
}

impl<E: Scalar, D: Device<E>> fmt::Debug for Tables<E, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lookups.borrow().keys()).finish()
    }
}

/// Whether the plan is alive, and its tables.
type OfPlan = (Weak<()>, Rc<dyn Any>);

thread_local! {
    /// The tables of the plans that this thread has run. dfdx's `Cuda` cannot go to another thread, but a plan can.
    static KEPT: RefCell<HashMap<usize, OfPlan>> = RefCell::default();
}

/// The tables of a plan, whose device and number type only a pass knows. A clone starts without any.
#[derive(Debug, Default)]
pub(crate) struct AnyTables {
    /// Its address is the plan's key. Other threads see by it that the plan is gone.
    alive: Arc<()>,
}

impl AnyTables {
    /// Those of this device and number type; those of another are dropped.
    pub fn of<E: Scalar, D: Device<E>>(&self) -> Rc<Tables<E, D>> {
        let key = self.key();
        KEPT.with_borrow_mut(|kept| {
            if let Some(Ok(tables)) = kept.get(&key).map(|(_, tables)| Rc::clone(tables).downcast()) {
                return tables;
            }
            kept.retain(|_, (alive, _)| alive.strong_count() > 0);
            let tables = Rc::new(Tables::default());
            kept.insert(key, (Arc::downgrade(&self.alive), tables.clone()));
            tables
        })
    }

    fn key(&self) -> usize {
        Arc::as_ptr(&self.alive).addr()
    }
}

impl Clone for AnyTables {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Drop for AnyTables {
    fn drop(&mut self) {
        // At the end of a thread there may be nothing left to remove from.
        let _ = KEPT.try_with(|kept| kept.try_borrow_mut().map(|mut kept| kept.remove(&self.key())));
    }
}
