// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { ARRIVAL, DEPARTURE, encodeChunks, encodeForcedSlot, type ForcedSlot } from "../../src/codec/index.ts";
import { compressKey, poseidon } from "../../src/crypto/index.ts";
import { P, toField } from "../../src/field.ts";
import {
  AccountTree,
  accountTuple,
  applySlot,
  arrivalsRoot,
  signTransaction,
  State,
  type Account,
  type Arrivals,
  type Step,
} from "../../src/ledger/index.ts";
import type { CircuitInput } from "../../src/prover/witness.ts";
import type { CompiledCircuit } from "../../src/setup/compile.ts";
import { compileTemplate, expectRefusal, forgeable, outputsOf, type Forgery } from "../helpers/circuit.ts";
import { createFastSigner } from "../helpers/fastSigner.ts";

const DEPTH = 5;
const LEVELS = 1;
const WIDTH = 4 ** LEVELS;
const CAPACITY = 4 ** DEPTH;
const CONTEXT = { baseFee: 3n, feeToken: 1n, sequencer: 0x5e9n, domain: 77n };
const ALICE = createFastSigner("alice");
const BOB = createFastSigner("bob");
const OWNER = 0xa11cen;

const alice: Account = {
  ax: ALICE.publicKey.x,
  ay: ALICE.publicKey.y,
  nonce: 5n,
  token: 1n,
  balance: 1000n,
  owner: OWNER,
};
const bob: Account = { ...alice, ax: BOB.publicKey.x, ay: BOB.publicKey.y, nonce: 0n, balance: 50n };
const LIST: Arrivals = [bob, undefined, { ...bob, token: 9n, owner: 7n }];
const ROOT = arrivalsRoot(LIST, LEVELS);
const ARRIVALS = new Map([[ROOT, LIST]]);

/** Alice and Bob at 1 and 2, whatever nextIndex is. */
const stateAt = (nextIndex: number): State => new State(AccountTree.empty(DEPTH).set(1, alice).set(2, bob), nextIndex);
const BEFORE = stateAt(3);

const apply = (state: State, slot: Uint8Array, isForced = true): Step =>
  applySlot(state, slot, { ...CONTEXT, levels: LEVELS, arrivals: ARRIVALS, isForced });

const inputOf = (state: State, slot: Uint8Array, { sender, receiver, keyRoot }: Step, isForced = true) => ({
  ...CONTEXT,
  isForced: isForced ? 1n : 0n,
  chunks: encodeChunks(slot),
  accountsRoot: state.accounts.root,
  nextIndex: BigInt(state.nextIndex),
  sender: sender.account,
  senderExists: sender.exists,
  senderPath: sender.path,
  receiver: receiver.account,
  receiverExists: receiver.exists,
  receiverPath: receiver.path,
  keyRoot,
});

const outputsAsIn = ({ after, verdict: { exit, fees } }: Step): bigint[] => [
  after.accounts.root,
  BigInt(after.nextIndex),
  exit === undefined ? 0n : exit.recipient + (exit.token << 160n),
  exit?.amount ?? 0n,
  fees?.baseFee ?? 0n,
  fees?.tip ?? 0n,
];

const EMPTY = { from: 0, to: 0, token: 0n, amount: 0n, flags: 0n, keyY: ROOT, keySign: 0n, fee: 9n, l1Address: OWNER };
const slotOf = (fields: Partial<ForcedSlot>): Uint8Array => encodeForcedSlot({ ...EMPTY, ...fields });
const arrival = (fields: Partial<ForcedSlot> = {}): Uint8Array => slotOf({ flags: ARRIVAL, ...fields });

/** Each of departure, arrival and neither, alone and with flags that are ignored. */
const FLAGS = [0n, 25n, DEPARTURE, DEPARTURE + 25n, ARRIVAL, ARRIVAL + 25n, ARRIVAL + DEPARTURE, 31n];

