// SPDX-License-Identifier: MIT
import { UsageError } from "../commandLine.ts";

/** A number in a range. */
export interface NumberSetting {
  readonly kind: "number";
  readonly value: number;
  readonly least: number;
  readonly most: number;
  /** Whether it has no decimals. */
  readonly isWhole: boolean;
  readonly unit?: string;
  readonly meaning: string;
}

/** Numbers in a range, one or more, that ascend. */
export interface NumbersSetting extends Omit<NumberSetting, "kind" | "value"> {
  readonly kind: "numbers";
  readonly value: readonly number[];
}

/** Words of a list, one or more, each once: names of strategies, mostly. */
export interface WordsSetting {
  readonly kind: "words";
  readonly value: readonly string[];
  readonly known: readonly string[];
  readonly meaning: string;
}

export type Setting = NumberSetting | NumbersSetting | WordsSetting;

/** Parameters of an experiment, by name. */
export type Settings = Readonly<Record<string, Setting>>;

/** Values of the parameters. */
export type Values<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends NumberSetting
    ? number
    : S[K] extends NumbersSetting
      ? readonly number[]
      : readonly string[];
};

/** Most numbers or words of a list: more would be more lines than a plot can show. */
const MOST_ITEMS = 64;

type Range = readonly [least: number, most: number];

export const whole = (value: number, [least, most]: Range, meaning: string, unit?: string): NumberSetting => ({
  ...{ kind: "number", value, least, most, isWhole: true, meaning },
  ...(unit === undefined ? {} : { unit }),
});

export const decimal = (value: number, range: Range, meaning: string, unit?: string): NumberSetting => ({
  ...whole(value, range, meaning, unit),
  isWhole: false,
});

export const wholes = (value: readonly number[], range: Range, meaning: string, unit?: string): NumbersSetting => ({
  ...whole(0, range, meaning, unit),
  ...{ kind: "numbers", value },
});

export const decimals = (value: readonly number[], range: Range, meaning: string, unit?: string): NumbersSetting => ({
  ...wholes(value, range, meaning, unit),
  isWhole: false,
});

export const words = (value: readonly string[], known: readonly string[], meaning: string): WordsSetting => ({
  ...{ kind: "words", value, known, meaning },
});

/** The values that stand in the settings. */
export const defaultsOf = <S extends Settings>(settings: S): Values<S> =>
  Object.fromEntries(Object.entries(settings).map(([name, { value }]) => [name, value])) as Values<S>;

/**
 * Values with some replaced: `bidders=2` or `bidders=2,5,10`.
 *
 * @throws {UsageError} for an unknown name, and for a value out of its range: it names the value and the limit
 */
export function withValues<S extends Settings>(
  settings: S,
  base: Values<S>,
  assignments: readonly string[],
): Values<S> {
  const replaced = assignments.map((assignment) => {
    const at = assignment.indexOf("=");
    const name = at < 0 ? assignment : assignment.slice(0, at);
    const setting = Object.hasOwn(settings, name) ? settings[name] : undefined;
    if (setting === undefined) {
      throw new UsageError(`--set ${name}: must be one of ${Object.keys(settings).join(", ")}`);
    }
    if (at < 0) throw new UsageError(`--set ${name}: has no value, as in ${name}=${textOf(setting.value)}`);
    return [name, valueOf(name, setting, assignment.slice(at + 1))] as const;
  });
  return { ...base, ...Object.fromEntries(replaced) };
}

function valueOf(name: string, setting: Setting, text: string): number | readonly number[] | readonly string[] {
  if (setting.kind === "number") return numberOf(name, setting, text);
  const items = text.split(",");
  if (items.length > MOST_ITEMS) {
    throw new UsageError(`--set ${name}: has ${items.length} values; it must have at most ${MOST_ITEMS}`);
  }
  if (setting.kind === "numbers") {
    const numbers = items.map((item) => numberOf(name, setting, item));
    if (numbers.some((number, i) => i > 0 && number <= numbers[i - 1]!)) {
      throw new UsageError(`--set ${name}=${text}: must ascend`);
    }
    return numbers;
  }
  const unknown = items.find((item) => !setting.known.includes(item));
  if (unknown !== undefined) {
    throw new UsageError(`--set ${name}=${unknown}: must be one of ${setting.known.join(", ")}`);
  }
  const twice = items.find((item, i) => items.indexOf(item) < i);
  if (twice !== undefined) throw new UsageError(`--set ${name}=${text}: has ${twice} twice`);
  return items;
}

function numberOf(name: string, { least, most, isWhole, unit }: Omit<NumberSetting, "kind" | "value">, text: string) {
  const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most) || (isWhole && !Number.isInteger(value))) {
    const kind = isWhole ? "a whole number" : "a number";
    throw new UsageError(
      `--set ${name}=${text}: must be ${kind} from ${least} to ${most}${unit === undefined ? "" : ` ${unit}`}`,
    );
  }
  return value;
}

/** A value as it is written on the command line. */
export const textOf = (value: number | readonly (number | string)[]): string =>
  typeof value === "number" ? String(value) : value.join();

/** Range of a parameter, or the words that it may have. */
export function limitsOf(setting: Setting): string {
  if (setting.kind === "words") return setting.known.join(", ");
  return `${setting.least} … ${setting.most}${setting.unit === undefined ? "" : ` ${setting.unit}`}`;
}
