// One thread for each element: the sum of the elements that it is made of, in the order of the tables.
extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const int column = i % to_w, row = i / to_w % to_h, plane = i / (to_w * to_h) * from_h * from_w;
    float sum = 0.0f;
    for (int a = row_begins[row]; a < row_begins[row + 1]; a++) {
        for (int b = column_begins[column]; b < column_begins[column + 1]; b++) {
            const int from = plane + row_places[a] * from_w + column_places[b];
            sum += row_weights[a] * column_weights[b] * IN(from);
        }
    }
    OUT(i, sum);
}
