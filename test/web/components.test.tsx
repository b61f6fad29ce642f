// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { JobBody } from "../../src/api/service.ts";
import { LineChart } from "../../web/src/charts/line-chart.tsx";
import { Votes } from "../../web/src/consensus/votes.tsx";
import { percent } from "../../web/src/format.ts";
import { jobs } from "../../web/src/service.ts";
import { JobStart } from "../../web/src/ui/job.tsx";
import { Problem } from "../../web/src/ui/problem.tsx";

vi.mock("../../web/src/charts/charts.css", () => ({}));

const box = document.createElement("div");
document.body.append(box);

const show = (element: Parameters<typeof render>[0]): Promise<void> => act(() => render(element, box));

const button = (name: string): HTMLButtonElement => {
  const found = [...box.querySelectorAll("button")].find(
    (each) => each.textContent === name || each.getAttribute("aria-label") === name,
  );
  if (found === undefined) throw new Error(`there is no button "${name}"`);
  return found;
};

afterEach(async () => {
  jobs.value = [];
  await show(null);
});

const job = (changes: Partial<JobBody>): JobBody => ({
  ...{
    id: "1",
    kind: "tune",
    subject: "c",
    state: "running",
    done: 20,
    total: 100,
    error: null,
    detail: null,
  },
  ...{ createdAt: "2026-01-01T00:00:00.000Z", updatedAt: "2026-01-01T00:00:10.000Z" },
  ...changes,
});

describe("a chart", () => {
  const points = [
    { x: 50, y: 0.2, low: 0.1, high: 0.3 },
    { x: 100, y: 0.5, low: 0.4, high: 0.6 },
  ];
  const chart = (
    <LineChart
      title="Would more help?"
      lines={[
        { label: "first", points },
        { label: "chance", reference: true, points: [{ x: 50, y: 0.1 }] },
      ]}
      x={{ label: "anchors", format: String, log: true }}
      y={{ label: "right", format: percent, most: 1 }}
    >
      It would.
    </LineChart>
  );

  it("is titled by its question and draws a line, a band and every label", async () => {
    await show(chart);
    expect(box.querySelector("h2")?.textContent).toBe("Would more help?");
    expect(box.querySelector('[role="img"]')?.getAttribute("aria-label")).toBe("Would more help?");
    expect(box.querySelectorAll("polygon.band")).toHaveLength(1);
    expect([...box.querySelectorAll("text.label")].map(({ textContent }) => textContent)).toEqual([
      "first",
      "chance",
    ]);
  });

  it("shows the same numbers as a table", async () => {
    await show(chart);
    await act(() => button("Would more help? Show as table").click());
    const cells = [...box.querySelectorAll("tbody tr")].map((row) =>
      [...row.querySelectorAll("td")].map(({ textContent }) => textContent),
    );
    expect(cells).toEqual([
      ["50", "20 %", "10 %", "30 %", "10 %"],
      ["100", "50 %", "40 %", "60 %", "–"],
    ]);
    expect(box.querySelector("svg")).toBeNull();
  });
});

describe("a button that starts a job", () => {
  const start = vi.fn(() => Promise.resolve(job({})));
  const started = (
    <JobStart kind="tune" subject="c" start={start}>
      Compare
    </JobStart>
  );

  it("shows the job that runs in its place, with the time left and a way to cancel it", async () => {
    await show(started);
    await act(async () => {
      button("Compare").click();
      await Promise.resolve();
    });
    expect(start).toHaveBeenCalledOnce();
    expect(box.querySelector("progress")?.value).toBe(20);
    expect(box.textContent).toContain("20 of 100, about 40 s left");
    expect(button("Cancel").type).toBe("button");
  });

  it("shows a job that was started elsewhere, and not one of another collection", async () => {
    jobs.value = [job({ subject: "d" })];
    await show(started);
    expect(box.querySelector("progress")).toBeNull();
    await act(() => {
      jobs.value = [job({})];
    });
    expect(box.querySelector("progress")).not.toBeNull();
  });

  it("says why the last one failed", async () => {
    jobs.value = [job({ state: "failed", error: "too few classes" })];
    await show(started);
    expect(box.querySelector('[role="alert"]')?.textContent).toContain("too few classes");
    expect(button("Compare").disabled).toBe(false);
  });
});

describe("votes", () => {
  it("mark what each scorer has first, for eyes and for screen readers", async () => {
    const votes = [
      { id: "1", text: "sun", value: 2, scores: [3, null] },
      { id: "2", text: "moon", value: 1, scores: [1, 0.5] },
    ];
    await show(<Votes caption="Votes" scorers={["asif", "csa"]} votes={votes} />);
    expect([...box.querySelectorAll("td.first")].map(({ textContent }) => textContent)).toEqual([
      "3.00, its first",
      "0.50, its first",
    ]);
  });
});

describe("a problem", () => {
  it("is told in the words of the error, and nothing is where there is none", async () => {
    await show(<Problem error={new Error("it is full")} />);
    expect(box.querySelector('[role="alert"]')?.textContent).toContain("it is full");
    await show(<Problem error={null} />);
    expect(box.textContent).toBe("");
  });
});
