// SPDX-License-Identifier: MIT
import { expect } from "chai";

import {
  decodeTransactionSlot,
  encodeChunks,
  encodeForcedSlot,
  encodePayload,
  MOVE,
  SLOT_BYTES,
} from "../../src/codec/index.ts";
import { P } from "../../src/field.ts";
import { accountHash, BALANCE_LIMIT, readAccount, State } from "../../src/ledger/index.ts";
import { applyMigration, matchingPair, moveMessage, packTokens, unpackTokens } from "../../src/migration/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import { calculateWitness, type CircuitInput } from "../../src/prover/witness.ts";
import { type CompiledCircuit } from "../../src/setup/compile.ts";
import {
  bitsOf,
  compileTemplate,
  expectRefusal,
  forgeable,
  outputsOf,
  violatedByBits,
  type Forgery,
} from "../helpers/circuit.ts";
import { MAX_BALANCE, SIGNERS } from "../helpers/ledgerFixture.ts";
import { alice, aliceMoves, DOMAIN, SOURCE, TARGET, TARGET_TOKEN, TOKENS } from "../helpers/migrationFixture.ts";
import { Random, seedFor } from "../helpers/random.ts";
import { randomMigrations } from "../helpers/randomMigration.ts";

const pairWords = (tokens: bigint): bigint[] =>
  unpackTokens(tokens).map(({ source, target }) => source + (target << 16n));

describe("circuits: MatchPair", () => {
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("migration/MatchPair.circom");
  });
  const agrees = async (tokens: bigint, token: bigint, targetToken: bigint): Promise<void> => {
    const found = matchingPair(tokens, { source: token, target: targetToken });
    const outputs = await outputsOf(circuit, { token, targetToken, pairs: pairWords(tokens) });
    const isFirst = [0, 1, 2, 3].map((pair) => (pair === found ? 1n : 0n));
    expect(outputs).to.deep.equal([...isFirst, found === undefined ? 0n : 1n]);
  };

  it("finds the pair that matches in both ids", async () => {
    const ids = [0n, 1n, 3n, 65535n];
    const random = new Random("MatchPair");
    for (let i = 0; i < 60; i++) {
      const words = Array.from({ length: 4 }, () => random.pick(ids) + (random.pick(ids) << 16n));
      const tokens = words.reduceRight((sum, word) => (sum << 32n) + word);
      await agrees(tokens, random.pick(ids), random.pick([...ids, 65536n, 65537n, (1n << 32n) - 1n]));
    }
  });

  it("finds the first of equal pairs", async () => {
    const [a, b] = [
      { source: 1n, target: 2n },
      { source: 3n, target: 4n },
    ];
    for (let places = 0; places < 16; places++) {
      const pairs = [0, 1, 2, 3].map((i) => ((places >> i) & 1 ? a : b));
      await agrees(packTokens(pairs), a.source, a.target);
    }
  });
});

describe("circuits: MoveAuthorised", () => {
  it("wants the flag of a move alone, and a signature over domain, payload, nonce and target", async () => {
    const circuit = await compileTemplate("migration/MoveAuthorised.circom");
    const { publicKey } = SIGNERS.alice;
    const nonce = alice.nonce;
    const inputOf = (
      flags: bigint,
      changes: Partial<{ domain: bigint; nonce: bigint; target: bigint; payload: bigint }> = {},
    ) => {
      const unsigned = { ...decodeTransactionSlot(aliceMoves()), flags };
      const slot = {
        ...unsigned,
        ...SIGNERS.alice.sign(moveMessage(unsigned, { domain: DOMAIN, nonce, target: TARGET })),
      };
      return {
        payload: encodePayload(slot),
        hBits: bitsOf(slot.h, 254),
        sBits: bitsOf(slot.s, 251),
        flagBits: bitsOf(flags, 5),
        domain: DOMAIN,
        target: TARGET,
        nonce,
        key: [publicKey.x, publicKey.y],
        ...changes,
      };
    };
    for (let flags = 0n; flags < 32n; flags++) {
      expect(await outputsOf(circuit, inputOf(flags)), `flags ${flags}`).to.deep.equal([flags === MOVE ? 1n : 0n]);
    }
    const { payload } = inputOf(MOVE);
    for (const changes of [{ domain: DOMAIN - 1n }, { nonce: nonce + 1n }, { target: 0n }, { payload: payload ^ 1n }]) {
      expect(await outputsOf(circuit, inputOf(MOVE, changes))).to.deep.equal([0n]);
    }
  });
});

