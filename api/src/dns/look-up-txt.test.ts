import { expect, it } from "vitest";
import { startNameServer } from "../testing/name-server.ts";
import { txtLookUp } from "./look-up-txt.ts";

const NAME = "_waybill.example.test";
const away = expect.objectContaining({ code: "unavailable" });

it("gives every record, its strings joined", async () => {
  using server = await startNameServer([["waybill-verification=", "token"], ["v=spf1 -all"]]);
  const lookUp = txtLookUp({ servers: [server.address] });
  const found = await lookUp(NAME);
  expect(found.toSorted()).toEqual(["v=spf1 -all", "waybill-verification=token"]);
});

it.each(["NXDOMAIN", []] as const)("has nothing where DNS says %j", async (answer) => {
  using server = await startNameServer(answer === "NXDOMAIN" ? answer : []);
  expect(await txtLookUp({ servers: [server.address] })(NAME)).toEqual([]);
});

it("asks anew each time", async () => {
  using server = await startNameServer([["a"]]);
  const lookUp = txtLookUp({ servers: [server.address] });
  await lookUp(NAME);
  await lookUp(NAME);
  expect(server.asked()).toBe(2);
});

it("is unavailable where the zone's servers fail", async () => {
  using server = await startNameServer("SERVFAIL");
  await expect(txtLookUp({ servers: [server.address] })(NAME)).rejects.toEqual(away);
});

it.each([
  ["a server", { timeout: 20, deadline: 60_000 }],
  ["all of them, in the time there is", { timeout: 60_000, deadline: 50 }],
])("is unavailable after the silence of %s", async (_, times) => {
  using server = await startNameServer("silence");
  const lookUp = txtLookUp({ servers: [server.address], ...times });
  await expect(lookUp(NAME)).rejects.toEqual(away);
});
