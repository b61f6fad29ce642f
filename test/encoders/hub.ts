import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { bytesOf, type Files } from "./folders.ts";

export const COMMIT = "c".repeat(40);
/** Files that the hub keeps outside of git. */
const LARGE = /\.(onnx|data|onnx_data)$/;

/** How the stand-in misbehaves. */
export interface Manners {
  /**
   * Sends only `after` bytes of a file's answer and, once `then` is done, cuts the connection: for the first `times`
   * answers. `then` is told how many bytes of the file have been sent in all.
   */
  readonly cut?: {
    readonly path: string;
    readonly after: number;
    times: number;
    readonly then: (sent: number) => Promise<void>;
  };
  /** Answered once each, in order, before any file. */
  readonly statuses?: number[];
  readonly ignoresRange?: boolean;
  /** What is sent in place of a file. */
  readonly instead?: Readonly<Record<string, Uint8Array>>;
  /** Files come from another address, as from a content delivery network. */
  readonly redirects?: boolean;
}

/** What the hub offers. */
interface Offer {
  readonly kind?: "model" | "dataset";
  readonly revision?: string;
}

export interface Hub {
  readonly endpoint: string;
  /** Every request for a file: its path, and the range if one was asked for. */
  readonly asked: string[];
}

/** A hub with one public model or data set, `owner/small`, that ends with the test. */
export const startHub = async (
  files: Files,
  manners: Manners = {},
  { kind = "model", revision = "main" }: Offer = {},
): Promise<Hub> => {
  const contents = new Map(Object.entries(files).map(([path, content]) => [path, bytesOf(content)]));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? "").replace(/\?.*/, ""));
    if (path.startsWith(`/api/${kind}s/`))
      answerListing(path, `/api/${kind}s/owner/small/revision/`, revision, contents, response);
    else answerFile(path, contents, { request, response, manners, asked });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
};

const answerListing = (
  path: string,
  known: string,
  revision: string,
  contents: ReadonlyMap<string, Uint8Array>,
  response: ServerResponse,
): void => {
  // The hub does not say to strangers which private models there are.
  if (!path.startsWith(known)) return void response.writeHead(401).end();
  if (path !== known + revision) return void response.writeHead(404).end();
  const siblings = [...contents].map(([rfilename, bytes]) => ({
    rfilename,
    size: bytes.length,
    blobId: createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex"),
    ...(LARGE.test(rfilename)
      ? { lfs: { sha256: createHash("sha256").update(bytes).digest("hex"), size: bytes.length } }
      : {}),
  }));
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ sha: COMMIT, siblings, cardData: { license: "mit" } }));
};

interface FileRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly manners: Manners;
  readonly asked: string[];
}

const answerFile = (
  url: string,
  contents: ReadonlyMap<string, Uint8Array>,
  { request, response, manners, asked }: FileRequest,
): void => {
  const status = manners.statuses?.shift();
  if (status !== undefined) return void response.writeHead(status).end();
  const path = url.replace(/^(\/datasets)?\/owner\/small\/resolve\/c{40}\//, "").replace("/elsewhere/", "");
  if (manners.redirects === true && !url.startsWith("/elsewhere/"))
    return void response.writeHead(302, { location: `/elsewhere/${path}` }).end();
  const { range } = request.headers;
  asked.push(range === undefined ? path : `${path} ${range}`);
  const bytes = manners.instead?.[path] ?? contents.get(path);
  if (bytes === undefined) return void response.writeHead(404).end();
  const from = manners.ignoresRange === true ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
  const rest = bytes.subarray(from);
  const headers = { "content-length": rest.length };
  if (from === 0) response.writeHead(200, headers);
  else
    response.writeHead(206, {
      ...headers,
      "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
    });
  const { cut } = manners;
  if (cut?.path !== path || cut.times === 0) return void response.end(rest);
  cut.times--;
  response.write(rest.subarray(0, cut.after));
  void cut.then(from + cut.after).finally(() => response.destroy());
};
