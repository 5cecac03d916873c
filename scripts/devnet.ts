// SPDX-License-Identifier: MIT
import { decimalNumber, runCommand, UsageError, wholeNumber } from "../tools/commandLine.ts";
import { electionOption } from "../tools/deployment/electionOption.ts";
import { rollupsOf } from "../tools/devnet/rollupNames.ts";

const USAGE = `
npm run devnet [-- options]

Runs two whole rollups on this machine, on one anvil as L1 with a block a second, and users of all kinds. Proof of
Efficiency: two sequencers, an aggregator, a boot aggregator and a follower. B52: two proposers, three provers, a
builder and a follower, which speak over libp2p. Each is a process with an API. It says where everything is, and runs
until SIGINT or SIGTERM. It leaves nothing behind.

  --rollup <name> poe, b52 or both. Default: both
  --election <election>  who may sequence and prove under Proof of Efficiency, as SlotAuction (docs/elections.md). Its
                  sequencers and aggregators join it, and act in it for as long as the devnet runs
  --minutes <n>   ends after so many
  --keep <path>   folder for databases, configurations and logs; stays. Default: a temporary one
  --no-restart    a node that ends is not started again: the command for it is shown
  --no-traffic    no users
  --seed <n>      of the users' choices; default: 1

Exit code 0 if it was told to end, 1 if it failed.
`;

const options = {
  rollup: { type: "string", default: "both" },
  election: { type: "string" },
  minutes: { type: "string" },
  keep: { type: "string" },
  seed: { type: "string", default: "1" },
  "no-restart": { type: "boolean", default: false },
  "no-traffic": { type: "boolean", default: false },
} as const;

await runCommand({ usage: USAGE, options }, async ({ values }) => {
  const minutes = values.minutes === undefined ? undefined : decimalNumber("--minutes", values.minutes);
  const seed = wholeNumber("--seed", values.seed, 0);
  const rollups = rollupsOf(values.rollup);
  if (values.election !== undefined && !rollups.includes("poe")) {
    throw new UsageError("--election needs --rollup poe or both: B52 has no elections");
  }
  const election = await electionOption(values.election);
  const { prepareAll } = await import("../src/setup/index.ts");
  const { runDevnet } = await import("../tools/devnet/devnet.ts");
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // In the place of the command's own answer, which ends the processes without order.
    process.removeAllListeners(signal);
    process.on(signal, () => stopping.abort());
  }
  console.log("Circuits and development keys (a minute or two the first time, then kept)");
  await prepareAll("development");
  return runDevnet({
    ...{ rollups, election },
    ...{ keep: values.keep, minutes, seed, signal: stopping.signal, say: (line) => console.log(line) },
    ...{ isRestarting: !values["no-restart"], hasTraffic: !values["no-traffic"] },
  });
});
