// SPDX-License-Identifier: MIT

/** A column of a table. */
export interface Column {
  /** As in the file's first line, without a comma. */
  readonly title: string;
  /** Of its numbers; none for words and pure numbers. */
  readonly unit?: string;
  /** Digits after the point. Without it the cells are words. */
  readonly digits?: number;
}

/** Columns by the name that the code knows them by, in their order. */
export type Columns = Readonly<Record<string, Column>>;

/** A row: words, and numbers; undefined where nothing was measured. */
export type Row<C extends Columns = Columns> = Readonly<Record<keyof C & string, string | number | undefined>>;

/** A row or a number that an answer needs is not there: the values of the parameters leave it out. */
export class MissingRows extends RangeError {}

/** A row that was read back from a file: numbers have the digits that the file has. */
export class Cells {
  readonly #cells: ReadonlyMap<string, string>;

  constructor(cells: ReadonlyMap<string, string>) {
    this.#cells = cells;
  }

  /** A cell as it is in the file. @throws {RangeError} if the table has no such column */
  word(column: string): string {
    const cell = this.#cells.get(column);
    if (cell === undefined) throw new RangeError(`the table has no column ${column}`);
    return cell;
  }

  /** A number, or undefined if the cell is empty. @throws {RangeError} if the table has no such column */
  maybe(column: string): number | undefined {
    const cell = this.word(column);
    return cell === "" ? undefined : Number(cell);
  }

  /** A number. @throws {MissingRows} if the cell is empty. @throws {RangeError} if the table has no such column */
  number(column: string): number {
    const value = this.maybe(column);
    if (value === undefined || Number.isNaN(value)) throw new MissingRows(`the column ${column} has no number here`);
    return value;
  }
}

/** Rows of a table as its file has them. */
export class Table {
  readonly rows: readonly Cells[];

  constructor(rows: readonly Cells[]) {
    this.rows = rows;
  }

  /** The rows that have these cells. */
  where(cells: Readonly<Record<string, string | number>>): Table {
    const wanted = Object.entries(cells);
    const has = (row: Cells): boolean =>
      wanted.every(([column, cell]) =>
        typeof cell === "number" ? row.maybe(column) === cell : row.word(column) === cell,
      );
    return new Table(this.rows.filter(has));
  }

  /** The only row. @throws {MissingRows} if there is another number of rows */
  only(): Cells {
    if (this.rows.length !== 1) throw new MissingRows(`one row was expected, and there are ${this.rows.length}`);
    return this.rows[0]!;
  }

  /** Numbers of a column. */
  numbers(column: string): number[] {
    return this.rows.map((row) => row.number(column));
  }

  /** Different cells of a column, in the order of the rows. */
  values(column: string): string[] {
    return [...new Set(this.rows.map((row) => row.word(column)))];
  }

  /** Points of a curve. */
  points(x: string, y: string): (readonly [x: number, y: number | undefined])[] {
    return this.rows.map((row) => [row.number(x), row.maybe(y)] as const);
  }
}

/** The first line of a file. */
export const headOf = (columns: Columns): string =>
  Object.values(columns)
    .map(({ title, unit }) => (unit === undefined ? title : `${title} (${unit})`))
    .join();

/**
 * A row as a line of a file.
 *
 * @throws {RangeError} for a number in a column of words or the other way round, and for words with a comma
 */
export function toLine<C extends Columns>(columns: C, row: Row<C>): string {
  return Object.entries(columns)
    .map(([name, { digits }]) => {
      const cell = row[name];
      if (cell === undefined) return "";
      if (digits === undefined ? typeof cell !== "string" || /[,\n"]/.test(cell) : typeof cell !== "number") {
        throw new RangeError(`${String(cell)} is no cell of the column ${name}`);
      }
      return typeof cell === "number" ? formatted(cell, digits ?? 0) : cell;
    })
    .join();
}

/** A number with so many digits after the point. @throws {RangeError} if it is not finite */
export function formatted(value: number, digits: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is no number of a table`);
  const text = value.toFixed(digits);
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
}

/** Reads a file that the lab has written. @throws {RangeError} if it has other columns */
export function readTable(columns: Columns, content: string): Table {
  const [head, ...lines] = content.trimEnd().split("\n");
  if (head !== headOf(columns)) throw new RangeError(`the columns are ${head}; expected: ${headOf(columns)}`);
  const names = Object.keys(columns);
  return new Table(
    lines.map((line) => {
      const cells = line.split(",");
      return new Cells(new Map(names.map((name, i) => [name, cells[i] ?? ""])));
    }),
  );
}
