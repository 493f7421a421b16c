import { startStage } from "../../faults/stage-apart.ts";
import { CountingSink } from "../counting-sink.ts";
import type { BenchOptions } from "../options.ts";
import { runRound } from "../round.ts";
import { makeFolder, WARM_UP } from "../run.ts";
import { makeWaybill, waybillPeer } from "../waybill-peer.ts";

export type WorkerFigures = {
  ofEach: number;
  acceptedPerSecond: number;
  deliveredPerSecond: number;
};

/** Those that share the work; the API has no part in it. */
const STAGES = ["ingress", "actors", "projections"];

/** Ingress processes share their ports. */
const SHARED = { WAYBILL_SMTP_REUSE_PORT: "true" };

/** Sends a load through a relay with so many processes of each stage, on one pair of engines. */
export async function measureWorkers(
  ofEach: number,
  options: BenchOptions,
  stack: AsyncDisposableStack,
): Promise<WorkerFigures> {
  const sink = await stack.use(new CountingSink()).start();
  const folder = await makeFolder(options.data, stack);
  const relay = await makeWaybill(folder, sink.port, options, SHARED);
  stack.defer(() => relay.discard());
  await relay.start();
  for (let nth = 1; nth < ofEach; nth += 1)
    for (const stage of STAGES) {
      const url = `smtp://127.0.0.1:${sink.port}`;
      const more = await startStage({ relay, sink: { url } }, stage, SHARED);
      stack.defer(async () => void (await more.stop()));
    }
  const { mails, connections, size } = options;
  const peer = waybillPeer(relay);
  await runRound(peer, sink, { mails: Math.min(mails, WARM_UP), connections, size });
  const round = await runRound(peer, sink, { mails, connections, size });
  return {
    ofEach,
    acceptedPerSecond: Math.round(round.acceptedPerSecond),
    deliveredPerSecond: Math.round(round.deliveredPerSecond),
  };
}
