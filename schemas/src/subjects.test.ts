import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Slug } from "./shapes.ts";
import { factSubject, laneOf, parseMailSubject, workSubject } from "./subjects.ts";

const slugs = fc.stringMatching(/^[a-z0-9-]{1,40}$/);

test("a tenant has one lane, within bounds", () => {
  fc.assert(
    fc.property(slugs, fc.integer({ min: 1, max: 1024 }), (tenant, lanes) => {
      const lane = laneOf(tenant, lanes);
      expect(lane).toBe(laneOf(tenant, lanes));
      expect(lane >= 0 && lane < lanes).toBe(true);
    }),
  );
});

test("tenants spread over the lanes", () => {
  const lanes = Array.from({ length: 1600 }, (_, index) => laneOf(`tenant-${index}`, 16));
  const sizes = Map.groupBy(lanes, (lane) => lane)
    .values()
    .map((group) => group.length);
  expect(Math.max(...sizes)).toBeLessThan(200);
});

test("a subject says whose event it is, and which", () => {
  fc.assert(
    fc.property(slugs, fc.nat({ max: 63 }), (tenant, lane) => {
      expect(Slug.safeParse(tenant).success).toBe(true);
      expect(parseMailSubject(workSubject(lane, tenant, "accepted"))).toEqual({
        lane,
        tenant,
        type: "accepted",
      });
      expect(parseMailSubject(factSubject(lane, tenant, "failed"))).toEqual({
        lane,
        tenant,
        type: "failed",
      });
    }),
  );
});
