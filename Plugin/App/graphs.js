// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// The main metrics as they change, without any other tool: scraped while the page is visible, kept in the
// memory of the page only

import {el, icon, replaceChildren, svgElement} from './dom.js';
import {explainError, formatBytes, formatDuration, formatNumber, formatSpeed, formatTime, t} from './i18n.js';
import {scrape, sum} from './metrics.js';

const STEP_MILLISECONDS = 5000;
const MAX_SAMPLES = 720; // an hour
const WIDTH = 600;
const HEIGHT = 150;
const INSET = 4; // above and below the lines

// Kept while another view is shown
const samples = [];

const formatMilliseconds = (value) => `${formatNumber(value, value < 10 ? 1 : 0)}\u00a0ms`;
const formatRate = (value) => formatNumber(value, 1);

// A value of a sample, or of the change from one sample to the next; null: unknown
const read = (name, labels) => (families) => sum(families, name, labels) ?? (families.has(name) ? 0 : null);
const gauge = (name, labels) => ({read: read(name, labels)});
const rate = (name, labels) => ({read: read(name, labels), isRate: true});

const CHARTS = [
  {name: 'requests', format: formatRate, lines: [
    {name: 'all', ...rate('orthanc_http_requests_total')},
    {name: 'errors', ...rate('orthanc_http_requests_total', {code: '5xx'})}]},
  {name: 'durations', format: formatMilliseconds, lines: [
    {name: 'mean', isMean: true, total: 'orthanc_http_request_duration_seconds_sum', count: 'orthanc_http_request_duration_seconds_count'}]},
  {name: 'bytes', format: formatSpeed, lines: [
    {name: 'sent', ...rate('orthanc_http_response_bytes_total')},
    {name: 'received', ...rate('orthanc_received_bytes_total')}]},
  {name: 'jobs', format: (value) => formatNumber(value), isCount: true, lines: [
    {name: 'running', ...gauge('orthanc_jobs', {state: 'running'})},
    {name: 'pending', ...gauge('orthanc_jobs', {state: 'pending'})}]},
  {name: 'memory', format: formatBytes, lines: [
    {name: 'resident', ...gauge('process_resident_memory_bytes')}]},
  {name: 'disk', format: formatBytes, lines: [
    {name: 'free', ...gauge('orthanc_filesystem_avail_bytes', {area: 'storage'})},
    {name: 'spool', ...gauge('orthanc_spool_bytes')}]},
  {name: 'instances', format: formatRate, lines: [
    {name: 'stored', ...rate('orthanc_instances_received_total')}]},
  {name: 'cpu', format: (value) => formatNumber(value, 2), lines: [
    {name: 'cores', ...rate('process_cpu_seconds_total')}]},
];

function readLine(line, families) {
  return line.isMean ? {total: sum(families, line.total), count: sum(families, line.count)} : line.read(families);
}

function readSample(families) {
  const values = {};
  for (const chart of CHARTS) {
    for (const line of chart.lines) {
      values[`${chart.name}.${line.name}`] = readLine(line, families);
    }
  }
  return {time: Date.now(), values};
}

// What is drawn at sample "index"
function getPoint(chart, line, index) {
  const key = `${chart.name}.${line.name}`;
  const now = samples[index].values[key];
  if (!line.isRate && !line.isMean) {
    return now;
  }
  const before = index > 0 ? samples[index - 1].values[key] : null;
  if (now === null || before === null) {
    return null;
  }
  if (line.isMean) {
    const count = now.count - before.count;
    return count > 0 ? (now.total - before.total) / count * 1000 : count === 0 ? 0 : null;
  }
  const seconds = (samples[index].time - samples[index - 1].time) / 1000;
  // A counter that falls belongs to a server that was started again; a long pause says nothing
  return now >= before && seconds > 0 && seconds < 60 ? (now - before) / seconds : null;
}

function niceMaximum(value, isCount) {
  if (!(value > 0)) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  const nice = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= value);
  return isCount ? Math.max(1, Math.ceil(nice)) : nice;
}

function niceBytes(value) {
  let unit = 1;
  while (value / unit >= 1024) {
    unit *= 1024;
  }
  return niceMaximum(value / unit) * unit;
}

