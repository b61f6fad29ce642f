import { describe, expect, test } from "vitest";
import { createHttpGenerator } from "../../../../src/features/consensus/generators/index.ts";
import { runConsensus, type ConsensusRun, type State } from "../../../../src/features/consensus/index.ts";
import {
  createBreaker,
  createRemotes,
  isPublicAddress,
  readAllowedHosts,
  type Remotes,
} from "../../../../src/features/consensus/remote/index.ts";
import { createHttpScorer, type ScorerSettings } from "../../../../src/features/consensus/scorers/index.ts";
import { createRandom } from "../../../../src/math/random.ts";
import { listOf, planOf, scorerOf } from "../../../support/consensus-plan.ts";
import { json, openEndpoint, sizeOf } from "../../../support/endpoints.ts";
import { textProposals } from "../../../support/scenes.ts";

const signal = new AbortController().signal;
const QUICK = { backoffMs: 1 };
const SECRET = "Bearer 0123456789";

const scorerAt = (url: string, remotes: Remotes, settings: ScorerSettings = {}) =>
  createHttpScorer({
    remote: remotes.open({ url, authorization: SECRET }, ["scorers", 0, "url"]),
    condition: { text: "which?" },
    ...settings,
  });
const scoresOf = async (url: string, remotes: Remotes): Promise<number[]> => [
  ...(await scorerAt(url, remotes).score(textProposals(["a", "bb"]), signal)).scores,
];
const refused = (hosts: string, url: string) => () =>
  createRemotes(hosts).open({ url }, ["scorers", 0, "url"]);

