import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { AnchorageError, notFound } from "../../errors.ts";
import type { Caller } from "../../http/access.ts";
import type { Database } from "../../store/database.ts";
import type { ApiKey, CreatedKey, KeySpec } from "./api.ts";
import { insertKey, listKeys, revokeKey, type KeyRow } from "./table.ts";

/** How old the list of keys may be that requests are checked by: a key revoked elsewhere is accepted no longer. */
const FRESH_MS = 2_000;
/** How soon after a reading an unknown key causes another one, so that guesses do not load Postgres. */
const RETRY_MS = 1_000;

/** The part of a caller that a key decides. */
export type KeyCaller = Omit<Caller, "user">;

/** The keys of a service. */
export interface KeyRing {
  create(spec: KeySpec): Promise<CreatedKey>;
  list(): Promise<ApiKey[]>;
  /** @throws AnchorageError `not-found` */
  revoke(id: string): Promise<ApiKey>;
  /** Whether a key was ever made: from then on requests need one, even if all are revoked. */
  hasKeys(): Promise<boolean>;
  /** The caller by a whole key; null where it is unknown, revoked or expired. */
  callerOf(key: string): Promise<KeyCaller | null>;
  /** What a session of a key is signed with; null where the key is unknown, revoked or expired. */
  signerOf(id: string): Promise<{ readonly caller: KeyCaller; readonly secret: Uint8Array } | null>;
  /**
   * Counts a request of a key.
   *
   * @throws AnchorageError `too-many-requests`
   */
  count(id: string): Promise<void>;
}

/**
 * Opens the key ring of a database. Keys are read again every two seconds, so that several services on one database
 * agree; while Postgres does not answer, the keys that were read last stay valid.
 *
 * @example
 * ```ts
 * const ring = openKeyRing(core.store);
 * const { key } = await ring.create({ name: "camera", scope: "write" });
 * await ring.callerOf(key); // { key: "…", scope: "write", collections: null }
 * ```
 */
export const openKeyRing = (database: Database): KeyRing => {
  let rows: ReadonlyMap<string, KeyRow> | undefined;
  let readAt = -Infinity;
  let reading: Promise<void> | undefined;
  const limiters = new Map<string, RateLimiterMemory>();

  const read = (): Promise<void> => {
    reading ??= listKeys(database)
      .then((list) => {
        rows = new Map(list.map((row) => [row.id, row]));
        readAt = performance.now();
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };

  const known = async (): Promise<ReadonlyMap<string, KeyRow>> => {
    if (rows === undefined) await read();
    // Requests do not wait for a reading, which a Postgres that hangs would not answer.
    else if (performance.now() - readAt > FRESH_MS) void read().catch(() => undefined);
    return rows ?? new Map<string, KeyRow>();
  };

  const find = async (id: string): Promise<KeyRow | null> => {
    const row = (await known()).get(id);
    if (row !== undefined) return isValid(row) ? row : null;
    if (performance.now() - readAt < RETRY_MS) return null;
    await read();
    const found = rows?.get(id);
    return found !== undefined && isValid(found) ? found : null;
  };

  return {
    create: async (spec) => {
      const id = randomBytes(6).toString("hex");
      const key = `anchorage_${id}_${randomBytes(32).toString("base64url")}`;
      const row: KeyRow = {
        id,
        name: spec.name,
        hash: hashOf(key),
        scope: spec.scope,
        collections: spec.collections ?? null,
        perMinute: spec.perMinute ?? null,
        createdAt: new Date(),
        expiresAt: spec.expiresAt ?? null,
        revokedAt: null,
      };
      await insertKey(database, row);
      await read();
      return { ...shown(row), key };
    },
    list: async () => (await listKeys(database)).map(shown),
    revoke: async (id) => {
      const row = await revokeKey(database, id, new Date());
      if (row === null) throw notFound("key", id);
      await read();
      return shown(row);
    },
    hasKeys: async () => (await known()).size > 0,
    callerOf: async (key) => {
      const [, id] = /^anchorage_([0-9a-f]{12})_/.exec(key) ?? [];
      const row = id === undefined ? null : await find(id);
      if (row === null || !timingSafeEqual(hashOf(key), row.hash)) return null;
      return callerOfRow(row);
    },
    signerOf: async (id) => {
      const row = await find(id);
      return row === null ? null : { caller: callerOfRow(row), secret: row.hash };
    },
    count: async (id) => {
      const points = (await known()).get(id)?.perMinute ?? null;
      if (points === null) return;
      let limiter = limiters.get(id);
      if (limiter === undefined)
        limiters.set(id, (limiter = new RateLimiterMemory({ points, duration: 60 })));
      try {
        await limiter.consume(id);
      } catch (refusal) {
        if (refusal instanceof Error) throw refusal;
        throw new AnchorageError(
          "too-many-requests",
          `This key may send ${points} requests a minute, and has sent them.`,
        );
      }
    },
  };
};

const hashOf = (key: string): Uint8Array => createHash("sha256").update(key).digest();

const isValid = ({ revokedAt, expiresAt }: KeyRow): boolean =>
  revokedAt === null && (expiresAt === null || expiresAt.getTime() > Date.now());

const callerOfRow = ({ id, scope, collections }: KeyRow): KeyCaller => ({
  key: id,
  scope,
  collections: collections === null ? null : new Set(collections),
});

/** All but the hash. */
const shown = ({
  id,
  name,
  scope,
  collections,
  perMinute,
  createdAt,
  expiresAt,
  revokedAt,
}: KeyRow): ApiKey => ({
  ...{ id, name, scope, collections, perMinute },
  ...{ createdAt, expiresAt, revokedAt },
});
