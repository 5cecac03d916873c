// SPDX-License-Identifier: MIT
import { toQuantity } from "ethers";

import { ToolError } from "../errors.ts";
import { RULE_FACTS, TRANSACTION_GAS, type L1Rules } from "../../src/l1Rules.ts";
import type { SentTransaction } from "./rehearsal.ts";

/** An endpoint, as far as it is asked here. */
export interface Endpoint {
  send(method: string, params: unknown[]): Promise<unknown>;
}

/** Rules of a chain. */
export interface ChainRules {
  readonly rules: L1Rules;
  /** Gas of its last block: no transaction can have more. */
  readonly blockGas: bigint;
  /** Unix time at which other rules are to hold, if the endpoint knows of any. */
  readonly changesAt?: number;
}

/** Unix times from which Amsterdam holds, by chain id (ethereum/pm#2205). */
const AMSTERDAM_SINCE: ReadonlyMap<bigint, number> = new Map([[11_155_111n, 1_791_294_816]]);

/** Fields of a block under Osaka, as clients show them, some of which they may leave out. */
const OSAKA_FIELDS = [
  "baseFeePerGas",
  "blobGasUsed",
  "difficulty",
  "excessBlobGas",
  "extraData",
  "gasLimit",
  "gasUsed",
  "hash",
  "logsBloom",
  "miner",
  "mixHash",
  "nonce",
  "number",
  "parentBeaconBlockRoot",
  "parentHash",
  "receiptsRoot",
  "requestsHash",
  "sha3Uncles",
  "size",
  "stateRoot",
  "timestamp",
  "totalDifficulty",
  "transactions",
  "transactionsRoot",
  "uncles",
  "withdrawals",
  "withdrawalsRoot",
] as const;
/** Fields of a block header that Amsterdam adds (EIP-7928, EIP-7843). */
const AMSTERDAM_FIELDS = ["blockAccessListHash", "slotNumber"] as const;

/** Init code that counts leading zeros of 1, which no chain before Osaka can (EIP-7939): PUSH1 1, CLZ, return the word. */
const COUNTS_ZEROS = "0x60011e5f5260205ff3";

/** Fork of a node's configuration (EIP-7910), as far as it is read here. */
interface ForkConfig {
  readonly activationTime: number;
}

/**
 * Finds out which rules a chain has: by the fields of its last block, by an instruction that only these rules have, and
 * by the forks that the endpoint says it is configured for, if it says so (EIP-7910).
 *
 * @throws {ToolError} `UNKNOWN_RULES` if they are older or newer than those the project knows
 */
export async function findRules(endpoint: Endpoint): Promise<ChainRules> {
  const chainId = BigInt((await endpoint.send("eth_chainId", [])) as string);
  const block = (await endpoint.send("eth_getBlockByNumber", ["latest", false])) as Record<string, unknown>;
  const fields = Object.keys(block).filter((field) => block[field] !== undefined && block[field] !== null);
  const added = fields.filter((field) => !(OSAKA_FIELDS as readonly string[]).includes(field));
  const unknown = added.filter((field) => !(AMSTERDAM_FIELDS as readonly string[]).includes(field));
  if (unknown.length > 0) throw newerRules(chainId, `its blocks have the fields ${unknown.join(", ")}`);

  const rules = added.includes("blockAccessListHash") ? "amsterdam" : "osaka";
  const { current, next } = await configOf(endpoint);
  const since = AMSTERDAM_SINCE.get(chainId);
  if (current !== undefined && since !== undefined && current.activationTime > since) {
    throw newerRules(chainId, `its last fork was at ${isoTime(current.activationTime)}`);
  }
  if (!(await countsZeros(endpoint))) {
    throw new ToolError(
      "UNKNOWN_RULES",
      { chainId },
      `chain ${chainId} has rules older than Osaka, for which the contracts are compiled: nothing can be deployed there`,
    );
  }
  const blockGas = BigInt(block["gasLimit"] as string);
  return { rules, blockGas, ...(next === undefined ? {} : { changesAt: next.activationTime }) };
}

/** The rules that a chain should have at a time, if nobody can be asked; `undefined` for chains that are not known. */
export function scheduledRules(chainId: bigint, unixTime: number): L1Rules | undefined {
  const since = AMSTERDAM_SINCE.get(chainId);
  return since === undefined ? undefined : unixTime >= since ? "amsterdam" : "osaka";
}

/**
 * Checks that a chain takes each transaction of a deployment.
 *
 * @param transactions as they were rehearsed under the rules of the chain
 * @throws {ToolError} `BEYOND_LIMITS`, which names the transaction and the limit
 */
