import { expect, test } from "vitest";
import { standardizedRows } from "../../../../src/features/selection/emms/standardized-rows.ts";
import { rowsOf } from "../../../support/emms-data.ts";
import { naiveStandardized } from "../../../support/naive-emms.ts";
import { normals, seededRandom } from "../../../support/random.ts";

test("columns have mean 0 and deviation 1, those that are constant are 0, and a large mean costs no digits", () => {
  const data = normals(50 * 4, seededRandom(1)).map((value, at) => {
    if (at % 4 === 2) return 0.1;
    return at % 4 === 3 ? 1e5 + value : value;
  });
  const expected = naiveStandardized(rowsOf(data, 4)).to1DArray();
  const made = standardizedRows({ data, rows: 50, columns: 4 });
  made.data.forEach((value, at) => expect(value).toBeCloseTo(expected[at] ?? NaN, 9));
});
