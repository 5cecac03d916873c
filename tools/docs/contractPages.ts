// SPDX-License-Identifier: MIT
import { natSpecOf, type NatSpec } from "./natSpec.ts";
import { functionOf, PRODUCTION_FILES, type AstNode, type SolidityModel, type Visited } from "./solidity.ts";

/** A contract that is deployed, or a library that is linked, with its page. */
export interface ContractPage {
  readonly name: string;
  readonly kind: "contract" | "library";
  /** First paragraph of what it says of itself. */
  readonly notice: string;
  readonly text: string;
}

/**
 * A page for each contract that is deployed and for each library that is linked: its parts, its constructor, and every
 * external function with its errors and events, those that change state first.
 *
 * @throws {Error} if a contract's function has no notice, neither its own nor that of an interface
 */
export function contractPages(model: SolidityModel): ContractPage[] {
  const graph = new Outcomes(model);
  return [...model.visit(PRODUCTION_FILES)]
    .filter(({ node }) => node.nodeType === "ContractDefinition" && isDeployed(node))
    .map((contract) => page(model, graph, contract))
    .sort((a, b) => a.name.localeCompare(b.name));
}

const membersOf = (contract: AstNode): AstNode[] => contract["nodes"] as AstNode[];
const isOurs = ({ file }: Pick<Visited, "file">): boolean => file.startsWith(`contracts/`);
const isExternal = (node: AstNode): boolean => typeof node["functionSelector"] === "string";

function isDeployed(contract: AstNode): boolean {
  if (contract["contractKind"] === "contract") return contract["abstract"] !== true;
  return contract["contractKind"] === "library" && membersOf(contract).some(isExternal);
}

/** A function or a public variable of a contract, wherever it is inherited from. */
interface Entry {
  readonly node: AstNode;
  readonly file: string;
  /** The interface's declaration of it. */
  readonly declared: Visited | undefined;
  readonly natSpec: NatSpec;
}

function page(model: SolidityModel, graph: Outcomes, contract: Visited): ContractPage {
  const { node, file } = contract;
  const name = node.name ?? "";
  const bases = (node["linearizedBaseContracts"] as number[]).map((id) => model.declaration(id)!);
  const entries = entriesOf(model, bases);
  // A library's functions are its contract's business, and may say no more than their results.
  const isContract = node["contractKind"] === "contract";
  const missing = entries.filter((entry) => isContract && isOurs(entry) && entry.natSpec.notice === undefined);
  if (missing.length > 0) {
    throw new Error(`no notice: ${missing.map((entry) => `${name}.${entry.node.name}`).join(", ")}`);
  }

  const { notice = "", dev } = natSpecOf(node);
  const section = (title: string, found: readonly Entry[]): string[] =>
    found.length === 0 ? [] : [`## ${title}`, ...found.map((entry) => entryText(model, graph, bases, entry))];
  const own = entries.filter(isOurs);
  const isView = ({ node }: Entry): boolean =>
    node.nodeType === "VariableDeclaration" || ["view", "pure"].includes(String(node["stateMutability"]));
  const text = [
    `# ${name}`,
    notice,
    `Source: [${file}](../../../${file}).`,
    ...parts(bases.slice(1)),
    ...(dev === undefined ? [] : [withHeadings(dev)]),
    ...constructorText(model, bases),
    ...section(
      "Functions that change state",
      own.filter((entry) => !isView(entry)),
    ),
    ...section("Views", own.filter(isView)),
    ...inherited(entries.filter((entry) => !isOurs(entry))),
    "",
  ].join("\n\n");
  return { name, kind: node["contractKind"] as "contract" | "library", notice, text };
}

/** External functions and public variables, each once; those of interfaces in the order in which these declare them. */
function entriesOf(model: SolidityModel, bases: readonly Visited[]): Entry[] {
  const entries = new Map<string, Entry>();
  const order: string[] = [];
  for (const { node: base, file } of bases) {
    for (const node of membersOf(base).filter(isExternal)) {
      if (!["FunctionDefinition", "VariableDeclaration"].includes(node.nodeType)) continue;
      const selector = String(node["functionSelector"]);
      if (base["contractKind"] === "interface") order.push(selector);
      const isKnown = entries.has(selector);
      if (isKnown || node["implemented"] === false) continue;
      const { natSpec, declared } = documentation(model, { node, file });
      entries.set(selector, { node, file, natSpec, declared });
    }
  }
  const ordered = [...order, ...entries.keys()].flatMap((selector) => entries.get(selector) ?? []);
  return [...new Set(ordered)];
}

