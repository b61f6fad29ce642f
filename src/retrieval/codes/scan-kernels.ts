import { assemble, f32, f32x4, i32, i32x4, v128, wasmFunction, when, whileDo } from "./assembler.ts";
import type { Code, Variable, WasmFunction } from "./assembler.ts";
import { EXTENT_ROWS, EXTENT_SHIFT, extentBytesOf } from "./layout.ts";

/** Steps of 16 codes that are written out one after another; longer rows repeat them. */
const UNROLLED = 32;
const ROWS = [0, 1, 2, 3] as const;
const PAIR_BYTES = 8;

/** How a kernel multiplies 16 codes by 16 numbers of the query. */
interface Product {
  /** Bytes of the query for 16 codes. */
  readonly queryBytes: number;
  /** `sum` plus the products, in four lanes. */
  readonly add: (query: Code, queryOffset: number, codes: Code, codesOffset: number, sum: Code) => Code;
}

const RELAXED: Product = {
  queryBytes: 16,
  add: (query, queryOffset, codes, codesOffset, sum) =>
    i32x4.relaxedDotAdd(v128.load(query, queryOffset), v128.load(codes, codesOffset), sum),
};

const PORTABLE: Product = {
  queryBytes: 32,
  add: (query, queryOffset, codes, codesOffset, sum) =>
    i32x4.add(
      i32x4.add(sum, i32x4.dotI16x8(v128.load(query, queryOffset), v128.load8x8U(codes, codesOffset))),
      i32x4.dotI16x8(v128.load(query, queryOffset + 16), v128.load8x8U(codes, codesOffset + 8)),
    ),
};

/** The integers of several rows at `offsets` from `codes`, each in the four lanes of its sum. */
const products = (
  product: Product,
  stride: number,
  rows: readonly { readonly offset: number; readonly sum: Variable }[],
  { query, codes, left }: Readonly<Record<"query" | "codes" | "left", Variable>>,
  [queryAt, codesAt]: readonly [Variable, Variable],
): Code => {
  const steps = stride / 16;
  const written = (from: number, count: number): Code =>
    Array.from({ length: count }, (_, step) =>
      rows.map(({ offset, sum }) =>
        sum.set(
          product.add(
            queryAt.get,
            16 + (from + step) * product.queryBytes,
            codesAt.get,
            offset + (from + step) * 16,
            sum.get,
          ),
        ),
      ),
    );
  const begin = [queryAt.set(query.get), codesAt.set(codes.get)];
  if (steps <= UNROLLED) return [begin, written(0, steps)];
  return [
    begin,
    left.set(i32.const(Math.floor(steps / UNROLLED))),
    whileDo(left.get, [
      // Node 20's baseline compiler may overwrite a sum that a loop carries in memory: this puts it into a register.
      rows.map(({ sum }) => sum.set(i32x4.add(sum.get, v128.zero))),
      written(0, UNROLLED),
      queryAt.set(i32.add(queryAt.get, i32.const(UNROLLED * product.queryBytes))),
      codesAt.set(i32.add(codesAt.get, i32.const(UNROLLED * 16))),
      left.set(i32.sub(left.get, i32.const(1))),
    ]),
    rows.map(({ sum }) => sum.set(i32x4.add(sum.get, v128.zero))),
    written(0, steps % UNROLLED),
  ];
};

/** The sums of the lanes of four vectors, in the four lanes of one. */
const foldFour = ([a, b, c, d]: readonly [Variable, Variable, Variable, Variable], into: Variable): Code => [
  a.set(i32x4.add(v128.shuffle32(a.get, b.get, [0, 4, 1, 5]), v128.shuffle32(a.get, b.get, [2, 6, 3, 7]))),
  c.set(i32x4.add(v128.shuffle32(c.get, d.get, [0, 4, 1, 5]), v128.shuffle32(c.get, d.get, [2, 6, 3, 7]))),
  into.set(i32x4.add(v128.shuffle32(a.get, c.get, [0, 1, 4, 5]), v128.shuffle32(a.get, c.get, [2, 3, 6, 7]))),
];

const append = (next: Variable, position: Code, score: Code): Code => [
  i32.store(next.get, position),
  f32.store(next.get, score, 4),
  next.set(i32.add(next.get, i32.const(PAIR_BYTES))),
];

