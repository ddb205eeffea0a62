// Opens a page in a headless Chromium and does with it what standard input says: one JSON list of steps, each an object
// with one key. Prints one JSON object: what the `eval` steps answered, and what the page should never do.
//
// It speaks the DevTools protocol over the browser's own pipes, so it needs nothing but node.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const steps = JSON.parse(readFileSync(0, 'utf8'));
const profile = mkdtempSync(join(tmpdir(), 'puff-browser-'));
const browser = spawn(process.argv[2], [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-extensions',
  '--disable-background-networking', '--disable-component-update', '--hide-scrollbars', '--remote-debugging-pipe', '--no-startup-window',
  `--user-data-dir=${profile}`,
], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], env: { ...process.env, HOME: profile } });
const [, , , out, into] = browser.stdio;

const waiting = new Map();
const listeners = new Map();
let number = 0;
let session;
const ask = (method, params = {}) => new Promise((resolve, reject) => {
  number += 1;
  waiting.set(number, { resolve, reject, method });
  out.write(`${JSON.stringify({ id: number, method, params, sessionId: session })}\0`);
});
const once = (method) => new Promise((resolve) => { listeners.set(method, resolve); });

const seen = { requests: [], dialogs: [], errors: [], values: [] };
const heard = {
  'Network.requestWillBeSent': ({ request }) => seen.requests.push(request.url),
  'Page.javascriptDialogOpening': ({ message }) => { seen.dialogs.push(message); ask('Page.handleJavaScriptDialog', { accept: true }); },
  'Runtime.exceptionThrown': ({ exceptionDetails: it }) => seen.errors.push(it.exception?.description ?? it.text),
  'Log.entryAdded': ({ entry }) => { if (entry.level === 'error') seen.errors.push(entry.text); },
};
let left = '';
into.setEncoding('utf8');
into.on('data', (chunk) => {
  const messages = (left + chunk).split('\0');
  left = messages.pop();
  for (const message of messages.map((text) => JSON.parse(text))) {
    if (message.id) {
      const { resolve, reject, method } = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) reject(new Error(`${method}: ${message.error.message}`));
      else resolve(message.result);
    } else {
      heard[message.method]?.(message.params);
      listeners.get(message.method)?.(message.params);
      listeners.delete(message.method);
    }
  }
});

const codes = { Tab: 9, Enter: 13, Escape: 27, ArrowRight: 39, ArrowDown: 40 };
const press = async (key) => {
  const text = key === 'Enter' ? '\r' : key.length === 1 ? key : undefined;
  const of = { key, text, windowsVirtualKeyCode: codes[key] ?? key.toUpperCase().charCodeAt(0), code: codes[key] ? key : undefined };
  await ask('Input.dispatchKeyEvent', { type: text ? 'keyDown' : 'rawKeyDown', ...of });
  await ask('Input.dispatchKeyEvent', { type: 'keyUp', ...of, text: undefined });
};
const todo = {
  screen: ({ width, height, dark, print }) => Promise.all([
    ask('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 }),
    ask('Emulation.setEmulatedMedia', {
      media: print ? 'print' : '', features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }],
    }),
  ]),
  script: (on) => ask('Emulation.setScriptExecutionDisabled', { value: !on }),
  open: async (path) => {
    const loaded = once('Page.loadEventFired');
    await ask('Page.navigate', { url: pathToFileURL(path).href });
    await loaded;
  },
  press,
  eval: async (expression) => {
    const { result, exceptionDetails } = await ask('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    seen.values.push(result.value ?? null);
  },
  shot: async ({ path, whole }) => {
    const { data } = await ask('Page.captureScreenshot', { captureBeyondViewport: Boolean(whole) });
    writeFileSync(path, Buffer.from(data, 'base64'));
  },
};

let failed;
try {
  const { targetId } = await ask('Target.createTarget', { url: 'about:blank' });
  ({ sessionId: session } = await ask('Target.attachToTarget', { targetId, flatten: true }));
  for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await ask(`${domain}.enable`);
  for (const step of steps) {
    for (const [what, how] of Object.entries(step)) await todo[what](how);
  }
  console.log(JSON.stringify(seen));
} catch (error) {
  failed = error;
}
// It closes itself, so that no process of it writes into its folder any more; where it does not, it is ended.
session = undefined;
const gone = new Promise((resolve) => { browser.on('exit', resolve); });
const overdue = setTimeout(() => browser.kill('SIGKILL'), 10_000);
ask('Browser.close').catch(() => {});
await gone;
clearTimeout(overdue);
rmSync(profile, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
if (failed) {
  console.error(failed);
  process.exit(1);
}
