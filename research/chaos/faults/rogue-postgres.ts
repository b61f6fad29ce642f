import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile, rename, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ask } from "../../../test/service/asking.ts";
import { passwordFileIn } from "../../../src/store/embedded/paths.ts";
import { createFindings, type Fault } from "../fault.ts";
import { openCollection, readPostmaster } from "../service.ts";

const SALT = "salt";
const ASK_EVERY_MS = 20;

/** A message of Postgres's protocol (its manual, 54.7). */
const message = (type: string, ...parts: readonly (number | string)[]): Buffer => {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : int32(part))),
  );
  return Buffer.concat([Buffer.from(type, "latin1"), int32(4 + body.length), body]);
};
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

/** What a server may answer a login with that wants the password, or the queries. */
const ANSWERS = {
  "clear text": message("R", 3),
  MD5: message("R", 5, SALT),
  nothing: Buffer.concat([message("R", 0), message("Z", "I")]),
  "clear text after SCRAM": Buffer.concat([message("R", 10, "SCRAM-SHA-256\0\0"), message("R", 3)]),
};

/** Postgres is killed and another server takes its socket at once: it learns no password and gets no query. */
export const roguePostgres: Fault = {
  name: "rogue-postgres",
  share: 2,
  prepare: ({ shared }) => {
    let logins = 0;
    return Promise.resolve({
      round: async (random) => {
        const { found, check } = createFindings();
        const service = await shared();
        const [, , , port = "", folder = ""] = await readPostmaster(service.dataDir);
        const password = (await readFile(passwordFileIn(service.dataDir), "utf8")).trim();
        const cluster = join(service.dataDir, "postgres");
        check(folder !== "", "Postgres listens on no Unix socket");
        check(((await stat(cluster)).mode & 0o777) === 0o700, "others may enter the folder of the socket");

        const [wanted = "nothing", answer] = random.shuffle(Object.entries(ANSWERS))[0] ?? [];
        let learnt = "";
        const rogue = createServer((socket) => {
          let isAnswered = false;
          socket.on("error", () => undefined);
          socket.on("data", (bytes) => {
            if (isAnswered) learnt += bytes.toString("latin1");
            else if (answer !== undefined) socket.write(answer);
            if (!isAnswered) logins++;
            isAnswered = true;
          });
        });
        const path = join(cluster, `.s.PGSQL.${port}`);
        const before = service.output().split("ended by itself").length - 1;
        await service.killPostgres();
        // Under another name first: a server that closes removes the name that it was given, by then Postgres's again.
        rogue.listen(`${path}.rogue`);
        await once(rogue, "listening");
        await rename(`${path}.rogue`, path);
        const stopping = new AbortController();
        const asking = (async () => {
          while (!stopping.signal.aborted) {
            const { status } = await ask(service.url, { method: "GET", path: "/v1/collections" });
            check([200, 503].includes(status), `a request was answered ${status} beside a rogue Postgres`);
            await pause(ASK_EVERY_MS);
          }
        })();
        try {
          await service.recovered(before + 1);
        } finally {
          stopping.abort();
          await asking;
          rogue.close();
        }

        const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
        const digest = md5(md5(`${password}anchorage`) + SALT);
        check(!learnt.includes(password), `a server that asked for ${wanted} was sent the password`);
        check(!learnt.includes(digest), `a server that asked for ${wanted} was sent a hash of the password`);
        check(!/select|listen|begin/i.test(learnt), `a server that asked for ${wanted} was sent a query`);
        const anchors = await openCollection(service, "rogue", 2);
        await anchors.putAnchors([{ id: "a", imageVector: [1, 2], textVector: [1, 2] }]);
        return found;
      },
      summary: () => `${logins} logins at a rogue server`,
    });
  },
};
