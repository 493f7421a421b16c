import { expect, test } from "vitest";
import { putTenant } from "../src/faults/log-access.ts";
import { CLEAN } from "../src/faults/reckoning.ts";
import { openScene } from "../src/faults/scene.ts";
import type { ReplyPolicy } from "../src/mail/sink-policy.ts";

const MAILS = 1000;
const SECOND = ["refused", "later", "closing", "never", "content"] as const;

/** Two recipients each: one the sink takes, and one of the five that it does not, or not at once. */
const to = (index: number): string[] => [
  `ok-${index}@sink.test`,
  `${SECOND[index % SECOND.length]}-${index}@sink.test`,
];

/** Refuses by the first word of an address; `later` and `closing` the first time only. */
function makePolicy(): ReplyPolicy {
  const seen = new Set<string>();
  const isNew = (address: string) => !seen.has(address) && seen.add(address) !== undefined;
  return (stage, { recipient = "", recipients }) => {
    if (stage === "dot" && recipients.some((one) => one.startsWith("content")))
      return "554 5.7.1 not such words";
    if (stage !== "rcpt") return undefined;
    if (recipient.startsWith("refused")) return "550 5.1.1 nobody of that name";
    if (recipient.startsWith("never")) return "451 4.7.1 later";
    if (recipient.startsWith("later") && isNew(recipient)) return "451 4.7.1 later";
    if (recipient.startsWith("closing") && isNew(recipient)) return "421 4.3.2 closing";
    return undefined;
  };
}

test("each recipient ends with its own reason when the provider refuses some of them", async () => {
  await using scene = await openScene({ sink: { reply: makePolicy() } });
  await putTenant(scene.log, { id: "demo", retryLadder: [1, 1] });
  const report = await scene.load({ mails: MAILS, to });
  const share = MAILS / SECOND.length;
  expect(await scene.reckon(report, to)).toEqual({
    ...CLEAN,
    accepted: MAILS,
    dead: {
      "refused: refused": share,
      "never: retries_exhausted": share,
      // The whole message was refused.
      "ok: refused": share,
      "content: refused": share,
    },
    // One attempt settles some recipients and leaves others open: those that got it get it once.
    extra: 0,
  });
  expect(await scene.viewsEqualRebuild()).toBe(true);
});
