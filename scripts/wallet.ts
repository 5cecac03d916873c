// SPDX-License-Identifier: MIT
import { runCommand, UsageError } from "../tools/commandLine.ts";
import { OPTIONS, readOptions } from "../tools/wallet/arguments.ts";
import type { Call } from "../tools/wallet/commands.ts";

const USAGE = `
npm run wallet -- <command> [arguments] [options]

Uses a rollup: with --node by the API of a node (npm run node), with --l1 by L1 alone, with both by L1 and through the
node. A node is believed. By L1 alone nobody is: then everything works but send and exit, which need a sequencer.

  key make                      a new L2 key in the file of --key, encrypted with WALLET_PASSWORD; with --rollup and
                                --chain-id for that rollup alone, with --owner for accounts of that L1 address
  key show                      the public part of the key file
  status [transaction|number]   how far the rollup is; or what became of a transaction (its 93 bytes in hex) or of a
                                forced operation (its number)
  accounts                      own accounts, balances, and the text to give to those who pay (also: balance)
  deposit <amount>              from L1 into a new account; into another one: deposit <payee> <amount>
  send <payee> <amount>         pays an account through a node
  exit <amount>                 to L1 through a node; claim takes it once the batch is final
  force exit <amount>           to L1 without a node
  force transfer <payee> <amount>
                                pays an account without a node
  claim                         takes exits of final batches and the credit
  escape                        takes everything out of a rollup whose operators have stopped (npm run escape)

Amounts are in ETH with up to 18 decimals, or in the smallest units of --token. A payee is the text that accounts shows
to its owner, index:token:key:owner: all of it is compared before money is sent. A number alone is not compared:

  --to-index <number>           of the receiver, instead of a payee. WARNING: anybody may open accounts; know it
  --node <url>                  of a node's API
  --l1 <url>                    of an L1 endpoint
  --rollup <address>            of the core, as npm run deploy shows it at its end
  --chain-id <number>           of L1
  --deployment-block <number>   spares the search for the rollup's first event
  --key <path>                  key file of L2
  --owner <address>             L1 address that owns the accounts
  --keystore <path>             key of L1 in Web3 secret storage, instead of PRIVATE_KEY
  --token <id>                  default: 0, ETH
  --from <number>               account that pays. Default: the own one that holds most
  --tip <amount>                for the sequencer. Default: 0
  --bound-to <address>          the one sequencer who may include it
  --wait <virtual|final>        waits until it is that far; exit code 1 if it did nothing
  --max-fee <ETH>               no L1 transaction costs more. Default: 0.1
  --max-total <ETH>             escape: all of them do not cost more. Default: 0.5
  --all                         escape: takes everything, of every token

The options from --node to --keystore may stand in the environment: WALLET_NODE, WALLET_CHAIN_ID, … Secrets stand there
alone: WALLET_PASSWORD (of the key file), PRIVATE_KEY (of L1), L1_PASSWORD (of --keystore).

Exit code 0 if it was done, 1 if it failed, 2 for wrong arguments.
`;

type Command = (call: Call) => Promise<unknown>;
type Commands = typeof import("../tools/wallet/commands.ts");

const SIGNS = ["token", "from", "wait"];
const TO = "to-index";

/** Each command: how many arguments it takes, which options beside those of the connection, and the function. */
const COMMANDS: Readonly<
  Record<string, readonly [most: number, options: readonly string[], run: (of: Commands) => Command]>
> = {
  "key make": [0, [], (of) => of.makeKey],
  "key show": [0, [], (of) => of.showKey],
  status: [1, ["wait"], (of) => of.status],
  accounts: [0, ["token"], (of) => of.accounts],
  balance: [0, ["token"], (of) => of.accounts],
  deposit: [2, ["token", "wait", "max-fee", TO], (of) => of.deposit],
  send: [2, [...SIGNS, "tip", "bound-to", TO], (of) => of.send],
  exit: [1, [...SIGNS, "tip", "bound-to"], (of) => of.exit],
  "force exit": [1, [...SIGNS, "max-fee"], (of) => of.forceExit],
  "force transfer": [2, [...SIGNS, "max-fee", TO], (of) => of.forceTransfer],
  claim: [0, ["token", "max-fee"], (of) => of.claim],
  escape: [0, ["max-fee", "max-total", "all"], (of) => of.escapeAll],
};
const CONNECTION = ["node", "l1", "rollup", "chain-id", "deployment-block", "key", "owner", "keystore", "help"];

await runCommand({ usage: USAGE, options: OPTIONS, allowPositionals: true }, async ({ values, positionals }) => {
  const [first = "", second = ""] = positionals;
  const isPair = Object.hasOwn(COMMANDS, `${first} ${second}`);
  const name = isPair ? `${first} ${second}` : first;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const known = Object.keys(COMMANDS).filter((each) => each !== "balance");
    throw new UsageError(`command ${name === "" ? "is missing" : name}: must be one of ${known.join(", ")}`);
  }
  const [most, own, run] = command;
  const args = positionals.slice(isPair ? 2 : 1);
  if (args.length > most) {
    throw new UsageError(
      `${name} takes ${most || "no"} argument${most === 1 ? "" : "s"}: ${args[most]!} is one too many`,
    );
  }
  const surplus = Object.entries(values).find(
    ([option, value]) => value !== false && ![...own, ...CONNECTION].includes(option),
  );
  if (surplus !== undefined) throw new UsageError(`${name} takes no --${surplus[0]}`);
  const options = readOptions(values, process.env);
  const call: Call = { options, args, environment: process.env, say: (line) => console.log(line) };
  return run(await import("../tools/wallet/commands.ts"))(call);
});
