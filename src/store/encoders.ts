import { and, eq } from "drizzle-orm";
import type { EncoderInfo } from "../types.ts";
import type { Database } from "./database.ts";
import { encoders } from "./schema.ts";
import type { EncoderRecord } from "./types.ts";

type EncoderRow = typeof encoders.$inferSelect;

/** The record of an encoder from its row. */
export const encoderOf = (row: EncoderRow): EncoderRecord => ({
  key: row.key,
  id: row.id,
  modality: row.modality,
  dimension: row.dimension,
  sha256: row.sha256,
  external: row.external,
  ...(row.name === null ? {} : { name: row.name }),
  ...(row.fingerprint === null ? {} : { fingerprint: row.fingerprint }),
});

/** Cache: records of encoders are never removed, so each is read once. */
const remembered = new WeakMap<Database, Map<string, EncoderRecord>>();

/**
 * Finds or creates the record of an encoder, identified by id, SHA-256, modality and dimension.
 *
 * @param external whether its vectors come from the caller and cannot be computed here, and what the caller says of it;
 * an encoder of another name or fingerprint has another SHA-256
 * @example
 * ```ts
 * const record = await ensureEncoder(store, registry.defaultOf("image"));
 * ```
 */
export const ensureEncoder = async (
  database: Database,
  info: EncoderInfo,
  external: boolean | Pick<EncoderRecord, "name" | "fingerprint"> = false,
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
  external: boolean | Pick<EncoderRecord, "name" | "fingerprint">,
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
  await database.write((queries) =>
    queries
      .insert(encoders)
      .values({
        ...{ id, modality, dimension, sha256, source, licence },
        ...(typeof external === "boolean" ? { external } : { ...external, external: true }),
      })
      .onConflictDoNothing(),
  );
  // Read it back: another process may have inserted it first.
  const [written] = await find();
  if (written === undefined) throw new Error(`encoder ${id} was not written`);
  return encoderOf(written);
};
