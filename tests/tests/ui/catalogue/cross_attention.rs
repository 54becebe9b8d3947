use layercake::prelude::*;

network! {
    pub Features: { x: [5, 8], memory: [7, 6] } -> [_, _] { a: MultiheadAttention(2, key = memory) }
    pub Image: { x: [5, 8], memory: [7, 8, 1] } -> [_, _] { a: MultiheadAttention(2, key = memory) }
    pub Values: { x: [5, 8], memory: [7, 8], other: [6, 8] } -> [_, _] { a: MultiheadAttention(2, key = memory, value = other) }
    pub NoKeys: { x: [5, 8], memory: [5, 8] } -> [_, _] { a: MultiheadAttention(2, value = memory) }
    pub Mask: { x: [5, 8], allowed: [5, 4] } -> [_, _] { a: MultiheadAttention(2, mask = allowed) }
    pub Later: { x: [5, 8], memory: [7, 8] } -> [_, _] { a: MultiheadAttention(2, key = memory, causal = true) }
    pub Number: [5, 8] -> [_, _] { a: MultiheadAttention(2, key = "memory") }
    pub Unknown: [5, 8] -> [_, _] { a: MultiheadAttention(2, key = memori) }
    pub Twice: { x: [5, 8], memory: [7, 8] } -> [_, _] { a: MultiheadAttention(2, key = memory, key = memory) }
}

fn main() {}