/** The NatSpec of a function: its own, or that of the nearest declaration that it overrides. */
function documentation(
  model: SolidityModel,
  { node, file }: Pick<Visited, "node" | "file">,
): Pick<Entry, "natSpec" | "declared"> {
  let natSpec = natSpecOf(node);
  let declared: Visited | undefined;
  for (const id of (node["baseFunctions"] as number[] | undefined) ?? []) {
    const base = model.declaration(id);
    if (base === undefined) continue;
    const isInterface = base.parents.at(-1)?.["contractKind"] === "interface";
    const found = isInterface ? { natSpec: natSpecOf(base.node), declared: base } : documentation(model, base);
    if (natSpec.notice === undefined) natSpec = found.natSpec;
    declared ??= found.declared;
  }
  return { natSpec, declared: declared?.file === file && declared.node === node ? undefined : declared };
}

// ── Text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Interfaces and abstract contracts that it consists of. */
function parts(bases: readonly Visited[]): string[] {
  const ours = bases.filter(isOurs);
  const interfaces = ours.filter(({ node }) => node["contractKind"] === "interface");
  const abstracts = ours.filter(({ node }) => node["contractKind"] !== "interface");
  const foreign = bases.filter((base) => !isOurs(base)).map(({ node }) => `\`${node.name}\``);
  const lists: string[] = [];
  if (interfaces.length > 0) {
    lists.push(`Implements ${interfaces.map(({ node }) => `[${node.name}](${node.name}.md)`).join(", ")}.`);
  }
  if (abstracts.length > 0) {
    const items = abstracts.map(({ node, file }) => {
      const { notice = "" } = natSpecOf(node);
      return `- [${node.name}](../../../${file}): ${oneLine(notice)}`;
    });
    lists.push(`Its parts, the outermost first:\n\n${items.join("\n")}`);
  }
  if (foreign.length > 0) lists.push(`From OpenZeppelin: ${foreign.join(", ")}.`);
  return lists;
}

/** The nearest constructor with arguments: a contract without one of its own has that of its base. */
function constructorText(model: SolidityModel, bases: readonly Visited[]): string[] {
  const found = bases
    .filter(isOurs)
    .flatMap(({ node, file }) => membersOf(node).map((member) => ({ node: member, file })))
    .find(({ node }) => node["kind"] === "constructor" && parametersOf(node).length > 0);
  if (found === undefined) return [];
  const { node, file } = found;
  const described = new Map(natSpecOf(node).params);
  const items = parametersOf(node).map((parameter) => {
    const text = described.get(parameter.name ?? "");
    const type = typeLink(model, parameter) || `\`${model.text({ node: parameter["typeName"] as AstNode, file })}\``;
    return `- \`${parameter.name}\` (${type})${text === undefined ? "" : `: ${oneLine(text)}`}`;
  });
  const source = model.source({ node: node["parameters"] as AstNode, file }).replace(/\n {4}/g, "\n");
  return ["## Constructor", `\`\`\`solidity\nconstructor${source};\n\`\`\``, items.join("\n")];
}

const parametersOf = (node: AstNode): AstNode[] => (node["parameters"] as { parameters: AstNode[] }).parameters;

/** A link to the declaration of a struct; empty for other types. */
function typeLink(model: SolidityModel, parameter: AstNode): string {
  const { referencedDeclaration } = (parameter["typeName"] ?? {}) as { readonly referencedDeclaration?: number };
  const declared = model.declaration(referencedDeclaration);
  if (declared?.node.nodeType !== "StructDefinition") return "";
  const holder = declared.parents.find(({ nodeType }) => nodeType === "ContractDefinition");
  const name = [holder?.name, declared.node.name].filter(Boolean).join(".");
  return holder?.["contractKind"] === "interface"
    ? `[${name}](${holder.name}.md#${anchor(declared.node.name)})`
    : holder === undefined
      ? `[${name}](Types.md#${anchor(declared.node.name)})`
      : `\`${name}\``;
}

