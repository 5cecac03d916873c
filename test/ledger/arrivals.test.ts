// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { ARRIVAL, DEPARTURE, encodeForcedSlot, SLOT_BYTES, type ForcedSlot } from "../../src/codec/index.ts";
import { compressKey, poseidon } from "../../src/crypto/index.ts";
import { P } from "../../src/field.ts";
import {
  accountHash,
  applyLeaf,
  arrivalSlot,
  arrivalsRoot,
  departureSlot,
  forcedExitSlot,
  forcedTransferSlot,
  newAccountSlot,
  signTransaction,
  State,
  topUpSlot,
  type Account,
  type Arrivals,
  type LeafResult,
  type Step,
} from "../../src/ledger/index.ts";
import { accountCapacity, createProfile } from "../../src/profile.ts";
import { expectError } from "../helpers/expectError.ts";
import {
  account,
  ALICE,
  ALICE_OWNER,
  aliceSigns,
  arrivalsByRoot,
  balances,
  BOB,
  ENVIRONMENT,
  FEE_TOKEN,
  force,
  HEADER,
  MAX_BALANCE,
  OTHER_TOKEN,
  SIGNERS,
  SMALL,
  stateWith,
} from "../helpers/ledgerFixture.ts";

const WIDTH = 4 ** SMALL.levels;
const CAPACITY = accountCapacity(SMALL);
const REFUND_TO = 0x2ef0dn;
/** Of the arrivals, for L1; the ledger ignores it. Its first word would be a sender that exists. */
const HASH = (1n << 176n) + (2n << 144n) + (1n << 128n) + 3n;

const bob: Account = account(SIGNERS.bob, { balance: 40n, owner: 0xb0bn });
const carol: Account = account(SIGNERS.carol, { token: OTHER_TOKEN, balance: MAX_BALANCE, owner: 0xca201n });
/** Two accounts, and a gap on each side of the second. */
const LIST: Arrivals = [bob, undefined, carol, undefined];

const slotOf = (list: Arrivals): Uint8Array =>
  arrivalSlot({ root: arrivalsRoot(list, SMALL.levels), hash: HASH, l1Address: REFUND_TO, fee: 7n });

const arrive = (state: State, list: Arrivals = LIST): Step => force(state, slotOf(list), [list]);

/** A state with `count` accounts, so that the next gets the index `count + 1`. */
const stateOf = (count: number): State =>
  Array.from({ length: count }).reduce<State>((state) => state.withNewAccount(bob), State.genesis(SMALL));

const run = (
  state: State,
  slots: readonly Uint8Array[],
  lists: readonly Arrivals[],
  forcedCount: number,
): LeafResult => {
  const bytes = new Uint8Array(SMALL.slots * SLOT_BYTES);
  slots.forEach((slot, i) => bytes.set(slot, i * SLOT_BYTES));
  const environment = { ...ENVIRONMENT, arrivals: arrivalsByRoot(lists) };
  return applyLeaf(SMALL, state, { header: { ...HEADER, forcedCount }, bytes }, environment);
};

describe("root of arrivals", () => {
  it("is that of a tree with each account's hash at its place, and 0 where nobody arrives", () => {
    expect(arrivalsRoot(LIST, 1)).to.equal(poseidon([accountHash(bob), 0n, accountHash(carol), 0n]));
    const empty = poseidon([0n, 0n, 0n, 0n]);
    const only = poseidon([0n, accountHash(bob), 0n, 0n]);
    const far: Arrivals = [...Array.from({ length: 9 }, () => undefined), bob];
    expect(arrivalsRoot(far, 2)).to.equal(poseidon([empty, empty, only, empty]));
  });

  it("is the same for a list without its last gaps", () => {
    expect(arrivalsRoot(LIST.slice(0, 3), 1)).to.equal(arrivalsRoot(LIST, 1));
    expect(arrivalsRoot([], 1)).to.equal(poseidon([0n, 0n, 0n, 0n]));
  });

  it("does not exist of more accounts than there are places", () => {
    expectError(() => arrivalsRoot([...LIST, bob], 1), "OUT_OF_RANGE");
  });
});

