// Plain JavaScript that any Node understands, so that a wrong one is told so.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    `waybill cannot start: Node ${process.versions.node} is too old\n` +
      "  hint: it needs Node 24.12 or newer; `npm ci && npm start` brings its own on Linux\n",
  );
  process.exit(1);
}
await import("./waybill.ts");