const FIELDS = { key: [3n, 5n], token: 7n, balance: 9n, owner: 11n } as const;
const chunksOf = ({
  key: [x, y],
  token,
  balance,
  owner,
}: {
  readonly key: readonly [bigint, bigint];
  readonly token: bigint;
  readonly balance: bigint;
  readonly owner: bigint;
}): bigint[] =>
  encodeChunks(
    encodeForcedSlot({
      from: 0,
      to: 0,
      token,
      amount: balance,
      flags: 0n,
      keyY: y,
      keySign: x & 1n,
      fee: 0n,
      l1Address: owner,
    }),
  );

describe("circuits: ArrivalSlot", () => {
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("migration/ArrivalSlot.circom");
  });

  it("is the slot of a deposit, to the edges of every field", async () => {
    const numbers = [0n, 1n, (1n << 245n) - 1n, 1n << 245n, (1n << 253n) - 1n, 1n << 253n, P - 1n];
    const cases = [
      FIELDS,
      ...numbers.flatMap((y) => [0n, P - 1n, P - 2n].map((x) => ({ ...FIELDS, key: [x, y] as const }))),
      ...[0n, 65535n].map((token) => ({ ...FIELDS, token })),
      ...[0n, MAX_BALANCE].map((balance) => ({ ...FIELDS, balance })),
      ...[0n, (1n << 160n) - 1n].map((owner) => ({ ...FIELDS, owner })),
    ];
    for (const fields of cases) {
      expect(await outputsOf(circuit, { arrives: 1n, ...fields })).to.deep.equal(chunksOf(fields));
      expect(await outputsOf(circuit, { arrives: 0n, ...fields })).to.deep.equal([0n, 0n, 0n]);
    }
    // Where nothing arrives, the id is what a move says: 32 bits.
    expect(await outputsOf(circuit, { arrives: 0n, ...FIELDS, token: (1n << 32n) - 1n })).to.deep.equal([0n, 0n, 0n]);
  });

  it("refuses a balance or owner out of range, whether it arrives or not", async () => {
    for (const arrives of [0n, 1n]) {
      for (const balance of [BALANCE_LIMIT, P - 1n]) {
        await expectRefusal(circuit, { arrives, ...FIELDS, balance }, "Num2Bits");
      }
      for (const owner of [1n << 160n, P - 1n]) {
        await expectRefusal(circuit, { arrives, ...FIELDS, owner }, "Num2Bits");
      }
    }
  });
});

describe("circuits: ArrivalSlot, with the bits of a number and p", () => {
  // The one choice that other bits would give: a key that nobody could read from the data, or another. All else is
  // computed from the false bits as the circuit says; only the strictness of the decomposition refuses them.
  const forge = async (which: "xBits" | "yBits", change: bigint): Promise<Forgery> => {
    const key = [7n, 9n] as const;
    const original = await compileTemplate("migration/ArrivalSlot.circom", [], "O0");
    const fields = { arrives: 1n, ...FIELDS, key };
    const { values } = await calculateWitness(original, fields);
    const [x, y] = which === "xBits" ? [key[0] + change, key[1]] : [key[0], key[1] + change];
    const bits = bitsOf(which === "xBits" ? x : y, 254);
    const outputs = chunksOf({ ...fields, key: [x, y] });
    const chunks = Object.fromEntries(outputs.map((chunk, i) => [`main.chunks[${i}]`, chunk]));
    return { violated: await violatedByBits(original, values, `main.${which}`, bits, chunks), outputs };
  };

  for (const which of ["xBits", "yBits"] as const) {
    it(`is refused (${which})`, async () => {
      const honest = await forge(which, 0n);
      expect(honest.violated).to.deep.equal([]);
      const { violated, outputs } = await forge(which, P);
      expect(outputs).not.to.deep.equal(honest.outputs);
      expect(violated).to.have.length(1);
    });
  }
});

