// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// What is added to the pages of Orthanc Explorer when they are shown

import {closeDialogs} from './dialog.js';
import {getFeatures} from './features.js';
import {loadMessages, loadStyle, make, t} from './kit.js';
import {startTray} from './tray.js';

export const LEVELS = {patient: 'patients', study: 'studies', series: 'series'};

// An entry of the list "Access" of the host, in its look
function makeEntry(id, text, icon, onclick)
{
  const link = make('a', {
    href: '#', id, role: 'button', 'aria-haspopup': 'dialog',
    onclick: event =>
    {
      event.preventDefault();
      event.stopPropagation();
      onclick();
    },
    onkeydown: event =>
    {
      if (event.key === ' ')
      {
        event.preventDefault();
        onclick();
      }
    }
  }, text);
  return make('li', {'data-icon': icon, class: 'oar-entry'}, link);
}

function showEntries(level, uuid, features)
{
  const list = document.getElementById(`${level}-access`);
  if (list === null)
  {
    return;
  }
  for (const old of list.querySelectorAll('.oar-entry'))
  {
    old.remove();
  }
  const target = {level, uuid, path: `${LEVELS[level]}/${encodeURIComponent(uuid)}`};
  const entries = [];
  if (features.archive || features.media)
  {
    entries.push(makeEntry(`oar-download-${level}`, t('download.entry'), 'arrow-d',
                           () => openDownload(target, features)));
  }
  if (features.canAttach && level !== 'series')
  {
    entries.push(makeEntry(`oar-attach-${level}`, t('attach.entry'), 'plus',
                           () => openAttach(target)));
  }
  // Beside the downloads of the host, where its list is long
  const neighbour = document.getElementById(`${level}-media`);
  const place = neighbour === null ? null : neighbour.closest('li');
  if (place !== null && list.contains(place))
  {
    place.after(...entries);
  }
  else
  {
    list.append(...entries);
  }
  jQuery(list).listview('refresh');
}

async function openDownload(target, features)
{
  (await import('./download.js')).openDownload(target, features);
}

async function openAttach(target)
{
  (await import('./attach.js')).openAttach(target, () => refreshPage(target));
}

// The host's own lists have a new series now
function refreshPage(target)
{
  const refresh = target.level === 'study' ? window.RefreshStudy : window.RefreshPatient;
  if (typeof refresh === 'function')
  {
    refresh();
  }
  showDocuments(target.level, target.uuid);
}

async function showDocuments(level, uuid)
{
  if (level === 'study')
  {
    await (await import('./documents.js')).showDocuments(uuid);
  }
}

async function showResource(level, uuid, open, features)
{
  showEntries(level, uuid, features);
  const target = {level, uuid, path: `${LEVELS[level]}/${encodeURIComponent(uuid)}`};
  if (open === 'download' && (features.archive || features.media))
  {
    await openDownload(target, features);
  }
  else if (open === 'attach' && features.canAttach && level !== 'series')
  {
    await openAttach(target);
  }
  if (features.documents)
  {
    await showDocuments(level, uuid);
  }
}

let jobsPage = null;

/**
 * The page of that name is shown, for that resource. "open" is the dialog that the URL asks for:
 * "#study?uuid=...&open=download" or "attach".
 **/
export async function showPage(name, uuid, open)
{
  if (jobsPage !== null)
  {
    jobsPage.leaveJobs();
  }
  closeDialogs(); // of the page before
  loadStyle();
  const [features] = await Promise.all([getFeatures(), loadMessages()]);
  startTray();
  if (name in LEVELS && uuid)
  {
    await showResource(name, uuid, open, features);
  }
  if (name === 'jobs')
  {
    jobsPage = await import('./jobs.js');
    await jobsPage.showJobs();
  }
}
