// `npm run infra:check`: compiles and lints everything in infra/ with the real Bicep compiler; a warning is a failure. Then it looks
// for what no compiler sees: what Azure refuses although it compiles (scripts/infra/templates.cjs), and commands of az, azd and func
// in documents and workflows that do not exist (scripts/infra/commands.cjs).
// Exit code 0: clean. 1: findings. 2: there is no compiler (the message says how to get one).
// Where there are none, leaves in .local/infra: main.json (the ARM template), parameters.json, and snapshot.json (every resource that the
// deployment would make, worked out by the compiler's own deployment engine without any subscription), the last one for
// each variant in infra/check, too: snapshot-<variant>.json.
// `--offline` uses a compiler that is already there and never asks the package registry.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandFindings } from './infra/commands.cjs';
import { outOfOrder, refusedSettings, versionsWithoutProof, writtenTogether } from './infra/templates.cjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const infra = join(root, 'infra');
const output = join(root, '.local', 'infra');
const project = join(infra, 'cli', 'bicep-cli.csproj');
const pinned = /<BicepVersion>(.+)<\/BicepVersion>/.exec(readFileSync(project, 'utf8'))[1];
const offline = process.argv.includes('--offline');

// The compiler is a .NET program that brings its runtime along; without this it wants ICU installed.
const env = { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1', DOTNET_NOLOGO: '1' };
const run = (command, args, more = {}) => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env, ...more });
  return { ok: status === 0, text: `${stdout ?? ''}${stderr ?? ''}`, missing: error?.code === 'ENOENT' };
};

const tools = createRequire(import.meta.url)('./infra/commands.json');

const bicep = findBicep();
console.log(`${run(bicep, ['--version']).text.trim()} (pinned: ${pinned})`);

const read = (folder, file) => readFileSync(join(folder, file), 'utf8');
let findings = 0;
const step = (what, { ok, text }) => {
  // The compiler ends with 0 where it only has warnings, so its lines are read.
  const lines = text.split('\n').filter((line) => / : (Error|Warning|Info) /.test(line));
  if (!ok && lines.length === 0) lines.push(text.trim() || 'failed without a message');
  findings += lines.length;
  console.log(`${lines.length === 0 ? 'ok    ' : 'FAILED'} ${what}`);
  for (const line of lines) console.log(`       ${line}`);
};

const look = (what, lines) => {
  findings += lines.length;
  console.log(`${lines.length === 0 ? 'ok    ' : 'FAILED'} ${what}`);
  for (const line of lines) console.log(`       ${line}`);
};

const folder = (name, form) =>
  readdirSync(join(root, name))
    .filter((file) => form.test(file))
    .map((file) => `${name}/${file}`);
const withCommands = [
  'README.md',
  'infra/README.md',
  ...folder('docs', /\.md$/),
  ...folder('.github/workflows', /\.yml$/),
];
look(
  `commands: ${withCommands.length} files`,
  withCommands.flatMap((file) => commandFindings(file, read(root, file), tools)),
);

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
const sources = readdirSync(infra, { recursive: true }).filter((file) => /\.bicep(param)?$/.test(file));
const modules = sources.filter((file) => file.endsWith('.bicep'));

step(`lint: ${modules.length} files`, run(bicep, ['lint', '--pattern', 'infra/**/*.bicep'], { cwd: root }));
step(
  'build: main.bicep',
  run(bicep, ['build', join(infra, 'main.bicep'), '--outfile', join(output, 'main.json')]),
);

// The parameters of an environment come from variables that azd sets; these are only to compile with.
const sample = {
  env: { ...env, AZURE_ENV_NAME: 'check', AZURE_LOCATION: 'westeurope', DURABLE_BACKEND: 'AzureStorage' },
};
const variants = sources.filter((name) => name.endsWith('.bicepparam'));
for (const file of variants) {
  const name = basename(file, '.bicepparam');
  const made = join(output, name === 'main' ? 'parameters.json' : `parameters-${name}.json`);
  step(`build: ${file}`, run(bicep, ['build-params', join(infra, file), '--outfile', made], sample));
}