describe("arrival", () => {
  for (const count of [0, 1, 2, 3, 4, 5]) {
    const base = count < WIDTH ? WIDTH : 2 * WIDTH;

    it(`after ${count} accounts begins at index ${base}, and the next account comes behind it`, () => {
      const before = stateOf(count);
      const { after, verdict } = arrive(before);
      expect(verdict.outcome).to.deep.equal({ kind: "arrival", status: "executed" });
      expect(verdict.exit).to.equal(undefined);
      expect([...after.accounts.entries()]).to.deep.equal([
        ...before.accounts.entries(),
        [base, bob],
        [base + 2, carol],
      ]);
      expect(after.nextIndex).to.equal(base + WIDTH);
      const key = SIGNERS.alice.publicKey;
      const next = force(after, newAccountSlot({ key, token: 0n, amount: 1n, l1Address: 1n })).after;
      expect(next.account(base + WIDTH)?.balance).to.equal(1n);
    });
  }

  it("has the state root of a tree in which each account was written alone", () => {
    const before = stateWith();
    const tree = before.accounts.set(8, bob).set(10, carol);
    expect(arrive(before).after.root).to.equal(poseidon([tree.root, 12n]));
  });

  it("of nobody takes its places all the same", () => {
    const before = stateWith();
    const { after, verdict } = arrive(before, []);
    expect(verdict.outcome).to.deep.equal({ kind: "arrival", status: "executed" });
    expect(after.accounts.root).to.equal(before.accounts.root);
    expect(after.nextIndex).to.equal(12);
  });

  it("of equal accounts, or twice of the same, gives each its own place", () => {
    const equal: Arrivals = [bob, bob, bob, bob];
    const once = arrive(State.genesis(SMALL), equal).after;
    const twice = arrive(once, equal).after;
    expect([...twice.accounts.entries()]).to.deep.equal([4, 5, 6, 7, 8, 9, 10, 11].map((index) => [index, bob]));
    expect(twice.nextIndex).to.equal(12);
  });

  it("fills the last subtree of the tree; where none is left it is void", () => {
    const last = new State(stateWith().accounts, CAPACITY - WIDTH);
    const { after } = arrive(last);
    expect(after.account(CAPACITY - 2)).to.deep.equal(carol);
    expect(after.nextIndex).to.equal(CAPACITY);
    for (const nextIndex of [CAPACITY - WIDTH + 1, CAPACITY - 1, CAPACITY]) {
      const before = new State(stateWith().accounts, nextIndex);
      const step = arrive(before);
      expect(step.verdict).to.deep.equal({ outcome: { kind: "arrival", status: "void", reason: "TREE_FULL" } });
      expect(step.after).to.equal(before);
    }
  });

  it("needs the accounts under its root", () => {
    const before = stateWith();
    const slot = slotOf(LIST);
    const root = arrivalsRoot(LIST, SMALL.levels);
    expectError(() => force(before, slot), "UNKNOWN_ARRIVALS");
    expectError(() => force(before, slot, [[bob]]), "UNKNOWN_ARRIVALS");
    const full: Arrivals = [bob, bob, bob, bob];
    for (const [lie, named] of [
      [[bob, undefined, { ...carol, balance: 1n }], root],
      [[undefined, bob, carol], root],
      [[...full, bob], arrivalsRoot(full, SMALL.levels)],
    ] as const) {
      const leaf = { header: { ...HEADER, forcedCount: 1 }, bytes: new Uint8Array(SMALL.slots * SLOT_BYTES) };
      leaf.bytes.set(arrivalSlot({ root: named, hash: HASH, l1Address: REFUND_TO }));
      const environment = { ...ENVIRONMENT, arrivals: new Map([[named, lie]]) };
      expectError(() => applyLeaf(SMALL, before, leaf, environment), "UNKNOWN_ARRIVALS");
      expectError(() => applyLeaf(SMALL, before, leaf, ENVIRONMENT), "UNKNOWN_ARRIVALS");
    }
  });

  it("has no accounts if its root is no field element, though it is that of accounts modulo p", () => {
    const root = arrivalsRoot(LIST, SMALL.levels);
    const keyY = root + P;
    expect(keyY < 1n << 254n, "choose other accounts").to.equal(true);
    expectError(
      () => force(stateWith(), arrivalSlot({ root: keyY, hash: HASH, l1Address: 1n }), [LIST]),
      "UNKNOWN_ARRIVALS",
    );
  });

  it("has as many accounts as the profile says", () => {
    const profile = createProfile({ name: "two levels", depth: 3, slots: 2, levels: 2 });
    const list: Arrivals = Array.from({ length: 16 }, (_, i) => ({ ...bob, balance: BigInt(i) }));
    const root = arrivalsRoot(list, 2);
    const bytes = new Uint8Array(2 * SLOT_BYTES);
    bytes.set(arrivalSlot({ root, hash: HASH, l1Address: 1n }));
    const environment = { ...ENVIRONMENT, arrivals: new Map([[root, list]]) };
    const leaf = { header: { ...HEADER, forcedCount: 1 }, bytes };
    const { state } = applyLeaf(profile, State.genesis(profile), leaf, environment);
    expect([...state.accounts.entries()]).to.deep.equal(list.map((one, i) => [16 + i, one]));
    expect(state.nextIndex).to.equal(32);
  });
});