function entryText(model: SolidityModel, graph: Outcomes, bases: readonly Visited[], entry: Entry): string {
  const { node, file, declared, natSpec } = entry;
  const { notice = "", dev, params, returns } = natSpec;
  const source = declared === undefined ? model.source({ node, file }) : model.source(declared);
  const signature = source.replace(/\s*\{[\s\S]*$/, ";").replace(/\s*=[\s\S]*$|(?<!;)$/, ";");
  const list = [
    ...params.map(([name, text]) => `- \`${name}\`: ${oneLine(text)}`),
    ...returns.map((text) => `- returns ${oneLine(text)}`),
  ];
  const holder = declared?.parents.at(-1)?.name;
  const outcomes = graph.of(entry.node, bases);
  const names = (found: readonly Visited[]): string => found.map(outcomeLink).join(", ");
  return [
    `### ${node.name}`,
    `\`\`\`solidity\n${signature.replace(/\n {4}/g, "\n")}\n\`\`\``,
    notice,
    ...(list.length > 0 ? [list.join("\n")] : []),
    ...(dev === undefined ? [] : holder === undefined ? [withHeadings(dev)] : []),
    ...(outcomes.events.length > 0 ? [`Emits ${names(outcomes.events)}.`] : []),
    ...(outcomes.errors.length > 0 ? [`Reverts with ${names(outcomes.errors)}.`] : []),
    ...(holder === undefined ? [] : [`Declared in [${holder}](${holder}.md#${anchor(node.name)}).`]),
  ].join("\n\n");
}

/** A link to an error or an event; those of packages and libraries have no page. */
function outcomeLink({ node, parents }: Visited): string {
  const holder = parents.find(({ nodeType }) => nodeType === "ContractDefinition");
  return holder?.["contractKind"] === "interface" && holder.name?.startsWith("IERC") !== true
    ? `[${node.name}](${holder.name}.md#${anchor(node.name)})`
    : `\`${node.name}\``;
}

/** Functions of packages. */
function inherited(entries: readonly Entry[]): string[] {
  if (entries.length === 0) return [];
  const names = entries.map(({ node }) => `\`${node.name}\``);
  return ["## Functions of OpenZeppelin", `${names.join(", ")}.`];
}

const anchor = (name = ""): string => name.toLowerCase();
const oneLine = (text: string): string => text.replace(/\s+/g, " ");

/** The words that begin a list or a remark in our NatSpec stand apart from what is before them. */
export const withHeadings = (dev: string): string =>
  dev.replace(/^(Requirements.*|Effects|Lifecycle.*)$/gm, "\n**$1**\n").replace(/^(Invariants|Source):/gm, "\n$1:");

// ── Outcomes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Errors and events of functions, by the functions, modifiers and linked libraries that they use. */
class Outcomes {
  readonly #model: SolidityModel;
  /** By the id of a function or modifier: the declarations that it calls, reverts with or emits, in their order. */
  readonly #uses = new Map<number, { readonly id: number; readonly isVirtual: boolean }[]>();

  constructor(model: SolidityModel) {
    this.#model = model;
    for (const visited of model.visit(model.files)) {
      const from = functionOf(visited);
      if (from === undefined) continue;
      const { node } = visited;
      if (node.nodeType === "FunctionCall") {
        const expression = node["expression"] as AstNode;
        const inner = (expression["expression"] ?? {}) as AstNode;
        // Another contract's errors are its own.
        if (!/^t_function_external/.test(typeOf(expression))) this.#add(from.id, expression, inner.name !== "super");
      } else if (node.nodeType === "ModifierInvocation") {
        this.#add(from.id, node["modifierName"] as AstNode, true);
      }
    }
  }

  #add(from: number, expression: AstNode, isVirtual: boolean): void {
    const { referencedDeclaration } = expression;
    if (typeof referencedDeclaration !== "number") return;
    const uses = this.#uses.get(from) ?? [];
    uses.push({ id: referencedDeclaration, isVirtual });
    this.#uses.set(from, uses);
  }

  /** Of a function in a contract, whose bases (itself first) decide which override is called. */
  of(
    node: AstNode,
    bases: readonly Visited[],
  ): { readonly errors: readonly Visited[]; readonly events: readonly Visited[] } {
    const overrides = this.#overrides(bases);
    const reached = new Set([node.id]);
    const outcomes = new Map<string, Visited>();
    for (const from of reached) {
      for (const { id, isVirtual } of this.#uses.get(from) ?? []) {
        const target = this.#model.declaration((isVirtual ? overrides.get(id) : undefined) ?? id);
        if (target === undefined) continue;
        const { nodeType, name } = target.node;
        if (nodeType === "ErrorDefinition" || nodeType === "EventDefinition") {
          outcomes.set(`${nodeType} ${name}`, target);
        } else if (nodeType === "FunctionDefinition" || nodeType === "ModifierDefinition") {
          reached.add(target.node.id);
        }
      }
    }
    const found = [...outcomes.values()];
    return {
      errors: found.filter((outcome) => outcome.node.nodeType === "ErrorDefinition"),
      events: found.filter((outcome) => outcome.node.nodeType === "EventDefinition"),
    };
  }

  /** By the id of a function that is overridden: that of the outermost override. */
  #overrides(bases: readonly Visited[]): Map<number, number> {
    const overrides = new Map<number, number>();
    for (const base of bases) {
      for (const node of membersOf(base.node)) {
        const overridden = [...((node["baseFunctions"] as number[] | undefined) ?? [])];
        for (const id of overridden) {
          if (!overrides.has(id)) overrides.set(id, node.id);
          overridden.push(...((this.#model.declaration(id)?.node["baseFunctions"] as number[] | undefined) ?? []));
        }
      }
    }
    return overrides;
  }
}

const typeOf = (node: unknown): string =>
  (node as { typeDescriptions?: { typeIdentifier?: string } } | undefined)?.typeDescriptions?.typeIdentifier ?? "";
