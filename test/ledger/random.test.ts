// SPDX-License-Identifier: MIT
import { expect } from "chai";
import fc from "fast-check";

import {
  slotsOf,
  ARRIVAL,
  decodeChunks,
  DEPARTURE,
  encodeForcedSlot,
  readForcedSlot,
  SLOT_BYTES,
  type ForcedSlot,
} from "../../src/codec/index.ts";
import { poseidon } from "../../src/crypto/index.ts";
import { toField, type Field } from "../../src/field.ts";
import {
  AccountTree,
  accountHash,
  accountTuple,
  applyLeaf,
  applySlot,
  leafPublicSignals,
  rootOfPath,
  State,
  type Account,
  type AccountPath,
  type Environment,
  type Reason,
} from "../../src/ledger/index.ts";
import { DEVELOPMENT, leafBytes, type Profile } from "../../src/profile.ts";
import { SMALL, stateWith, ENVIRONMENT, ALICE, BOB } from "../helpers/ledgerFixture.ts";
import { bytes, check, index32, uint } from "../helpers/properties.ts";
import { hasFixedSeed, seedFor } from "../helpers/random.ts";
import { randomLeaves, SLOT_LABELS, type RandomLeaf } from "../helpers/randomLeaf.ts";

const SEED = seedFor("ledger");

const REASONS: Record<Reason, true> = {
  UNKNOWN_FLAGS: true,
  UNKNOWN_SENDER: true,
  CHALLENGE_NOT_CANONICAL: true,
  RESPONSE_NOT_CANONICAL: true,
  BAD_SIGNATURE: true,
  NOT_OWNER: true,
  SENDER_TOKEN_MISMATCH: true,
  INSUFFICIENT_BALANCE: true,
  UNKNOWN_RECEIVER: true,
  RECEIVER_TOKEN_MISMATCH: true,
  RECEIVER_OVERFLOW: true,
  TREE_FULL: true,
  KEY_NOT_CANONICAL: true,
  KEY_NOT_ON_CURVE: true,
  KEY_SMALL_ORDER: true,
};

function take(profile: Profile, seed: string, count: number): RandomLeaf[] {
  const leaves = randomLeaves(profile, seed);
  return Array.from({ length: count }, () => leaves.next().value);
}

/** Adds to a sum per token. */
function add(sums: Map<bigint, bigint>, token: bigint, amount: bigint): void {
  sums.set(token, (sums.get(token) ?? 0n) + amount);
}

/** Every unit that is in L2 or comes in, per token; tokens with nothing are left out. */
function money(
  state: State,
  others: readonly { readonly token: bigint; readonly amount: bigint }[],
): Map<bigint, bigint> {
  const sums = new Map<bigint, bigint>();
  for (const [, { token, balance }] of state.accounts.entries()) {
    add(sums, token, balance);
  }
  for (const { token, amount } of others) {
    add(sums, token, amount);
  }
  return new Map([...sums].filter(([, sum]) => sum !== 0n).sort(([a], [b]) => Number(a - b)));
}

type LeafCase = Pick<RandomLeaf, "before" | "header" | "bytes" | "result"> & { readonly environment: Environment };

function expectConservation({ before, header, bytes: data, environment, result }: LeafCase): void {
  const brought = slotsOf(data)
    .slice(0, header.forcedCount)
    .map(readForcedSlot)
    .flatMap((slot, i) => {
      if ((slot.flags & ARRIVAL) !== 0n) {
        return result.outcomes[i]?.status === "executed" ? arrivingMoney(environment, slot) : [];
      }
      return (slot.flags & DEPARTURE) === 0n && slot.from === 0 ? [slot] : [];
    });
  const paid = { token: header.feeToken, amount: result.proverFees };
  expect(money(result.state, [...result.exits, paid])).to.deep.equal(money(before, brought));
}

const arrivingMoney = ({ arrivals }: Environment, { keyY }: ForcedSlot): { token: bigint; amount: bigint }[] =>
  (arrivals?.get(keyY) ?? [])
    .filter((account) => account !== undefined)
    .map(({ token, balance }) => ({ token, amount: balance }));

const leafHash = (account: Account | undefined): Field => (account === undefined ? toField(0n) : accountHash(account));

/** The root after `leaf` is written at the end of `path`. */
function rootWith(index: number, leaf: Field, path: AccountPath): Field {
  let node = leaf;
  let rest = index;
  for (const children of path.toReversed()) {
    node = poseidon(children.with(rest % 4, node));
    rest = Math.floor(rest / 4);
  }
  return node;
}

