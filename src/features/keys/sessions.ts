import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { SETTINGS_KEY } from "../../http/access.ts";
import type { KeyCaller, KeyRing } from "./key-ring.ts";

/** How long a session lasts. A page that is in use signs in again before. */
export const SESSION_MS = 12 * 3_600_000;

/** KeySessions of browsers, which hold a signed token instead of the key. */
export interface KeySessions {
  /** A token for a caller whose key is valid now; null for one without a key. */
  start(caller: KeyCaller): Promise<{ readonly token: string; readonly expiresAt: Date } | null>;
  /** The caller of a token; null where it is forged, expired, ended, or its key is no longer valid. */
  find(token: string): Promise<{ readonly caller: KeyCaller; readonly expiresAt: Date } | null>;
  /** Makes a token invalid in this process before it expires. */
  end(token: string): void;
}

/**
 * Opens sessions whose tokens are signed by HMAC-SHA-256 with the hash of their key: they outlive a restart, and end with
 * their key.
 *
 * @param settingsKey `API_KEY`
 */
export const openSessions = (ring: KeyRing, settingsKey: string | null): KeySessions => {
  const ended = new Map<string, number>();

  const signerOf = async (
    id: string,
  ): Promise<{ readonly caller: KeyCaller; readonly secret: Uint8Array } | null> => {
    if (id !== SETTINGS_KEY) return ring.signerOf(id);
    if (settingsKey === null) return null;
    const secret = createHash("sha256").update(settingsKey).digest();
    return { caller: { key: SETTINGS_KEY, scope: "admin", collections: null }, secret };
  };

  return {
    start: async ({ key }) => {
      const signer = key === null ? null : await signerOf(key);
      if (key === null || signer === null) return null;
      const expires = Date.now() + SESSION_MS;
      const content = `${key}.${expires}`;
      return { token: `${content}.${signatureOf(content, signer.secret)}`, expiresAt: new Date(expires) };
    },
    find: async (token) => {
      const [, id, expires, signature] =
        /^(API_KEY|[0-9a-f]{12})\.(\d{13,15})\.([\w-]{43})$/.exec(token) ?? [];
      if (id === undefined || expires === undefined || signature === undefined) return null;
      const expiresAt = new Date(Number(expires));
      if (expiresAt.getTime() <= Date.now() || ended.has(token)) return null;
      const signer = await signerOf(id);
      if (signer === null) return null;
      const right = Buffer.from(signatureOf(`${id}.${expires}`, signer.secret));
      return timingSafeEqual(right, Buffer.from(signature)) ? { caller: signer.caller, expiresAt } : null;
    },
    end: (token) => {
      const now = Date.now();
      for (const [known, expires] of ended) if (expires <= now) ended.delete(known);
      ended.set(token, now + SESSION_MS);
    },
  };
};

const signatureOf = (content: string, secret: Uint8Array): string =>
  createHmac("sha256", secret).update(`anchorage session ${content}`).digest("base64url");
