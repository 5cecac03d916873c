import type { IgnitionModuleBuilder } from "@nomicfoundation/ignition-core";

/** What every rollup's core needs before its consensus can deploy it: linked libraries, the verifier of the escape hatch. */
export function deployCoreParts(m: IgnitionModuleBuilder) {
  const PoseidonT3 = m.library("PoseidonT3");
  const MigrationVerification = m.library("MigrationVerification");
  const RollupDeployment = m.library("RollupDeployment", { libraries: { PoseidonT3, MigrationVerification } });
  const enforcementVerifier = m.contract("EnforcementVerifier");
  return {
    PoseidonT3,
    RollupDeployment,
    enforcementVerifier,
    /** `IRollup.CoreParameters` */
    core: {
      tokenFee: m.getParameter("tokenFee"),
      forcedDeadline: m.getParameter("forcedDeadline"),
      escapeDelay: m.getParameter("escapeDelay"),
      forcedFeeBase: m.getParameter("forcedFeeBase"),
      forcedFeeStep: m.getParameter("forcedFeeStep"),
      enforcementVerifier,
    },
  };
}