describe("circuits: ApplyMove", () => {
  /** Input for the move `slot` of the account at `from mod 4^depth`. */
  const inputFor = (state: State, slot: Uint8Array, tokens = TOKENS): CircuitInput => {
    const { account, exists, path } = readAccount(state, decodeTransactionSlot(slot).from);
    return {
      chunks: encodeChunks(slot),
      domain: DOMAIN,
      target: TARGET,
      pairs: pairWords(tokens),
      accountsRoot: state.accounts.root,
      account,
      exists,
      path,
    };
  };

  it("agrees with the model in a tree as deep as in production, where every 32-bit index is inside", async () => {
    const circuit = await compileTemplate("migration/ApplyMove.circom", [16]);
    const profile = { depth: 16, levels: 1 };
    const found = new Set<string>();
    for (const { before, result } of randomMigrations(seedFor("deep"), profile)) {
      // The first move of each.
      const slot = Uint8Array.from({ length: SLOT_BYTES }, (_, i) => result.moves[i] ?? 0);
      const alone = applyMigration(profile, before, { ...result, moves: slot });
      const [outcome] = alone.outcomes;
      const [arrival] = alone.arrivals;
      const input = { ...inputFor(before, slot, result.tokens), domain: result.domain, target: result.target };
      expect(await outputsOf(circuit, input)).to.deep.equal([
        alone.state.accounts.root,
        arrival === undefined ? 0n : accountHash(arrival),
        ...alone.arrivalChunks[0]!,
        ...alone.totals,
      ]);
      found.add(outcome!.status === "void" ? outcome!.reason : "executed");
      if (found.size >= 6) break;
    }
    expect(found).to.include("executed");
  });

  describe("its verdict, forged, with all that follows from it", () => {
    let forge: (input: CircuitInput) => Promise<Forgery>;
    before(async () => {
      forge = await forgeable("migration/ApplyMove.circom", ["moves", "amount"], [DEVELOPMENT.depth]);
    });
    const ARRIVAL_HASH = 1;
    const MOVED = 5;
    const good = inputFor(SOURCE, aliceMoves());
    const bad = inputFor(SOURCE, aliceMoves({ nonce: 0n }));

    it("violates nothing if it is honest", async () => {
      const moved = await forge({ ...good, moves: 1n, amount: alice.balance });
      expect(moved.violated).to.deep.equal([]);
      expect(moved.outputs[ARRIVAL_HASH]).to.equal(accountHash({ ...alice, nonce: 0n, token: TARGET_TOKEN }));
      expect(moved.outputs[MOVED]).to.equal(alice.balance);
      expect((await forge({ ...bad, moves: 0n, amount: 0n })).violated).to.deep.equal([]);
    });

    it("cannot leave an arrival out, nor let one in, and is no other number", async () => {
      for (const [input, moves, amount] of [
        [good, 0n, 0n],
        [good, 2n, 2n * alice.balance],
        [bad, 1n, alice.balance],
        [bad, P - 1n, P - alice.balance],
      ] as const) {
        const { violated, outputs } = await forge({ ...input, moves, amount });
        expect(violated).to.have.length(1);
        expect(outputs[MOVED]).to.equal(amount);
      }
    });

    it("cannot be about another amount", async () => {
      for (const amount of [0n, alice.balance + 1n, MAX_BALANCE]) {
        expect((await forge({ ...good, moves: 1n, amount })).violated).to.have.length(1);
        if (amount > 0n) expect((await forge({ ...bad, moves: 0n, amount })).violated).to.have.length(1);
      }
    });
  });
});
