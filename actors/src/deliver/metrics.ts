import { counter, durations, owner } from "@waybill/runtime/metrics";
import type { Outcome } from "@waybill/schemas";

const attempts = counter({
  name: "waybill_attempts_total",
  help: "Attempts at delivery, once for each class of outcome they had.",
  labels: ["tenant", "provider", "class"],
});
const lengths = durations({
  name: "waybill_attempt_duration_seconds",
  help: "How long attempts at delivery took, waiting for a connection included.",
  labels: ["tenant", "provider"],
});

/** Counts an attempt, for the metrics of this process; its length is in milliseconds. */
export function countAttempt(
  whose: { tenant: string; provider: string },
  outcomes: readonly Outcome[],
  durationMs: number,
): void {
  const labels = owner(whose);
  const classes = new Set(outcomes.map((outcome) => outcome.class));
  for (const one of classes) attempts.inc({ ...labels, class: one });
  lengths.observe(labels, durationMs / 1000);
}
