// Runs a Node.js function behind the Lambda Runtime API. Standard modules only.
//
// Posts an answer with `?next`, an extension of our Runtime API: the reply to it is the next event, so that one
// invocation costs one request and one reply.

import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import util from 'node:util';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const INVOCATION = '/2018-06-01/runtime/invocation/';
const INIT_ERROR = '/2018-06-01/runtime/init/error';
const ROOT = process.env.LAMBDA_TASK_ROOT;
const SHOWN_ROOT = '/var/task'; // where the code lies on Lambda: stack traces show it there

class Fault extends Error {
  constructor(kind, message, stack) {
    super(message);
    this.name = `Runtime.${kind}`;
    if (stack) this.stack = stack;
  }
}

// One keep-alive connection to the Runtime API.
class Connection {
  constructor(address) {
    const [host, port] = address.split(':');
    this.address = address;
    this.received = [];
    this.length = 0;
    this.needed = 0;
    this.waiting = null;
    this.socket = net.connect({ host, port: Number(port), noDelay: true });
    this.socket.on('data', (piece) => this.take(piece));
    this.socket.on('error', () => process.exit(0)); // the engine is gone, and so is the reason to run
    this.socket.on('close', () => process.exit(0));
  }

  // Resolves to { status, headers, body }. An idle connection keeps the process alive only while it waits.
  call(method, target, body = '', fields = '') {
    const length = Buffer.byteLength(body);
    this.socket.ref();
    this.socket.write(
      `${method} ${target} HTTP/1.1\r\nHost: ${this.address}\r\nContent-Length: ${length}\r\n${fields}\r\n${body}`,
    );
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }

  take(piece) {
    this.received.push(piece);
    this.length += piece.length;
    if (this.needed > this.length) return;
    const data = this.received.length === 1 ? piece : Buffer.concat(this.received);
    this.received = [data];
    const end = data.indexOf('\r\n\r\n');
    if (end < 0) return;
    const [statusLine, ...lines] = data.latin1Slice(0, end).split('\r\n');
    const headers = {};
    for (const line of lines) {
      const colon = line.indexOf(': ');
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 2);
    }
    this.needed = end + 4 + Number(headers['content-length']);
    if (this.needed > this.length) return;
    this.received = [];
    this.length = this.needed = 0;
    this.socket.unref();
    this.waiting({ status: Number(statusLine.slice(9, 12)), headers, body: data.utf8Slice(end + 4) });
  }
}

function shown(text) {
  return text.replaceAll(ROOT, SHOWN_ROOT);
}

// Up to the frame of this file that called the function.
function shownStack(stack) {
  const lines = stack.split('\n');
  const own = lines.findIndex((line) => line.includes(import.meta.url));
  return (own < 0 ? lines : lines.slice(0, own)).map(shown);
}

