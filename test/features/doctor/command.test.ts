import { createServer, type AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { diskSpace, memory, nodeVersion, type MachineFinding } from "../../../src/features/doctor/checks.ts";
import { runScript } from "../../scripts/run-script.ts";
import { temporaryDirectory } from "../../support/postgres.ts";

const GIB = 2 ** 30;

describe("anchorage doctor", () => {
  it("finds what this machine has, and creates nothing", async () => {
    const root = await temporaryDirectory();
    const { status, stdout, stderr } = await runScript("anchorage", ["doctor", "--json"], `${root}/data`);
    const findings = JSON.parse(stdout) as readonly MachineFinding[];
    expect(findings.map(({ name }) => name)).toEqual([
      "Node",
      "Postgres",
      "ONNX Runtime",
      "sharp (images)",
      "hnswlib (graphs)",
      "compiler",
      "DATA_DIR",
      "disk",
      "memory",
      "port",
      "encoders",
    ]);
    expect(findings.filter(({ state }) => state === "missing")).toEqual([]);
    expect(findings.find(({ name }) => name === "DATA_DIR")?.found).toBe(
      `${root}/data, created by the first start`,
    );
    expect([status, stderr]).toEqual([expect.toBeOneOf([0, 3]), ""]);
  });

  it("names a port that is taken and a Postgres that does not answer, and ends with 1", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { status, stdout } = await runScript("anchorage", ["doctor"], await temporaryDirectory(), {
      PORT: String(port),
      DATABASE_URL: "postgres://nobody@127.0.0.1:1/none",
    });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^missing {2}Postgres +DATABASE_URL does not answer: /m);
    expect(stdout).toMatch(
      new RegExp(`^missing {2}port +listen EADDRINUSE: .*:${port}\n +Choose another port`, "m"),
    );
  });
});

describe("what a doctor finds", () => {
  it.each([
    ["20.18.1", "missing"],
    ["20.19.0", "ok"],
    ["24.0.0", "ok"],
  ])("calls Node %s %s", (version, state) => {
    expect(nodeVersion(version).state).toBe(state);
  });

  it.each([
    [GIB / 8, "missing"],
    [GIB, "warning"],
    [9 * GIB, "ok"],
  ])("calls a disk with %i bytes free %s", (free, state) => {
    expect(diskSpace(free).state).toBe(state);
  });

  it("warns about less than 1 GiB of memory, in a container as well", () => {
    expect(memory(GIB / 2, 16 * GIB)).toMatchObject({
      state: "warning",
      found: "0.5 GiB usable, 0.5 GiB free",
    });
    expect(memory(16 * GIB, GIB).state).toBe("ok");
  });
});
