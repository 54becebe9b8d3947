//! Losses, optimizers, schedules, averages, initial values and tools for gradients: against PyTorch where it has them
//! (`pytorch/training.py`), by hand elsewhere. One binary: linking is most of what tests cost.

mod gradients;
mod initial;
mod losses;
mod optimizers;
mod schedules;
mod stored;
