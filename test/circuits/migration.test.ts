// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { expect } from "chai";

import { decodeTransactionSlot, encodeChunks, encodeTransactionSlot, SLOT_BYTES } from "../../src/codec/index.ts";
import { B8, challenge, compressKey, mulBase, verifySignature, type Point } from "../../src/crypto/index.ts";
import { L, P, toField } from "../../src/field.ts";
import { accountHash, accountTuple, BALANCE_LIMIT, ETH, State, type Account } from "../../src/ledger/index.ts";
import {
  migrationCircuitInput,
  migrationPublicSignals,
  moveMessage,
  orderedMigrationSignals,
  packTokens,
  type MigrationCircuitInput,
  type MigrationResult,
} from "../../src/migration/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import { calculateWitness, type CircuitInput } from "../../src/prover/witness.ts";
import { findCircuit } from "../../src/setup/circuits.ts";
import { circuitsFolder, compileCircuit, type CompiledCircuit } from "../../src/setup/compile.ts";
import { violatedConstraints } from "../../src/setup/r1cs.ts";
import { expectRefusal } from "../helpers/circuit.ts";
import { createFastSigner } from "../helpers/fastSigner.ts";
import { freeWires } from "../helpers/freeWires.ts";
import { MAX_BALANCE, SIGNERS } from "../helpers/ledgerFixture.ts";
import {
  alice,
  ALICE_INDEX,
  aliceMoves,
  bob,
  BOB_INDEX,
  bobMoves,
  carol,
  CAROL_INDEX,
  carolMoves,
  COIN,
  DOMAIN,
  migrate,
  reasonsOf,
  SOURCE,
  stateOf,
  TARGET,
} from "../helpers/migrationFixture.ts";
import { hasFixedSeed, seedFor } from "../helpers/random.ts";
import { MOVE_LABELS, PAIRING_LABELS, randomMigrations } from "../helpers/randomMigration.ts";
import { SMALL_ORDER_POINTS } from "../helpers/smallOrder.ts";

const BINDING = { worker: 0xdadan };
const RANDOM_MIGRATIONS = 30;
const CHECK_CONSTRAINTS_EVERY = 10;
const TIMEOUT = 600_000;

/** Outcomes that some move must have had. */
const OUTCOMES = [
  "executed",
  "UNKNOWN_FLAGS",
  "UNKNOWN_SENDER",
  "CHALLENGE_NOT_CANONICAL",
  "RESPONSE_NOT_CANONICAL",
  "BAD_SIGNATURE",
  "SENDER_TOKEN_MISMATCH",
  "UNKNOWN_PAIR",
];

const compileMigration = async (): Promise<CompiledCircuit> =>
  compileCircuit(findCircuit("migration", "development"), circuitsFolder("development"));

describe("circuits: Migration, against the model", () => {
  it(`gives the model's public signals on ${RANDOM_MIGRATIONS} random migrations`, async () => {
    const circuit = await compileMigration();
    const r1cs = readFileSync(circuit.r1cs);
    const made = new Set<string>();
    const pairings = new Set<string>();
    const outcomes = new Set<string>();
    let count = 0;
    for (const { result, worker, pairing, labels } of randomMigrations(seedFor("migration"))) {
      const about = `migration ${count} (${pairing}): ${labels.join("; ")}`;
      const { values, publicSignals } = await calculateWitness(circuit, {
        ...migrationCircuitInput(result, { worker }),
      });
      const expected = orderedMigrationSignals(migrationPublicSignals(result, { worker }));
      expect(publicSignals, about).to.deep.equal(expected);
      if (count % CHECK_CONSTRAINTS_EVERY === 0) {
        expect(violatedConstraints(r1cs, values), about).to.deep.equal([]);
      }
      labels.forEach((label) => made.add(label));
      pairings.add(pairing);
      reasonsOf(result).forEach((reason) => outcomes.add(reason));
      if (++count === RANDOM_MIGRATIONS) break;
    }
    if (!hasFixedSeed) return;
    // Nothing that the generator makes, and nothing that can become of a move, was left out.
    expect([...made]).to.have.members(MOVE_LABELS);
    expect([...pairings]).to.have.members(PAIRING_LABELS);
    expect([...outcomes]).to.have.members(OUTCOMES);
  }).timeout(TIMEOUT);
});

// ── Some migrations, and what a dishonest prover may try on them ────────────────────────────────────────────────────

/** Alice moves; bob does not, as his nonce is another; carol moves, with nothing; the last place is empty. */
const [ALICE_MOVE, BOB_MOVE, CAROL_MOVE, EMPTY_MOVE] = [0, 1, 2, 3] as const;
const badMove = bobMoves({ nonce: 9n });
const HONEST = migrate([aliceMoves(), badMove, carolMoves()]);

