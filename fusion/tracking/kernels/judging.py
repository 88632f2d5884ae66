"""Who is shown, who is given up, and who was seen: the marks on a track's row."""

from __future__ import annotations

from fusion.compiling import bare


@bare
def judge(r, confirmed, updated, seen, name, patience, now, confirm, delete, worth, coast, shown, alive):
    """Confirm what surely exists, and tell what surely does not (`Tracker._judge`).

    r, updated (N): existence and ns of the newest detection; seen (N, sensors): ns, when each sensor last saw it; name (N): code
    of its identity; patience (sensors): s that who has neither name nor confirmation waits for a detection of those that saw it;
    now (ns); confirm, delete, worth: existence from which a track is shown, below which a shown one and below which another is
    given up; coast (s) without a detection.
    Changed in place: confirmed (N). Written: shown (N) the rows that are shown from now on, alive (N). Returns how many are
    shown, and how many are not alive.
    """
    fresh, gone = 0, 0
    for t in range(len(r)):
        if not confirmed[t] and r[t] >= confirm:
            confirmed[t] = True
            shown[fresh] = t
            fresh += 1
        wait = coast
        if not confirmed[t] and name[t] == 0:
            wait = 0.0
            for s in range(len(patience)):
                if seen[t, s] > 0:
                    wait = max(wait, min(coast, patience[s]))
        alive[t] = r[t] >= (delete if confirmed[t] else worth) and (now - updated[t]) / 1e9 <= wait
        gone += 0 if alive[t] else 1
    return fresh, gone


@bare
def note(best, time, received, numbers, names, share, which, updated, heard, seen, own, rows, speaking):
    """Write down who was seen by whom (`Tracker._note`).

    best (N): each track's detection or −1; time, numbers, names (D) of the detections; received (ns); which: the sensor's place.
    Changed in place: updated, heard (N), seen, own (N, sensors). Written: rows (N) of those that were seen, speaking (N) of those
    whose detection more likely than not is theirs and says who it is. Returns how many there are of either.
    """
    many, told = 0, 0
    for t in range(len(best)):
        j = best[t]
        if j < 0:
            continue
        updated[t], heard[t] = max(updated[t], time[j]), max(heard[t], received)
        seen[t, which], own[t, which] = time[j], numbers[j]
        rows[many] = t
        many += 1
        if names[j] != 0 and share[t] > 0.5:
            speaking[told] = t
            told += 1
    return many, told
