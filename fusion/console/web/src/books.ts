// What the server says of itself when it is asked: users, tokens, permits, recordings (docs/console.md, REST).
import type { Permission, Role } from "./wire";

export interface User {
  name: string;
  role: Role;
  grants: ("pilot" | "friendly")[];
  denies: ("pilot" | "friendly")[];
  disabled: boolean;
  must_change_password: boolean;
  created: string;
}

export interface Token {
  id: string;
  name: string;
  scopes: Permission[];
  created: string;
  created_by: string;
  expires: string;
  used: string | null;
}

export interface Permit {
  serial: string | null;
  registration: string | null;
  icao24: string | null;
  callsign: string | null;
  operator: string | null;
  valid_from: string | null;
  valid_until: string | null;
  zones: string[] | null;
  volumes: unknown[] | null;
  friendly: boolean;
  issued_by: string;
  note: string;
  permit: string | null;
  state: "valid" | "not_yet" | "ended";
}

export interface Permits {
  items: Permit[];
  revoked: { permit: string; issued_by: string; time: string }[];
  issuers: string[];
}

export interface Recording {
  name: string;
  size: number;
  modified: string;
  indexed: boolean;
  first: string | null;
  last: string | null;
  alerts: { alert: string; raised: string }[] | null;
}
