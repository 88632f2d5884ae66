// Tells those who do not see the screen what is new: a critical alert at once, others when there is a pause.
import { effect, signal } from "@preact/signals";
import { asks } from "../alerts";
import { alerts, now } from "../live";
import { spoken } from "./words";

const urgent = signal("");
const calm = signal("");
let told = new Set<string>();

effect(() => {
  const asking = alerts.value.filter(asks);
  const key = (alert: (typeof asking)[0]) => `${alert.alert}/${alert.severity}`;
  const fresh = asking.filter((alert) => !told.has(key(alert)));
  told = new Set(asking.map(key));
  const critical = fresh.find((alert) => alert.severity === "critical");
  if (critical) urgent.value = spoken(critical, now.peek());
  else if (fresh[0]) calm.value = spoken(fresh[0], now.peek());
});

export function Announcer() {
  return (
    <>
      <div class="unseen" role="alert">{urgent.value}</div>
      <div class="unseen" role="status">{calm.value}</div>
    </>
  );
}