/** Operations that would each be valid without flags. */
const TEMPTING: Readonly<Record<string, Partial<ForcedSlot>>> = {
  "a forced exit": { from: 1, token: 1n, amount: 100n },
  "a forced exit of more than there is": { from: 1, token: 1n, amount: 5000n },
  "a forced transfer": { from: 1, to: 2, token: 1n, amount: 100n },
  "a forced transfer to oneself": { from: 1, to: 1, token: 1n, amount: 100n },
  "a new account": { token: 1n, amount: 100n, ...compressKey(BOB.publicKey) },
  "a top-up": { to: 2, token: 1n, amount: 100n },
  "a deposit that is refunded": { to: 9, token: 1n, amount: 100n },
  "a forced transfer beyond the tree": { from: 1 + CAPACITY, to: 2 + CAPACITY, token: 1n, amount: 100n },
};

describe("circuits: ApplySlot, with an account at index 0, which no state has", () => {
  it("lets it send nothing, though signed", async () => {
    const circuit = await compileTemplate("slot/ApplySlot.circom", [DEPTH, LEVELS]);
    const state = new State(BEFORE.accounts.set(0, alice), BEFORE.nextIndex);
    for (const to of [0, 2]) {
      const fields = { from: 0, to, token: 1n, amount: 5n, nonce: alice.nonce, domain: CONTEXT.domain };
      const slot = signTransaction(ALICE, fields);
      // To the ledger it is an account like any other, which is asked for what the circuit has to be shown.
      const { sender } = apply(state, slot, false);
      expect([sender.account, sender.exists]).to.deep.equal([accountTuple(alice), 1n]);
      const { receiver } = apply(state, signTransaction(BOB, fields), false);
      const input = inputOf(state, slot, { ...apply(state, slot, false), receiver }, false);
      const nothing = [state.accounts.root, BigInt(state.nextIndex), 0n, 0n, 0n, 0n];
      expect(await outputsOf(circuit, input)).to.deep.equal(nothing);
    }
  });
});

