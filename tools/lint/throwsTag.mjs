// SPDX-License-Identifier: MIT
/**
 * Rule for ESLint: how docstrings say what is thrown.
 *
 * - A tag has the form `@throws {ProtocolError} `CODE`, …`, with a class in braces; after the project's own classes with
 *   many codes come a code, `as` with the name of another function, or `of any code`.
 * - An exported function, and a public method, that throws such an error itself names its code in its docstring.
 */

/** Classes whose code says what went wrong; others have one code, and say it in a sentence. */
const CODED = new Set(["ProtocolError", "ToolError"]);

const TAG = /@throws\b[ \t]*(?:\{(?<type>[^}]*)\})?[ \t]*(?<text>[^\n]*)/gu;
const TEXT = /^(`[A-Za-z]\w*`|as `|of any code)/u;

const isFunction = ({ type }) => /^(Arrow)?Function/u.test(type) || type === "MethodDefinition";

/** The node that carries the docstring of a function that others may call; undefined if it is internal. */
function publicNodeOf(found) {
  const { parent } = found;
  if (parent.type === "MethodDefinition") {
    const isPublic = parent.key.type !== "PrivateIdentifier" && parent.accessibility !== "private";
    const owner = parent.parent.parent.parent;
    return isPublic && owner.type === "ExportNamedDeclaration" ? parent : undefined;
  }
  if (parent.type === "ExportNamedDeclaration") return parent;
  const declaration = parent.type === "VariableDeclarator" ? parent.parent.parent : undefined;
  return declaration?.type === "ExportNamedDeclaration" ? declaration : undefined;
}

export const throwsTag = {
  meta: {
    type: "suggestion",
    schema: [],
    messages: {
      form: "Write `@throws {Class} …`; after {{classes}}, begin with a code in backticks, with `as` and a function, or with `of any code`.",
      missing: "The docstring has to name the code {{code}} in a `@throws` tag.",
    },
  },
  create(context) {
    const { sourceCode } = context;
    const docstringOf = (node) =>
      sourceCode
        .getCommentsBefore(node)
        .filter(({ type, value }) => type === "Block" && value.startsWith("*"))
        .at(-1)?.value ?? "";
    return {
      Program() {
        for (const comment of sourceCode.getAllComments()) {
          if (comment.type !== "Block" || !comment.value.startsWith("*")) continue;
          for (const { groups } of comment.value.matchAll(TAG)) {
            const isGood = groups.type !== undefined && (!CODED.has(groups.type) || TEXT.test(groups.text));
            if (!isGood) {
              context.report({ loc: comment.loc, messageId: "form", data: { classes: [...CODED].join(" and ") } });
            }
          }
        }
      },
      ThrowStatement(statement) {
        const { argument } = statement;
        const [code] = argument.type === "NewExpression" && CODED.has(argument.callee.name) ? argument.arguments : [];
        if (code?.type !== "Literal") return;
        const inside = sourceCode.getAncestors(statement).findLast(isFunction);
        const carrier = inside && publicNodeOf(inside.type === "MethodDefinition" ? inside.value : inside);
        if (carrier === undefined) return;
        const docstring = docstringOf(carrier);
        if (!docstring.includes("@throws") || !docstring.includes(`\`${code.value}\``)) {
          context.report({ node: statement, messageId: "missing", data: { code: code.value } });
        }
      },
    };
  },
};
