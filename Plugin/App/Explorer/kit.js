// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// What all parts share: texts, requests, elements. Text only ever becomes a text node:
// names come from DICOM files of anybody.

// The root of Orthanc, whatever prefix a proxy gives it
export const ROOT = new URL('../../../', import.meta.url);

const LANGUAGES = ['en', 'fr', 'de', 'es'];

// ---- Texts

let language = 'en';
let messages = {};

export function chooseLanguage(wanted)
{
  for (const tag of wanted)
  {
    const base = String(tag).toLowerCase().split('-')[0];
    if (LANGUAGES.includes(base))
    {
      return base;
    }
  }
  return 'en';
}

let loadingMessages = null;

export function loadMessages()
{
  loadingMessages = loadingMessages || (async () =>
  {
    language = chooseLanguage(navigator.languages || [navigator.language]);
    const answer = await fetch(new URL(`../messages/${language}.json`, import.meta.url),
                               {headers: getTokens()});
    if (!answer.ok)
    {
      throw new Error(`no messages: ${answer.status}`);
    }
    messages = await answer.json();
  })();
  return loadingMessages;
}

// t('download.time', {time: '5 s'}): the text of "explorer.download.time", its "{time}" replaced
export function t(key, values = {})
{
  const text = messages[`explorer.${key}`] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

// ---- Numbers

const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

// A kilobyte has 1,024 bytes, as everywhere in Orthanc and on our own page
export function formatSize(bytes)
{
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1024 && unit < SIZES.length - 1)
  {
    value /= 1024;
    unit++;
  }
  return new Intl.NumberFormat(language, {
    style: 'unit', unit: SIZES[unit], unitDisplay: unit === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0
  }).format(value);
}

export function formatSeconds(seconds)
{
  const [value, unit] = seconds < 90 ? [seconds, 'second']
    : seconds < 5400 ? [seconds / 60, 'minute'] : [seconds / 3600, 'hour'];
  return new Intl.NumberFormat(language, {
    style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 0
  }).format(Math.max(1, Math.round(value)));
}

export function formatNumber(value)
{
  return new Intl.NumberFormat(language).format(value);
}

// A date of DICOM, 20261126, with a time of DICOM, 093000.123; what is no date is shown as it is
export function formatDicomDate(date, time = '')
{
  const day = /^(\d{4})(\d\d)(\d\d)$/.exec(date);
  if (!day)
  {
    return date;
  }
  const clock = /^(\d\d)(\d\d)/.exec(time);
  const moment = new Date(+day[1], +day[2] - 1, +day[3], clock ? +clock[1] : 0, clock ? +clock[2] : 0);
  return new Intl.DateTimeFormat(language, clock ? {dateStyle: 'medium', timeStyle: 'short'}
    : {dateStyle: 'medium'}).format(moment);
}

// A time of the jobs of Orthanc, 20261126T093000.123456, which is UTC
export function parseJobTime(text)
{
  const part = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/.exec(text || '');
  return part ? new Date(Date.UTC(+part[1], +part[2] - 1, +part[3], +part[4], +part[5], +part[6]))
    : null;
}

export function formatTime(moment)
{
  return new Intl.DateTimeFormat(language, {dateStyle: 'medium', timeStyle: 'short'}).format(moment);
}

// ---- Requests

export class ApiError extends Error
{
  constructor(status, message)
  {
    super(message);
    this.status = status;
  }
}

// With these, Orthanc Explorer authorizes its own requests: arguments of its URL
export function getTokens()
{
  const tokens = {};
  const search = new URLSearchParams(window.location.search);
  for (const name of ['token', 'auth-token', 'authorization'])
  {
    if (search.has(name))
    {
      tokens[name] = search.get(name);
    }
  }
  return tokens;
}

// For links, which send no headers
export function makeUrl(path)
{
  const url = new URL(path.replace(/^\/+/, ''), ROOT);
  for (const [name, value] of Object.entries(getTokens()))
  {
    url.searchParams.set(name, value);
  }
  return url.href;
}

