import { basename, join } from "node:path";

import { natSpecOf } from "./natSpec.ts";
import { PRODUCTION_FILES, type AstNode, type SolidityModel } from "./solidity.ts";

/** Where the interfaces are: they hold the NatSpec of all external functions. */
const INTERFACES = join("contracts", "interfaces");

const SECTIONS = [
  ["FunctionDefinition", "Functions"],
  ["EventDefinition", "Events"],
  ["ErrorDefinition", "Errors"],
  ["StructDefinition", "Structs"],
  ["EnumDefinition", "Enums"],
] as const;

/**
 * The reference of the contracts: a page for each interface, from its NatSpec, and an index. Contents by path within
 * the reference.
 *
 * @throws {Error} if an interface, function, event or error has no notice
 */
export function contractReference(
  model: SolidityModel,
  files: readonly string[] = PRODUCTION_FILES.filter((path) => path.startsWith(INTERFACES)),
): Map<string, string> {
  const pages = new Map<string, string>();
  const index: string[] = [];
  const missing: string[] = [];
  for (const file of files) {
    const name = basename(file, ".sol");
    const contract = [...model.visit([file])].find(({ node }) => node.nodeType === "ContractDefinition")?.node;
    if (contract === undefined) throw new Error(`no contract in ${file}`);
    const members = [...model.visit([file])]
      .filter(({ parents }) => parents.at(-1) === contract)
      .map(({ node }) => node);
    const sections = SECTIONS.flatMap(([nodeType, title]) => {
      const own = members.filter((node) => node.nodeType === nodeType);
      return own.length === 0 ? [] : [`## ${title}`, ...own.map((node) => member(model, file, node))];
    });
    for (const node of [contract, ...members]) if (needsNotice(node)) missing.push(`${name}.${node.name ?? ""}`);
    const { notice = "", dev } = natSpecOf(contract);
    pages.set(
      `${name}.md`,
      [`# ${name}`, notice, ...(dev === undefined ? [] : [withHeadings(dev)]), ...sections, ""].join("\n\n"),
    );
    index.push(`- [${name}](${name}.md): ${notice.replace(/\s+/g, " ")}`);
  }
  if (missing.length > 0) throw new Error(`no notice: ${missing.join(", ")}`);
  const head =
    "# Contracts\n\nFrom the NatSpec of the interfaces, by `npm run docs`. What is privileged and what is called: [audit](../../audit.md).";
  return pages.set("README.md", `${head}\n\n${index.join("\n")}\n`);
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

/** The words that begin a list or a remark in our NatSpec stand apart from what is before them. */
const withHeadings = (dev: string): string =>
  dev.replace(/^(Requirements.*|Effects|Lifecycle.*)$/gm, "\n**$1**\n").replace(/^(Invariants|Source):/gm, "\n$1:");

const oneLine = (text: string): string => text.replace(/\s+/g, " ");

/** The first line of a declaration has no indentation, the others have that of their place. */
const outdent = (text: string): string => text.replace(/\n {4}/g, "\n");
