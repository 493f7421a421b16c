import type { WorkEvent } from "@waybill/schemas";

type Due = Extract<WorkEvent, { type: "due" }>;
type Change = Partial<Omit<Due, "type">> & { recipients?: readonly string[] };

/** The first attempt of a mail of tenant `t1` to two recipients, as the log hands it to an actor. */
export const dueWork = ({ recipients, ...change }: Change = {}): Due => ({
  type: "due",
  messageId: "01HZZZZZZZZZZZZZZZZZZZZZZZ",
  tenant: "t1",
  time: "2026-01-01T00:00:00.000Z",
  traceId: "0".repeat(32),
  attempt: 1,
  rung: 0,
  envelope: {
    from: "a@x.test",
    recipients: [...(recipients ?? ["one@y.test", "two@y.test"])],
    utf8: false,
  },
  body: { store: "jetstream", chunks: [1], size: 4, sha256: "" },
  routing: { tags: [], fields: {} },
  ...change,
});