function describe(error) {
  if (util.types.isNativeError(error) || (error?.name && error?.message && error?.stack)) {
    return { errorType: error.name, errorMessage: error.message, trace: shownStack(error.stack) };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function logError(title, error) {
  const described = describe(error);
  const members = { errorType: described.errorType, errorMessage: described.errorMessage, stack: described.trace };
  console.error(`${title}\t${JSON.stringify(members)}`);
}

// console.* write Lambda's lines: time, request id, level, text.
let requestId;

function patchConsole() {
  const levels = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', log: 'INFO', warn: 'WARN', error: 'ERROR' };
  for (const [method, level] of Object.entries(levels)) {
    console[method] = (...values) => {
      const line = `${new Date().toISOString()}\t${requestId}\t${level}\t${util.format(...values)}\n`;
      fs.writeSync(1, line);
    };
  }
}

function isModulePackage(folder) {
  for (;;) {
    if (folder.endsWith('/node_modules')) return false;
    const file = path.join(folder, 'package.json');
    if (fs.existsSync(file)) {
      try {
        return JSON.parse(fs.readFileSync(file, 'utf8')).type === 'module';
      } catch {
        return false;
      }
    }
    const parent = path.dirname(folder);
    if (parent === folder) return false;
    folder = parent;
  }
}

async function importModule(base) {
  const require = createRequire(path.join(ROOT, 'index.js'));
  if (fs.existsSync(`${base}.js`)) {
    if (!isModulePackage(path.dirname(base))) return require(`${base}.js`);
    return import(pathToFileURL(`${base}.js`).href);
  }
  if (fs.existsSync(`${base}.mjs`)) return import(pathToFileURL(`${base}.mjs`).href);
  if (fs.existsSync(`${base}.cjs`)) return require(`${base}.cjs`);
  try {
    return require(base);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    const name = path.relative(ROOT, base);
    throw new Fault('ImportModuleError', `Error: Cannot find module '${name}'\nRequire stack:\n- /var/runtime/index.mjs`);
  }
}

async function load(name) {
  if (name.includes('..')) {
    throw new Fault(
      'MalformedHandlerName',
      `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const [, file, member] = path.basename(name).match(/^([^.]*)\.(.*)$/) ?? [];
  if (!file) throw new Fault('MalformedHandlerName', 'Bad handler');
  let module;
  try {
    module = await importModule(path.resolve(ROOT, path.dirname(name), file));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Fault('UserCodeSyntaxError', String(error), error.stack);
    if (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_MODULE_NOT_FOUND') {
      throw new Fault('ImportModuleError', shown(String(error)), error.stack);
    }
    throw error;
  }
  const handler = member.split('.').reduce((value, key) => value?.[key], module);
  if (!handler) throw new Fault('HandlerNotFound', `${name} is undefined or not exported`);
  if (typeof handler !== 'function') throw new Fault('HandlerNotFound', `${name} is not a function`);
  return handler;
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const parsed = (name) => (headers[name] === undefined ? undefined : JSON.parse(headers[name]));
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed('lambda-runtime-client-context'),
    identity: parsed('lambda-runtime-cognito-identity'),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

// What happens when the event loop runs empty: Node's `beforeExit` calls the latest.
let whenIdle = () => {};

// Resolves to the handler's result once the invocation is over, in whichever style the handler is written.
function handle(handler, event, context) {
  let resolve;
  let reject;
  const outcome = new Promise((...settle) => {
    [resolve, reject] = settle;
  });
  const done = (error, result) => (error == null ? resolve(result) : reject(error));
  const callback = (error, result) => {
    if (error == null && context.callbackWaitsForEmptyEventLoop) whenIdle = () => resolve(result);
    else done(error, result);
  };
  context.done = done;
  context.succeed = (result) => done(null, result);
  context.fail = (error) => done(error ?? 'handled');
  whenIdle = () => resolve(null); // neither promise nor callback: Lambda answers null
  const result = handler(event, context, callback);
  if (typeof result?.then === 'function') {
    whenIdle = () => reject(new Fault('NodeJsExit', 'Function exited before its promise was settled'));
    result.then(resolve, reject);
  }
  return outcome;
}

// What an error nobody catches does: told to `target`, it ends what runs now, and it always ends the process.
function failWith(connection, target) {
  return (title, error) => {
    logError(title, error);
    connection.call('POST', target, JSON.stringify(describe(error))).then(() => process.exit(129));
  };
}

function failAlone(title, error) {
  logError(title, error);
  process.exit(129);
}

let failProcess;

async function serve(connection, handler) {
  failProcess = failAlone;
  let event = await connection.call('GET', `${INVOCATION}next`);
  for (;;) {
    const { headers, body } = event;
    requestId = headers['lambda-runtime-aws-request-id'];
    const target = `${INVOCATION}${requestId}`;
    failProcess = failWith(connection, `${target}/error`);
    if (headers['lambda-runtime-trace-id']) process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
    else delete process.env._X_AMZN_TRACE_ID;
    let outcome = 'response';
    let answer;
    try {
      answer = JSON.stringify((await handle(handler, JSON.parse(body), contextOf(headers))) ?? null) ?? 'null';
    } catch (error) {
      logError('Invoke Error ', error);
      outcome = 'error';
      answer = JSON.stringify(describe(error));
    }
    whenIdle = () => {};
    failProcess = failAlone;
    event = await connection.call('POST', `${target}/${outcome}?next`, answer);
    // The answer was refused: the engine has told the caller why.
    if (event.status !== 200) event = await connection.call('GET', `${INVOCATION}next`);
  }
}

patchConsole();
const connection = new Connection(process.env.AWS_LAMBDA_RUNTIME_API);
connection.socket.unref();
failProcess = failWith(connection, INIT_ERROR);
process.on('uncaughtException', (error) => failProcess('Uncaught Exception ', error));
process.on('unhandledRejection', (reason) => {
  const error = new Fault('UnhandledPromiseRejection', util.types.isNativeError(reason) ? `${reason}` : String(reason));
  if (util.types.isNativeError(reason)) error.stack = reason.stack;
  failProcess('Unhandled Promise Rejection ', error);
});
process.on('beforeExit', () => whenIdle());
try {
  await serve(connection, await load(process.env._HANDLER ?? ''));
} catch (error) {
  failProcess('Uncaught Exception ', error);
}
