// Starts the real program on a free port with a database of its own, and stops it by its process id.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = process.env.FF_PROGRAM
  ? fileURLToPath(new URL(process.env.FF_PROGRAM, new URL("../../", import.meta.url)))
  : fileURLToPath(new URL("../../target/debug/fighting-fund", import.meta.url));
const START_MS = 60_000;

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((ready) => server.once("listening", ready));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

// `command` is "serve" or "demo". What the program printed stands in `output`, for links and sign-ins.
export async function startProgram(command = "serve", settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), "fund-browser-"));
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(PROGRAM, [command], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, FF_LISTEN: url.slice("http://".length), FF_PUBLIC_URL: url, ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const program = { url, folder, child, output: "", log: "" };
  child.stdout.on("data", (text) => (program.output += text));
  child.stderr.on("data", (text) => (program.log += text));
  program.stop = async () => {
    if (child.exitCode === null) {
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
    await fetch(url);
    return true;
  } catch {
    return false;
  }
}
