import { Socket } from "node:net";
import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { AnchorageError } from "../errors.ts";
import type { Log } from "../types.ts";

/** Whether Postgres answers, as its own connection finds out. */
export interface Answering {
  /** The given connection settings, whose connections close as soon as Postgres does not answer. */
  readonly connection: pg.ClientConfig;
  /** @throws AnchorageError `unavailable` while Postgres does not answer */
  readonly require: () => void;
  readonly close: () => Promise<void>;
}

const EVERY_MS = 1_000;
/** Together with {@link EVERY_MS} within the 5 s in which a request is promised an answer. */
const WITHIN_MS = 3_000;
const STEPS = 10;

/**
 * Asks Postgres every second on a connection of its own. If there is no answer within 3 s, such as from stopped processes or
 * behind a broken network, every connection made with `connection` is closed, so that what waits fails, and new ones
 * fail at once. This ends with the first answer.
 *
 * A server that refuses connections or ends them is not of this kind: it fails at once by itself.
 */
export const watchAnswers = (connection: pg.ClientConfig, log: Log): Answering => {
  const sockets = new Set<Socket>();
  const closing = new AbortController();
  let isHanging = false;

  const track = (): Socket => {
    const socket = socketFor(connection);
    sockets.add(socket);
    // A postmaster that hangs lets clients connect, but never says a word.
    const silent = setTimeout(() => {
      if (socket.bytesRead === 0) socket.destroy(terminated());
    }, WITHIN_MS).unref();
    socket.once("close", () => {
      clearTimeout(silent);
      sockets.delete(socket);
    });
    if (isHanging) process.nextTick(() => socket.destroy(terminated()));
    return socket;
  };
  const tell = (answers: boolean): void => {
    if (isHanging === !answers) return;
    isHanging = !answers;
    if (answers) log.info("Postgres answers again");
    else
      log.warn(`Postgres has not answered for ${WITHIN_MS / 1000} s; refusing what needs it until it does`);
    if (isHanging) for (const socket of sockets) socket.destroy(terminated());
  };

  const asking = (async () => {
    const { signal } = closing;
    while (!signal.aborted) {
      await askRepeatedly(connection, tell, signal);
      await pause(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  })();
  return {
    connection: { ...connection, stream: track },
    require: () => {
      if (isHanging) throw new AnchorageError("unavailable", "Postgres does not answer; try again.");
    },
    close: async () => {
      closing.abort();
      await asking;
    },
  };
};

/** Pg makes the same where it is given none. */
const socketFor = ({ stream }: pg.ClientConfig): Socket => {
  const made = stream?.();
  return made instanceof Socket ? made : new Socket();
};

const terminated = (): Error => new Error("Connection terminated: Postgres does not answer");

/** Asks until the connection is lost, Postgres does not answer, or `signal` is aborted. */
const askRepeatedly = async (
  connection: pg.ClientConfig,
  tell: (answers: boolean) => void,
  signal: AbortSignal,
): Promise<void> => {
  const socket = socketFor(connection);
  const client = new pg.Client({ ...connection, stream: () => socket, application_name: "anchorage health" });
  client.on("error", () => undefined);
  try {
    let asked: Promise<unknown> = client.connect();
    while (await isAnswered(asked, signal)) {
      tell(true);
      await pause(EVERY_MS, undefined, { signal });
      asked = client.query("SELECT 1");
    }
    if (!signal.aborted) tell(false);
  } catch {
    // Lost or refused: requests find that out by themselves.
    if (!signal.aborted) tell(true);
  } finally {
    // Not client.end(), which waits for the server.
    socket.destroy();
  }
};

/**
 * Whether `asked` resolves in time. The time is counted in steps, so that an event loop that was held for long still gets to
 * read the answer.
 */
const isAnswered = async (asked: Promise<unknown>, signal: AbortSignal): Promise<boolean> => {
  const done = asked.then(() => true);
  done.catch(() => undefined);
  for (let step = 0; step < STEPS && !signal.aborted; step++) {
    const isDone = await Promise.race([done, pause(WITHIN_MS / STEPS, false)]);
    if (isDone) return true;
    await nextTurn();
  }
  return false;
};
