import { counter, gauge, owner } from "@waybill/runtime/metrics";

const messages = counter({
  name: "waybill_smtp_accepted_total",
  help: "Messages that were accepted.",
  labels: ["tenant"],
});
const octets = counter({
  name: "waybill_smtp_accepted_bytes_total",
  help: "Octets of the messages that were accepted, as they are kept.",
  labels: ["tenant"],
});
const refusals = counter({
  name: "waybill_smtp_refused_total",
  help: "Replies that refuse something, by their basic code.",
  labels: ["code"],
});
const opened = counter({
  name: "waybill_smtp_connections_total",
  help: "Connections that were let in.",
});
const open = gauge({ name: "waybill_smtp_connections", help: "Connections that are open." });

/** Counts what the submission ports do, for the metrics of this process. */
export const metrics = {
  accepted: (tenant: string, size: number): void => {
    const labels = owner({ tenant });
    messages.inc(labels);
    octets.inc(labels, size);
  },
  refused: (code: number): void => refusals.inc({ code: String(code) }),
  opened: (): void => {
    opened.inc();
    open.inc();
  },
  closed: (): void => open.dec(),
};
