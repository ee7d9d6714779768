import type { Writable } from 'node:stream';
import { pino } from 'pino';
import { printable } from '../../output/style.ts';

type Fields = Readonly<Record<string, string | number | boolean | null>>;

type Level = 'info' | 'warn' | 'error';

/** Where a service says what it does. */
export interface Log {
  readonly info: (message: string, fields?: Fields) => void;
  readonly warn: (message: string, fields?: Fields) => void;
  readonly error: (message: string, fields?: Fields) => void;
}

/** A log on a stream: a JSON object a line, or a line that people read. */
export function logTo(stream: Writable, format: 'json' | 'text', now: () => Date): Log {
  const write = format === 'json' ? jsonLines(stream) : textLines(stream, now);
  return {
    info: (message, fields = {}) => write('info', message, fields),
    warn: (message, fields = {}) => write('warn', message, fields),
    error: (message, fields = {}) => write('error', message, fields),
  };
}

type Write = (level: Level, message: string, fields: Fields) => void;

function jsonLines(stream: Writable): Write {
  const options = {
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const logger = pino(options, { write: (line: string) => stream.write(line) });
  return (level, message, fields) => {
    const safe = Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? printable(value) : value,
    ]);
    logger[level](Object.fromEntries(safe), printable(message));
  };
}

function textLines(stream: Writable, now: () => Date): Write {
  return (level, message, fields) => {
    const more = Object.entries(fields).map(([name, value]) => ` ${name}=${value}`);
    const line = `${now().toISOString()} ${level.padEnd(5)} ${message}${more.join('')}`;
    stream.write(`${printable(line)}\n`);
  };
}
