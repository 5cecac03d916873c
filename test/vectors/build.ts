// SPDX-License-Identifier: MIT
import {
  ARRIVAL,
  decodeChunks,
  DEPARTURE,
  encodeDomain,
  encodeForcedSlot,
  encodeHeader,
  encodePayload,
  encodeTip,
  encodeTransactionSlot,
  SEQUENCER_BOUND,
  type ForcedSlot,
  type Header,
  type TransactionSlot,
} from "../../src/codec/index.ts";
import {
  compressKey,
  createSigner,
  decompressKey,
  fromWireSignature,
  keyRootHint,
  transactionMessage,
  verifySignature,
  type CompressedKey,
} from "../../src/crypto/index.ts";
import { L, P } from "../../src/field.ts";
import {
  accountHash,
  applyBatch,
  arrivalSlot,
  arrivalsRoot,
  departureSlot,
  evaluateLeafData,
  exitEntries,
  exitsHash,
  exitWords,
  leafProofSignals,
  leafPublicSignals,
  leafStatement,
  newAccountSlot,
  signTransaction,
  State,
  topUpSlot,
  type Arrivals,
} from "../../src/ledger/index.ts";
import { arrivalsHash, encodeArrivals } from "../../src/migration/index.ts";
import { DEVELOPMENT, PRODUCTION } from "../../src/profile.ts";
import { encodeMessage, encodeQuestion } from "../../src/node/network/messages/index.ts";
import * as WORLD from "../helpers/gossipWorld.ts";
import { SMALL_ORDER_POINTS } from "../helpers/smallOrder.ts";

/** A value of a vector file: integers as decimal strings, bytes as 0x-hex. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const ROLLUP = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const CHAIN_ID = 31337n;
const DOMAIN = encodeDomain({ chainId: CHAIN_ID, rollup: ROLLUP });
const SEQUENCER = 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266n;
const MAX_BALANCE = (1n << 128n) - 1n;
const ALICE = createSigner(new TextEncoder().encode("vector alice"));
const BOB = createSigner(new TextEncoder().encode("vector bob"));
const CAROL = createSigner(new TextEncoder().encode("vector carol"));

/** Turns bigints into decimal strings and bytes into hex. */
function toJson(value: unknown): Json {
  if (typeof value === "bigint") {
    return value.toString();
  }
  if (value instanceof Uint8Array) {
    return `0x${Buffer.from(value).toString("hex")}`;
  }
  if (Array.isArray(value)) {
    return value.map(toJson);
  }
  if (value === undefined) return null;
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
  }
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return value;
  }
  throw new TypeError(`no vector of a ${typeof value}`);
}

const TRANSACTION: TransactionSlot = {
  from: 1,
  to: 2,
  token: 3n,
  amount: 4n,
  tipMantissa: 5n,
  tipExponent: 6n,
  flags: SEQUENCER_BOUND,
  h: 8n,
  s: 9n,
};

const FORCED: ForcedSlot = {
  from: 1,
  to: 2,
  token: 3n,
  amount: 4n,
  flags: 0n,
  keyY: 5n,
  fee: 6n,
  keySign: 1n,
  l1Address: 8n,
};

const NO_MOVEMENT = { from: 0, to: 0, token: 0n, amount: 0n, keySign: 0n };

const UINT32_MAX = 2 ** 32 - 1;
const max = (bits: bigint): bigint => (1n << bits) - 1n;

