use layercake::DeviceError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rand::Rng;

use super::*;
use crate::data::{Array, Labeled, SubsetSampler, WeightedSampler};

/// Numbers from 0 on; later ones are faster, so that workers overtake one another.
struct Numbers {
    len: usize,
    bad: Option<usize>,
    panics: bool,
    asked: AtomicUsize,
}

impl Numbers {
    fn new(len: usize) -> Self {
        Self { len, bad: None, panics: false, asked: AtomicUsize::new(0) }
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Number(Vec<f32>);

impl Collate for Number {
    type Batch = Array<f32>;

    fn collate(items: Vec<Self>) -> Result<Array<f32>, DataError> {
        Array::stack("numbers", items.into_iter().map(|item| (vec![item.0.len()], item.0)))
    }
}

impl Dataset for Numbers {
    type Item = Number;

    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, index: usize) -> Result<Number, DataError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(Duration::from_micros(300 * (3 - index as u64 % 4)));
        if self.bad == Some(index) {
            assert!(!self.panics, "number {index} is unlucky");
            return Err(DataError::Device(DeviceError::Other("no such number".to_owned())));
        }
        Ok(Number(vec![index as f32]))
    }
}

fn jitter(item: &mut Number, random: &mut StdRng) -> Result<(), DataError> {
    item.0.push(random.gen_range(0.0..1.0));
    Ok(())
}

#[test]
fn the_same_batches_whatever_the_number_of_workers() {
    let batches = |workers, epoch, first| {
        let loader = Loader::new(Numbers::new(23), 4).shuffle(9).map(jitter).workers(workers);
        assert_eq!(loader.batch_count(), 6);
        loader.epoch_from(epoch, first).map(Result::unwrap).collect::<Vec<_>>()
    };
    let plain = batches(0, 1, 0);
    assert_eq!((plain.len(), plain[5].shape()), (6, &[3, 2][..]));
    for workers in [1, 2, 5, 40] {
        assert_eq!(batches(workers, 1, 0), plain, "{workers} workers");
        // Starting in the middle gives the same batches: order and random numbers do not depend on earlier batches.
        assert_eq!(batches(workers, 1, 4), plain[4..], "{workers} workers");
    }
    assert_ne!(batches(2, 2, 0), plain, "another epoch");
    let mut drawn: Vec<u32> = [plain.clone(), batches(0, 2, 0)]
        .concat()
        .iter()
        .flat_map(|batch| batch.as_slice().chunks(2).map(|pair| pair[1].to_bits()).collect::<Vec<_>>())
        .collect();
    drawn.sort_unstable();
    drawn.dedup();
    assert_eq!(drawn.len(), 46, "random numbers differ between items and epochs");
    let mut shown: Vec<u32> = plain.iter().flat_map(|batch| batch.as_slice().chunks(2).map(|pair| pair[0] as u32)).collect();
    shown.sort_unstable();
    assert_eq!(shown, (0..23).collect::<Vec<_>>());
}

#[test]
fn an_item_that_fails_ends_it_and_is_named() {
    for panics in [false, true] {
        for workers in [0, 1, 2, 5] {
            let numbers = Numbers { bad: Some(13), panics, ..Numbers::new(40) };
            let mut batches = Loader::new(numbers, 4).workers(workers).epoch(1);
            let good: Vec<_> = batches.by_ref().take_while(Result::is_ok).collect();
            assert_eq!(good.len(), 3, "{workers} workers");
            assert!(batches.next().is_none(), "nothing after an error");
            let numbers = Numbers { bad: Some(13), panics, ..Numbers::new(40) };
            let error = Loader::new(numbers, 4).workers(workers).epoch(1).find_map(Result::err).unwrap().to_string();
            let expected =
                if panics { "item 13: reading it panicked: number 13 is unlucky" } else { "item 13: the device failed: no such number" };
            assert_eq!(error, expected, "{workers} workers");
        }
    }
}

