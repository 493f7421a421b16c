import { newMessageId } from "@waybill/runtime";
import { MARK, type Proof } from "./proof.ts";
import { tell } from "../testing/history.ts";
import type { Scene } from "./scene.ts";

/** Whoever follows b's part of the feed hears nothing of a's mail; whoever follows a's does. */
export async function proveFeed({ world }: Scene): Promise<Proof[]> {
  const { nc } = world.deps.nats;
  const heard = { a: [] as string[], b: [] as string[] };
  for (const tenant of ["a", "b"] as const)
    nc.subscribe(`events.${tenant}.>`, {
      callback: (_, message) => void heard[tenant].push(message.string()),
    });
  await nc.flush();
  await tell(world, "a", { subject: MARK });
  await nc.flush();
  const [own, foreign] = [heard.a.length, heard.b.length];
  const what = "feed events.<tenant>.>";
  return [
    { what, as: "b", expected: "0 events of a", got: `${foreign}`, holds: foreign === 0 },
    { what, as: "a", expected: "its events", got: `${own}`, holds: own > 0 },
  ];
}

async function* bytes(): AsyncGenerator<Buffer> {
  yield Buffer.from(MARK);
}

/** A reference to a's bytes opens nothing in b's hands. */
export async function proveBodies({ world }: Scene): Promise<Proof[]> {
  const { bodies } = world.deps;
  const ref = await bodies.write({ tenant: "a", messageId: newMessageId() }, bytes());
  const read = (tenant: string) =>
    bodies
      .read(tenant, ref)
      .toArray()
      .then((chunks) => Buffer.concat(chunks as Buffer[]).toString())
      .catch((error: Error) => error.name);
  const [own, foreign] = [await read("a"), await read("b")];
  const what = "body, by its reference";
  return [
    { what, as: "b", expected: "BodyDamaged", got: foreign, holds: foreign === "BodyDamaged" },
    { what, as: "a", expected: "its bytes", got: own, holds: own === MARK },
  ];
}
