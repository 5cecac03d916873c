// SPDX-License-Identifier: MIT
import { checkCall, commandOf, type CommandName, type Given } from "./arguments.ts";
import type { Call } from "./call.ts";

type Commands = typeof import("./commands.ts");

const FUNCTIONS: Readonly<
  Record<Exclude<CommandName, "key make" | "key show">, (of: Commands) => (call: Call) => Promise<unknown>>
> = {
  status: (of) => of.status,
  accounts: (of) => of.accounts,
  deposit: (of) => of.deposit,
  send: (of) => of.send,
  exit: (of) => of.exit,
  "force exit": (of) => of.forceExit,
  "force transfer": (of) => of.forceTransfer,
  claim: (of) => of.claim,
  escape: (of) => of.escapeAll,
};

/**
 * Runs a command of the wallet.
 *
 * @param given options, and the command with its arguments
 * @param environment has the secrets
 * @param say is told what is done, a line each
 * @returns the exit code, or undefined for 0
 * @throws {UsageError} for a wrong call, before anything is loaded
 */
export async function runWallet(
  given: { readonly values: Given; readonly positionals: readonly string[] },
  environment: Call["environment"],
  say: Call["say"],
): Promise<unknown> {
  const { name, args } = commandOf(given.positionals);
  const call: Call = {
    ...{ options: checkCall(name, args, given.values, environment), args, environment, say },
    providers: new Map(),
  };
  try {
    if (name === "key make") {
      await (await import("./keyCommands.ts")).makeKey(call);
      return;
    }
    if (name === "key show") {
      await (await import("./keyCommands.ts")).showKey(call);
      return;
    }
    return await FUNCTIONS[name](await import("./commands.ts"))(call);
  } finally {
    for (const provider of call.providers.values()) provider.destroy();
  }
}
