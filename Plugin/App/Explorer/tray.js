// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// The notes at the edge of every page about what this browser has asked to be prepared, until it has
// been fetched or put away. They outlive a reload: the identifiers of the jobs, and nothing of any
// patient, are in the browser's storage.

import {announce, describeFailure, getJson, make, makeButton, makeLink, request, setText, t} from './kit.js';
import {describeError, describeKind, describeProgress, describeResources, describeState, hasEnded,
        learnNames, listOutputs, listResources, makeOutputLinks} from './jobtext.js';

// Also in explorer.js
const JOBS_KEY = 'advanced-rest.jobs';
const MAX_TRACKED = 20;

// From one look to the next: what takes long is looked at less often
const FIRST_MILLISECONDS = 500;
const LAST_MILLISECONDS = 5000;
const GROWTH = 1.2;

let tracked = [];  // {id, level, uuid, isDownloaded, isTold}
let jobs = {};     // what is known of them, by identifier
let notes = [];    // texts that are no jobs
let region = null;
let timer = null;
let interval = FIRST_MILLISECONDS;

// ---- What is kept

function load()
{
  try
  {
    const stored = JSON.parse(localStorage.getItem(JOBS_KEY) || '[]');
    tracked = Array.isArray(stored) ? stored.filter(entry => entry && typeof entry.id === 'string')
      : [];
  }
  catch (error)
  {
    // A browser that keeps nothing: they are known until the page is left
  }
}

function save()
{
  try
  {
    localStorage.setItem(JOBS_KEY, JSON.stringify(tracked));
  }
  catch (error)
  {
    // The same
  }
}

function forget(id)
{
  load();
  tracked = tracked.filter(entry => entry.id !== id);
  delete jobs[id];
  save();
  render();
}

// ---- Downloads

/**
 * Lets the browser download it, in a frame: what comes instead of a file, a refusal, is shown in
 * there, hence its words can be passed on. What is downloaded never becomes a page.
 **/
export function downloadUrl(url)
{
  const frame = make('iframe', {hidden: true, title: t('download.frame'), src: url, onload: () =>
  {
    const page = frame.contentDocument;
    const text = page && page.body ? page.body.textContent : '';
    frame.remove();
    if (page === null)
    {
      clickLink(url); // a proxy allows no frames
      return;
    }
    showNote(describeRefusal(text));
  }});
  document.body.append(frame);
}

function clickLink(url)
{
  const link = makeLink('', url, {download: true, hidden: true});
  document.body.append(link);
  link.click();
  link.remove();
}

function describeRefusal(text)
{
  try
  {
    return describeFailure(JSON.parse(text).HttpStatus, text);
  }
  catch (error)
  {
    return t('error.refused'); // not in the words of Orthanc
  }
}

// ---- What is shown

export function showNote(text)
{
  notes.push(text);
  announce(text);
  render();
}

function makeNote(text)
{
  return make('li', {class: 'oar-note'}, make('p', {class: 'oar-failure'}, text),
              make('div', {class: 'oar-actions'}, makeButton(t('tray.dismiss'), () =>
              {
                notes = notes.filter(other => other !== text);
                render();
              })));
}

async function cancel(id)
{
  try
  {
    await request(`jobs/${id}/cancel`, {method: 'POST', body: '{}'});
  }
  catch (error)
  {
    showNote(error.message);
  }
  schedule(0);
}

function makeActions(entry, job)
{
  const name = `${describeKind(job)} ${describeResources(job)}`.trim();
  const links = makeOutputLinks(job);
  for (const link of links)
  {
    link.setAttribute('aria-label', `${link.textContent}: ${name}`);
  }
  const last = hasEnded(job)
    ? makeButton(t('tray.dismiss'), () => forget(entry.id), {'aria-label': `${t('tray.dismiss')}: ${name}`})
    : makeButton(t('tray.cancel'), () => cancel(entry.id), {'aria-label': `${t('tray.cancel')}: ${name}`});
  return make('div', {class: 'oar-actions'}, ...links, last);
}

