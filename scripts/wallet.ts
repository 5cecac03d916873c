// SPDX-License-Identifier: MIT
import { runCommand } from "../tools/commandLine.ts";
import { OPTIONS } from "../tools/wallet/arguments.ts";
import { runWallet } from "../tools/wallet/run.ts";

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

await runCommand({ usage: USAGE, options: OPTIONS, allowPositionals: true }, (given) =>
  runWallet(given, process.env, (line) => console.log(line)),
);
