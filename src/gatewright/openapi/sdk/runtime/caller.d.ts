/** What is about to be sent; an Auth may change it. */
export interface Request {
  method: string;
  url: string;
  headers: Headers;
  body: Uint8Array | undefined;
}

export type Auth = (request: Request) => void | Promise<void>;

export type Value = string | number | boolean;

/** `apiKey` goes into `x-api-key`; `headers` go with every request. */
export interface Settings {
  apiKey?: string;
  auth?: Auth;
  headers?: Record<string, string>;
  fetch?: typeof globalThis.fetch;
}

export interface Options {
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** A successful answer. `data` is its body: JSON decoded, text as a string, anything else as bytes. */
export interface Answer<T> {
  status: number;
  headers: Headers;
  data: T;
}

export declare class ApiError extends Error {
  readonly status: number;
  readonly headers: Headers;
  readonly data: unknown;
}

export declare function bearer(token: string): Auth;

export declare function sigv4(credentials: {
  accessKey: string;
  secretKey: string;
  region: string;
  sessionToken?: string;
}): Auth;
