import { crc32 } from "node:zlib";

/** Bytes of a pickle, of protocol 2 but for what a test says. */
export const op = {
  proto: (protocol = 2) => [0x80, protocol],
  text: (value: string) => {
    const bytes = [...Buffer.from(value)];
    return [0x58, ...u32(bytes.length), ...bytes];
  },
  int: (value: number) =>
    value < 256 ? [0x4b, value] : value < 65_536 ? [0x4d, value & 255, value >> 8] : [0x4a, ...u32(value)],
  tuple: (...items: readonly number[][]) => [0x28, ...items.flat(), 0x74],
  list: (...items: readonly number[][]) => [0x5d, 0x28, ...items.flat(), 0x65],
  dict: (entries: Readonly<Record<string, readonly number[]>>) => [
    ...[0x7d, 0x28],
    ...Object.entries(entries).flatMap(([key, value]) => [...op.text(key), ...value]),
    0x75,
  ],
  global: (module: string, name: string) => [0x63, ...Buffer.from(`${module}\n${name}\n`)],
  reduce: (callee: readonly number[], given: readonly number[]) => [...callee, ...given, 0x52],
  put: (place: number) => [0x71, place],
  get: (place: number) => [0x68, place],
  false: [0x89],
  stop: [0x2e],
};

export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly strides?: readonly number[];
  readonly offset?: number;
  readonly type?: string;
  /** Of the storage, where it is not the number of `data`. */
  readonly count?: number;
}

const rowMajor = (shape: readonly number[]): number[] =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));

/** A tensor as torch.save writes it. */
export const tensorOp = (key: string, tensor: StoredTensor): number[] => {
  const {
    shape,
    data,
    strides = rowMajor(shape),
    offset = 0,
    type = "FloatStorage",
    count = data.length,
  } = tensor;
  const storage = [
    ...op.tuple(op.text("storage"), op.global("torch", type), op.text(key), op.text("cpu"), op.int(count)),
    0x51,
  ];
  const ordered = op.reduce(op.global("collections", "OrderedDict"), [0x29]);
  const sizes = (list: readonly number[]): number[] => op.tuple(...list.map(op.int));
  return op.reduce(
    op.global("torch._utils", "_rebuild_tensor_v2"),
    op.tuple(storage, op.int(offset), sizes(shape), sizes(strides), op.false, ordered),
  );
};

/** An archive of entries that are stored as they are. */
export const zip = (
  entries: Readonly<Record<string, Uint8Array>>,
  given: { readonly method?: number; readonly flags?: number } = {},
): Uint8Array => {
  const { method = 0, flags = 0 } = given;
  const files: number[][] = [];
  const listed: number[][] = [];
  let at = 0;
  for (const [name, content] of Object.entries(entries)) {
    const bytes = [...Buffer.from(name)];
    const common = [
      ...[...u16(flags), ...u16(method), 0, 0, 0, 0],
      ...u32(crc32(content)),
      ...u32(content.length),
      ...u32(content.length),
      ...u16(bytes.length),
    ];
    const local = [...u32(0x04034b50), 0, 0, ...common, ...u16(0), ...bytes, ...content];
    listed.push([
      ...[...u32(0x02014b50), 0, 0, 0, 0, ...common, ...u16(0), ...u16(0), 0, 0, 0, 0, 0, 0, 0, 0],
      ...[...u32(at), ...bytes],
    ]);
    files.push(local);
    at += local.length;
  }
  const list = listed.flat();
  const count = u16(listed.length);
  const end = [...u32(0x06054b50), 0, 0, 0, 0, ...count, ...count, ...u32(list.length), ...u32(at), 0, 0];
  return Uint8Array.from([...files.flat(), ...list, ...end]);
};

/** A checkpoint of a pickle and storages. */
export const archive = (
  pickle: readonly number[],
  storages: Readonly<Record<string, Uint8Array>> = {},
  others: Readonly<Record<string, Uint8Array>> = {},
): Uint8Array =>
  zip({
    "archive/data.pkl": Uint8Array.from(pickle),
    ...others,
    ...Object.fromEntries(Object.entries(storages).map(([key, bytes]) => [`archive/data/${key}`, bytes])),
    "archive/version": Buffer.from("3\n"),
  });

/** As the authors of eP-ALM save one: what is trained under `model`, and more beside it. */
export const checkpoint = (tensors: Readonly<Record<string, StoredTensor>>): Uint8Array => {
  const named = Object.entries(tensors);
  const model = Object.fromEntries(named.map(([name, tensor], i) => [name, tensorOp(String(i), tensor)]));
  const storages = Object.fromEntries(named.map(([, { data }], i) => [String(i), floats(data)]));
  return archive(
    [
      ...op.proto(),
      ...op.dict({
        model: op.dict(model),
        optimizer: op.dict({ state: op.dict({}), groups: op.list(op.int(1), op.int(70_000)) }),
        config: op.dict({ lr: [0x47, 0x3e, 0xf4, 0xf8, 0xb5, 0x88, 0xe3, 0x68, 0xf1], epochs: op.int(8) }),
        epoch: op.int(7),
      }),
      ...op.stop,
    ],
    storages,
  );
};

export const floats = (data: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(data).buffer);

const u16 = (value: number): number[] => [value & 255, (value >> 8) & 255];
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];
