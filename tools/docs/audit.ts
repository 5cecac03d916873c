// SPDX-License-Identifier: MIT
import { functionOf, PRODUCTION_FILES, whereIs, type AstNode, type SolidityModel, type Visited } from "./solidity.ts";

/** A call that leaves a contract's own code. */
export interface ExternalCall {
  /** `Contract.function callee`, by which docs/audit.json has what happens if it fails. */
  readonly key: string;
  readonly contract: string;
  readonly function: string;
  /** Source text without arguments. */
  readonly callee: string;
  readonly kind:
    | "call"
    | "staticcall"
    | "delegatecall to a library"
    | "delegatecall to anything"
    | "create"
    | "staticcall of a precompile";
  /** Wei that it sends, as in the source. */
  readonly value: string;
  /** Functions that anyone may call and that lead here, a `*` on those with a reentrancy lock. */
  readonly entries: readonly string[];
}

/** A condition on who calls. */
export interface Restriction {
  /** `Contract.function`, by which docs/audit.json has the reason. */
  readonly key: string;
  readonly condition: string;
}

/** Something that a contract without privileged parties does not have. */
export interface Finding {
  readonly what: string;
  readonly where: string;
}

/** Names of functions, modifiers, variables or base contracts that would indicate a privilege. */
const PRIVILEGED_NAME =
  /^_?(only)?(owner|admin|govern|guardian|operator|authority|roles?|grant|revoke|upgrade|initiali[sz]e|proxy|implementation|pausable|pause|unpause|ownable|access|uups|multisig|timelock|whitelist|blacklist|rescue|sweep|emergency)/i;

/** Names of the protocol that only sound like it, with what they are. */
const HARMLESS: ReadonlyMap<string, string> = new Map([
  ["owner", "L1 address to which an L2 account or a ticket belongs"],
]);

/** Everything in these files by which somebody could have a privilege, or that could replace code; `tx.origin`, too. */
export function findPrivileges(model: SolidityModel, files: readonly string[] = PRODUCTION_FILES): Finding[] {
  const findings: Finding[] = [];
  for (const visited of model.visit(files)) {
    const what = privilegeOf(visited, model);
    if (what === undefined) continue;
    const { contract, function: name } = whereIs(visited);
    findings.push({ what, where: [contract || visited.file, name].filter(Boolean).join(".") });
  }
  return findings;
}

function privilegeOf(visited: Visited, model: SolidityModel): string | undefined {
  const { node } = visited;
  const name = node.name ?? "";
  switch (node.nodeType) {
    case "MemberAccess": {
      const member = String(node["memberName"]);
      if (member === "delegatecall" || member === "callcode") return member;
      return member === "origin" && model.text(visited) === "tx.origin" ? "tx.origin" : undefined;
    }
    case "FunctionCall":
      return /^t_function_(selfdestruct|baredelegatecall|barecallcode)/.test(typeOf(node["expression"]))
        ? "selfdestruct or delegatecall"
        : undefined;
    case "YulFunctionCall": {
      const yul = (node["functionName"] as AstNode).name ?? "";
      return ["delegatecall", "callcode", "selfdestruct", "create", "create2", "sstore"].includes(yul)
        ? `${yul} in assembly`
        : undefined;
    }
    case "InheritanceSpecifier": {
      const base = String((node["baseName"] as AstNode).name);
      return PRIVILEGED_NAME.test(base) ? `inherits ${base}` : undefined;
    }
    case "FunctionDefinition":
    case "ModifierDefinition":
      return PRIVILEGED_NAME.test(name)
        ? `${node.nodeType === "FunctionDefinition" ? "function" : "modifier"} ${name}`
        : undefined;
    case "VariableDeclaration":
      return node["stateVariable"] === true && PRIVILEGED_NAME.test(name) && !HARMLESS.has(name)
        ? `state variable ${name}`
        : undefined;
    default:
      return undefined;
  }
}