// A button under the pointer or with the focus stays the same while only numbers change
function updateItem(item, entry, job)
{
  const shape = `${job.State} ${listOutputs(job).length} ${describeResources(job)}`;
  if (item.dataset.shape !== shape)
  {
    item.dataset.shape = shape;
    const hadFocus = item.contains(document.activeElement);
    const bar = make('progress', {max: 100, 'aria-label': t('tray.progress')});
    bar.hidden = hasEnded(job);
    item.replaceChildren(
      make('p', {class: 'oar-title'}, make('strong', {}, describeKind(job)), ' ',
           describeResources(job)),
      bar, make('p', {class: 'oar-state'}), make('p', {class: 'oar-failure'}),
      makeActions(entry, job));
    if (hadFocus)
    {
      item.querySelector('a, button').focus();
    }
  }
  item.querySelector('progress').value = job.Progress || 0;
  const progress = describeProgress(job);
  setText(item.querySelector('.oar-state'), describeState(job) + (progress ? ` \u2013 ${progress}` : ''));
  setText(item.querySelector('.oar-failure'), describeError(job));
}

function render()
{
  if (region === null)
  {
    region = make('section', {class: 'oar-tray', 'aria-label': t('tray.title')},
                  make('h2', {}, t('tray.title')), make('ul'));
    document.body.append(region);
  }
  const list = region.querySelector('ul');
  const known = tracked.filter(entry => jobs[entry.id]);
  const items = known.map(entry =>
  {
    const old = list.querySelector(`li[data-job="${CSS.escape(entry.id)}"]`);
    const item = old || make('li', {'data-job': entry.id});
    updateItem(item, entry, jobs[entry.id]);
    return item;
  });
  const wanted = [...notes.map(makeNote), ...items];
  for (const child of [...list.children])
  {
    if (!wanted.includes(child))
    {
      child.remove();
    }
  }
  wanted.forEach((item, index) =>
  {
    if (list.children[index] !== item)
    {
      list.insertBefore(item, list.children[index] || null);
    }
  });
  region.hidden = wanted.length === 0;
}

// ---- Following

function tell(entry, job)
{
  if (entry.isTold || !hasEnded(job))
  {
    return;
  }
  entry.isTold = true;
  const name = `${describeKind(job)} ${describeResources(job)}`.trim();
  announce(job.State === 'Success' ? t('tray.ready', {name})
    : `${name}: ${describeState(job)} ${describeError(job)}`);
  if (entry.isDownloaded && job.State === 'Success')
  {
    entry.isDownloaded = false;
    const outputs = listOutputs(job);
    outputs.forEach((output, index) => setTimeout(() => downloadUrl(output.url), index * 1500));
  }
}

async function look(entry)
{
  try
  {
    return await getJson(`jobs/${encodeURIComponent(entry.id)}`);
  }
  catch (error)
  {
    return error.status === 404 ? null : undefined; // gone, or somebody else's; or not to be reached
  }
}

async function follow()
{
  timer = null;
  load();
  const found = await Promise.all(tracked.map(look));
  const gone = tracked.filter((entry, index) => found[index] === null).map(entry => entry.id);
  tracked.forEach((entry, index) =>
  {
    if (found[index])
    {
      jobs[entry.id] = found[index];
    }
  });
  await learnNames(found.filter(Boolean).flatMap(job => listResources(job).slice(0, 1)));

  // Another tab may have changed the list meanwhile
  load();
  tracked = tracked.filter(entry => !gone.includes(entry.id));
  for (const entry of tracked)
  {
    if (jobs[entry.id])
    {
      tell(entry, jobs[entry.id]);
    }
  }
  save();
  render();
  if (tracked.some(entry => !jobs[entry.id] || !hasEnded(jobs[entry.id])))
  {
    interval = Math.min(interval * GROWTH, LAST_MILLISECONDS);
    schedule(document.hidden ? LAST_MILLISECONDS : interval);
  }
}

function schedule(milliseconds)
{
  clearTimeout(timer);
  timer = setTimeout(() => follow().catch(() => schedule(LAST_MILLISECONDS)), milliseconds);
}

// A new job of this browser: {id, level, uuid, isDownloaded}; the last as soon as it is ready
export function trackJob(entry)
{
  load();
  tracked = [...tracked.filter(other => other.id !== entry.id), entry].slice(-MAX_TRACKED);
  save();
  interval = FIRST_MILLISECONDS;
  schedule(0);
}

// Once per page load: shows what is known from before
let isStarted = false;

export function startTray()
{
  if (!isStarted)
  {
    isStarted = true;
    window.addEventListener('storage', event => event.key === JOBS_KEY && schedule(0));
    load();
    if (tracked.length > 0)
    {
      schedule(0);
    }
  }
}
