// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// What a job of the server means to a person

import {ROOT, call, features} from './api.js';
import {announce, announceError, confirmAction, iconButton, iconLink, el} from './dom.js';
import {formatBytes, hasText, parseTime, t} from './i18n.js';

export const UNFINISHED = ['Pending', 'Running', 'Paused', 'Retry'];

export function hasEnded(state) {
  return state === 'Success' || state === 'Failure';
}

// Only hosts since 1.12.2 can forget a job of theirs
function canForget() {
  const [major, minor, revision] = String(features.HostVersion).split('.').map(Number);
  return !(major >= 0) || major > 1 || minor > 12 || (minor === 12 && revision >= 2);
}

function readResult(json, content) {
  const result = content.Result;
  if (!result) {
    return null;
  }
  const paths = result.Volumes ? result.Volumes.map((volume) => ({path: volume.Path, size: Number(volume.Size)}))
    : [{path: result.Path, size: Number(result.Size)}];
  return {
    paths: paths.filter(({path}) => /^\/jobs\/[\w-]+\/[\w-]+$/.test(path)),
    size: Number(result.Size),
    isPinned: Boolean(result.Pinned),
    downloads: result.Downloads || 0,
    expires: parseTime(result.Expires),
  };
}

// The host describes whatever comes by REST as "REST API", which says nothing
function nameJob(type, content) {
  const text = content.Filename || (content.Description !== 'REST API' && content.Description) || typeName(type);
  const target = content.RemoteAet || content.Peer;
  return target ? `${text} → ${target}` : String(text);
}

function readResources(content) {
  const lists = [content.Resources, content.ParentResources].filter(Array.isArray);
  return lists.flat().filter((id) => typeof id === 'string');
}

export function parseJob(json) {
  const content = json.Content && typeof json.Content === 'object' ? json.Content : {};
  const isArchive = json.Type === 'Archive' || json.Type === 'Media';
  const isOurs = isArchive && Boolean(content.ArchiveId);
  const result = readResult(json, content);
  return {
    id: json.ID,
    type: json.Type,
    state: json.State,
    progress: json.Progress || 0,
    priority: json.Priority || 0,
    isOurs,
    isStream: isArchive && !isOurs && features.Jobs,
    name: nameJob(json.Type, content),
    size: Number(result ? result.size : content.ArchiveSize || 0),
    sourceSize: Number(content.UncompressedSize || 0),
    instances: content.InstancesCount,
    speed: json.State === 'Running' ? content.BytesPerSecond || 0 : 0,
    eta: parseTime(json.EstimatedTimeOfArrival),
    created: parseTime(json.CreationTime),
    completed: parseTime(json.CompletionTime),
    runtime: json.EffectiveRuntime || 0,
    queue: content.QueuePosition,
    attempts: content.Attempts || 0,
    nextAttempt: parseTime(content.NextAttempt),
    resources: readResources(content),
    resourcesCount: content.ResourcesCount,
    isReused: Boolean(content.Reused),
    errorCode: json.ErrorCode || 0,
    errorText: json.ErrorDetails || (json.ErrorCode ? json.ErrorDescription : '') || '',
    result,
  };
}

export function typeName(type) {
  return hasText(`type.${type}`) ? t(`type.${type}`) : type;
}

export function stateName(state) {
  return hasText(`state.${state}`) ? t(`state.${state}`) : state;
}

// What has happened and what helps, then what the server says
export function describeFailure(job) {
  const own = hasText(`error.${job.errorCode}`) ? t(`error.${job.errorCode}`) : t('error.other');
  return job.errorText && job.errorCode !== 37 ? `${own} ${t('http.server', {details: job.errorText})}` : own;
}

export function isCanceled(job) {
  return job.state === 'Failure' && job.errorCode === 37;
}

const DONE = {cancel: 'job.done.cancel', pause: 'job.done.pause', resume: 'job.done.resume', resubmit: 'job.done.resubmit'};

// Each of these resolves to whether something was done
async function attempt(action, done) {
  try {
    await action();
    announce(done, 'success');
    return true;
  } catch (error) {
    announceError(error);
    return false;
  }
}

export function applyVerb(job, verb) {
  return attempt(() => call('POST', `jobs/${job.id}/${verb}`, {body: {}}), t(DONE[verb], {name: job.name}));
}

export function setPriority(job, priority) {
  return attempt(() => call('PUT', `jobs/${job.id}/priority`, {body: priority}), t('job.done.priority', {name: job.name, priority}));
}

export function setPinned(id, name, isPinned) {
  return attempt(() => call(isPinned ? 'PUT' : 'DELETE', `jobs/${id}/archive/pin`),
    t(isPinned ? 'job.done.pin' : 'job.done.unpin', {name}));
}

export async function deleteJob(job) {
  if (!await confirmAction(t('job.confirmDelete', {name: job.name}), t('action.delete'))) {
    return false;
  }
  return attempt(() => call('DELETE', `jobs/${job.id}`), t('job.done.delete', {name: job.name}));
}

async function cancelJob(job) {
  if (!await confirmAction(t('job.confirmCancel', {name: job.name}), t('action.cancelJob'))) {
    return false;
  }
  return applyVerb(job, 'cancel');
}

export function downloadHref(path) {
  return ROOT + path.slice(1);
}

export function downloadLabel(result, index) {
  return result.paths.length > 1
    ? t('action.downloadVolume', {number: index + 1, count: result.paths.length, size: formatBytes(result.paths[index].size)})
    : t('action.download', {size: formatBytes(result.size)});
}

// Icons for what can be done to the job now; "onchange" is called after something was done
export function makeActions(job, onchange) {
  const act = (action) => async () => {
    if (await action()) {
      onchange();
    }
  };
  const button = (name, label, action) => iconButton(name, `${label}: ${job.name}`, act(action), {'data-key': `${job.id}-${name}`});
  const buttons = [];
  if (job.result && job.result.paths.length === 1) {
    buttons.push(iconLink('download', `${downloadLabel(job.result, 0)}: ${job.name}`, downloadHref(job.result.paths[0].path),
      {download: '', 'data-key': `${job.id}-download`}));
  }
  if (job.result) {
    buttons.push(iconButton('pin', `${t(job.result.isPinned ? 'action.unpin' : 'action.pin')}: ${job.name}`,
      act(() => setPinned(job.id, job.name, !job.result.isPinned)),
      {'data-key': `${job.id}-pin`, 'aria-pressed': String(job.result.isPinned)}));
  }
  if (job.state === 'Paused') {
    buttons.push(button('play', t('action.resume'), () => applyVerb(job, 'resume')));
  } else if (UNFINISHED.includes(job.state) && !job.isStream) {
    buttons.push(button('pause', t('action.pause'), () => applyVerb(job, 'pause')));
  }
  if (job.state === 'Failure' && !job.isStream) {
    buttons.push(button('retry', t('action.retry'), () => applyVerb(job, 'resubmit')));
  }
  if (UNFINISHED.includes(job.state)) {
    buttons.push(button('cancel', t('action.cancelJob'), () => cancelJob(job)));
  } else if (job.isOurs || canForget()) {
    buttons.push(button('trash', t('action.delete'), () => deleteJob(job)));
  }
  return buttons;
}

export function stateBadge(job) {
  const kind = isCanceled(job) ? 'Canceled' : job.state;
  return el('span', {class: `badge badge-${kind}`}, isCanceled(job) ? t('state.Canceled') : stateName(job.state));
}
