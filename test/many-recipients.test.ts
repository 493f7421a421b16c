import { expect, it } from "vitest";
import type { ReplyPolicy } from "./src/mail/sink-policy.ts";
import { eventsOf } from "./src/faults/log-access.ts";
import { CLEAN } from "./src/faults/reckoning.ts";
import { openScene } from "./src/faults/scene.ts";

const [MAILS, EACH] = [100, 500];

const recipientsOf = (mail: number): string[] =>
  Array.from({ length: EACH }, (_, at) => `r${at}-of-${mail}@sink.test`);

/** Recipients whose number ends in 50 are refused for now, when they are first named. */
function refusingSome(): { reply: ReplyPolicy; refused: Set<string> } {
  const refused = new Set<string>();
  const reply: ReplyPolicy = (stage, { recipient = "" }) => {
    if (stage !== "rcpt" || !/^r\d*50-/.test(recipient) || refused.has(recipient)) return undefined;
    refused.add(recipient);
    return "451 4.2.1 try again later";
  };
  return { reply, refused };
}

/** Takes a hundred recipients in a transaction, as many as every server must (RFC 5321, 4.5.3.1.8). */
const aHundredAtATime: ReplyPolicy = (stage, { recipients }) =>
  stage === "rcpt" && recipients.length === 100 ? "452 4.5.3 too many recipients" : undefined;

const aThousandOf = (mail: number): string[] =>
  [0, 1].flatMap((half) => recipientsOf(2 * mail + half));

it("a thousand recipients each get theirs in one attempt, of a server that takes a hundred at a time", async () => {
  await using scene = await openScene({ sink: { reply: aHundredAtATime } });
  const report = await scene.load({ mails: 2, to: aThousandOf });
  expect(await scene.reckon(report, aThousandOf)).toEqual({ ...CLEAN, accepted: 2, extra: 0 });
  expect(scene.sink.received).toBe(20);
  expect(await eventsOf(scene.log, "demo", "failed")).toEqual([]);
}, 120_000);

it("50,000 recipients of a hundred mails each get theirs once, whoever else of the mail has to wait", async () => {
  const { reply, refused } = refusingSome();
  await using scene = await openScene({ sink: { reply } });
  const report = await scene.load({ mails: MAILS, to: recipientsOf });
  expect(report.accepted).toHaveLength(MAILS);
  expect(await scene.reckon(report, recipientsOf)).toEqual({
    ...CLEAN,
    accepted: MAILS,
    extra: 0,
  });
  expect(refused.size).toBe(MAILS * 5);
  expect(await scene.viewsEqualRebuild()).toBe(true);
}, 300_000);
