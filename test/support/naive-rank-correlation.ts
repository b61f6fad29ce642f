type Values = readonly number[];

/** Ranks from 0 for the largest x, ties broken by the larger y, then by the later place. */
const rankOf = (x: Values, y: Values, item: number): number =>
  x.filter((value, other) => {
    if (value !== x[item]) return value > (x[item] ?? 0);
    if (y[other] !== y[item]) return (y[other] ?? 0) > (y[item] ?? 0);
    return other > item;
  }).length;

/** Vigna's definition, pair by pair: `<x, y> / sqrt(<x, x> <y, y>)`. */
const naiveTau = (x: Values, y: Values, weigh: (i: number, j: number) => number): number => {
  const product = (a: Values, b: Values): number => {
    let sum = 0;
    for (let i = 0; i < a.length; i++)
      for (let j = 0; j < i; j++)
        sum += Math.sign((a[i] ?? 0) - (a[j] ?? 0)) * Math.sign((b[i] ?? 0) - (b[j] ?? 0)) * weigh(i, j);
    return sum;
  };
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
};

export const naiveWeightedTau = (x: Values, y: Values, additive = true): number => {
  const oneWay = (a: Values, b: Values): number => {
    const weights = a.map((_, i) => 1 / (rankOf(a, b, i) + 1));
    return naiveTau(a, b, (i, j) => {
      const [first, second] = [weights[i] ?? 0, weights[j] ?? 0];
      return additive ? first + second : first * second;
    });
  };
  return (oneWay(x, y) + oneWay(y, x)) / 2;
};

export const naiveKendallTau = (x: Values, y: Values): number => naiveTau(x, y, () => 1);

export const naivePearson = (x: Values, y: Values): number => {
  const mean = (values: Values): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  const covariance = mean(x.map((value, i) => (value - meanX) * ((y[i] ?? 0) - meanY)));
  const variances = [x.map((value) => (value - meanX) ** 2), y.map((value) => (value - meanY) ** 2)];
  return covariance / Math.sqrt(variances.map(mean).reduce((product, value) => product * value, 1));
};

/** The mean of the places that equal values take. */
export const naiveRanks = (values: Values): number[] =>
  values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const same = values.filter((other) => other === value).length;
    return below + (same + 1) / 2;
  });
