import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { job } from "../../../src/api/service.ts";
import {
  signedReport,
  signingKey,
  type EraseRequestBody,
  type SignedReportBody,
} from "../../../src/features/erasing/api.ts";
import { readReportFile } from "../../../src/features/erasing/html.ts";
import { isSignedBy, openSigner, SIGNING_KEY_FILE } from "../../../src/features/erasing/signing.ts";
import { faultsOfReport } from "../../../src/features/erasing/verify.ts";
import { listen, openTestApp, pathsOf, problemIn, type TestApp } from "../../http/support.ts";
import { runScript } from "../../scripts/run-script.ts";
import { conceptAnchors } from "../../support/concept-anchors.ts";
import { temporaryDirectory } from "../../support/postgres.ts";

const base = "/v1/collections/c";
const CONCEPTS = 12;

let test: TestApp;
let root: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  test = await openTestApp({ dataDir: root });
});

beforeEach(async () => {
  await test.call("DELETE", base);
  await test.call("POST", "/v1/collections", {
    name: "c",
    imageEncoder: { external: { dimension: 12 } },
    textEncoder: { external: { dimension: 9 } },
    transform: "auto",
    asif: { k: 20, p: 2 },
  });
  const anchors = conceptAnchors(CONCEPTS, 4, { noise: 0.4 }).map(
    ({ id, caption, imageVector, textVector }, i) => ({
      id,
      text: caption ?? "",
      metadata: { owner: ["ann", "bob", "cyd", "dan"][i % 4] ?? "", kind: caption ?? "" },
      imageVector: [...imageVector],
      textVector: [...textVector],
    }),
  );
  const copy = { ...anchors[0], id: "bobs-copy", metadata: { owner: "bob", kind: "concept 0" } };
  await test.call("PUT", `${base}/anchors`, { anchors: [...anchors, copy] });
});

afterAll(() => test.close());

const erased = async (request: EraseRequestBody): Promise<{ id: string; signed: SignedReportBody }> => {
  const { status, body } = await test.call("POST", `${base}/erase`, request);
  expect([status, body]).toEqual([202, expect.anything()]);
  const { id } = job.parse(body);
  expect(await test.service.jobs.settled(id)).toMatchObject({ state: "done", error: null });
  const answer = await test.call("GET", `${base}/erasure-reports/${id}`);
  expect(answer.status).toBe(200);
  return { id, signed: answer.body as SignedReportBody };
};

const ANN: EraseRequestBody = { filter: { owner: "ann" }, askedBy: "Ann, by letter", reason: "she <asked>" };