/** Follows the roots through the witness, as the circuit does: each path opens the root that the one before it left. */
function expectWitnessToChain(
  { depth, levels }: Profile,
  { before, header, environment, bytes: data, result }: RandomLeaf,
): void {
  const { witness } = result;
  const capacity = before.accounts.capacity;
  const at = <T>(items: readonly T[], i: number): T => items[i] as T;
  let state = before;
  for (const [slot, slotBytes] of slotsOf(data).entries()) {
    const isForced = slot < header.forcedCount;
    const { after, verdict } = applySlot(state, slotBytes, { ...header, ...environment, levels, isForced });
    const { from, to, flags } = readForcedSlot(slotBytes);
    const isArrival = isForced && (flags & ARRIVAL) !== 0n;
    const isCreation = isForced && (flags & (ARRIVAL | DEPARTURE)) === 0n && from === 0 && to === 0;
    const senderIndex = from % capacity;
    const receiverIndex = (isArrival ? state.nextSubtree(levels) : isCreation ? state.nextIndex : to) % capacity;

    const sender = state.account(senderIndex);
    expect(at(witness.sender, slot)).to.deep.equal(accountTuple(sender));
    expect(at(witness.senderExists, slot)).to.equal(sender === undefined ? 0n : 1n);
    expect(rootOfPath(senderIndex, leafHash(sender), at(witness.senderPath, slot))).to.equal(state.accounts.root);

    const between = rootWith(senderIndex, leafHash(verdict.debited ?? sender), at(witness.senderPath, slot));
    const receiver = senderIndex === receiverIndex ? (verdict.debited ?? sender) : state.account(receiverIndex);
    expect(at(witness.receiver, slot)).to.deep.equal(accountTuple(receiver));
    expect(at(witness.receiverExists, slot)).to.equal(receiver === undefined ? 0n : 1n);
    expect(rootOfPath(receiverIndex, leafHash(receiver), at(witness.receiverPath, slot))).to.equal(between);

    const receiverPath = at(witness.receiverPath, slot);
    const written = verdict.created ?? verdict.credited ?? receiver;
    const root =
      verdict.arrived === undefined
        ? rootWith(receiverIndex, leafHash(written), receiverPath)
        : rootWith(receiverIndex / 4 ** levels, verdict.arrived.root, receiverPath.slice(0, depth - levels));
    expect(root).to.equal(after.accounts.root);
    state = after;
  }
  const feeIndex = header.feeAccount % capacity;
  const feeAccount = state.account(feeIndex);
  expect(witness.feeAccountLeaf).to.deep.equal(accountTuple(feeAccount));
  expect(rootOfPath(feeIndex, leafHash(feeAccount), witness.feeAccountPath)).to.equal(state.accounts.root);
  const root = rootWith(feeIndex, leafHash(result.state.account(feeIndex)), witness.feeAccountPath);
  expect(poseidon([root, BigInt(state.nextIndex)])).to.equal(result.state.root);
}

for (const [profile, count] of [
  [SMALL, 240],
  [DEVELOPMENT, 160],
] as const) {
  describe(`random leaves, ${profile.name} profile, seed ${SEED}`, () => {
    let leaves: readonly RandomLeaf[] = [];
    before(() => {
      leaves = take(profile, `${SEED}/${profile.name}`, count);
    });

    it("are of every kind and meet every reason", function () {
      if (!hasFixedSeed) this.skip();
      const labels = new Set(leaves.flatMap((leaf) => leaf.labels));
      expect([...labels].sort()).to.deep.equal([...SLOT_LABELS].sort());
      const outcomes = leaves.flatMap((leaf) => leaf.result.outcomes);
      const reasons = new Set(outcomes.flatMap((outcome) => ("reason" in outcome ? [outcome.reason] : [])));
      expect([...reasons].sort()).to.deep.equal(Object.keys(REASONS).sort());
      const kinds = new Set(outcomes.map(({ kind, status }) => `${kind} ${status}`));
      expect([...kinds].sort()).to.deep.equal(
        [
          "arrival executed",
          "arrival void",
          "createAccount executed",
          "createAccount refunded",
          "departure taken",
          "exit executed",
          "exit void",
          "forcedExit executed",
          "forcedExit void",
          "forcedTransfer executed",
          "forcedTransfer void",
          "topUp executed",
          "topUp refunded",
          "transfer executed",
          "transfer void",
        ].sort(),
      );
      expect(new Set(leaves.map(({ result }) => result.tips.credited)).size).to.equal(2);
    });

    it("conserve each token", () => {
      leaves.forEach(expectConservation);
    });

    it("have witnesses whose paths lead from root to root", () => {
      leaves.slice(0, 80).forEach((leaf) => expectWitnessToChain(profile, leaf));
    });

    it("keep the invariants of accounts", () => {
      for (const { before: state, result } of leaves) {
        const most = profile.slots * 4 ** profile.levels;
        expect(result.state.nextIndex).to.be.within(state.nextIndex, state.nextIndex + 2 * most);
        expect(result.state.account(0)).to.equal(undefined);
        for (const [index, { balance }] of result.state.accounts.entries()) {
          expect(index).to.be.below(result.state.nextIndex);
          expect(balance >= 0n && balance < 1n << 128n).to.equal(true);
        }
      }
    });

    it("count the nonce of exactly the transactions that are executed", () => {
      const nonces = (state: State): bigint =>
        [...state.accounts.entries()].reduce((sum, [, account]) => sum + account.nonce, 0n);
      for (const { before: state, result } of leaves) {
        const executed = result.outcomes.filter(
          ({ kind, status }) => status === "executed" && (kind === "transfer" || kind === "exit"),
        );
        expect(nonces(result.state) - nonces(state)).to.equal(BigInt(executed.length));
      }
    });

    it("give the same result again, on a state built anew", () => {
      for (const { before: state, header, bytes: data, environment, binding, result } of leaves.slice(0, 40)) {
        const rebuilt = [...state.accounts.entries()].reduceRight(
          (tree, [index, account]) => tree.set(index, account),
          AccountTree.empty(profile.depth),
        );
        const again = applyLeaf(profile, new State(rebuilt, state.nextIndex), { header, bytes: data }, environment);
        expect(leafPublicSignals(again, binding)).to.deep.equal(leafPublicSignals(result, binding));
        expect(again.witness).to.deep.equal(result.witness);
        expect(again.outcomes).to.deep.equal(result.outcomes);
      }
    });

    it("carry their own bytes as chunks", () => {
      for (const { bytes: data, result } of leaves) {
        expect(decodeChunks(result.data.chunks.flat())).to.deep.equal(data);
      }
    });

    it("have an exits hash over two words for each slot", () => {
      for (const { result } of leaves) {
        const words: bigint[] = Array.from({ length: 8 }, () => 0n);
        for (const { slot, recipient, token, amount } of result.exits) {
          words[2 * slot] = recipient + token * 2n ** 160n;
          words[2 * slot + 1] = amount;
        }
        expect(result.exitsHash).to.equal(poseidon(words));
      }
    });
  });
}

