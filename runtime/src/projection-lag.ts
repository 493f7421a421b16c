import { readings } from "./metrics/registry.ts";
import type { Nats } from "./nats.ts";

/** What a projection follows. */
type Followed = { nats: Nats; name: string; stream: string; filters: string[] };

/** How far a projection is; undefined until it knows. */
export type Progress = { checkpoint: number | undefined };

const followed = new Map<string, { of: Followed; progress: Progress }>();

async function lastSeq({ nats, stream, filters }: Followed): Promise<number> {
  const [filter = ">"] = filters;
  return (await nats.jsm.direct.getMessage(stream, { last_by_subj: filter }))?.seq ?? 0;
}

readings(
  {
    name: "waybill_projection_lag",
    help: "Sequences of the stream from what a projection has written to the last it has to write.",
    labels: ["projection"],
  },
  async (set) => {
    for (const [projection, { of, progress }] of followed) {
      if (progress.checkpoint === undefined) continue;
      set.set({ projection }, Math.max(0, (await lastSeq(of)) - progress.checkpoint));
    }
  },
);

/** Has the lag of a projection told among the metrics of this process; it says there how far it is. */
export function tellLag(of: Followed): Progress & { end(): void } {
  const end = () => void followed.delete(of.name);
  const progress: Progress & { end(): void } = { checkpoint: undefined, end };
  followed.set(of.name, { of, progress });
  return progress;
}