describe("erasing anchors with a report", () => {
  it("deletes, compacts, and says who asked, what went and which near copies stay", async () => {
    const { signed } = await erased(ANN);
    const { report } = signed;
    expect(report).toMatchObject({
      collection: "c",
      asked: { by: "Ann, by letter", reason: "she <asked>" },
      which: { filter: { owner: "ann" }, ids: null },
      deleted: CONCEPTS,
      questions: null,
      searched: null,
      nearCopies: { imageSimilarity: 0.98 },
    });
    expect(report.nearCopies.listed[0]).toMatchObject({
      anchor: "bobs-copy",
      similarity: expect.closeTo(1, 5) as number,
    });
    expect(report.chain.map(({ kind }) => kind)).toEqual(["deletion", "erasure"]);
    expect(report.fits.image.sequence).toBeGreaterThanOrEqual(report.sequence);
    expect(report.notSearched[0]).toMatch(/verify-erasure/);
    const receipt = await test.call("GET", `${base}/receipts/${report.deletion}`);
    expect(receipt.body).toMatchObject({ state: "erased", count: CONCEPTS });
    expect(faultsOfReport(signed)).toEqual([]);
  });

  it("keeps no id of what it deleted", async () => {
    const { signed } = await erased({ ids: ["c5-0", "not-there"] });
    expect(signed.report).toMatchObject({ which: { filter: null, ids: 1 }, deleted: 1 });
    expect(JSON.stringify(signed)).not.toContain("c5-0");
  });

  it("is in one HTML page that holds the signed JSON, and escapes what others wrote", async () => {
    const { id, signed } = await erased(ANN);
    const { status, body, headers } = await test.call("GET", `${base}/erasure-reports/${id}/html`);
    expect(status).toBe(200);
    expect(headers.get("content-disposition")).toContain(`erasure-${id}.html`);
    expect(String(body)).toContain("she &lt;asked&gt;");
    expect(String(body)).not.toContain("<asked>");
    expect(readReportFile(String(body))).toEqual(signed);
    const { body: listed } = await test.call("GET", `${base}/erasure-reports`);
    expect(listed).toEqual({
      reports: [{ id, madeAt: signed.report.madeAt, deleted: CONCEPTS, askedBy: "Ann, by letter" }],
    });
  });

  it.each([
    [{ filter: { owner: "eve" } }, 422],
    [{ filter: { owner: "ann" }, ids: ["c0-0"] }, 400],
    [{ ids: [] }, 400],
    [{ ...ANN, questions: { pictures: 3 } }, 400],
  ])("refuses %j", async (request, status) => {
    const answer = await test.call("POST", `${base}/erase`, request);
    expect(answer.status, JSON.stringify(problemIn(answer))).toBe(status);
    expect(pathsOf(answer).length).toBeGreaterThanOrEqual(status === 400 ? 1 : 0);
    const facets = await test.call("POST", `${base}/facets`, { keys: ["owner"] });
    expect(facets.body).toMatchObject({ anchors: 4 * CONCEPTS + 1 });
  });

  it("is refused while one runs", async () => {
    const answers = await Promise.all([
      test.call("POST", `${base}/erase`, ANN),
      test.call("POST", `${base}/erase`, { filter: { owner: "bob" } }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    const { id } = job.parse(answers.find(({ status }) => status === 202)?.body);
    await test.service.jobs.settled(id);
  });

  it("has no report of another collection, or of another job", async () => {
    const { id } = await erased(ANN);
    expect((await test.call("GET", `/v1/collections/none/erasure-reports/${id}`)).status).toBe(404);
    const other = "00000000-0000-4000-8000-000000000000";
    expect((await test.call("GET", `${base}/erasure-reports/${other}`)).status).toBe(404);
  });
});

describe("a signed report", () => {
  it("fails its check once anything in it is changed", async () => {
    const { signed } = await erased(ANN);
    const { report, signature } = signed;
    const faults = (changed: Partial<typeof report>) =>
      faultsOfReport({ report: { ...report, ...changed }, signature }).join("; ");
    expect(faults({ deleted: 3 })).toMatch(/signature.*; the receipt counts 12 anchors, and the report 3/);
    expect(faults({ asked: { ...report.asked, by: "Eve" } })).toMatch(/signature/);
    const [first, ...others] = report.chain;
    if (first === undefined) throw new Error("no receipt");
    expect(faults({ chain: [{ ...first, count: 99 }, ...others] })).toMatch(/number 1 was changed/);
    expect(faults({ chain: others })).toMatch(/no receipt of the deletion; .*a receipt is missing/);
    const { publicKey } = await openSigner(null);
    expect(faultsOfReport(signed, publicKey)).toEqual([expect.stringContaining("another key")]);
  });

  it("is signed by the installation's key, which is made once and readable by its owner alone", async () => {
    const { body } = await test.call("GET", "/v1/signing-key");
    const { publicKey } = signingKey.parse(body);
    expect((await openSigner(root)).publicKey).toBe(publicKey);
    expect((await stat(join(root, SIGNING_KEY_FILE))).mode & 0o777).toBe(0o600);
    const signature = (await openSigner(root)).sign({ b: 1, a: [2] });
    expect(isSignedBy({ a: [2], b: 1 }, signature, publicKey)).toBe(true);
    expect(isSignedBy({ a: [2], b: 2 }, signature, publicKey)).toBe(false);
    expect(isSignedBy({}, "nonsense", "nonsense")).toBe(false);
  });
});

describe("npm run erase and npm run verify-receipt", () => {
  it("delete nothing without --yes; with it write a report that is checked offline", async () => {
    const { url } = await listen(test);
    const file = join(root, "ann.html");
    const given = ["--collection", "c", "--filter", '{"owner": "ann"}', "--url", url, "--report", file];
    const asked = await runScript("erase", given, root);
    expect(asked.stderr).toContain("12 anchors of c would be deleted for good; add --yes");
    expect(asked.status).toBe(2);
    const done = await runScript("erase", [...given, "--yes"], root);
    expect(done.stdout).toMatch(/^12 anchors deleted and erased; receipt /);
    expect(done.status).toBe(0);
    const { signature } = signedReport.parse(readReportFile(await readFile(file, "utf8")));
    const checked = await runScript("verify-receipt", [file, "--key", signature.publicKey], root);
    expect(checked.stdout).toContain("the signature is valid, and so are all 2 receipts up to the erasure");
    expect(checked.status).toBe(0);
    await writeFile(file, (await readFile(file, "utf8")).replace('"deleted":12', '"deleted":13'));
    const forged = await runScript("verify-receipt", [file], root);
    expect(forged.stderr).toContain("the signature is not that of the report");
    expect(forged.status).toBe(1);
  });
});
