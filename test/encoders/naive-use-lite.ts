/**
 * The tokenizer of Universal Sentence Encoder Lite as its authors describe it: a lattice of every piece that fits at
 * every symbol (or of the unknown one where none does), the best path to each symbol, read backwards.
 *
 * @param vocabulary `[piece, score]` by token id; the first six are reserved
 */
export const naiveUseLite = (
  vocabulary: readonly (readonly [piece: string, score: number])[],
  text: string,
): number[] => {
  const symbols = Array.from(`\u2581${text.normalize("NFKC").replaceAll(" ", "\u2581")}`);
  const edges = symbols.flatMap((symbol, start) => {
    const fitting = vocabulary.flatMap(([piece, score], id) => {
      const length = Array.from(piece).length;
      const fits = id >= 6 && symbols.slice(start, start + length).join("") === piece;
      return fits ? [{ start, end: start + length, id, score }] : [];
    });
    // A symbol that begins no piece is unknown, at no cost.
    return fitting.length > 0
      ? fitting
      : [{ start, end: start + Array.from(symbol).length, id: 0, score: 0 }];
  });
  const best = new Array<number>(symbols.length + 1).fill(0);
  const tokens = new Array<number>(symbols.length + 1).fill(0);
  for (let end = 1; end <= symbols.length; end++) {
    const arriving = edges.filter((edge) => edge.end === end).sort((a, b) => a.start - b.start);
    for (const { start, id, score } of arriving) {
      const total = score + (best[start] ?? 0);
      // 0 is "not reached yet" there, and of equals the last one counts.
      if (best[end] !== 0 && total < (best[end] ?? 0)) continue;
      best[end] = total;
      tokens[end] = id;
    }
  }
  const path: number[] = [];
  for (let at = symbols.length; at > 0;) {
    const id = tokens[at] ?? 0;
    path.unshift(id);
    at -= Array.from(vocabulary[id]?.[0] ?? "?").length;
  }
  return path.filter((id, i) => !(id === 0 && path[i - 1] === 0));
};
