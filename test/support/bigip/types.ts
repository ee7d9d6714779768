/** One request as it came and how it was answered. */
export interface BigIpRequest {
  readonly method: string;
  /** Decoded path without query, e.g. `/mgmt/tm/net/self/~Common~x`. */
  readonly path: string;
  readonly query: string;
  /** Parsed JSON; the text itself where it is none, null where there is no body. */
  readonly body: unknown;
  readonly auth: 'basic' | 'token' | 'none';
  /** `reset` also while there is no answer yet. */
  readonly status: number | 'reset';
}

/** What goes wrong with requests to come. */
export interface BigIpFault {
  /** Any when left out. */
  readonly method?: string;
  /** A part of the path; any when left out. */
  readonly path?: string;
  /** How many matching requests; 1 when left out. */
  readonly times?: number;
  /** How many matching requests come through before; 0 when left out. */
  readonly skip?: number;
  /** `hang` never answers; `role` is the refusal of what the user's role does not allow. */
  readonly answer:
    | '503-html'
    | '503-json'
    | '500-mcpd'
    | '404-starting'
    | '401-no-auth'
    | '401-dead-token'
    | 'reset'
    | 'redirect'
    | 'html-200'
    | 'hang'
    | 'role';
  /** Carries the request out all the same: its answer is what is lost. */
  readonly afterwards?: boolean;
}

export interface BigIpOptions {
  /**
   * TMOS version, 15.1.5 when left out. Below 16.0 `ver=11.5.0` is served, below 13.1 REST is for
   * administrators alone, below 12.1 FDB records are inline, below 12.0 a token may not write.
   */
  readonly version?: string;
  readonly hostname?: string;
  readonly user?: string;
  readonly password?: string;
  /** `resource-admin` may not use bash, `manager` may only read, `none` may not use REST. */
  readonly role?: 'administrator' | 'resource-admin' | 'manager' | 'none';
  /** A user of a remote directory: basic authentication is refused. */
  readonly remoteUser?: boolean;
  /** Host name of the other unit of a pair. */
  readonly peer?: string | null;
  readonly failoverState?: 'active' | 'standby';
  /** How many readings of a new tunnel by bash lack the MAC; 1 when left out. */
  readonly macDelay?: number;
  /** MACs that tunnels get in order of creation; afterwards they are generated. */
  readonly macs?: readonly string[];
  /** Address of the self IP that is there from the beginning. */
  readonly underlay?: string;
  /** Empty collections come without `items`. */
  readonly omitEmptyItems?: boolean;
  /** The server certificate is signed by itself instead of by the CA of the tests. */
  readonly selfSigned?: boolean;
  readonly certificate?: 'server' | 'misnamed' | 'expired';
  /** The login path is not registered. */
  readonly noTokens?: boolean;
  readonly port?: number;
}

export type Hook = (request: {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}) => Promise<void> | void;

/** Fields of a JSON object. */
export type Plain = Record<string, unknown>;

/** A unit that has been started, and what tests do to it and see of it. */
export interface BigIpDevice {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** Path of the PEM file to trust: the CA, or the certificate that has signed itself. */
  readonly ca: string;
  /** SHA-256 of the server certificate, `AA:BB:...` */
  readonly fingerprint: string;
  /** Path of the PEM file of a CA that has signed nothing here. */
  readonly otherCa: string;
  readonly user: string;
  readonly password: string;
  /** Every request so far, in the order in which they came. */
  readonly requests: readonly BigIpRequest[];
  /** Tokens that are alive. */
  readonly tokens: ReadonlySet<string>;
  /** Every token that was ever given out. */
  readonly issued: readonly string[];
  /** How often the configuration was saved. */
  readonly saves: number;
  /** Replies for all objects of a collection, e.g. `net/arp` or `net/fdb/tunnel/~Common~t/records`. */
  list(collection: string): Plain[];
  /** Creates or replaces an object behind the API's back; what it leaves out gets its default. */
  put(collection: string, object: Plain): void;
  /** Removes an object, e.g. `net/self/~Common~x`, behind the API's back. */
  drop(path: string): void;
  macOf(tunnelFullPath: string): string | null;
  /** Reads a DB variable, or sets it. */
  db(name: string, value?: string): string;
  fail(fault: BigIpFault): void;
  /** Called before each request is carried out. */
  before(hook: Hook | null): void;
  /** Begins other sessions of the same user. */
  addTokens(count: number): void;
  /** Moves the clock of tokens and transactions. */
  advance(seconds: number): void;
  /** Forgets what was not saved, every token and every transaction. */
  reboot(): void;
  stop(): Promise<void>;
}

/** Options with nothing left out. */
export type Settings = Required<BigIpOptions>;

/** A request that has been read, in the parts that routes look at. */
export interface Call {
  readonly method: string;
  /** Decoded, without empty ones. */
  readonly segments: readonly string[];
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}
