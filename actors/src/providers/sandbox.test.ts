import { expect, test } from "vitest";
import { play } from "./sandbox.ts";

test.each([
  ["delivered@sandbox.waybill.test", 1, "accepted"],
  ["anyone@elsewhere.test", 1, "accepted"],
  ["bounced@sandbox.waybill.test", 1, "permanent_recipient"],
  ["Bounced@Sandbox.Waybill.Test", 1, "permanent_recipient"],
  ["bounced@elsewhere.test", 1, "accepted"],
  ["deferred@sandbox.waybill.test", 9, "retry"],
  ["deferred+2@sandbox.waybill.test", 2, "retry"],
  ["deferred+2@sandbox.waybill.test", 3, "accepted"],
  ["ratelimited@sandbox.waybill.test", 1, "throttled"],
  ["timeout@sandbox.waybill.test", 1, "retry"],
  ["ambiguous@sandbox.waybill.test", 1, "ambiguous"],
])("%s at attempt %i is %s", (recipient, attempt, outcome) => {
  expect(play(recipient, attempt)).toMatchObject({ recipient, class: outcome });
});
