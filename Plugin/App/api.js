// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// The server's REST API. All addresses are relative to where this file comes from: a reverse proxy may
// have put the server below any path.

const OWN_PATH = 'advanced-rest/app/';

// Of the server, with a slash at its end
export const ROOT = import.meta.url.slice(0, import.meta.url.lastIndexOf(`/${OWN_PATH}`) + 1);
export const FILES = `${ROOT}${OWN_PATH}`;

export class ApiError extends Error {
  constructor(status, details) {
    super(details || `HTTP ${status}`);
    this.status = status; // 0: the server could not be reached
    this.details = details; // what the server says, in English; may be empty
  }
}

async function readDetails(response) {
  try {
    const text = await response.text();
    const body = JSON.parse(text);
    return body.Details || body.Message || '';
  } catch {
    return '';
  }
}

// An answer with status 2xx; throws ApiError otherwise
export async function call(method, path, {body, headers, signal} = {}) {
  let response;
  try {
    response = await fetch(ROOT + path.replace(/^\//, ''), {
      method,
      headers,
      signal,
      cache: 'no-store',
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === 'AbortError') {
      throw error;
    }
    throw new ApiError(0, '');
  }
  if (!response.ok) {
    throw new ApiError(response.status, await readDetails(response));
  }
  return response;
}

export async function getJson(path, options) {
  return (await call('GET', path, options)).json();
}

export async function getText(path, options) {
  return (await call('GET', path, options)).text();
}

// What this server can do; see /advanced-rest/features
export const features = {};

export async function loadFeatures() {
  Object.assign(features, await getJson('advanced-rest/features'));
  return features;
}

// Hosts differ in whether they decode a query: only what needs no encoding is ever in ours
export function makeQuery(values) {
  const parts = Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => (value === true ? name : `${name}=${value}`));
  return parts.length ? `?${parts.join('&')}` : '';
}
