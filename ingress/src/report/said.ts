import type { Category } from "@waybill/schemas";

/** What a receiving server says became of a mail. */
export type Said = {
  action: "failed" | "delayed" | "delivered";
  /** Its reply, on one line. */
  response: string;
  /** RFC 3463. */
  enhanced?: string;
};

/** What a mail to a return path tells; undefined when it is no report. */
export type Report =
  | { kind: "failed"; isHard: boolean; category: Category; response: string; enhanced?: string }
  | { kind: "delayed" | "delivered"; response: string }
  | { kind: "abuse"; feedbackType: string }
  | { kind: "opt-out" };
