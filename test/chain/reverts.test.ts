// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { globSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { AbiCoder, concat, dataSlice, id, Interface, makeError, type JsonFragment, type Signer } from "ethers";
import { network } from "hardhat";

import { Aggregator, RollupNode, Sequencer } from "../../src/agents/index.ts";
import { contractErrors, decodeRevert, decodeReverts, describeRevert, revertOfError } from "../../src/chain/index.ts";
import { deployProofOfEfficiency } from "../../tools/deployment/proofOfEfficiency.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { expectRevert } from "../helpers/expectRevert.ts";

const encode = (signature: string, ...values: unknown[]): string => {
  const types = signature.slice(signature.indexOf("(") + 1, -1);
  const body = types === "" ? "0x" : AbiCoder.defaultAbiCoder().encode(types.split(","), values);
  return concat([dataSlice(id(signature), 0, 4), body]);
};

const LATE = encode("AlreadyVerified(uint256,uint256)", 4n, 5n);

describe("A decoded revert", () => {
  it("knows the errors of all contracts", () => {
    const files = globSync("artifacts/contracts/**/*.json", { cwd: PROJECT_ROOT }).filter(
      (file) => !/mocks|test|example/.test(file),
    );
    const missing = files.flatMap((file) => {
      const { abi = [] } = JSON.parse(readFileSync(join(PROJECT_ROOT, file), "utf8")) as { abi?: JsonFragment[] };
      return new Interface(abi).fragments
        .filter((fragment) => fragment.type === "error")
        .map((fragment) => fragment.format("sighash"))
        .filter((signature) => contractErrors().getError(signature) === null);
    });
    expect(files.length).to.be.greaterThan(20);
    expect(missing).to.deep.equal([]);
  });

  it("has the error's name, its values and a sentence", () => {
    expect(decodeRevert(LATE)).to.deep.equal({
      name: "AlreadyVerified",
      args: { to: 4n, verified: 5n },
      data: LATE,
    });
    expect(describeRevert(decodeRevert(LATE))).to.equal("AlreadyVerified (to: 4, verified: 5)");
    const parameter = decodeRevert(encode("InvalidParameter(string,uint256)", "minFee", 3n));
    expect(describeRevert(parameter)).to.equal("InvalidParameter (name: minFee, value: 3)");
  });

  it("has what require and assert say", () => {
    expect(describeRevert(decodeRevert(encode("Error(string)", "no money")))).to.equal('"no money"');
    expect(describeRevert(decodeRevert(encode("Panic(uint256)", 0x11n)))).to.equal(
      "Panic (code 17: an arithmetic operation overflowed)",
    );
    expect(decodeRevert(encode("Panic(uint256)", 0x11n))).to.deep.include({ name: "Panic", args: { code: 17n } });
  });

  it("has the error inside another one", () => {
    const abi = new Interface(["error Wrapped(address target, bytes reason)"]);
    const data = abi.encodeErrorResult("Wrapped", [`0x${"22".repeat(20)}`, LATE]);
    const revert = decodeRevert(data, abi);
    expect(revert.name).to.equal("Wrapped");
    expect(revert.inner).to.deep.equal(decodeRevert(LATE));
    expect(describeRevert(revert)).to.match(/^Wrapped \(.*\), because of AlreadyVerified \(to: 4, verified: 5\)$/);
    const tuple = new Interface(["error Bad((uint256 a, uint8[] b) pair)"]);
    const nested = decodeRevert(tuple.encodeErrorResult("Bad", [[1n, [2n, 3n]]]), tuple);
    expect(nested.args).to.deep.equal({ pair: { a: 1n, b: [2n, 3n] } });
  });

  it("has no name if the data are unknown, cut, or missing", () => {
    for (const data of ["0x", "0x12", "0xdeadbeef", dataSlice(LATE, 0, 40), encode("Unknown(uint256)", 1n)]) {
      expect(decodeRevert(data)).to.deep.equal({ name: undefined, args: {}, data });
    }
    expect(describeRevert(decodeRevert("0x"))).to.equal("it gave no reason");
  });

  it("is found wherever an endpoint's error has it, and in no other trouble", () => {
    const transaction = { to: null, data: "0x12345678901234567890" };
    const details = { action: "call", data: LATE, reason: null, transaction, invocation: null, revert: null } as const;
    const ofEthers = makeError("execution reverted", "CALL_EXCEPTION", details);
    const ofGeth = Object.assign(new Error("could not coalesce error"), {
      code: "UNKNOWN_ERROR",
      info: { error: { code: 3, message: "execution reverted", data: LATE }, payload: { params: [transaction] } },
    });
    const ofHardhat = Object.assign(new Error("VM Exception"), {
      cause: { data: { data: LATE, message: "reverted" } },
    });
    for (const error of [ofEthers, ofGeth, ofHardhat]) {
      expect(revertOfError(error)?.revert).to.deep.equal(decodeRevert(LATE));
      expect(revertOfError(error)?.cause).to.equal(error);
    }
    const silent = makeError("missing revert data", "CALL_EXCEPTION", { ...details, data: null });
    expect(revertOfError(silent)?.revert).to.deep.equal({ name: undefined, args: {}, data: "0x" });
    const circular: { cause?: unknown } = new Error("429 Too Many Requests");
    circular.cause = circular;
    for (const trouble of [circular, new Error("timeout"), undefined, null, "string", { code: "SERVER_ERROR" }]) {
      expect(revertOfError(trouble)).to.equal(undefined);
    }
  });

  it("comes out of agents, static calls and estimates", async () => {
    const connection = await network.create();
    const system = await deployProofOfEfficiency(connection);
    const { consensus } = system;
    const [operator] = (await connection.ethers.getSigners()) as unknown as [Signer];
    const node = await RollupNode.open(system);
    const sequencer = new Sequencer(node, operator, { feeAccount: 0, feeToken: 0n });
    const posting = await expectRevert(sequencer.post({}));
    expect(posting.revert.name).to.equal("InsufficientBalance");
    const entry = await expectRevert(decodeReverts(consensus.batchEntry(9)));
    expect(entry.revert.args).to.deep.equal({ batch: 9n, oldest: 0n, newest: 0n });
    const estimate = await expectRevert(decodeReverts(consensus.verify.estimateGas(1, [])));
    expect(estimate.message).to.equal("the contract refused the call: NoBatches");

    await system.token.approve(consensus, 10n ** 21n);
    await consensus.deposit(10n ** 21n);
    await sequencer.post({});
    await node.sync();
    // The verifier's error reaches the caller of the consensus.
    const nothing = {
      pi_a: ["0", "0", "1"],
      pi_b: [
        ["0", "0"],
        ["0", "0"],
        ["1", "0"],
      ],
      pi_c: ["0", "0", "1"],
    };
    const aggregator = new Aggregator(node, operator, {
      prove: () => Promise.resolve({ proof: nothing as never, publicSignals: [], seconds: 0, cached: false }),
      dispose: () => Promise.resolve(),
    });
    const rejected = await expectRevert(aggregator.submit(await aggregator.prove()));
    expect(rejected.revert.name).to.equal("ProofsRejected");
  });
});