describe("leaf with an arrival", () => {
  const key = SIGNERS.alice.publicKey;
  const deposit = newAccountSlot({ key, token: FEE_TOKEN, amount: 5n, l1Address: 1n });

  it("may have a deposit before and one behind it", () => {
    const { state } = run(State.genesis(SMALL), [deposit, slotOf(LIST), deposit], [LIST], 3);
    expect(balances(state)).to.deep.equal({ 1: 5n, 4: 40n, 6: MAX_BALANCE, 8: 5n });
    expect(state.nextIndex).to.equal(9);
  });

  it("knows the accounts in the slots that follow: they send and receive", () => {
    const common = { token: FEE_TOKEN, domain: ENVIRONMENT.domain };
    const slots = [
      slotOf(LIST),
      topUpSlot({ to: 8, token: FEE_TOKEN, amount: 60n, l1Address: 1n }),
      signTransaction(SIGNERS.bob, { ...common, from: 8, to: ALICE, amount: 30n, nonce: 0n }),
      aliceSigns({ to: 8, amount: 7n }),
    ];
    const { state, outcomes } = run(stateWith(), slots, [LIST], 2);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(Array.from({ length: 4 }, () => "executed"));
    expect(state.account(8)).to.deep.equal({ ...bob, balance: 40n + 60n - 30n - 1n + 7n, nonce: 1n });
    expect(state.account(ALICE)?.balance).to.equal(1000n + 30n - 7n - 1n);
  });

  it("knows them not before", () => {
    const topUp = topUpSlot({ to: 8, token: FEE_TOKEN, amount: 60n, l1Address: 1n });
    const { outcomes } = run(stateWith(), [topUp, slotOf(LIST)], [LIST], 2);
    expect(outcomes.slice(0, 2)).to.deep.equal([
      { kind: "topUp", status: "refunded", reason: "UNKNOWN_RECEIVER" },
      { kind: "arrival", status: "executed" },
    ]);
  });

  it("shows the circuit the first place of the subtree as the receiver's, or index 0 if there is no room", () => {
    for (const [nextIndex, place] of [
      [5, 8],
      [CAPACITY - 1, 0],
      [CAPACITY, 0],
    ] as const) {
      const before = new State(stateWith().accounts, nextIndex);
      const { witness } = run(before, [slotOf(LIST)], [LIST], 1);
      expect(witness.receiverExists[0]).to.equal(0n);
      expect(witness.receiverPath[0]).to.deep.equal(before.accounts.path(place));
    }
  });
});

