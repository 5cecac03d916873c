// SPDX-License-Identifier: MIT
import { CONTRACTS } from "../demo/contracts.ts";
import { oneOf, runCommand } from "../tools/commandLine.ts";

const LIFECYCLES = ["poe", "b52", "escape", "recursion"] as const;
/** Both consensus protocols; the escape from them, and joint proofs, are shown when they are asked for. */
const DEFAULT = ["poe", "b52"] as const;

const USAGE = `
npm run demo [-- <lifecycle> …]

Shows whole lifecycles on an embedded network, with real proofs: ${LIFECYCLES.join(", ")}; default: ${DEFAULT.join(" and ")}.
Exit code 1 if a check fails.
`;

await runCommand({ usage: USAGE, allowPositionals: true }, async ({ positionals }) => {
  const chosen = positionals.length > 0 ? positionals.map((word) => oneOf("lifecycle", word, LIFECYCLES)) : DEFAULT;

  const { default: hre, network } = await import("hardhat");
  const { prepareAll } = await import("../src/setup/index.ts");
  const [{ runB52Demo }, { runEscapeDemo }, { runProofOfEfficiencyDemo }, { runRecursionDemo }] = await Promise.all([
    import("../demo/b52.ts"),
    import("../demo/escape.ts"),
    import("../demo/poe.ts"),
    import("../demo/recursion.ts"),
  ]);
  const demos = {
    poe: runProofOfEfficiencyDemo,
    b52: runB52Demo,
    escape: runEscapeDemo,
    recursion: runRecursionDemo,
  };

  console.log("Circuits, development keys and contracts (a minute or two the first time, then kept)");
  // circom runs in processes of its own, so a second core is not idle while solc works.
  const [artifacts] = await Promise.all([
    prepareAll("development", (line) => console.log(`      ${line}`)),
    hre.tasks.getTask("build").run({ files: CONTRACTS.map((path) => `contracts/${path}.sol`), quiet: true }),
  ]);
  let allHeld = true;
  for (const lifecycle of chosen) {
    console.log(`\n═══ ${lifecycle} ═══`);
    const connection = await network.create();
    const path = `build/reports/${lifecycle}.json`;
    allHeld = (await demos[lifecycle](connection, artifacts, path)) && allHeld;
    await connection.close();
  }
  if (positionals.length === 0) {
    console.log("\n`npm run demo -- escape` shows how everybody leaves when the operators stop,");
    console.log("`npm run demo -- recursion` how one proof settles many leaves.");
  }
  return allHeld ? 0 : 1;
});
