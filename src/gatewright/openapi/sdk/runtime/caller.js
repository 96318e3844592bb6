// How requests are made: nothing here depends on the API. Needs fetch and, for sigv4, Web Crypto.

/** The API answered with a status that is no success (redirects are not followed). */
export class ApiError extends Error {
  constructor(status, headers, data) {
    super(`status ${status}: ${typeof data === "string" ? data : JSON.stringify(data)}`);
    this.name = "ApiError";
    this.status = status;
    this.headers = headers;
    this.data = data;
  }
}

/** For authorizers that read a token: `Authorization: Bearer …`. */
export function bearer(token) {
  return (request) => {
    request.headers.set("Authorization", `Bearer ${token}`);
  };
}

/** For AWS_IAM methods: Signature Version 4 of the service execute-api. */
export function sigv4({ accessKey, secretKey, region, sessionToken }) {
  return async (request) => {
    const now = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
    const scope = `${now.slice(0, 8)}/${region}/execute-api/aws4_request`;
    request.headers.set("X-Amz-Date", now);
    if (sessionToken !== undefined) {
      request.headers.set("X-Amz-Security-Token", sessionToken);
    }
    const signed = [["host", new URL(request.url).host]];
    for (const [name, value] of request.headers) {
      if (name.startsWith("x-amz-")) {
        signed.push([name, value.trim().replace(/\s+/g, " ")]);
      }
    }
    signed.sort(byText);
    const names = signed.map(([name]) => name).join(";");
    const digest = await sha256(utf8(await canonical(request, signed, names)));
    let key = utf8(`AWS4${secretKey}`);
    for (const part of scope.split("/")) {
      key = await hmac(key, part);
    }
    const signature = hex(await hmac(key, `AWS4-HMAC-SHA256\n${now}\n${scope}\n${digest}`));
    request.headers.set(
      "Authorization",
      `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    );
  };
}

async function canonical(request, signed, names) {
  const url = new URL(request.url);
  const query = [...url.searchParams].map(([name, value]) => [encode(name), encode(value)]).sort(byText);
  return [
    request.method,
    url.pathname.split("/").map(encode).join("/"),
    query.map((pair) => pair.join("=")).join("&"),
    ...signed.map((pair) => pair.join(":")),
    "",
    names,
    await sha256(request.body ?? new Uint8Array()),
  ].join("\n");
}

function byText(one, other) {
  const [a, b] = [one.join("\0"), other.join("\0")];
  return a < b ? -1 : a > b ? 1 : 0;
}

async function hmac(key, text) {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, utf8(text)));
}

async function sha256(bytes) {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

function utf8(text) {
  return new TextEncoder().encode(text);
}

function hex(bytes) {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Everything but letters, digits and `-_.~`. */
function encode(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Sends the requests of one client. */
export class Caller {
  #baseUrl;
  #settings;

  constructor(baseUrl, settings = {}) {
    if (typeof baseUrl !== "string" || !/^https?:\/\//.test(baseUrl)) {
      throw new TypeError(`baseUrl must be the http or https URL of a stage, not ${baseUrl}`);
    }
    this.#baseUrl = baseUrl.replace(/\/+$/, "");
    this.#settings = settings;
  }

  async _call(operation, params, body, options) {
    const { apiKey, auth, headers, fetch: send = globalThis.fetch } = this.#settings;
    const request = {
      method: operation.method ?? options.method,
      url: this.#baseUrl + filled(operation.path, operation.inPath, params) + queryOf(operation.query, params),
      headers: new Headers(headers),
      body: undefined,
    };
    if (request.method === undefined) {
      throw new TypeError("options.method must say which HTTP method is meant");
    }
    if (apiKey !== undefined) {
      request.headers.set("x-api-key", apiKey);
    }
    for (const [key, name] of Object.entries(operation.headers)) {
      if (params[key] !== undefined) {
        request.headers.set(name, String(params[key]));
      }
    }
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      request.headers.set(name, value);
    }
    if (body !== undefined) {
      request.body = encoded(body, operation.contentType);
      if (!request.headers.has("Content-Type")) {
        request.headers.set("Content-Type", operation.contentType);
      }
    }
    await auth?.(request);
    const { url, ...init } = request;
    const answer = await send(url, { ...init, redirect: "manual", signal: options.signal });
    const data = await decoded(answer);
    if (!answer.ok) {
      throw new ApiError(answer.status, answer.headers, data);
    }
    return { status: answer.status, headers: answer.headers, data };
  }
}

/** The path with its parameters; the value of a greedy one (`{name+}`) keeps its slashes. */
function filled(path, names, params) {
  return path.replace(/\{([^}]+)\}/g, (whole, name) => {
    const value = params[names[name]];
    if (value === undefined) {
      throw new TypeError(`params.${names[name]} is missing`);
    }
    const segments = name.endsWith("+") ? String(value).split("/") : [String(value)];
    if (segments.some((segment) => segment === "." || segment === "..")) {
      throw new TypeError(`params.${names[name]} would leave its place in the path: ${value}`);
    }
    return segments.map(encode).join("/");
  });
}

function queryOf(names, params) {
  const pairs = Object.entries(names).flatMap(([key, name]) =>
    params[key] === undefined ? [] : [params[key]].flat().map((value) => `${encode(name)}=${encode(String(value))}`),
  );
  return pairs.length ? `?${pairs.join("&")}` : "";
}

/** Bytes are sent as they are, texts of other types than JSON too; anything else as JSON. */
function encoded(body, contentType) {
  if (body instanceof Uint8Array) {
    return body;
  }
  return utf8(typeof body === "string" && !isJson(contentType) ? body : JSON.stringify(body));
}

async function decoded(answer) {
  const contentType = answer.headers.get("Content-Type") ?? "";
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (bytes.length === 0) {
    return undefined;
  }
  try {
    if (isJson(contentType)) {
      return JSON.parse(new TextDecoder().decode(bytes));
    }
  } catch {
    return bytes;
  }
  return contentType.startsWith("text/") ? new TextDecoder().decode(bytes) : bytes;
}

function isJson(contentType) {
  return /^application\/([^;]+\+)?json\s*(;|$)/i.test(contentType.trim());
}
