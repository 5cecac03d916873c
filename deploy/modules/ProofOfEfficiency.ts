import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/**
 * A rollup under Proof of Efficiency: native token, verifier, consensus and, made by the consensus itself, the core.
 * Parameters: `deploy/parameters/<network>.json`; their meaning: docs/parameters.md.
 */
export default buildModule("ProofOfEfficiency", (m) => {
  const poseidon = m.library("PoseidonT3");
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
      {
        tokenFee: m.getParameter("tokenFee"),
        forcedDeadline: m.getParameter("forcedDeadline"),
        forcedFeeBase: m.getParameter("forcedFeeBase"),
        forcedFeeStep: m.getParameter("forcedFeeStep"),
      },
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
    { libraries: { PoseidonT3: poseidon } },
  );
  const rollup = m.contractAt("Rollup", m.staticCall(consensus, "ROLLUP"));
  return { token, verifier, consensus, rollup };
});