// Formatting and snapshots are written beside the source, so both work on a copy.
const copy = join(output, 'copy');
cpSync(infra, copy, { recursive: true });
for (const file of variants) run(bicep, ['format', join(copy, file)]);
const formatted = run(bicep, ['format', '--pattern', '**/*.bicep'], { cwd: copy });
const unformatted = sources.filter((file) => read(infra, file) !== read(copy, file));
step('format', {
  ok: formatted.ok && unformatted.length === 0,
  text:
    unformatted.length > 0 ? `not as "bicep format" writes it: ${unformatted.join(', ')}` : formatted.text,
});
// Which cloud it is, nobody knows here, and the compiler would leave all settings open: what is predicted is the public one.
const functions = join(copy, 'modules', 'functions.bicep');
writeFileSync(functions, readFileSync(functions, 'utf8').replaceAll('environment().name', "'AzureCloud'"));
const zeros = '00000000-0000-0000-0000-00000000000';
const where = ['--subscription-id', `${zeros}1`, '--tenant-id', `${zeros}2`, '--location', 'westeurope'];
for (const file of variants) {
  const name = basename(file, '.bicepparam');
  const made = join(copy, dirname(file), `${name}.snapshot.json`);
  step(
    `snapshot: ${file}`,
    run(bicep, ['snapshot', join(copy, file), '--mode', 'overwrite', ...where], sample),
  );
  const kept = name === 'main' ? 'snapshot.json' : `snapshot-${name}.json`;
  if (!existsSync(made)) continue;
  renameSync(made, join(output, kept));
  look(`settings: ${file}`, refusedSettings(JSON.parse(read(output, kept))));
}
rmSync(copy, { recursive: true });

if (existsSync(join(output, 'main.json'))) {
  const template = JSON.parse(read(output, 'main.json'));
  look('writes at the same time', writtenTogether(template));
  look('order', outOfOrder(template));
  look('versions', versionsWithoutProof(template, read(infra, 'README.md')));
}

// What is there is of templates without findings, so that nobody works with less.
if (findings > 0) rmSync(output, { recursive: true });
console.log(findings === 0 ? 'infra: no findings' : `infra: ${findings} findings`);
process.exit(findings === 0 ? 0 : 1);

/** The pinned compiler from its NuGet package, or else the one on the PATH. */
function findBicep() {
  const system = { linux: 'linux', darwin: 'osx', win32: 'win' }[process.platform];
  const platform = `${system}-${process.arch}`;
  const program = process.platform === 'win32' ? 'bicep.exe' : 'bicep';
  const packages = join(root, '.local', 'bicep-cli', 'packages');
  const restored = join(packages, `azure.bicep.commandline.${platform}`, pinned, 'tools', program);

  let restore;
  if (!existsSync(restored) && !offline) {
    console.log(`Getting the Bicep CLI ${pinned} (dotnet restore) …`);
    restore = run('dotnet', ['restore', project, `-p:BicepPlatform=${platform}`]);
  }
  if (existsSync(restored)) {
    if (process.platform !== 'win32') chmodSync(restored, 0o755);
    return restored;
  }
  const onPath = run(program, ['--version']);
  if (onPath.ok) {
    if (!onPath.text.includes(` ${pinned} `)) {
      console.log(`The bicep on the PATH is not the pinned version ${pinned}; its findings may differ.`);
    }
    return program;
  }
  if (restore !== undefined && !restore.missing) console.error(restore.text);
  console.error(
    `There is no Bicep compiler. Either install the .NET SDK (8 or newer), with which this command gets Azure.Bicep.CommandLine.${platform} ${pinned} from NuGet by itself, or put bicep on the PATH: https://aka.ms/bicep-install`,
  );
  process.exit(2);
}
