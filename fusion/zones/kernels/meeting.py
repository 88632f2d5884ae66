"""Which asked boxes touch which laid ones: by cells of a grid, so that asking costs by what is near."""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import bare, jit

FEW = 32  # finds that insertion brings into order sooner than a sort that is called


@jit
def meet(laid, cells, broad, low, high, is_local, size, stride, asked, box):
    """Write the pairs (asked, box) of boxes (n, 2), (n, 2) and laid ones that touch, ascending; give how many there are.

    laid: low and high (v, 2). cells: keys (c) ascending, first (c + 1), boxes, by cells of `size` m, key column · stride + row.
    broad: boxes in no cell. is_local (n): which asked ones cover few cells; the others are compared with each laid one.
    asked and box are room: with less room than pairs only the count is of use.
    """
    count = 0
    for a in range(len(low)):
        begins = count
        if is_local[a]:
            count = by_cell(laid, cells, low[a], high[a], size, stride, a, asked, box, count)
            for b in range(len(broad)):
                count = put(laid, broad[b], low[a], high[a], a, asked, box, count)
        else:
            for b in range(len(laid[0])):
                count = put(laid, b, low[a], high[a], a, asked, box, count)
        if begins + FEW < count <= len(box):
            box[begins:count].sort()
        elif count <= len(box):
            ascend(box, begins, count)
    return count


@bare
def by_cell(laid, cells, low, high, size, stride, a, asked, box, count):
    """Look one box up, column by column. Boxes that share cells are told once: in the lowest cell of what they share."""
    keys, first, boxes = cells
    south, north = math.floor(low[1] / size), math.floor(high[1] / size)
    for column in range(math.floor(low[0] / size), math.floor(high[0] / size) + 1):
        last = column * stride + north
        k = np.searchsorted(keys, column * stride + south)
        while k < len(keys) and keys[k] <= last:
            for i in range(first[k], first[k + 1]):
                b = boxes[i]
                east, up = max(low[0], laid[0][b, 0]), max(low[1], laid[0][b, 1])
                if math.floor(east / size) * stride + math.floor(up / size) == keys[k]:
                    count = put(laid, b, low, high, a, asked, box, count)
            k += 1
    return count


@bare
def put(laid, b, low, high, a, asked, box, count):
    """Write one pair if its boxes touch and there is room; give how many there are now."""
    below, above = laid
    if low[0] <= above[b, 0] and below[b, 0] <= high[0] and low[1] <= above[b, 1] and below[b, 1] <= high[1]:
        if count < len(box):
            asked[count], box[count] = a, b
        return count + 1
    return count


@bare
def ascend(box, begins, ends):
    """Bring one asked box's few finds into order (insertion)."""
    for i in range(begins + 1, ends):
        one, k = box[i], i
        while k > begins and box[k - 1] > one:
            box[k] = box[k - 1]
            k -= 1
        box[k] = one
