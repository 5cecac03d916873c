import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import { deployCoreParts } from "./core.ts";

/**
 * A rollup under Proof of Efficiency: native token, verifier, consensus and, made by the consensus itself, the core.
 * Parameters: `deploy/parameters/<network>.json`; their meaning: docs/parameters.md.
 */
export default buildModule("ProofOfEfficiency", (m) => {
  const { RollupDeployment, core } = deployCoreParts(m);
  const token = m.contract("NativeToken", [
    m.getParameter("tokenName"),
    m.getParameter("tokenSymbol"),
    m.getParameter("tokenSupply"),
    m.getParameter("tokenHolder", m.getAccount(0)),
  ]);
  const verifier = m.contract("LeafVerifier");
  const consensus = m.contract(
    "ProofOfEfficiency",
    [
      core,
      {
        token,
        verifier,
        selector: m.getParameter("selector"),
        minFee: m.getParameter("minFee"),
        maxFee: m.getParameter("maxFee"),
        initialFee: m.getParameter("initialFee"),
        leafBond: m.getParameter("leafBond"),
        baseFee: m.getParameter("baseFee"),
        targetTime: m.getParameter("targetTime"),
        doublingTime: m.getParameter("doublingTime"),
        maxLeavesPerBatch: m.getParameter("maxLeavesPerBatch"),
        maxPendingBatches: m.getParameter("maxPendingBatches"),
      },
    ],
    { libraries: { RollupDeployment } },
  );
  const rollup = m.contractAt("Rollup", m.staticCall(consensus, "ROLLUP"));
  return { token, verifier, consensus, rollup };
});