// ── Flags ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const L1_ADDRESS = { l1Address: ALICE_OWNER };
/** Operations that would each be valid without flags. */
const TEMPTING: Readonly<Record<string, Pick<ForcedSlot, "from" | "to" | "token" | "amount"> & Partial<ForcedSlot>>> = {
  "a forced exit": { from: ALICE, to: 0, token: FEE_TOKEN, amount: 100n, ...L1_ADDRESS },
  "a forced exit of more than there is": { from: ALICE, to: 0, token: FEE_TOKEN, amount: 5000n, ...L1_ADDRESS },
  "a forced transfer": { from: ALICE, to: BOB, token: FEE_TOKEN, amount: 100n, ...L1_ADDRESS },
  "a forced transfer to oneself": { from: ALICE, to: ALICE, token: FEE_TOKEN, amount: 100n, ...L1_ADDRESS },
  "a new account": { from: 0, to: 0, token: FEE_TOKEN, amount: 100n, ...compressKey(SIGNERS.carol.publicKey) },
  "a top-up": { from: 0, to: BOB, token: FEE_TOKEN, amount: 100n },
  "a deposit that is refunded": { from: 0, to: 9, token: FEE_TOKEN, amount: 100n },
};
const BASE = { keyY: 0n, keySign: 0n, fee: (1n << 90n) - 1n, l1Address: 0xde9n };

describe("flags of a forced operation", () => {
  for (const [name, fields] of Object.entries(TEMPTING)) {
    it(`make ${name} an arrival (4) or else a departure (2); the others are ignored`, () => {
      const before = stateWith();
      const plain = force(before, encodeForcedSlot({ ...BASE, ...fields, flags: 0n }));
      expect(plain.verdict.outcome.kind).not.to.be.oneOf(["arrival", "departure"]);
      for (let flags = 0n; flags < 32n; flags++) {
        const slot = { ...BASE, ...fields, flags };
        if ((flags & ARRIVAL) !== 0n) {
          const keyY = arrivalsRoot(LIST, SMALL.levels);
          const { after, verdict } = force(before, encodeForcedSlot({ ...slot, keyY }), [LIST]);
          expect(after.root).to.equal(arrive(before).after.root);
          expect({ ...verdict, arrived: undefined }).to.deep.equal({
            outcome: { kind: "arrival", status: "executed" },
            arrived: undefined,
          });
        } else if ((flags & DEPARTURE) !== 0n) {
          const { after, verdict } = force(before, encodeForcedSlot(slot));
          expect(after).to.equal(before);
          expect(verdict).to.deep.equal({ outcome: { kind: "departure", status: "taken", request: slot.keyY } });
        } else {
          const { after, verdict } = force(before, encodeForcedSlot(slot));
          expect(verdict).to.deep.equal(plain.verdict);
          expect(after.root).to.equal(plain.after.root);
        }
      }
    });
  }

  it("mean nothing in the slots of transactions", () => {
    const slots = [
      departureSlot({ hash: 1n, amount: 5n, l1Address: 1n }),
      slotOf(LIST),
      forcedExitSlot({ from: ALICE, token: FEE_TOKEN, amount: 1n, l1Address: ALICE_OWNER }),
      forcedTransferSlot({ from: ALICE, to: BOB, token: FEE_TOKEN, amount: 1n, l1Address: ALICE_OWNER }),
    ];
    const before = stateWith();
    const { state, outcomes } = run(before, slots, [LIST], 0);
    expect(outcomes.every(({ status }) => status === "void")).to.equal(true);
    expect(state.root).to.equal(before.root);
  });
});

describe("departure", () => {
  it("changes nothing, and is to be seen among the outcomes with the hash of what was requested", () => {
    const hash = (1n << 248n) - 1n;
    const before = stateWith();
    const result = run(before, [departureSlot({ hash, amount: 5n, l1Address: ALICE_OWNER, fee: 9n })], [], 1);
    expect(result.outcomes[0]).to.deep.equal({ kind: "departure", status: "taken", request: hash });
    expect(result.state.root).to.equal(before.root);
    expect(result.exits).to.deep.equal([]);
    expect(result.proverFees).to.equal(0n);
  });
});
