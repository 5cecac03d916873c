// SPDX-License-Identifier: MIT
import type { Mutant } from "./mutant.ts";

/**
 * Mutants of Solidity, all in one compilation: where a mutant changes something, the rewritten source asks at run time
 * whether it is the active one (`mutant(id)`), and does what is written if it is not. The active one is chosen by
 * `block.coinbase`, which costs no compilation.
 */

/** A node of solc's AST; `src` is `start:length:file`, in bytes. */
export interface Node {
  readonly nodeType: string;
  readonly src: string;
  readonly [key: string]: unknown;
}

export interface Rewriting {
  /** By path. */
  readonly sources: Readonly<Record<string, string>>;
  readonly mutants: readonly Mutant[];
  /** Ids of the mutants that share a place with this one. */
  readonly siblings: ReadonlyMap<number, readonly number[]>;
}

export interface Input {
  readonly source: string;
  readonly ast: Node;
  /** False: only adapted to what is rewritten elsewhere. */
  readonly mutates: boolean;
}

/** `block.coinbase` is this plus the id of the active mutant. */
export const FIRST_COINBASE = 0xc0de_0000_0000n;

/** With this id every place that is reached calls EDR's address for coverage with the ids of its mutants. */
export const RECORDING = 0xffff_ffff;

const SUPPORT = "mutation/Mutant.sol";

const SUPPORT_SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

function mutant(uint256 id) pure returns (bool) { return activeMutant(id, id) == id; }

function activeMutant(uint256 first, uint256 last) pure returns (uint256) {
    function(uint256, uint256) view returns (uint256) reading = readActive;
    function(uint256, uint256) pure returns (uint256) asPure;
    assembly ("memory-safe") { asPure := reading }
    return asPure(first, last);
}

