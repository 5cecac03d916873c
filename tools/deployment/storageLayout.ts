// SPDX-License-Identifier: MIT
import { readFileSync, statSync } from "node:fs";

import { artifacts } from "hardhat";
import type { SolidityBuildInfo } from "hardhat/types/solidity";
import solc from "solc";

/** Where each state variable of a contract is, and the members of the structs among them. */
export interface StorageLayout {
  /** `slot.offset` (offset in bytes) → `name: type`, in the order of the slots. */
  readonly variables: Readonly<Record<string, string>>;
  /** Name of a struct → `slot.offset` (from its start) → `name: type`. */
  readonly structs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

interface Place {
  readonly label: string;
  readonly slot: string;
  readonly offset: number;
  readonly type: string;
}

interface Types {
  readonly [id: string]: { readonly label: string; readonly members?: readonly Place[] };
}

interface SolcOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Readonly<
    Record<string, Record<string, { readonly storageLayout: { storage: readonly Place[]; types: Types | null } }>>
  >;
}

/**
 * The storage layouts of built contracts, by the compiler. Its analysis of the built sources is enough for that: no
 * code is made, which takes seconds where a build takes minutes.
 *
 * @param names Fully qualified: `contracts/token/NativeToken.sol:NativeToken`.
 */
export async function storageLayouts(names: readonly string[]): Promise<Record<string, StorageLayout>> {
  const ids = new Set(await Promise.all(names.map((name) => artifacts.getBuildInfoId(name))));
  const builds: { path: string; time: number }[] = [];
  for (const id of ids) {
    const path = id === undefined ? undefined : await artifacts.getBuildInfoPath(id);
    if (path === undefined) throw new Error("a contract is not built");
    builds.push({ path, time: statSync(path).mtimeMs });
  }
  const sources: SolidityBuildInfo["input"]["sources"] = {};
  const remappings = new Set<string>();
  // Contracts that no edit concerned since are still those of an older build, which also had what was edited later.
  for (const { path } of builds.sort((a, b) => a.time - b.time)) {
    const { input } = JSON.parse(readFileSync(path, "utf8")) as SolidityBuildInfo;
    Object.assign(sources, input.sources);
    for (const remapping of input.settings.remappings ?? []) remappings.add(remapping);
  }
  const settings = { remappings: [...remappings], outputSelection: { "*": { "*": ["storageLayout"] } } };
  const compile = solc.compile as (input: string) => string;
  const output = JSON.parse(compile(JSON.stringify({ language: "Solidity", sources, settings }))) as SolcOutput;
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));

  const layouts: Record<string, StorageLayout> = {};
  for (const name of names) {
    const { inputSourceName, contractName } = await artifacts.readArtifact(name);
    const layout = output.contracts[inputSourceName ?? ""]?.[contractName]?.storageLayout;
    if (layout === undefined) throw new Error(`the compiler has no storage layout of ${name}`);
    layouts[name] = readable(layout.storage, layout.types ?? {});
  }
  return layouts;
}

/** Without the compiler's numbers of syntax nodes, which change with every edit. */
function readable(storage: readonly Place[], types: Types): StorageLayout {
  const list = (places: readonly Place[]): Record<string, string> =>
    Object.fromEntries(
      places.map(({ slot, offset, label, type }) => [`${slot}.${offset}`, `${label}: ${types[type]?.label ?? type}`]),
    );
  const structs = Object.values(types).flatMap(({ label, members }) =>
    members === undefined ? [] : [[label.replace(/^struct /, ""), list(members)] as const],
  );
  return {
    variables: list(storage),
    structs: Object.fromEntries(structs.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
