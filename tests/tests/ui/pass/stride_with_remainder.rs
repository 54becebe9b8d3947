//! A stride that does not fit.

use layercake::prelude::*;

// A stride that does not fit is no mistake: as in PyTorch, the rows and columns that are left over are dropped.
network! {
    Net: [1, 8, 8] -> [1, 1, 1] {
        Conv2d(1, kernel = 3, stride = 2) -> [1, 3, 3],
        MaxPool2d(2) -> [1, 1, 1],
    }
}

#[test]
fn runs() {
    assert_eq!(Net::OUTPUT, [1, 1, 1]);
}
