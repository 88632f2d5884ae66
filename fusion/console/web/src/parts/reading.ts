// What a page reads by REST: when it opens, when its question changes, and when the server says that the answer has.
import { useEffect, useRef, useState } from "preact/hooks";
import { changed } from "../live";
import { t } from "../i18n";
import { get, type List } from "../rest";
import { attempt } from "../state";

export interface Reading<Told> {
  /** null until it is there. */
  readonly told: Told | null;
  readonly again: () => Promise<void>;
}

/** Read one answer; `changes` names what of the stream's `changed` asks for another look. */
export function useReading<Told>(path: string | null, changes = ""): Reading<Told> {
  const [told, setTold] = useState<Told | null>(null);
  const asked = useRef(0);
  const again = async () => {
    if (path === null) return;
    asked.current += 1;
    const mine = asked.current;
    const answer = await attempt(() => get<Told>(path), t("unreachable"));
    if (answer !== null && mine === asked.current) setTold(answer);
  };
  const times = changed.value.what === changes ? changed.value.times : 0;
  useEffect(() => {
    void again();
    return () => {
      asked.current += 1;
    };
  }, [path, times]);
  return { told, again };
}

export interface Pages<Item> {
  /** null until the first page is there. */
  readonly items: Item[] | null;
  /** Read the next page; null where there is none. */
  readonly more: (() => Promise<void>) | null;
}

/** Read a list page by page; `path` has its question already, and `&after=` is put behind it. */
export function usePages<Item>(path: string, changes = ""): Pages<Item> {
  const first = useReading<List<Item>>(path, changes);
  const [rest, setRest] = useState<{ of: List<Item> | null; items: Item[]; next: string | null }>({ of: null, items: [], next: null });
  const mine = rest.of === first.told ? rest : { of: first.told, items: [], next: first.told?.next ?? null };
  const more = async () => {
    const page = await attempt(() => get<List<Item>>(`${path}&after=${encodeURIComponent(mine.next ?? "")}`), t("unreachable"));
    if (page) setRest({ of: first.told, items: [...mine.items, ...page.items], next: page.next });
  };
  return { items: first.told && [...first.told.items, ...mine.items], more: mine.next === null ? null : more };
}
