// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Downloads that are being made are remembered, so that their end is announced wherever the user is by
// then, also after the page was loaded again. The entry of localStorage is an object: ID of the job -> name

import {getJson} from './api.js';
import {announce, el} from './dom.js';
import {formatPercent, t, tn} from './i18n.js';
import {describeFailure, downloadHref, hasEnded, isCanceled, parseJob} from './jobview.js';

const STORED = 'advancedRest.watched';
const MAX_WATCHED = 100;
const MAX_SINGLE = 3; // at a time; more are summed up

function read() {
  try {
    const value = JSON.parse(localStorage.getItem(STORED) || '{}');
    return value && typeof value === 'object' && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}

function write(watched) {
  try {
    localStorage.setItem(STORED, JSON.stringify(Object.fromEntries(Object.entries(watched).slice(-MAX_WATCHED))));
  } catch {
    // No room, or not allowed: then nothing is remembered
  }
}

function announceEnd(job) {
  if (job.state === 'Success') {
    const path = job.result?.paths.length === 1 ? job.result.paths[0].path : null;
    announce(t('watch.success', {name: job.name}), 'success',
      path && el('a', {class: 'toast-action', href: downloadHref(path), download: ''}, t('action.downloadNow')));
  } else if (isCanceled(job)) {
    announce(t('watch.canceled', {name: job.name}));
  } else {
    announce(t('watch.failure', {name: job.name, reason: describeFailure(job)}), 'error');
  }
}

function announceEnds(jobs) {
  if (jobs.length <= MAX_SINGLE) {
    jobs.forEach(announceEnd);
    return;
  }
  const failed = jobs.filter((job) => job.state === 'Failure').length;
  announce(`${tn('watch.ended', jobs.length)} ${failed ? tn('watch.failed', failed) : ''}`, failed ? 'error' : 'success');
}

// What a list of jobs shows now
export function noteJobs(jobs) {
  const watched = read();
  const ended = [];
  let isChanged = false;
  for (const job of jobs) {
    if (hasEnded(job.state) && job.id in watched) {
      delete watched[job.id];
      ended.push(job);
      isChanged = true;
    } else if (!hasEnded(job.state) && (job.isOurs || job.isStream) && !(job.id in watched)) {
      watched[job.id] = job.name;
      isChanged = true;
    }
  }
  if (isChanged) {
    write(watched);
  }
  announceEnds(ended);
}

// Whether the end of this job is waited for
export function isWatched(id) {
  return id in read();
}

async function look(id) {
  try {
    return parseJob(await getJson(`jobs/${id}`));
  } catch (error) {
    return error.status === 404 ? null : undefined;
  }
}

// After the page was loaded: what has become of the jobs of the last visit
export async function announceSinceLastVisit() {
  const ids = Object.keys(read()).filter((id) => /^[\w-]+$/.test(id)).slice(-20);
  const jobs = await Promise.all(ids.map(look));
  const known = jobs.filter(Boolean);
  const watched = read();
  ids.forEach((id, index) => {
    if (jobs[index] === null) {
      delete watched[id];
    }
  });
  write(watched);
  const running = known.filter((job) => !hasEnded(job.state));
  if (running.length === 1) {
    announce(t('watch.running', {name: running[0].name, percent: formatPercent(running[0].progress / 100)}));
  } else if (running.length > 1) {
    announce(tn('watch.runningMany', running.length));
  }
  noteJobs(known);
}