// What an answer that is no success says, in words
export function describeFailure(status, body)
{
  let details = '';
  try
  {
    const json = JSON.parse(body);
    details = json.Details || json.Message || '';
  }
  catch (error)
  {
    // Hosts leave the body empty, or a proxy has answered
  }
  const reasons = {
    0: 'error.network', 401: 'error.forbidden', 403: 'error.forbidden', 404: 'error.missing',
    409: 'error.conflict', 413: 'error.large', 503: 'error.busy', 507: 'error.full'
  };
  const known = reasons[status] ? t(reasons[status]) : '';
  if (details && known)
  {
    return `${known} ${details}`;
  }
  return details || known || t('error.status', {status});
}

export async function request(path, options = {})
{
  let answer;
  try
  {
    answer = await fetch(new URL(path.replace(/^\/+/, ''), ROOT), {
      cache: 'no-store', ...options, headers: {...getTokens(), ...options.headers}
    });
  }
  catch (error)
  {
    if (error.name === 'AbortError')
    {
      throw error;
    }
    throw new ApiError(0, t('error.network'));
  }
  if (!answer.ok)
  {
    throw new ApiError(answer.status, describeFailure(answer.status, await answer.text()));
  }
  return answer;
}

export async function getJson(path, options)
{
  return (await request(path, options)).json();
}

export async function postJson(path, body)
{
  return getJson(path, {method: 'POST', body: JSON.stringify(body)});
}

// ---- Elements

// make('p', {class: 'x', onclick: f}, 'text', node): attributes, properties that begin with "on", and
// children of which strings become text
export function make(tag, attributes = {}, ...children)
{
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
  {
    if (name.startsWith('on'))
    {
      element.addEventListener(name.slice(2), value);
    }
    else if (value !== false && value !== null && value !== undefined)
    {
      element.setAttribute(name, value === true ? '' : value);
    }
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

export function setText(element, text)
{
  if (element.textContent !== text)
  {
    element.textContent = text;
  }
}

let counter = 0;

export function makeId()
{
  counter++;
  return `oar-${counter}`;
}

// jQuery Mobile follows links by itself, unless they say that they leave the page
export function makeLink(text, url, attributes = {})
{
  return make('a', {href: url, rel: 'external', 'data-ajax': 'false', ...attributes}, text);
}

export function makeButton(text, onclick, attributes = {})
{
  return make('button', {type: 'button', class: 'oar-button', onclick, ...attributes}, text);
}

// A line of a form: the label above or beside its control
export function makeField(label, control, hint = '')
{
  control.id = control.id || makeId();
  const parts = [make('label', {for: control.id}, label), control];
  if (hint)
  {
    const id = makeId();
    control.setAttribute('aria-describedby', id);
    parts.push(make('p', {class: 'oar-hint', id}, hint));
  }
  return make('div', {class: 'oar-field'}, ...parts);
}

export function makeSelect(options, value = '')
{
  const select = make('select');
  for (const [key, text] of options)
  {
    select.append(make('option', {value: key, selected: key === value}, text));
  }
  return select;
}

export function makeCheckbox(label, hint = '')
{
  const input = make('input', {type: 'checkbox', id: makeId()});
  const line = make('div', {class: 'oar-check'}, input, make('label', {for: input.id}, label));
  if (hint)
  {
    const id = makeId();
    input.setAttribute('aria-describedby', id);
    line.append(make('p', {class: 'oar-hint', id}, hint));
  }
  return {line, input};
}

// Read to users of screen readers; one region that stays, as new ones are not read
let announcer = null;

export function announce(text)
{
  if (announcer === null)
  {
    announcer = make('div', {class: 'oar-hidden', role: 'status', 'aria-live': 'polite'});
    document.body.append(announcer);
  }
  announcer.textContent = '';
  setTimeout(() => { announcer.textContent = text; }, 50);
}

export function loadStyle()
{
  if (document.getElementById('oar-style') === null)
  {
    document.head.append(make('link', {
      id: 'oar-style', rel: 'stylesheet', href: new URL('explorer.css', import.meta.url).href
    }));
  }
}
