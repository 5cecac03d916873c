// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { SLOT_BYTES, statementPoint, type Header } from "../../src/codec/index.ts";
import { poseidon } from "../../src/crypto/index.ts";
import {
  AccountTree,
  applyLeaf,
  exitsHash,
  forcedExitSlot,
  leafCircuitInput,
  leafPublicSignals,
  leafStatement,
  newAccountSlot,
  orderedPublicSignals,
  rootOfPath,
  accountHash,
  State,
  topUpSlot,
  type LeafResult,
} from "../../src/ledger/index.ts";
import { createProfile, leafBytes } from "../../src/profile.ts";
import { expectError } from "../helpers/expectError.ts";
import {
  ALICE,
  ALICE_OWNER,
  aliceSigns,
  balances,
  BOB,
  CAROL,
  ENVIRONMENT,
  FEE_TOKEN,
  FULL,
  HEADER,
  MAX_BALANCE,
  NOBODY,
  OTHER_TOKEN,
  SIGNERS,
  SMALL,
  stateWith,
} from "../helpers/ledgerFixture.ts";

const STATE = stateWith();

/** A leaf of these slots, padded with zeros. */
function leafOf(slots: readonly Uint8Array[], header: Partial<Header> = {}, before: State = STATE): LeafResult {
  const bytes = new Uint8Array(leafBytes(SMALL));
  bytes.set(Buffer.concat(slots));
  return applyLeaf(SMALL, before, { header: { ...HEADER, ...header }, bytes }, ENVIRONMENT);
}

const statuses = ({ outcomes }: LeafResult): string[] => outcomes.map(({ kind, status }) => `${kind} ${status}`);