const slots = () => {
  const transactions: TransactionSlot[] = [
    TRANSACTION,
    {
      ...TRANSACTION,
      from: 0,
      to: 0,
      token: 0n,
      amount: 0n,
      tipMantissa: 0n,
      tipExponent: 0n,
      flags: 0n,
      h: 0n,
      s: 0n,
    },
    {
      from: UINT32_MAX,
      to: UINT32_MAX,
      token: max(16n),
      amount: MAX_BALANCE,
      tipMantissa: max(20n),
      tipExponent: max(6n),
      flags: max(5n),
      h: max(254n),
      s: max(251n),
    },
    { ...TRANSACTION, from: 0xa1b2c3d4, to: 0x01020304, h: P - 1n, s: L - 1n },
  ];
  const forced: ForcedSlot[] = [
    FORCED,
    {
      from: UINT32_MAX,
      to: UINT32_MAX,
      token: max(16n),
      amount: MAX_BALANCE,
      flags: 0n,
      keyY: max(254n),
      fee: max(90n),
      keySign: 1n,
      l1Address: max(160n),
    },
    { ...FORCED, from: 0, to: 0, ...compressKey(ALICE.publicKey), l1Address: SEQUENCER, fee: 10n ** 15n },
    { ...FORCED, keyY: 0n, keySign: 0n, to: 0, amount: 10n ** 18n },
    { ...NO_MOVEMENT, flags: DEPARTURE, keyY: max(248n), fee: 10n ** 15n, l1Address: SEQUENCER },
    { ...NO_MOVEMENT, flags: ARRIVAL, keyY: P - 1n, fee: 10n ** 15n, l1Address: SEQUENCER },
  ];
  const tips = [0n, 1n, max(20n), 1n << 20n, 5n << 40n, max(20n) << 63n];
  return {
    transactions: transactions.map((slot) => ({
      slot,
      payload: encodePayload(slot),
      bytes: encodeTransactionSlot(slot),
    })),
    forced: forced.map((slot) => ({ slot, bytes: encodeForcedSlot(slot) })),
    tips: tips.map((tip) => ({ tip, ...encodeTip(tip) })),
  };
};

const headers = () => {
  const list: Header[] = [
    { baseFee: 0n, feeToken: 0n, feeAccount: 0, forcedCount: 0, timestamp: 0n },
    { baseFee: 1n, feeToken: 2n, feeAccount: 3, forcedCount: 4, timestamp: 5n },
    { baseFee: 10n ** 12n, feeToken: 0n, feeAccount: 17, forcedCount: 3, timestamp: 1_800_000_000n },
    {
      baseFee: max(96n),
      feeToken: max(16n),
      feeAccount: UINT32_MAX,
      forcedCount: 65535,
      timestamp: max(64n),
    },
  ];
  return list.map((header) => ({ header, packed: encodeHeader(header) }));
};

const domains = () =>
  [
    { chainId: CHAIN_ID, rollup: ROLLUP },
    { chainId: 1n, rollup: ROLLUP },
    { chainId: CHAIN_ID + (1n << 16n), rollup: ROLLUP },
    { chainId: CHAIN_ID, rollup: "0x0000000000000000000000000000000000000001" },
  ].map((input) => ({ ...input, domain: encodeDomain(input) }));

const signatures = () => {
  const payload = encodePayload(TRANSACTION);
  const input = { domain: DOMAIN, payload, nonce: 7n, bound: SEQUENCER };
  const message = transactionMessage(input);
  const good = ALICE.sign(message);
  const { r8, s } = fromWireSignature(ALICE.publicKey, good);
  const edges = [
    { name: "good", ...good },
    { name: "another h", ...good, h: good.h ^ 1n },
    { name: "another S", ...good, s: good.s ^ 1n },
    { name: "zero", h: 0n, s: 0n },
    { name: "largest canonical", h: P - 1n, s: L - 1n },
    { name: "h = p", ...good, h: P },
    { name: "S = l", ...good, s: L },
    { name: "all ones", h: max(254n), s: max(251n) },
  ];
  return {
    messages: [input, { ...input, bound: 0n }, { ...input, nonce: 8n }, { ...input, domain: DOMAIN ^ 1n }].map(
      (fields) => ({
        ...fields,
        message: transactionMessage(fields),
      }),
    ),
    key: ALICE.publicKey,
    message,
    r8,
    s,
    cases: edges.map((edge) => ({ ...edge, valid: verifySignature(ALICE.publicKey, message, edge) })),
  };
};

