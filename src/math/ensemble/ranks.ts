/** The place of each score, 1 for the highest; equal ones share the mean of their places. NaN stays NaN. */
export const averageRanks = (scores: Float64Array): Float64Array => {
  const order = Array.from(scores.keys())
    .filter((i) => !Number.isNaN(scores[i]))
    .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  const ranks = new Float64Array(scores.length).fill(Number.NaN);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && scores[order[end] ?? 0] === scores[order[start] ?? 0]) end++;
    for (const i of order.slice(start, end)) ranks[i] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
};
