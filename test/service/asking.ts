import { setTimeout as pause } from "node:timers/promises";

export interface Answer {
  /** 0 where nobody answered in time, or the connection broke. */
  readonly status: number;
  readonly type: string | null;
  readonly retryAfter: string | null;
  /** Of a write. */
  readonly sequence: number | null;
}

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/** One who asks a service again as soon as it is answered. */
export interface Asked {
  /** In the order of the requests. */
  readonly answers: readonly Answer[];
  readonly count: (status: number) => number;
  /** Resolves when the last is answered. */
  readonly stop: () => Promise<void>;
}

const ANSWERED_WITHIN_MS = 20_000;
/** So that one who is refused at once leaves the service the processor. */
const PAUSE_MS = 5;

export const ask = async (url: string, { method, path, body }: Request): Promise<Answer> => {
  try {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      signal: AbortSignal.timeout(ANSWERED_WITHIN_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { sequence } = (await response.json()) as { sequence?: number };
    return {
      status: response.status,
      type: response.headers.get("content-type"),
      retryAfter: response.headers.get("retry-after"),
      sequence: sequence ?? null,
    };
  } catch {
    return { status: 0, type: null, retryAfter: null, sequence: null };
  }
};

export const askOften = (url: string, request: (i: number) => Request): Asked => {
  const answers: Answer[] = [];
  const stopping = new AbortController();
  const asking = (async () => {
    while (!stopping.signal.aborted) {
      answers.push(await ask(url, request(answers.length)));
      await pause(PAUSE_MS);
    }
  })();
  return {
    answers,
    count: (status) => answers.filter((answer) => answer.status === status).length,
    stop: async () => {
      stopping.abort();
      await asking;
    },
  };
};
