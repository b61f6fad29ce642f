import type { CallOptions, Transport } from "../../client/transport.ts";
import { segment } from "../../client/paths.ts";
import type { ApiKeyBody, CreatedKeyBody, KeyListBody, KeySpecBody, SessionBody } from "./api.ts";

export type { ApiKeyBody, CreatedKeyBody, KeySpecBody, SessionBody } from "./api.ts";

export interface KeysClient {
  /** Makes an API key; the answer is the only place where it can be read. */
  createKey(spec: KeySpecBody, options?: CallOptions): Promise<CreatedKeyBody>;
  listKeys(options?: CallOptions): Promise<KeyListBody["keys"]>;
  revokeKey(id: string, options?: CallOptions): Promise<ApiKeyBody>;
  /** Changes a key into a cookie, which a browser sends from then on. */
  signIn(key: string, options?: CallOptions): Promise<SessionBody>;
  /** What the key or the session of these requests may do. */
  getSession(options?: CallOptions): Promise<SessionBody>;
  signOut(options?: CallOptions): Promise<void>;
}

export const createKeysClient = ({ send, json, post }: Transport): KeysClient => ({
  createKey: (spec, options) => post("/v1/keys", spec, options),
  listKeys: async (options) => (await json<KeyListBody>("GET", "/v1/keys", options)).keys,
  revokeKey: (id, options) => json("DELETE", `/v1/keys/${segment(id)}`, options),
  signIn: (key, options) => post("/v1/session", { key }, options),
  getSession: (options) => json("GET", "/v1/session", options),
  signOut: async (options) => {
    await send("DELETE", "/v1/session", options);
  },
});
