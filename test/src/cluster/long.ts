/** Whether every fault is wanted (`npm run test:cluster`), and not the few of each day. */
export const LONG = process.env["WAYBILL_TEST_CLUSTER"] === "long";