const keys = () => {
  const compressed: (CompressedKey & { name: string })[] = [
    { name: "good", ...compressKey(ALICE.publicKey) },
    { name: "good, other sign", ...compressKey(ALICE.publicKey), keySign: 1n - compressKey(ALICE.publicKey).keySign },
    ...SMALL_ORDER_POINTS.map((point, i) => ({ name: `small order ${i}`, ...compressKey(point) })),
    { name: "x = 0 with an odd sign", keyY: 1n, keySign: 1n },
    { name: "order two with an odd sign", keyY: P - 1n, keySign: 1n },
    { name: "y = 2 is on no point", keyY: 2n, keySign: 0n },
    { name: "y = 2 is on no point, odd", keyY: 2n, keySign: 1n },
    { name: "y = p", keyY: P, keySign: 0n },
    { name: "y = 2^254 − 1", keyY: max(254n), keySign: 1n },
  ];
  return compressed.map(({ name, ...key }) => {
    const result = decompressKey(key);
    return {
      name,
      ...key,
      keyRoot: keyRootHint(key),
      ...("key" in result ? { good: true, x: result.key.x } : { good: false, reason: result.error }),
    };
  });
};

const exits = () => {
  const list = [
    { slot: 0, recipient: SEQUENCER, token: 0n, amount: 10n ** 18n },
    { slot: 1, recipient: 1n, token: 0n, amount: 0n },
    { slot: 3, recipient: max(160n), token: max(16n), amount: MAX_BALANCE },
  ];
  return {
    slots: 4,
    exits: list,
    words: exitWords(list, 4),
    exitsHash: exitsHash(list, 4),
    entries: exitEntries([{ exits: [] }, { exits: list }], 4),
  };
};

/** Two accounts that arrive, with a gap between them. */
const ARRIVALS: Arrivals = [
  { ax: CAROL.publicKey.x, ay: CAROL.publicKey.y, nonce: 0n, token: 0n, balance: 10n ** 17n, owner: 0xca201n },
  undefined,
  { ax: BOB.publicKey.x, ay: BOB.publicKey.y, nonce: 0n, token: 7n, balance: 1n, owner: 0xb0bn },
];
const ARRIVALS_ROOT = arrivalsRoot(ARRIVALS, DEVELOPMENT.levels);
const ARRIVALS_HASH = arrivalsHash(encodeArrivals(ARRIVALS));
const ENVIRONMENT = { sequencer: SEQUENCER, domain: DOMAIN, arrivals: new Map([[ARRIVALS_ROOT, ARRIVALS]]) };

/**
 * Three leaves that create, take a departure and an arrival, move and withdraw, from the development profile's genesis.
 */
function sampleBatch() {
  const common = { token: 0n, domain: DOMAIN };
  const data = Buffer.concat([
    newAccountSlot({ key: ALICE.publicKey, token: 0n, amount: 10n ** 18n, l1Address: SEQUENCER, fee: 10n ** 15n }),
    newAccountSlot({ key: BOB.publicKey, token: 0n, amount: 0n, l1Address: 0xb0bn }),
    topUpSlot({ to: 9, token: 0n, amount: 77n, l1Address: 0xca201n }),
    departureSlot({ hash: max(248n), amount: 3n * 10n ** 15n, fee: 10n ** 15n, l1Address: SEQUENCER }),
    arrivalSlot({ root: ARRIVALS_ROOT, hash: ARRIVALS_HASH, fee: 10n ** 15n, l1Address: SEQUENCER }),
    signTransaction(ALICE, { ...common, from: 1, to: 2, amount: 10n ** 17n, tip: 5n << 20n, nonce: 0n }),
    signTransaction(ALICE, { ...common, from: 1, to: 2, amount: 1n, nonce: 1n, boundTo: SEQUENCER }),
    signTransaction(ALICE, { ...common, from: 1, to: 2, amount: 1n, nonce: 1n }),
    signTransaction(BOB, { ...common, from: 2, to: 0, amount: 10n ** 16n, nonce: 0n }),
    signTransaction(CAROL, { ...common, from: 4, to: 1, amount: 5n, nonce: 0n }),
  ]);
  const header = { baseFee: 1000n, feeToken: 0n, feeAccount: 2, forcedCount: 5, timestamp: 1_800_000_000n };
  return { header, data };
}

