// SPDX-License-Identifier: MIT
import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { mkdirSync, statSync } from "node:fs";
import { constants } from "node:os";
import { dirname } from "node:path";
import { parseArgs, type ParseArgsConfig } from "node:util";

import { CodedError } from "../src/errors.ts";
import { ToolError } from "./errors.ts";

/** Exit code of a command that was called in a wrong way, and has not begun. 1 is that of one that failed. */
export const WRONG_USAGE = 2;

/** A command cannot work with an argument, or with a variable of the environment. Its message names it. */
export class UsageError extends ToolError<"BAD_OPTION"> {
  constructor(message: string) {
    super("BAD_OPTION", { reason: message }, message);
  }
}

type Options = NonNullable<ParseArgsConfig["options"]>;

/** How a command is called. */
export interface CommandLine<O extends Options> {
  /** For `--help`. The first line has the name of the command: `npm run deploy -- --network <name> [options]`. */
  readonly usage: string;
  /** As in `parseArgs` of `node:util`; `help` is added. */
  readonly options?: O;
  /** Whether there may be arguments without a name. Default: false. */
  readonly allowPositionals?: boolean;
}

/** Arguments that a command was called with. */
export interface Arguments<O extends Options> {
  readonly values: ReturnType<typeof parseArgs<{ options: O; strict: true }>>["values"];
  readonly positionals: readonly string[];
}

/**
 * Runs a command and ends the process, with exit code 0, the number that `main` gives, 1 if it fails, 2 if its arguments
 * are wrong, or 128 + n if signal n ends it; the processes that it started end with it.
 *
 * `main` checks its arguments before it loads Hardhat, ethers or snarkjs, which take seconds: the answer to a wrong
 * argument comes at once.
 */
export async function runCommand<O extends Options = Record<string, never>>(
  line: CommandLine<O>,
  main: (given: Arguments<O>) => unknown,
): Promise<never> {
  endChildrenOnSignals();
  let code = 0;
  try {
    const given = parseCommandLine(line);
    if (given === "help") {
      console.log(line.usage.trim());
    } else {
      const result: unknown = await main(given);
      if (typeof result === "number") code = result;
    }
  } catch (error) {
    const isUsage = error instanceof UsageError;
    console.error(isUsage ? `${error.message}\n${hintOf(line)}` : `\n${describeError(error)}`);
    code = isUsage ? WRONG_USAGE : 1;
  }
  // Networks, servers and curves would keep the process alive.
  process.exit(code);
}

/**
 * Reads a command line; `help` if that was asked for.
 *
 * @throws {UsageError} for an unknown option, one without its value, or an argument where there is none
 */
export function parseCommandLine<O extends Options>(
  { options, allowPositionals = false }: Pick<CommandLine<O>, "options" | "allowPositionals">,
  args: readonly string[] = process.argv.slice(2),
): Arguments<O> | "help" {
  const own = options ?? ({} as O);
  const help = { help: { type: "boolean", short: "h" } } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...own, ...help },
      allowPositionals,
      strict: true,
    });
    // Some commands had `help` in place of an option.
    if ((values as { readonly help?: boolean }).help === true || positionals[0] === "help") return "help";
    return { values, positionals };
  } catch (error) {
    const [, ambiguous] = /'(?:-\w, )?(--[\w-]+)' argument is ambiguous/.exec(String(error)) ?? [];
    if (ambiguous !== undefined) {
      const value = args[args.indexOf(ambiguous) + 1];
      const way = `a value that begins with a dash is written as ${ambiguous}=${value}`;
      throw new UsageError(`${ambiguous} ${value}: ${way}`);
    }
    // Node's advice on other ways to write an option follows in further sentences.
    if (isNodeError(error)) throw new UsageError(error.message.split(". ")[0]!.split("\n")[0]!);
    throw error;
  }
}

/**
 * One line for people about what went wrong; a fault of the program itself comes with its stack, to be reported.
 */
export function describeError(error: unknown): string {
  if (error instanceof CodedError) return `${error.code}: ${error.message}`;
  if (!(error instanceof Error)) return String(error);
  const isFault = [TypeError, ReferenceError, RangeError, SyntaxError].some((kind) => error instanceof kind);
  if (isFault && error.cause === undefined) return error.stack ?? error.message;
  // ethers appends the whole request and answer to the message.
  const { shortMessage } = error as { readonly shortMessage?: string };
  return shortMessage ?? error.message;
}

// ── Values of options ────────────────────────────────────────────────────────────────────────────────────────────────

/** @throws {UsageError} */
export function required(option: string, value: string | undefined): string {
  if (value === undefined || value === "") throw new UsageError(`${option} is missing`);
  return value;
}

