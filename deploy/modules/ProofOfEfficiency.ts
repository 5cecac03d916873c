// SPDX-License-Identifier: MIT
import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import { coreParameters } from "./shared.ts";

/**
 * A rollup under Proof of Efficiency, of parts that are there (`proofOfEfficiencyParts`): the consensus and, made by the
 * consensus in a transaction of its own, the core. Parameters: `deploy/parameters/<network>.json`; their meaning:
 * docs/parameters.md; besides them, the addresses of the parts, and the core's code and arguments.
 */
export default buildModule("ProofOfEfficiency", (m) => {
  const consensus = m.contract("ProofOfEfficiency", [
    coreParameters(m),
    {
      token: m.getParameter("token"),
      verifier: m.getParameter("verifier"),
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
    m.getParameter("coreCodeHash"),
  ]);
  m.call(consensus, "deployCore", [m.getParameter("coreInitCode")]);
  return { consensus };
});