function drawLine(points, first, last, maximum) {
  let path = '';
  let isDown = false;
  points.forEach((value, index) => {
    if (value === null) {
      isDown = false;
      return;
    }
    const x = last > first ? (samples[index].time - first) / (last - first) * WIDTH : WIDTH;
    const y = HEIGHT - INSET - value / maximum * (HEIGHT - 2 * INSET);
    path += `${isDown ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    isDown = true;
  });
  return path;
}

class GraphsView {
  mount(parent) {
    this.status = el('p', {class: 'muted'});
    this.grid = el('div', {class: 'charts'});
    parent.append(el('div', {class: 'page-head'}, el('h1', {}, t('graphs.title'))), this.status, this.grid);
    this.charts = CHARTS.map((chart) => this.makeChart(chart));
    this.grid.append(...this.charts.map(({figure}) => figure));
    this.onVisibility = () => this.tick();
    document.addEventListener('visibilitychange', this.onVisibility);
    this.render();
    this.tick();
  }

  unmount() {
    this.isOver = true;
    clearTimeout(this.timer);
    document.removeEventListener('visibilitychange', this.onVisibility);
  }

  async tick() {
    clearTimeout(this.timer);
    if (this.isOver || document.hidden || this.isReading) {
      return;
    }
    this.isReading = true;
    try {
      samples.push(readSample(await scrape()));
      if (samples.length > MAX_SAMPLES) {
        samples.shift();
      }
      this.status.textContent = t('graphs.status', {seconds: STEP_MILLISECONDS / 1000, time: formatTime(new Date())});
      this.render();
    } catch (error) {
      replaceChildren(this.status, icon('alert'), error.status === 503 ? t('graphs.disabled') : explainError(error));
    }
    this.isReading = false;
    if (!this.isOver) {
      this.timer = setTimeout(() => this.tick(), STEP_MILLISECONDS);
    }
  }

  makeChart(chart) {
    const title = t(`graphs.${chart.name}`);
    const svg = svgElement('svg', {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', class: 'chart', role: 'img'});
    const lines = chart.lines.map((line, index) => svgElement('path', {class: `line line-${index}`, d: '', 'vector-effect': 'non-scaling-stroke'}));
    svg.append(...[0.25, 0.5, 0.75].map((part) => svgElement('path', {class: 'grid', d: `M0 ${HEIGHT * part}H${WIDTH}`, 'vector-effect': 'non-scaling-stroke'})), ...lines);
    const maximum = el('span', {class: 'axis axis-top'});
    const values = el('div', {class: 'legend'});
    const span = el('div', {class: 'span'});
    const table = el('div');
    const details = el('details', {ontoggle: () => this.render()}, el('summary', {}, t('graphs.table')), table);
    const figure = el('figure', {class: 'card'}, el('figcaption', {}, title), values,
      el('div', {class: 'plot'}, svg, maximum, el('span', {class: 'axis axis-bottom'}, chart.format(0))), span, details);
    return {chart, figure, svg, lines, maximum, values, span, table, details, title};
  }

  render() {
    this.charts.forEach((parts) => this.renderChart(parts));
  }

  renderChart({chart, svg, lines, maximum, values, span, table, details, title}) {
    const points = chart.lines.map((line) => samples.map((sample, index) => getPoint(chart, line, index)));
    const highest = Math.max(0, ...points.flat().filter((value) => value !== null));
    const top = [formatBytes, formatSpeed].includes(chart.format) ? niceBytes(highest) : niceMaximum(highest, chart.isCount);
    const first = samples[0]?.time ?? 0;
    const last = samples[samples.length - 1]?.time ?? 0;
    lines.forEach((path, index) => path.setAttribute('d', drawLine(points[index], first, last, top)));
    maximum.textContent = chart.format(top);
    span.textContent = samples.length > 1 ? t('graphs.span', {time: formatDuration((last - first) / 1000)}) : t('graphs.waiting');
    const texts = chart.lines.map((line, index) => {
      const known = points[index].filter((value) => value !== null);
      const now = points[index][points[index].length - 1] ?? null;
      return {label: t(`graphs.${chart.name}.${line.name}`), now: now === null ? '–' : chart.format(now), highest: known.length ? chart.format(Math.max(...known)) : '–'};
    });
    replaceChildren(values, texts.map(({label, now, highest: most}, index) => el('div', {class: `value value-${index}`},
      el('span', {class: 'swatch', 'aria-hidden': 'true'}), el('span', {class: 'label'}, label), el('strong', {}, now),
      el('span', {class: 'muted'}, t('graphs.highest', {value: most})))));
    svg.setAttribute('aria-label', `${title}: ${texts.map(({label, now, highest: most}) => t('graphs.text', {label, now, highest: most})).join('; ')}`);
    if (details.open) {
      this.renderTable(chart, points, table);
    }
  }

  renderTable(chart, points, table) {
    const begin = Math.max(0, samples.length - 12);
    replaceChildren(table, el('table', {class: 'table'},
      el('thead', {}, el('tr', {}, el('th', {scope: 'col'}, t('graphs.time')), chart.lines.map((line) => el('th', {scope: 'col', class: 'num'}, t(`graphs.${chart.name}.${line.name}`))))),
      el('tbody', {}, samples.slice(begin).map((sample, index) => el('tr', {}, el('th', {scope: 'row'}, formatTime(new Date(sample.time))),
        points.map((line) => el('td', {class: 'num'}, line[begin + index] === null ? '–' : chart.format(line[begin + index]))))).reverse())));
  }
}

export function create() {
  return new GraphsView();
}
