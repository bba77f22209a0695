// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Reads the server's metrics as Prometheus does, in the text format 0.0.4

import {ApiError, features, getText, loadFeatures} from './api.js';

// A line is name{label="value",...} number; "\\", "\"" and "\n" are escaped in values
const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

function parseNumber(text) {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
}

// Name -> [{labels, value}]
export function parseMetrics(text) {
  const families = new Map();
  for (const line of text.split('\n')) {
    const match = line.startsWith('#') ? null : LINE.exec(line);
    if (!match) {
      continue;
    }
    const labels = {};
    for (const [, name, value] of (match[2] || '').matchAll(LABEL)) {
      labels[name] = value.replace(/\\(.)/g, (whole, c) => (c === 'n' ? '\n' : c));
    }
    if (!families.has(match[1])) {
      families.set(match[1], []);
    }
    families.get(match[1]).push({labels, value: parseNumber(match[3])});
  }
  return families;
}

function isMatching(labels, wanted) {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

// Of all series with these labels; null if there is none
export function sum(families, name, wanted = {}) {
  const series = (families.get(name) || []).filter(({labels}) => isMatching(labels, wanted));
  return series.length ? series.reduce((total, {value}) => total + value, 0) : null;
}

// Throws ApiError(503) while they are switched off: the server is not even asked, which would be an error in
// its log
export async function scrape(signal) {
  if (!features.HasMetrics) {
    await loadFeatures();
  }
  if (!features.HasMetrics) {
    throw new ApiError(503, '');
  }
  const text = await getText('tools/metrics-prometheus', {headers: {Accept: 'text/plain;version=0.0.4'}, signal});
  return parseMetrics(text);
}
