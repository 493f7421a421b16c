import {
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { Logger } from "./logger.ts";
import type { Nats } from "./nats.ts";
import { untilLed } from "./until-led.ts";

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

/** Names of the streams. */
export const STREAMS = {
  mail: "MAIL",
  control: "CONTROL",
  chain: "CHAIN",
  removals: "REMOVALS",
  bodies: "BODIES",
  sessions: "SESSIONS",
  logins: "LOGINS",
  limits: "LIMITS",
  uses: "USES",
  seats: "SEATS",
  hooks: "HOOKS",
  erased: "ERASED",
} as const;

type Wanted = Partial<StreamConfig> & { name: string; subjects: string[] };

const common = {
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.Old,
  allow_direct: true,
  duplicate_window: nanos(120_000),
} as const;

/** Ages that older versions gave these streams, nanoseconds; the sweep removes by age now, and only what has ended. */
const FORMER_AGES: Partial<Record<string, number>> = {
  [STREAMS.mail]: nanos(30 * DAY),
  [STREAMS.bodies]: nanos(7 * DAY),
};

const WANTED: readonly Wanted[] = [
  {
    ...common,
    name: STREAMS.mail,
    subjects: ["mail.>", "timer.>"],
    allow_msg_schedules: true,
    republish: { src: "mail.*.*.*.*", dest: "events.{{wildcard(3)}}.{{wildcard(4)}}" },
  },
  { ...common, name: STREAMS.erased, subjects: ["erased.*.*"] },
  { ...common, name: STREAMS.control, subjects: ["control.>"] },
  // Kept for ever: a link without the one before it shows nothing.
  { ...common, name: STREAMS.chain, subjects: ["chain.*"] },
  {
    ...common,
    name: STREAMS.removals,
    subjects: ["removed", "removed.*"],
    max_msgs_per_subject: 1,
  },
  { ...common, name: STREAMS.bodies, subjects: ["body.>"] },
  {
    ...common,
    name: STREAMS.sessions,
    subjects: ["session.*"],
    max_age: nanos(30 * DAY),
    max_msgs_per_subject: 1,
    allow_direct: false,
  },
  {
    ...common,
    name: STREAMS.logins,
    subjects: ["login.*.*"],
    // Short: whoever makes names up makes a subject of each.
    max_age: nanos(HOUR),
    max_msgs_per_subject: 1,
    allow_msg_counter: true,
  },
  {
    ...common,
    name: STREAMS.limits,
    subjects: ["limit.>"],
    allow_msg_counter: true,
    max_msgs_per_subject: 1,
    // Longer than the longest window, a month, after its last message.
    max_age: nanos(40 * DAY),
  },
  {
    ...common,
    name: STREAMS.hooks,
    subjects: ["hook.*"],
    // Longer than any signed call may be old that could be used for something else (Mailgun: 9 hours).
    max_age: nanos(10 * HOUR),
    duplicate_window: nanos(10 * HOUR),
  },
  { ...common, name: STREAMS.uses, subjects: ["use.*.*.*"], max_msgs_per_subject: 1 },
  {
    ...common,
    name: STREAMS.seats,
    subjects: ["seat.*.*"],
    max_msgs_per_subject: 1,
    allow_msg_ttl: true,
    max_age: nanos(HOUR),
  },
];

const NO_SUCH_STREAM = 10059;

/** Replicas of a stream that is there, or was made. */
async function ensureStream({ jsm }: Nats, wanted: Wanted): Promise<number> {
  try {
    const { config } = await jsm.streams.info(wanted.name);
    if (config.max_age === FORMER_AGES[wanted.name])
      await jsm.streams.update(wanted.name, { max_age: 0 });
    return config.num_replicas;
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== NO_SUCH_STREAM) throw error;
    return (await jsm.streams.add(wanted)).config.num_replicas;
  }
}

/**
 * Makes the streams that are missing, with so many replicas; those that exist are left as their
 * operator set them. The log says which of them have another number.
 */
export async function ensureStreams(
  nats: Nats,
  replicas = 1,
  log?: Pick<Logger, "warn">,
): Promise<void> {
  const ensure = async (wanted: Wanted): Promise<[string, number]> => [
    wanted.name,
    await untilLed(() => ensureStream(nats, { ...wanted, num_replicas: replicas })),
  ];
  const found = await Promise.all(WANTED.map(ensure));
  const others = found.filter(([, kept]) => kept !== replicas);
  if (others.length > 0)
    log?.warn(
      { wanted: replicas, found: Object.fromEntries(others) },
      "streams have another number of replicas and are left so",
    );
}
