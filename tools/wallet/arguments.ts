// SPDX-License-Identifier: MIT
import {
  addressOption,
  etherAmount,
  existingFile,
  httpUrl,
  oneOf,
  privateKey,
  required,
  UsageError,
  wholeNumber,
} from "../commandLine.ts";

/** Options of the wallet; those of `CONNECTION` also come from the environment, `WALLET_NODE` for `--node`. */
export const OPTIONS = {
  node: { type: "string" },
  l1: { type: "string" },
  rollup: { type: "string" },
  "chain-id": { type: "string" },
  "deployment-block": { type: "string" },
  key: { type: "string" },
  owner: { type: "string" },
  keystore: { type: "string" },
  token: { type: "string" },
  from: { type: "string" },
  "to-index": { type: "string" },
  tip: { type: "string" },
  "bound-to": { type: "string" },
  wait: { type: "string" },
  "max-fee": { type: "string" },
  "max-total": { type: "string" },
  all: { type: "boolean", default: false },
} as const;

const CONNECTION = ["node", "l1", "rollup", "chain-id", "deployment-block", "key", "owner", "keystore"] as const;

type Name = keyof typeof OPTIONS;
export type Given = Partial<Record<Exclude<Name, "all">, string>> & { readonly all?: boolean };

/** Values of the options of a call. */
export interface WalletOptions {
  readonly node?: string;
  readonly l1?: string;
  readonly rollup?: string;
  readonly chainId?: bigint;
  readonly deploymentBlock?: number;
  readonly key?: string;
  readonly owner?: string;
  readonly keystore?: string;
  /** Id, 16 bits. */
  readonly token?: bigint;
  readonly from?: number;
  readonly toIndex?: number;
  /** As it was given: its unit depends on the token. */
  readonly tip?: string;
  readonly boundTo?: string;
  readonly wait?: "virtual" | "final";
  readonly maxFee?: bigint;
  readonly maxTotal?: bigint;
  readonly all: boolean;
}

const MAX_INDEX = 2 ** 32 - 1;
const MAX_CHAIN_ID = 2n ** 256n - 1n;

/** @throws {UsageError} for a value that an option does not take */
function readOptions(given: Given, environment: Readonly<Record<string, string | undefined>>): WalletOptions {
  const values: Partial<Record<string, string>> = {};
  for (const name of Object.keys(OPTIONS)) {
    const flag = given[name as Name];
    const variable = `WALLET_${name.toUpperCase().replaceAll("-", "_")}`;
    const isConnection = (CONNECTION as readonly string[]).includes(name);
    const value = typeof flag === "string" ? flag : isConnection ? environment[variable] : undefined;
    if (value === "" && typeof flag === "string") throw new UsageError(`--${name} is empty`);
    if (value !== undefined && value !== "") values[name] = value;
  }
  const read = <Value, Key extends string>(
    name: Name,
    key: Key,
    convert: (option: string, value: string) => Value,
  ): { readonly [K in Key]?: Value } => {
    const value = values[name];
    return (value === undefined ? {} : { [key]: convert(`--${name}`, value) }) as { readonly [K in Key]?: Value };
  };
  const asIs = (_option: string, value: string): string => value;
  return {
    ...read("node", "node", httpUrl),
    ...read("l1", "l1", httpUrl),
    ...read("rollup", "rollup", addressOption),
    ...read("chain-id", "chainId", chainId),
    ...read("deployment-block", "deploymentBlock", (option, value) => wholeNumber(option, value, 0)),
    ...read("key", "key", asIs),
    ...read("owner", "owner", addressOption),
    ...read("keystore", "keystore", asIs),
    ...read("from", "from", (option, value) => wholeNumber(option, value, 1, MAX_INDEX)),
    ...read("to-index", "toIndex", (option, value) => wholeNumber(option, value, 1, MAX_INDEX)),
    ...read("bound-to", "boundTo", addressOption),
    ...read("wait", "wait", (option, value) => oneOf(option, value, ["virtual", "final"] as const)),
    ...read("max-fee", "maxFee", etherAmount),
    ...read("max-total", "maxTotal", etherAmount),
    ...read("token", "token", (option, value) => BigInt(wholeNumber(option, value, 0, 2 ** 16 - 1))),
    ...read("tip", "tip", asIs),
    all: given.all ?? false,
  };
}

/** Of a tip; 0 if there is none. @throws {UsageError} */
export const tipArgument = (value: string | undefined, token: bigint): bigint =>
  value === undefined ? 0n : units("--tip", value, token);

/** More than 0, below 2^128 units. @throws {UsageError} */
export function amountArgument(value: string | undefined, token: bigint): bigint {
  if (value === undefined) throw new UsageError("the amount is missing");
  const amount = units("amount", value, token);
  if (amount === 0n) throw new UsageError(`amount ${value}: must be more than 0`);
  return amount;
}

