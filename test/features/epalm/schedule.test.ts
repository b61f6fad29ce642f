import { describe, expect, test } from "vitest";
import { authorsRate, authorsSchedule, warmUpCosine } from "../../../src/features/epalm/index.ts";
import { readReference } from "../../support/epalm-reference.ts";

interface Row {
  readonly config: string;
  readonly schedular: {
    readonly lr: number;
    readonly warmup_lr: number;
    readonly min_lr: number;
    readonly warmup_epochs: number;
    readonly epochs: number;
  };
  readonly sequence: readonly { readonly at: string; readonly lr_per_group: readonly number[] }[];
}

const { rows } = readReference("lr_schedule") as { rows: readonly Row[] };

test.each(rows)("$config has the rates of the authors' code", ({ schedular, sequence }) => {
  const schedule = {
    rate: schedular.lr,
    warmUpRate: schedular.warmup_lr,
    leastRate: schedular.min_lr,
    warmUpEpochs: schedular.warmup_epochs,
    epochs: schedular.epochs,
  };
  for (const { at, lr_per_group: expected } of sequence) {
    const [epoch = 0, iteration = 0] = (at.match(/\d+/g) ?? []).map(Number);
    expect(authorsRate(schedule, epoch, iteration), at).toBeCloseTo(expected[0] ?? NaN, 12);
  }
});

test.each(rows)("$config is the authors' schedule around its full rate", ({ schedular }) => {
  expect(authorsSchedule(schedular.lr, schedular.epochs)).toEqual({
    rate: schedular.lr,
    warmUpRate: expect.closeTo(schedular.warmup_lr, 12) as number,
    leastRate: expect.closeTo(schedular.min_lr, 12) as number,
    warmUpEpochs: schedular.warmup_epochs,
    epochs: schedular.epochs,
  });
});

describe("warm-up and cosine", () => {
  const share = warmUpCosine(110, 10);

  test("rises in a line to the full rate", () => {
    expect([0, 4, 9].map(share)).toEqual([0.1, 0.5, 1]);
  });

  test("falls to half in the middle of what is left, and to 0 after the last step", () => {
    expect(share(10)).toBe(1);
    expect(share(60)).toBeCloseTo(0.5);
    expect(share(110)).toBeCloseTo(0);
    expect(share(500)).toBeCloseTo(0);
  });

  test("begins at the full rate where there is no warm-up", () => {
    expect(warmUpCosine(10, 0)(0)).toBe(1);
  });
});
