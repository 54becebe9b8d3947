use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Features: { x: [n(5), n(8)], memory: [n(7), n(6)] } -> [_, _] { a: MultiheadAttention(n(2), key = memory) }
    pub Image: { x: [n(5), n(8)], memory: [n(7), n(8), n(1)] } -> [_, _] { a: MultiheadAttention(n(2), key = memory) }
    pub Values: { x: [n(5), n(8)], memory: [n(7), n(8)], other: [n(6), n(8)] } -> [_, _] { a: MultiheadAttention(n(2), key = memory, value = other) }
    pub NoKeys: { x: [n(5), n(8)], memory: [n(5), n(8)] } -> [_, _] { a: MultiheadAttention(n(2), value = memory) }
    pub Mask: { x: [n(5), n(8)], allowed: [n(5), n(4)] } -> [_, _] { a: MultiheadAttention(n(2), mask = allowed) }
    pub Later: { x: [n(5), n(8)], memory: [n(7), n(8)] } -> [_, _] { a: MultiheadAttention(n(2), key = memory, causal = true) }
    pub Number: [n(5), n(8)] -> [_, _] { a: MultiheadAttention(n(2), key = "memory") }
    pub Unknown: [n(5), n(8)] -> [_, _] { a: MultiheadAttention(n(2), key = memori) }
    pub Twice: { x: [n(5), n(8)], memory: [n(7), n(8)] } -> [_, _] { a: MultiheadAttention(n(2), key = memory, key = memory) }
}

fn main() {}
