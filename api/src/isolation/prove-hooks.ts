import {
  BOUNCES,
  generic,
  mailgun,
  postmark,
  resend,
  sendgrid,
  type Sender,
  type Sent,
} from "../hooks/testing/calls.ts";
import { jsonOf } from "../testing/answer.ts";
import { MARK, type Proof } from "./proof.ts";
import { logOfA } from "./prove-routes.ts";
import type { Scene } from "./scene.ts";

const SENDERS = { sendgrid, mailgun, postmark, resend, generic };
type Kind = keyof typeof SENDERS;

const TO = "bob@x.test";
const what = (kind: Kind) => `post /hooks/${kind}/{binding}`;

/** The path of a tenant's webhook that takes the calls of a sender. */
async function pathOf({ world }: Scene, tenant: string, { settings }: Sender): Promise<string> {
  const request = { method: "POST", url: "/api/v1/hooks", payload: settings } as const;
  return new URL(jsonOf<{ url: string }>(await world.as(tenant, request), 201).url).pathname;
}

const call = ({ world }: Scene, url: string, sent: Sent) =>
  world.app.inject({ method: "POST", url, ...sent });

/** What b's webhook is told of a's message, as well signed as can be, changes nothing of a's. */
async function toldByB(scene: Scene, kind: Kind): Promise<Proof> {
  const sender = SENDERS[kind]();
  const path = await pathOf(scene, "b", sender);
  const before = await logOfA(scene);
  const { statusCode, body } = await call(
    scene,
    path,
    sender.send(BOUNCES[kind](scene.message, TO)),
  );
  const isUnchanged = before === (await logOfA(scene));
  const holds = isUnchanged && !body.includes(MARK) && !body.includes(scene.message);
  const got = `${statusCode}${isUnchanged ? "" : ", a's log changed"}`;
  return {
    what: what(kind),
    as: "b's webhook",
    expected: "nothing of a's, nothing changed",
    got,
    holds,
  };
}

/** A call of a's webhook that b signed is refused; the same that a's provider signed is recorded. */
async function toldToA(scene: Scene, kind: Kind): Promise<Proof[]> {
  const [own, foreign] = [SENDERS[kind](), SENDERS[kind]()];
  const path = await pathOf(scene, "a", own);
  const tell = (sender: Sender) => call(scene, path, sender.send(BOUNCES[kind](scene.message, TO)));
  const before = await logOfA(scene);
  const refused = await tell(foreign);
  const isUnchanged = before === (await logOfA(scene));
  const taken = await tell(own);
  const isRecorded = before !== (await logOfA(scene));
  const proof = (as: string, expected: string, status: number, holds: boolean): Proof => ({
    what: what(kind),
    as,
    expected,
    got: `${status}`,
    holds,
  });
  return [
    proof("b's secret", "401", refused.statusCode, refused.statusCode === 401 && isUnchanged),
    proof("a's provider", "recorded", taken.statusCode, taken.statusCode === 200 && isRecorded),
  ];
}

/** Webhooks have no caller: their own secret alone says whose they are, and whose mail they may speak of. */
export async function proveHooks(scene: Scene): Promise<Proof[]> {
  const proofs: Proof[] = [];
  for (const kind of Object.keys(SENDERS) as Kind[])
    proofs.push(await toldByB(scene, kind), ...(await toldToA(scene, kind)));
  return proofs;
}