describe("leaf generator", () => {
  it("repeats itself for a seed, and for no other", () => {
    const [first, again, other] = ["a", "a", "b"].map((seed) => take(SMALL, seed, 3).map((leaf) => leaf.bytes));
    expect(again).to.deep.equal(first);
    expect(other).to.not.deep.equal(first);
  });
});

/** The leaf with no arrival among its forced operations. */
const withoutArrivals = (leaf: Uint8Array, forcedCount: number): Uint8Array =>
  Uint8Array.from(
    Buffer.concat(
      slotsOf(leaf).map((bytes, i) => {
        const slot = readForcedSlot(bytes);
        return i < forcedCount ? encodeForcedSlot({ ...slot, flags: slot.flags & ~ARRIVAL }) : bytes;
      }),
    ),
  );

describe("any bytes", () => {
  it("under any header have exactly one result, which conserves each token", () => {
    const headers = fc.record({
      baseFee: uint(96),
      feeToken: uint(16),
      feeAccount: fc.oneof(fc.constantFrom(ALICE, BOB), index32()),
      forcedCount: fc.oneof(fc.nat(4), fc.nat(65535)),
      timestamp: uint(64),
    });
    check(
      [headers, bytes(leafBytes(SMALL))],
      (header, anything) => {
        const before = stateWith();
        const data = withoutArrivals(anything, header.forcedCount);
        const result = applyLeaf(SMALL, before, { header, bytes: data }, ENVIRONMENT);
        expectConservation({ before, header, bytes: data, environment: ENVIRONMENT, result });
        const again = applyLeaf(SMALL, stateWith(), { header, bytes: data }, ENVIRONMENT);
        expect(again.state.root).to.equal(result.state.root);
      },
      150,
    );
  });

  it("from known senders to known receivers do as well", () => {
    const slot = fc
      .tuple(fc.nat(6), fc.nat(6), fc.nat(5), bytes(SLOT_BYTES - 10))
      .map(([from, to, token, rest]) => Uint8Array.from([0, 0, 0, from, 0, 0, 0, to, 0, token, ...rest]));
    check(
      [fc.nat(4), fc.array(slot, { minLength: 4, maxLength: 4 })],
      (forcedCount, slots) => {
        const header = { baseFee: 1n, feeToken: 3n, feeAccount: BOB, forcedCount, timestamp: 0n };
        const data = withoutArrivals(Uint8Array.from(Buffer.concat(slots)), forcedCount);
        const before = stateWith();
        const result = applyLeaf(SMALL, before, { header, bytes: data }, ENVIRONMENT);
        expectConservation({ before, header, bytes: data, environment: ENVIRONMENT, result });
        expect(result.outcomes.slice(forcedCount).every(({ status }) => status === "void")).to.equal(true);
      },
      150,
    );
  });
});
