import { describe, expect, it } from "vitest";
import { heldOutTasks, type LabelledAnchor } from "../../../src/features/evaluation/held-out.ts";
import type { AnchorId } from "../../../src/types.ts";

const anchor = (id: string, text: string | null, metadata = {}): LabelledAnchor => ({
  id: id as AnchorId,
  text,
  metadata,
  imageVector: Float32Array.of(id.length, 1),
  textVector: Float32Array.of(text?.length ?? 0, 1),
});

const pets = ["cat", "dog", "fox", "hen"].flatMap((kind) =>
  [1, 2].map((i) => anchor(`${kind}${i}`, `a ${kind}`, { kind })),
);

describe("tasks on a collection's own anchors", () => {
  it("hold whole classes out, and ask for each of their anchors", () => {
    const { classes, taskOf } = heldOutTasks(pets, undefined, 2);
    const task = taskOf(0);
    expect(classes).toBe(2);
    expect(task.anchors).toHaveLength(4);
    expect(task.images).toHaveLength(4);
    expect(task.truths).toEqual([0, 0, 1, 1]);
    const left = new Set(task.anchors.map((each) => (each as LabelledAnchor).text));
    for (const subject of task.subjects) expect(left).not.toContain(subject);
  });

  it("describe a class by each distinct caption of its anchors", () => {
    const byKind = heldOutTasks([...pets, anchor("cat3", "a tabby", { kind: "cat" })], "kind", 2);
    const task = [0, 1, 2, 3, 4, 5].map(byKind.taskOf).find(({ subjects }) => subjects.includes("cat"));
    const prompts = task?.classes[task.truths[task.subjects.indexOf("cat")] ?? -1]?.prompts;
    expect(prompts).toHaveLength(2);
  });

  it("keep anchors without a class as memory", () => {
    const { taskOf } = heldOutTasks([...pets, anchor("x", "no kind")], "kind", 2);
    expect(taskOf(0).anchors.map(({ id }) => id)).toContain("x");
  });

  it("draw the same classes for the same seed", () => {
    const { taskOf } = heldOutTasks(pets, undefined, 2);
    expect(taskOf(4)).toEqual(taskOf(4));
  });

  it("hold out half of the classes at most, and say where there are too few", () => {
    expect(heldOutTasks(pets, undefined, 300).classes).toBe(2);
    expect(() => heldOutTasks(pets.slice(0, 4), undefined, 300)).toThrow(
      "the anchors have 2 distinct captions; at least 4 are needed",
    );
    expect(() => heldOutTasks(pets, "colour", 300)).toThrow(/0 distinct values of "colour"/);
  });
});