/** Four rows at a time: the query is loaded once for them, and no score is looked at alone unless one of four passes. */
const scan = (product: Product, stride: number): WasmFunction =>
  wasmFunction(
    "scan",
    {
      codes: "i32",
      scales: "i32",
      rows: "i32",
      first: "i32",
      query: "i32",
      region: "i32",
      limit: "i32",
      threshold: "f32",
    },
    {
      done: "i32",
      next: "i32",
      queryAt: "i32",
      codesAt: "i32",
      left: "i32",
      a: "v128",
      b: "v128",
      c: "v128",
      d: "v128",
      scores: "v128",
      score: "f32",
    },
    (of) => {
      const [codes, scales, done, next] = [of("codes"), of("scales"), of("done"), of("next")];
      const [scores, score] = [of("scores"), of("score")];
      const sums = [of("a"), of("b"), of("c"), of("d")] as const;
      const room = i32.geU(of("limit").get, i32.add(next.get, i32.const(4 * PAIR_BYTES)));
      return [
        next.set(i32.load(of("region").get)),
        whileDo(i32.and(i32.gtU(of("rows").get, done.get), room), [
          sums.map((sum) => sum.set(v128.load(of("query").get))),
          products(
            product,
            stride,
            sums.map((sum, row) => ({ offset: row * stride, sum })),
            { query: of("query"), codes, left: of("left") },
            [of("queryAt"), of("codesAt")],
          ),
          foldFour(sums, scores),
          scores.set(f32x4.mul(f32x4.convertI32(scores.get), v128.load(scales.get))),
          when(
            v128.anyTrue(f32x4.ge(scores.get, f32x4.splat(of("threshold").get))),
            ROWS.map((row) => [
              score.set(f32x4.extract(scores.get, row)),
              when(
                f32.ge(score.get, of("threshold").get),
                append(next, i32.add(i32.add(of("first").get, done.get), i32.const(row)), score.get),
              ),
            ]),
          ),
          codes.set(i32.add(codes.get, i32.const(4 * stride))),
          scales.set(i32.add(scales.get, i32.const(16))),
          done.set(i32.add(done.get, i32.const(4))),
        ]),
        i32.store(of("region").get, next.get),
        done.get,
      ];
    },
  );

/** One row after another, each wherever its position says. */
const scanList = (product: Product, stride: number): WasmFunction =>
  wasmFunction(
    "scanList",
    {
      base: "i32",
      positions: "i32",
      rows: "i32",
      query: "i32",
      region: "i32",
      limit: "i32",
      threshold: "f32",
    },
    {
      done: "i32",
      next: "i32",
      queryAt: "i32",
      codesAt: "i32",
      left: "i32",
      position: "i32",
      extent: "i32",
      within: "i32",
      codes: "i32",
      sum: "v128",
      score: "f32",
    },
    (of) => {
      const [positions, done, next] = [of("positions"), of("done"), of("next")];
      const [position, extent, within] = [of("position"), of("extent"), of("within")];
      const [codes, sum, score] = [of("codes"), of("sum"), of("score")];
      const room = i32.geU(of("limit").get, i32.add(next.get, i32.const(PAIR_BYTES)));
      const scale = f32.load(i32.add(extent.get, i32.shl(within.get, i32.const(2))), EXTENT_ROWS * stride);
      return [
        next.set(i32.load(of("region").get)),
        whileDo(i32.and(i32.gtU(of("rows").get, done.get), room), [
          position.set(i32.load(positions.get)),
          extent.set(
            i32.add(
              of("base").get,
              i32.mul(i32.shrU(position.get, i32.const(EXTENT_SHIFT)), i32.const(extentBytesOf(stride))),
            ),
          ),
          within.set(i32.and(position.get, i32.const(EXTENT_ROWS - 1))),
          codes.set(i32.add(extent.get, i32.mul(within.get, i32.const(stride)))),
          sum.set(v128.load(of("query").get)),
          products(product, stride, [{ offset: 0, sum }], { query: of("query"), codes, left: of("left") }, [
            of("queryAt"),
            of("codesAt"),
          ]),
          sum.set(i32x4.add(sum.get, v128.shuffle32(sum.get, sum.get, [2, 3, 0, 1]))),
          sum.set(i32x4.add(sum.get, v128.shuffle32(sum.get, sum.get, [1, 0, 3, 2]))),
          score.set(f32.mul(f32.convertI32(i32x4.extract(sum.get, 0)), scale)),
          when(f32.ge(score.get, of("threshold").get), append(next, position.get, score.get)),
          positions.set(i32.add(positions.get, i32.const(4))),
          done.set(i32.add(done.get, i32.const(1))),
        ]),
        i32.store(of("region").get, next.get),
        done.get,
      ];
    },
  );

/**
 * The module of the kernels that read codes, for rows of `stride` codes.
 *
 * @param relaxed whether to use the product of relaxed SIMD; the portable one gives the same integers
 */
export const scanModule = (stride: number, relaxed: boolean): Uint8Array<ArrayBuffer> => {
  const product = relaxed ? RELAXED : PORTABLE;
  return assemble([scan(product, stride), scanList(product, stride)], { shared: true });
};
