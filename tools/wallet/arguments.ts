// SPDX-License-Identifier: MIT
import { addressOption, etherAmount, httpUrl, oneOf, UsageError, wholeNumber } from "../commandLine.ts";

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

/** What a command needs, of each option that it takes. */
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
export function readOptions(given: Given, environment: Readonly<Record<string, string | undefined>>): WalletOptions {
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
