// REST: one way to ask, and errors as sentences.
import { signal } from "@preact/signals";

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly fields: { field: string; reason: string }[] = [],
    readonly retryAfter: number | null = null,
  ) {
    super(detail);
  }
}

/** What a refusal says, and of which fields: once, though the server says a field's reason in its sentence too. */
export function sentence({ detail, fields }: Problem): string {
  const more = fields.filter(({ reason }) => !detail.includes(reason)).map(({ field, reason }) => `${field}: ${reason}`);
  return [detail, more.join("; ")].filter(Boolean).join(" – ");
}

/** Set when the server said that nobody is logged in. */
export const loggedOut = signal(0);

export interface Answer<Body> {
  readonly body: Body;
  readonly etag: string | null;
}

export async function ask<Body>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<Body>> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      credentials: "same-origin",
      headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Problem(0, "");
  }
  if (!response.ok) {
    const told = (await response.json().catch(() => ({}))) as { detail?: string; title?: string; errors?: { field: string; reason: string }[] };
    if (response.status === 401 && path !== "/session") loggedOut.value += 1;
    const retry = response.headers.get("Retry-After");
    throw new Problem(response.status, told.detail ?? told.title ?? response.statusText, told.errors ?? [], retry ? Number(retry) : null);
  }
  const text = response.status === 204 ? "" : await response.text();
  return { body: (text ? JSON.parse(text) : null) as Body, etag: response.headers.get("ETag") };
}

export async function get<Body>(path: string): Promise<Body> {
  return (await ask<Body>("GET", path)).body;
}

export interface List<Item> {
  items: Item[];
  next: string | null;
}
