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
