// Starts the real program on a free port with a database of its own, and stops it by its process id.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PROGRAM = resolve(ROOT, process.env.FF_PROGRAM ?? "target/debug/fighting-fund");
const START_MS = 60_000;
const run = promisify(execFile);

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((ready) => server.once("listening", ready));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

// `command` is "serve" or "demo". What the program printed stands in `output`, for links and sign-ins.
export async function startProgram(command = "serve") {
  const folder = await mkdtemp(join(tmpdir(), "fund-browser-"));
  const url = `http://127.0.0.1:${await freePort()}`;
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    FF_LISTEN: url.slice("http://".length),
    FF_PUBLIC_URL: url,
    DATABASE_URL: command === "demo" ? "sqlite:data/demo.db" : "sqlite:data/fighting-fund.db",
  };
  const child = spawn(PROGRAM, [command], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const program = { url, output: "", log: "" };
  child.stdout.on("data", (text) => (program.output += text));
  child.stderr.on("data", (text) => (program.log += text));

  // Another command on the same books; the answer is its stdout.
  program.run = async (...args) => (await run(PROGRAM, args, { cwd: folder, env, maxBuffer: 64 << 20 })).stdout;
  program.stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };

  const until = Date.now() + START_MS;
  while (!(await answers(`${url}/healthz`))) {
    if (child.exitCode !== null || Date.now() > until) {
      await program.stop();
      throw new Error(`the program did not start:\n${program.output}\n${program.log}`);
    }
    await new Promise((later) => setTimeout(later, 50));
  }
  return program;
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
