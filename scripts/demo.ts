import hre, { network } from "hardhat";

import { runB52Demo } from "../src/demo/b52.ts";
import { runEscapeDemo } from "../src/demo/escape.ts";
import { runProofOfEfficiencyDemo } from "../src/demo/poe.ts";
import { prepareAll, terminateCurve } from "../src/setup/index.ts";

/**
 * `npm run demo [-- poe | b52 | escape]`: whole lifecycles on an embedded network, with real proofs. Exits with 1 if
 * any check fails.
 */
const LIFECYCLES = { poe: runProofOfEfficiencyDemo, b52: runB52Demo, escape: runEscapeDemo } as const;

const words = process.argv.slice(2);
/** Both consensus protocols; the escape from them is shown when it is asked for. */
const DEFAULT = ["poe", "b52"];
const chosen = words.length > 0 ? words : DEFAULT;
const unknown = chosen.filter((word) => !(word in LIFECYCLES));
if (unknown.length > 0) {
  console.error(`unknown lifecycle ${unknown.join(", ")}; there are: ${Object.keys(LIFECYCLES).join(", ")}`);
  process.exit(2);
}

console.log("Circuits, development keys and contracts (a minute or two the first time, then kept)");
// circom runs in processes of its own, so a second core is not idle while solc works.
const [artifacts] = await Promise.all([
  prepareAll("development", (line) => console.log(`      ${line}`)),
  hre.tasks.getTask("build").run({ noTests: true, quiet: true }),
]);
let allHeld = true;
for (const word of chosen) {
  console.log(`\n═══ ${word} ═══`);
  const connection = await network.create();
  const path = `build/reports/${word}.json`;
  allHeld = (await LIFECYCLES[word as keyof typeof LIFECYCLES](connection, artifacts, path)) && allHeld;
  await connection.close();
}
if (words.length === 0) console.log("\n`npm run demo -- escape` shows how everybody leaves when the operators stop.");
await terminateCurve();
process.exit(allHeld ? 0 : 1);
