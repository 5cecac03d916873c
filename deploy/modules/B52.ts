import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import { coreParameters, shared } from "./shared.ts";

/**
 * A rollup under B52: native token, verifier, consensus and, made by the consensus itself, the core and the provers'
 * registry. Parameters: `deploy/parameters/<network>.json`; their meaning: docs/parameters.md.
 */
export default buildModule("B52", (m) => {
  const { token, RollupDeployment, enforcementVerifier } = m.useModule(shared);
  const PoseidonT3 = m.library("PoseidonT3");
  const BlockVerification = m.library("BlockVerification");
  const BlockRecords = m.library("BlockRecords", { libraries: { PoseidonT3, BlockVerification } });
  const verifier = m.contract("RollupVerifier");
  const consensus = m.contract(
    "B52",
    [
      coreParameters(m, enforcementVerifier),
      {
        token,
        verifier,
        proposalWindow: m.getParameter("proposalWindow"),
        proofWindow: m.getParameter("proofWindow"),
        defenceWindow: m.getParameter("defenceWindow"),
        pipelined: m.getParameter("pipelined"),
        fairPay: m.getParameter("fairPay"),
        maxUncles: m.getParameter("maxUncles"),
        maxLeaves: m.getParameter("maxLeaves"),
        baseFee: m.getParameter("baseFee"),
        minBid: m.getParameter("minBid"),
        blockReward: m.getParameter("blockReward"),
        uncleReward: m.getParameter("uncleReward"),
        tip: m.getParameter("tip"),
        voteDeposit: m.getParameter("voteDeposit"),
        bounty: m.getParameter("bounty"),
        lostBurnRate: m.getParameter("lostBurnRate"),
        unprovenBurnRate: m.getParameter("unprovenBurnRate"),
        maxShare: m.getParameter("maxShare"),
        targetProvers: m.getParameter("targetProvers"),
        minSlope: m.getParameter("minSlope"),
        maxSlope: m.getParameter("maxSlope"),
      },
      {
        stake: m.getParameter("stake"),
        exitDelay: m.getParameter("exitDelay"),
        slashRate: m.getParameter("slashRate"),
        maxSlashRate: m.getParameter("maxSlashRate"),
        forgiveness: m.getParameter("forgiveness"),
      },
    ],
    { libraries: { PoseidonT3, RollupDeployment, BlockRecords, BlockVerification } },
  );
  const rollup = m.contractAt("Rollup", m.staticCall(consensus, "ROLLUP"));
  const registry = m.contractAt("ProverRegistry", m.staticCall(consensus, "REGISTRY"));
  return { token, consensus, rollup, registry };
});
