// Runs a Node.js function. Standard modules only.
//
// Talks to the engine over the inherited socket that `functions/channel.py` describes, frame by frame.

import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import util from 'node:util';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [READY, RESULT, ERROR, LAST_ERROR, INIT_ERROR] = ['N', 'R', 'E', 'L', 'I']; // kinds of frames
const [PIECE, LAST_PIECE, BROKEN] = ['S', 'T', 'B']; // of an answer that is streamed
const ROOT = process.env.LAMBDA_TASK_ROOT;
const SHOWN_ROOT = '/var/task'; // where the code lies on Lambda: stack traces show it there

class Fault extends Error {
  constructor(kind, message, stack) {
    super(message);
    this.name = `Runtime.${kind}`;
    if (stack) this.stack = stack;
  }
}

class Channel {
  constructor(descriptor) {
    this.received = [];
    this.length = 0;
    this.needed = 8;
    this.waiting = null;
    this.socket = new net.Socket({ fd: descriptor, readable: true, writable: true });
    this.socket.unref();
    this.socket.on('data', (piece) => this.take(piece));
    this.socket.on('error', () => process.exit(0)); // the engine is gone, and so is the reason to run
    this.socket.on('close', () => process.exit(0));
  }

  send(kind, text = '', sent = undefined) {
    const body = Buffer.from(text);
    const head = Buffer.alloc(5, kind);
    head.writeUInt32BE(body.length, 1);
    this.socket.write(Buffer.concat([head, body]), sent);
  }

  // Resolves to the next event. The channel keeps the process alive only while one is waited for.
  receive() {
    this.socket.ref();
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }

  take(piece) {
    this.received.push(piece);
    this.length += piece.length;
    if (this.length < this.needed) return;
    const data = this.received.length === 1 ? piece : Buffer.concat(this.received);
    this.received = [data];
    const start = 8 + data.readUInt32BE(0);
    this.needed = start + data.readUInt32BE(4);
    if (this.length < this.needed) return;
    this.received = [];
    this.length = 0;
    this.needed = 8;
    this.socket.unref();
    const [requestId, deadline, arn, traceId, clientContext] = data.utf8Slice(8, start).split('\n');
    this.waiting({ requestId, deadline: Number(deadline), arn, traceId, clientContext, payload: data.utf8Slice(start) });
  }
}

const STREAMING = Symbol('streaming');
const INTEGRATION_TYPE = 'application/vnd.awslambda.http-integration-response';

// What a streaming handler writes to: each piece goes to the engine when that has room for it.
class ResponseStream extends Writable {
  begun = false;
  prelude = null;
  contentType = 'application/octet-stream';

  setContentType(type) {
    this.contentType = type;
  }

  _write(piece, encoding, done) {
    this.begin();
    this.begun = true;
    channel.send(PIECE, piece, done);
  }

  _final(done) {
    this.begin();
    done();
  }

  begin() {
    if (this.prelude === null) return;
    this.begun = true;
    channel.send(PIECE, Buffer.concat([Buffer.from(this.prelude), Buffer.alloc(8)]));
    this.prelude = null;
  }
}

// The global that Lambda's Node.js runtimes have.
globalThis.awslambda = {
  streamifyResponse(handler) {
    handler[STREAMING] = true;
    return handler;
  },
  HttpResponseStream: {
    from(stream, metadata) {
      stream.setContentType(INTEGRATION_TYPE);
      stream.prelude = JSON.stringify(metadata);
      return stream;
    },
  },
};

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

function contextOf(event) {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: event.clientContext ? JSON.parse(event.clientContext) : undefined,
    identity: undefined,
    invokedFunctionArn: event.arn,
    awsRequestId: event.requestId,
    getRemainingTimeInMillis: () => event.deadline - Date.now(),
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

// What an error nobody catches does: told to the engine as `kind`, it ends what runs now, and always the process.
function failAs(kind) {
  return (title, error) => {
    logError(title, error);
    channel.send(kind, JSON.stringify(describe(error)), () => process.exit(129));
  };
}

function failAlone(title, error) {
  logError(title, error);
  process.exit(129);
}

let failProcess = failAs(INIT_ERROR);

async function answer(handler, event) {
  try {
    const result = await handle(handler, JSON.parse(event.payload), contextOf(event));
    return [RESULT, JSON.stringify(result ?? null) ?? 'null'];
  } catch (error) {
    logError('Invoke Error ', error);
    return [ERROR, JSON.stringify(describe(error))];
  }
}

async function answerStreaming(handler, event) {
  const stream = new ResponseStream();
  const broken = finished(stream);
  broken.catch(() => {}); // told by the await below, or by the handler
  try {
    whenIdle = () => stream.destroy(new Fault('NodeJsExit', 'Function exited before its stream was ended'));
    await Promise.race([handler(JSON.parse(event.payload), stream, contextOf(event)), broken]);
    if (!stream.writableEnded) stream.end();
    await broken;
    return [LAST_PIECE, ''];
  } catch (error) {
    stream.destroy();
    logError('Invoke Error ', error);
    return [stream.begun ? BROKEN : ERROR, JSON.stringify(describe(error))];
  }
}

async function serve(handler) {
  channel.send(READY);
  for (;;) {
    failProcess = failAlone;
    const event = await channel.receive();
    failProcess = failAs(LAST_ERROR);
    requestId = event.requestId;
    if (event.traceId) process.env._X_AMZN_TRACE_ID = event.traceId;
    else delete process.env._X_AMZN_TRACE_ID;
    const [kind, outcome] = await (handler[STREAMING] ? answerStreaming : answer)(handler, event);
    whenIdle = () => {};
    channel.send(kind, outcome);
  }
}

patchConsole();
const channel = new Channel(Number(process.env._GATEWRIGHT_CHANNEL));
delete process.env._GATEWRIGHT_CHANNEL;
process.on('uncaughtException', (error) => failProcess('Uncaught Exception ', error));
process.on('unhandledRejection', (reason) => {
  const error = new Fault('UnhandledPromiseRejection', String(reason), reason?.stack);
  failProcess('Unhandled Promise Rejection ', error);
});
process.on('beforeExit', () => whenIdle());
try {
  await serve(await load(process.env._HANDLER ?? ''));
} catch (error) {
  failProcess('Uncaught Exception ', error);
}
