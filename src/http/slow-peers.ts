import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Limits of connections, so that peers that are slow or gone hold neither memory nor sockets. */
export interface PeerLimits {
  /** For the head of a request, and for what is left of a body after its answer. */
  readonly headMs: number;
  /** In each such time a body must bring `leastRead` bytes, or an answer be taken by `leastWritten`. */
  readonly progressMs: number;
  readonly leastRead: number;
  readonly leastWritten: number;
  readonly connections: number;
}

const LIMITS: PeerLimits = {
  headMs: 10_000,
  progressMs: 30_000,
  leastRead: 256,
  leastWritten: 16 * 1024,
  connections: 2_000,
};
/** Looks at each connection within `progressMs`. */
const LOOKS = 3;

/**
 * Options that Node's server must be created with. Without a time limit for whole requests, Node would have none for
 * heads either; a stream of anchors may take longer than any.
 */
export const SERVER_OPTIONS = {
  requestTimeout: 0,
  headersTimeout: LIMITS.headMs,
  connectionsCheckingInterval: 1_000,
} as const;

/** How far a connection was when its time began. */
interface Progress {
  readonly read: number;
  readonly written: number;
  readonly since: number;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  progress: Progress;
}

/**
 * Cuts off connections whose peer does not send its body, or does not read its answer. Time in which the service reads no
 * more of a body, or has nothing to send, does not count.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * const server = createServer(SERVER_OPTIONS, (request, response) => response.end());
 * limitPeers(server);
 * ```
 */
export const limitPeers = (server: Server, limits: PeerLimits = LIMITS): void => {
  const running = new Map<Socket, Exchange>();
  server.maxConnections = limits.connections;

  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    running.set(socket, { request, response, progress: progressOf(socket) });
    response.once("close", () => {
      if (running.get(socket)?.response === response) running.delete(socket);
      // An answer that came before the body did does not keep the connection for it.
      if (!request.complete)
        setTimeout(() => {
          if (!request.complete) socket.destroy();
        }, limits.headMs).unref();
    });
  });

  const look = setInterval(() => {
    for (const [socket, exchange] of running) {
      const { progress } = exchange;
      const now = progressOf(socket);
      const waitsFor = waitsForPeer(socket, exchange);
      if (waitsFor === null) exchange.progress = now;
      else if (now.since - progress.since >= limits.progressMs) {
        const isStuck =
          waitsFor === "body"
            ? now.read - progress.read < limits.leastRead
            : now.written - progress.written < limits.leastWritten;
        if (isStuck) socket.destroy();
        exchange.progress = now;
      }
    }
  }, limits.progressMs / LOOKS);
  look.unref();
  server.on("close", () => clearInterval(look));
};

const progressOf = (socket: Socket): Progress => ({
  read: socket.bytesRead,
  written: socket.bytesWritten - socket.writableLength,
  since: performance.now(),
});

const waitsForPeer = (socket: Socket, { request, response }: Exchange): "body" | "answer" | null => {
  if (response.writableLength > 0) return "answer";
  // A paused socket waits for the service.
  return !request.complete && !socket.isPaused() && request.readableLength === 0 ? "body" : null;
};
