// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// The archives and media on the page "Jobs", above the list of the host

import {formatTime, getJson, make, makeButton, makeId, makeLink, makeUrl, parseJobTime, request, setText,
        t} from './kit.js';
import {describeError, describeKind, describeProgress, describeResources, describeState, hasEnded,
        isOurs, learnNames, listOutputs, listResources, makeOutputLinks} from './jobtext.js';

const MAX_SHOWN = 25;
const FAST_MILLISECONDS = 1500;
const SLOW_MILLISECONDS = 10000;

let section = null;
let rows = null;
let empty = null;
let timer = null;
let isShown = false;

function makeSection()
{
  const heading = make('h2', {id: makeId()}, t('jobs.title'));
  const head = make('tr', {}, ...['what', 'state', 'created', 'actions'].map(
    name => make('th', {scope: 'col'}, t(`jobs.${name}`))));
  rows = make('tbody');
  empty = make('p', {class: 'oar-hint', hidden: true}, t('jobs.none'));
  section = make('section', {id: 'oar-jobs', class: 'oar-panel', 'aria-labelledby': heading.id},
                 make('div', {class: 'oar-line'}, heading,
                      makeLink(t('jobs.console'), makeUrl('advanced-rest/app/'), {class: 'oar-button'})),
                 empty, make('table', {}, make('thead', {}, head), rows));
  return section;
}

async function act(job, verb)
{
  try
  {
    await request(`jobs/${job.ID}/${verb}`, {method: 'POST', body: '{}'});
  }
  catch (error)
  {
    const {showNote} = await import('./tray.js');
    showNote(error.message);
  }
  schedule(0);
}

function makeActions(job)
{
  const actions = makeOutputLinks(job);
  if (job.State === 'Pending' || job.State === 'Running' || job.State === 'Paused' ||
      job.State === 'Retry')
  {
    actions.push(makeButton(t('jobs.cancel'), () => act(job, 'cancel')));
  }
  if (job.State === 'Failure')
  {
    actions.push(makeButton(t('jobs.resubmit'), () => act(job, 'resubmit')));
  }
  const name = `${describeKind(job)} ${describeResources(job)}`.trim();
  for (const action of actions)
  {
    action.setAttribute('aria-label', `${action.textContent}: ${name}`);
  }
  return actions;
}

// Only what differs is touched: a button keeps its focus while the numbers change
function updateRow(row, job)
{
  const shape = `${job.State} ${listOutputs(job).length} ${describeResources(job)}`;
  if (row.dataset.shape !== shape)
  {
    row.dataset.shape = shape;
    const created = parseJobTime(job.CreationTime);
    const details = make('a', {href: `#job?uuid=${encodeURIComponent(job.ID)}`}, describeKind(job));
    const bar = make('progress', {max: 100, 'aria-label': t('tray.progress'),
                                  hidden: job.State !== 'Running'});
    row.replaceChildren(
      make('td', {}, make('strong', {}, details), make('span', {class: 'oar-of'}, describeResources(job)),
           make('span', {class: 'oar-hint'}, describeOptions(job))),
      make('td', {}, make('span', {class: `oar-badge oar-is-${job.State.toLowerCase()}`},
                          describeState(job)),
           bar, make('span', {class: 'oar-state'}), make('span', {class: 'oar-failure'})),
      make('td', {}, created ? formatTime(created) : ''),
      make('td', {}, make('div', {class: 'oar-actions'}, ...makeActions(job))));
  }
  row.querySelector('progress').value = job.Progress || 0;
  setText(row.querySelector('.oar-state'), describeProgress(job));
  setText(row.querySelector('.oar-failure'), describeError(job));
}

function describeOptions(job)
{
  const content = job.Content;
  const parts = [t(`compression.${content.Compression}`)];
  if (content.Profile)
  {
    parts.push(content.Profile);
  }
  if (content.Encrypted)
  {
    parts.push(t('jobs.encrypted'));
  }
  return parts.join(', ');
}

function render(jobs)
{
  const old = new Map([...rows.children].map(row => [row.dataset.job, row]));
  const wanted = jobs.map(job =>
  {
    const row = old.get(job.ID) || make('tr', {'data-job': job.ID});
    updateRow(row, job);
    return row;
  });
  for (const row of [...rows.children])
  {
    if (!wanted.includes(row))
    {
      row.remove();
    }
  }
  wanted.forEach((row, index) =>
  {
    if (rows.children[index] !== row)
    {
      rows.insertBefore(row, rows.children[index] || null);
    }
  });
  empty.hidden = jobs.length > 0;
  rows.parentElement.hidden = jobs.length === 0;
}

// In the host's list, too, they are called by a name
function nameHostEntries(jobs)
{
  for (const job of jobs)
  {
    const link = document.querySelector(`#all-jobs a[href="#job?uuid=${CSS.escape(job.ID)}"] h1`);
    if (link)
    {
      setText(link, [describeKind(job), describeResources(job)].filter(Boolean).join(' \u2013 '));
    }
  }
}

async function refresh()
{
  timer = null;
  const all = await getJson(`jobs?expand&type=Archive,Media&order=desc&limit=${MAX_SHOWN}`);
  const jobs = all.filter(isOurs).sort((a, b) => (a.CreationTime < b.CreationTime ? 1 : -1))
    .slice(0, MAX_SHOWN);
  await learnNames(jobs.flatMap(job => listResources(job).slice(0, 1)));
  render(jobs);
  nameHostEntries(jobs);
  if (isShown)
  {
    schedule(jobs.every(hasEnded) ? SLOW_MILLISECONDS : FAST_MILLISECONDS);
  }
}

function schedule(milliseconds)
{
  clearTimeout(timer);
  timer = setTimeout(() => refresh().catch(() => isShown && schedule(SLOW_MILLISECONDS)), milliseconds);
}

export async function showJobs()
{
  const list = document.getElementById('all-jobs');
  if (list === null)
  {
    return;
  }
  if (section === null)
  {
    makeSection();
  }
  if (!section.isConnected)
  {
    const filter = list.previousElementSibling;
    (filter && filter.tagName === 'FORM' ? filter : list).before(section);
  }
  isShown = true;
  clearTimeout(timer);
  await refresh();
}

// Another page is shown: nobody looks any more
export function leaveJobs()
{
  isShown = false;
  clearTimeout(timer);
}
