/** The figures of all rounds by name, and what is printed of them. */
export class Figures {
  #rounds = [];

  /** Begins a round. */
  next() {
    this.#rounds.push({});
  }

  set(name, value) {
    this.#rounds.at(-1)[name] = value;
  }

  /** The median of all rounds that have it; undefined when none has. */
  median(name) {
    return median(this.#rounds.map((round) => round[name]).filter((value) => value !== undefined));
  }

  /** The median of the ratio within each round: what was measured one after the other is compared, not two medians. */
  ratio(name, to) {
    return median(this.#rounds.filter((round) => round[name] !== undefined && round[to] !== undefined).map((round) => round[name] / round[to]));
  }
}

export function median(values) {
  if (values.length === 0) {
    return undefined;
  }
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** 12345.6 as 12,346; what was not measured as a dash. */
export function whole(value) {
  return value === undefined ? '-' : Math.round(value).toLocaleString('en-US');
}

export function decimals(value, digits = 2) {
  return value === undefined ? '-' : value.toFixed(digits);
}

/** A Markdown table, its columns padded so that it reads as text too. */
export function table(head, rows) {
  const all = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => '-'.repeat(width + 1) + (column === 0 ? '-' : ':')).join('|')}|`;
  return [line(all[0]), rule, ...all.slice(1).map(line)].join('\n');
}
