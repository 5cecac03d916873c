// SPDX-License-Identifier: MIT

/** A JSON Schema as the API's document has them: these words and no others. */
interface Schema {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean" | "null";
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

const WORDS = [
  ...["type", "properties", "required", "items", "maxItems", "oneOf", "enum", "const", "pattern", "minimum"],
  "maximum",
];

/**
 * Differences of a value from its schema, one sentence each. It is stricter than JSON Schema: a property that the schema
 * does not name is a difference, and so is a word that this function does not know.
 */
export function differencesFrom(schema: object, value: unknown, path = "result"): string[] {
  const unknown = Object.keys(schema).filter((word) => !WORDS.includes(word));
  if (unknown.length > 0) return [`${path}: the schema has ${unknown.join()}`];
  const of = schema as Schema;
  if (of.oneOf !== undefined) {
    const all = of.oneOf.map((one) => differencesFrom(one, value, path));
    return all.filter((found) => found.length === 0).length === 1
      ? []
      : [`${path} fits none or several: ${all.join("; ")}`];
  }
  const wrong = `${path} is ${JSON.stringify(value)}`;
  if (of.enum !== undefined) return of.enum.includes(value) ? [] : [wrong];
  if ("const" in of) return of.const === value ? [] : [wrong];
  const isNumber = typeof value === "number" && (of.minimum ?? value) <= value && value <= (of.maximum ?? value);
  switch (of.type) {
    case "object": {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return [wrong];
      const { properties = {}, required = [] } = of;
      const missing = required
        .filter((name) => !Object.hasOwn(value, name))
        .map((name) => `${path}.${name} is missing`);
      return Object.entries(value).reduce<string[]>((found, [name, inner]) => {
        const inside = properties[name];
        const own =
          inside === undefined
            ? [`${path}.${name} is not described`]
            : differencesFrom(inside, inner, `${path}.${name}`);
        return [...found, ...own];
      }, missing);
    }
    case "array":
      if (!Array.isArray(value) || value.length > (of.maxItems ?? Infinity)) return [wrong];
      return value.flatMap((item, i) => differencesFrom(of.items ?? {}, item, `${path}[${i}]`));
    case "string":
      return typeof value === "string" && new RegExp(of.pattern ?? "", "u").test(value) ? [] : [wrong];
    case "integer":
      return isNumber && Number.isSafeInteger(value) ? [] : [wrong];
    case "number":
      return isNumber ? [] : [wrong];
    case "boolean":
      return typeof value === "boolean" ? [] : [wrong];
    case "null":
      return value === null ? [] : [wrong];
    default:
      return [];
  }
}