/** Every condition on the caller that the production contracts make: comparisons, and what a function says of it. */
export function findRestrictions(model: SolidityModel, files: readonly string[] = PRODUCTION_FILES): Restriction[] {
  const found = new Map<string, string[]>();
  for (const visited of model.visit(files)) {
    const { nodeType } = visited.node;
    if (nodeType !== "BinaryOperation" && nodeType !== "UnaryOperation") continue;
    const condition = model.text(visited);
    if (
      !["==", "!=", "!"].includes(String(visited.node["operator"])) ||
      !/\bmsg\.sender\b|_msgSender\(\)/.test(condition)
    ) {
      continue;
    }
    const { contract, function: name } = whereIs(visited);
    const key = `${contract}.${name}`;
    found.set(key, [...(found.get(key) ?? []), condition]);
  }
  return [...found].map(([key, conditions]) => ({ key, condition: conditions.join(", ") }));
}

/** Every call that leaves the code of a production contract, and every call of a library that was linked. */
export function findExternalCalls(model: SolidityModel, files: readonly string[] = PRODUCTION_FILES): ExternalCall[] {
  const graph = new CallGraph(model);
  const calls = new Map<string, ExternalCall>();
  for (const visited of model.visit(files)) {
    const call = externalCall(visited, model, graph);
    if (call === undefined) continue;
    const { contract, function: name } = whereIs(visited);
    const key = `${contract}.${name} ${call.callee}`;
    const definition = functionOf(visited);
    const entries = definition === undefined ? [] : graph.entriesTo(definition.id);
    calls.set(key, { key, contract, function: name, ...call, entries });
  }
  return [...calls.values()];
}

function externalCall(
  visited: Visited,
  model: SolidityModel,
  graph: CallGraph,
): Pick<ExternalCall, "callee" | "kind" | "value"> | undefined {
  const { node, file } = visited;
  if (node.nodeType === "YulFunctionCall") {
    const name = (node["functionName"] as AstNode).name ?? "";
    if (!["call", "staticcall", "delegatecall", "callcode"].includes(name)) return undefined;
    const [, target] = node["arguments"] as AstNode[];
    const callee = target === undefined ? "" : model.text({ node: target, file });
    // A precompile is named by its number.
    if (/^(0x[0-9a-f]+|\d+)$/.test(callee)) return { callee, kind: "staticcall of a precompile", value: "" };
    return { callee, kind: name === "staticcall" ? "staticcall" : "call", value: "" };
  }
  if (node.nodeType !== "FunctionCall" || node["kind"] !== "functionCall") return undefined;
  const expression = node["expression"] as AstNode;
  const [, kind, mutability] = /^t_function_([a-z]+)_([a-z]+)/.exec(typeOf(expression)) ?? [];
  const callee = model
    .text({ node: expression, file })
    .replace(/\{.*\}$/, "")
    .trim();
  const value = valueOf(node, model, file);
  switch (kind) {
    case "external":
      return { callee, value, kind: mutability === "view" || mutability === "pure" ? "staticcall" : "call" };
    case "barecall":
    case "send":
    case "transfer":
      return { callee, value, kind: "call" };
    case "barestaticcall":
      return { callee, value, kind: "staticcall" };
    case "baredelegatecall":
    case "barecallcode":
      return { callee, value, kind: "delegatecall to anything" };
    case "delegatecall":
      return { callee, value, kind: "delegatecall to a library" };
    case "creation":
      return /^t_contract/.test(typeOf(node)) ? { callee, value, kind: "create" } : undefined;
    case "internal":
      // Libraries of packages that call for their caller, such as SafeERC20.
      return graph.leavesFromPackage(graph.target(expression))
        ? { callee, kind: "call", value: callee.startsWith("LowLevelCall.call") ? "amount" : value }
        : undefined;
    default:
      return undefined;
  }
}

function valueOf(call: AstNode, model: SolidityModel, file: string): string {
  const expression = call["expression"] as AstNode;
  if (/^t_function_(transfer|send)_/.test(typeOf(expression))) {
    const [amount] = call["arguments"] as AstNode[];
    return amount === undefined ? "" : model.text({ node: amount, file });
  }
  if (expression.nodeType !== "FunctionCallOptions") return "";
  const at = (expression["names"] as string[]).indexOf("value");
  const option = (expression["options"] as AstNode[])[at];
  return option === undefined ? "" : model.text({ node: option, file });
}

const typeOf = (node: unknown): string =>
  (node as { typeDescriptions?: { typeIdentifier?: string } } | undefined)?.typeDescriptions?.typeIdentifier ?? "";

