import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import { coreParameters, shared } from "./shared.ts";

/**
 * A rollup under Proof of Efficiency: native token, verifier, consensus and, made by the consensus itself, the core.
 * Parameters: `deploy/parameters/<network>.json`; their meaning: docs/parameters.md.
 */
export default buildModule("ProofOfEfficiency", (m) => {
  const { token, RollupDeployment, enforcementVerifier } = m.useModule(shared);
  const verifier = m.contract("LeafVerifier");
  const consensus = m.contract(
    "ProofOfEfficiency",
    [
      coreParameters(m, enforcementVerifier),
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
        halvingTime: m.getParameter("halvingTime"),
        maxLeavesPerBatch: m.getParameter("maxLeavesPerBatch"),
        maxPendingLeaves: m.getParameter("maxPendingLeaves"),
      },
    ],
    { libraries: { RollupDeployment } },
  );
  const rollup = m.contractAt("Rollup", m.staticCall(consensus, "ROLLUP"));
  return { token, consensus, rollup };
});
