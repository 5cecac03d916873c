// SPDX-License-Identifier: MIT
import type { Settings, Values } from "./settings.ts";
import type { Columns, Row, Table } from "./table.ts";

/** A piece of an experiment that is run alone: its rows depend on the seed and the parameters, and on no other point. */
export interface Point<C extends Columns = Columns> {
  /** Unique in its table. */
  readonly label: string;
  run(): readonly Row<C>[];
}

/** A table of an experiment: a file, and the points whose rows it has, one after the other. */
export interface Part<S extends Settings = Settings, C extends Columns = Columns> {
  readonly columns: C;
  /** One sentence that says what a row is. */
  readonly meaning: string;
  readonly points: (values: Values<S>, seed: number) => readonly Point<C>[];
}

/** Keeps the types of settings, columns and rows of the parts of one experiment. */
export const partsOf =
  <S extends Settings>(_settings: S) =>
  <const C extends Columns>(part: Part<S, C>): Part<S> =>
    part;

/** Something that the tables say: a sentence with its numbers, and whether it is true of them. */
export interface Finding {
  /** Unique in the experiment. */
  readonly name: string;
  readonly text: string;
  readonly holds: boolean;
}

/** Tables of an experiment, by the names of its parts. */
export type Tables = Readonly<Record<string, Table>>;

/** A picture of an experiment. */
export interface Plot {
  /** Part of the file's name. */
  readonly name: string;
  /** Says in words what one sees, for those who do not. */
  readonly description: string;
  readonly svg: string;
}

/** A place in the sources. */
export interface Source {
  readonly text: string;
  readonly place: string;
}

/** A question of the sources, and how the lab answers it. */
export interface Experiment<S extends Settings = Settings> {
  /** As on the command line, and in the names of the files. */
  readonly name: string;
  readonly title: string;
  readonly question: string;
  readonly sources: readonly Source[];
  /** Agents, rules and simplifications, in Markdown. */
  readonly model: string;
  readonly settings: S;
  /** Values that are run in seconds. */
  readonly small: Partial<Values<S>>;
  readonly parts: Readonly<Record<string, Part<S>>>;
  /** The answer, sentence by sentence. */
  findings(tables: Tables, values: Values<S>): readonly Finding[];
  plots(tables: Tables, values: Values<S>): readonly Plot[];
  /**
   * Looks at values that have to fit together.
   *
   * @throws {UsageError} if they do not
   */
  check?(values: Values<S>): void;
}

/** Keeps the types of an experiment's settings. */
export const experimentOf = <S extends Settings>(experiment: Experiment<S>): Experiment => experiment as Experiment;
