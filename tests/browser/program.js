// Starts the real program on a free port with a database of its own, and stops it by its process id.

import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PROGRAM = resolve(ROOT, process.env.FF_PROGRAM ?? "target/debug/fighting-fund");
const START_MS = 60_000;
const execute = promisify(execFile);

// Runs a program to its end; the answer is its stdout, and an exit code other than 0 is an error with its stderr.
export async function run(name, args, { input = "", ...options } = {}) {
  const running = execute(name, args, { maxBuffer: 64 << 20, ...options });
  running.child.stdin.on("error", () => {}); // It may end before it has read everything.
  running.child.stdin.end(input);
  return (await running).stdout;
}

// Whether another's program is there. `bin/test` installs them all and sets FF_REQUIRE_TOOLS, so that none is passed over.
export function isInstalled(name) {
  const isThere = process.env.PATH.split(delimiter).some((folder) => existsSync(join(folder, name)));
  if (!isThere && process.env.FF_REQUIRE_TOOLS) throw new Error(`${name} is not installed`);
  return isThere;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((ready) => server.once("listening", ready));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

// `command` is "serve" or "demo". What the program printed stands in `output`, for links and sign-ins. `prepare` gets the
// program before it serves; with `day` its calendar shows noon of that day, until `turnTo` shows another.
// `settings` are more of its environment.
export async function startProgram(command = "serve", { prepare = () => {}, day, settings = {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "fund-browser-"));
  const url = `http://127.0.0.1:${await freePort()}`;
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    FF_LISTEN: url.slice("http://".length),
    FF_PUBLIC_URL: url,
    DATABASE_URL: command === "demo" ? "sqlite:data/demo.db" : "sqlite:data/fighting-fund.db",
    ...settings,
  };
  const program = { url, folder, output: "", log: "" };
  let child;

  // Another command on the same books; the answer is its stdout.
  program.run = (...args) => program.tell("", ...args);
  // The same with something to read.
  program.tell = (input, ...args) => run(PROGRAM, args, { cwd: folder, env, input });
  program.letters = () => lettersIn(join(folder, command === "demo" ? "data/demo-mail" : "data/mail"));
  program.turnTo = (day) => turnCalendar(env.TEST_CLOCK, day);
  program.stop = async () => {
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };

  try {
    if (day) await hangCalendar(folder, env, day);
    await prepare(program);
    child = spawn(PROGRAM, [command], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (text) => (program.output += text));
    child.stderr.on("data", (text) => (program.log += text));
    const until = Date.now() + START_MS;
    while (!(await answers(`${url}/healthz`))) {
      if (child.exitCode !== null || Date.now() > until) {
        throw new Error(`the program did not start:\n${program.output}\n${program.log}`);
      }
      await new Promise((later) => setTimeout(later, 50));
    }
  } catch (error) {
    await program.stop();
    throw error;
  }
  return program;
}

// Lets the program read its time of day through `clock.c`.
async function hangCalendar(folder, env, day) {
  env.LD_PRELOAD = join(folder, "clock.so");
  env.TEST_CLOCK = join(folder, "clock");
  await run("cc", ["-shared", "-fPIC", "-o", env.LD_PRELOAD, fileURLToPath(new URL("clock.c", import.meta.url))]);
  await turnCalendar(env.TEST_CLOCK, day);
}

// The file keeps its place, because the program has it open.
async function turnCalendar(file, day) {
  const ahead = Math.round((Date.parse(`${day}T12:00:00Z`) - Date.now()) / 1000);
  await writeFile(file, BigInt64Array.of(BigInt(ahead)), { flag: existsSync(file) ? "r+" : "w" });
}

// Every letter that has left, oldest first: its kind, to whom, where it comes back to, and its plain text with all white
// space made one blank.
async function lettersIn(folder) {
  const names = existsSync(folder) ? (await readdir(folder)).filter((name) => name.endsWith(".eml")) : [];
  return Promise.all(names.sort().map(async (name) => {
    const letter = await readFile(join(folder, name), "utf8");
    const plain = letter.split(/^Content-Type: text\/plain[^]*?\r\n\r\n/m)[1].split(/^--letter-/m)[0];
    const to = /^To:.*?([^\s<>]+@[^\s<>]+?)>?\r$/m.exec(letter)[1];
    const returnPath = /^Return-Path: <(.+)>\r?$/m.exec(letter)?.[1];
    return { kind: /-(\w+)\.eml$/.exec(name)[1], to, returnPath, text: unquoted(plain).replaceAll(/\s+/g, " ") };
  }));
}

// Quoted-printable (RFC 2045, 6.7) made plain.
function unquoted(text) {
  const bytes = text.replaceAll("=\r\n", "").replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

async function answers(url) {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

// A page of another site, at another origin.
export async function startOtherSite(html) {
  const server = createServer((_, answer) => answer.writeHead(200, { "content-type": "text/html" }).end(html));
  server.listen(0, "127.0.0.1");
  await new Promise((ready) => server.once("listening", ready));
  const stop = () => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  };
  return { url: `http://localhost:${server.address().port}/`, stop };
}
