// Finds the commands of az, azd and func in documents and workflows, and says which of them, or of their flags, do not exist.
// What exists is in commands.json, taken from the tools' own references; none of them can be asked here.

/** Fences of these languages hold no shell. */
const NO_SHELL =
  /^(json|jsonc|bicep|kusto|kql|ts|typescript|js|javascript|html|yaml|yml|http|text|diff|mermaid)$/;
const BEFORE_A_COMMAND = new Set(
  'then do else if elif while until ! { } time exec eval command export $'.split(' '),
);

/** Every simple command of a shell script (POSIX or PowerShell) as words, with its line; also those inside of $(…). */
function simpleCommands(script, firstLine = 1) {
  // In documents <…> stands for something to put in, which is no redirection.
  const text = script.replaceAll(/<[^<>\n]+>|\$\{\{.*?\}\}/g, 'SOMETHING');
  const found = [];
  let line = firstLine;
  let words = [];
  let begun = line;
  let word;
  let isTarget = false;
  const heredocs = [];

  const endWord = () => {
    if (word !== undefined && !isTarget) words.push(word);
    if (word !== undefined) isTarget = false;
    word = undefined;
  };
  const endCommand = () => {
    endWord();
    if (words.length > 0) found.push({ line: begun, words });
    words = [];
    isTarget = false;
  };
  const add = (more) => {
    if (words.length === 0 && word === undefined) begun = line;
    word = (word ?? '') + more;
  };
  const countLines = (from, to) => (line += text.slice(from, to).split('\n').length - 1);

  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    const next = text[at + 1];
    if ((char === '\\' || char === '`') && next === '\n') {
      endWord();
      line++;
      at++;
    } else if (char === '\\') {
      add(next ?? '');
      at++;
    } else if (char === "'") {
      const end = endOf(text, at, "'");
      add(text.slice(at + 1, end));
      countLines(at, end);
      at = end;
    } else if (char === '"') {
      const end = endOf(text, at, '"');
      add(text.slice(at + 1, end));
      for (const inner of substitutions(text.slice(at + 1, end))) found.push(...simpleCommands(inner, line));
      countLines(at, end);
      at = end;
    } else if (char === '$' && next === '(') {
      const end = endOf(text, at + 1, ')');
      found.push(...simpleCommands(text.slice(at + 2, end), line));
      add('$');
      countLines(at, end);
      at = end;
    } else if (char === '#' && word === undefined) {
      at = (text.indexOf('\n', at) + 1 || text.length + 1) - 2;
    } else if (char === '<' || char === '>') {
      // 2> is one operator; what follows is a file, or where a text begins that is no script.
      if (/^\d?$/.test(word ?? '')) word = undefined;
      endWord();
      const heredoc = /^<<-?\s*(['"]?)(\w+)\1/.exec(text.slice(at));
      if (heredoc) heredocs.push(heredoc[2]);
      else isTarget = true;
      at += (heredoc?.[0] ?? /^[<>]+&?/.exec(text.slice(at))[0]).length - 1;
    } else if (char === '\n') {
      endCommand();
      line++;
      while (heredocs.length > 0) {
        const end = new RegExp(`^\\s*${heredocs.shift()}[ \\t]*$`, 'm').exec(text.slice(at + 1));
        const after = end === null ? text.length : at + 1 + end.index + end[0].length;
        countLines(at + 1, after);
        at = after - 1;
      }
    } else if (/[;&|()]/.test(char)) {
      endCommand();
    } else if (/\s/.test(char)) {
      endWord();
    } else {
      add(char);
    }
  }
  endCommand();
  return found;
}

/** Where what begins at `from` ends: a quoted string, or what is in brackets. */
function endOf(text, from, close) {
  for (let at = from + 1, depth = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '\\' && close !== "'") at++;
    else if (close === '"' && char === '$' && text[at + 1] === '(') at = endOf(text, at + 1, ')');
    else if (close === ')' && (char === "'" || char === '"')) at = endOf(text, at, char);
    else if (close === ')' && char === '(') depth++;
    else if (char === close && depth-- === 0) return at;
  }
  return text.length;
}