function readActive(uint256 first, uint256 last) view returns (uint256 active) {
    assembly ("memory-safe") {
        active := sub(coinbase(), ${FIRST_COINBASE})
        if eq(active, ${RECORDING}) {
            for {} iszero(gt(first, last)) { first := add(first, 1) } {
                mstore(0x00, first)
                pop(staticcall(gas(), 0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE, 0x00, 0x20, 0x00, 0x00))
            }
        }
    }
}
`;

const BINARY: Readonly<Record<string, readonly string[]>> = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "==": ["!="],
  "!=": ["=="],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
  "&": ["|"],
  "|": ["&"],
  "^": ["|"],
  "<<": [">>"],
  ">>": ["<<"],
  "&&": ["||"],
  "||": ["&&"],
};
const NOT_COMMUTATIVE = new Set(["-", "/", "%"]);
/** Functions for which the order of the first two arguments does not matter. */
const SYMMETRIC = new Set(["addmod", "mulmod", "Math.min", "Math.max", "Math.mulDiv"]);
const COMPOUND: Readonly<Record<string, string>> = {
  "+=": "-=",
  "-=": "+=",
  "*=": "/=",
  "/=": "*=",
  "|=": "&=",
  "&=": "|=",
};
const MEMBER: Readonly<Record<string, string>> = { min: "max", max: "min", Ceil: "Floor", Floor: "Ceil" };
const YUL: Readonly<Record<string, string>> = {
  add: "sub(a0, a1)",
  sub: "add(a0, a1)",
  mul: "add(a0, a1)",
  mod: "a0",
  and: "or(a0, a1)",
  or: "and(a0, a1)",
  lt: "iszero(gt(a0, a1))",
  gt: "iszero(lt(a0, a1))",
  eq: "iszero(eq(a0, a1))",
  iszero: "a0",
  shl: "shr(a0, a1)",
  shr: "shl(a0, a1)",
  addmod: "mulmod(a0, a1, a2)",
  mulmod: "addmod(a0, a1, a2)",
};
const DELETABLE = new Set(["ExpressionStatement", "EmitStatement", "Break", "Continue"]);
/** Statements that end with a semicolon, or may: solc's positions do not include it. */
const SIMPLE = new Set(["Return", "VariableDeclarationStatement"]);
const BRANCHES = new Set(["IfStatement", "ForStatement", "WhileStatement"]);
const STATEMENTS = new Set([...DELETABLE, ...SIMPLE, ...BRANCHES, "RevertStatement"]);
const SHIFTS = new Set(["<<", ">>", "**"]);

/**
 * @param discarded Keys of places (`file:start`) and changes that do not compile, see `placeOf`.
 */
export function mutateSolidity(
  inputs: Readonly<Record<string, Input>>,
  discarded: ReadonlySet<string> = new Set(),
): Rewriting & { readonly places: ReadonlyMap<number, string> } {
  const state: State = {
    mutants: [],
    siblings: new Map(),
    places: new Map(),
    constants: new Set(),
    modifiers: new Map(),
  };
  for (const { ast } of Object.values(inputs)) collectDeclarations(ast, state);
  const sources: Record<string, string> = { [SUPPORT]: SUPPORT_SOURCE };
  for (const [file, input] of Object.entries(inputs)) {
    sources[file] = new Rewriter(file, input, state, discarded).run();
  }
  return { sources, mutants: state.mutants, siblings: state.siblings, places: state.places };
}

interface State {
  readonly mutants: Mutant[];
  readonly siblings: Map<number, readonly number[]>;
  readonly places: Map<number, string>;
  /** Ids of declarations of integer constants. */
  readonly constants: Set<number>;
  /** Modifiers without parameters, by id of the declaration. */
  readonly modifiers: Map<number, Node>;
}

interface Change {
  readonly operator: string;
  readonly before: string;
  readonly after: string;
}

function collectDeclarations(node: Node, state: State): void {
  const id = node["id"] as number;
  if (node.nodeType === "VariableDeclaration" && node["constant"] === true && /^u?int/.test(typeOf(node))) {
    state.constants.add(id);
  }
  if (
    node.nodeType === "ModifierDefinition" &&
    (node["parameters"] as { parameters: Node[] }).parameters.length === 0
  ) {
    state.modifiers.set(id, node);
  }
  for (const child of childrenOf(node)) collectDeclarations(child, state);
}

class Rewriter {
  readonly #file: string;
  /** One character a byte, as solc counts. */
  readonly #text: string;
  readonly #input: Input;
  readonly #state: State;
  readonly #discarded: ReadonlySet<string>;
  /** While in assembly: the functions that its mutants need, and the name of the variable with the active id. */
  #yul: { functions: string[]; active: string } | undefined;

  constructor(file: string, input: Input, state: State, discarded: ReadonlySet<string>) {
    this.#file = file;
    this.#text = Buffer.from(input.source).toString("latin1");
    this.#input = input;
    this.#state = state;
    this.#discarded = discarded;
  }

  run(): string {
    const { source, ast } = this.#input;
    const body = this.#splice(ast, 0, this.#text.length);
    const text = Buffer.from(body, "latin1").toString("utf8");
    return source.includes("pragma solidity")
      ? text.replace(/pragma solidity [^;]*;/, `$&\nimport { mutant, activeMutant } from "${SUPPORT}";`)
      : text;
  }

  // ─── Rendering ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The text of a node, with its mutants and those of its parts. */
  #render(node: Node): string {
    switch (node.nodeType) {
      case "VariableDeclaration":
        return node["constant"] === true ? this.#original(node) : this.#splice(node);
      case "ArrayTypeName":
      case "UsingForDirective":
      case "ImportDirective":
      case "PragmaDirective":
      case "StructuredDocumentation":
      case "IdentifierPath":
      case "OverrideSpecifier":
        return this.#original(node);
      case "ModifierInvocation":
        return this.#modifierInvocation(node);
      case "ModifierDefinition":
        return this.#modifierDefinition(node);
      case "InlineAssembly":
        return this.#assembly(node);
      case "ForStatement":
        return this.#forStatement(node);
      case "IfStatement":
        return this.#splice(node, ...this.#statementBounds(node), (child) =>
          child === node["condition"] ? this.#condition(child, node) : undefined,
        );
      case "WhileStatement":
        return this.#splice(node, ...this.#statementBounds(node));
      case "RevertStatement":
        return this.#splice(node, ...this.#statementBounds(node), (child) => this.#splice(child));
      default:
        if (node.nodeType.startsWith("Yul")) return this.#yulNode(node);
        if (DELETABLE.has(node.nodeType)) return this.#deletable(node);
        return this.#expression(node, []);
    }
  }

  #expression(node: Node, more: readonly Change[]): string {
    const inner = isRational(node) ? this.#original(node) : this.#splice(node, ...bounds(node), this.#shiftBase(node));
    const isExpression = node["isLValue"] !== undefined || node.nodeType === "Identifier";
    const changes = this.#input.mutates && isExpression ? [...this.#changes(node), ...more] : [];
    const ids = this.#add(node, changes);
    if (ids.length === 0) return inner;
    const alternatives = ids.map(({ id, change }) => `mutant(${id}) ? (${change.after}) : `);
    return `(${alternatives.join("")}(${inner}))`;
  }

  /** A constant that is shifted has 256 bits, but a choice between two only as many as they need. */
  #shiftBase(node: Node): (child: Node) => string | undefined {
    if (node.nodeType !== "BinaryOperation" || !SHIFTS.has(node["operator"] as string)) return () => undefined;
    return (child) =>
      child === node["leftExpression"] && isRational(child) ? `uint256(${this.#render(child)})` : undefined;
  }

  #condition(node: Node, statement: Node): string {
    const before = this.#original(node);
    const force = (value: string): Change => ({ operator: `condition ${value}`, before, after: value });
    return this.#expression(node, [force("false"), ...(isCheck(statement) ? [] : [force("true")])]);
  }

  #deletable(node: Node): string {
    const [start, end] = this.#statementBounds(node);
    const inner = this.#splice(node, start, end, (child) =>
      node.nodeType === "EmitStatement" ? this.#splice(child) : undefined,
    );
    if (!this.#input.mutates || assignsPointer(node)) return inner;
    const [added] = this.#add(node, [{ operator: "delete", before: this.#original(node), after: "" }]);
    return added === undefined ? inner : `{ if (!mutant(${added.id})) { ${inner} } }`;
  }

  #forStatement(node: Node): string {
    return this.#splice(node, ...this.#statementBounds(node), (child) =>
      child === node["loopExpression"] ? this.#splice(child) : undefined,
    );
  }

  /** `m` becomes `m(id)`: without effect if that mutant is active. */
  #modifierInvocation(node: Node): string {
    const declaration = (node["modifierName"] as Node)["referencedDeclaration"] as number;
    const text = this.#original(node);
    if (!this.#state.modifiers.has(declaration)) return this.#splice(node);
    const [added] = this.#input.mutates ? this.#add(node, [{ operator: "modifier", before: text, after: "" }]) : [];
    return `${text.replace(/\(\)$/, "")}(${added?.id ?? 0})`;
  }

  #modifierDefinition(node: Node): string {
    if (!this.#state.modifiers.has(node["id"] as number)) return this.#splice(node);
    const body = node["body"] as Node;
    const statements = (body["statements"] as Node[]).map((statement) => {
      if (statement.nodeType === "PlaceholderStatement") return "_;";
      return `if (!mutant(mutant_)) { ${this.#render(statement)} }`;
    });
    return `modifier ${node["name"] as string}(uint256 mutant_) { ${statements.join(" ")} }`;
  }

  // ─── Assembly ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #assembly(node: Node): string {
    if (!this.#input.mutates) return this.#original(node);
    const first = this.#state.mutants.length + 1;
    this.#yul = { functions: [], active: `active${first}` };
    const [start, end] = bounds(node);
    const text = this.#splice(node, start, end);
    const { functions, active } = this.#yul;
    this.#yul = undefined;
    const last = this.#state.mutants.length;
    if (last < first) return text;
    const open = text.indexOf("{");
    const block = `${text.slice(0, open + 1)}\n${functions.join("\n")}\n${text.slice(open + 1)}`;
    return `uint256 ${active} = activeMutant(${first}, ${last});\n${block}`;
  }

  #yulNode(node: Node): string {
    // A case must be a literal.
    const isCase = node.nodeType === "YulCase";
    const inner = this.#splice(node, ...bounds(node), (child) =>
      isCase && child === node["value"] ? this.#original(child) : undefined,
    );
    const { functions, active } = this.#yul!;
    const is = (id: number): string => `eq(${active}, ${id})`;
    const before = this.#original(node);
    if (node.nodeType === "YulFunctionCall") {
      const { name } = node["functionName"] as { name: string };
      const changed = YUL[name];
      if (changed === undefined) return inner;
      const [added] = this.#add(node, [{ operator: `assembly ${name}`, before, after: changed }]);
      if (added === undefined) return inner;
      const names = (node["arguments"] as Node[]).map((_, i) => `a${i}`).join(", ");
      functions.push(
        `function m${added.id}(${names}, active_) -> result_ { switch active_ case ${added.id} { result_ := ${changed} } default { result_ := ${name}(${names}) } }`,
      );
      return `m${added.id}${inner.slice(name.length, -1)}, ${active})`;
    }
    if (node.nodeType === "YulLiteral" && node["kind"] === "number") {
      const value = Number(node["value"]);
      const step = value > 0 && value % 0x20 === 0 ? "0x20" : "1";
      const [added] = this.#add(node, [{ operator: "assembly constant", before, after: `${before} + ${step}` }]);
      return added === undefined ? inner : `add(${before}, mul(${step}, ${is(added.id)}))`;
    }
    if (node.nodeType === "YulAssignment" || node.nodeType === "YulExpressionStatement") {
      const [added] = this.#add(node, [{ operator: "assembly delete", before, after: "" }]);
      return added === undefined ? inner : `if iszero(${is(added.id)}) { ${inner} }`;
    }
    return inner;
  }

  // ─── Changes ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #changes(node: Node): Change[] {
    const before = this.#original(node);
    const change = (operator: string, after: string): Change => ({ operator, before, after });
    const text = (key: string): string => this.#original(node[key] as Node);
    if (isRational(node)) {
      const value = integerOf(node);
      if (value === undefined) return [];
      return [change("constant", `${before} + 1`), ...(value > 0n ? [change("constant", `${before} - 1`)] : [])];
    }
    switch (node.nodeType) {
      case "Literal":
        if (node["kind"] !== "bool") return [];
        return [change("constant", node["value"] === "true" ? "false" : "true")];
      case "Identifier":
        return this.#state.constants.has(node["referencedDeclaration"] as number)
          ? [change("constant", `${before} + 1`)]
          : [];
      case "MemberAccess": {
        const member = node["memberName"] as string;
        const other = MEMBER[member];
        const declared = this.#state.constants.has(node["referencedDeclaration"] as number);
        if (declared) return [change("constant", `${before} + 1`)];
        return other === undefined ? [] : [change("library", `${text("expression")}.${other}`)];
      }
      case "BinaryOperation": {
        const operator = node["operator"] as string;
        const [left, right] = [text("leftExpression"), text("rightExpression")];
        const changes = (BINARY[operator] ?? []).map((other) =>
          change(`${operator} to ${other}`, `${left} ${other} ${right}`),
        );
        return NOT_COMMUTATIVE.has(operator) ? [...changes, change("swap", `${right} ${operator} ${left}`)] : changes;
      }
      case "UnaryOperation": {
        const operator = node["operator"] as string;
        const operand = text("subExpression");
        if (operator === "!" || operator === "~") return [change(`${operator} dropped`, operand)];
        if (operator !== "++" && operator !== "--") return [];
        const other = operator === "++" ? "--" : "++";
        return [change(`${operator} to ${other}`, node["prefix"] === true ? other + operand : operand + other)];
      }
      case "Assignment": {
        const operator = node["operator"] as string;
        const other = COMPOUND[operator];
        if (other === undefined) return [];
        return [change(`${operator} to ${other}`, `${text("leftHandSide")} ${other} ${text("rightHandSide")}`)];
      }
      case "Conditional":
        return [change("branches", `${text("condition")} ? ${text("falseExpression")} : ${text("trueExpression")}`)];
      case "FunctionCall":
        return this.#swaps(node).map((after) => change("arguments", after));
      default:
        return [];
    }
  }

  /** The call with two neighbouring arguments of one type swapped. */
  #swaps(node: Node): string[] {
    if (node["kind"] === "typeConversion" || typeOf(node) === "tuple()") return [];
    const list = node["arguments"] as Node[];
    const swapped: string[] = [];
    const first = SYMMETRIC.has(this.#original(node["expression"] as Node)) ? 1 : 0;
    for (let i = first; i + 1 < list.length; i++) {
      const [a, b] = [list[i]!, list[i + 1]!];
      if (typeOf(a) !== typeOf(b) || this.#original(a) === this.#original(b)) continue;
      swapped.push(
        this.#splice(node, ...bounds(node), (child) => {
          if (child === a) return this.#original(b);
          return child === b ? this.#original(a) : this.#original(child);
        }),
      );
    }
    return swapped;
  }

  /** Counts mutants in, except those that were discarded. */
  #add(node: Node, changes: readonly Change[]): { id: number; change: Change }[] {
    const [start] = bounds(node);
    const line = this.#text.slice(0, start).split("\n").length;
    const code = utf8(this.#text.split("\n")[line - 1]!.trim());
    const added = changes
      .map((change) => ({ change, place: `${this.#file}:${start}:${change.operator}:${change.after}` }))
      .filter(({ place }) => !this.#discarded.has(place))
      .map(({ change, place }) => {
        const id = this.#state.mutants.length + 1;
        const { operator, before, after } = change;
        this.#state.mutants.push({
          id,
          file: this.#file,
          line,
          code,
          operator,
          before: utf8(before),
          after: utf8(after),
        });
        this.#state.places.set(id, place);
        return { id, change };
      });
    const ids = added.map(({ id }) => id);
    for (const id of ids) this.#state.siblings.set(id, ids);
    return added;
  }

  // ─── Text ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  #original(node: Node): string {
    return this.#text.slice(...bounds(node));
  }

  /** With the semicolon. */
  #statementBounds(node: Node): [number, number] {
    const [start, end] = bounds(node);
    const semicolon = /^\s*;/.exec(this.#text.slice(end));
    return [start, end + (semicolon?.[0].length ?? 0)];
  }

  /** The text of a node with its children rendered, by `special` where that gives something. */
  #splice(
    node: Node,
    start = bounds(node)[0],
    end = bounds(node)[1],
    special: (child: Node) => string | undefined = () => undefined,
  ): string {
    let text = "";
    let position = start;
    for (const child of childrenOf(node)) {
      const isStatement = STATEMENTS.has(child.nodeType) && isBlock(node);
      const [from, to] = isStatement ? this.#statementBounds(child) : bounds(child);
      if (from < position || to > end) continue;
      const rendered = special(child) ?? this.#render(child);
      text += this.#text.slice(position, from) + rendered;
      position = to;
      // Only an empty `return` already has it.
      if (isStatement && SIMPLE.has(child.nodeType) && !rendered.endsWith(";")) text += ";";
    }
    return text + this.#text.slice(position, end);
  }
}