/** Calls between functions, within a contract and its libraries. */
class CallGraph {
  readonly #model: SolidityModel;
  /** By the id of the function that is called: the functions that call it. */
  readonly #callers = new Map<number, Set<number>>();
  readonly #callees = new Map<number, Set<number>>();

  constructor(model: SolidityModel) {
    this.#model = model;
    for (const visited of model.visit(model.files)) {
      const { node } = visited;
      const from = functionOf(visited);
      if (from === undefined) continue;
      if (node.nodeType === "FunctionCall") this.#link(from.id, this.target(node["expression"] as AstNode));
      if (node.nodeType === "ModifierInvocation") {
        this.#link(from.id, (node["modifierName"] as { referencedDeclaration?: number }).referencedDeclaration);
      }
    }
    // A call of a function is a call of whatever overrides it.
    for (const { node } of model.visit(model.files)) {
      if (node.nodeType !== "FunctionDefinition") continue;
      for (const base of (node["baseFunctions"] as number[] | undefined) ?? []) {
        for (const caller of this.#callers.get(base) ?? []) this.#link(caller, node.id);
      }
    }
  }

  /** Id of the function that an expression names. */
  target(expression: AstNode): number | undefined {
    const inner = expression.nodeType === "FunctionCallOptions" ? (expression["expression"] as AstNode) : expression;
    const id = inner["referencedDeclaration"];
    return typeof id === "number" ? id : undefined;
  }

  #link(from: number, to: number | undefined): void {
    if (to === undefined) return;
    this.#callers.set(to, (this.#callers.get(to) ?? new Set()).add(from));
    this.#callees.set(from, (this.#callees.get(from) ?? new Set()).add(to));
  }

  /**
   * The external and public functions of contracts from which a function is reached, `*` if they have a reentrancy
   * lock.
   */
  entriesTo(id: number): string[] {
    const entries = new Set<string>();
    for (const reached of closure(id, this.#callers)) {
      const visited = this.#model.declaration(reached);
      if (visited === undefined || visited.file.startsWith("@")) continue;
      const { node, parents } = visited;
      const contract = parents.find(({ nodeType }) => nodeType === "ContractDefinition");
      const isEntry = node["kind"] === "constructor" || ["external", "public"].includes(String(node["visibility"]));
      if (!isEntry || contract === undefined || contract["contractKind"] !== "contract") continue;
      const modifiers = (node["modifiers"] as { modifierName: AstNode }[] | undefined) ?? [];
      const isLocked = modifiers.some(({ modifierName }) => modifierName.name === "nonReentrant");
      entries.add(`${(node.name ?? "") || String(node["kind"])}${isLocked ? "*" : ""}`);
    }
    return [...entries].sort();
  }

  /** Whether a function of a package calls another contract, itself or by others. */
  leavesFromPackage(id: number | undefined): boolean {
    if (id === undefined || this.#model.declaration(id)?.file.startsWith("contracts/") !== false) return false;
    return [...closure(id, this.#callees)].some((reached) => {
      const visited = this.#model.declaration(reached);
      return visited !== undefined && this.#callsDirectly(visited);
    });
  }

  readonly #direct = new Map<number, boolean>();

  #callsDirectly(visited: Visited): boolean {
    const known = this.#direct.get(visited.node.id);
    if (known !== undefined) return known;
    let calls = false;
    for (const { node, parents } of this.#model.visit([visited.file])) {
      if (functionOf({ parents })?.id !== visited.node.id) continue;
      const yul = node.nodeType === "YulFunctionCall" ? (node["functionName"] as AstNode).name : undefined;
      calls ||= yul === "call" || yul === "delegatecall" || yul === "staticcall";
      calls ||= node.nodeType === "FunctionCall" && /^t_function_(external|bare)/.test(typeOf(node["expression"]));
    }
    this.#direct.set(visited.node.id, calls);
    return calls;
  }
}

/** All that is reached from an id, itself included. */
function closure(id: number, edges: ReadonlyMap<number, ReadonlySet<number>>): Set<number> {
  const reached = new Set([id]);
  for (const next of reached) for (const other of edges.get(next) ?? []) reached.add(other);
  return reached;
}
