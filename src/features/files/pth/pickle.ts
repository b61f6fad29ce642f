import { noCheckpoint } from "./fault.ts";
import { called, globalOf, storageOf, type ReadStorage } from "./globals.ts";
import { isKind, type Pickled } from "./values.ts";

const LATEST_PROTOCOL = 5;
/** Far more than a checkpoint's state takes; each may make something that is much larger than itself. */
const MOST_STEPS = 250_000;
/** Of names, keys and what else is text, in bytes. */
const LONGEST_TEXT = 2 ** 16;
/** Where a list of arguments or items begins. */
const MARK = Symbol("mark");

type Slot = Pickled | typeof MARK;

interface Machine {
  readonly stack: Slot[];
  readonly memo: Map<number, Pickled>;
  readonly input: Input;
  /** Counts further instructions. @throws AnchorageError `corrupt-file` where they are too many */
  readonly spend: (steps: number) => void;
  readonly readStorage?: ReadStorage;
}

type Step = (machine: Machine) => void;

export interface PickleOptions {
  /** Instructions that all pickles of the bytes may have together; 250,000 unless given. */
  readonly mostSteps?: number;
  /** Reads a storage that a pickle carries as bytes. Without it, such a pickle is refused. */
  readonly readStorage?: ReadStorage;
}

/** Pickles that follow each other in one file. */
export interface Pickles {
  /** Reads the next pickle. @throws AnchorageError `corrupt-file` that says what is wrong */
  readonly next: () => Pickled;
  /** Takes bytes between or after pickles. @throws AnchorageError `corrupt-file` if there are fewer */
  readonly take: (length: number) => DataView;
}

/**
 * Opens pickles for a machine that knows the few instructions which PyTorch writes a state with, and a few names. It
 * makes plain values alone: whatever else is asked for is refused by its name, and nothing is imported, called or built.
 *
 * @example
 * ```ts
 * const pickles = openPickles(bytes);
 * const first = pickles.next();
 * ```
 */
export const openPickles = (
  bytes: Uint8Array,
  { mostSteps = MOST_STEPS, readStorage }: PickleOptions = {},
): Pickles => {
  const input = inputOf(bytes);
  let steps = 0;
  const spend = (more: number): void => {
    steps += more;
    if (steps > mostSteps) throw noCheckpoint(`its pickle has more than ${mostSteps} instructions`);
  };
  const next = (): Pickled => {
    const machine: Machine = {
      stack: [],
      memo: new Map(),
      input,
      spend,
      ...(readStorage === undefined ? {} : { readStorage }),
    };
    for (;;) {
      const code = input.byte();
      if (code === STOP) return pop(machine);
      spend(1);
      const step = STEPS[code];
      if (step === undefined)
        throw noCheckpoint(`its pickle has the instruction 0x${code.toString(16)}, which is not read`);
      step(machine);
    }
  };
  return { next, take: input.take };
};

/** Reads the first pickle of some bytes, as {@link openPickles} does. */
export const readPickle = (bytes: Uint8Array, options?: PickleOptions): Pickled =>
  openPickles(bytes, options).next();

interface Input {
  readonly byte: () => number;
  readonly take: (length: number) => DataView;
  readonly text: (length: number) => string;
  readonly line: () => string;
}

const inputOf = (bytes: Uint8Array): Input => {
  const decoder = new TextDecoder();
  let at = 0;
  const take = (length: number): DataView => {
    if (at + length > bytes.length) throw noCheckpoint("its pickle ends too early");
    const part = new DataView(bytes.buffer, bytes.byteOffset + at, length);
    at += length;
    return part;
  };
  const text = (length: number): string => {
    const part = take(length);
    if (length > LONGEST_TEXT) throw noCheckpoint(`its pickle has a text of ${length} bytes`);
    return decoder.decode(part);
  };
  return {
    take,
    text,
    byte: () => take(1).getUint8(0),
    line: () => {
      const end = bytes.indexOf(0x0a, at);
      if (end < 0) throw noCheckpoint("its pickle ends too early");
      const line = text(end - at);
      at = end + 1;
      return line;
    },
  };
};

const pop = ({ stack }: Machine): Pickled => {
  const top = stack.pop();
  if (top === undefined || top === MARK) throw noCheckpoint("its pickle takes what is not there");
  return top;
};

const top = ({ stack }: Machine): Pickled => {
  const last = stack.at(-1);
  if (last === undefined || last === MARK) throw noCheckpoint("its pickle takes what is not there");
  return last;
};

/** All since the last mark, which goes with them. */
const popMarked = ({ stack }: Machine): Pickled[] => {
  const mark = stack.lastIndexOf(MARK);
  if (mark < 0) throw noCheckpoint("its pickle takes what is not there");
  return stack.splice(mark).slice(1) as Pickled[];
};

const bytesOf = (part: DataView): Uint8Array => new Uint8Array(part.buffer, part.byteOffset, part.byteLength);

const push =
  (make: (machine: Machine) => Slot): Step =>
  (machine) => {
    machine.stack.push(make(machine));
  };

const remember = (machine: Machine, place: number): void => void machine.memo.set(place, top(machine));