/** @throws {UsageError} */
export function oneOf<T extends string>(option: string, value: string | undefined, known: readonly T[]): T {
  const found = known.find((candidate) => candidate === value);
  if (found === undefined) {
    throw new UsageError(`${option} ${value === undefined ? "is missing" : value}: must be one of ${known.join(", ")}`);
  }
  return found;
}

/** A whole number in [least, most]. @throws {UsageError} */
export function wholeNumber(option: string, value: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= least && number <= most)) {
    const range = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
    throw new UsageError(`${option} ${value}: must be a whole number ${range}`);
  }
  return number;
}

/** A number that may have decimals, in [0, most]. @throws {UsageError} */
export function decimalNumber(option: string, value: string, most = Number.MAX_SAFE_INTEGER): number {
  const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
  if (!(number <= most)) throw new UsageError(`${option} ${value}: must be a number from 0 to ${most}`);
  return number;
}

const WEI = 10n ** 18n;

/** An amount of ETH in decimals, in wei: below 10^9 ETH. @throws {UsageError} */
export function etherAmount(option: string, value: string): bigint {
  const [, whole, decimals = ""] = /^(\d+)(?:\.(\d+))?$/.exec(value.slice(0, 100)) ?? [];
  if (whole === undefined) throw new UsageError(`${option} ${value}: must be an amount of ETH, as in 0.25`);
  if (decimals.length > 18) {
    throw new UsageError(`${option} ${value}: has ${decimals.length} decimals, and ETH has 18`);
  }
  if (whole.length > 9) throw new UsageError(`${option} ${value}: must be below 1000000000 ETH`);
  return BigInt(whole) * WEI + BigInt(decimals.padEnd(18, "0"));
}

/** The address of a server that speaks HTTP. @throws {UsageError} */
export function httpUrl(option: string, value: string): string {
  const protocol = URL.canParse(value) ? new URL(value).protocol : "";
  if (protocol !== "http:" && protocol !== "https:") {
    throw new UsageError(`${option} ${value}: must be a URL that begins with http:// or https://`);
  }
  return value;
}

/** 20 bytes in hexadecimal; a checksum is not looked at. @throws {UsageError} */
export function addressOption(option: string, value: string): string {
  if (!/^0x[0-9a-fA-F]{40}$/.test(value)) {
    throw new UsageError(`${option} ${value}: must be an address, 0x and 40 hexadecimal digits`);
  }
  return value;
}

/** Order of secp256k1: a private key is below it. */
const KEYS = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/**
 * A private key of L1. It is not repeated in the message, which may end in a log.
 *
 * @throws {UsageError}
 */
export function privateKey(variable: string, value: string | undefined): string {
  const digits = value?.replace(/^0x/, "") ?? "";
  if (value === undefined || value === "") throw new UsageError(`the environment has no ${variable}`);
  const number = /^[0-9a-fA-F]{64}$/.test(digits) ? BigInt(`0x${digits}`) : 0n;
  if (number === 0n || number >= KEYS) {
    throw new UsageError(`${variable} of the environment is not a private key: 0x and 64 hexadecimal digits`);
  }
  return `0x${digits}`;
}

/** The path of a file that is there. @throws {UsageError} */
export function existingFile(option: string, path: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new UsageError(`${option} ${path}: there is no such file`);
  }
  return path;
}

/** The path of a folder, which is made if it is not there. @throws {UsageError} */
export function folderOption(option: string, value: string): string {
  const path = required(option, value);
  try {
    makeFolder(path);
  } catch (error) {
    throw new UsageError(`${option} ${path}: no folder can be made there (${(error as NodeJS.ErrnoException).code})`);
  }
  return path;
}

/** As `mkdirSync` with `recursive`, which never returns where the system lets nobody make folders, as in /proc. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path);
}

// ── Processes ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Signals that end a command. */
export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Ends this process on a signal, and every process that it started, in whatever library. */
function endChildrenOnSignals(): void {
  const children = new Set<ChildProcess>();
  subscribe("child_process", (message) => {
    const { process: child } = message as { readonly process: ChildProcess };
    children.add(child);
    child.once("exit", () => children.delete(child));
  });
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      for (const child of children) child.kill(signal);
      process.exit(128 + constants.signals[signal]);
    });
  }
}

const hintOf = ({ usage }: { readonly usage: string }): string => {
  const [command = ""] = /npm (run )?[\w:]+/.exec(usage) ?? [];
  return command === "" ? usage.trim() : `For how to call it: ${command} -- --help`;
};

const isNodeError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
