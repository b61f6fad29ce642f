import { and, eq } from "drizzle-orm";
import type { EncoderInfo } from "../types.ts";
import type { Database } from "./database.ts";
import { encoders } from "./schema.ts";
import type { EncoderRecord } from "./types.ts";

type EncoderRow = typeof encoders.$inferSelect;

export const encoderOf = (row: EncoderRow): EncoderRecord => ({
  key: row.key,
  id: row.id,
  modality: row.modality,
  dimension: row.dimension,
  sha256: row.sha256,
  external: row.external,
});

/** Records of encoders are never removed, so each is read once. */
const remembered = new WeakMap<Database, Map<string, EncoderRecord>>();

/** Finds or writes the record of an encoder's id and hash. */
export const ensureEncoder = async (
  database: Database,
  info: EncoderInfo,
  external = false,
): Promise<EncoderRecord> => {
  const known = remembered.get(database) ?? new Map<string, EncoderRecord>();
  remembered.set(database, known);
  const key = `${info.modality} ${info.dimension} ${info.sha256} ${info.id}`;
  const record = known.get(key) ?? (await findOrWrite(database, info, external));
  known.set(key, record);
  return record;
};

const findOrWrite = async (
  database: Database,
  { id, modality, dimension, sha256, source, licence }: EncoderInfo,
  external: boolean,
): Promise<EncoderRecord> => {
  const same = and(
    eq(encoders.id, id),
    eq(encoders.sha256, sha256),
    eq(encoders.modality, modality),
    eq(encoders.dimension, dimension),
  );
  const find = () => database.query((queries) => queries.select().from(encoders).where(same));
  const [known] = await find();
  if (known !== undefined) return encoderOf(known);
  await database.query((queries) =>
    queries
      .insert(encoders)
      .values({ id, modality, dimension, sha256, source, licence, external })
      .onConflictDoNothing(),
  );
  // Whoever wrote it: records are never removed.
  const [written] = await find();
  if (written === undefined) throw new Error(`encoder ${id} was not written`);
  return encoderOf(written);
};
