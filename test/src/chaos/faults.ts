/** What a part of the relay is called here, and what its command line contains. */
export const PARTS = {
  "nats-server": "nats-server",
  PostgreSQL: "/postgres -D",
  ingress: "--stages=ingress",
  actors: "--stages=actors",
  "projections and API": "--stages=projections,api",
} as const;

export type Part = keyof typeof PARTS;

/** How a next hop can be bad: see `next-hop.ts`. */
const MOODS = [
  "slow",
  "says 421",
  "says 451",
  "says 550",
  "closes after the dot",
  "says 250 and closes",
] as const;

export type Mood = (typeof MOODS)[number];

export type Target =
  | { kind: "kill"; what: Part | "everything" }
  | { kind: "freeze"; what: Part }
  | { kind: "next hop"; what: Mood }
  | { kind: "network"; what: "resets" }
  | { kind: "disk"; what: "full" };

export type Fault = Target & {
  /** Seconds that it lasts; of a kill, none. */
  seconds: number;
  /** Seconds until the next one, counted from its end; with `overlaps` from its beginning. */
  pause: number;
  overlaps: boolean;
};

const parts = Object.keys(PARTS) as Part[];

/** Every fault there is, once. */
export const ALL: readonly Target[] = [
  ...parts.map((what) => ({ kind: "kill", what }) as const),
  { kind: "kill", what: "everything" },
  ...parts.map((what) => ({ kind: "freeze", what }) as const),
  ...MOODS.map((what) => ({ kind: "next hop", what }) as const),
  { kind: "network", what: "resets" },
  { kind: "disk", what: "full" },
];

/** Faults that meet no other: a relay cannot start again on a full disk, or beside a kill of its start. */
export const isAlone = ({ kind, what }: Target): boolean =>
  kind === "disk" || what === "everything";

/** `kill: actors` */
export const nameOf = ({ kind, what }: Target): string => `${kind}: ${what}`;
