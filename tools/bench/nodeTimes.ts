// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { numbersTable } from "../docs/markdown.ts";
import { TransactionPool } from "../../src/agents/index.ts";
import { createSigner, fastCrypto, installFastCrypto, type FastCrypto, type Signer } from "../../src/crypto/index.ts";
import { applyBatch, signTransaction, type Account, type Environment, type State } from "../../src/ledger/index.ts";
import { createFastCrypto, openDatabase, StateStore, type BlockPlace } from "../../src/node/index.ts";
import { toField } from "../../src/field.ts";
import { createProfile } from "../../src/profile.ts";

/** Measurements of a node's ledger: speed in a second of one core, time to start, and use of memory and disk. */
export interface NodeTimes {
  readonly accounts: number;
  /** Of an L2 transaction by the library's own arithmetic. Milliseconds. */
  readonly sign: number;
  /** Transfers that the pool takes, per second, by the library's own arithmetic and by WebAssembly. */
  readonly accept: Comparison;
  /** Transfers that are applied and written, per second: one batch of 16 leaves of 16 slots for each block of L1. */
  readonly apply: Comparison;
  /** The same with 16 such batches in a block, which is what 12 seconds bring at 340 a second. */
  readonly applyMany: Comparison;
  /** The same of transfers that the node's pool had taken before. */
  readonly applyKnown: number;
  /** The same while a node catches up: 64 batches of 16 leaves of 4 slots are written together, and each has a root. */
  readonly synchronise: Comparison;
  /** To open the database, and read the state root and an account. Milliseconds. */
  readonly restart: number;
  /** Of the process. */
  readonly peakMegabytes: number;
  readonly diskMegabytes: number;
}

export interface Comparison {
  readonly library: number;
  readonly fast: number;
}

const IDENTITY = { chainId: 31_337n, rollup: `0x${"ab".repeat(20)}` };
const ENVIRONMENT: Environment = { sequencer: 1n, domain: 2n };
const TERMS = { baseFee: 1n, feeToken: 0n, feeAccount: 1 };
/** Different keys; accounts of one key are alike, so their subtrees need not be hashed one by one to begin with. */
const SIGNERS = 64;
const BALANCE = 10n ** 18n;

/**
 * Measures on a database of its own with accounts 1 … `accounts`, at depth 16. Senders and receivers are drawn evenly.
 *
 * @param accounts e.g. 10^6
 * @param batches of 256 transfers that are applied
 */
export async function measureNode(accounts: number, batches: number): Promise<NodeTimes> {
  const directory = mkdtempSync(join(tmpdir(), "node-times-"));
  const path = join(directory, "node.sqlite");
  try {
    const fast = await createFastCrypto();
    const signers = Array.from({ length: SIGNERS }, (_, i) => createSigner(Buffer.from(`signer ${i}`.padEnd(32))));
    fill(path, signers, accounts, fast);
    installFastCrypto(fast);

    const opening = performance.now();
    const database = openDatabase(path, IDENTITY);
    const store = new StateStore(database, 16);
    const last = store.state.account(accounts);
    if (last === undefined) throw new Error("the accounts are gone");
    const restart = performance.now() - opening;

    const traffic = new Traffic(signers, accounts);
    const run = (work: (transfers: readonly Uint8Array[]) => void, count: number, arithmetic?: FastCrypto): number => {
      // All are signed before the clock starts.
      const transfers = traffic.next(count, store.state);
      installFastCrypto(arithmetic);
      const seconds = secondsOf(() => work(transfers));
      installFastCrypto(fast);
      return count / seconds;
    };

    installFastCrypto(undefined);
    const sign =
      (secondsOf(() => {
        for (let i = 0; i < 50; i++) traffic.sign(1, 2, BigInt(i));
      }) /
        50) *
      1000;
    installFastCrypto(fast);

    const accept = (transfers: readonly Uint8Array[]): void => {
      const pool = new TransactionPool({ ...ENVIRONMENT, ...TERMS }, { total: transfers.length });
      for (const transfer of transfers) pool.add(transfer, store.state);
    };
    const apply =
      (slots: number, perBatch: number, perBlock: number, isFollowed = false) =>
      (transfers: readonly Uint8Array[]): void => {
        const profile = createProfile({ name: "bench", depth: 16, slots, levels: 2 });
        const header = { ...TERMS, forcedCount: 0, timestamp: 0n };
        let { state } = store;
        const size = perBatch * slots;
        for (let first = 0, batch = 1; first < transfers.length; first += size, batch++) {
          const data = Buffer.concat(transfers.slice(first, first + size));
          const result = applyBatch(profile, state, { header, data }, ENVIRONMENT);
          for (const { outcomes } of result.leaves) {
            const wrong = outcomes.find(({ status }) => status !== "executed");
            if (wrong !== undefined) throw new Error(`a transfer of the bench is void: ${JSON.stringify(wrong)}`);
          }
          ({ state } = result);
          if (isFollowed) {
            // As `RollupView.append`: the root of each batch, and the commitments of each leaf.
            const values = [state.root, ...result.leaves.map(({ c }) => c)];
            if (values.includes(toField(0n))) throw new Error("a root or a commitment is 0");
          }
          if (batch % perBlock !== 0 && first + size < transfers.length) continue;
          store.commit(blockOf((store.cursor?.number ?? 0) + 1), store.cursor?.hash, state);
          ({ state } = store);
        }
      };
    const known = (transfers: readonly Uint8Array[]): number => {
      accept(transfers);
      return secondsOf(() => apply(16, 16, 16)(transfers));
    };
    const few = Math.max(1, Math.floor(batches / 8)) * 256;
    const seen = traffic.next(batches * 256, store.state);
    const applyKnown = seen.length / known(seen);
    const times = {
      accounts,
      sign,
      accept: { library: run(accept, 128), fast: run(accept, 2_048, fast) },
      apply: { library: run(apply(16, 16, 1), few), fast: run(apply(16, 16, 1), batches * 256, fast) },
      applyMany: { library: run(apply(16, 16, 16), few), fast: run(apply(16, 16, 16), batches * 256, fast) },
      applyKnown,
      synchronise: {
        library: run(apply(4, 16, 64, true), few),
        fast: run(apply(4, 16, 64, true), batches * 256, fast),
      },
      restart,
      peakMegabytes: process.resourceUsage().maxRSS / 1024,
    };
    database.close();
    return { ...times, diskMegabytes: statSync(path).size / 2 ** 20 };
  } finally {
    installFastCrypto(undefined);
    rmSync(directory, { recursive: true });
  }
}

