import { Socket } from "node:net";
import type pg from "pg";
import { AnchorageError } from "../errors.ts";

/** The parameter of libpq: the server has to authenticate by this method, and the client refuses any other. */
const PARAMETER = "require_auth";
const SCRAM = "scram-sha-256";

/** Codes of authentication messages (PostgreSQL manual, 54.7) in the only order that SCRAM has. */
const SASL = 10;
const SCRAM_ORDER = [SASL, 11, 12, 0];
const AUTHENTICATION = "R".charCodeAt(0);
/** What a server may send before the client has authenticated: errors, notices, protocol versions. */
const BEFORE_LOGIN = new Set(["E", "N", "v"].map((type) => type.charCodeAt(0)));
/** Type and length of a message, then the code of an authentication message. */
const HEADER_BYTES = 5;
const CODE_BYTES = 4;

/**
 * The connection settings for a URL. With `require_auth=scram-sha-256` the connection never sends its password: it closes
 * if the server asks for it in clear text or as MD5, or does not ask at all. The server has to prove that it knows the
 * password as well.
 *
 * @throws AnchorageError `invalid-input` for another method, or together with TLS, which hides the messages
 * @example
 * ```ts
 * const { stream } = connectionOf("postgres://ann:secret@localhost/birds?sslmode=disable&require_auth=scram-sha-256");
 * typeof stream; // "function"
 * ```
 */
export const connectionOf = (url: string): pg.ClientConfig => {
  const parameters = new URLSearchParams(/\?([^#]*)/.exec(url)?.[1] ?? "");
  const method = parameters.get(PARAMETER);
  if (method === null) return { connectionString: url };
  if (method !== SCRAM)
    throw new AnchorageError("invalid-input", `DATABASE_URL: ${PARAMETER} can only be ${SCRAM}.`);
  if (parameters.get("sslmode") !== "disable")
    throw new AnchorageError(
      "invalid-input",
      `DATABASE_URL: ${PARAMETER} needs sslmode=disable; with TLS use sslmode=verify-full.`,
    );
  return { connectionString: url, stream: createGuardedSocket };
};

/** A socket that closes itself before pg sees a message of a server that does not authenticate by SCRAM. */
const createGuardedSocket = (): Socket => {
  const socket = new Socket();
  const check = createAuthenticationCheck();
  const push = socket.push.bind(socket);
  // Where node:net delivers what it has read. A listener would not do: pg-copy-streams wants pg's to be the only one.
  socket.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (!(chunk instanceof Buffer) || check(chunk)) return push(chunk, encoding);
    socket.destroy(new Error(`Connection terminated: the server does not authenticate by ${SCRAM}`));
    return false;
  };
  return socket;
};

/**
 * Follows what a server sends for as long as the connection lasts, since pg would answer a question for the password at
 * any time. The returned function takes the next chunk and says whether the server is still trusted.
 *
 * @example
 * ```ts
 * const check = createAuthenticationCheck();
 * check(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3])); // false: AuthenticationCleartextPassword
 * ```
 */
export const createAuthenticationCheck = (): ((chunk: Buffer) => boolean) => {
  let passed = 0;
  let skip = 0;
  let rest: Buffer = Buffer.alloc(0);
  const isAllowed = (type: number, code: number): boolean => {
    const loggedIn = passed === SCRAM_ORDER.length;
    if (type !== AUTHENTICATION) return loggedIn || BEFORE_LOGIN.has(type);
    return !loggedIn && code === SCRAM_ORDER[passed++];
  };
  return (chunk) => {
    if (skip >= chunk.length) {
      skip -= chunk.length;
      return true;
    }
    const bytes = rest.length === 0 ? chunk.subarray(skip) : Buffer.concat([rest, chunk]);
    let at = 0;
    while (at + HEADER_BYTES <= bytes.length) {
      const type = bytes.readUInt8(at);
      const isAuthentication = type === AUTHENTICATION;
      if (isAuthentication && at + HEADER_BYTES + CODE_BYTES > bytes.length) break;
      if (!isAllowed(type, isAuthentication ? bytes.readInt32BE(at + HEADER_BYTES) : -1)) return false;
      at += 1 + bytes.readUInt32BE(at + 1);
    }
    skip = Math.max(0, at - bytes.length);
    rest = Buffer.from(bytes.subarray(Math.min(at, bytes.length)));
    return true;
  };
};
