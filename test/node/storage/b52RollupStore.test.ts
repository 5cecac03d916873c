// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { B52Node, type B52System } from "../../../src/agents/index.ts";
import { B52RollupStore, openDatabase, type Database } from "../../../src/node/storage/index.ts";
import { describedB52 } from "../../helpers/b52Described.ts";
import { DifferentialRun } from "../../helpers/b52Differential.ts";
import type { B52Options } from "../../helpers/b52Harness.ts";
import { systemOf } from "../../helpers/b52SystemOf.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";
import { hasFixedSeed, Random, seedFor } from "../../helpers/random.ts";

/** Of calls, most of which are a block of L1. */
const STEPS = 150;

describe("A B52 rollup on the disk", function () {
  this.timeout(600_000);
  let directory: string;
  let database: Database;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "b52-rollup-"));
  });

  afterEach(() => {
    database.close();
    rmSync(directory, { recursive: true });
  });

  function store(system: B52System): B52RollupStore {
    const rollup = `0x${"ab".repeat(20)}`;
    database = openDatabase(join(directory, "node.sqlite"), { chainId: 31337n, rollup }, { lockTimeout: 0 });
    return new B52RollupStore(database, system.profile.depth, { cachedRows: 8 });
  }

  const MODES: Record<string, B52Options> = {
    "one round after the other": { params: { maxUncles: 1n, maxLeaves: 4n } },
    "rounds that overlap, and fair pay": {
      params: { pipelined: true, fairPay: true, proposalWindow: 100n, proofWindow: 100n },
    },
  };
  for (const [mode, options] of Object.entries(MODES)) {
    it(`is what a node has that reads all of L1, after random steps, restarts and reorganisations: ${mode}`, async () => {
      const random = new Random(seedFor(`b52 store ${mode}`));
      const run = await DifferentialRun.start(options, random, { keepsState: true });
      const { networkHelpers } = run.harness.network.connection;
      const system = systemOf(run.harness);
      const observer = await B52Node.open(system);
      let node = await B52Node.open(system, store(system));
      const seen = { restarts: 0, inRound: 0, decided: 0, defaults: 0, demands: 0, released: 0, kept: 0, undone: 0, read: 0 };
      const places: { readonly block: number; readonly restore: () => Promise<void> }[] = [];
      for (let step = 0; step < STEPS; step++) {
        if (step === STEPS - 20) await run.queue();
        // The last step is the freeze, and all payments after it.
        await (step < STEPS - 1 ? run.step() : run.close());
        await node.sync();
        if (step % 7 !== 6 && step < STEPS - 1) continue;
        await observer.sync();
        const expected = describedB52(observer);
        expect(describedB52(node), `step ${step}`).to.equal(expected);
        database.close();
        node = await B52Node.open(system, store(system));
        expect(describedB52(node), `restart after step ${step}`).to.equal(expected);
        seen.restarts += 1;
        seen.inRound += observer.candidates.length > 0 ? 1 : 0;
        seen.decided += observer.virtualBatches.length;
        const defaults = observer.provenBlocks.flatMap((block) => observer.defaultsOf(block));
        seen.defaults = Math.max(seen.defaults, defaults.length);
        seen.demands = Math.max(seen.demands, defaults.filter(({ demand }) => demand !== undefined).length);
        seen.released = Math.max(seen.released, node.batches.filter(({ execution }) => execution === undefined).length);
        seen.kept = Math.max(seen.kept, node.batches.filter(({ execution }) => execution !== undefined).length);
        if (step % 28 === 6) {
          const { restore } = await networkHelpers.takeSnapshot();
          places.push({ block: observer.block, restore });
        }
      }
      expect(node.isFrozen).to.equal(true);
      for (const place of places.reverse()) {
        const oldest = [...new B52RollupStore(database, system.profile.depth).blocks()].at(-1)!.number;
        await place.restore();
        // An L1 that is shorter than all that was kept is refused: another test.
        await networkHelpers.mine(Math.max(0, oldest - place.block) + 1 + random.int(100));
        await expectRejection(node.sync(), "REORGANISED");
        node = await B52Node.open(system, new B52RollupStore(database, system.profile.depth));
        const again = await B52Node.open(system);
        expect(describedB52(node), `reorganisation to block ${place.block}`).to.equal(describedB52(again));
        if (place.block >= oldest) seen.undone += 1;
        else seen.read += 1;
      }
      if (!hasFixedSeed) return;
      for (const [what, count] of Object.entries(seen)) expect(count, what).to.be.above(0);
    });
  }
});