type Path = readonly [name: keyof MigrationCircuitInput, ...indexes: number[]];

/** A copy of an input with another number, or list, at `path`. */
function replace(input: MigrationCircuitInput, path: Path, change: (value: bigint) => unknown): MigrationCircuitInput {
  const copy = structuredClone(input);
  const holder = path.slice(0, -1).reduce<unknown>(member, copy) as Record<string | number, unknown>;
  const last = path.at(-1)!;
  expect(holder[last] !== undefined, path.join()).to.equal(true);
  holder[last] = change(holder[last] as bigint);
  return copy;
}
const member = (node: unknown, key: string | number): unknown => (node as Record<string | number, unknown>)[key];
const plusOne = (value: bigint): bigint => (value + 1n) % P;

describe("circuits: Migration, one by one", () => {
  const input = migrationCircuitInput(HONEST, BINDING);
  const expected = orderedMigrationSignals(migrationPublicSignals(HONEST, BINDING));
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileMigration();
  });

  const signalsOf = async (forged: object): Promise<readonly bigint[]> =>
    (await calculateWitness(circuit, forged as CircuitInput)).publicSignals;
  const refuses = async (forged: object, template: string): Promise<void> =>
    expectRefusal(circuit, forged as CircuitInput, template);
  const agrees = async (result: MigrationResult): Promise<void> => {
    const signals = orderedMigrationSignals(migrationPublicSignals(result, BINDING));
    expect(await signalsOf(migrationCircuitInput(result, BINDING))).to.deep.equal(signals);
  };

  it("begins with a migration in which this happens", async () => {
    expect(reasonsOf(HONEST)).to.deep.equal(["executed", "BAD_SIGNATURE", "executed", "UNKNOWN_SENDER"]);
    expect(await signalsOf(input)).to.deep.equal(expected);
  });

  it("has the inputs in the order of the model", () => {
    const { publicInputs, params } = findCircuit("migration", "development");
    expect(Object.keys(migrationPublicSignals(HONEST, BINDING)).slice(-publicInputs.length)).to.deep.equal(
      publicInputs,
    );
    expect(params).to.deep.equal([DEVELOPMENT.depth, DEVELOPMENT.levels]);
  });

  describe("agrees with the model on", () => {
    const four = (fields: Partial<Account>): State =>
      stateOf(Object.fromEntries([4, 5, 6, 7].map((index) => [index, { ...alice, ...fields }])));
    const fourMoves = [4, 5, 6, 7].map((from) => aliceMoves({ from }));

    it("four equal accounts with the largest balance", async () => {
      const result = migrate(fourMoves, four({ balance: MAX_BALANCE, owner: (1n << 160n) - 1n }));
      expect(result.totals[0]).to.equal(4n * MAX_BALANCE);
      expect(new Set(result.arrivals.map((arrival) => accountHash(arrival!)))).to.have.property("size", 1);
      await agrees(result);
    });

    it("four accounts with nothing", async () => {
      const result = migrate(fourMoves, four({ balance: 0n, owner: 0n }));
      expect(result.arrivals.every((arrival) => arrival?.balance === 0n)).to.equal(true);
      expect(result.totals).to.deep.equal([0n, 0n, 0n, 0n]);
      await agrees(result);
    });

    it("one account four times", async () => {
      const result = migrate([7n, 8n, 9n, 10n].map((nonce) => aliceMoves({ nonce })));
      expect(reasonsOf(result)).to.deep.equal(["executed", "executed", "executed", "executed"]);
      expect(result.totals).to.deep.equal([1000n, 0n, 0n, 0n]);
      await agrees(result);
    });

    it("four tokens of four pairs, to the edges of the ids", async () => {
      const tokens = [0n, 1n, 2n, 65535n];
      const targets = [0n, 65535n, 2n, 1n];
      const state = stateOf(
        Object.fromEntries(tokens.map((token, i) => [4 + i, { ...alice, token, balance: 1n << BigInt(i) }])),
      );
      const moves = tokens.map((token, i) => aliceMoves({ from: 4 + i, token, targetToken: targets[i]! }));
      const pairs = tokens.map((source, i) => ({ source, target: targets[i]! }));
      const result = migrate(moves, state, { tokens: packTokens(pairs.reverse()) });
      expect(result.totals).to.deep.equal([8n, 4n, 2n, 1n]);
      await agrees(result);
    });

    it("keys with an even and an odd x", async () => {
      const keyOf = (parity: bigint): Parameters<typeof aliceMoves>[1] & object => {
        for (let i = 0; ; i++) {
          const signer = createFastSigner(`parity ${parity} ${i}`);
          if ((signer.publicKey.x & 1n) === parity) return signer;
        }
      };
      const signers = [keyOf(0n), keyOf(1n)];
      const state = stateOf(
        Object.fromEntries(signers.map(({ publicKey: { x, y } }, i) => [4 + i, { ...alice, ax: x, ay: y }])),
      );
      const result = migrate(
        signers.map((signer, i) => aliceMoves({ from: 4 + i }, signer)),
        state,
      );
      expect(
        result.arrivals
          .slice(0, 2)
          .map((arrival) => compressKey({ x: toField(arrival!.ax), y: toField(arrival!.ay) }).keySign),
      ).to.deep.equal([0n, 1n]);
      await agrees(result);
    });

    it("a move of nobody, signed for the key that stands in for an absent account's", async () => {
      // B8 is the key to the secret 1, which everybody knows.
      const unsigned = decodeTransactionSlot(aliceMoves({ from: 3, token: ETH, targetToken: ETH }));
      const message = moveMessage(unsigned, { domain: DOMAIN, target: TARGET, nonce: 0n });
      const r = 12345n;
      const h = challenge(mulBase(r), B8, message);
      const signature = { h, s: (r + 8n * h) % L };
      expect(verifySignature(B8, message, signature)).to.equal(true);
      const result = migrate([encodeTransactionSlot({ ...unsigned, ...signature })]);
      expect(reasonsOf(result)[0]).to.equal("UNKNOWN_SENDER");
      await agrees(result);
    });

    it("no moves, and all garbage", async () => {
      await agrees(migrate([]));
      await agrees(migrate([new Uint8Array(4 * SLOT_BYTES).fill(255)]));
      await agrees(migrate([], stateOf({})));
    });

    it("a request with all numbers at their largest", async () => {
      const request = { domain: (1n << 248n) - 1n, target: (1n << 160n) - 1n, tokens: (1n << 128n) - 1n };
      const result = migrate([aliceMoves()], SOURCE, request);
      await agrees(result);
      expect(await signalsOf({ ...input, worker: P - 1n })).to.deep.equal([...expected.slice(0, -1), P - 1n]);
    });
  });

  it("refuses each private input altered, or is about other moves", async () => {
    const paths: readonly (readonly [Path, string])[] = [
      [["accountsRoot"], "Migration"],
      [["nextIndex"], "Migration"],
      ...[ALICE_MOVE, BOB_MOVE, CAROL_MOVE].flatMap((i): (readonly [Path, string])[] => {
        const index = [ALICE_INDEX, BOB_INDEX, CAROL_INDEX][i]!;
        return [
          // Another key is no point.
          ...[0, 1].map((field) => [["account", i, field], "BabyCheck"] as const),
          ...[2, 3, 4, 5].map((field) => [["account", i, field], "PathUpdate"] as const),
          [["exists", i], "KnownAccount"],
          ...Array.from({ length: DEVELOPMENT.depth }, (_, level) => {
            const digit = Math.floor(index / 4 ** (DEVELOPMENT.depth - 1 - level)) % 4;
            return [
              [["path", i, level, digit], "PathUpdate"],
              [["path", i, level, (digit + 1) % 4], level === 0 ? "ApplyMove" : "PathUpdate"],
            ] as const;
          }).flat(),
        ];
      }),
      ...[0, 1, 2, 3, 4, 5].map((field) => [["account", EMPTY_MOVE, field], "KnownAccount"] as const),
      // It is still no account: its hash is not in the tree.
      [["exists", EMPTY_MOVE], "BabyCheck"],
      [["moves", ALICE_MOVE, 2], "ApplyMove"],
    ];
    const names = [...new Set(paths.map(([[name]]) => name))];
    const { publicInputs } = findCircuit("migration", "development");
    expect([...names, ...publicInputs]).to.have.members(Object.keys(input));
    for (const [path, template] of paths) {
      await refuses(replace(input, path, plusOne), template);
    }
    // Where a move stays void, all that changes is what is committed to.
    for (const i of [BOB_MOVE, EMPTY_MOVE]) {
      const changed = await signalsOf(replace(input, ["moves", i, 2], plusOne));
      expect(changed.flatMap((value, signal) => (value === expected[signal] ? [] : [signal]))).to.deep.equal([6, 7]);
    }
    await refuses(
      replace(input, ["moves", EMPTY_MOVE, 0], (value) => value + (1n << 248n)),
      "Num2Bits",
    );
  });

  it("binds each public input: no other value, or another result", async () => {
    const refused: Readonly<Record<string, string>> = {
      oldStateRoot: "Migration",
      domain: "ApplyMove",
      target: "ApplyMove",
      tokens: "ApplyMove",
    };
    for (const [name, template] of Object.entries(refused)) {
      await refuses(replace(input, [name as "domain"], plusOne), template);
    }
    await refuses(
      replace(input, ["tokens"], (value) => value + (1n << 128n)),
      "Num2Bits",
    );
    for (const [name, position] of [
      ["movesPoint", 7],
      ["arrivalsPoint", 9],
    ] as const) {
      const changed = await signalsOf(replace(input, [name], plusOne));
      expect(changed.slice(0, 10).flatMap((value, i) => (value === expected[i] ? [] : [i]))).to.deep.equal([position]);
    }
  });

  it("refuses another opening of what is there, and of what is not", async () => {
    const hidden = replace(input, ["exists", ALICE_MOVE], () => 0n);
    await refuses(hidden, "KnownAccount");
    await refuses(
      replace(hidden, ["account", ALICE_MOVE], () => accountTuple(undefined)),
      "PathUpdate",
    );
    const invented = replace(input, ["exists", EMPTY_MOVE], () => 1n);
    await refuses(
      replace(invented, ["account", EMPTY_MOVE], () => accountTuple(bob)),
      "PathUpdate",
    );
    // Another account, with its own path.
    const bobs = replace(input, ["account", ALICE_MOVE], () => accountTuple(bob));
    await refuses(
      replace(bobs, ["path", ALICE_MOVE], () => SOURCE.accounts.path(BOB_INDEX)),
      "PathUpdate",
    );
  });

  describe("refuses a theft that is consistent except for the state:", () => {
    /**
     * The prover has a state in which the move is valid, and shows its account instead, on the true path, then on the
     * invented one.
     */
    const refusesTheft = async (move: Uint8Array, account: Account): Promise<void> => {
      const invention = migrate([move], stateOf({ [ALICE_INDEX]: account, [BOB_INDEX]: bob, [CAROL_INDEX]: carol }));
      expect(reasonsOf(invention)[0]).to.equal("executed");
      const invented = migrationCircuitInput(invention, BINDING);
      const honest = migrationCircuitInput(migrate([move]), BINDING);
      const forged = replace(honest, ["account", 0], () => invented.account[0]);
      await refuses(forged, "PathUpdate");
      await refuses(
        replace(forged, ["path", 0], () => invented.path[0]),
        "ApplyMove",
      );
      await refuses({ ...invented, oldStateRoot: honest.oldStateRoot }, "Migration");
    };

    it("a larger balance", async () => refusesTheft(aliceMoves(), { ...alice, balance: MAX_BALANCE }));
    it("another owner", async () => refusesTheft(aliceMoves(), { ...alice, owner: 0xbadn }));
    it("another token", async () =>
      refusesTheft(aliceMoves({ token: ETH, targetToken: ETH }), { ...alice, token: ETH }));
    it("the nonce turned back", async () => refusesTheft(aliceMoves({ nonce: 3n }), { ...alice, nonce: 3n }));
    it("the thief's key", async () => {
      const { x, y } = SIGNERS.bob.publicKey;
      await refusesTheft(aliceMoves({}, SIGNERS.bob), { ...alice, ax: x, ay: y });
    });
  });

  describe("leaves no choice about what moves:", () => {
    it("a valid move cannot be left out", async () => {
      const skipped = migrationCircuitInput(migrate([aliceMoves({ nonce: 0n }), badMove, carolMoves()]), BINDING);
      await refuses(
        replace(input, ["path", BOB_MOVE], () => skipped.path[BOB_MOVE]),
        "ApplyMove",
      );
    });

    it("an invalid move cannot be executed", async () => {
      const skipped = migrationCircuitInput(migrate([aliceMoves({ nonce: 0n }), badMove, carolMoves()]), BINDING);
      await refuses(
        replace(skipped, ["path", BOB_MOVE], () => input.path[BOB_MOVE]),
        "ApplyMove",
      );
    });

    it("nor can a move be executed twice, on the state before it", async () => {
      const twice = migrationCircuitInput(migrate([aliceMoves(), aliceMoves()]), BINDING);
      const account = replace(twice, ["account", 1], () => twice.account[0]);
      await refuses(account, "PathUpdate");
      await refuses(
        replace(account, ["path", 1], () => twice.path[0]),
        "ApplyMove",
      );
    });

    it("an index outside the tree is nobody's, whatever it is modulo the tree's capacity", async () => {
      const result = migrate([aliceMoves({ from: 4 ** DEVELOPMENT.depth + ALICE_INDEX })]);
      expect(reasonsOf(result)[0]).to.equal("UNKNOWN_SENDER");
      expect(migrationCircuitInput(result, BINDING).exists[0]).to.equal(1n);
      await agrees(result);
    });
  });

  describe("lets nothing out of an invented state that the target's may not have:", () => {
    /**
     * `8·key` is the identity or (0, 0), so that everybody can sign: `R8 = S·B8`. The witness is that of a state with
     * this account at index 1, and of one valid move.
     */
    const invent = (fields: Partial<Account>, key: Point = { x: toField(alice.ax), y: toField(alice.ay) }) => {
      const account = { ...alice, ...fields, ax: key.x, ay: key.y };
      const isForgeable = key.x !== alice.ax;
      const unsigned = decodeTransactionSlot(aliceMoves({ token: BigInt.asUintN(16, account.token) }));
      const message = moveMessage(unsigned, { domain: DOMAIN, target: TARGET, nonce: alice.nonce });
      const s = 12345n;
      const signature = isForgeable ? { h: challenge(mulBase(s), key, message), s } : SIGNERS.alice.sign(message);
      const state = stateOf({ [ALICE_INDEX]: account });
      const result = migrate([], state);
      const slot = encodeTransactionSlot({ ...unsigned, ...signature });
      const after = stateOf({ [ALICE_INDEX]: { ...account, nonce: account.nonce + 1n, balance: 0n } });
      const { path } = migrationCircuitInput(migrate([], after), BINDING);
      const witness = migrationCircuitInput(result, BINDING);
      return {
        ...witness,
        moves: [encodeChunks(slot), ...witness.moves.slice(1)],
        account: [accountTuple(account), ...witness.account.slice(1)],
        exists: [1n, ...witness.exists.slice(1)],
        path: [state.accounts.path(ALICE_INDEX), ...path.slice(1)],
      };
    };

    it("(the same account with nothing wrong moves)", async () => {
      const [, , total] = await signalsOf(invent({}));
      expect(total).to.equal(alice.balance);
    });

    it("a key that is no point", async () => {
      for (const y of [0n, 5n]) await refuses(invent({}, { x: toField(0n), y: toField(y) }), "BabyCheck");
    });
    it("a key of small order", async () => {
      for (const key of SMALL_ORDER_POINTS) await refuses(invent({}, key), "AccountKey");
    });
    it("a balance of more than 128 bits", async () => {
      for (const balance of [BALANCE_LIMIT, P - 1n]) await refuses(invent({ balance }), "Num2Bits");
    });
    it("an owner of more than 160 bits", async () => {
      for (const owner of [1n << 160n, P - 1n]) await refuses(invent({ owner }), "Num2Bits");
    });
    it("a token of more than 16 bits, which no move can name", async () => {
      const state = stateOf({ [ALICE_INDEX]: { ...alice, token: 65536n + COIN } });
      const result = migrate([aliceMoves()], state);
      expect(reasonsOf(result)[0]).to.equal("SENDER_TOKEN_MISMATCH");
      await agrees(result);
      await refuses(invent({ token: 65536n + COIN }), "ApplyMove");
    });
    it("index 0", async () => {
      const state = stateOf({ 0: alice });
      const result = migrate([aliceMoves({ from: 0 })], state);
      expect(reasonsOf(result)[0]).to.equal("UNKNOWN_SENDER");
      await agrees(result);
    });
  });

  it("has a constraint for `worker`, although nothing follows from it", async () => {
    const { values } = await calculateWitness(circuit, { ...input });
    // Wire 0 is the constant one; `worker` is the last public signal.
    const position = expected.length;
    expect(values[position]).to.equal(BINDING.worker);
    const forged = values.map((value, wire) => (wire === position ? value + 1n : value));
    expect(violatedConstraints(readFileSync(circuit.r1cs), forged)).to.have.length(1);
  });

  it("has no wire that can be changed alone but harmless ones", async () => {
    const harmless = [
      // circomlib's IsZero: the hint `inv` of a 0 is multiplied by it.
      /\.inv$/,
      // A public signal on which nothing else depends: −worker has the same square, and is another statement.
      /^main\.worker$/,
    ];
    for (const result of [HONEST, migrate([bobMoves(), aliceMoves(), aliceMoves({ nonce: 8n }), carolMoves()])]) {
      const { values } = await calculateWitness(circuit, { ...migrationCircuitInput(result, BINDING) });
      const free = freeWires(circuit, values);
      expect(free.filter((name) => !harmless.some((pattern) => pattern.test(name)))).to.deep.equal([]);
    }
  });
});
