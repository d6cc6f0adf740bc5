/** A command-line tool as its own reference describes it. */
export interface Tool {
  /** Where this is taken from, and of when. */
  readonly source: string;
  /** Flags that every command takes, separated by spaces. */
  readonly everywhere: string;
  /** Of each command its flags, separated by spaces; `<…>` before them if it takes words that are no flags. */
  readonly commands: Readonly<Record<string, string>>;
}

/** What is wrong with the commands of a document (or, for `.yml`, a workflow), each as "file:line: what". */
export function commandFindings(file: string, text: string, tools: Readonly<Record<string, Tool>>): string[];
/** Every simple command of a shell script as words, with its line; also those inside of `$(…)`. */
export function simpleCommands(script: string, firstLine?: number): { line: number; words: string[] }[];
