// The same method as nearest_pair.py in a module:
// CLASSIFICATION_METHODS=nearest=examples/methods/nearest-pair.mjs npm start
const dot = (a, i, b, j, d) => {
  let sum = 0;
  for (let k = 0; k < d; k++) sum += a[i * d + k] * b[j * d + k];
  return sum;
};

export const fit = async (anchors) => ({
  score: async (images, texts) => {
    const [d, e] = [anchors.imageDimension, anchors.textDimension];
    const scores = [];
    for (let i = 0; i < images.length / d; i++)
      for (let j = 0; j < texts.length / e; j++) {
        let best = -Infinity;
        for (let n = 0; n < anchors.ids.length; n++)
          best = Math.max(best, dot(images, i, anchors.images, n, d) * dot(texts, j, anchors.texts, n, e));
        scores.push(best);
      }
    return scores;
  },
});
