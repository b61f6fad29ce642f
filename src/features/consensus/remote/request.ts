import { lookup as resolveName, type LookupAddress } from "node:dns";
import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { AnchorageError } from "../../../errors.ts";
import type { AllowedHosts } from "./hosts.ts";

/** Of one answer. */
const MAX_BYTES = 8 * 1024 * 1024;

/** An endpoint's failure, and whether the same request may do better a moment later. */
export class RemoteFailure extends AnchorageError {
  readonly passing: boolean;
  /** Of what it answered; absent where it gave no answer, or one that cannot be used. */
  readonly status: number | undefined;

  constructor(message: string, passing: boolean, cause?: unknown, status?: number) {
    super("unavailable", message, cause === undefined ? {} : { cause });
    this.name = "RemoteFailure";
    this.passing = passing;
    this.status = status;
  }
}

const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Sends JSON to an endpoint and reads JSON. It goes to the very address that was looked up and found to be allowed;
 * redirections are not followed; what is said of a failure names nothing of the URL, of headers or of the answer, which
 * may be secrets.
 *
 * @throws RemoteFailure
 */
export const postJson = (
  url: URL,
  body: unknown,
  options: {
    readonly hosts: AllowedHosts;
    readonly signal: AbortSignal;
    /** Sent as `Authorization`. */
    readonly authorization?: string;
    readonly maxBytes?: number;
  },
): Promise<unknown> => {
  const { hosts, signal, authorization, maxBytes = MAX_BYTES } = options;
  const bytes = Buffer.from(JSON.stringify(body));
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const fail = (message: string, passing: boolean, status?: number): void => {
      reject(new RemoteFailure(message, passing, undefined, status));
      request.destroy();
    };
    const request = send(url, {
      method: "POST",
      signal,
      // Each on a connection of its own, whose address has been looked at.
      agent: false,
      lookup: checkedLookup(hosts, url),
      headers: {
        "Content-Type": "application/json",
        "Content-Length": bytes.length,
        Accept: "application/json",
        ...(authorization === undefined ? {} : { Authorization: authorization }),
      },
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      if (error instanceof RemoteFailure) reject(error);
      else if (signal.aborted) reject(new RemoteFailure("did not answer in time", false, error));
      else reject(new RemoteFailure(`could not be reached (${error.code ?? "no connection"})`, true, error));
    });
    request.on("response", (response) => {
      const { statusCode = 0 } = response;
      if (statusCode !== 200) {
        const what = statusCode >= 300 && statusCode < 400 ? "redirected, which is not followed" : "answered";
        fail(`${what} (status ${statusCode})`, PASSING.has(statusCode), statusCode);
        return;
      }
      readJson(response, maxBytes).then(resolve, (error: unknown) => {
        reject(error instanceof Error ? error : new RemoteFailure("broke off", true));
        request.destroy();
      });
    });
    if (isIP(bare(url.hostname)) !== 0 && !hosts.mayConnect(bare(url.hostname), url))
      fail("is at an address that is not public, and not on the allow-list itself", false);
    else request.end(bytes);
  });
};

const bare = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, "$1");

/** Every address of a name must be allowed: which of them is connected to is not ours to say. */
const checkedLookup =
  (hosts: AllowedHosts, url: URL): LookupFunction =>
  (hostname, options, callback) => {
    resolveName(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) {
        callback(error, "", 0);
        return;
      }
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => hosts.mayConnect(address, url))) {
        callback(
          new RemoteFailure(
            "leads to an address that is not public, and not on the allow-list itself",
            false,
          ),
          "",
          0,
        );
        return;
      }
      if (options.all === true) {
        callback(null, addresses);
        return;
      }
      callback(null, first.address, first.family);
    });
  };

const readJson = async (response: IncomingMessage, maxBytes: number): Promise<unknown> => {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) throw new RemoteFailure(`answered with more than ${maxBytes} bytes`, false);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof RemoteFailure) throw error;
    throw new RemoteFailure("broke off in its answer, or took too long over it", true, error);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
  } catch (cause) {
    throw new RemoteFailure("did not answer with JSON", false, cause);
  }
};
