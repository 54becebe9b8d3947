// Product z is that of one head of one sample. Projections are [batch, steps, 3, heads, size]: queries, keys and values.
#define IMAGE (z / heads)
#define QUERY(all, steps, step, k) all[(IMAGE * (steps) + (step)) * 3 * features + z % heads * size + (k)]
#define KEY(all, steps, step, k) all[(IMAGE * (steps) + (step)) * 3 * features + features + z % heads * size + (k)]
#define VALUE(all, steps, step, k) all[(IMAGE * (steps) + (step)) * 3 * features + 2 * features + z % heads * size + (k)]
#define MIXED(all, steps, step, k) all[(IMAGE * (steps) + (step)) * features + z % heads * size + (k)]