// ─── AST ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

const utf8 = (text: string): string => Buffer.from(text, "latin1").toString("utf8");

function bounds({ src }: Node): [number, number] {
  const [start, length] = src.split(":").map(Number) as [number, number];
  return [start, start + length];
}

function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (const value of Object.values(node)) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isNode(item)) children.push(item);
    }
  }
  return children.sort((a, b) => bounds(a)[0] - bounds(b)[0]);
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "nodeType" in value && "src" in value && value.src !== "-1:-1:-1";

/** Whether statements follow each other here, or one stands alone as a branch or body. */
const isBlock = ({ nodeType }: Node): boolean =>
  nodeType === "Block" || nodeType === "UncheckedBlock" || BRANCHES.has(nodeType);

function typeOf(node: Node): string {
  return (node["typeDescriptions"] as { typeString?: string } | undefined)?.typeString ?? "";
}

function rationalOf(node: Node): string | undefined {
  const identifier = (node["typeDescriptions"] as { typeIdentifier?: string } | undefined)?.typeIdentifier ?? "";
  return identifier.startsWith("t_rational_") ? identifier : undefined;
}

const isRational = (node: Node): boolean => rationalOf(node) !== undefined;

function integerOf(node: Node): bigint | undefined {
  const match = /^t_rational_(\d+)_by_1$/.exec(rationalOf(node) ?? "");
  return match === null ? undefined : BigInt(match[1]!);
}

/** Whether a statement only reverts if its condition holds. */
function isCheck(statement: Node): boolean {
  const body = statement["trueBody"] as Node;
  const [only, ...rest] = body.nodeType === "Block" ? (body["statements"] as Node[]) : [body];
  return only?.nodeType === "RevertStatement" && rest.length === 0;
}

/** solc wants to see each reference into storage or calldata assigned. */
function assignsPointer(node: Node): boolean {
  const expression = node["expression"] as Node | undefined;
  if (expression?.nodeType !== "Assignment") return false;
  const target = expression["leftHandSide"] as Node;
  const types = target.nodeType === "TupleExpression" ? (target["components"] as (Node | null)[]) : [target];
  return types.some((type) => type !== null && /storage pointer|calldata/.test(typeOf(type)));
}