/** ETH has decimals; other tokens are counted in their smallest units. */
function units(name: string, value: string, token: bigint): bigint {
  if (token === 0n) return etherAmount(name, value);
  if (!/^\d{1,39}$/.test(value) || BigInt(value) >> 128n !== 0n) {
    throw new UsageError(`${name} ${value.slice(0, 100)}: must be a whole number of the token's smallest units`);
  }
  return BigInt(value);
}

function chainId(option: string, value: string): bigint {
  const id = /^\d{1,78}$/.test(value) ? BigInt(value) : 0n;
  if (id === 0n || id > MAX_CHAIN_ID) throw new UsageError(`${option} ${value}: must be a number of 1 or more`);
  return id;
}

/** A transaction of 93 bytes in hex, or the number of a forced operation. @throws {UsageError} */
export function subjectArgument(value: string): Uint8Array | number {
  if (/^0x[0-9a-fA-F]{186}$/.test(value)) return Uint8Array.from(Buffer.from(value.slice(2), "hex"));
  if (/^\d{1,10}$/.test(value)) return wholeNumber("operation", value, 1, MAX_INDEX);
  const shown = value.length > 40 ? `${value.slice(0, 40)}…` : value;
  throw new UsageError(`${shown}: must be a transaction (0x and 186 hexadecimal digits) or the number of an operation`);
}

/** Receiver and amount as they were given; the receiver is the text of a payee, or an index. */
export interface Payment {
  readonly to: string | number;
  readonly token: bigint;
  readonly amount: bigint;
}

/**
 * A payee and an amount, or with `--to-index` an amount. The payee has the form of one, and is compared with an account later.
 *
 * @throws {UsageError}
 */
