// Reads an AsyncAPI document from stdin; says as JSON what @asyncapi/parser finds wrong with it, and what it sees in it.
const { readFileSync } = require("node:fs");
const { Parser } = require("@asyncapi/parser");

const says = (operation) => [operation.id(), operation.action(), operation.channels().all().map((channel) => channel.address())];

async function judge(text) {
  const { document, diagnostics } = await new Parser().parse(text);
  const faults = diagnostics.map(({ severity, code, message, path }) => ({ severity, code, message, path: path.join(".") }));
  return { faults, operations: document ? document.operations().all().map(says) : [] };
}

judge(readFileSync(0, "utf8")).then((verdict) => process.stdout.write(JSON.stringify(verdict)));
