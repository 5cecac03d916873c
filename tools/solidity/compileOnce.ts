// SPDX-License-Identifier: MIT
import type { SolidityCompilerConfig } from "hardhat/types/config";
import type { ConfigHooks, SolidityHooks } from "hardhat/types/hooks";
import type { HardhatPlugin } from "hardhat/types/plugins";
import type {
  CompilerInput,
  CompilerOutput,
  CompilerOutputBytecode,
  CompilerOutputContract,
} from "hardhat/types/solidity";

/** Files with settings of their own, by the names that `overrides` of hardhat.config.ts has. */
type Overrides = Readonly<Record<string, SolidityCompilerConfig>>;

/** Outputs that need code. */
const CODE = /^evm\.(bytecode|deployedBytecode)\b/;

/** The code again, in words. */
const OPCODES = /\.opcodes$/;

/** As solc describes a contract without code. */
const NO_CODE: CompilerOutputBytecode = { object: "", opcodes: "", sourceMap: "", linkReferences: {} };

/** A warning about transient storage in general, from OpenZeppelin's TransientSlot.sol: nothing follows from it here. */
const TRANSIENT_STORAGE = "2394";

/**
 * Compiles each contract once, with the settings of its file. Hardhat makes a job for each file that has settings of
 * its own, and asks solc for the code of all files of a job, the imported ones too: `Rollup` was compiled five times, and
 * `PoseidonT3` five times with settings that are not its own, with warnings about sizes that nothing deployed has.
 *
 * Here files of equal settings share a job, and a job asks for code only of its own files. Their code stays the same,
 * byte for byte: solc makes it for each contract by itself.
 *
 * The output of a build has no opcodes, and no bodies of functions in its syntax trees: nothing reads them, they are
 * three quarters of it, and every process that opens an embedded network reads all of it.
 */
export const compileOnce: HardhatPlugin = {
  id: "compile-once",
  hookHandlers: {
    config: () => Promise.resolve({ default: () => Promise.resolve(configHooks) }),
    solidity: () => Promise.resolve({ default: () => Promise.resolve(solidityHooks) }),
  },
};

const configHooks: Partial<ConfigHooks> = {
  /** Hardhat gives files one job if their settings are one object. */
  async resolveUserConfig(userConfig, resolveConfigurationVariable, next) {
    const config = await next(userConfig, resolveConfigurationVariable);
    for (const { overrides } of Object.values(config.solidity.profiles)) {
      const distinct = new Map<string, SolidityCompilerConfig>();
      for (const [file, settings] of Object.entries(overrides)) {
        const key = JSON.stringify(settings);
        const shared = distinct.get(key) ?? settings;
        distinct.set(key, shared);
        overrides[file] = shared;
      }
    }
    return config;
  },
};

const solidityHooks: Partial<SolidityHooks> = {
  // Its successor sees errors only, and this one changes what is compiled.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  async invokeSolc(context, compiler, input, settings, next) {
    const profiles = Object.values(context.config.solidity.profiles);
    const profile = profiles.find(({ compilers, overrides }) =>
      [...compilers, ...Object.values(overrides)].includes(settings),
    );
    const { analysis, code } = splitInput(input, settings, profile?.overrides ?? {});
    // solc makes code of every contract of which it is asked for anything, if it is asked for any code.
    const analysed = await next(context, compiler, analysis, settings);
    if (analysed.errors?.some(({ severity }) => severity === "error") === true) return analysed;
    return joinOutputs(analysed, await next(context, compiler, code, settings));
  },

  async getCompilationJobErrors(context, job, output, next) {
    const errors = output.errors?.filter(({ errorCode }) => errorCode !== TRANSIENT_STORAGE);
    return next(context, job, errors === undefined ? output : { ...output, errors });
  },
};

/**
 * Two inputs in place of one: everything that needs no code, of all files; and the code, of the files that have these
 * settings.
 */
export function splitInput(
  input: CompilerInput,
  settings: SolidityCompilerConfig,
  overrides: Overrides,
): { readonly analysis: CompilerInput; readonly code: CompilerInput } {
  const isOverride = Object.values(overrides).includes(settings);
  const hasCode = (name: string): boolean => {
    const own = overrides[userName(name)];
    // A package's file is compiled for its own sake only if it has settings of its own.
    return isOverride ? own === settings : own === undefined && name.startsWith("project/");
  };
  const wanted = input.settings.outputSelection["*"] ?? {};
  const select = (isCode: boolean): Record<string, string[]> =>
    Object.fromEntries(
      Object.entries(wanted).map(([contract, outputs]) => [
        contract,
        outputs.filter((output) => CODE.test(output) === isCode && !OPCODES.test(output)),
      ]),
    );
  const withSelection = (outputSelection: CompilerInput["settings"]["outputSelection"]): CompilerInput => ({
    ...input,
    settings: { ...input.settings, outputSelection },
  });
  const codeOf = { "*": select(true)["*"] ?? [] };
  const files = Object.keys(input.sources).filter(hasCode);
  return {
    analysis: withSelection({ "*": select(false) }),
    code: withSelection(Object.fromEntries(files.map((file) => [file, codeOf]))),
  };
}

/** `project/contracts/A.sol` is `contracts/A.sol`, and `npm/package@1.0.0/A.sol` is `package/A.sol`. */
const userName = (name: string): string => name.replace(/^project\//, "").replace(/^npm\/(.+?)@[^/]+\//, "$1/");

/**
 * The output of the analysis, with the code of the contracts that have code. Contracts without code get empty code,
 * since readers of the output expect a value.
 */
function joinOutputs(analysed: CompilerOutput, compiled: CompilerOutput): CompilerOutput {
  const contracts: NonNullable<CompilerOutput["contracts"]> = {};
  for (const [file, inFile] of Object.entries(analysed.contracts ?? {})) {
    const joined: Record<string, CompilerOutputContract> = {};
    for (const [name, contract] of Object.entries(inFile)) {
      const { bytecode, deployedBytecode } = compiled.contracts?.[file]?.[name]?.evm ?? {};
      const methodIdentifiers = contract.evm?.methodIdentifiers ?? {};
      joined[name] = {
        ...contract,
        evm: {
          bytecode: { ...NO_CODE, ...bytecode },
          deployedBytecode: { ...NO_CODE, ...deployedBytecode },
          methodIdentifiers,
        },
      };
    }
    contracts[file] = joined;
  }
  const sources = Object.fromEntries(
    Object.entries(analysed.sources).map(([file, source]) => [
      file,
      { ...source, ast: withoutBodies(source.ast as SyntaxNode) },
    ]),
  );
  return { ...analysed, contracts, sources, ...(compiled.errors === undefined ? {} : { errors: compiled.errors }) };
}

interface SyntaxNode {
  readonly body?: unknown;
  readonly nodes?: readonly SyntaxNode[];
}

/** A file or contract without the bodies of its functions and modifiers. */
const withoutBodies = ({ body: _, nodes, ...node }: SyntaxNode): SyntaxNode => ({
  ...node,
  ...(nodes === undefined ? {} : { nodes: nodes.map(withoutBodies) }),
});
