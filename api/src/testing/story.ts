import type { DeadReason, MessageStatus, RecipientStatus } from "@waybill/schemas";

/** What a message of a test is; what is not said is plain. */
export type Story = {
  sender?: string;
  subject?: string;
  acceptedAt?: string;
  status?: MessageStatus;
  /** Address, and what became of it. */
  recipients?: { address: string; status: RecipientStatus; reason?: DeadReason; diedAt?: string }[];
  /** Header fields that the log holds of it. */
  fields?: Record<string, string>;
  raw?: string;
};
