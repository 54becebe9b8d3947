// The weight of element j of a row.
#define WEIGHT(row, j) ((row) % groups * channels + (j) / span)
