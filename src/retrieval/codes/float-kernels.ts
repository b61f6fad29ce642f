import { assemble, f32, f32x4, i32, i32x4, v128, wasmFunction, when, whileDo } from "./assembler.ts";
import type { Code, WasmFunction } from "./assembler.ts";

const PAIR_BYTES = 8;

/**
 * Inner products in float32: multiplied and added, never fused, in the same order for every row, so that the bits are the
 * same on every machine and equal rows have equal scores.
 */
const dots: WasmFunction = wasmFunction(
  "dots",
  { addresses: "i32", rows: "i32", query: "i32", floats: "i32", scores: "i32" },
  {
    row: "i32",
    at: "i32",
    end: "i32",
    left: "i32",
    a: "v128",
    b: "v128",
    c: "v128",
    d: "v128",
  },
  (of) => {
    const [row, at, left] = [of("row"), of("at"), of("left")];
    const sums = [of("a"), of("b"), of("c"), of("d")] as const;
    const [a, b, c, d] = sums;
    return [
      left.set(of("rows").get),
      whileDo(left.get, [
        row.set(i32.load(of("addresses").get)),
        at.set(of("query").get),
        of("end").set(i32.add(at.get, i32.shl(of("floats").get, i32.const(2)))),
        sums.map((sum) => sum.set(v128.zero)),
        whileDo(i32.gtU(of("end").get, at.get), [
          sums.map((sum, i) =>
            sum.set(f32x4.add(sum.get, f32x4.mul(v128.load(at.get, 16 * i), v128.load(row.get, 16 * i)))),
          ),
          at.set(i32.add(at.get, i32.const(64))),
          row.set(i32.add(row.get, i32.const(64))),
        ]),
        a.set(f32x4.add(f32x4.add(a.get, b.get), f32x4.add(c.get, d.get))),
        a.set(f32x4.add(a.get, v128.shuffle32(a.get, a.get, [2, 3, 0, 1]))),
        a.set(f32x4.add(a.get, v128.shuffle32(a.get, a.get, [1, 0, 3, 2]))),
        f32.store(of("scores").get, f32x4.extract(a.get, 0)),
        of("addresses").set(i32.add(of("addresses").get, i32.const(4))),
        of("scores").set(i32.add(of("scores").get, i32.const(4))),
        left.set(i32.sub(left.get, i32.const(1))),
      ]),
      i32.const(0),
    ];
  },
);

/**
 * Chooses among products of rows and queries, `[rows, queries]`, those whose score reaches its query's threshold. The
 * pair (position, score) is appended to the query's region: `next[query]` is the address of its next pair. Returns the
 * rows done: fewer where a region is full.
 */
const chooseAmong = (name: string, score: (product: Code, scale: Code) => Code): WasmFunction =>
  wasmFunction(
    name,
    {
      products: "i32",
      rows: "i32",
      queries: "i32",
      scales: "i32",
      thresholds: "i32",
      next: "i32",
      limits: "i32",
      first: "i32",
    },
    {
      done: "i32",
      query: "i32",
      full: "i32",
      place: "i32",
      pair: "i32",
      scale: "v128",
      scores: "v128",
      passed: "i32",
    },
    (of) => {
      const [products, done, query, full] = [of("products"), of("done"), of("query"), of("full")];
      const [place, pair, scores, passed] = [of("place"), of("pair"), of("scores"), of("passed")];
      const shifted = i32.shl(query.get, i32.const(2));
      return [
        whileDo(i32.and(i32.gtU(of("rows").get, done.get), i32.eqz(full.get)), [
          of("scale").set(v128.load32Splat(of("scales").get)),
          query.set(i32.const(0)),
          whileDo(i32.gtU(of("queries").get, query.get), [
            scores.set(score(v128.load(products.get), of("scale").get)),
            passed.set(
              i32x4.bitmask(f32x4.ge(scores.get, v128.load(i32.add(of("thresholds").get, shifted)))),
            ),
            when(
              passed.get,
              [0, 1, 2, 3].map((lane) =>
                when(i32.and(passed.get, i32.const(1 << lane)), [
                  place.set(i32.add(of("next").get, shifted)),
                  pair.set(i32.load(place.get, 4 * lane)),
                  i32.store(pair.get, i32.add(of("first").get, done.get)),
                  f32.store(pair.get, f32x4.extract(scores.get, lane), 4),
                  pair.set(i32.add(pair.get, i32.const(PAIR_BYTES))),
                  i32.store(place.get, pair.get, 4 * lane),
                  when(
                    i32.geU(pair.get, i32.load(i32.add(of("limits").get, shifted), 4 * lane)),
                    full.set(i32.const(1)),
                  ),
                ]),
              ),
            ),
            products.set(i32.add(products.get, i32.const(16))),
            query.set(i32.add(query.get, i32.const(4))),
          ]),
          of("scales").set(i32.add(of("scales").get, i32.const(4))),
          done.set(i32.add(done.get, i32.const(1))),
        ]),
        done.get,
      ];
    },
  );

