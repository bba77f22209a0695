// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// The dialog "Attach document..."

import {openDialog} from './dialog.js';
import {announce, ApiError, describeFailure, formatSize, getTokens, make, makeButton, makeField, makeId,
        makeSelect, ROOT, setText, t} from './kit.js';

// What the browser does not know the type of
const TYPES_BY_EXTENSION = {
  pdf: 'application/pdf', jpg: 'image/jpeg', jpeg: 'image/jpeg', png: 'image/png', xml: 'text/xml',
  cda: 'text/xml', stl: 'model/stl', obj: 'model/obj', mtl: 'model/mtl'
};
const ACCEPTED = '.pdf,.jpg,.jpeg,.png,.xml,.cda,.stl,.obj,.mtl';

// Codes of LOINC, by the key of their message
const DOCUMENT_TYPES = [
  ['18748-4', 'Diagnostic imaging study', 'attach.type-imaging'],
  ['11528-7', 'Radiology report', 'attach.type-radiology'],
  ['57133-1', 'Referral note', 'attach.type-referral'],
  ['11488-4', 'Consult note', 'attach.type-consult'],
  ['18842-5', 'Discharge summary', 'attach.type-discharge'],
  ['59284-0', 'Consent Document', 'attach.type-consent'],
  ['11502-2', 'Laboratory report', 'attach.type-laboratory']
];

function getType(file)
{
  const extension = file.name.split('.').pop().toLowerCase();
  return TYPES_BY_EXTENSION[extension] || file.type || 'application/octet-stream';
}

// ---- Sending

// RFC 8187, as a header carries ASCII alone
function encodeHeader(text)
{
  return `UTF-8''${encodeURIComponent(text).replace(/[!'()*]/g, c =>
    `%${c.charCodeAt(0).toString(16).toUpperCase()}`)}`;
}

// fetch() does not tell how much has been sent
function send(path, file, options, onProgress, signal)
{
  return new Promise((resolve, reject) =>
  {
    const call = new XMLHttpRequest();
    call.open('POST', new URL(path, ROOT));
    call.setRequestHeader('Content-Type', getType(file));
    for (const [name, value] of Object.entries({...getTokens(), ...options}))
    {
      call.setRequestHeader(name, value);
    }
    call.upload.addEventListener('progress', event =>
      onProgress(event.total ? event.loaded / event.total : 0));
    call.addEventListener('load', () =>
    {
      if (call.status >= 200 && call.status < 300)
      {
        resolve(JSON.parse(call.responseText));
      }
      else
      {
        reject(new ApiError(call.status, describeFailure(call.status, call.responseText)));
      }
    });
    call.addEventListener('error', () => reject(new ApiError(0, describeFailure(0, ''))));
    signal.addEventListener('abort', () => call.abort());
    call.send(file);
  });
}

// ---- The form

function makeControls()
{
  return {
    file: make('input', {type: 'file', accept: ACCEPTED, id: makeId(), class: 'oar-file'}),
    title: make('input', {type: 'text', maxlength: 1024, autocomplete: 'off'}),
    type: makeSelect([['', t('attach.type-none')], ...DOCUMENT_TYPES.map(
      ([code, , key]) => [code, t(key)])])
  };
}

// The viewer of the browser would show its own complaint
async function isPdf(file)
{
  return getType(file) === 'application/pdf' &&
         (await file.slice(0, 1024).text()).includes('%PDF-');
}

// Without the bars of the viewer, and without its taking the focus away
function makePdfFrame(file, url)
{
  const frame = make('iframe', {
    src: `${url}#toolbar=0&navpanes=0&view=FitH`, tabindex: -1,
    title: t('attach.preview', {name: file.name})
  });
  const active = document.activeElement;
  frame.addEventListener('load', () => setTimeout(() =>
  {
    if (document.activeElement === frame && active.isConnected)
    {
      active.focus();
    }
  }, 100));
  return frame;
}

// Shown by the browser itself, from memory; markup of a document is never part of this page
async function makePreview(file, url)
{
  const type = getType(file);
  const facts = make('p', {}, make('strong', {}, file.name), ` \u2013 ${formatSize(file.size)}`);
  if (type.startsWith('image/'))
  {
    const image = make('img', {src: url, alt: t('attach.preview', {name: file.name})});
    return [facts, image];
  }
  if (navigator.pdfViewerEnabled && await isPdf(file))
  {
    return [facts, makePdfFrame(file, url)];
  }
  return [facts];
}

