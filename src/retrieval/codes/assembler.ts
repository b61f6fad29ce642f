/** Instructions of a WebAssembly function, as bytes in nested lists; an expression leaves its value on the stack. */
export type Code = number | readonly Code[];

/** The value types of parameters and locals. */
export type ValueType = "i32" | "f32" | "v128";

/** A parameter or a local variable of a function. */
export interface Variable {
  readonly get: Code;
  readonly set: (value: Code) => Code;
}

/** A function of a module, with the name under which it is exported. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: number;
  readonly types: readonly ValueType[];
  readonly body: Code;
}

const TYPES: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d, v128: 0x7b };
const NO_VALUE = 0x40;
const SIMD = 0xfd;

/** LEB128, unsigned. */
const unsigned = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return [...bytes, rest];
};

/** LEB128, signed, 32 bits. */
const signed = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value | 0;
  while (rest < -64 || rest > 63) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  return [...bytes, rest & 0x7f];
};

const flatten = (code: Code, into: number[] = []): number[] => {
  if (typeof code === "number") into.push(code);
  else for (const part of code) flatten(part, into);
  return into;
};

const unary =
  (...opcode: readonly number[]) =>
  (value: Code): Code => [value, opcode];
const binary =
  (...opcode: readonly number[]) =>
  (a: Code, b: Code): Code => [a, b, opcode];
const simd = (opcode: number): number[] => [SIMD, ...unsigned(opcode)];
const load =
  (opcode: readonly number[], align: number) =>
  (address: Code, offset = 0): Code => [address, opcode, align, unsigned(offset)];
const store =
  (opcode: readonly number[], align: number) =>
  (address: Code, value: Code, offset = 0): Code => [address, value, opcode, align, unsigned(offset)];

export const i32 = {
  const: (value: number): Code => [0x41, signed(value)],
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  and: binary(0x71),
  shl: binary(0x74),
  shrU: binary(0x76),
  geU: binary(0x4f),
  gtU: binary(0x4b),
  eqz: unary(0x45),
  /** Trailing zero bits. */
  ctz: unary(0x68),
  load: load([0x28], 2),
  store: store([0x36], 2),
} as const;

export const f32 = {
  ge: binary(0x60),
  mul: binary(0x94),
  load: load([0x2a], 2),
  store: store([0x38], 2),
  convertI32: unary(0xb2),
} as const;

export const v128 = {
  load: load(simd(0x00), 0),
  /** Eight bytes, each widened to 16 bits. */
  load8x8U: load(simd(0x02), 0),
  load32Splat: load(simd(0x09), 0),
  store: store(simd(0x0b), 0),
  zero: [...simd(0x0c), ...new Array<number>(16).fill(0)] as Code,
  anyTrue: unary(...simd(0x53)),
  /** Four 32-bit lanes out of those of `a` (0 to 3) and `b` (4 to 7). */
  shuffle32: (a: Code, b: Code, lanes: readonly [number, number, number, number]): Code => [
    a,
    b,
    simd(0x0d),
    lanes.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]),
  ],
} as const;

export const i32x4 = {
  splat: unary(...simd(0x11)),
  extract: (value: Code, lane: number): Code => [value, simd(0x1b), lane],
  add: binary(...simd(0xae)),
  maxS: binary(...simd(0xb8)),
  eq: binary(...simd(0x37)),
  /** One bit for each lane that is not 0. */
  bitmask: unary(...simd(0xa4)),
  dotI16x8: binary(...simd(0xba)),
  /** `sum` plus the products of signed bytes with bytes from 0 to 127, four neighbours in one lane. */
  relaxedDotAdd: (bytes: Code, sevenBits: Code, sum: Code): Code => [bytes, sevenBits, sum, simd(0x113)],
} as const;

export const f32x4 = {
  splat: unary(...simd(0x13)),
  extract: (value: Code, lane: number): Code => [value, simd(0x1f), lane],
  add: binary(...simd(0xe4)),
  mul: binary(...simd(0xe6)),
  ge: binary(...simd(0x46)),
  convertI32: unary(...simd(0xfa)),
} as const;

/** Repeats `body` while `condition` holds before it. */
export const whileDo = (condition: Code, body: Code): Code => [
  [0x02, NO_VALUE, 0x03, NO_VALUE],
  [condition, 0x45, 0x0d, 1],
  [body, 0x0c, 0],
  [0x0b, 0x0b],
];

export const when = (condition: Code, body: Code): Code => [condition, 0x04, NO_VALUE, body, 0x0b];

/**
 * Defines a function that returns an i32.
 *
 * @param body instructions that leave the result on the stack
 */
export const wasmFunction = <Name extends string, Local extends string>(
  name: string,
  parameters: Readonly<Record<Name, ValueType>>,
  locals: Readonly<Record<Local, ValueType>>,
  body: (variable: (name: Name | Local) => Variable) => Code,
): WasmFunction => {
  const all: Readonly<Record<string, ValueType>> = { ...parameters, ...locals };
  const names = Object.keys(all);
  const variable = (wanted: string): Variable => {
    const index = unsigned(names.indexOf(wanted));
    return { get: [0x20, index], set: (value) => [value, 0x21, index] };
  };
  return {
    name,
    parameters: Object.keys(parameters).length,
    types: Object.values(all),
    body: body(variable),
  };
};

/**
 * Assembles a module whose functions work on an imported memory (`env.memory`).
 *
 * @param shared whether that memory is shared between threads
 * @see https://webassembly.github.io/spec/core/binary/
 * @example
 * const one = wasmFunction("one", {}, {}, () => i32.const(1));
 * const bytes = assemble([one], { shared: false });
 */
export const assemble = (
  functions: readonly WasmFunction[],
  { shared }: { readonly shared: boolean },
): Uint8Array<ArrayBuffer> => {
  const list = (items: readonly Code[]): Code => [unsigned(items.length), items];
  const sized = (content: Code): Code => {
    const bytes = flatten(content);
    return [unsigned(bytes.length), bytes];
  };
  const text = (value: string): Code => sized([...new TextEncoder().encode(value)]);
  const section = (id: number, items: readonly Code[]): Code => [id, sized(list(items))];
  const limits = shared ? [3, 0, ...unsigned(65_536)] : [0, 0];
  return Uint8Array.from(
    flatten([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(
        1,
        functions.map(({ types, parameters }) => [
          0x60,
          list(types.slice(0, parameters).map((type) => TYPES[type])),
          list([TYPES.i32]),
        ]),
      ),
      section(2, [[text("env"), text("memory"), 2, limits]]),
      section(
        3,
        functions.map((_, i) => unsigned(i)),
      ),
      section(
        7,
        functions.map(({ name }, i) => [text(name), 0, unsigned(i)]),
      ),
      section(
        10,
        functions.map(({ types, parameters, body }) =>
          sized([list(types.slice(parameters).map((type) => [1, TYPES[type]])), body, 0x0b]),
        ),
      ),
    ]),
  );
};