function substitutions(text) {
  const found = [];
  for (let at = text.indexOf('$('); at >= 0; at = text.indexOf('$(', at + 1)) {
    found.push(text.slice(at + 2, endOf(text, at + 1, ')')));
  }
  return found;
}

/** The commands among them that one of `tools` runs, without what stands before the program. */
const ofTools = (commands, tools) =>
  commands.flatMap(({ line, words }) => {
    let at = 0;
    while (BEFORE_A_COMMAND.has(words[at]) || /^\w+=/.test(words[at] ?? '')) at++;
    if (/^\$\w+$/.test(words[at] ?? '') && words[at + 1] === '=') at += 2;
    return Object.hasOwn(tools, words[at] ?? '') ? [{ line, words: words.slice(at) }] : [];
  });

/** The scripts of a Markdown text: what is in fences, and each `span` of the text around them (`isSpan`). */
function scriptsOfMarkdown(text) {
  const scripts = [];
  const around = text.replaceAll(
    /^( *)(`{3,})(\w*)\n(.*?)^ *\2 *$/gms,
    (all, _indent, _ticks, language, inner, at) => {
      if (!NO_SHELL.test(language)) scripts.push({ line: lineAt(text, at) + 1, script: inner });
      return all.replaceAll(/[^\n]/g, ' ');
    },
  );
  for (const paragraph of around.matchAll(/(?:.*\S.*(?:\n|$))+/g)) {
    for (const span of paragraph[0].matchAll(/`([^`]+)`/g)) {
      const line = lineAt(around, paragraph.index + span.index);
      scripts.push({ line, script: span[1].replaceAll(/\s*\n\s*/g, ' '), isSpan: true });
    }
  }
  return scripts;
}

/** The scripts of a workflow: what stands behind `run:`. */
function scriptsOfWorkflow(text) {
  return [...text.matchAll(/^( *)(?:- )?run: *(?:[|>]-?\n((?:\1 +.*\n|\n)*)|(.+))/gm)].map((run) => ({
    line: lineAt(text, run.index) + (run[3] === undefined ? 1 : 0),
    script: run[3] ?? run[2],
  }));
}

const lineAt = (text, at) => text.slice(0, at).split('\n').length;

/**
 * What is wrong with the commands of a file, each as "file:line: what".
 * @param {string} file its name, for the findings; `.yml` is read as a workflow, everything else as Markdown
 * @param {string} text
 * @param {Record<string, import('./commands.cjs').Tool>} tools commands.json
 */
function commandFindings(file, text, tools) {
  const scripts = file.endsWith('.yml') ? scriptsOfWorkflow(text) : scriptsOfMarkdown(text);
  return scripts.flatMap(({ line, script, isSpan }) =>
    ofTools(simpleCommands(script, line), tools).flatMap((command) =>
      problemsOf(command.words, tools[command.words[0]], isSpan).map(
        (problem) => `${file}:${command.line}: ${problem}`,
      ),
    ),
  );
}

function problemsOf(words, { everywhere, commands }, isSpan = false) {
  const flagsAt = words.findIndex((word) => word.startsWith('-'));
  const lead = flagsAt < 0 ? words : words.slice(0, flagsAt);
  const names = lead.map((_, index) => lead.slice(0, index + 1).join(' '));
  const name = names.findLast((one) => Object.hasOwn(commands, one));
  if (name === undefined) {
    const isGroup = Object.keys(commands).some((one) => one.startsWith(`${lead.join(' ')} `));
    // A text may name a group of commands, or the tool.
    return isSpan && isGroup && flagsAt < 0 ? [] : [`there is no command "${lead.join(' ')}"`];
  }
  const taken = `${commands[name]} ${everywhere}`.split(' ');
  const more = lead.slice(name.split(' ').length);
  const flags = words.slice(lead.length).filter((word) => /^--?[a-z]/i.test(word));
  return [
    ...more.filter(() => !taken[0].startsWith('<')).map((word) => `"${name}" does not take "${word}"`),
    ...flags
      .map((flag) => flag.split('=')[0])
      .filter((flag) => !taken.includes(flag))
      .map((flag) => `"${name}" has no ${flag}`),
  ];
}

module.exports = { commandFindings, simpleCommands };
