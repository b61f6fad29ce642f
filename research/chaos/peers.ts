import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** A peer that a service should cut off. */
export interface SlowPeer {
  readonly socket: Socket;
  readonly isCutOff: () => boolean;
  /** Bytes of the answer. */
  readonly received: () => number;
}

/**
 * Connects to `url`, sends `head` and then `drop` every `everyMs`.
 *
 * @param everyMs at 0 nothing is sent after the head
 */
export const connectSlowly = (url: string, head: string, drop = "", everyMs = 0): SlowPeer => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let [isCutOff, received] = [false, 0];
  const timer = everyMs > 0 ? setInterval(() => socket.write(drop), everyMs) : undefined;
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => (received += chunk.length));
  socket.on("close", () => {
    isCutOff = true;
    clearInterval(timer);
  });
  socket.write(head);
  return { socket, isCutOff: () => isCutOff, received: () => received };
};

/** Waits until all peers are cut off, at most `ms`, and hangs up. @returns how many were not */
export const awaitCutOff = async (peers: readonly SlowPeer[], ms: number): Promise<number> => {
  const until = performance.now() + ms;
  const left = () => peers.filter((peer) => !peer.isCutOff()).length;
  while (left() > 0 && performance.now() < until) await pause(100);
  const count = left();
  for (const { socket } of peers) socket.destroy();
  return count;
};
