import { connect, createServer, type AddressInfo, type NetConnectOpts, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A way to a Postgres that a test can cut at the worst moment. It carries plain bytes, so the URL must not ask for TLS. */
export interface Link {
  /** Of the same database, by this way. */
  readonly url: string;
  /** The next COMMIT still arrives; its answer and everything after it do not, until `mend`. */
  readonly cutAtCommit: () => void;
  /** Resolves when it was cut. */
  readonly cut: Promise<void>;
  readonly mend: () => void;
}

/** A simple query of the protocol (PostgreSQL manual, 54.7): type, length, text, NUL. */
const COMMIT = Buffer.from("Q\0\0\0\u000bCOMMIT\0", "latin1");

/** A URL's host is a folder with a socket, percent-encoded, or a name. */
const addressOf = ({ hostname, port }: URL): NetConnectOpts => {
  const host = decodeURIComponent(hostname);
  return host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { port: Number(port), host };
};

export const openLink = async (url: string): Promise<Link> => {
  const server = new URL(url);
  const sockets = new Set<Socket>();
  let state: "whole" | "cutting" | "cut" = "whole";
  let wasCut = (): void => undefined;
  const cut = new Promise<void>((resolve) => (wasCut = resolve));

  const cutAll = (): void => {
    state = "cut";
    for (const socket of sockets) socket.destroy();
    wasCut();
  };
  const listener = createServer((near) => {
    if (state === "cut") {
      near.destroy();
      return;
    }
    const far = connect(addressOf(server));
    let committing = false;
    near.on("data", (bytes) => {
      committing ||= state === "cutting" && bytes.includes(COMMIT);
      far.write(bytes);
    });
    // Postgres answers a COMMIT when it is durable.
    far.on("data", (bytes) => {
      if (committing) cutAll();
      else near.write(bytes);
    });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  const near = new URL(url);
  near.hostname = "127.0.0.1";
  near.port = String((listener.address() as AddressInfo).port);
  return {
    url: near.href,
    cutAtCommit: () => {
      state = "cutting";
    },
    cut,
    mend: () => {
      state = "whole";
    },
  };
};
