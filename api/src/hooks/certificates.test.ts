import { expect, it } from "vitest";
import { certificatesBy } from "./certificates.ts";

/** What is there is what begins so. */
function scene() {
  const fetched: string[] = [];
  const certificates = certificatesBy(async (url) => {
    fetched.push(url);
    if (!url.startsWith("good")) throw new Error("404");
    return `of ${url}`;
  });
  return { fetched, certificates };
}
const many = Array.from({ length: 100 }, (_, n) => n);

it("fetches one once, also for those who ask at once", async () => {
  const { fetched, certificates } = scene();
  expect(await Promise.all([certificates("good"), certificates("good")])).toEqual([
    "of good",
    "of good",
  ]);
  expect(await certificates("good")).toBe("of good");
  expect(fetched).toEqual(["good"]);
});

it("one that is not there is asked for again, and drives out none that is", async () => {
  const { fetched, certificates } = scene();
  await certificates("good");
  const bad = many.map((n) => certificates(`bad${n}`));
  expect((await Promise.allSettled(bad)).every(({ status }) => status === "rejected")).toBe(true);
  await expect(certificates("bad1")).rejects.toThrow("404");
  await certificates("good");
  expect(fetched.filter((url) => url === "good")).toHaveLength(1);
  expect(fetched.filter((url) => url === "bad1")).toHaveLength(2);
});

it("of more than there are signers the one used longest ago goes", async () => {
  const { fetched, certificates } = scene();
  for (const n of many) await Promise.all([certificates(`good${n}`), certificates("good")]);
  await certificates("good0");
  expect(fetched.filter((url) => url === "good")).toHaveLength(1);
  expect(fetched.filter((url) => url === "good0")).toHaveLength(2);
});
