import type {
  ContractFuture,
  IgnitionModuleBuilder,
  NamedArtifactLibraryDeploymentFuture,
  ModuleParameterType,
  ModuleParameterRuntimeValue,
} from "@nomicfoundation/ignition-core";

/** Futures of Ignition, by the names under which a consensus is linked with them. */
export interface CoreParts {
  readonly PoseidonT3: NamedArtifactLibraryDeploymentFuture<string>;
  readonly RollupDeployment: NamedArtifactLibraryDeploymentFuture<string>;
  /** `IRollup.CoreParameters` */
  readonly core: Record<string, ModuleParameterRuntimeValue<ModuleParameterType> | ContractFuture<string>>;
}

/** What every rollup's core needs before its consensus can deploy it: linked libraries, the verifier of the escape hatch. */
export function deployCoreParts(m: IgnitionModuleBuilder): CoreParts {
  const PoseidonT3 = m.library("PoseidonT3");
  const MigrationVerification = m.library("MigrationVerification");
  const RollupDeployment = m.library("RollupDeployment", { libraries: { PoseidonT3, MigrationVerification } });
  const enforcementVerifier = m.contract("EnforcementVerifier");
  return {
    PoseidonT3,
    RollupDeployment,
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
