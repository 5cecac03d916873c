// SPDX-License-Identifier: MIT
import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import type {
  IgnitionModuleBuilder,
  ModuleParameterRuntimeValue,
  ModuleParameterType,
} from "@nomicfoundation/ignition-core";

/**
 * Contracts that every rollup needs before its consensus can be deployed: native token, linked libraries, and the
 * verifier of escapes and migrations. Rollups of one deployment share them: Ignition deploys a module once, even if it
 * is used twice.
 */
export const shared = buildModule("Shared", (m) => {
  const token = m.contract("NativeToken", [
    m.getParameter("tokenName"),
    m.getParameter("tokenSymbol"),
    m.getParameter("tokenSupply"),
    m.getParameter("tokenHolder", m.getAccount(0)),
  ]);
  const MigrationVerification = m.library("MigrationVerification");
  const enforcementVerifier = m.contract("EnforcementVerifier");
  return { token, MigrationVerification, enforcementVerifier };
});

type Parameter = ModuleParameterRuntimeValue<ModuleParameterType>;

/** `IRollup.CoreParameters`, from the parameters of the module that asks. */
export function coreParameters(m: IgnitionModuleBuilder): Record<string, Parameter> {
  return {
    tokenFee: m.getParameter("tokenFee"),
    forcedDeadline: m.getParameter("forcedDeadline"),
    escapeDelay: m.getParameter("escapeDelay"),
    forcedFeeBase: m.getParameter("forcedFeeBase"),
    forcedFeeStep: m.getParameter("forcedFeeStep"),
    enforcementVerifier: m.getParameter("enforcementVerifier"),
  };
}
