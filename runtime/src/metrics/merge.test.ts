import { expect, test } from "vitest";
import { mergeMetrics } from "./merge.ts";

const one = `# HELP a_total Some "help".
# TYPE a_total counter
a_total{stage="x"} 1

# HELP h A histogram.
# TYPE h histogram
h_bucket{le="1",stage="x"} 2
h_count{stage="x"} 2
`;
const other = `# HELP h A histogram.
# TYPE h histogram
h_bucket{le="1",stage="y"} 3
h_count{stage="y"} 3

# HELP empty Nothing yet.
# TYPE empty counter
`;

test("a metric of several processes is said once, with the samples of all", () => {
  expect(mergeMetrics([one, other])).toBe(`# HELP a_total Some "help".
# TYPE a_total counter
a_total{stage="x"} 1

# HELP h A histogram.
# TYPE h histogram
h_bucket{le="1",stage="x"} 2
h_count{stage="x"} 2
h_bucket{le="1",stage="y"} 3
h_count{stage="y"} 3

# HELP empty Nothing yet.
# TYPE empty counter
`);
});

test("nothing is merged to nothing", () => {
  expect(mergeMetrics([])).toBe("");
  expect(mergeMetrics(["", "\n"])).toBe("");
});