export function paymentArguments(
  { toIndex, token }: Pick<WalletOptions, "toIndex" | "token">,
  [first, second]: readonly string[],
): Payment {
  if (toIndex !== undefined) {
    if (second !== undefined) throw new UsageError("a payee and --to-index name two receivers");
    return { to: toIndex, token: token ?? 0n, amount: amountArgument(first, token ?? 0n) };
  }
  if (first === undefined) throw new UsageError("the payee is missing: index:token:key:owner, or --to-index <number>");
  if (/^\d{1,10}$/.test(first)) {
    throw new UsageError(
      `payee ${first}: is a number alone; ask for index:token:key:owner, or trust it: --to-index ${first}`,
    );
  }
  const [, own = ""] = /^\d{1,10}:(\d{1,5}):0x[0-9a-fA-F]{64}:0x[0-9a-fA-F]{40}$/.exec(first) ?? [];
  if (own === "") throw new UsageError(`payee ${first.slice(0, 160)}: must have the form index:token:key:owner`);
  if (token !== undefined && token !== BigInt(own)) {
    throw new UsageError(`--token ${token}: the payee takes token ${own}`);
  }
  return { to: first, token: BigInt(own), amount: amountArgument(second, BigInt(own)) };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The password of the key file. @throws {UsageError} */
export function keyPassword({ WALLET_PASSWORD: password = "" }: Environment): string {
  if (password === "") throw new UsageError("the environment has no WALLET_PASSWORD, the password of the key file");
  return password;
}

/** The path of the key file, which is there. @throws {UsageError} */
export const keyPath = ({ key }: WalletOptions): string => existingFile("--key", required("--key", key));

/** Where the key of L1 is: in a file with its password, or in the environment. @throws {UsageError} */
export function l1KeySource(
  { keystore }: WalletOptions,
  environment: Environment,
): { readonly path: string; readonly password: string } | { readonly privateKey: string } {
  if (keystore === undefined) return { privateKey: privateKey("PRIVATE_KEY", environment["PRIVATE_KEY"]) };
  const { L1_PASSWORD: password = "" } = environment;
  if (password === "") throw new UsageError("the environment has no L1_PASSWORD, the password of --keystore");
  return { path: existingFile("--keystore", keystore), password };
}

/** A node, for what L1 does not take. @param instead the command that needs none @throws {UsageError} */
export function requireNode({ node }: WalletOptions, instead: string): string {
  if (node !== undefined) return node;
  throw new UsageError(`--node is missing: L1 takes no L2 transactions; by L1 alone, use: ${instead}`);
}

/** @throws {UsageError} */
export function requireSource({ node, l1, rollup }: WalletOptions): void {
  if (l1 === undefined && node === undefined) throw new UsageError("--node or --l1 is missing: where is the rollup?");
  if (node === undefined) required("--rollup", rollup);
}

/** How a command is called: checked before anything is loaded, so that the answer to a wrong call comes at once. */
export interface CommandForm {
  /** Most arguments. */
  readonly most: number;
  /** Options beside those of the connection. */
  readonly options: readonly string[];
  /** Looks at what the command needs. @throws {UsageError} */
  readonly check: (options: WalletOptions, args: readonly string[], environment: Environment) => void;
}

const SIGNS = ["token", "from", "wait"];
const TO = "to-index";

/** Of commands that send to L1. */
function checkL1(options: WalletOptions, environment: Environment): void {
  required("--l1", options.l1);
  l1KeySource(options, environment);
}

/** Of commands that only look. The rollup may stand in the key file. */
function checkSource(options: WalletOptions): void {
  if (options.key === undefined) requireSource(options);
  else keyPath(options);
}

const own = ({ token = 0n }: WalletOptions, [amount]: readonly string[]): Payment => ({
  ...{ to: 0, token },
  amount: amountArgument(amount, token),
});

/** All commands by name. */
export const COMMANDS = {
  "key make": {
    ...{ most: 0, options: [] },
    check: ({ key }, _args, environment) => {
      required("--key", key);
      if (keyPassword(environment).length < 8) {
        throw new UsageError("WALLET_PASSWORD of the environment has fewer than 8 characters");
      }
    },
  },
  "key show": { most: 0, options: [], check: keyPath },
  status: {
    ...{ most: 1, options: ["wait"] },
    check: (options, [subject]) => {
      if (subject !== undefined) {
        subjectArgument(subject);
      } else if (options.wait !== undefined) {
        throw new UsageError("--wait needs a transaction or an operation to wait for");
      }
      checkSource(options);
    },
  },
  accounts: {
    ...{ most: 0, options: ["token"] },
    check: checkSource,
  },
  deposit: {
    ...{ most: 2, options: ["token", "wait", "max-fee", TO] },
    check: (options, args, environment) => {
      if (args.length > 1 || options.toIndex !== undefined) paymentArguments(options, args);
      else own(options, args);
      checkL1(options, environment);
      keyPath(options);
      keyPassword(environment);
    },
  },
  send: {
    ...{ most: 2, options: [...SIGNS, "tip", "bound-to", TO] },
    check: (options, args, environment) => {
      checkSigned(options, paymentArguments(options, args), "force transfer", environment);
    },
  },
  exit: {
    ...{ most: 1, options: [...SIGNS, "tip", "bound-to"] },
    check: (options, args, environment) => {
      checkSigned(options, own(options, args), "force exit", environment);
    },
  },
  "force exit": {
    ...{ most: 1, options: [...SIGNS, "max-fee"] },
    check: (options, args, environment) => {
      own(options, args);
      checkL1(options, environment);
      keyPath(options);
    },
  },
  "force transfer": {
    ...{ most: 2, options: [...SIGNS, "max-fee", TO] },
    check: (options, args, environment) => {
      paymentArguments(options, args);
      checkL1(options, environment);
      keyPath(options);
    },
  },
  claim: {
    most: 0,
    options: ["token", "max-fee"],
    check: (options, _args, environment) => checkL1(options, environment),
  },
  escape: {
    ...{ most: 0, options: ["max-fee", "max-total", "all"] },
    check: (options, _args, environment) => {
      checkL1(options, environment);
      required("--rollup", options.rollup);
    },
  },
} as const satisfies Readonly<Record<string, CommandForm>>;

export type CommandName = keyof typeof COMMANDS;

function checkSigned(options: WalletOptions, { token }: Payment, instead: string, environment: Environment): void {
  tipArgument(options.tip, token);
  requireNode(options, instead);
  keyPath(options);
  keyPassword(environment);
}

/** The command of the first arguments, and the others. @throws {UsageError} */
export function commandOf(given: readonly string[]): { readonly name: CommandName; readonly args: readonly string[] } {
  const [first = "", second = ""] = given;
  for (const [name, length] of [
    [`${first} ${second}`, 2],
    [first === "balance" ? "accounts" : first, 1],
  ] as const) {
    if (Object.hasOwn(COMMANDS, name)) return { name: name as CommandName, args: given.slice(length) };
  }
  const known = Object.keys(COMMANDS).join(", ");
  throw new UsageError(`command ${first === "" ? "is missing" : first}: must be one of ${known}`);
}

const CONNECTED: readonly string[] = [...CONNECTION, "help"];

/**
 * Checks a call: arguments, options, and that all is given that the command needs.
 *
 * @throws {UsageError}
 */
export function checkCall(
  name: CommandName,
  args: readonly string[],
  given: Given,
  environment: Environment,
): WalletOptions {
  const { most, options: taken, check }: CommandForm = COMMANDS[name];
  const surplus = args[most];
  if (surplus !== undefined) {
    throw new UsageError(
      `${name} takes ${most === 0 ? "no" : most} argument${most === 1 ? "" : "s"}: ${surplus} is one too many`,
    );
  }
  for (const [option, value] of Object.entries(given)) {
    if (value !== false && !taken.includes(option) && !CONNECTED.includes(option)) {
      throw new UsageError(`${name} takes no --${option}`);
    }
  }
  const options = readOptions(given, environment);
  check(options, args, environment);
  return options;
}