describe("an endpoint that scores", () => {
  test("is sent the condition and the proposals, and answers with a number or null for each", async () => {
    const { url, host, asked } = await openEndpoint((response) => json(response, { scores: [0.5, null] }));
    expect(await scoresOf(url, createRemotes(host))).toEqual([0.5, Number.NaN]);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.headers.authorization).toBe(SECRET);
    expect(asked[0]?.body).toMatchObject({
      condition: { text: "which?" },
      proposals: [
        { kind: "text", text: "a" },
        { kind: "text", text: "bb" },
      ],
    });
  });

  test("is asked once more after a failure that may pass, and not after another", async () => {
    const busy = await openEndpoint((response, asked, call) =>
      call === 1 ? json(response, {}, 503) : json(response, { scores: Array(sizeOf(asked)).fill(1) }),
    );
    expect(await scoresOf(busy.url, createRemotes(busy.host, QUICK))).toEqual([1, 1]);
    const down = await openEndpoint((response) => json(response, {}, 503));
    await expect(scoresOf(down.url, createRemotes(down.host, QUICK))).rejects.toThrow(
      "answered (status 503)",
    );
    expect(down.asked).toHaveLength(2);
    const strict = await openEndpoint((response) => json(response, {}, 400));
    await expect(scoresOf(strict.url, createRemotes(strict.host, QUICK))).rejects.toThrow("(status 400)");
    expect(strict.asked).toHaveLength(1);
  });

  test.each([
    ["too few scores", { scores: [1] }, "gave 1 scores of 2 proposals"],
    ["what is no number", { scores: [1, "NaN"] }, "did not answer with scores"],
    ["something else", [1, 2], "did not answer with scores"],
  ])("is not believed where it gives %s", async (_, body, message) => {
    const { url, host } = await openEndpoint((response) => json(response, body));
    await expect(scoresOf(url, createRemotes(host))).rejects.toThrow(message);
  });

  test.each(['{"scores":[1,NaN]}', '{"scores":[1,1e999]}', "<html>", ""])(
    "is not believed where it answers with %s",
    async (body) => {
      const { url, host } = await openEndpoint((response) => response.end(body));
      await expect(scoresOf(url, createRemotes(host))).rejects.toThrow("did not answer with");
    },
  );

  test("is not followed where it redirects", async () => {
    const other = await openEndpoint((response) => json(response, { scores: [1, 1] }));
    const { url, host } = await openEndpoint((response) => {
      response.writeHead(307, { Location: other.url });
      response.end();
    });
    await expect(scoresOf(url, createRemotes(`${host},${other.host}`))).rejects.toThrow("redirected");
    expect(other.asked).toHaveLength(0);
  });

  test("is cut off where its answer has no end", async () => {
    const { url, host } = await openEndpoint((response) => {
      response.writeHead(200);
      const pour = (): void => {
        while (!response.destroyed && response.write("0".repeat(65_536)));
      };
      response.on("drain", pour);
      pour();
    });
    const remotes = createRemotes(host, { maxBytes: 200_000 });
    await expect(scoresOf(url, remotes)).rejects.toThrow("more than 200000 bytes");
  });

  test("is asked in batches", async () => {
    const { url, host, asked } = await openEndpoint((response, one) =>
      json(response, { scores: Array(sizeOf(one)).fill(2) }),
    );
    const many = textProposals(Array.from({ length: 1_200 }, (_, i) => `text ${i}`));
    const { scores } = await scorerAt(url, createRemotes(host)).score(many, signal);
    expect(asked.map(sizeOf)).toEqual([500, 500, 200]);
    expect(scores.every((score) => score === 2)).toBe(true);
  });

  test("is left alone after failures in a row, until one try later works", async () => {
    let time = 0;
    let works = false;
    const { url, host, asked } = await openEndpoint((response) =>
      works ? json(response, { scores: [1, 1] }) : response.end("<html>"),
    );
    const breaker = createBreaker({ failures: 3, openMs: 1_000, now: () => time });
    const remotes = createRemotes(host, { breaker });
    for (let i = 0; i < 5; i++) await expect(scoresOf(url, remotes)).rejects.toThrow();
    expect(asked).toHaveLength(3);
    time = 1_000;
    await expect(scoresOf(url, remotes)).rejects.toThrow("did not answer with JSON");
    await expect(scoresOf(url, remotes)).rejects.toThrow("left alone");
    [time, works] = [2_000, true];
    expect(await scoresOf(url, remotes)).toEqual([1, 1]);
    expect(await scoresOf(url, remotes)).toEqual([1, 1]);
    expect(asked).toHaveLength(6);
  });

  test("is not left alone because it refuses what somebody asks, or somebody does not wait for it", async () => {
    const breaker = createBreaker({ failures: 1 });
    const strict = await openEndpoint((response) => json(response, {}, 401));
    const silent = await openEndpoint(() => undefined);
    for (const [{ url, host }, given, message] of [
      [strict, 10_000, "status 401"],
      [silent, 20, "in time"],
    ] as const) {
      const scorer = scorerAt(url, createRemotes(host, { breaker }));
      for (let i = 0; i < 3; i++)
        await expect(scorer.score(textProposals(["a"]), AbortSignal.timeout(given))).rejects.toThrow(message);
    }
  });

  test("is left alone where it was waited for long enough", async () => {
    const { url, host } = await openEndpoint(() => undefined);
    const remotes = createRemotes(host, { breaker: createBreaker({ failures: 1 }), patienceMs: 10 });
    const ask = () => scorerAt(url, remotes).score(textProposals(["a"]), AbortSignal.timeout(50));
    await expect(ask()).rejects.toThrow("in time");
    await expect(ask()).rejects.toThrow("left alone");
  });

  test("is remembered among as many as there is room for", () => {
    const breaker = createBreaker({ failures: 1, most: 2 });
    for (const path of ["a", "b", "a", "c"]) breaker.failed(path);
    expect(["a", "b", "c"].map(breaker.allows)).toEqual([false, true, false]);
  });
});

describe("a run with an endpoint that does not answer", () => {
  const runWith = async (
    url: string,
    remotes: Remotes,
    settings: ScorerSettings = {},
  ): Promise<ConsensusRun> =>
    runConsensus(
      planOf({
        generators: [listOf("bb", "a")],
        scorers: [scorerOf("short", (word) => -word.length), scorerAt(url, remotes, settings)],
      }),
      { signal },
    );

  test("goes on without it, and shows nothing of what it was sent", async () => {
    const { url, host } = await openEndpoint(() => undefined);
    const run = await runWith(url, createRemotes(host), { timeoutMs: 50 });
    expect(run.winner?.proposal.payload).toEqual({ kind: "text", text: "a" });
    expect(run.rounds[0]?.failures).toMatchObject([{ scorer: `http ${host}`, policy: "drop" }]);
    expect(JSON.stringify(run)).not.toMatch(/s3cret|0123456789/);
  });

  test("fails with it where it must not", async () => {
    const { url, host } = await openEndpoint((response) => response.destroy());
    await expect(runWith(url, createRemotes(host, QUICK), { onFailure: "fail" })).rejects.toThrow(
      `The scorer "http ${host}" failed: could not be reached`,
    );
  });
});

