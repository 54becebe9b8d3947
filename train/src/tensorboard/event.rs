//! Events, and the records that contain them.

use super::crc32c::masked;
use super::proto::Message;

/// The version that the first event of a file names.
const VERSION: &str = "brain.Event:2";
/// `SessionLog.START`.
const START: i64 = 1;

/// What an event contains: a field of `tensorflow.Event`.
#[derive(Clone, Debug)]
pub(super) enum What {
    Version,
    /// A `GraphDef`.
    Graph(Message),
    /// A `Summary`.
    Summary(Message),
    /// A session begins at this step: what was recorded of it and of later steps is void.
    Start,
}

/// A record with an event: the length, its checksum, the event and its checksum. `wall_time` is in seconds since 1970.
pub(super) fn record(wall_time: f64, step: usize, what: &What) -> Vec<u8> {
    let event = Message::default().double(1, wall_time).int(2, step as i64);
    let event = match what {
        What::Version => event.part(3, VERSION),
        What::Graph(graph) => event.part(4, graph),
        What::Summary(summary) => event.part(5, summary),
        What::Start => event.part(7, Message::default().int(1, START)),
    };
    let event = event.bytes();
    let length = (event.len() as u64).to_le_bytes();
    [&length[..], &masked(&length).to_le_bytes(), event, &masked(event).to_le_bytes()].concat()
}