export function requireWithinLimits(
  transactions: readonly SentTransaction[],
  { rules, blockGas }: Pick<ChainRules, "rules" | "blockGas">,
): void {
  const { codeLimit, initCodeLimit } = RULE_FACTS[rules];
  const beyond = (what: string, found: bigint, maximum: bigint, has: string, limit: string): ToolError =>
    new ToolError(
      "BEYOND_LIMITS",
      { transaction: what, found, maximum },
      `${what} ${has}, and ${limit}, under the rules of ${rules}: nothing was sent`,
    );
  for (const transaction of transactions) {
    const { what, dataBytes, codeBytes, gas } = transaction;
    const capped = cappedGas(transaction, rules);
    if (codeBytes > codeLimit) {
      throw beyond(
        what,
        BigInt(codeBytes),
        BigInt(codeLimit),
        `has ${codeBytes} bytes of code`,
        `a contract ${codeLimit} at most`,
      );
    }
    if (codeBytes > 0 && dataBytes > initCodeLimit) {
      throw beyond(
        what,
        BigInt(dataBytes),
        BigInt(initCodeLimit),
        `is deployed by ${dataBytes} bytes`,
        `${initCodeLimit} are possible`,
      );
    }
    if (capped > TRANSACTION_GAS) {
      throw beyond(
        what,
        capped,
        TRANSACTION_GAS,
        `needs ${capped} gas of execution`,
        `a transaction has ${TRANSACTION_GAS} at most`,
      );
    }
    if (gas > blockGas) throw beyond(what, gas, blockGas, `needs ${gas} gas`, `a block of this chain has ${blockGas}`);
  }
}

/** The gas of a transaction that the cap of all transactions is about. */
export const cappedGas = ({ gas, stateGas }: SentTransaction, rules: L1Rules): bigint =>
  RULE_FACTS[rules].capsStateGas ? gas : gas - stateGas;

/**
 * Checks that an endpoint estimates transactions of this size: some refuse what is above a cap of their own, and a
 * deployment would stop where it comes to that.
 *
 * @param gas that the largest transaction needs
 * @throws {ToolError} `ESTIMATE_REFUSED`
 */
export async function requireEstimates(
  endpoint: Endpoint,
  from: string,
  { rules }: Pick<ChainRules, "rules">,
  gas: bigint,
): Promise<void> {
  // Less than `gas` by the price of one slot at most, lest it is the probe that is too large.
  const perSlot = BigInt(RULE_FACTS[rules].newSlot + SLOT_EXECUTION);
  const slots = gas > CREATION ? (gas - CREATION) / perSlot : 0n;
  if (slots === 0n) return;
  try {
    await endpoint.send("eth_estimateGas", [{ from, data: writesSlots(slots) }]);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new ToolError(
      "ESTIMATE_REFUSED",
      { gas },
      `the endpoint does not estimate a transaction of ${gas} gas, which this deployment needs (${reason}): take one with a higher cap`,
      { cause: error },
    );
  }
}

/** Execution of one round of `writesSlots`: a cold slot, the write, and the loop. */
const SLOT_EXECUTION = 5_100;
/** Room for a creation of a contract without code, under all rules. */
const CREATION = 300_000n;

/** Init code that writes `slots` slots, and leaves no contract code: PUSH2 n, then n × SSTORE(n, n). */
const writesSlots = (slots: bigint): string =>
  `0x61${toQuantity(slots).slice(2).padStart(4, "0")}5b808055600190038060035700`;

const newerRules = (chainId: bigint, why: string): ToolError =>
  new ToolError(
    "UNKNOWN_RULES",
    { chainId },
    `chain ${chainId} has rules newer than Amsterdam, which this program does not know: ${why}`,
  );

const isoTime = (unixTime: number): string => new Date(unixTime * 1_000).toISOString();

/** The endpoint's answer about its forks; empty if it does not know the question. */
async function configOf(endpoint: Endpoint): Promise<{ current?: ForkConfig; next?: ForkConfig }> {
  const config = (await endpoint.send("eth_config", []).catch(() => null)) as {
    current?: ForkConfig | null;
    next?: ForkConfig | null;
  } | null;
  const isFork = (fork: ForkConfig | null | undefined): fork is ForkConfig => Number.isInteger(fork?.activationTime);
  return {
    ...(isFork(config?.current) ? { current: config.current } : {}),
    ...(isFork(config?.next) ? { next: config.next } : {}),
  };
}

const countsZeros = (endpoint: Endpoint): Promise<boolean> =>
  endpoint.send("eth_call", [{ data: COUNTS_ZEROS }, "latest"]).then(
    (answer) => BigInt(answer as string) === 255n,
    () => false,
  );