/** Seconds of one core that `work` takes. The time of other processes does not count. */
function secondsOf(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

const blockOf = (number: number): BlockPlace => ({ number, hash: `0x${number.toString(16).padStart(64, "0")}` });

/** Equal subtrees are hashed once. */
function fill(path: string, signers: readonly Signer[], accounts: number, fast: FastCrypto): void {
  const known = new Map<string, bigint>();
  const before = fastCrypto();
  installFastCrypto({
    ...fast,
    poseidon(inputs) {
      const key = inputs.join();
      const hash = known.get(key) ?? fast.poseidon(inputs);
      known.set(key, hash);
      return hash;
    },
  });
  const database = openDatabase(path, IDENTITY);
  const all = function* (): Generator<readonly [number, Account]> {
    for (let index = 1; index <= accounts; index++) {
      const { x, y } = signers[index % SIGNERS]!.publicKey;
      yield [index, { ax: x, ay: y, nonce: 0n, token: 0n, balance: BALANCE, owner: 1n }];
    }
  };
  new StateStore(database, 16).fill(blockOf(1), all(), accounts + 1, () => undefined);
  database.close();
  installFastCrypto(before);
}

/** Transfers between accounts that are drawn evenly, by a generator that gives the same each time. */
class Traffic {
  readonly #signers: readonly Signer[];
  readonly #accounts: number;
  #seed = 1;

  constructor(signers: readonly Signer[], accounts: number) {
    this.#signers = signers;
    this.#accounts = accounts;
  }

  /** @param state on which the first is executed */
  next(count: number, state: State): Uint8Array[] {
    const nonces = new Map<number, bigint>();
    return Array.from({ length: count }, () => {
      const [from, to] = [this.#draw(), this.#draw()];
      const nonce = nonces.get(from) ?? state.account(from)!.nonce;
      nonces.set(from, nonce + 1n);
      return this.sign(from, to, nonce);
    });
  }

  sign(from: number, to: number, nonce: bigint): Uint8Array {
    const request = { from, to, token: 0n, amount: 1n, tip: 1n, nonce };
    return signTransaction(this.#signers[from % SIGNERS]!, { ...request, ...ENVIRONMENT });
  }

  #draw(): number {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647;
    return 1 + (this.#seed % this.#accounts);
  }
}

/** The measurements beside the targets. */
export function nodeTable(times: NodeTimes): string {
  const perSecond = (value: number): string => `${Math.round(value)}`;
  const target = (isMet: boolean, text: string): string => `${text} ${isMet ? "✔" : "✘"}`;
  const row = (what: string, { library, fast }: Comparison, limit?: number): string[] => [
    what,
    perSecond(library),
    perSecond(fast),
    limit === undefined ? "" : target(fast >= limit, `${limit}`),
  ];
  return numbersTable(
    [`${times.accounts} accounts on the disk, depth 16`, "library's arithmetic", "WebAssembly", "target"],
    [
      row("transfers applied a second, 256 in a block", times.apply),
      row("transfers applied a second, 4,096 in a block", times.applyMany, 500),
      ["… which the pool had seen", "", perSecond(times.applyKnown), ""],
      row("transfers synchronised a second, batches of 16 leaves of 4", times.synchronise, 533),
      row("transfers taken into the pool a second", times.accept, 500),
      ["signing, ms", times.sign.toFixed(1), "", target(times.sign <= 5, "5")],
      ["restart, ms", "", times.restart.toFixed(0), target(times.restart <= 3_000, "3,000")],
      ["memory, MB", "", times.peakMegabytes.toFixed(0), target(times.peakMegabytes <= 1_024, "1,024")],
      ["disk, MB", "", times.diskMegabytes.toFixed(0), ""],
    ],
  );
}
