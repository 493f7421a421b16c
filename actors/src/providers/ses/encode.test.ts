import { createHash } from "node:crypto";
import { array, assert, asyncProperty, nat, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { encodeRaw } from "./encode.ts";

async function* of(chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

test("a message in any pieces, of any stated size, is its base64 in each call, with the call's own hash", async () => {
  const chunks = array(uint8Array({ maxLength: 50 }), { maxLength: 8 });
  await assert(
    asyncProperty(chunks, nat(500), async (pieces, size) => {
      const bodyWith = await encodeRaw(of(pieces), size, 1);
      const data = Buffer.concat(pieces).toString("base64");
      for (const rest of [{ a: "x".repeat(40_000) }, { b: ["é"] }]) {
        const { body, sha256 } = bodyWith(rest);
        expect(JSON.parse(body.toString())).toEqual({ Content: { Raw: { Data: data } }, ...rest });
        expect(sha256).toBe(createHash("sha256").update(body).digest("hex"));
      }
    }),
  );
});

test("a message that breaks off is an error", async () => {
  const broken = (async function* () {
    yield Buffer.from("half");
    throw new Error("the rest is not there");
  })();
  await expect(encodeRaw(broken, 8, 1)).rejects.toThrow("the rest is not there");
});