/** Products of codes, int32: the score is the product times the row's scale. */
const choose = chooseAmong("choose", (product, scale) => f32x4.mul(f32x4.convertI32(product), scale));

/** Products of float32 rows, which are scores themselves; a scale of NaN hides its row. */
const chooseFloats = chooseAmong("chooseFloats", (product, scale) => f32x4.mul(product, scale));

/** For each row of `[rows, columns]` int32, columns a multiple of 4: the first column that has the greatest number. */
const argmax: WasmFunction = wasmFunction(
  "argmax",
  { numbers: "i32", rows: "i32", columns: "i32", places: "i32" },
  { at: "i32", end: "i32", left: "i32", most: "v128", equal: "i32", bit: "i32" },
  (of) => {
    const [numbers, at, left, most, equal] = [of("numbers"), of("at"), of("left"), of("most"), of("equal")];
    const max = (lanes: readonly [number, number, number, number]): Code =>
      most.set(i32x4.maxS(most.get, v128.shuffle32(most.get, most.get, lanes)));
    return [
      left.set(of("rows").get),
      whileDo(left.get, [
        of("end").set(i32.add(numbers.get, i32.shl(of("columns").get, i32.const(2)))),
        most.set(v128.load(numbers.get)),
        at.set(i32.add(numbers.get, i32.const(16))),
        whileDo(i32.gtU(of("end").get, at.get), [
          most.set(i32x4.maxS(most.get, v128.load(at.get))),
          at.set(i32.add(at.get, i32.const(16))),
        ]),
        max([2, 3, 0, 1]),
        max([1, 0, 3, 2]),
        at.set(numbers.get),
        equal.set(i32x4.bitmask(i32x4.eq(v128.load(at.get), most.get))),
        whileDo(i32.eqz(equal.get), [
          at.set(i32.add(at.get, i32.const(16))),
          equal.set(i32x4.bitmask(i32x4.eq(v128.load(at.get), most.get))),
        ]),
        i32.store(
          of("places").get,
          i32.add(i32.shrU(i32.sub(at.get, numbers.get), i32.const(2)), i32.ctz(equal.get)),
        ),
        of("places").set(i32.add(of("places").get, i32.const(4))),
        numbers.set(of("end").get),
        left.set(i32.sub(left.get, i32.const(1))),
      ]),
      i32.const(0),
    ];
  },
);

/** The module of the kernel that scores rows in float32, over memory that threads share. */
export const rescoreModule = (): Uint8Array<ArrayBuffer> => assemble([dots], { shared: true });

/** The module of the kernels for a thread's own memory: `dots`, and the choices among products of ONNX Runtime. */
export const batchModule = (): Uint8Array<ArrayBuffer> =>
  assemble([dots, choose, chooseFloats, argmax], { shared: false });