#[test]
fn dropped_early_it_ends_and_reads_no_further() {
    for workers in [1, 2, 5] {
        let numbers = Arc::new(Numbers::new(10_000));
        let mut batches = Loader::new(Arc::clone(&numbers), 2).workers(workers).epoch(1);
        assert!(batches.next().unwrap().is_ok());
        drop(batches);
        // All threads have ended: only this test holds the data set.
        assert_eq!(Arc::strong_count(&numbers), 1);
        assert!(numbers.asked.load(Ordering::Relaxed) <= 2 * (2 + 2 * workers), "no more than was to be prepared");
        // Dropped before the first batch.
        drop(Loader::new(Arc::clone(&numbers), 2).workers(workers).epoch(1));
        assert_eq!(Arc::strong_count(&numbers), 1);
    }
}

#[test]
fn odd_ends() {
    let sizes = |loader: &Loader<Numbers>| loader.epoch(1).map(|batch| batch.unwrap().batch_size()).collect::<Vec<_>>();
    assert_eq!(sizes(&Loader::new(Numbers::new(7), 3)), [3, 3, 1]);
    assert_eq!(sizes(&Loader::new(Numbers::new(7), 3).drop_last().workers(2)), [3, 3]);
    assert_eq!(sizes(&Loader::new(Numbers::new(0), 3).workers(2)), [0; 0]);
    assert_eq!(sizes(&Loader::new(Numbers::new(2), 3).drop_last().workers(2)), [0; 0]);
    let beyond = Loader::new(Numbers::new(3), 1).sampler(SubsetSampler { indices: vec![2, 3], shuffle: None }).workers(1);
    let error = beyond.epoch(1).find_map(Result::err).unwrap().to_string();
    assert_eq!(error, "the sampler returned index 3, but there are 3 items");
}

#[test]
fn items_of_different_sizes_are_refused() {
    let loader = Loader::new(Numbers::new(4), 4).map(|item: &mut Number, _| {
        item.0.resize(1 + item.0[0] as usize / 3, 0.0);
        Ok(())
    });
    let error = loader.epoch(1).find_map(Result::err).unwrap().to_string();
    assert_eq!(error, "numbers of a batch must have the same size: the first is 1, another 2; resize or crop them");
}

#[test]
fn images_are_normalized() {
    use crate::data::{Images, Normalize};
    let classes = ["a", "b"].map(str::to_owned).to_vec();
    let images = Images::new("test", [2, 1, 1], vec![0, 255, 51, 102, 255, 0], vec![1, 0, 1], classes).unwrap();
    assert_eq!(images.get(1).unwrap(), Labeled { image: crate::data::Image { shape: [2, 1, 1], pixels: vec![0.2, 0.4] }, label: 0 });
    let loader = Loader::new(images, 2).transform(Normalize { mean: vec![0.0, 1.0], std: vec![1.0, 0.5] });
    let batches: Vec<_> = loader.epoch(1).map(Result::unwrap).collect();
    assert_eq!((batches[0].labels.as_slice(), batches[1].labels.as_slice()), (&[1, 0][..], &[1][..]));
    assert_eq!(batches[0].images, Array::new(vec![2, 2, 1, 1], vec![0.0, 0.0, 0.2, -1.2]));
    assert_eq!(batches[1].images.as_slice(), [1.0, -2.0]);
}

/// An item that is drawn several times in an epoch is transformed differently each time, for any number of workers.
#[test]
fn drawn_twice_changed_in_two_ways() {
    for indices in [vec![3; 12], [[1, 2]; 6].concat()] {
        let batches = |workers, first| {
            let sampler = SubsetSampler { indices: indices.clone(), shuffle: None };
            let loader = Loader::new(Numbers::new(5), 4).sampler(sampler).seed(7).map(jitter).workers(workers);
            loader.epoch_from(2, first).map(Result::unwrap).collect::<Vec<_>>()
        };
        let plain = batches(0, 0);
        let mut drawn: Vec<u32> =
            plain.iter().flat_map(|batch| batch.as_slice().chunks(2).map(|pair| pair[1].to_bits()).collect::<Vec<_>>()).collect();
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn.len(), 12, "random numbers differ between positions");
        for workers in [0, 1, 3] {
            assert_eq!(batches(workers, 0), plain);
            assert_eq!(batches(workers, 1), plain[1..], "a run that goes on with batch 1");
        }
    }
    let weighted = WeightedSampler::new(&[0.0, 1.0, 0.0], 6, 1).unwrap();
    let batch = Loader::new(Numbers::new(3), 6).sampler(weighted).map(jitter).epoch(1).next().unwrap().unwrap();
    let drawn: Vec<f32> = batch.as_slice().chunks(2).map(|pair| pair[1]).collect();
    assert!(drawn.iter().enumerate().all(|(i, number)| !drawn[..i].contains(number)), "{drawn:?}");
}

