import type { Subscription } from "@nats-io/transport-node";
import { hostname } from "node:os";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { LogUnavailable } from "../log.ts";
import type { Logger } from "../logger.ts";
import type { Nats } from "../nats.ts";
import { mergeMetrics } from "./merge.ts";
import { markMetrics, ownMetrics } from "./registry.ts";

const [pack, unpack] = [promisify(gzip), promisify(gunzip)];

/** Asked by whoever wants the metrics of all processes; each answers for itself. */
const SUBJECT = "waybill.metrics";

/** Milliseconds that processes have to answer: how many there are nobody knows. */
const PATIENCE = 1000;

/** Answers, until the connection closes, with what this process counts; packed, for it may be larger than a message may be. */
export function answerMetrics({ nc }: Nats, stage: string, log: Pick<Logger, "warn">): void {
  markMetrics({ stage, instance: `${hostname()}:${process.pid}` });
  void answerAll(nc.subscribe(SUBJECT), log);
}

async function answerAll(questions: Subscription, log: Pick<Logger, "warn">): Promise<void> {
  for await (const question of questions) {
    try {
      question.respond(await pack(await ownMetrics()));
    } catch (error) {
      log.warn({ err: error }, "metrics not told");
    }
  }
}

/** What all processes of the installation count, that answer within a second. @throws LogUnavailable */
export async function gatherMetrics({ nc }: Nats): Promise<string> {
  try {
    const answers = await nc.requestMany(SUBJECT, "", { strategy: "timer", maxWait: PATIENCE });
    const texts: string[] = [];
    for await (const { data } of answers) texts.push((await unpack(data)).toString());
    if (texts.length === 0) throw new Error("no process answers");
    return mergeMetrics(texts.toSorted());
  } catch (error) {
    throw new LogUnavailable(error);
  }
}