const recalled = ({ memo }: Machine, place: number): Pickled => {
  const found = memo.get(place);
  if (found === undefined) throw noCheckpoint("its pickle recalls what it did not keep");
  return found;
};

const tupleOf = (count: number): Step =>
  push((machine) => Array.from({ length: count }, () => pop(machine)).reverse());

const append = (machine: Machine, items: readonly Pickled[]): void => {
  const list = top(machine);
  if (!Array.isArray(list)) throw noCheckpoint("its pickle appends to what is no list");
  for (const item of items) (list as Pickled[]).push(item);
};

const setItems = (machine: Machine, items: readonly Pickled[]): void => {
  const dict = top(machine);
  if (!isKind(dict, "dict") || items.length % 2 !== 0)
    throw noCheckpoint("its pickle sets items of what is no dictionary");
  for (let i = 0; i < items.length; i += 2) dict.entries.set(items[i] ?? null, items[i + 1] ?? null);
};

/** Little-endian, in two's complement. */
const longOf = (part: DataView): number | bigint => {
  let value = 0n;
  for (let i = part.byteLength - 1; i >= 0; i--) value = (value << 8n) | BigInt(part.getUint8(i));
  const signed = BigInt.asIntN(8 * part.byteLength, value);
  return signed >= Number.MIN_SAFE_INTEGER && signed <= Number.MAX_SAFE_INTEGER ? Number(signed) : signed;
};

const STOP = 0x2e;

/** By their codes in Python's pickletools. */
const STEPS: Readonly<Record<number, Step>> = {
  // PROTO
  0x80: ({ input }) => {
    const protocol = input.byte();
    if (protocol < 2 || protocol > LATEST_PROTOCOL)
      throw noCheckpoint(`its pickle is of protocol ${protocol}; 2 to ${LATEST_PROTOCOL} are read`);
  },
  // FRAME
  0x95: ({ input }) => void input.take(8),
  // MARK
  0x28: push(() => MARK),
  // BINPUT, LONG_BINPUT, MEMOIZE
  0x71: (machine) => remember(machine, machine.input.byte()),
  0x72: (machine) => remember(machine, machine.input.take(4).getUint32(0, true)),
  0x94: (machine) => remember(machine, machine.memo.size),
  // BINGET, LONG_BINGET
  0x68: push((machine) => recalled(machine, machine.input.byte())),
  0x6a: push((machine) => recalled(machine, machine.input.take(4).getUint32(0, true))),
  // EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE
  0x7d: push(() => ({ kind: "dict", entries: new Map() })),
  0x5d: push(() => []),
  0x29: push(() => []),
  // TUPLE, TUPLE1, TUPLE2, TUPLE3
  0x74: push(popMarked),
  0x85: tupleOf(1),
  0x86: tupleOf(2),
  0x87: tupleOf(3),
  // APPEND, APPENDS
  0x61: (machine) => append(machine, [pop(machine)]),
  0x65: (machine) => append(machine, popMarked(machine)),
  // SETITEM, SETITEMS
  0x73: (machine) => {
    const value = pop(machine);
    setItems(machine, [pop(machine), value]);
  },
  0x75: (machine) => setItems(machine, popMarked(machine)),
  // NONE, NEWTRUE, NEWFALSE
  0x4e: push(() => null),
  0x88: push(() => true),
  0x89: push(() => false),
  // BININT, BININT1, BININT2, LONG1
  0x4a: push(({ input }) => input.take(4).getInt32(0, true)),
  0x4b: push(({ input }) => input.byte()),
  0x4d: push(({ input }) => input.take(2).getUint16(0, true)),
  0x8a: push(({ input }) => longOf(input.take(input.byte()))),
  // BINFLOAT
  0x47: push(({ input }) => input.take(8).getFloat64(0)),
  // BINBYTES, SHORT_BINBYTES
  0x42: push(({ input }) => bytesOf(input.take(input.take(4).getUint32(0, true)))),
  0x43: push(({ input }) => bytesOf(input.take(input.byte()))),
  // BINUNICODE, SHORT_BINUNICODE
  0x58: push(({ input }) => input.text(input.take(4).getUint32(0, true))),
  0x8c: push(({ input }) => input.text(input.byte())),
  // GLOBAL, STACK_GLOBAL
  0x63: push(({ input, readStorage }) => {
    const module = input.line();
    return globalOf(module, input.line(), readStorage !== undefined);
  }),
  0x93: push((machine) => {
    const [name, module] = [pop(machine), pop(machine)];
    if (typeof module !== "string" || typeof name !== "string")
      throw noCheckpoint("its pickle asks for a name that is no text");
    return globalOf(module, name, machine.readStorage !== undefined);
  }),
  // REDUCE
  0x52: push((machine) => {
    const given = pop(machine);
    return called(pop(machine), given, machine.spend, machine.readStorage);
  }),
  // BUILD: what Python keeps of an ordered dictionary beside its items is of no use here
  0x62: (machine) => {
    pop(machine);
    if (!isKind(top(machine), "dict"))
      throw noCheckpoint("its pickle gives a state to what is no dictionary");
  },
  // BINPERSID
  0x51: push((machine) => storageOf(pop(machine))),
};