const states = () => {
  const genesis = [DEVELOPMENT, PRODUCTION].map((profile) => ({
    profile: profile.name,
    depth: profile.depth,
    slots: profile.slots,
    levels: profile.levels,
    accountsRoot: State.genesis(profile).accounts.root,
    stateRoot: State.genesis(profile).root,
    emptyExitsHash: exitsHash([], profile.slots),
  }));
  const { state } = applyBatch(DEVELOPMENT, State.genesis(DEVELOPMENT), sampleBatch(), ENVIRONMENT);
  return {
    genesis,
    sample: {
      profile: DEVELOPMENT.name,
      accountsRoot: state.accounts.root,
      nextIndex: state.nextIndex,
      stateRoot: state.root,
      accounts: [...state.accounts.entries()].map(([index, account]) => ({
        index,
        account,
        hash: accountHash(account),
        path: state.proveAccount(index).path,
      })),
    },
  };
};

const batch = () => {
  const input = sampleBatch();
  const result = applyBatch(DEVELOPMENT, State.genesis(DEVELOPMENT), input, ENVIRONMENT);
  const binding = { z: result.z, context: 42n, worker: 43n };
  return {
    profile: DEVELOPMENT.name,
    ...input,
    sequencer: SEQUENCER,
    domain: DOMAIN,
    arrivals: { root: ARRIVALS_ROOT, accounts: ARRIVALS.map((account) => account ?? null) },
    context: binding.context,
    worker: binding.worker,
    dataHash: result.dataHash,
    z: result.z,
    proverFees: result.proverFees,
    leaves: result.leaves.map((leaf) => ({
      header: leaf.data.header,
      bytes: decodeChunks(leaf.data.chunks.flat()),
      c: leaf.c,
      y: evaluateLeafData(leaf.data, result.z),
      outcomes: leaf.outcomes,
      exits: leaf.exits,
      statement: leafStatement(leaf, leafPublicSignals(leaf, binding)),
      publicSignals: leafProofSignals(leaf, binding),
    })),
  };
};

/** All vector files: name to content. */
/** Messages of the gossip network, and byte strings that are none (docs/network.md §3). */
const messages = () => ({
  domain: WORLD.DOMAIN,
  messages: WORLD.MESSAGES.map((message) => ({ message: { ...message }, bytes: encodeMessage(message) })),
  escrow: { ...WORLD.ESCROW },
  questions: [
    { kind: "peers" as const },
    { kind: "proposal" as const, context: WORLD.CONTEXT },
    { kind: "transcript" as const, id: WORLD.ID },
    { kind: "block" as const, id: WORLD.ID },
    { kind: "proof" as const, id: WORLD.ID, node: 1 },
    { kind: "quote" as const, hash: WORLD.QUOTE_HASH },
    { kind: "purchase" as const, id: WORLD.ID },
    { kind: "sale" as const, id: WORLD.ID },
  ].map((question) => ({ question, bytes: encodeQuestion(question) })),
  invalid: WORLD.MESSAGES.flatMap((message) => {
    const bytes = encodeMessage(message);
    return [
      { kind: message.kind, fault: "VERSION", bytes: bytes.with(0, 2) },
      { kind: message.kind, fault: "KIND", bytes: bytes.with(1, 0) },
      { kind: message.kind, fault: "LENGTH", bytes: bytes.slice(0, -1) },
    ];
  }),
});

export const buildVectors = (): Record<string, Json> => ({
  "slots.json": toJson(slots()),
  "headers.json": toJson(headers()),
  "domains.json": toJson(domains()),
  "signatures.json": toJson(signatures()),
  "keys.json": toJson(keys()),
  "exits.json": toJson(exits()),
  "states.json": toJson(states()),
  "batch.json": toJson(batch()),
  "messages.json": toJson(messages()),
});
