// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Says in words what is wrong, and what to do about it

import {features, getJson, loadFeatures, makeQuery} from './api.js';
import {el, icon, replaceChildren} from './dom.js';
import {explainError, formatBytes, formatDuration, formatNumber, formatPercent, formatQueryTime, formatTime, t, tn} from './i18n.js';
import {scrape, sum} from './metrics.js';

const REFRESH_MILLISECONDS = 15000;
const DAY_MILLISECONDS = 86400000;
const GIBIBYTE = 2 ** 30;
const MAX_FAILURES = 200; // that are looked at
const CANCELED = 37;
const LEVELS = ['bad', 'warn', 'note', 'good'];
const ICONS = {bad: 'alert', warn: 'alert', note: 'info', good: 'check'};
const TAKEOVERS = ['Archive', 'Media', 'Jobs', 'Metrics', 'Documents'];

// A finding is {name, level, values}: texts are "health.NAME.LEVEL" and "health.NAME.LEVEL.do"
const finding = (name, level, values = {}) => ({name, level, values});
const byLimits = (value, warn, bad) => (value >= bad ? 'bad' : value >= warn ? 'warn' : 'good');

function checkSpool() {
  const {UsedBytes: used, QuotaBytes: quota} = features.Spool;
  if (quota === null || !features.Archive) {
    return [];
  }
  const part = quota > 0 ? used / quota : 1;
  return [finding('spool', byLimits(part, 0.8, 0.95), {percent: formatPercent(part), used: formatBytes(used), quota: formatBytes(quota)})];
}

function checkDisk(area, free, size) {
  if (free === null || !size) {
    return [];
  }
  const part = 1 - free / size;
  const level = free < GIBIBYTE || part >= 0.97 ? 'bad' : byLimits(part, 0.9, 0.97);
  return [finding('disk', level, {area: t(`area.${area}`), free: formatBytes(free), size: formatBytes(size)})];
}

function checkDisks(families) {
  if (!families) {
    return checkDisk('spool', features.Spool.FreeBytes, features.Spool.DiskBytes);
  }
  // Areas on the same disk are told once
  const seen = new Set();
  return ['storage', 'index', 'temporary', 'spool'].flatMap((area) => {
    const free = sum(families, 'orthanc_filesystem_avail_bytes', {area});
    const size = sum(families, 'orthanc_filesystem_size_bytes', {area});
    const key = `${size}-${Math.round((free ?? 0) / (64 * 2 ** 20))}`;
    if (seen.has(key)) {
      return [];
    }
    seen.add(key);
    return checkDisk(area, free, size);
  });
}

async function checkJobs() {
  if (!features.Jobs) {
    return [];
  }
  const since = formatQueryTime(new Date(Date.now() - DAY_MILLISECONDS));
  const [failures, succeeded] = await Promise.all([
    getJson(`jobs${makeQuery({expand: true, state: 'Failure', since, limit: MAX_FAILURES, order: 'desc'})}`),
    getJson(`jobs${makeQuery({count: true, state: 'Success', since})}`)]);
  const failed = failures.filter((job) => job.ErrorCode !== CANCELED).length;
  const level = failed === 0 ? 'good' : failed >= 5 && failed > succeeded.Count / 4 ? 'bad' : 'warn';
  return [finding('jobs', level, {failed: formatNumber(failed), succeeded: formatNumber(succeeded.Count)})];
}

async function checkCodecs() {
  const plugins = await getJson('plugins');
  return [finding('codec', plugins.includes('gdcm') ? 'good' : 'note')];
}

function checkFeatures() {
  return [
    ...TAKEOVERS.filter((name) => !features[name]).map((name) => finding('takeover', 'note', {option: name, what: t(`takeover.${name}`)})),
    finding('stream', features.CanStream ? 'good' : 'note', {version: features.HostVersion}),
    ...(features.Documents ? [finding('preview', features.HasPreviews ? 'good' : 'note')] : []),
    ...(features.IsReadOnly ? [finding('readonly', 'note')] : []),
  ];
}

function checkShare(name, value, limit, warn, bad, format) {
  return value === null || !limit ? []
    : [finding(name, byLimits(value / limit, warn, bad), {value: format(value), limit: format(limit), percent: formatPercent(value / limit)})];
}

