export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  add(labels?: Labels, by?: number): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
}

export interface Histogram {
  /** @param value in the unit the name ends with */
  observe(value: number, labels?: Labels): void;
}

export interface Metrics {
  counter(name: string, sentence: string): Counter;
  gauge(name: string, sentence: string): Gauge;
  /** @param bounds upper bounds, ascending */
  histogram(name: string, sentence: string, bounds: readonly number[]): Histogram;
  /** runs before each rendering, to set gauges that are dear to keep */
  beforeRender(measure: () => void | Promise<void>): void;
  /** Prometheus text format 0.0.4 */
  render(): Promise<string>;
}

interface Family {
  name: string;
  sentence: string;
  kind: 'counter' | 'gauge' | 'histogram';
  lines: () => string[];
}

/** More label sets than this in one family are counted together, so that no stranger can fill the memory. */
const SERIES_MAX = 200;
const OTHER = '{other="true"}';

/** Builds a registry of metrics; asking twice for one name is a fault of the program. */
export function createMetrics(): Metrics {
  const families = new Map<string, Family>();
  const measures: (() => void | Promise<void>)[] = [];
  const add = (family: Family): void => {
    if (families.has(family.name)) throw new TypeError(`metric ${family.name} exists`);
    families.set(family.name, family);
  };
  return {
    counter(name, sentence) {
      const series = new Map<string, number>();
      add({ name, sentence, kind: 'counter', lines: () => scalarLines(name, series) });
      return {
        add(labels, by = 1) {
          const key = seriesKey(series, labels);
          series.set(key, (series.get(key) ?? 0) + by);
        },
      };
    },
    gauge(name, sentence) {
      const series = new Map<string, number>();
      add({ name, sentence, kind: 'gauge', lines: () => scalarLines(name, series) });
      return { set: (value, labels) => void series.set(seriesKey(series, labels), value) };
    },
    histogram(name, sentence, bounds) {
      const series = new Map<string, Buckets>();
      add({ name, sentence, kind: 'histogram', lines: () => histogramLines(name, bounds, series) });
      return { observe: (value, labels) => observe(series, { value, bounds, ...(labels && { labels }) }) };
    },
    beforeRender: (measure) => void measures.push(measure),
    async render() {
      for (const measure of measures) await measure();
      return [...families.values()].map(renderFamily).join('');
    },
  };
}

interface Buckets {
  counts: number[];
  sum: number;
  count: number;
}

function observe(
  series: Map<string, Buckets>,
  { value, bounds, labels }: { value: number; bounds: readonly number[]; labels?: Labels },
): void {
  const key = seriesKey(series, labels);
  let buckets = series.get(key);
  if (buckets === undefined) series.set(key, (buckets = { counts: bounds.map(() => 0), sum: 0, count: 0 }));
  const index = bounds.findIndex((bound) => value <= bound);
  if (index >= 0) buckets.counts[index] = (buckets.counts[index] ?? 0) + 1;
  buckets.sum += value;
  buckets.count += 1;
}

function seriesKey(series: ReadonlyMap<string, unknown>, labels: Labels | undefined): string {
  if (labels === undefined) return '';
  const key = `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',')}}`;
  return series.size < SERIES_MAX || series.has(key) ? key : OTHER;
}

function escapeLabel(value: string): string {
  return value.slice(0, 200).replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

function renderFamily({ name, sentence, kind, lines }: Family): string {
  return [`# HELP ${name} ${sentence}`, `# TYPE ${name} ${kind}`, ...lines(), ''].join('\n');
}

function scalarLines(name: string, series: ReadonlyMap<string, number>): string[] {
  return [...series].map(([key, value]) => `${name}${key} ${value}`);
}

function histogramLines(name: string, bounds: readonly number[], series: ReadonlyMap<string, Buckets>): string[] {
  return [...series].flatMap(([key, { counts, sum, count }]) => {
    const inside = key === '' ? '' : `${key.slice(1, -1)},`;
    let below = 0;
    const rows = bounds.map((bound, index) => {
      below += counts[index] ?? 0;
      return `${name}_bucket{${inside}le="${bound}"} ${below}`;
    });
    return [
      ...rows,
      `${name}_bucket{${inside}le="+Inf"} ${count}`,
      `${name}_sum${key} ${sum}`,
      `${name}_count${key} ${count}`,
    ];
  });
}
