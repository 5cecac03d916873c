// SPDX-License-Identifier: MIT
import { formatUnits, getCreateAddress, parseEther, toBeHex } from "ethers";

import { encodeDomain, type Header } from "../../../src/codec/index.ts";
import { createSigner } from "../../../src/crypto/index.ts";
import { State, type Account } from "../../../src/ledger/index.ts";
import { DEVELOPMENT } from "../../../src/profile.ts";
import { readParameters } from "./deployParameters.ts";

/** Parameters that a local chain is deployed with: the examples' fees, bonds and times. */
export const LOCAL = readParameters("local");

/** Sizes of the examples. */
export const PROFILE = DEVELOPMENT;

/** L1 of the examples, and the contracts on it. */
export const CHAIN_ID = 31_337n;
export const CONSENSUS = "0x00000000000000000000000000000000000000c0";
export const ROLLUP = getCreateAddress({ from: CONSENSUS, nonce: 1 });
export const DOMAIN = encodeDomain({ chainId: CHAIN_ID, rollup: ROLLUP });

/** 15 January 2027, 08:00:00 UTC. */
export const EIGHT = 1_800_000_000;

/** L1 addresses of the parties. */
export const SEQUENCER = 0x5e90n;
export const AGGREGATOR = 0xa66n;
export const ALICE = 0xa11cen;
export const BOB = 0xb0bn;
export const CAROL = 0xca401n;

const signerOf = (name: string): ReturnType<typeof createSigner> => createSigner(Buffer.from(name));
export const KEYS = { sequencer: signerOf("sequencer"), alice: signerOf("alice"), bob: signerOf("bob") } as const;
export const CAROLS_KEY = signerOf("carol").publicKey;

const account = (name: keyof typeof KEYS, owner: bigint, eth: string): Account => {
  const { x, y } = KEYS[name].publicKey;
  return { ax: x, ay: y, nonce: 0n, token: 0n, balance: parseEther(eth), owner };
};

/** Accounts 1 (the sequencer's, 0.1 ETH), 2 (Alice's, 2 ETH) and 3 (Bob's, 1 ETH). */
export const BEFORE = State.genesis(PROFILE)
  .withNewAccount(account("sequencer", SEQUENCER, "0.1"))
  .withNewAccount(account("alice", ALICE, "2"))
  .withNewAccount(account("bob", BOB, "1"));

export const HEADER: Header = {
  baseFee: LOCAL.poe.integer("baseFee"),
  feeToken: 0n,
  feeAccount: 1,
  forcedCount: 1,
  timestamp: BigInt(EIGHT),
};

// ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The examples of one document: Markdown by the name of its block. */
export type Examples = Readonly<Record<string, string>>;

/** A number in hex, of whole bytes. */
export const hex = (value: bigint, bytes = 32): string => toBeHex(value, bytes);

/** Bytes in hex. */
export const hexOf = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;

/** A long hex string by its first and its last digits. */
export const short = (text: string): string => `${text.slice(0, 10)}…${text.slice(-8)}`;

/** 18 decimals, without zeros at the end. */
export const eth = (value: bigint): string => formatUnits(value, 18).replace(/\.0$/, "");

/** A number of 18 decimals, rounded to some of them. */
export const rounded = (value: bigint, digits: number): string => {
  const unit = 10n ** BigInt(18 - digits);
  return formatUnits((value + unit / 2n) / unit, digits).replace(/\.0$/, "");
};

/** Time of the day, UTC. */
export const clock = (seconds: number | bigint): string => new Date(Number(seconds) * 1000).toISOString().slice(11, 19);

export const table = (headings: readonly string[], rows: readonly (readonly string[])[]): string =>
  [headings, headings.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

export const code = (...lines: readonly string[]): string => ["```text", ...lines, "```"].join("\n");
