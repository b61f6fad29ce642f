import { describe, expect, test } from "vitest";
import { scheduleOf } from "../../../src/features/epalm/index.ts";
import { readReference } from "../../support/epalm-reference.ts";

interface Setting {
  readonly lm_layers: number;
  readonly start_layer_idx: number;
  readonly end_layer_idx: number;
  readonly injected_hidden_states: number;
  readonly text_step: number;
  readonly select_higher_step: boolean;
  readonly per_layer: readonly (readonly [layer: number, action: string, vector: number | null])[];
}

const { rows } = readReference("injection_schedule") as { rows: readonly Setting[] };

describe("visual tokens", () => {
  test.each(rows)(
    "enter $lm_layers layers from $start_layer_idx to $end_layer_idx, $injected_hidden_states of them, as the authors' code has it",
    (row) => {
      const schedule = scheduleOf(row.lm_layers, {
        startLayer: row.start_layer_idx,
        endLayer: row.end_layer_idx,
        vectors: row.injected_hidden_states,
        textStep: row.text_step,
        selectHigherStep: row.select_higher_step,
      });
      expect(
        schedule.map((each, layer) => [layer, each.action, "vector" in each ? each.vector : null]),
      ).toEqual(row.per_layer);
    },
  );

  test("enter by the greater of both steps where the higher one is selected", () => {
    const injection = { startLayer: 0, endLayer: 12, vectors: 6, textStep: 4 };
    const enteredLayers = (textStep: number): number[] =>
      scheduleOf(12, { ...injection, textStep, selectHigherStep: true }).flatMap(({ action }, layer) =>
        action === "prepend" || action === "replace" ? [layer] : [],
      );
    // Two layers a vector.
    expect(enteredLayers(1)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(enteredLayers(4)).toEqual([0, 4, 8]);
  });

  test("never enter where the first layer is the end", () => {
    const schedule = scheduleOf(4, { startLayer: 2, endLayer: 2, vectors: 6, textStep: 1 });
    expect(schedule.every(({ action }) => action === "none")).toBe(true);
  });
});
