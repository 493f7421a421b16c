import { inBatches } from "../../batches.ts";
import { consumeAfter } from "../../consume-after.ts";
import { keepTrying } from "../../keep-trying.ts";
import type { Nats } from "../../nats.ts";
import { STREAMS } from "../../streams.ts";
import { type Sealer, sealEvents } from "../seal.ts";
import { silent } from "./kit.ts";

/** Offers what comes to MAIL from now on to a sealer, as the views' reader does. */
async function read(nats: Nats, { offer }: Sealer, signal: AbortSignal): Promise<void> {
  let after = (await nats.jsm.streams.info(STREAMS.mail)).state.last_seq;
  offer({ after, messages: [] });
  const events = { nats, stream: STREAMS.mail, filters: ["mail.>"] };
  const source = await consumeAfter(events, { seq: after, time: undefined });
  signal.addEventListener("abort", () => source.stop());
  for await (const messages of inBatches(source, 500)) {
    offer({ after, messages });
    after = messages.at(-1)?.seq ?? after;
  }
}

/** Seals what there is and what comes, until stopped. */
export function sealing(nats: Nats): { stop(): Promise<void> } {
  const sealer = sealEvents({ nats, log: silent });
  const stopped = new AbortController();
  const { signal } = stopped;
  const reading = keepTrying(
    () => read(nats, sealer, signal),
    signal,
    () => undefined,
  );
  return {
    stop: async () => {
      stopped.abort();
      await Promise.all([reading, sealer.stop()]);
    },
  };
}
