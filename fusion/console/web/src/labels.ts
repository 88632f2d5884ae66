// Where each track's label goes: beside its symbol, over no symbol and no other label, and where it was before if that will do.

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Wanted {
  readonly id: string;
  readonly x: number; // px, of the symbol's middle
  readonly y: number;
  readonly radius: number; // px, of the symbol
  readonly width: number; // px, of the label
  readonly height: number;
  readonly rank: number; // the lower, the sooner it is placed
}

export interface Placed extends Box {
  readonly id: string;
  readonly slot: number;
}

/** Directions of the slots, best first: right up, right down, left up, left down, above, below, right, left; then farther out. */
const DIRECTIONS: readonly (readonly [number, number])[] = [
  [1, -1], [1, 1], [-1, -1], [-1, 1], [0, -1], [0, 1], [1, 0], [-1, 0],
];
const GAPS = [4, 18] as const; // px between the symbol and its label
export const SLOTS = DIRECTIONS.length * GAPS.length;

/** The box of a label in one of its slots. */
export function slotBox(wanted: Wanted, slot: number): Box {
  const [dx, dy] = DIRECTIONS[slot % DIRECTIONS.length] as readonly [number, number];
  const reach = wanted.radius + (GAPS[Math.floor(slot / DIRECTIONS.length)] as number);
  const x = dx > 0 ? wanted.x + reach : dx < 0 ? wanted.x - reach - wanted.width : wanted.x - wanted.width / 2;
  const corner = dx !== 0 && dy !== 0 ? reach * 0.5 : reach;
  const y = dy > 0 ? wanted.y + corner : dy < 0 ? wanted.y - corner - wanted.height : wanted.y - wanted.height / 2;
  return { x, y, width: wanted.width, height: wanted.height };
}

export function overlaps(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

const CELL = 64; // px: about the size of a label, so that a look-up touches few cells

class Occupancy {
  private readonly cells = new Map<number, Box[]>();

  private *keys(box: Box): Iterable<number> {
    for (let i = Math.floor(box.x / CELL); i <= Math.floor((box.x + box.width) / CELL); i += 1) {
      for (let j = Math.floor(box.y / CELL); j <= Math.floor((box.y + box.height) / CELL); j += 1) {
        yield (i + 4096) * 8192 + (j + 4096);
      }
    }
  }

  add(box: Box): void {
    for (const key of this.keys(box)) {
      const cell = this.cells.get(key);
      if (cell) cell.push(box);
      else this.cells.set(key, [box]);
    }
  }

  free(box: Box): boolean {
    for (const key of this.keys(box)) {
      if (this.cells.get(key)?.some((other) => overlaps(box, other))) return false;
    }
    return true;
  }
}

/**
 * Place labels in the order of their rank.
 *
 * `symbols` are boxes that no label may hide; `before` the slots of the last time, tried first so that labels keep still; `within` the
 * part of the screen that may be used. A label for which there is no room is left out. At most `most` are placed.
 */
export function place(
  wanted: readonly Wanted[],
  symbols: readonly Box[],
  within: Box,
  before: ReadonlyMap<string, number> = new Map(),
  most = 200,
): Placed[] {
  const taken = new Occupancy();
  for (const box of symbols) taken.add(box);
  const placed: Placed[] = [];
  const order = [...wanted].sort((a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1));
  for (const one of order) {
    if (placed.length >= most) break;
    const last = before.get(one.id);
    for (let i = last === undefined ? 0 : -1; i < SLOTS; i += 1) {
      const slot = i < 0 ? (last as number) : i;
      const box = slotBox(one, slot);
      if (inside(box, within) && taken.free(box)) {
        taken.add(box);
        placed.push({ id: one.id, slot, ...box });
        break;
      }
    }
  }
  return placed;
}

function inside(box: Box, within: Box): boolean {
  return (
    box.x >= within.x &&
    box.y >= within.y &&
    box.x + box.width <= within.x + within.width &&
    box.y + box.height <= within.y + within.height
  );
}

/** The line from a symbol's rim to its label: from where, to where; null when they touch. */
export function leader(wanted: Wanted, box: Box): readonly [number, number, number, number] | null {
  const x = Math.max(box.x, Math.min(wanted.x, box.x + box.width));
  const y = Math.max(box.y, Math.min(wanted.y, box.y + box.height));
  const distance = Math.hypot(x - wanted.x, y - wanted.y);
  if (distance <= wanted.radius + 2) return null;
  const part = wanted.radius / distance;
  return [wanted.x + (x - wanted.x) * part, wanted.y + (y - wanted.y) * part, x, y];
}
