import { z } from "zod";

/** Why a change is made, for the log. */
export const ReasonHeader = z.object({
  "x-reason": z.string().min(1).max(200).optional().describe("why, for the log"),
});
