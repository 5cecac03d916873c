// SPDX-License-Identifier: GPL-3.0-or-later
/** Shape of a tree of proofs: the place of a leaf in the list, or what is joined. */
export type TreeShape = number | readonly [left: TreeShape, right: TreeShape];

/** The shape of a tree that is as low as it can be, over the places `first … first + count − 1`. @param count at least 1 */
export function balancedShape(first: number, count: number): TreeShape {
  if (count === 1) return first;
  const left = Math.ceil(count / 2);
  return [balancedShape(first, left), balancedShape(first + left, count - left)];
}
