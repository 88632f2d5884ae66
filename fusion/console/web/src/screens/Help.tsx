// Every key and what it does; single letters can be turned off.
import { t, type Key } from "../i18n";
import { letters, setLetters } from "../keys";

const KEYS: readonly [string, Key][] = [
  ["J ↓", "key_next"], ["K ↑", "key_previous"], ["A", "key_acknowledge"], ["L", "key_locate"], ["S", "key_shelve"], ["R", "key_reject"],
  ["N", "key_note"], ["F", "key_follow"], ["M", "key_silence"], ["/", "key_filter"], ["1 … 7", "key_layers"], ["Esc", "key_escape"], ["?", "key_help"],
];

export function Help() {
  return (
    <main class="page narrow">
      <h1>{t("keys")}</h1>
      <label class="check"><input type="checkbox" checked={letters.value} onChange={(event) => setLetters(event.currentTarget.checked)} /> {t("keys_on")}</label>
      <table>
        <tbody>
          {KEYS.map(([key, what]) => <tr key={key}><th scope="row"><kbd>{key}</kbd></th><td class="left">{t(what)}</td></tr>)}
        </tbody>
      </table>
      <p class="dim"><a href="/static/licences.txt">{t("licences")}</a></p>
    </main>
  );
}
