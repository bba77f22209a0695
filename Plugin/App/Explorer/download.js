// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// The dialog "Download..."

import {openDialog} from './dialog.js';
import {arrange, makeContent, makeControls, readRequest, toQuery} from './downloadform.js';
import {announce, formatNumber, formatSeconds, formatSize, getJson, make, makeButton, makeUrl, postJson,
        request, setText, t} from './kit.js';
import {downloadUrl, trackJob} from './tray.js';

// What is made in memory of the browser, because a link cannot carry it
const MAX_BLOB_BYTES = 256e6;

const MEGABYTE = 1048576;

// Bytes that are read per second, before there is anything to learn from
const USUAL_SPEEDS = {Fast: 150e6, Dense: 60e6, Store: 400e6};

// ---- How large and how long

let speeds = null;

// Bytes read per second by the last archives of each compression
async function learnSpeeds()
{
  const totals = {};
  const jobs = await getJson('jobs?expand&state=Success&limit=20&order=desc');
  for (const job of jobs)
  {
    const content = job.Content || {};
    const size = Number(content.UncompressedSize);
    if (job.State === 'Success' && size > 0 && job.EffectiveRuntime > 0.05 && content.Compression)
    {
      const total = totals[content.Compression] || {bytes: 0, seconds: 0};
      total.bytes += size;
      total.seconds += job.EffectiveRuntime;
      totals[content.Compression] = total;
    }
  }
  const learnt = {...USUAL_SPEEDS};
  for (const [compression, total] of Object.entries(totals))
  {
    learnt[compression] = total.bytes / total.seconds;
  }
  return learnt;
}

async function getSpeed(compression)
{
  speeds = speeds || learnSpeeds().catch(() => USUAL_SPEEDS);
  const known = await speeds;
  return known[compression] || known.Fast;
}

async function estimate(wanted, signal)
{
  const query = toQuery(wanted.fields);
  const size = await getJson(`${wanted.path}?estimate${query ? `&${query}` : ''}`, {signal});
  const bytes = Number(size.ArchiveSize);
  const seconds = Number(size.UncompressedSize) / await getSpeed(wanted.fields.Compression || 'Fast');
  return {bytes, seconds, count: size.InstancesCount, isExact: size.IsExact};
}

function describeEstimate(found)
{
  const values = {
    size: formatSize(found.bytes), count: formatNumber(found.count), time: formatSeconds(found.seconds)
  };
  const text = t(found.isExact ? 'download.estimate-exact' : 'download.estimate', values);
  return `${text} ${found.seconds < 1 ? t('download.at-once') : t('download.time', values)}`;
}

// ---- The download

async function downloadByPost(wanted, signal)
{
  const answer = await request(wanted.path, {
    method: 'POST', signal,
    body: JSON.stringify({...wanted.fields, Encrypt: {Password: wanted.password}, Synchronous: true})
  });
  const name = /filename="([^"]*)"/.exec(answer.headers.get('Content-Disposition') || '');
  const url = URL.createObjectURL(await answer.blob());
  const link = make('a', {href: url, download: name ? name[1] : 'archive.zip', rel: 'external',
                          'data-ajax': 'false', hidden: true});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

async function prepare(target, wanted, isDownloaded)
{
  const fields = {...wanted.fields, Asynchronous: true};
  if (wanted.password)
  {
    fields.Encrypt = {Password: wanted.password};
  }
  const job = await postJson(wanted.path, fields);
  trackJob({id: job.ID, level: target.level, uuid: target.uuid, isDownloaded});
}

// ---- The dialog

class DownloadDialog
{
  constructor(target, features)
  {
    this.target = target;
    this.features = features;
    this.controls = makeControls(features);
    this.parts = makeContent(this.controls);
    this.found = null;
    this.wait = null;
    this.abort = new AbortController();
    this.now = make('button', {type: 'submit', class: 'oar-button oar-main'}, t('download.now'));
    this.later = makeButton(t('download.prepare'), () => this.run(() => this.prepare(false)));
    this.dialog = openDialog(
      t(`download.title.${target.level}`), this.parts.content, [this.later, this.now],
      () => this.run(() => this.downloadNow()), () => this.close());
    this.dialog.addEventListener('input', () => this.update());
    this.update();
  }

  close()
  {
    clearTimeout(this.wait);
    this.abort.abort();
  }

  update()
  {
    arrange(this.controls, this.parts);
    setText(this.parts.failure, '');
    clearTimeout(this.wait);
    this.found = null;
    this.wait = setTimeout(() => this.estimate(), 250);
  }

  async estimate()
  {
    this.abort.abort();
    this.abort = new AbortController();
    const {signal} = this.abort;
    const {estimate: line} = this.parts;
    try
    {
      const found = await estimate(readRequest(this.target, this.controls), signal);
      if (!signal.aborted)
      {
        this.found = found;
        this.show(found);
      }
    }
    catch (error)
    {
      if (!signal.aborted)
      {
        setText(line, error.message);
        line.classList.add('oar-bad');
      }
    }
  }

  // Some hosts cannot send what is very large
  show(found)
  {
    const {fields} = readRequest(this.target, this.controls);
    const largest = Math.min(found.bytes, (fields.VolumeSizeMB || Infinity) * MEGABYTE);
    const limit = this.features.maxFileBytes;
    const isTooLarge = largest > limit;
    setText(this.parts.estimate, describeEstimate(found) +
            (isTooLarge ? ` ${t('download.too-large', {size: formatSize(limit)})}` : ''));
    this.parts.estimate.classList.toggle('oar-bad', isTooLarge);
  }

  async run(action)
  {
    this.now.disabled = true;
    this.later.disabled = true;
    setText(this.parts.failure, '');
    try
    {
      await action();
      this.dialog.close();
    }
    catch (error)
    {
      setText(this.parts.failure, error.message);
    }
    this.now.disabled = false;
    this.later.disabled = false;
  }

  async prepare(isDownloaded)
  {
    await prepare(this.target, readRequest(this.target, this.controls), isDownloaded);
    announce(t('tray.started'));
  }

  // A link can neither carry a password nor fetch several volumes
  async downloadNow()
  {
    const wanted = readRequest(this.target, this.controls);
    const found = this.found || await estimate(wanted);
    const volumeBytes = (wanted.fields.VolumeSizeMB || Infinity) * MEGABYTE;
    if (found.bytes > volumeBytes || (wanted.password && found.bytes > MAX_BLOB_BYTES))
    {
      await this.prepare(true);
      return;
    }
    if (wanted.password)
    {
      await downloadByPost(wanted);
    }
    else
    {
      const query = toQuery(wanted.fields);
      downloadUrl(makeUrl(`${wanted.path}${query ? `?${query}` : ''}`));
    }
    announce(t('download.begun'));
  }
}

// target: {level: 'study', uuid, path: 'studies/...'}
export function openDownload(target, features)
{
  return new DownloadDialog(target, features);
}
