import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { kill } from "../src/faults/kill.ts";
import { CLEAN } from "../src/faults/reckoning.ts";
import { openScene } from "../src/faults/scene.ts";
import { openDialogue } from "../src/mail/smtp-dialogue.ts";
import { until } from "../src/relay/until.ts";

test("kill -9 of the ingress within a message leaves nothing of it, and later mail comes through", async () => {
  await using scene = await openScene({ env: { WAYBILL_BODY_STORE: "fs" } });
  const { relay } = scene;
  const bodies = join(relay.data, "bodies");
  const folders = () => readdirSync(bodies).filter((name) => !name.startsWith("waybill-"));
  const drafts = () => readdirSync(join(bodies, "drafts"));
  const dialogue = await openDialogue(relay.smtpPort);
  await dialogue.reply();
  for (const line of ["EHLO client.test", "MAIL FROM:<a@x.test>", "RCPT TO:<b@y.test>", "DATA"]) {
    dialogue.send(line);
    await dialogue.reply();
  }
  dialogue.sendRaw(Buffer.from(`Subject: x\r\n\r\n${`${"x".repeat(70)}\r\n`.repeat(40_000)}`));
  await until("a draft", () => drafts().length === 1);
  await kill(relay, "--stages=ingress");
  await until("the draft to be collected", () => drafts().length === 0);
  expect(folders()).toEqual(["drafts"]);
  const report = await scene.load({ mails: 200 });
  expect(report.accepted).toHaveLength(200);
  expect(await scene.reckon(report)).toMatchObject({ ...CLEAN, extra: 0 });
  expect(folders()).not.toEqual(["drafts"]);
});
