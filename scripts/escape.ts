// SPDX-License-Identifier: MIT
import type { TokenId } from "../src/escape/index.ts";
import {
  addressOption,
  etherAmount,
  httpUrl,
  privateKey,
  required,
  runCommand,
  UsageError,
  wholeNumber,
} from "../tools/commandLine.ts";

const USAGE = `
PRIVATE_KEY=0x… npm run escape -- --rpc <url> --rollup <address> [options]

Takes everything that belongs to the key's address out of a rollup, with nothing but an L1 endpoint (docs/enforcement.md).
The key comes from the environment, so that it is not in the shell's history. What has to be waited for is said, and a
later run goes on.

  --rpc <url>                   of an L1 endpoint
  --rollup <address>            of the core, as npm run deploy shows it at its end
  --deployment-block <number>   spares the search for the rollup's first event
  --dust <token>=<amount>       names a token that is worth something, and leaves what is below: the token's id, or
                                native; in its smallest unit. Of ETH, by default, what costs more than it brings is left
  --all                         takes everything, of every token
  --max-fee <ETH>               no transaction costs more. Default: 0.1
  --max-total <ETH>             all transactions together do not cost more. Default: 0.5

Only ETH, the native token and tokens that are named are a reason to freeze a rollup: anybody may make a token and give
it away. Tokens without usable decimals are left unless they are named.

Exit code 0 if all was done that can be done now, 1 if something failed, 2 for wrong options.
`;

const options = {
  rpc: { type: "string" },
  rollup: { type: "string" },
  "deployment-block": { type: "string" },
  dust: { type: "string", multiple: true },
  all: { type: "boolean", default: false },
  "max-fee": { type: "string" },
  "max-total": { type: "string" },
} as const;

await runCommand({ usage: USAGE, options }, async ({ values }) => {
  const rpc = httpUrl("--rpc", required("--rpc", values.rpc));
  const address = addressOption("--rollup", required("--rollup", values.rollup));
  const block = values["deployment-block"];
  const deploymentBlock = block === undefined ? undefined : wholeNumber("--deployment-block", block, 0);
  const dust = new Map((values.dust ?? []).map(dustOption));
  const maxFee = values["max-fee"] === undefined ? undefined : etherAmount("--max-fee", values["max-fee"]);
  const maxTotal = values["max-total"] === undefined ? undefined : etherAmount("--max-total", values["max-total"]);
  const key = privateKey("PRIVATE_KEY", process.env["PRIVATE_KEY"]);

  const { escapeFrom } = await import("../tools/escape.ts");
  return escapeFrom({
    ...{ rpc, address, key, dust, all: values.all },
    ...(deploymentBlock === undefined ? {} : { deploymentBlock }),
    ...(maxFee === undefined ? {} : { maxFee }),
    ...(maxTotal === undefined ? {} : { maxTotal }),
  });
});

/** `<token>=<amount>`, as in 1=1000000. */
function dustOption(given: string): readonly [TokenId, bigint] {
  const [, token, amount] = /^(\d{1,5}|native)=(\d{1,39})$/.exec(given) ?? [];
  if (token === undefined || amount === undefined) {
    throw new UsageError(`--dust ${given}: must be <token>=<amount>, as in 1=1000000`);
  }
  return [token === "native" ? token : BigInt(token), BigInt(amount)];
}
