// SPDX-License-Identifier: MIT
import { basename, join } from "node:path";

import { contractPages, withHeadings } from "./contractPages.ts";
import { natSpecOf } from "./natSpec.ts";
import { PRODUCTION_FILES, type AstNode, type SolidityModel, type Visited } from "./solidity.ts";

/** Files of interfaces: they hold the NatSpec of all external functions. */
const isInterface = (path: string): boolean => /^I[A-Z]/.test(basename(path));
const byName = (a: string, b: string): number => basename(a).localeCompare(basename(b), "en");

/** Where structs and value types without a contract are. */
const TYPES = join("contracts", "types");

const isView = (node: AstNode): boolean => ["view", "pure"].includes(String(node["stateMutability"]));

const SECTIONS: readonly (readonly [title: string, belongs: (node: AstNode) => boolean])[] = [
  ["Functions that change state", (node) => node.nodeType === "FunctionDefinition" && !isView(node)],
  ["Views", (node) => node.nodeType === "FunctionDefinition" && isView(node)],
  ["Events", ({ nodeType }) => nodeType === "EventDefinition"],
  ["Errors", ({ nodeType }) => nodeType === "ErrorDefinition"],
  ["Structs", ({ nodeType }) => nodeType === "StructDefinition"],
  ["Enums", ({ nodeType }) => nodeType === "EnumDefinition"],
];

/**
 * The reference of the contracts: a page for each contract that is deployed, one for each interface, one for the types
 * without a contract, and an index. Contents by path within the reference.
 *
 * @throws {Error} if an interface, function, event or error has no notice
 */
export function contractReference(
  model: SolidityModel,
  files: readonly string[] = PRODUCTION_FILES.filter(isInterface).sort(byName),
): Map<string, string> {
  const pages = new Map<string, string>();
  const missing: string[] = [];
  const interfaces: string[] = [];
  for (const { node, file } of model.visit(files)) {
    if (node.nodeType !== "ContractDefinition") continue;
    const name = node.name ?? "";
    const members = node["nodes"] as AstNode[];
    for (const member of [node, ...members]) if (needsNotice(member)) missing.push(`${name}.${member.name ?? ""}`);
    pages.set(`${name}.md`, interfacePage(model, file, node));
    interfaces.push(item(name, natSpecOf(node).notice ?? ""));
  }
  if (missing.length > 0) throw new Error(`no notice: ${missing.join(", ")}`);

  const deployed = contractPages(model);
  for (const { name, text } of deployed) pages.set(`${name}.md`, text);
  const types = typesPage(model);
  if (types !== undefined) pages.set("Types.md", types);
  const listOf = (kind: "contract" | "library"): string =>
    deployed
      .filter((page) => page.kind === kind)
      .map(({ name, notice }) => item(name, notice))
      .join("\n");
  const index = [
    "# Contracts",
    "For integrators and auditors: every external function of the contracts, its errors and its events. `npm run docs` generates the pages from the NatSpec and from solc's syntax tree. The [audit guide](../../audit.md) lists conditions on the caller and external calls.",
    ...(deployed.length === 0
      ? []
      : ["## Deployed contracts", listOf("contract"), "## Linked libraries", listOf("library")]),
    "## Interfaces",
    interfaces.join("\n"),
    ...(types === undefined
      ? []
      : ["## Types", "- [Types](Types.md): structs and value types that several contracts use."]),
    "",
  ];
  return pages.set("README.md", index.join("\n\n"));
}

const item = (name: string, notice: string): string => `- [${name}](${name}.md): ${notice.replace(/\s+/g, " ")}`;

function interfacePage(model: SolidityModel, file: string, contract: AstNode): string {
  const members = contract["nodes"] as AstNode[];
  const { notice = "", dev } = natSpecOf(contract);
  const sections = SECTIONS.flatMap(([title, belongs]) => {
    const own = members.filter(belongs);
    return own.length === 0 ? [] : [`## ${title}`, ...own.map((node) => member(model, file, node))];
  });
  const source = `Source: [${file}](../../../${file}).`;
  return [
    `# ${contract.name ?? ""}`,
    notice,
    source,
    ...(dev === undefined ? [] : [withHeadings(dev)]),
    ...sections,
    "",
  ].join("\n\n");
}

/** Structs, enums and value types that stand in no contract; undefined if there are none. */
function typesPage(model: SolidityModel): string | undefined {
  const kinds = ["StructDefinition", "EnumDefinition", "UserDefinedValueTypeDefinition"];
  const found = [...model.visit(PRODUCTION_FILES.filter((path) => path.startsWith(TYPES)))].filter(
    ({ node, parents }: Visited) => kinds.includes(node.nodeType) && parents.at(-1)?.nodeType === "SourceUnit",
  );
  if (found.length === 0) return undefined;
  const texts = found.map(({ node, file }) => `${member(model, file, node)}\n\nSource: [${file}](../../../${file}).`);
  return ["# Types", "Structs and value types that several contracts use.", ...texts, ""].join("\n\n");
}

const needsNotice = (node: AstNode): boolean =>
  ["ContractDefinition", "FunctionDefinition", "EventDefinition", "ErrorDefinition"].includes(node.nodeType) &&
  natSpecOf(node).notice === undefined;

function member(model: SolidityModel, file: string, node: AstNode): string {
  const { notice, dev, params, returns } = natSpecOf(node);
  const parts = [`### ${node.name ?? ""}`, `\`\`\`solidity\n${outdent(model.source({ node, file }))}\n\`\`\``];
  if (notice !== undefined) parts.push(notice);
  const list = [
    ...params.map(([name, text]) => `- \`${name}\`: ${oneLine(text)}`),
    ...returns.map((text) => `- returns ${oneLine(text)}`),
  ];
  if (list.length > 0) parts.push(list.join("\n"));
  if (dev !== undefined) parts.push(withHeadings(dev));
  return parts.join("\n\n");
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ");

/** The first line of a declaration has no indentation, the others have that of their place. */
const outdent = (text: string): string => text.replace(/\n {4}/g, "\n");
