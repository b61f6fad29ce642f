import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

/** A request of the HTTP API, as the fixture records it. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  /** JSON, or the bytes of a file. */
  readonly body?: unknown;
  /** The media type that is asked for; absent: JSON. */
  readonly accept?: string;
}

export interface ApiAnswer {
  readonly status: number;
  /** JSON as it is; of anything else the media type and the sha256 of its bytes. */
  readonly body: unknown;
}

/** The HTTP API of a running service, without the client: a fixture is made and read by the contract alone. */
export interface Api {
  readonly send: (request: ApiRequest) => Promise<ApiAnswer>;
  /** Sends a request that has to succeed, and returns the body of the answer. */
  readonly call: (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;
  /** The bytes of a file. */
  readonly download: (path: string) => Promise<Uint8Array>;
  /** Starts a job and waits until it is done. @returns the id of the job */
  readonly run: (path: string, body: unknown) => Promise<string>;
}

/** The media type of files. */
export const FILE = "application/octet-stream";
const POLL_MS = 20;

export const apiAt = (url: string): Api => {
  const send: Api["send"] = async ({ method, path, body, accept = "application/json" }) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { accept, ...(body === undefined ? {} : { "content-type": typeOf(body) }) },
      ...(body === undefined ? {} : { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: await bodyOf(response) };
  };

  const download: Api["download"] = async (path) => {
    const response = await fetch(`${url}${path}`, { headers: { accept: FILE } });
    if (!response.ok) throw new Error(`GET ${path} is answered by ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  };

  const call: Api["call"] = async (method, path, body) => {
    const answer = await send({ method, path, body });
    if (answer.status >= 300)
      throw new Error(`${method} ${path} is answered by ${answer.status}: ${JSON.stringify(answer.body)}`);
    return { ...(answer.body as Record<string, unknown> | null) };
  };

  const run: Api["run"] = async (path, body) => {
    const id = String((await call("POST", path, body)).id);
    for (;;) {
      const { state, error } = await call("GET", `/v1/jobs/${id}`);
      if (state === "done") return id;
      if (state !== "running")
        throw new Error(`the job of POST ${path} is ${String(state)}: ${String(error)}`);
      await sleep(POLL_MS);
    }
  };

  return { send, call, download, run };
};

const typeOf = (body: unknown): string => (body instanceof Uint8Array ? FILE : "application/json");

const bodyOf = async (response: Response): Promise<unknown> => {
  const type = response.headers.get("content-type") ?? "";
  if (/^application\/(problem\+)?json/.test(type)) return response.json();
  const bytes = new Uint8Array(await response.arrayBuffer());
  return bytes.length === 0
    ? null
    : { type, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
};