describe("circuits: ApplySlot, arrivals and departures", () => {
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("slot/ApplySlot.circom", [DEPTH, LEVELS]);
  });

  const compare = async (state: State, slot: Uint8Array): Promise<Step> => {
    const step = apply(state, slot);
    expect(await outputsOf(circuit, inputOf(state, slot, step))).to.deep.equal(outputsAsIn(step));
    return step;
  };

  it("put accounts where the ledger has them, after each number of accounts", async () => {
    for (let nextIndex = 3; nextIndex <= 4 * WIDTH + 1; nextIndex++) {
      const { after } = await compare(stateAt(nextIndex), arrival());
      expect(after.nextIndex).to.equal((Math.ceil(nextIndex / WIDTH) + 1) * WIDTH);
    }
  });

  it("fit into the last subtree, and nothing happens where none is left", async () => {
    for (const room of [2 * WIDTH, WIDTH + 1, WIDTH]) {
      const { verdict } = await compare(stateAt(CAPACITY - room), arrival());
      expect(verdict.outcome.status, `${room}`).to.equal("executed");
    }
    for (const room of [WIDTH - 1, 1, 0]) {
      const { verdict } = await compare(stateAt(CAPACITY - room), arrival());
      expect(verdict.outcome.status, `${room}`).to.equal("void");
    }
  });

  for (const [name, fields] of Object.entries(TEMPTING)) {
    it(`are told by their flags from ${name}, also where there is no room`, async () => {
      const plain = apply(BEFORE, slotOf(fields)).verdict.outcome.kind;
      for (const flags of FLAGS) {
        const isArrival = (flags & ARRIVAL) !== 0n;
        const { verdict } = await compare(BEFORE, slotOf({ ...fields, flags, ...(isArrival && { keyY: ROOT }) }));
        const expected = isArrival ? "arrival" : (flags & DEPARTURE) !== 0n ? "departure" : plain;
        expect(verdict.outcome.kind).to.equal(expected);
      }
      for (const flags of [0n, DEPARTURE, ARRIVAL]) {
        const { verdict } = await compare(stateAt(CAPACITY), slotOf({ ...fields, flags }));
        expect(verdict.arrived).to.equal(undefined);
        expect(verdict.created).to.equal(undefined);
      }
    });
  }

  it("do not exist among transactions, though signed", async () => {
    const slot = signTransaction(ALICE, { from: 1, to: 2, token: 1n, amount: 5n, nonce: 5n, domain: CONTEXT.domain });
    for (const flags of [ARRIVAL, DEPARTURE]) {
      const flagged = Uint8Array.from(slot);
      // The byte of bits 511 … 504 of the slot, of which 509 … 505 are the flags.
      flagged[29] = (flagged[29] ?? 0) | Number(flags << 1n);
      const step = apply(BEFORE, flagged, false);
      expect(step.verdict.outcome).to.include({ kind: "transfer", status: "void", reason: "UNKNOWN_FLAGS" });
      expect(await outputsOf(circuit, inputOf(BEFORE, flagged, step, false))).to.deep.equal(outputsAsIn(step));
    }
  });

  it("have a root that is what the slot's 254 bits are modulo p", async () => {
    const step = apply(BEFORE, arrival());
    for (const keyY of [0n, 1n, P - 1n, P, P + 1n, (1n << 254n) - 1n]) {
      const slot = arrival({ keyY });
      // The subtree is the second of the tree's: (0, 0, 0, 1) in base 4.
      const expected = step.receiver.path
        .slice(0, DEPTH - LEVELS)
        .reduceRight<bigint>(
          (node, nodes, level) => poseidon(nodes.with(level === DEPTH - LEVELS - 1 ? 1 : 0, toField(node))),
          keyY % P,
        );
      expect((await outputsOf(circuit, inputOf(BEFORE, slot, step)))[0]).to.equal(expected);
    }
  });

  it("are opened at no other place, and in no other tree", async () => {
    const honest = inputOf(BEFORE, arrival(), apply(BEFORE, arrival()));
    for (const place of [0, 3, 64, CAPACITY - WIDTH]) {
      const elsewhere = { ...honest, receiverPath: BEFORE.accounts.path(place) };
      await expectRefusal(circuit, elsewhere, "PathUpdate");
    }
    const otherTree = BEFORE.accounts.set(2, { ...bob, balance: 51n });
    await expectRefusal(circuit, { ...honest, receiverPath: otherTree.path(WIDTH) }, "ApplySlot");
    // Accounts in the subtree's place, which are none.
    const invented = {
      ...honest,
      receiverExists: 1n,
      receiver: inputOf(BEFORE, arrival(), apply(BEFORE, slotOf({ to: 2 }))).receiver,
    };
    await expectRefusal(circuit, invented, "PathUpdate");
  });

  // Each forgery claims one thing that is not so. All that follows from it is computed as the template says, and opened
  // where it leads; nothing but the constraint of that one signal refuses it.
  describe("forged", () => {
    interface Claims {
      readonly isArrival: bigint;
      readonly isDeparture: bigint;
      readonly isFull: bigint;
      readonly arrived: bigint;
      /** Root of the subtree, LEVELS levels high, that the slot leaves at the receiver's place. */
      readonly newSubtree: bigint;
    }
    const NAMES: readonly (keyof Claims)[] = ["isArrival", "isDeparture", "isFull", "arrived", "newSubtree"];
    let forge: (input: CircuitInput) => Promise<Forgery>;
    before(async () => {
      forge = await forgeable("slot/ApplySlot.circom", NAMES, [DEPTH, LEVELS]);
    });

    /** The true claims about a slot. */
    function truth(state: State, flags: bigint, place: number, { verdict, after }: Step): Claims {
      const isArrival = (flags & ARRIVAL) !== 0n;
      const isFull = isArrival ? state.nextSubtree(LEVELS) === CAPACITY : state.nextIndex === CAPACITY;
      return {
        isArrival: isArrival ? 1n : 0n,
        isDeparture: !isArrival && (flags & DEPARTURE) !== 0n ? 1n : 0n,
        isFull: isFull ? 1n : 0n,
        arrived: verdict.arrived === undefined ? 0n : 1n,
        newSubtree: after.accounts.path(place)[DEPTH - LEVELS - 1]![Math.floor(place / WIDTH) % 4]!,
      };
    }

    const EXIT = { from: 1, token: 1n, amount: 100n };

    it("violate nothing if they are honest", async () => {
      for (const [state, flags, place] of [
        [BEFORE, ARRIVAL, WIDTH],
        [stateAt(CAPACITY - WIDTH + 1), ARRIVAL, 0],
        [BEFORE, ARRIVAL | DEPARTURE, WIDTH],
        [BEFORE, DEPARTURE, 0],
        [BEFORE, 0n, 0],
        [stateAt(CAPACITY), 0n, 0],
      ] as const) {
        const slot = slotOf({ ...EXIT, flags });
        const step = apply(state, slot);
        const { violated, outputs } = await forge({
          ...inputOf(state, slot, step),
          ...truth(state, flags, place, step),
        });
        expect(violated).to.deep.equal([]);
        expect(outputs).to.deep.equal(outputsAsIn(step));
      }
    });

    for (const [what, flags, claimed, place] of [
      ["an arrival for the forced exit that it would be without its flag", ARRIVAL, 0n, 0],
      ["an arrival for the departure that it would be without its flag", ARRIVAL | DEPARTURE, DEPARTURE, 0],
      ["a departure for the forced exit that it would be without its flag", DEPARTURE, 0n, 0],
      ["a forced exit for a departure", 0n, DEPARTURE, 0],
      ["a forced exit for an arrival", 0n, ARRIVAL, WIDTH],
      ["a departure for an arrival", DEPARTURE, DEPARTURE | ARRIVAL, WIDTH],
    ] as const) {
      it(`do not pass ${what}`, async () => {
        const slot = slotOf({ ...EXIT, flags });
        const step = apply(BEFORE, slotOf({ ...EXIT, flags: claimed }));
        const { violated, outputs } = await forge({
          ...inputOf(BEFORE, slot, step),
          ...truth(BEFORE, claimed, place, step),
        });
        expect(outputs).to.deep.equal(outputsAsIn(step));
        expect(violated).to.have.lengthOf(1);
      });
    }

    it("do not leave out an arrival for which there is room", async () => {
      const step = apply(BEFORE, arrival());
      const input = inputOf(BEFORE, arrival(), step);
      const claims = {
        ...truth(BEFORE, ARRIVAL, WIDTH, step),
        arrived: 0n,
        newSubtree: AccountTree.empty(LEVELS).root,
      };
      for (const isFull of [0n, 1n]) {
        const { violated, outputs } = await forge({ ...input, ...claims, isFull });
        expect(outputs.slice(0, 2)).to.deep.equal([BEFORE.accounts.root, BigInt(BEFORE.nextIndex)]);
        expect(violated).to.have.lengthOf(1);
      }
    });

    it("do not overwrite the first accounts where there is no room", async () => {
      for (const room of [WIDTH - 1, 1, 0]) {
        const state = stateAt(CAPACITY - room);
        const input = inputOf(state, arrival(), apply(state, arrival()));
        const claims = { isArrival: 1n, isDeparture: 0n, arrived: 1n, newSubtree: ROOT };
        const stolen = AccountTree.empty(DEPTH).set(0, bob).set(2, LIST[2]!);
        for (const isFull of [0n, 1n]) {
          const { violated, outputs } = await forge({ ...input, ...claims, isFull });
          expect(outputs[0]).to.equal(stolen.root);
          expect(violated).to.have.lengthOf(1);
        }
      }
    });

    it("do not bring other accounts", async () => {
      const step = apply(BEFORE, arrival());
      const rich = [{ ...bob, balance: 1n << 100n }];
      const claims = { ...truth(BEFORE, ARRIVAL, WIDTH, step), newSubtree: arrivalsRoot(rich, LEVELS) };
      const { violated, outputs } = await forge({ ...inputOf(BEFORE, arrival(), step), ...claims });
      expect(outputs[0]).to.equal(BEFORE.accounts.set(WIDTH, rich[0]!).root);
      expect(violated).to.have.lengthOf(1);
    });
  });
});
