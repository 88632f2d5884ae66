// A table of a page: what it is of, its columns, a word where it is empty, and the way to its next page.
import type { ComponentChildren } from "preact";
import { t } from "../i18n";

export function Table(told: {
  title: string;
  columns: readonly string[];
  rows: readonly ComponentChildren[] | null;
  none: string;
  more?: (() => Promise<void>) | null;
  children?: ComponentChildren;
}) {
  return (
    <div class="panel">
      <header class="row">
        <h2>{told.title}</h2>
        {told.children}
      </header>
      <div class="wrap" tabIndex={0} role="region" aria-label={told.title}>
        <table>
          <thead>
            <tr>{told.columns.map((name, i) => <th key={i} scope="col">{name || <span class="unseen">{t("change")}</span>}</th>)}</tr>
          </thead>
          <tbody>{told.rows}</tbody>
        </table>
      </div>
      {told.rows === null ? <p class="empty">{t("loading")}</p> : told.rows.length === 0 && <p class="empty">{told.none}</p>}
      {told.more && <div class="row end"><button type="button" onClick={() => void told.more?.()}>{t("more")}</button></div>}
    </div>
  );
}
