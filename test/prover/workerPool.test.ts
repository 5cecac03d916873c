// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { WorkerPool } from "../../src/prover/workerPool.ts";
import { type WorkerTask } from "../../src/prover/workerProtocol.ts";
import { prepareCircuit } from "../../src/setup/keys.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { PRODUCT, PRODUCT_INPUT } from "../setup/fixtures.ts";

describe("worker pool", () => {
  let task: Extract<WorkerTask, { kind: "prove" }>;
  let pool: WorkerPool;

  before(async () => {
    const { name, wasm, publicSignals, zkey } = await prepareCircuit(PRODUCT, "development");
    task = { kind: "prove", circuit: { name, wasm, publicSignals }, zkey, input: PRODUCT_INPUT };
  });

  beforeEach(() => {
    pool = new WorkerPool(2);
  });

  afterEach(async () => {
    await pool.dispose();
  });

  it("starts processes when they are needed, up to its size, and uses them again", async () => {
    expect(pool.processIds).to.deep.equal([]);
    await pool.run(task);
    const [first] = pool.processIds;
    await pool.run(task);
    expect(pool.processIds).to.deep.equal([first]);
    await Promise.all([pool.run(task), pool.run(task), pool.run(task)]);
    expect(pool.processIds).to.have.length(2).and.to.include(first);
  });

  it("leaves no process when it is disposed, and fails what is under way or waiting", async () => {
    await pool.run(task);
    const pending = [pool.run(task), pool.run(task), pool.run(task)];
    const rejections = Promise.all(pending.map((promise) => expectRejection(promise, "PROVER_DISPOSED")));
    const processes = pool.processIds;
    expect(processes).to.have.length(2);
    await pool.dispose();
    await rejections;
    expect(processes.filter(isAlive)).to.deep.equal([]);
    expect(pool.processIds).to.deep.equal([]);
    await expectRejection(pool.run(task), "PROVER_DISPOSED");
  });

  it("fails the task of a process that dies, and goes on with the others", async () => {
    await pool.run(task);
    const [victim] = pool.processIds;
    const failing = expectRejection(pool.run(task), "PROVER_FAILED");
    process.kill(victim!, "SIGKILL");
    await failing;
    const { publicSignals } = await pool.run(task);
    expect(publicSignals).to.deep.equal([720n]);
    expect(pool.processIds).to.not.include(victim);
  });

  it("gives the task of a process that died idle to another", async () => {
    await pool.run(task);
    const [victim] = pool.processIds;
    process.kill(victim!, "SIGKILL");
    while (isAlive(victim!)) await new Promise((resolve) => setTimeout(resolve, 5));
    const { publicSignals } = await pool.run(task);
    expect(publicSignals).to.deep.equal([720n]);
  });

  it("reports what snarkjs throws", async () => {
    const error = await expectRejection(pool.run({ ...task, zkey: "/no/such.zkey" }), "PROVER_FAILED");
    expect(error.message).to.contain("/no/such.zkey");
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
