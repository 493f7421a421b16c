import { expect, test } from "vitest";
import { resultOf, totalCpu, type Measured } from "./result.ts";
import { median } from "./statistics.ts";

const round = (peer: string, deliveredPerSecond: number) => ({
  peer,
  acceptedPerSecond: 10,
  deliveredPerSecond,
});

const measured: Measured = {
  load: { mails: 1000, connections: 1, size: 1 },
  submitter: "smtp-source",
  fileSystem: "ext4",
  syncsPerSecond: [1, 2, 6],
  rounds: [round("waybill", 30), round("postfix", 10), round("waybill", 50), round("postfix", 30)],
  usages: [1, 3].map(
    (cpuSeconds) =>
      new Map([
        ["ingress", { cpuSeconds, peakBytes: cpuSeconds * 1024 * 1024 }],
        ["node", { cpuSeconds, peakBytes: 0 }],
      ]),
  ),
  latencies: {},
};

test("the ratio is of the medians of the end-to-end rates", () => {
  expect(resultOf(measured).peers.waybill?.delivered).toEqual({ median: 40, least: 30, most: 50 });
  expect(resultOf(measured).ratio).toBe(2);
});

test("without a peer there is no ratio", () => {
  const rounds = measured.rounds.filter(({ peer }) => peer === "waybill");
  expect(resultOf({ ...measured, rounds })).not.toHaveProperty("ratio");
});

test("a part has its median processor time a mail and its highest peak", () => {
  const result = resultOf(measured);
  expect(result.parts.ingress).toEqual({ cpuMicrosPerMail: 2000, peakMiB: 3 });
  expect(totalCpu(result)).toBe(2000);
});

test.each([
  [[3, 1, 2], 2],
  [[4, 1], 2.5],
  [[], NaN],
])("the median of %j is %d", (values, middle) => expect(median(values)).toBe(middle));