describe("leaf", () => {
  it("of zeros changes nothing", () => {
    const leaf = leafOf([]);
    expect(leaf.state).to.equal(STATE);
    expect(leaf.oldStateRoot).to.equal(STATE.root);
    expect(leaf.outcomes).to.deep.equal(Array(4).fill({ kind: "exit", status: "void", reason: "UNKNOWN_SENDER" }));
    expect(leaf.exitsHash).to.equal(exitsHash([], 4));
    expect(leaf.proverFees).to.equal(0n);
    expect(leaf.tips).to.deep.equal({ amount: 0n, credited: false });
  });

  it("applies its slots one after another", () => {
    const leaf = leafOf([
      aliceSigns({ nonce: 7n }),
      aliceSigns({ nonce: 7n }),
      aliceSigns({ nonce: 8n }),
      aliceSigns({ nonce: 9n, to: 0, amount: 797n }),
    ]);
    expect(statuses(leaf)).to.deep.equal(["transfer executed", "transfer void", "transfer executed", "exit executed"]);
    expect(balances(leaf.state)).to.include({ [ALICE]: 0n, [BOB]: 250n });
    expect(leaf.exits).to.deep.equal([{ slot: 3, recipient: ALICE_OWNER, token: FEE_TOKEN, amount: 797n }]);
    expect(leaf.proverFees).to.equal(3n);
  });

  it("spends what a slot before it brought", () => {
    const poor = stateWith({ [ALICE]: { balance: 0n } });
    const topUp = topUpSlot({ to: ALICE, token: FEE_TOKEN, amount: 101n, l1Address: 1n });
    const leaf = leafOf([topUp, aliceSigns()], { forcedCount: 1 }, poor);
    expect(statuses(leaf)).to.deep.equal(["topUp executed", "transfer executed", "exit void", "exit void"]);
    expect(balances(leaf.state)).to.include({ [ALICE]: 0n, [BOB]: 150n });
  });

  it("uses an account that a slot before it created", () => {
    const slots = [
      newAccountSlot({ key: SIGNERS.bob.publicKey, token: FEE_TOKEN, amount: 0n, l1Address: 77n }),
      aliceSigns({ to: STATE.nextIndex }),
    ];
    const leaf = leafOf(slots, { forcedCount: 1 });
    expect(statuses(leaf).slice(0, 2)).to.deep.equal(["createAccount executed", "transfer executed"]);
    expect(leaf.state.account(STATE.nextIndex)?.balance).to.equal(100n);
  });

  describe("forcedCount", () => {
    const exit = forcedExitSlot({ from: ALICE, token: FEE_TOKEN, amount: 1n, l1Address: ALICE_OWNER });

    it("says how many slots from the first are forced", () => {
      for (const forcedCount of [0, 1, 2, 3, 4]) {
        const leaf = leafOf([exit, exit, exit, exit], { forcedCount });
        const executed = leaf.outcomes.map(({ kind, status }) => kind === "forcedExit" && status === "executed");
        expect(executed).to.deep.equal([0, 1, 2, 3].map((slot) => slot < forcedCount));
      }
    });

    it("beyond the number of slots counts as all of them", () => {
      for (const forcedCount of [5, 65535]) {
        const leaf = leafOf([exit, exit, exit, exit], { forcedCount });
        expect(leaf.state.root).to.equal(leafOf([exit, exit, exit, exit], { forcedCount: 4 }).state.root);
      }
    });

    it("keeps a transaction from being taken for a forced operation, and the reverse", () => {
      const asForced = leafOf([aliceSigns()], { forcedCount: 1 });
      expect(asForced.outcomes[0]).to.deep.equal({ kind: "forcedTransfer", status: "void", reason: "NOT_OWNER" });
      const asTransaction = leafOf([exit]);
      expect(asTransaction.outcomes[0]).to.deep.include({ kind: "exit", status: "void" });
      expect(asTransaction.state).to.equal(STATE);
    });
  });

  describe("tips", () => {
    const slots = [aliceSigns({ tip: 5n }), aliceSigns({ nonce: 8n, tip: 6n }), aliceSigns({ nonce: 7n, tip: 7n })];

    it("of executed transactions go to the fee account, base fees to the prover", () => {
      const leaf = leafOf(slots, { feeAccount: BOB });
      expect(leaf.tips).to.deep.equal({ amount: 11n, credited: true });
      expect(leaf.proverFees).to.equal(2n);
      expect(balances(leaf.state)).to.include({ [ALICE]: 787n, [BOB]: 261n });
    });

    it("may go to an account that took part in the leaf, after its slots", () => {
      const leaf = leafOf(slots, { feeAccount: ALICE });
      expect(balances(leaf.state)).to.include({ [ALICE]: 798n, [BOB]: 250n });
    });

    it("may go to an account that the leaf created", () => {
      const created = newAccountSlot({ key: SIGNERS.bob.publicKey, token: FEE_TOKEN, amount: 0n, l1Address: 77n });
      const leaf = leafOf([created, ...slots], { feeAccount: STATE.nextIndex, forcedCount: 1 });
      expect(leaf.state.account(STATE.nextIndex)?.balance).to.equal(11n);
    });

    const REFUSED: Record<string, Partial<Header>> = {
      "index 0": { feeAccount: 0 },
      "an account that does not exist": { feeAccount: NOBODY },
      "an index beyond the tree that agrees with an account's": { feeAccount: BOB + 16 },
      "an account with another token": { feeAccount: CAROL },
      "an account that would have 2^128": { feeAccount: FULL },
    };
    for (const [name, header] of Object.entries(REFUSED)) {
      it(`for ${name} go to the prover`, () => {
        const leaf = leafOf(slots, header);
        expect(leaf.tips).to.deep.equal({ amount: 11n, credited: false });
        expect(leaf.proverFees).to.equal(13n);
        expect(balances(leaf.state)).to.deep.equal({ ...balances(STATE), [ALICE]: 787n, [BOB]: 250n });
      });
    }

    it("fill the fee account to 2^128 − 1 and not beyond", () => {
      const brim = (room: bigint): LeafResult =>
        leafOf(slots, { feeAccount: FULL }, stateWith({ [FULL]: { balance: MAX_BALANCE - room } }));
      expect(brim(11n).state.account(FULL)?.balance).to.equal(MAX_BALANCE);
      expect(brim(10n).tips.credited).to.equal(false);
      expect(brim(10n).state.account(FULL)?.balance).to.equal(MAX_BALANCE - 10n);
    });

    it("are not paid in another token than the batch's", () => {
      const leaf = leafOf(slots, { feeAccount: CAROL, feeToken: OTHER_TOKEN });
      expect(leaf.tips).to.deep.equal({ amount: 0n, credited: true });
      expect(leaf.proverFees).to.equal(0n);
      expect(balances(leaf.state)).to.include({ [ALICE]: 800n, [BOB]: 250n, [CAROL]: 70n });
    });
  });

  it("gives the leaf of slot j to the exit of slot j", () => {
    const exit = (amount: bigint) => forcedExitSlot({ from: ALICE, token: FEE_TOKEN, amount, l1Address: ALICE_OWNER });
    const leaf = leafOf([exit(1n), aliceSigns({ to: BOB, amount: 1n }), exit(2n), exit(3n)], { forcedCount: 4 });
    expect(leaf.exits.map(({ slot, amount }) => [slot, amount])).to.deep.equal([
      [0, 1n],
      [2, 2n],
      [3, 3n],
    ]);
    expect(leaf.exitsHash).to.equal(exitsHash(leaf.exits, 4));
  });

  it("has no exit of nothing to nobody: its words would be those of no exit", () => {
    const refund = { to: NOBODY, token: 0n, amount: 0n, l1Address: 0n };
    const leaf = leafOf([topUpSlot(refund), topUpSlot({ ...refund, l1Address: 9n })], { forcedCount: 2 });
    expect(statuses(leaf).slice(0, 2)).to.deep.equal(["topUp refunded", "topUp refunded"]);
    expect(leaf.exits).to.deep.equal([{ slot: 1, recipient: 9n, token: 0n, amount: 0n }]);
    expect(leaf.exitsHash).to.equal(exitsHash(leaf.exits, 4));
  });

  it("refuses what L1 never produces", () => {
    const run = (bytes: Uint8Array, header: Header, environment = ENVIRONMENT, profile = SMALL): LeafResult =>
      applyLeaf(profile, STATE, { header, bytes }, environment);
    const bytes = new Uint8Array(leafBytes(SMALL));
    expectError(() => run(bytes.subarray(1), HEADER), "BAD_LENGTH");
    expectError(() => run(bytes, { ...HEADER, baseFee: 1n << 96n }), "OUT_OF_RANGE");
    expectError(() => run(bytes, HEADER, { ...ENVIRONMENT, sequencer: 1n << 160n }), "OUT_OF_RANGE");
    expectError(() => run(bytes, HEADER, { ...ENVIRONMENT, domain: 1n << 248n }), "OUT_OF_RANGE");
    const deeper = createProfile({ ...SMALL, depth: 3 });
    expectError(() => run(bytes, HEADER, ENVIRONMENT, deeper), "PROFILE_MISMATCH");
  });

  describe("witness", () => {
    const slots = [
      newAccountSlot({ key: SIGNERS.carol.publicKey, token: FEE_TOKEN, amount: 5n, l1Address: 77n }),
      aliceSigns(),
      aliceSigns({ to: ALICE, nonce: 8n }),
      aliceSigns({ to: BOB + 16, nonce: 9n }),
    ];
    const leaf = leafOf(slots, { forcedCount: 1, feeAccount: BOB });
    const { witness } = leaf;

    it("begins at the old state", () => {
      expect(poseidon([witness.accountsRoot, witness.nextIndex])).to.equal(leaf.oldStateRoot);
    });

    it("shows a deposit's absent sender, and as its receiver the place at nextIndex", () => {
      expect(witness.sender[0]).to.deep.equal([0n, 0n, 0n, 0n, 0n, 0n]);
      expect([witness.senderExists[0], witness.receiverExists[0]]).to.deep.equal([0n, 0n]);
      expect(witness.receiverPath[0]).to.deep.equal(STATE.accounts.path(STATE.nextIndex));
      expect(witness.keyRoot[0]).to.not.equal(0n);
      expect(witness.keyRoot.slice(1)).to.deep.equal([0n, 0n, 0n]);
    });

    it("shows the receiver after the sender's update", () => {
      const { publicKey } = SIGNERS.alice;
      expect(witness.sender[2]).to.deep.equal([publicKey.x, publicKey.y, 8n, FEE_TOKEN, 899n, ALICE_OWNER]);
      expect(witness.receiver[2]).to.deep.equal([publicKey.x, publicKey.y, 9n, FEE_TOKEN, 798n, ALICE_OWNER]);
    });

    it("shows an index beyond the tree modulo 4^depth", () => {
      expect(witness.receiver[3]).to.deep.equal(witness.feeAccountLeaf);
      expect(witness.receiverExists[3]).to.equal(1n);
    });

    it("shows a full tree's nextIndex as index 0", () => {
      const full = new State(STATE.accounts, 16);
      const result = leafOf(slots, { forcedCount: 1 }, full);
      expect(result.outcomes[0]).to.deep.include({ status: "refunded", reason: "TREE_FULL" });
      expect(result.witness.receiverPath[0]).to.deep.equal(full.accounts.path(0));
      expect(result.witness.keyRoot[0]).to.not.equal(0n);
    });

    it("ends, for the fee account, at the new state", () => {
      const feeAccount = leaf.state.account(BOB);
      expect(feeAccount).to.not.equal(undefined);
      const root = feeAccount && rootOfPath(BOB, accountHash(feeAccount), witness.feeAccountPath);
      expect(root && poseidon([root, BigInt(leaf.state.nextIndex)])).to.equal(leaf.state.root);
    });

    it("has six numbers for each account and depth × 4 for each path", () => {
      for (const accounts of [witness.sender, witness.receiver, [witness.feeAccountLeaf]]) {
        expect(accounts.every((tuple) => (tuple as readonly bigint[]).length === 6)).to.equal(true);
      }
      for (const paths of [witness.senderPath, witness.receiverPath, [witness.feeAccountPath]]) {
        expect(
          paths.every((path) => path.length === 2 && path.every((level) => (level as readonly bigint[]).length === 4)),
        ).to.equal(true);
      }
      expect([witness.sender, witness.receiver, witness.chunks].map(({ length }) => length)).to.deep.equal([4, 4, 4]);
    });
  });

  describe("public signals", () => {
    const leaf = leafOf([aliceSigns({ tip: 5n })], { feeAccount: BOB });
    const binding = { z: 3n, context: 11n, worker: 12n };
    const signals = leafPublicSignals(leaf, binding);

    it("stand in the order of docs/protocol.md §6", () => {
      expect(orderedPublicSignals(signals)).to.deep.equal([
        leaf.state.root,
        leaf.exitsHash,
        leaf.proverFees,
        leaf.c,
        signals.y,
        signals.digest,
        STATE.root,
        leaf.data.header,
        3n,
        ENVIRONMENT.sequencer,
        ENVIRONMENT.domain,
        11n,
        12n,
      ]);
    });

    it("have as digest the hash of all others", () => {
      const others = orderedPublicSignals(signals).toSpliced(5, 1);
      expect(signals.digest).to.equal(poseidon(others));
    });

    it("are the circuit's inputs where they are not its outputs", () => {
      const input = leafCircuitInput(leaf, binding);
      const { oldStateRoot, header, z, sequencer, domain, context, worker } = signals;
      const point = statementPoint(leafStatement(leaf, signals));
      const bound = { point, oldStateRoot, header, z, sequencer, domain, context, worker };
      expect(input).to.deep.equal({ ...leaf.witness, ...bound });
    });

    it("refuse what is no field element", () => {
      expectError(() => leafPublicSignals(leaf, { ...binding, z: -1n }), "NOT_A_FIELD_ELEMENT");
      expectError(() => leafPublicSignals(leaf, { ...binding, context: 1n << 248n }), "OUT_OF_RANGE");
      expectError(() => leafPublicSignals(leaf, { ...binding, worker: 1n << 254n }), "NOT_A_FIELD_ELEMENT");
    });
  });

  it("needs no account at all", () => {
    const empty = new State(AccountTree.empty(2), 1);
    const leaf = leafOf([new Uint8Array(SLOT_BYTES).fill(7)], {}, empty);
    expect(leaf.state.root).to.equal(empty.root);
  });
});
