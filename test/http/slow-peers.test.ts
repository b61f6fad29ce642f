import { createServer, type RequestListener } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { limitPeers, SERVER_OPTIONS } from "../../src/http/slow-peers.ts";

const LIMITS = { headMs: 300, progressMs: 300, leastRead: 256, leastWritten: 16 * 1024, connections: 3 };

const listen = async (answer: RequestListener): Promise<number> => {
  const options = { ...SERVER_OPTIONS, headersTimeout: LIMITS.headMs, connectionsCheckingInterval: 50 };
  const server = createServer(options, answer);
  limitPeers(server, LIMITS);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};

/** A peer that sends `head`, and then `drop` from time to time. It resolves when it is cut off, with what it got. */
const cutOff = (port: number, head: string, drop: string, reads = true): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let got = "";
    if (reads) socket.on("data", (chunk: Buffer) => (got += chunk.toString("latin1")));
    const timer = setInterval(() => socket.write(drop), 50);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearInterval(timer);
      resolve(got);
    });
    socket.write(head);
  });

describe("a peer that is slow", () => {
  it("is answered 408 and cut off when its head does not end", async () => {
    const port = await listen((_, response) => response.end());
    expect(await cutOff(port, "GET / HTTP/1.1\r\n", "X-A: b\r\n")).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("is cut off when its body comes byte by byte", async () => {
    const port = await listen((request) => request.resume());
    await cutOff(port, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n", "x");
  });

  it("is cut off when it does not read its answer", async () => {
    const port = await listen((_, response) => response.end(Buffer.alloc(32 * 1024 * 1024)));
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.pause();
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    let length = 0;
    socket.on("data", (chunk: Buffer) => (length += chunk.length));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.resume();
    await closed;
    expect(length).toBeLessThan(32 * 1024 * 1024);
  });

  it("is left alone while the service works, or reads no more of its body", async () => {
    const port = await listen((request, response) => {
      request.pause();
      setTimeout(() => {
        request.resume();
        request.once("end", () => response.end("done"));
      }, 1_200);
    });
    const body = "x".repeat(1_000_000);
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "PUT", body });
    expect(await answer.text()).toBe("done");
  });

  it("does not keep others out beyond the bound on connections", async () => {
    const port = await listen((_, response) => response.end("x"));
    const idle = Array.from({ length: 3 }, () => connect(port, "127.0.0.1"));
    await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    for (const socket of idle) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("x");
  });
});
