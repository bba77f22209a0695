// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Jobs in words, for the page "Jobs" and for the notes about those of this browser

import {describeFailure, formatDicomDate, formatSeconds, formatSize, makeLink, makeUrl, parseJobTime,
        postJson, t} from './kit.js';

const STORAGE_FULL = 19; // of Orthanc

const ENDED = ['Success', 'Failure'];

export function hasEnded(job)
{
  return ENDED.includes(job.State);
}

// Whether this plugin has made it: the others are the host's to show
export function isOurs(job)
{
  return (job.Type === 'Archive' || job.Type === 'Media') && Boolean(job.Content) &&
         'Compression' in job.Content;
}

export function describeKind(job)
{
  if (job.Type === 'Archive')
  {
    return t('job.archive');
  }
  return t(job.Content.Format === 'Iso' ? 'job.image' : 'job.media');
}

// What was made while it was sent leaves nothing to fetch
function isStream(job)
{
  return !job.Content.ArchiveId;
}

const CANCELED = 37; // of Orthanc

function isCanceled(job)
{
  return job.State === 'Failure' && (job.ErrorCode === CANCELED || job.Content.ErrorCode === CANCELED);
}

export function describeState(job)
{
  if (isCanceled(job))
  {
    return t('state.canceled');
  }
  return t(job.State === 'Success' && isStream(job) ? 'state.sent' : `state.${job.State}`);
}

// ---- Of whom

const names = new Map();

function describeResource(resource)
{
  const tags = resource.MainDicomTags || {};
  const patient = (resource.PatientMainDicomTags || (resource.Type === 'Patient' ? tags : {}));
  const who = (patient.PatientName || patient.PatientID || '').replace(/\^+/g, ' ').trim();
  const what = resource.Type === 'Study' ? [tags.StudyDescription, formatDicomDate(tags.StudyDate || '')]
    : resource.Type === 'Series' ? [tags.Modality, tags.SeriesDescription]
      : resource.Type === 'Instance' ? [t('job.instance')] : [];
  return [who, ...what].filter(Boolean).join(' \u2013 ');
}

/**
 * Looks up what these Orthanc identifiers are, once each. Who may not, or asks for what has been
 * deleted, sees no names.
 **/
export async function learnNames(ids)
{
  const unknown = [...new Set(ids)].filter(id => !names.has(id));
  if (unknown.length === 0)
  {
    return;
  }
  for (const id of unknown)
  {
    names.set(id, '');
  }
  try
  {
    const found = await postJson('tools/bulk-content', {Resources: unknown, Short: false});
    for (const resource of found)
    {
      names.set(resource.ID, describeResource(resource));
    }
  }
  catch (error)
  {
    // They stay unknown
  }
}

// Where a job does not tell, its file is called after the resource, unless somebody named it
export function listResources(job)
{
  const content = job.Content || {};
  const file = /^([0-9a-f]{8}(?:-[0-9a-f]{8}){4})\.(?:zip|iso)$/.exec(content.Filename || '');
  return content.Resources || (file ? [file[1]] : []);
}

// The name of the first resource, and how many more there are
export function describeResources(job)
{
  const resources = listResources(job);
  const first = names.get(resources[0]) || '';
  const more = (job.Content.ResourcesCount || resources.length) - 1;
  return more > 0 ? t('job.and-more', {name: first, count: more}).trim() : first;
}

// ---- How far

export function describeProgress(job)
{
  const content = job.Content || {};
  const parts = [];
  if (job.State === 'Success')
  {
    const result = content.Result || {};
    parts.push(formatSize(result.Size || content.ArchiveSize || 0));
    if (job.EffectiveRuntime >= 1)
    {
      parts.push(t('job.made-in', {time: formatSeconds(job.EffectiveRuntime)}));
    }
    if (!isStream(job) && listOutputs(job).length === 0)
    {
      parts.push(t('job.removed'));
    }
    return parts.join(', ');
  }
  if (job.State === 'Running')
  {
    parts.push(t('job.percent', {percent: job.Progress}));
    if (content.BytesPerSecond)
    {
      parts.push(t('job.speed', {size: formatSize(content.BytesPerSecond)}));
    }
    const arrival = parseJobTime(job.EstimatedTimeOfArrival);
    const now = parseJobTime(job.Timestamp);
    if (arrival && now && arrival > now)
    {
      parts.push(t('job.left', {time: formatSeconds((arrival - now) / 1000)}));
    }
  }
  if (job.State === 'Pending' && content.QueuePosition)
  {
    parts.push(t('job.queued', {position: content.QueuePosition}));
  }
  return parts.join(', ');
}

// Why it failed, in words; empty if it has not, or if somebody wanted it to end
export function describeError(job)
{
  if (job.State !== 'Failure' || isCanceled(job))
  {
    return '';
  }
  const content = job.Content || {};
  const code = content.ErrorCode || job.ErrorCode;
  const words = job.ErrorDetails || content.ErrorDetails || content.ErrorDescription ||
                job.ErrorDescription || '';
  return code === STORAGE_FULL ? describeFailure(507, JSON.stringify({Details: words})) : words;
}

// Where the jobs are shown by the host alone
function listOutputsOfHost(job)
{
  const count = job.Content.VolumesCount || 0;
  if (count === 0)
  {
    return [{text: t('job.download'), url: makeUrl(`jobs/${job.ID}/archive`)}];
  }
  return Array.from({length: count}, (unused, index) => ({
    text: t('job.volume-only', {number: index + 1}), url: makeUrl(`jobs/${job.ID}/archive-${index + 1}`)
  }));
}

/**
 * What can be downloaded: [{text, url}]. Nothing if the file has gone, which only "Result" tells
 * where there is one.
 **/
export function listOutputs(job)
{
  const content = job.Content || {};
  if (job.State !== 'Success' || !content.ArchiveId)
  {
    return [];
  }
  if (content.Result && content.Result.Volumes)
  {
    return content.Result.Volumes.map((volume, index) => ({
      text: t('job.volume', {number: index + 1, size: formatSize(volume.Size)}),
      url: makeUrl(volume.Path)
    }));
  }
  if (content.Result)
  {
    return [{text: t('job.download'), url: makeUrl(`jobs/${job.ID}/archive`)}];
  }
  return 'Resources' in content ? [] : listOutputsOfHost(job);
}

export function makeOutputLinks(job, onclick = () => {})
{
  return listOutputs(job).map(output =>
    makeLink(output.text, output.url, {class: 'oar-button oar-main', download: true, onclick}));
}
