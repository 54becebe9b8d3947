//! The stack of the machine.

use super::value::Value;

/// Values, and the places that marks were set at.
#[derive(Debug, Default)]
pub(super) struct Stack {
    values: Vec<Value>,
    marks: Vec<u32>,
}

impl Stack {
    pub(super) fn push(&mut self, value: Value) {
        self.values.push(value);
    }

    /// The topmost value above the last mark.
    pub(super) fn pop(&mut self) -> Result<Value, String> {
        if self.values.len() <= self.floor() {
            return Err("it takes a value where there is none".to_owned());
        }
        Ok(self.values.pop().expect("there is one above the floor"))
    }

    pub(super) fn top(&self) -> Result<Value, String> {
        let above = self.values.get(self.floor()..).and_then(<[Value]>::last);
        above.copied().ok_or_else(|| "it takes a value where there is none".to_owned())
    }

    pub(super) fn mark(&mut self) {
        self.marks.push(self.values.len() as u32);
    }

    /// The values above the last mark, which is removed.
    pub(super) fn pop_mark(&mut self) -> Result<Vec<Value>, String> {
        let mark = self.marks.pop().ok_or("it takes a mark where there is none")?;
        Ok(self.values.split_off(mark as usize))
    }

    /// The last `count` values above the last mark.
    pub(super) fn pop_last(&mut self, count: usize) -> Result<Vec<Value>, String> {
        let start = self.values.len().checked_sub(count).filter(|&start| start >= self.floor());
        Ok(self.values.split_off(start.ok_or("it takes values where there are none")?))
    }

    fn floor(&self) -> usize {
        self.marks.last().map_or(0, |&mark| mark as usize)
    }
}