/// Where the data set panics.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trap {
    /// In `len`, at a number of calls.
    Len(usize),
    Get,
    /// In the order of the sampler.
    Order,
    Change,
    Collate,
    /// When an item is dropped.
    Drop,
}

struct Trapped {
    trap: Trap,
    lens: AtomicUsize,
}

struct Snare {
    trap: Trap,
    index: usize,
}

impl Drop for Snare {
    fn drop(&mut self) {
        assert!(self.trap != Trap::Drop || self.index != 5 || std::thread::panicking(), "caught in {:?}", self.trap);
    }
}

impl Collate for Snare {
    type Batch = Vec<usize>;

    fn collate(items: Vec<Self>) -> Result<Vec<usize>, DataError> {
        assert!(items[0].trap != Trap::Collate || items[0].index != 4, "caught in {:?}", items[0].trap);
        Ok(items.iter().map(|item| item.index).collect())
    }
}

impl Dataset for Trapped {
    type Item = Snare;

    fn len(&self) -> usize {
        let asked = self.lens.fetch_add(1, Ordering::Relaxed);
        assert!(!matches!(self.trap, Trap::Len(most) if asked >= most), "caught in {:?}", self.trap);
        12
    }

    fn get(&self, index: usize) -> Result<Snare, DataError> {
        assert!(self.trap != Trap::Get || index != 5, "caught in {:?}", self.trap);
        Ok(Snare { trap: self.trap, index })
    }
}

struct TrappedOrder(Trap);

impl Sampler for TrappedOrder {
    fn order(&self, _: usize, len: usize) -> Vec<usize> {
        assert!(self.0 != Trap::Order, "caught in {:?}", self.0);
        (0..len).collect()
    }
}

/// Any panic ends the epoch with an error that contains its message, without a deadlock.
#[test]
fn a_panic_anywhere_ends_the_epoch() {
    for trap in [Trap::Len(0), Trap::Len(1), Trap::Len(2), Trap::Len(6), Trap::Get, Trap::Order, Trap::Change, Trap::Collate, Trap::Drop] {
        for workers in [0, 1, 2, 5] {
            let (sender, receiver) = std::sync::mpsc::channel();
            std::thread::spawn(move || {
                let data = Trapped { trap, lens: AtomicUsize::new(0) };
                let loader = Loader::new(data, 4).sampler(TrappedOrder(trap)).workers(workers).map(move |item: &mut Snare, _| {
                    assert!(trap != Trap::Change || item.index != 7, "caught in {trap:?}");
                    Ok(())
                });
                let outcomes: Vec<Result<Vec<usize>, String>> =
                    loader.epoch(1).map(|batch| batch.map_err(|error| error.to_string())).collect();
                sender.send(outcomes)
            });
            let outcomes =
                receiver.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("{trap:?} with {workers} workers hangs"));
            let Some((Err(last), before)) = outcomes.split_last() else { panic!("{trap:?} with {workers} workers gives {outcomes:?}") };
            assert!(last.contains(&format!("caught in {trap:?}")), "{last}");
            assert!(before.iter().all(Result::is_ok), "nothing after an error");
        }
    }
    let weighted = WeightedSampler::new(&[1.0; 3], 6, 1).unwrap();
    let error = Loader::new(Numbers::new(4), 2).sampler(weighted).epoch(3).find_map(Result::err).unwrap().to_string();
    assert!(error.starts_with("computing the order of epoch 3 panicked: ") && error.contains("a weight for each item"), "{error}");
}