describe("an endpoint that proposes", () => {
  const first: State = { round: 1, survivors: [], has: () => false };
  const generatorAt = (url: string, host: string) =>
    createHttpGenerator({
      remote: createRemotes(host, QUICK).open({ url }, ["generators", 0, "url"]),
      condition: { text: "which?" },
    });

  test("is told what is wanted, and cut to it", async () => {
    const { url, host, asked } = await openEndpoint((response) =>
      json(response, { proposals: ["a", " ", "b", "c"].map((text) => ({ text, parents: ["unknown"] })) }),
    );
    expect(await generatorAt(url, host).propose(first, 2, createRandom(1), signal)).toEqual([
      { payload: { kind: "text", text: "a" }, parents: [] },
      { payload: { kind: "text", text: "b" }, parents: [] },
    ]);
    expect(asked[0]?.body).toEqual({ condition: { text: "which?" }, round: 1, count: 2, survivors: [] });
  });

  test("fails the run by name", async () => {
    const { url, host } = await openEndpoint((response) => json(response, { proposals: "all" }));
    await expect(generatorAt(url, host).propose(first, 2, createRandom(1), signal)).rejects.toThrow(
      `The generator "http ${host}" failed: did not answer with proposals`,
    );
  });
});

describe("the allow-list", () => {
  test("is empty unless the operator writes one", () => {
    expect(refused("", "https://example.com/")).toThrow(
      /scorers.0.url: names a host that is not on the allow-list/,
    );
  });

  test.each([
    ["example.com", "https://example.com:8443/", "is not on the allow-list"],
    ["example.com:8443", "https://example.com/", "is not on the allow-list"],
    ["example.com", "https://example.com.evil.org/", "is not on the allow-list"],
    ["example.com", "https://evil.org/?example.com", "is not on the allow-list"],
    ["example.com", "ftp://example.com/", "must start with http"],
    ["example.com", "file:///etc/passwd", "must start with http"],
    ["example.com", "https://user:pass@example.com/", "must not hold a user name"],
    ["example.com", "example.com", "is no URL"],
    ["127.0.0.1:80", "http://2130706433:81/", "is not on the allow-list"],
  ])("of %s refuses %s", (hosts, url, message) => expect(refused(hosts, url)).toThrow(message));

  test.each([
    ["example.com", "https://EXAMPLE.com/path"],
    ["example.com", "http://example.com:80/"],
    ["a.org, example.com:8443", "https://example.com:8443/"],
    ["[::1]:9000", "http://[::1]:9000/"],
  ])("of %s takes %s", (hosts, url) => expect(refused(hosts, url)).not.toThrow());

  test.each(["exa mple/", "http://example.com", "*", "*.example.com", "-a"])("cannot hold %s", (list) =>
    expect(() => readAllowedHosts(list)).toThrow(/is no host/),
  );

  test("does not let a name lead to an address that is not public, unless it holds the address", async () => {
    const { host, asked } = await openEndpoint((response) => json(response, { scores: [1, 1] }));
    const port = host.split(":")[1] ?? "";
    const url = `http://localhost:${port}/`;
    await expect(scoresOf(url, createRemotes(`localhost:${port}`))).rejects.toThrow("is not public");
    expect(asked).toHaveLength(0);
    expect(await scoresOf(url, createRemotes(`localhost:${port} 127.0.0.1 [::1]`))).toEqual([1, 1]);
  });

  test("lets a name lead to an address that it holds with a port at that port alone", async () => {
    const { host } = await openEndpoint((response) => json(response, { scores: [1, 1] }));
    const port = host.split(":")[1] ?? "";
    const url = `http://localhost:${port}/`;
    const own = `127.0.0.1:${port} [::1]:${port}`;
    expect(await scoresOf(url, createRemotes(`localhost:${port} ${own}`))).toEqual([1, 1]);
    const other = "127.0.0.1:1 [::1]:1";
    await expect(scoresOf(url, createRemotes(`localhost:${port} ${other}`))).rejects.toThrow("is not public");
  });

  test.each([
    ["8.8.8.8", true],
    ["2606:4700::1111", true],
    ["10.1.2.3", false],
    ["127.0.0.1", false],
    ["169.254.169.254", false],
    ["172.20.0.1", false],
    ["192.168.1.1", false],
    ["100.64.0.1", false],
    ["0.0.0.0", false],
    ["224.0.0.1", false],
    ["::1", false],
    ["::ffff:127.0.0.1", false],
    ["::ffff:8.8.8.8", false],
    ["fe80::1", false],
    ["fd00::1", false],
    ["2002:7f00:1::", false],
    ["64:ff9b::7f00:1", false],
    ["localhost", false],
  ])("knows whether %s is public: %s", (address, is) => expect(isPublicAddress(address)).toBe(is));
});