function checkMetrics(families) {
  const waiting = sum(families, 'orthanc_jobs_oldest_pending_seconds') ?? 0;
  const lost = sum(families, 'orthanc_webhook_deliveries_failed_total') ?? 0;
  const requests = sum(families, 'orthanc_http_requests_total') ?? 0;
  const errors = sum(families, 'orthanc_http_requests_total', {code: '5xx'}) ?? 0;
  const blind = (families.get('orthanc_exporter_collector_success') || []).filter(({value}) => value === 0).map(({labels}) => labels.collector);
  return [
    finding('waiting', byLimits(waiting, 600, 3600), {time: formatDuration(waiting)}),
    ...(features.Webhooks?.IsUsed ? [finding('webhooks', lost > 0 ? 'warn' : 'good', {count: formatNumber(lost)})] : []),
    finding('errors', requests < 20 ? 'good' : byLimits(errors / requests, 0.01, 0.1), {count: formatNumber(errors), requests: formatNumber(requests)}),
    ...(blind.length ? [finding('collectors', 'warn', {names: blind.join(', ')})] : []),
    ...checkShare('storage', sum(families, 'orthanc_storage_bytes'), sum(families, 'orthanc_storage_limit_bytes'), 0.9, 0.99, formatBytes),
    ...checkShare('memory', sum(families, 'process_resident_memory_bytes'), sum(families, 'orthanc_memory_limit_bytes'), 0.8, 0.95, formatBytes),
    ...checkShare('files', sum(families, 'process_open_fds'), sum(families, 'process_max_fds'), 0.7, 0.9, formatNumber),
  ];
}

// What cannot be looked at is a finding too
async function guard(name, check) {
  try {
    return await check();
  } catch (error) {
    return [finding('unknown', 'warn', {what: t(`health.topic.${name}`), reason: explainError(error)})];
  }
}

async function readMetrics() {
  if (!features.Metrics) {
    return {families: null, findings: []};
  }
  try {
    return {families: await scrape(), findings: [finding('metrics', 'good')]};
  } catch (error) {
    return {families: null, findings: [error.status === 503 ? finding('metrics', 'warn')
      : finding('unknown', 'warn', {what: t('health.topic.metrics'), reason: explainError(error)})]};
  }
}

export async function diagnose() {
  await loadFeatures();
  const {families, findings} = await readMetrics();
  const groups = await Promise.all([
    guard('disk', async () => [...checkSpool(), ...checkDisks(families)]),
    guard('jobs', checkJobs),
    guard('metrics', async () => (families ? checkMetrics(families) : [])),
    guard('codec', checkCodecs)]);
  const all = [...groups.flat(), ...findings, ...checkFeatures()];
  return all.sort((left, right) => LEVELS.indexOf(left.level) - LEVELS.indexOf(right.level));
}

class HealthView {
  mount(parent) {
    this.summary = el('p', {class: 'summary', role: 'status'});
    this.list = el('div');
    parent.append(el('div', {class: 'page-head'}, el('h1', {}, t('health.title')),
      el('button', {type: 'button', class: 'quiet', onclick: () => this.check()}, icon('retry'), t('health.again'))),
    this.summary, this.list);
    this.onVisibility = () => this.check();
    document.addEventListener('visibilitychange', this.onVisibility);
    this.check();
  }

  unmount() {
    this.isOver = true;
    clearTimeout(this.timer);
    document.removeEventListener('visibilitychange', this.onVisibility);
  }

  async check() {
    clearTimeout(this.timer);
    if (this.isOver || document.hidden || this.isChecking) {
      return;
    }
    this.isChecking = true;
    try {
      this.render(await diagnose());
    } catch (error) {
      replaceChildren(this.summary, icon('alert'), explainError(error));
    }
    this.isChecking = false;
    if (!this.isOver) {
      this.timer = setTimeout(() => this.check(), REFRESH_MILLISECONDS);
    }
  }

  render(findings) {
    const count = (level) => findings.filter((item) => item.level === level).length;
    const level = LEVELS.find((name) => name !== 'note' && count(name) > 0) || 'good';
    const text = level === 'bad' ? tn('health.problems', count('bad')) : level === 'warn' ? tn('health.warnings', count('warn')) : t('health.well');
    const head = `${text} ${count('note') ? tn('health.notes', count('note')) : ''}`.trim();
    if (this.summary.dataset.text !== head) {
      this.summary.dataset.text = head; // read aloud only if it has changed
      this.summary.className = `summary summary-${level}`;
      replaceChildren(this.summary, icon(ICONS[level]), el('span', {}, head));
    }
    const wrong = findings.filter((item) => item.level !== 'good');
    const good = findings.filter((item) => item.level === 'good');
    const wasOpen = this.list.querySelector('details')?.open;
    replaceChildren(this.list,
      el('ul', {class: 'findings'}, wrong.map((item) => this.makeFinding(item))),
      el('details', {open: wasOpen, class: 'good-list'}, el('summary', {'data-key': 'good'}, tn('health.good', good.length)),
        el('ul', {class: 'findings'}, good.map((item) => this.makeFinding(item)))),
      el('p', {class: 'muted'}, t('health.versions', {host: features.HostVersion, plugin: features.Version, time: formatTime(new Date())})));
  }

  makeFinding({name, level, values}) {
    return el('li', {class: `finding finding-${level}`, 'data-finding': name},
      icon(ICONS[level]),
      el('div', {}, el('p', {class: 'what'}, el('span', {class: 'sr-only'}, `${t(`level.${level}`)}: `), t(`health.${name}.${level}`, values)),
        level === 'good' ? null : el('p', {class: 'todo'}, t(`health.${name}.${level}.do`, values))));
  }
}

export function create() {
  return new HealthView();
}
