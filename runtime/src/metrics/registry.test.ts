import { expect, test } from "vitest";
import { counter, durations, gauge, markMetrics, owner, ownMetrics, readings } from "./registry.ts";

const text = () => ownMetrics();

test("what is counted, sorted and set is told with the labels of the process", async () => {
  const count = counter({ name: "t_total", help: "Things.", labels: ["tenant"] });
  const lengths = durations({ name: "t_seconds", help: "Lengths." });
  const level = gauge({ name: "t_level", help: "Level." });
  count.inc({ tenant: "a" });
  count.inc({ tenant: "a" }, 2);
  lengths.observe(0.3);
  level.inc();
  markMetrics({ stage: "test", instance: "here:1" });
  const told = await text();
  expect(told).toContain("# HELP t_total Things.\n# TYPE t_total counter\n");
  expect(told).toContain('t_total{tenant="a",stage="test",instance="here:1"} 3\n');
  expect(told).toMatch(/t_seconds_bucket\{le="0.25",[^}]*\} 0\n/);
  expect(told).toMatch(/t_seconds_bucket\{le="0.5",[^}]*\} 1\n/);
  expect(told).toMatch(/t_level\{[^}]*\} 1\n/);
});

test("a value is read when it is asked for, by the last who said how; an error spoils nothing", async () => {
  readings({ name: "t_read", help: "Read." }, (set) => set.set(1));
  readings({ name: "t_read", help: "Read." }, (set) => set.set(2));
  readings({ name: "t_away", help: "Away." }, () => Promise.reject(new Error("away")));
  readings({ name: "t_throws", help: "Throws." }, () => {
    throw new Error("at once");
  });
  const told = await text();
  expect(told).toMatch(/t_read\{[^}]*\} 2\n/);
  expect(told).not.toMatch(/t_read\{[^}]*\} 1\n/);
});

test("past a thousand owners those that come later are counted together", () => {
  const labels = Array.from({ length: 1200 }, (_, at) =>
    owner({ tenant: `t${at}`, provider: "p" }),
  );
  expect(labels[0]).toEqual({ tenant: "t0", provider: "p" });
  expect(labels.at(-1)).toEqual({ tenant: "(others)", provider: "(others)" });
  expect(new Set(labels.map(({ tenant }) => tenant)).size).toBeLessThanOrEqual(1001);
  expect(owner({ tenant: "t0", provider: "p" })).toEqual({ tenant: "t0", provider: "p" });
});
