// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// What happens to jobs: told by the server where it can stream, else by asking again and again. Only while
// the page is visible: a stream costs the server a thread, and the browser one of few connections.

import {ROOT, features} from './api.js';

const POLL_MILLISECONDS = 2000;
const RETRY_MILLISECONDS = 30000;
const HIDDEN_MILLISECONDS = 60000; // then a hidden page lets go of its stream

const listeners = new Set();
let source = null;
let timer = 0;
let hideTimer = 0;
let retryAt = 0;
let mode = 'off';

function tell(event) {
  for (const listener of listeners) {
    listener(event);
  }
}

function setMode(next) {
  if (mode !== next) {
    mode = next;
    tell({type: 'mode', mode});
  }
}

// 'events', 'polling' or 'off'
export function getMode() {
  return mode;
}

// listener({type: 'state'|'progress'|'removed'|'reset', data}), ({type: 'poll'}) or ({type: 'mode', mode})
export function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function poll() {
  clearTimeout(timer);
  if (document.hidden) {
    return;
  }
  if (canStream() && Date.now() >= retryAt) {
    open();
    return;
  }
  setMode('polling');
  tell({type: 'poll'});
  timer = setTimeout(poll, POLL_MILLISECONDS);
}

function canStream() {
  return features.CanStream && features.Jobs && 'EventSource' in window;
}

function close() {
  clearTimeout(timer);
  source?.close();
  source = null;
}

function open() {
  close();
  source = new EventSource(`${ROOT}advanced-rest/events`);
  source.addEventListener('open', () => {
    setMode('events');
    tell({type: 'reset'}); // what happened before is asked for once
  });
  for (const type of ['state', 'progress', 'removed', 'reset']) {
    source.addEventListener(type, (event) => tell({type, data: JSON.parse(event.data)}));
  }
  source.addEventListener('error', () => {
    // Too many wait already, or the server is gone: ask instead, and try again later
    close();
    retryAt = Date.now() + RETRY_MILLISECONDS;
    poll();
  });
}

export function startLive() {
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hideTimer);
    if (document.hidden) {
      hideTimer = setTimeout(close, HIDDEN_MILLISECONDS);
    } else if (!source) {
      retryAt = 0;
      poll();
    }
  });
  window.addEventListener('pagehide', close);
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) {
      poll();
    }
  });
  poll();
}
