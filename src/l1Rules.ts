// SPDX-License-Identifier: MIT
/**
 * L1's rules that the project is run, measured and deployed under: the one place that names them. Networks of
 * `hardhat.config.ts`, tests, benchmarks and rehearsals follow from it.
 */
export const L1_RULES = ["osaka", "amsterdam"] as const;
export type L1Rules = (typeof L1_RULES)[number];

/** Prices, in gas, and limits that differ between rules. */
export interface RuleFacts {
  /** Network of `hardhat.config.ts` on which these rules hold. */
  readonly network: "default" | "amsterdam";
  /** A storage slot that goes from zero to another value, without the 2,900 for the write. */
  readonly newSlot: number;
  /** A byte of code that a transaction leaves behind. */
  readonly codeByte: number;
  /** A contract's account, without the 9,000 for its creation. */
  readonly newContract: number;
  /** The account of an address without code that a call, not the transaction itself, gives its first wei. */
  readonly newAccount: number;
  /** Least price of a zero byte and of another byte of calldata, beside the 21,000 of the transaction. */
  readonly calldataFloor: readonly [zero: number, other: number];
  /** Most bytes of a contract's code. */
  readonly codeLimit: number;
  /** Most bytes of the data of a transaction that deploys a contract. */
  readonly initCodeLimit: number;
  /** Whether `TRANSACTION_GAS` limits all gas of a transaction, or its gas of execution only. */
  readonly capsStateGas: boolean;
}

/** Most gas of a transaction; `RuleFacts.capsStateGas` says which gas (EIP-7825, EIP-8037). */
export const TRANSACTION_GAS = 16_777_216n;

/** Gas of a block on the networks that the project is made for. */
export const BLOCK_GAS = 60_000_000n;

/** Gas of a block on the embedded networks that measure: more than `BLOCK_GAS`, so that what is too large is seen. */
export const MEASURING_BLOCK_GAS = 120_000_000n;

export const RULE_FACTS: Readonly<Record<L1Rules, RuleFacts>> = {
  osaka: {
    network: "default",
    newSlot: 17_100,
    codeByte: 200,
    newContract: 23_000,
    newAccount: 25_000,
    // EIP-7623.
    calldataFloor: [10, 40],
    // EIP-170, EIP-3860.
    codeLimit: 24_576,
    initCodeLimit: 49_152,
    capsStateGas: true,
  },
  // EIP-8037: 1,530 gas for a byte of state; 64 bytes for a slot, 120 for an account.
  amsterdam: {
    network: "amsterdam",
    newSlot: 97_920,
    codeByte: 1_530,
    newContract: 183_600,
    newAccount: 183_600,
    // EIP-7976.
    calldataFloor: [64, 64],
    // EIP-7954: 65,536 and 131,072; the contracts keep the older limits, which hold on mainnet (docs/adr/0040).
    codeLimit: 24_576,
    initCodeLimit: 49_152,
    capsStateGas: false,
  },
};

export const isL1Rules = (name: string): name is L1Rules => (L1_RULES as readonly string[]).includes(name);
