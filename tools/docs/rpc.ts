// SPDX-License-Identifier: MIT
import { METHODS, OPEN_RPC, type Schema } from "../../src/node/index.ts";
import type { Generated } from "./index.ts";

/** The reference of a node's API, and its OpenRPC document. */
export function rpcReference(): Generated {
  const methods = METHODS.map(({ name, summary, parameters, result }) => {
    const signature = `${name}(${parameters.map((parameter) => parameter.name).join(", ")})`;
    const lines = parameters.map(
      (parameter) => `- \`${parameter.name}\` (\`${typeOf(parameter.schema)}\`): ${parameter.description}`,
    );
    const answer = `Gives \`${result.name}\`:\n\n\`\`\`ts\n${typeOf(result.schema)}\n\`\`\``;
    return [`## ${signature}`, summary, lines.join("\n"), answer].filter((part) => part !== "").join("\n\n");
  });
  const head = `# API of a node

For those who write a client of a node's JSON-RPC. It is asked by \`POST /\` and by WebSocket at \`/ws\`; how to run a node,
and its limits, are in [node](../../node.md). \`GET /openrpc.json\` of a node gives this reference as an OpenRPC document,
which is also [in the repository](openrpc.json).

Amounts and nonces are decimal text, bytes are hex. Parameters are given in this order, or by name. An error with the code
−32000 is a refusal: \`data.code\` is a code of the library's errors.
\`rollup_subscribe(method, parameters)\` of a WebSocket tells the answer of a method whenever it changes.`;
  return new Map([
    ["README.md", [head, ...methods].join("\n\n")],
    ["openrpc.json", JSON.stringify(OPEN_RPC)],
  ]);
}

/** A schema in the words of TypeScript. */
function typeOf(schema: Schema, indent = ""): string {
  const { type, oneOf, items, properties, required, ...rest } = schema as {
    readonly type?: string;
    readonly oneOf?: readonly Schema[];
    readonly items?: Schema;
    readonly properties?: Readonly<Record<string, Schema>>;
    readonly required?: readonly string[];
    readonly enum?: readonly string[];
  };
  if (oneOf !== undefined) return oneOf.map((one) => typeOf(one, indent)).join(" | ");
  if (rest.enum !== undefined) return rest.enum.map((word) => JSON.stringify(word)).join(" | ");
  if (type === "array" && items !== undefined) return `${typeOf(items, indent)}[]`;
  if (type === "object" && properties !== undefined) {
    const fields = Object.entries(properties).map(
      ([name, field]) =>
        `${indent}  ${name}${required?.includes(name) === true ? "" : "?"}: ${typeOf(field, `${indent}  `)};`,
    );
    return `{\n${fields.join("\n")}\n${indent}}`;
  }
  return type === "integer" ? "number" : (type ?? "unknown");
}