class AttachDialog
{
  constructor(target, onDone)
  {
    this.target = target;
    this.onDone = onDone;
    this.file = null;
    this.url = '';
    this.abort = new AbortController();
    this.controls = makeControls();
    this.preview = make('div', {class: 'oar-document', 'aria-live': 'polite'});
    this.failure = make('p', {class: 'oar-failure', role: 'alert'});
    this.bar = make('progress', {max: 1, value: 0, hidden: true, 'aria-label': t('attach.progress')});
    this.submit = make('button', {type: 'submit', class: 'oar-button oar-main', disabled: true},
                       t('attach.send'));
    const zone = make('div', {class: 'oar-drop'},
                      make('label', {for: this.controls.file.id}, t('attach.choose')),
                      this.controls.file, make('p', {class: 'oar-hint'}, t('attach.kinds')));
    this.dialog = openDialog(
      t(`attach.title.${target.level}`),
      [zone, this.preview, makeField(t('attach.name'), this.controls.title),
       makeField(t('attach.type'), this.controls.type), this.bar, this.failure],
      [makeButton(t('cancel'), () => this.dialog.close()), this.submit],
      () => this.send(), () => this.close());
    this.controls.file.addEventListener('change', () => this.choose(this.controls.file.files[0]));
    this.listenToDrops(zone);
  }

  // Anywhere in the dialog: what misses the zone would replace the page, and the host would take what
  // gets as far as the document for an upload of DICOM files
  listenToDrops(zone)
  {
    this.dialog.addEventListener('dragover', event =>
    {
      event.preventDefault();
      event.stopPropagation();
      zone.classList.add('oar-over');
    });
    this.dialog.addEventListener('dragleave', () => zone.classList.remove('oar-over'));
    this.dialog.addEventListener('drop', event =>
    {
      event.preventDefault();
      event.stopPropagation();
      zone.classList.remove('oar-over');
      if (event.dataTransfer.files.length > 1)
      {
        setText(this.failure, t('attach.one-only'));
        return;
      }
      this.choose(event.dataTransfer.files[0]);
    });
  }

  async choose(file)
  {
    if (!file)
    {
      return;
    }
    setText(this.failure, '');
    URL.revokeObjectURL(this.url);
    this.file = file;
    this.url = URL.createObjectURL(file);
    if (this.controls.title.value === '' || this.controls.title.value === this.suggested)
    {
      this.suggested = file.name.replace(/\.[^.]*$/, '');
      this.controls.title.value = this.suggested;
    }
    this.submit.disabled = false;
    const preview = await makePreview(file, this.url);
    if (this.file === file)
    {
      this.preview.replaceChildren(...preview);
    }
  }

  makeOptions()
  {
    const options = {};
    const title = this.controls.title.value.trim();
    if (title)
    {
      options['Document-Title'] = encodeHeader(title);
    }
    const type = DOCUMENT_TYPES.find(([code]) => code === this.controls.type.value);
    if (type)
    {
      options['Document-Concept-Name-Code'] = encodeHeader(`${type[0]}^LN^${type[1]}`);
    }
    return options;
  }

  async send()
  {
    if (this.file === null || this.submit.disabled)
    {
      return;
    }
    this.submit.disabled = true;
    this.bar.hidden = false;
    setText(this.failure, '');
    try
    {
      const answer = await send(`${this.target.path}/documents`, this.file, this.makeOptions(),
                                part => { this.bar.value = part; }, this.abort.signal);
      this.finish(answer);
    }
    catch (error)
    {
      setText(this.failure, error.message);
      this.submit.disabled = false;
    }
    this.bar.hidden = true;
  }

  finish(answer)
  {
    const warnings = answer.Warnings || [];
    this.onDone();
    if (warnings.length === 0)
    {
      this.dialog.close();
      announce(t('attach.done'));
      return;
    }
    // It is stored, and a second click would store it again
    this.submit.hidden = true;
    setText(this.failure, `${t('attach.done')} ${warnings.join(' ')}`);
  }

  close()
  {
    this.abort.abort();
    URL.revokeObjectURL(this.url);
  }
}

// target: {level: 'study', uuid, path: 'studies/...'}; "onDone" is called once it is stored
export function openAttach(target, onDone)
{
  return new AttachDialog(target, onDone);
}
