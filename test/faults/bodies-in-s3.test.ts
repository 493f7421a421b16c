import { hasS3, startS3, type S3Server } from "@waybill/runtime/testing/s3";
import { expect, test } from "vitest";
import { openScene, type Scene } from "../src/faults/scene.ts";
import { testMessage } from "../src/mail/message.ts";
import { submit } from "../src/mail/submitter.ts";
import { until } from "../src/relay/until.ts";

const [FROM, TO] = ["sender@submitter.test", ["ok@sink.test"]];

/** Octets: one that is put in parts. */
const LARGE = 9_000_000;

/** Milliseconds: a server of S3 and a relay on a busy machine. */
const SLOW = 400_000;

/** Hands in a mail and waits until it has arrived; its id, and its bytes at the sink. */
async function through({ relay, sink }: Scene, id: string, size: number) {
  const mail = { from: FROM, to: () => TO, size, id: () => id };
  const report = await submit({ port: relay.smtpPort, mails: 1, connections: 1, ...mail });
  expect(report.accepted).toEqual([id]);
  await sink.waitFor(({ mails }) => mails.has(id), 120_000);
  const raw = sink.raws.find((one) => one.id === id)?.raw ?? Buffer.alloc(0);
  return { messageId: report.queuedAs.get(id) ?? "", raw };
}

const given = (id: string, size: number): Buffer =>
  Buffer.from(testMessage({ id, from: FROM, to: TO, size }));

async function objectOf({ client, settings }: S3Server, key: string): Promise<Buffer> {
  const object = await client.getObject(settings.WAYBILL_S3_BUCKET ?? "", key);
  return Buffer.concat(await object.toArray());
}

type Told = { status: string; timeline: { text: string }[] };

/** What the API tells of a message once it has ended. */
const told = ({ relay }: Scene, id: string): Promise<string[]> =>
  until("the view", async () => {
    const { status, timeline } = (await (await relay.api(`/api/v1/messages/${id}`)).json()) as Told;
    return status === "delivered" && timeline.map(({ text }) => text);
  });

test.skipIf(!hasS3())(
  "mail is kept in the bucket and delivered byte by byte, and without the server it is kept in the log and delivered",
  async () => {
    await using s3 = await startS3();
    await using scene = await openScene({
      env: { WAYBILL_BODY_STORE: "s3", ...s3.settings },
      sink: { keep: "raw" },
    });
    for (const size of [2048, LARGE]) {
      const id = `kept-${size}`;
      const { messageId, raw } = await through(scene, id, size);
      const kept = await objectOf(s3, `${messageId}.demo`);
      expect(raw.equals(kept)).toBe(true);
      expect(kept.subarray(-given(id, size).length).equals(given(id, size))).toBe(true);
      expect((await told(scene, messageId)).join()).not.toContain("failed");
    }
    s3.signal("SIGKILL");
    const { messageId, raw } = await through(scene, "fallen", LARGE);
    expect(raw.subarray(-given("fallen", LARGE).length).equals(given("fallen", LARGE))).toBe(true);
    const texts = await told(scene, messageId);
    expect(texts[0]).toContain("in the log's own store, because s3 failed");
  },
  SLOW,
);
